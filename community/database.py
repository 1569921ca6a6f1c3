"""Base, engines, transactions: the only place that commits."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from datetime import UTC, datetime
from enum import StrEnum
from functools import lru_cache
from pathlib import Path
from typing import Any, ClassVar, TypeVar, cast

from sqlalchemy import (
    JSON,
    BigInteger,
    Connection,
    DateTime,
    Dialect,
    Enum,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    create_engine,
    event,
    make_url,
)
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.engine import Engine
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Session, sessionmaker
from sqlalchemy.types import TypeDecorator

T = TypeVar("T")

BigId = BigInteger().with_variant(Integer, "sqlite")
READ_ONLY = "bookmobile_read_only"
READERS = 4
LINGER = 0.002  # seconds; a commit costs as much for one as for fifty


class Moment(TypeDecorator[datetime]):
    """An aware time, kept in UTC. SQLite forgets the zone, so we give it back."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("A naive time cannot be kept: give it a zone.")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def choice(kind: type[StrEnum]) -> Enum:
    """A column type for one of a few words, checked by the database too."""
    return Enum(
        kind,
        native_enum=False,
        length=20,
        create_constraint=True,
        values_callable=lambda members: [member.value for member in members],
        name=kind.__name__.lower(),
    )


class Base(DeclarativeBase):
    """All tables of the house."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(column_0_label)s",
            "uq": "uq_%(table_name)s_%(column_0_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        datetime: Moment(),
        bytes: LargeBinary(),
        dict[str, Any]: JSON(),
        list[str]: JSON(),
    }


def _pragmas(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # we say BEGIN ourselves, below
    cursor = connection.cursor()
    # FULL and not NORMAL: a 202 or a "saved" means that it is on the disk, also when the power goes.
    for pragma in (
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
        "busy_timeout=10000",
        "temp_store=MEMORY",
        "cache_size=-32768",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin(connection: Connection) -> None:
    # A writer that begins deferred can fail at its first write; one that begins immediately waits its turn.
    reading = connection.get_execution_options().get(READ_ONLY)
    connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")


def _tune(engine: Engine) -> None:
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _pragmas)
        event.listen(engine, "begin", _begin)


class Database:
    """One database: transactions for writing, snapshots for reading, and one writer that commits for many."""

    def __init__(self, url: str, *, pool_size: int = 5) -> None:
        self.url = make_url(url)
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        if self.is_sqlite and self.url.database:
            Path(self.url.database).parent.mkdir(parents=True, exist_ok=True)
        options: dict[str, Any] = {"json_serializer": lambda value: json.dumps(value, ensure_ascii=False, sort_keys=True)}
        self.engine: AsyncEngine = create_async_engine(url, pool_size=pool_size, max_overflow=pool_size, **options)
        _tune(self.engine.sync_engine)
        self._sessions = async_sessionmaker(self.engine, expire_on_commit=False)
        self._snapshots = async_sessionmaker(self.engine.execution_options(**{READ_ONLY: True}), expire_on_commit=False)
        self._sync_engine: Engine | None = None
        # SQLite has one writer and lets those who wait for it try their luck; in line, nobody waits until they are refused.
        self._turn: AbstractAsyncContextManager[Any] = asyncio.Lock() if self.is_sqlite else nullcontext()
        if self.is_sqlite:
            # Each call of the asynchronous driver hops to a thread and back; a page that hops once is some four times cheaper.
            threads = READERS + 1  # and one that writes
            self._sync_engine = create_engine(self.url.set(drivername="sqlite+pysqlite"), pool_size=threads, max_overflow=0, **options)
            _tune(self._sync_engine)
            self._readers = ThreadPoolExecutor(READERS, thread_name_prefix="reader")
            self._pen = ThreadPoolExecutor(1, thread_name_prefix="writer")
            self._sync_sessions = sessionmaker(self._sync_engine.execution_options(**{READ_ONLY: True}))
        self.writer = GroupWriter(self)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncSession]:
        """All of it is kept, or none. Keep it short: SQLite has one writer, and everyone waits for it."""
        async with self._turn, self._sessions() as session, session.begin():
            yield session

    @asynccontextmanager
    async def snapshot(self) -> AsyncIterator[AsyncSession]:
        """One consistent view to read from; nothing written here is kept."""
        async with self._snapshots() as session:
            yield session

    async def read(self, question: Callable[[Session], T]) -> T:
        """Ask a synchronous question of a consistent view: the cheap way for pages that many people open."""
        if self._sync_engine is None:
            async with self.snapshot() as session:
                return await session.run_sync(question)
        return await asyncio.get_running_loop().run_in_executor(self._readers, self._ask, question)

    def _ask(self, question: Callable[[Session], T]) -> T:
        with self._sync_sessions() as session:
            return question(session)

    async def write(self, work: Callable[[Connection], T]) -> T:
        """Do something short and synchronous; all of it is kept, or none: the cheap way to commit for many at once."""
        if self._sync_engine is None:
            async with self.engine.begin() as connection:
                return await connection.run_sync(work)
        return await asyncio.get_running_loop().run_in_executor(self._pen, self._do, work)

    def _do(self, work: Callable[[Connection], T]) -> T:
        assert self._sync_engine is not None
        with self._sync_engine.begin() as connection:
            return work(connection)

    async def close(self) -> None:
        """Let everything go; what was promised is already on the disk."""
        await self.writer.close()
        await self.engine.dispose()
        if self._sync_engine is not None:
            self._readers.shutdown(wait=True)
            self._pen.shutdown(wait=True)
            self._sync_engine.dispose()


def table_of(model: type[Base]) -> Table:
    """The table of a mapped class, for statements that need no objects."""
    return cast(Table, model.__table__)


def insert_new(session: AsyncSession | Session, table: Table, rows: Sequence[dict[str, Any]], *, unique: Sequence[str]) -> Any:
    """The statement that adds those of the rows whose `unique` columns are not there yet, and returns these columns of the new ones."""
    return _adding(session.get_bind().dialect.name, table, tuple(unique)).values(list(rows))


@lru_cache(maxsize=64)
def _adding(dialect: str, table: Table, unique: tuple[str, ...]) -> Any:
    """The same for rows that come as parameters: made and compiled once, however many rows there are."""
    make = postgresql_insert if dialect == "postgresql" else sqlite_insert
    return make(table).on_conflict_do_nothing(index_elements=unique).returning(*(table.c[name] for name in unique))


def _add(connection: Connection, table: Table, unique: tuple[str, ...], rows: Sequence[dict[str, Any]]) -> Iterable[Sequence[Any]]:
    """Add those of the rows that are new; each row says the value of every column that it needs. Returns their `unique` columns."""
    if connection.dialect.name != "sqlite":
        return connection.execute(_adding(connection.dialect.name, table, unique), rows)
    # Said to the driver itself: what SQLAlchemy does for each row would cost more than SQLite.
    names = tuple(rows[0])
    columns = [(name, _binder(connection.dialect, table, name)) for name in names]
    places = ", ".join([f"({', '.join('?' * len(names))})"] * len(rows))
    keys = ", ".join(unique)
    words = f"INSERT INTO {table.name} ({', '.join(names)}) VALUES {places} ON CONFLICT ({keys}) DO NOTHING RETURNING {keys}"
    values = [convert(row[name]) if convert else row[name] for row in rows for name, convert in columns]
    driver: Any = connection.connection.driver_connection
    return cast(Iterable[Sequence[Any]], driver.execute(words, values).fetchall())


@lru_cache(maxsize=256)
def _binder(dialect: Dialect, table: Table, name: str) -> Callable[[Any], Any] | None:
    """What makes of a value what the driver takes for this column; None when it takes it as it is."""
    return cast(Callable[[Any], Any] | None, table.c[name].type.dialect_impl(dialect).bind_processor(dialect))


class GroupWriter:
    """One commit for everyone who waits: each caller returns when its row is on the disk."""

    MOST = 200  # rows in one commit; a statement has a limit of variables

    def __init__(self, database: Database) -> None:
        self._database = database
        self._waiting: list[tuple[Table, tuple[str, ...], dict[str, Any], asyncio.Future[bool]]] = []
        self._task: asyncio.Task[None] | None = None

    async def add(self, table: Table, row: dict[str, Any], *, unique: tuple[str, ...]) -> bool:
        """Keep this row unless its like is there. Returns, when it is durable, whether it was new; raises when it could not be kept."""
        done: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._waiting.append((table, unique, row, done))
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._write())
        return await done

    async def _write(self) -> None:
        while self._waiting:
            await asyncio.sleep(LINGER)  # whoever arrives meanwhile shares the commit
            batch, self._waiting = self._waiting[: self.MOST], self._waiting[self.MOST :]
            try:
                kept = await self._keep(batch)
            except Exception as cause:  # every caller hears of it and refuses its own client
                for *_, done in batch:
                    if not done.done():
                        done.set_exception(cause)
            else:
                for table, unique, row, done in batch:
                    if not done.done():
                        # Of two alike in one commit, the first is the new one.
                        mark = (table.name, *(row[name] for name in unique))
                        done.set_result(mark in kept)
                        kept.discard(mark)

    async def _keep(self, batch: list[tuple[Table, tuple[str, ...], dict[str, Any], asyncio.Future[bool]]]) -> set[tuple[Any, ...]]:
        groups: dict[tuple[Table, tuple[str, ...]], list[dict[str, Any]]] = {}
        for table, unique, row, _ in batch:
            groups.setdefault((table, unique), []).append(row)

        def insert(connection: Connection) -> set[tuple[Any, ...]]:
            kept: set[tuple[Any, ...]] = set()
            for (table, unique), rows in groups.items():
                kept.update((table.name, *found) for found in _add(connection, table, unique, rows))
            return kept

        return await self._database.write(insert)

    async def close(self) -> None:
        """Wait until nobody waits."""
        if self._task is not None:
            await self._task
