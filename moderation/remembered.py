"""Small tables that are asked about all the time, kept in memory and never more than a moment out of date."""

import asyncio
import time
from collections.abc import Callable, Sequence
from typing import Any, Generic, TypeVar
from weakref import WeakKeyDictionary

from sqlalchemy import Engine, event, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.pool import Pool

from community.database import Database
from moderation.tables import DomainRule, ListedWord

R = TypeVar("R", bound=DomainRule | ListedWord)
V = TypeVar("V")

FRESH = 0.5  # seconds until we ask again whether anything has changed; other processes change these tables too
USABLE = 1.0  # seconds for which the inbox goes on with what we know while we look
CAREFUL = 2.0  # seconds after a change of our own in which we ask every time, for it may not be committed yet


class Remembered(Generic[R, V]):
    """What `make` makes of all rows of one table, one per database; made anew when the table has changed."""

    def __init__(self, table: type[R], make: Callable[[Sequence[R]], V]) -> None:
        self._table = table
        self._make = make
        self._kept: WeakKeyDictionary[Pool, tuple[float, Any, V]] = WeakKeyDictionary()
        self._asking: WeakKeyDictionary[Pool, asyncio.Future[V]] = WeakKeyDictionary()
        self._careful_until = 0.0
        for moment in ("after_insert", "after_update", "after_delete"):
            event.listen(table, moment, self._changed)

    def _changed(self, _mapper: Any, _connection: Any, _row: R) -> None:
        self._careful_until = time.monotonic() + CAREFUL

    def _fresh(self, pool: Pool, most: float) -> tuple[V] | None:
        kept = self._kept.get(pool)
        moment = time.monotonic()
        if kept is None or moment < self._careful_until or moment - kept[0] > most:
            return None
        return (kept[2],)

    async def get(self, session: AsyncSession) -> V:
        """The newest there is, as this session sees it."""
        bind = session.get_bind()
        pool = (bind if isinstance(bind, Engine) else bind.engine).pool
        if (fresh := self._fresh(pool, FRESH)) is not None:
            return fresh[0]
        asked = time.monotonic()
        table = self._table
        state = select(func.count(), func.max(table.id), func.max(table.changed_at)).select_from(table)
        stamp = tuple((await session.execute(state)).one())
        kept = self._kept.get(pool)
        value = kept[2] if kept is not None and kept[1] == stamp else self._make((await session.scalars(select(table))).all())
        self._kept[pool] = (asked, stamp, value)
        return value

    async def peek(self, database: Database) -> V:
        """The same for who has no session, at most a second old: whoever asks while we look shares the question, or need not wait."""
        pool = database.engine.pool
        if (fresh := self._fresh(pool, FRESH)) is not None:
            return fresh[0]
        asking = self._asking.get(pool)
        if asking is None or asking.done():
            asking = self._asking[pool] = asyncio.ensure_future(self._ask(database))
        if (usable := self._fresh(pool, USABLE)) is not None:
            return usable[0]
        return await asyncio.shield(asking)

    async def _ask(self, database: Database) -> V:
        async with database.snapshot() as session:
            return await self.get(session)
