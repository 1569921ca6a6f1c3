"""Posters that no event shows any more: whoever takes one down wants it gone."""

import asyncio
import time

from sqlalchemy import select

from community import shelves
from community.library import Library
from community.posts.post import Post

SETTLED = 3600.0  # seconds; a younger file may not be written down yet
MOST_NAMES = 500  # in one statement


async def clear_away(library: Library, settled: float = SETTLED) -> int:
    """Drop the files of posters that were taken down or replaced, or whose event is deleted."""
    folder = library.settings.data_dir
    every = await asyncio.to_thread(lambda: list(shelves.copies(folder, shelves.POSTERS)))
    names = sorted(copy.name for copy in every if copy.looked_at <= time.time() - settled)
    wanted: set[str | None] = set()
    async with library.database.snapshot() as session:
        for start in range(0, len(names), MOST_NAMES):
            some = names[start : start + MOST_NAMES]
            wanted |= set(await session.scalars(select(Post.poster).where(Post.poster.in_(some))))
    for name in names:
        if name not in wanted:
            await asyncio.to_thread(shelves.drop, folder, name, shelves.POSTERS)
    return 0
