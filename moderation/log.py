"""The log: who did what about whom, and why. Lines are added, never changed; the database sees to it."""

from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from community.clock import now
from moderation.tables import Case, LogEntry


def write(
    session: AsyncSession, who: str, what: str, about: str, *, case: Case | None = None, rule: str | None = None, reason: str = ""
) -> LogEntry:
    """Add a line; it is kept with everything else of this transaction, or not at all."""
    entry = LogEntry(who=who[:100], what=what[:40], about=about[:500], case_id=case.id if case else None, rule=rule, reason=reason)
    session.add(entry)
    return entry


async def write_once(session: AsyncSession, who: str, what: str, about: str, *, within: timedelta, rule: str | None, reason: str) -> None:
    """Add a line unless the same was said within this time: a refused server must not be able to fill our disk."""
    same = select(LogEntry.id).where(
        LogEntry.about == about[:500], LogEntry.at > now() - within, LogEntry.who == who[:100], LogEntry.what == what[:40]
    )
    if await session.scalar(same.limit(1)) is None:
        write(session, who, what, about, rule=rule, reason=reason)


async def entries(
    session: AsyncSession, *, limit: int = 50, before: int | None = None, about: str | None = None, who: str | None = None
) -> list[LogEntry]:
    """The newest lines, those with a smaller id than `before`; about one address, or by one person, if asked."""
    query = select(LogEntry).order_by(LogEntry.id.desc()).limit(limit)
    if before is not None:
        query = query.where(LogEntry.id < before)
    if about is not None:
        query = query.where(LogEntry.about == about)
    if who is not None:
        query = query.where(LogEntry.who == who)
    return list(await session.scalars(query))
