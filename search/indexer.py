"""Send the index what has changed since it was last told."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import cast
from weakref import WeakKeyDictionary

from sqlalchemy import Table, and_, func, or_, select
from sqlalchemy.orm import Session

from community.catalog import bulk
from community.catalog.tables import Work
from community.clock import minutes, now
from community.database import Database
from community.posts.post import Post
from search.documents import gather
from search.index import SearchIndex
from search.tables import Bookmark

BATCH = 500  # works sent at once
REBUILD_BATCH = 2000
# Overlap by a minute: transactions do not commit in the order of changed_at.
OVERLAP = minutes(1)
BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)

# What each index was sent of the last minute by this process, so that the overlap is not sent again and again.
_sent: "WeakKeyDictionary[SearchIndex, dict[int, datetime]]" = WeakKeyDictionary()


async def sweep(database: Database, index: SearchIndex) -> int:
    """Send every work that has changed, or whose ratings have; take out what was removed. Returns how many. Goes on where it broke off."""
    begun = now()
    sent = _sent.setdefault(index, {})
    if (await index.health()).documents == 0:
        sent.clear()
        since = BEGINNING
    else:
        since = await _bookmark(database, _name(index))
    count = await _sweep_works(database, index, since - OVERLAP if since > BEGINNING else since, sent)
    count += await _sweep_ratings(database, index, since - OVERLAP if since > BEGINNING else begun)
    if count or begun - since > OVERLAP:
        await _keep(database, index, begun)
    for work_id in [one for one, changed_at in sent.items() if changed_at < begun - 2 * OVERLAP]:
        del sent[work_id]
    return count


async def rebuild(database: Database, index: SearchIndex, progress: Callable[[int, int], None] | None = None) -> int:
    """Fill a new index beside this one, which goes on answering, and let it take its place. Returns how many works it holds.

    `progress` hears how many of how many have been sent. Raises Conflict when somebody else is rebuilding.
    """
    begun = now()
    sent: dict[int, datetime] = {}
    fresh = await index.beside()
    try:
        total = await database.read(lambda session: session.scalar(select(func.count()).where(Work.removed_at.is_(None))) or 0)
        count, last = 0, 0
        while rows := await database.read(lambda session, last=last: _next(session, last)):  # type: ignore[misc]
            ids = [work_id for work_id, _ in rows]
            documents = await database.read(lambda session, ids=ids: gather(session, ids))  # type: ignore[misc]
            await fresh.put(documents)
            sent |= {work_id: changed_at for work_id, changed_at in rows if changed_at > begun - 2 * OVERLAP}
            count, last = count + len(documents), ids[-1]
            if progress is not None:
                progress(count, max(total, count))
        await index.swap(fresh)
    finally:
        await fresh.close()
    _sent[index] = sent
    # What changed meanwhile is sent by the next sweep.
    await _keep(database, index, begun)
    return count


async def _sweep_works(database: Database, index: SearchIndex, since: datetime, sent: dict[int, datetime]) -> int:
    count, after, last = 0, since, 0
    while rows := await database.read(lambda session, after=after, last=last: _changed(session, after, last)):  # type: ignore[misc]
        fresh = [(work_id, changed_at) for work_id, changed_at in rows if sent.get(work_id) != changed_at]
        count += await _send(database, index, [work_id for work_id, _ in fresh])
        sent.update(fresh)
        last, after = rows[-1]
        if fresh:
            await _keep(database, index, after)
    return count


async def _sweep_ratings(database: Database, index: SearchIndex, since: datetime) -> int:
    """Send works whose ratings have changed: their order by rating and their counts follow."""
    count, last = 0, 0
    while ids := await database.read(lambda session, last=last: _rated(session, since, last)):  # type: ignore[misc]
        count += await _send(database, index, ids)
        last = ids[-1]
    return count


async def _send(database: Database, index: SearchIndex, ids: Sequence[int]) -> int:
    if not ids:
        return 0
    documents = await database.read(lambda session: gather(session, ids))
    await index.put(documents)
    if gone := set(ids) - {one.id for one in documents}:
        await index.drop(gone)
    return len(ids)


def _changed(session: Session, after: datetime, last: int) -> list[tuple[int, datetime]]:
    later = or_(Work.changed_at > after, and_(Work.changed_at == after, Work.id > last))
    rows = session.execute(select(Work.id, Work.changed_at).where(later).order_by(Work.changed_at, Work.id).limit(BATCH))
    return [(work_id, changed_at) for work_id, changed_at in rows]


def _rated(session: Session, since: datetime, last: int) -> list[int]:
    rated = and_(Post.changed_at > since, Post.kind.in_(("review", "rating")), Post.about_id > last)
    return [one for one in session.scalars(select(Post.about_id).where(rated).distinct().order_by(Post.about_id).limit(BATCH)) if one]


def _next(session: Session, last: int) -> list[tuple[int, datetime]]:
    there = select(Work.id, Work.changed_at).where(Work.id > last, Work.removed_at.is_(None)).order_by(Work.id).limit(REBUILD_BATCH)
    return [(work_id, changed_at) for work_id, changed_at in session.execute(there)]


async def reached(database: Database, index: SearchIndex) -> datetime:
    """Up to when the index knows of everything that had changed by then."""
    return await _bookmark(database, _name(index))


def _name(index: SearchIndex) -> str:
    return f"works in {index.name}"


async def _bookmark(database: Database, name: str) -> datetime:
    kept = await database.read(lambda session: session.scalar(select(Bookmark.changed_at).where(Bookmark.name == name)))
    return kept or BEGINNING


async def _keep(database: Database, index: SearchIndex, moment: datetime) -> None:
    async with database.transaction() as session:
        row = {"name": _name(index), "changed_at": moment, "last_id": 0}
        await bulk.put(session, cast(Table, Bookmark.__table__), [row], unique=["name"])
