"""Records in, catalogue out: told twice, kept once."""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, cast

from sqlalchemy import Table, delete, update
from sqlalchemy.exc import DBAPIError, OperationalError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncSession

from community.catalog import bulk, clustering
from community.catalog.clustering import Held, Placing
from community.catalog.record import Record, Refused
from community.catalog.rows import Prepared, fit, prepare
from community.catalog.tables import (
    Agent,
    Contribution,
    Edition,
    Identifier,
    ImportRun,
    RefusedRecord,
    RunState,
    Series,
    SeriesPart,
    SourceRecord,
    Subject,
    WorkSubject,
)
from community.clock import now
from community.database import Database
from community.errors import Unprocessable

BATCH = 500  # records in one transaction: some tenths of a second in which nobody else writes
HEAVY = 4_000_000  # bytes of records in one batch
PATIENCE = (0.2, 1.0, 5.0)  # seconds before a batch that met another writer is tried again
REMEMBERED = 100_000  # editions written by this run that we know again when their key comes once more


@dataclass(frozen=True, slots=True)
class Tally:
    """What came of the records so far. `repeated` were followed by another of the same key, which won."""

    new: int = 0
    changed: int = 0
    unchanged: int = 0
    refused: int = 0
    repeated: int = 0

    @property
    def total(self) -> int:
        """How many records have been read."""
        return self.new + self.changed + self.unchanged + self.refused + self.repeated

    def __add__(self, other: "Tally") -> "Tally":
        return Tally(
            self.new + other.new,
            self.changed + other.changed,
            self.unchanged + other.unchanged,
            self.refused + other.refused,
            self.repeated + other.repeated,
        )


@dataclass
class _Batch:
    prepared: list[Prepared] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)
    repeated: int = 0
    ended: bool = False
    broken: Exception | None = None


@dataclass
class _Run:
    source: str
    started_at: datetime
    id: int | None = None  # None: a dry run
    tally: Tally = field(default_factory=Tally)
    written: dict[int, str | None] = field(default_factory=dict)  # edition -> hash of its content before this run; None: there was none


async def merge(
    database: Database,
    records: Iterator[Record | Refused],
    *,
    source: str,
    file: str,
    progress: Callable[[Tally], None] | None = None,
    dry_run: bool = False,
    batch: int = BATCH,
) -> Tally:
    """Bring the catalogue up to date with these records; the same ones a second time change nothing.

    A record that breaks is refused alone and kept with its reason. What was merged stays merged when the rest cannot be read.
    """
    run = _Run(fit(source, 100), now())
    if not dry_run:
        async with database.transaction() as session:
            row = ImportRun(source=run.source, file=fit(file, 500), started_at=run.started_at)
            session.add(row)
            await session.flush()
            run.id = row.id
    numbered = enumerate(records, start=1)
    ahead = asyncio.ensure_future(asyncio.to_thread(_take, numbered, run.source, batch))
    try:
        while True:
            some = await ahead
            if not some.ended:  # the next ones are parsed while these are written
                ahead = asyncio.ensure_future(asyncio.to_thread(_take, numbered, run.source, batch))
            await (_forecast if run.id is None else _keep)(database, run, some)
            if progress is not None:
                progress(run.tally)
            if some.broken is not None:
                raise Unprocessable(f"{file} cannot be read to its end: {some.broken}") from some.broken
            if some.ended:
                break
    except BaseException as cause:
        await asyncio.wait([ahead])  # a thread cannot be stopped; it ends with its batch
        await _close(database, run, RunState.failed, str(cause) or type(cause).__name__)
        raise
    await _close(database, run, RunState.done)
    return run.tally


def _take(numbered: Iterator[tuple[int, Record | Refused]], source: str, most: int) -> _Batch:
    """Parse the next records and turn them into rows: all that needs no database, for a thread of its own."""
    batch = _Batch()
    prepared: dict[str, Prepared] = {}
    weight = 0
    while len(prepared) + len(batch.refused) < most and weight < HEAVY:
        try:
            position, record = next(numbered)
        except StopIteration:
            batch.ended = True
            break
        except Exception as cause:
            batch.ended, batch.broken = True, cause
            break
        weight += len(record.raw)
        if isinstance(record, Refused):
            batch.refused.append(record)
            continue
        try:
            ready = prepare(record, source, position)
        except Exception as cause:  # whatever is wrong with it is wrong with it alone
            batch.refused.append(Refused(position, _reason(cause), record.raw))
            continue
        if prepared.pop(ready.source_key, None) is not None:
            batch.repeated += 1
        prepared[ready.source_key] = ready
    batch.prepared = list(prepared.values())
    return batch


async def _forecast(database: Database, run: _Run, batch: _Batch) -> None:
    async with database.snapshot() as session:
        held = await _held(session, run.source, batch.prepared)
    unchanged = sum(_is_same(held.get(one.source_key), one) for one in batch.prepared)
    changed = sum(one.source_key in held for one in batch.prepared) - unchanged
    run.tally += Tally(len(batch.prepared) - unchanged - changed, changed, unchanged, len(batch.refused), batch.repeated)


async def _keep(database: Database, run: _Run, batch: _Batch) -> None:
    refused = [*batch.refused, *await _write(database, run, batch.prepared)]
    run.tally += Tally(refused=len(refused), repeated=batch.repeated)
    async with database.transaction() as session:
        rows = [
            {"run_id": run.id, "position": one.position, "reason": fit(one.reason, 500), "raw": one.raw}
            for one in sorted(refused, key=lambda one: one.position)
        ]
        await bulk.add(session, cast(Table, RefusedRecord.__table__), rows)
        await _count(session, run)


async def _write(database: Database, run: _Run, records: Sequence[Prepared]) -> list[Refused]:
    """Write the records in one transaction; if the database refuses them, halve them until the bad one is alone."""
    if not records:
        return []
    for pause in (*PATIENCE, None):
        try:
            async with database.transaction() as session:
                written, tally = await _merge(session, run, records)
        except (SQLAlchemyError, ValueError, TypeError, OverflowError) as cause:
            if _is_busy(cause) and pause is not None:
                await asyncio.sleep(pause)
                continue
            if _is_nobodys_fault(cause):
                raise
            if len(records) == 1:
                return [Refused(records[0].position, _reason(cause), records[0].raw)]
            middle = len(records) // 2
            return [*await _write(database, run, records[:middle]), *await _write(database, run, records[middle:])]
        run.tally += tally
        run.written = dict([*run.written.items(), *written.items()][-REMEMBERED:]) if written else run.written
        return []
    raise AssertionError("The last try returns or raises.")


async def _merge(session: AsyncSession, run: _Run, records: Sequence[Prepared]) -> tuple[dict[int, str | None], Tally]:
    """Write what is new or changed; returns what was written, with its former content, and the counts."""
    moment = now()
    held = await _held(session, run.source, records)
    fresh = [one for one in records if not _is_same(held.get(one.source_key), one)]
    tally = _counted(run, held, records)
    if not fresh:
        return {}, tally
    before = {one.source_key: held[one.source_key] for one in fresh if one.source_key in held}
    placing = await clustering.place(session, fresh, {key: Held(row.id, row.work_id) for key, row in before.items()}, moment)
    agents = await _agents(session, fresh, moment)
    subjects = await _subjects(session, fresh)
    series = await _series(session, fresh)
    editions = await _editions(session, run.source, fresh, placing, moment)
    await _forget_parts(session, [row.id for row in before.values()])
    await _add_parts(session, fresh, placing, editions, agents, series)
    await clustering.refresh(session, fresh, placing, moment)
    about = {(placing.works[one.source_key], subjects[key]) for one in fresh for key in one.subjects}
    rows = [{"work_id": work_id, "subject_id": subject_id} for work_id, subject_id in about]
    await bulk.add_new(session, cast(Table, WorkSubject.__table__), rows, unique=["work_id", "subject_id"])
    return {edition_id: before[key].source_hash if key in before else None for key, edition_id in editions.items()}, tally


async def _held(session: AsyncSession, source: str, records: Sequence[Prepared]) -> dict[str, Any]:
    columns = (Edition.source_key, Edition.id, Edition.work_id, Edition.source_hash, Edition.removed_at)
    rows = await bulk.look_up(session, columns, [one.source_key for one in records], Edition.source == source)
    return {row.source_key: row for row in rows}


def _is_same(row: Any, record: Prepared) -> bool:
    return row is not None and row.source_hash == record.content_hash and row.removed_at is None


def _counted(run: _Run, held: dict[str, Any], records: Sequence[Prepared]) -> Tally:
    new = changed = unchanged = repeated = 0
    for one in records:
        row = held.get(one.source_key)
        if row is None:
            new += 1
        elif row.id in run.written:
            repeated += 1
            # A file may change a record and change it back: what counts is whether it differs after all.
            former = run.written[row.id]
            if former is not None:
                more = (one.content_hash != former) - (row.source_hash != former)
                changed, unchanged = changed + more, unchanged - more
        elif _is_same(row, one):
            unchanged += 1
        else:
            changed += 1
    return Tally(new, changed, unchanged, 0, repeated)


async def _agents(session: AsyncSession, records: Sequence[Prepared], moment: datetime) -> dict[str, int]:
    told = {key: row for one in reversed(records) for key, row in one.agents.items()}
    table = cast(Table, Agent.__table__)
    await bulk.add_new(session, table, [{**row, "changed_at": moment} for row in told.values()], unique=["key"])
    rows = await bulk.look_up(session, (Agent.key, Agent.id, Agent.identifiers), told)
    for row in rows:
        more = [one for one in told[row.key]["identifiers"] if one not in row.identifiers]
        if more:
            values = {"identifiers": [*row.identifiers, *more], "changed_at": moment}
            await session.execute(update(table).where(table.c.id == row.id).values(values))
    return {row.key: row.id for row in rows}


async def _subjects(session: AsyncSession, records: Sequence[Prepared]) -> dict[str, int]:
    told = {key: row for one in reversed(records) for key, row in one.subjects.items()}
    await bulk.add_new(session, cast(Table, Subject.__table__), list(told.values()), unique=["key"])
    return {row.key: row.id for row in await bulk.look_up(session, (Subject.key, Subject.id), told)}


async def _series(session: AsyncSession, records: Sequence[Prepared]) -> dict[str, int]:
    told = {key: row for one in reversed(records) for key, row in one.series.items()}
    await bulk.add_new(session, cast(Table, Series.__table__), list(told.values()), unique=["key"])
    return {row.key: row.id for row in await bulk.look_up(session, (Series.key, Series.id), told)}


async def _editions(session: AsyncSession, source: str, records: Sequence[Prepared], placing: Placing, moment: datetime) -> dict[str, int]:
    rows = [
        {
            **one.edition,
            "work_id": placing.works[one.source_key],
            "source_hash": one.content_hash,
            "created_at": moment,
            "changed_at": moment,
            "removed_at": None,
        }
        for one in records
    ]
    await bulk.put(session, cast(Table, Edition.__table__), rows, unique=["source", "source_key"], keep=["created_at"])
    found = await bulk.look_up(session, (Edition.source_key, Edition.id), [one.source_key for one in records], Edition.source == source)
    return {row.source_key: row.id for row in found}


async def _forget_parts(session: AsyncSession, editions: Sequence[int]) -> None:
    """Take off the numbers, makers and series of editions that are about to be told anew."""
    for table in (Identifier, Contribution, SeriesPart):
        for some in bulk.portions(editions):
            await session.execute(delete(table).where(table.edition_id.in_(some)).execution_options(synchronize_session=False))


async def _add_parts(
    session: AsyncSession,
    records: Sequence[Prepared],
    placing: Placing,
    editions: dict[str, int],
    agents: dict[str, int],
    series: dict[str, int],
) -> None:
    """Write what hangs on the editions: the record as it came, numbers, makers, series."""
    originals: list[dict[str, Any]] = []
    numbers: list[dict[str, Any]] = []
    makers: list[dict[str, Any]] = []
    volumes: list[dict[str, Any]] = []
    for one in records:
        edition_id, work_id = editions[one.source_key], placing.works[one.source_key]
        originals.append({"edition_id": edition_id, "format": one.raw_format, "raw": one.raw})
        numbers += [{"edition_id": edition_id, "scheme": scheme, "value": value} for scheme, value in one.identifiers]
        makers += [
            {"work_id": work_id, "edition_id": edition_id, "agent_id": agents[key], "role": role, "position": position}
            for position, (key, role) in enumerate(one.contributions)
        ]
        volumes += [
            {"work_id": work_id, "edition_id": edition_id, "series_id": series[key], "volume": volume} for key, volume in one.volumes
        ]
    await bulk.put(session, cast(Table, SourceRecord.__table__), originals, unique=["edition_id"])
    await bulk.add_new(session, cast(Table, Identifier.__table__), numbers, unique=["edition_id", "scheme", "value"])
    await bulk.add_new(session, cast(Table, Contribution.__table__), makers, unique=["edition_id", "agent_id", "role"])
    await bulk.add_new(session, cast(Table, SeriesPart.__table__), volumes, unique=["edition_id", "series_id"])


async def _count(session: AsyncSession, run: _Run) -> None:
    tally = run.tally
    await session.execute(
        update(ImportRun)
        .where(ImportRun.id == run.id)
        .values(new=tally.new, changed=tally.changed, unchanged=tally.unchanged, refused=tally.refused)
    )


async def _close(database: Database, run: _Run, state: RunState, error: str | None = None) -> None:
    if run.id is not None:
        async with database.transaction() as session:
            await _count(session, run)
            told = None if error is None else fit(error, 1000)
            await session.execute(update(ImportRun).where(ImportRun.id == run.id).values(state=state, finished_at=now(), error=told))


def _is_busy(cause: Exception) -> bool:
    """Whether another writer was in the way: SQLite's lock, or PostgreSQL that ended a circle of waiting."""
    if not isinstance(cause, DBAPIError):
        return False
    return "database is locked" in str(cause.orig) or getattr(cause.orig, "sqlstate", None) in {"40001", "40P01"}


def _is_nobodys_fault(cause: Exception) -> bool:
    """Whether no record is to blame: the disk is full, the connection is gone."""
    return _is_busy(cause) or isinstance(cause, OperationalError) or (isinstance(cause, DBAPIError) and cause.connection_invalidated)


def _reason(cause: Exception) -> str:
    told = cause.orig if isinstance(cause, DBAPIError) and cause.orig is not None else cause
    return f"{type(told).__name__}: {told}" if not isinstance(cause, ValueError) or isinstance(cause, UnicodeError) else str(cause)
