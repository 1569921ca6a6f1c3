"""Everything of the library in open formats: leaving must be easy."""

import csv
import json
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from community.catalog.tables import Agent, Edition, SourceRecord, Work
from community.library import Library
from community.people.actors import Actor
from community.people.follows import Follow, FollowState
from community.posts.post import SEEN_AT_ALL, Audience, Post
from federation import documents, items
from moderation import blocklist
from moderation.tables import LogEntry

PAGE = 200
ENDINGS = {"marc21": "mrc", "unimarc": "unimarc.mrc", "marcxml": "xml.txt", "csv": "csv.txt", "marctext": "mrk"}
README = """What this folder holds

works.jsonl editions.jsonl authors.jsonl  the catalogue, a document a line, as other servers read it
records.*                                the records as they came, one after another
posts.jsonl                              what was said here in public, an ActivityPub object a line
follows.csv                              who follows whom, as far as one of ours takes part
servers.csv                              the servers that are limited or refused, in the columns that Mastodon reads
log.csv                                  what moderators did
"""

Spoken = Callable[[AsyncSession, Library, int], Any]


async def export(library: Library, folder: Path, progress: Callable[[str, int], None]) -> None:
    """Write it all into an empty folder; `progress` hears of each file and how much it holds. No passwords, no addresses of people."""
    (folder / "README.txt").write_text(README, encoding="utf-8")
    for name, table, spoken in (
        ("works", Work, items.work),
        ("editions", Edition, items.edition),
        ("authors", Agent, items.author),
    ):
        progress(f"{name}.jsonl", await _documents(library, folder / f"{name}.jsonl", table, spoken))
    progress("records", await _records(library, folder))
    progress("posts.jsonl", await _posts(library, folder / "posts.jsonl"))
    progress("follows.csv", await _follows(library, folder / "follows.csv"))
    async with library.database.snapshot() as session:
        (folder / "servers.csv").write_text(await blocklist.export(session), encoding="utf-8")
    progress("log.csv", await _log(library, folder / "log.csv"))


async def _pages(library: Library, table: Any, *where: Any) -> AsyncIterator[tuple[AsyncSession, list[Any]]]:
    """Rows in the order of their ids, a page at a time, so that memory stays small."""
    last = 0
    while True:
        async with library.database.snapshot() as session:
            rows = list(await session.scalars(select(table).where(table.id > last, *where).order_by(table.id).limit(PAGE)))
            if not rows:
                return
            yield session, rows
            last = rows[-1].id


async def _documents(library: Library, file: Path, table: Any, spoken: Spoken) -> int:
    count, last = 0, 0
    query = select(table.id) if table is Agent else select(table.id).where(table.removed_at.is_(None))
    with file.open("w", encoding="utf-8") as out:
        while True:
            async with library.database.snapshot() as session:
                ids = list(await session.scalars(query.where(table.id > last).order_by(table.id).limit(PAGE)))
                for id_ in ids:
                    out.write(json.dumps(await spoken(session, library, id_), ensure_ascii=False) + "\n")
            if not ids:
                return count
            count, last = count + len(ids), ids[-1]


async def _records(library: Library, folder: Path) -> int:
    count, last = 0, 0
    while True:
        query = select(SourceRecord).where(SourceRecord.edition_id > last).order_by(SourceRecord.edition_id).limit(PAGE)
        async with library.database.snapshot() as session:
            rows = list(await session.scalars(query))
        if not rows:
            return count
        for row in rows:
            ending = ENDINGS.get(row.format, "bin")
            with (folder / f"records.{ending}").open("ab") as out:
                out.write(row.raw if ending.endswith("mrc") else row.raw.rstrip(b"\n") + b"\n")
        count, last = count + len(rows), rows[-1].edition_id


async def _posts(library: Library, file: Path) -> int:
    count = 0
    where = (Post.source.is_not(None), Post.standing.in_(SEEN_AT_ALL), Post.audience.in_([Audience.public, Audience.unlisted]))
    with file.open("w", encoding="utf-8") as out:
        async for session, rows in _pages(library, Post, *where):
            for row in rows:
                out.write(json.dumps(await documents.post(session, library, row), ensure_ascii=False) + "\n")
                count += 1
    return count


async def _follows(library: Library, file: Path) -> int:
    count = 0
    with file.open("w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(["follower", "followed", "since"])
        async for session, rows in _pages(library, Follow, Follow.state == FollowState.granted):
            ids = {row.follower_id for row in rows} | {row.followed_id for row in rows}
            named = await session.execute(select(Actor.id, Actor.uri).where(Actor.id.in_(ids)))
            addresses = {id_: uri for id_, uri in named}
            for row in rows:
                writer.writerow([addresses[row.follower_id], addresses[row.followed_id], row.created_at.isoformat()])
                count += 1
    return count


async def _log(library: Library, file: Path) -> int:
    count = 0
    with file.open("w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(["at", "who", "what", "about", "rule", "reason"])
        async for _session, rows in _pages(library, LogEntry):
            for row in rows:
                writer.writerow([row.at.isoformat(), row.who, row.what, row.about, row.rule or "", row.reason])
                count += 1
    return count
