"""Rows that say what is still owed, and when."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TypeVar

from sqlalchemy import String, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from community.clock import now, seconds
from community.database import Base, choice

LEASE = seconds(60)


class Owed(StrEnum):
    """Whether something still has to be done."""

    waiting = "waiting"
    done = "done"
    given_up = "given_up"


class Due:
    """A row that is owed until it is done or given up. Claimed for a while, so that a dead worker's rows come back."""

    state: Mapped[Owed] = mapped_column(choice(Owed), default=Owed.waiting)
    due_at: Mapped[datetime] = mapped_column(default=now)
    claimed_until: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(default=0)
    why: Mapped[str | None] = mapped_column(String(500))

    def finish(self, why: str | None = None) -> None:
        """It is done; nothing is owed any more."""
        self.state, self.claimed_until, self.why = Owed.done, None, why

    def give_up(self, why: str) -> None:
        """It cannot be done, and the reason is kept."""
        self.state, self.claimed_until, self.why = Owed.given_up, None, why[:500]

    def try_again(self, table: Sequence[timedelta], why: str) -> None:
        """Owe it again after the next interval of the table, or give up when the table ends."""
        self.attempts += 1
        self.claimed_until = None
        self.why = why[:500]
        if self.attempts > len(table):
            self.state = Owed.given_up
        else:
            self.due_at = now() + table[self.attempts - 1]


R = TypeVar("R", bound="Base")


async def claim(session: AsyncSession, table: type[R], limit: int = 20, lease: timedelta = LEASE) -> list[R]:
    """Take the next rows owed; two workers never hold the same row. Commit before the work begins.

    `table` is a mapped class that mixes in Due and has an `id`.
    """
    moment = now()
    ready = (
        select(table.id)  # type: ignore[attr-defined]
        .where(table.state == Owed.waiting, table.due_at <= moment)  # type: ignore[attr-defined]
        .where((table.claimed_until.is_(None)) | (table.claimed_until < moment))  # type: ignore[attr-defined]
        .order_by(table.due_at, table.id)  # type: ignore[attr-defined]
        .limit(limit)
        .with_for_update(skip_locked=True)  # PostgreSQL; SQLite has one writer and leaves the clause out
    )
    taken = (
        update(table)
        .where(table.id.in_(ready.scalar_subquery()))  # type: ignore[attr-defined]
        .values(claimed_until=moment + lease)
        .returning(table)
        .execution_options(synchronize_session=False)
    )
    rows = list((await session.scalars(taken)).all())
    return sorted(rows, key=lambda row: (row.due_at, row.id))  # type: ignore[attr-defined]


async def release(session: AsyncSession, table: type[R]) -> None:
    """Free every claim. Only for a worker that knows that it is the only one."""
    await session.execute(update(table).where(table.claimed_until.is_not(None)).values(claimed_until=None))  # type: ignore[attr-defined]
