"""The steps of the database lead where the tables of the code are."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from sqlalchemy import Connection, func, inspect, select, text
from sqlalchemy.exc import DBAPIError

from community.catalog.tables import Edition, Series, SeriesPart, Work
from community.clock import now
from community.database import Database
from community.errors import Misconfigured
from community.people.actors import Actor, ActorKey
from community.posts.topics import About, Topic
from moderation.tables import LogEntry
from server import schema
from server.tables import METADATA


@pytest.fixture
async def empty(database_url: str) -> AsyncIterator[Database]:
    """An open database without any table."""
    opened = Database(database_url)
    yield opened
    await opened.close()


def plain(value: Any) -> str:
    """What was found, as words that are the same for the same."""
    if isinstance(value, dict):
        return str(sorted((key, plain(one)) for key, one in value.items()))
    return str([plain(one) for one in value]) if isinstance(value, list) else str(value)


def shape(connection: Connection) -> dict[str, Any]:
    """All that the database knows about its tables, comparable."""
    seen = inspect(connection)
    return {
        name: {
            "columns": sorted((one["name"], str(one["type"]), one["nullable"], one["default"]) for one in seen.get_columns(name)),
            "key": plain(seen.get_pk_constraint(name)),
            "indexes": sorted(plain(one) for one in seen.get_indexes(name)),
            "unique": sorted(plain(one) for one in seen.get_unique_constraints(name)),
            "checks": sorted(plain(one) for one in seen.get_check_constraints(name)),
            "pointers": sorted(plain(one) for one in seen.get_foreign_keys(name)),
        }
        for name in seen.get_table_names()
        if name != "alembic_version"
    }


async def test_all_steps_together_make_exactly_the_tables_of_the_code(empty: Database) -> None:
    await schema.upgrade(empty)

    async with empty.engine.connect() as connection:
        assert await connection.run_sync(schema.differences) == []
        migrated = await connection.run_sync(shape)
    async with empty.engine.begin() as connection:
        await connection.run_sync(METADATA.drop_all)
        await connection.run_sync(METADATA.create_all)
        assert migrated == await connection.run_sync(shape)
    assert await schema.step(empty) == schema.newest()


async def test_the_moderation_log_is_guarded_after_the_steps_too(empty: Database) -> None:
    await schema.upgrade(empty)
    async with empty.transaction() as session:
        session.add(LogEntry(who="ben", what="hide", about="https://harbour.example/notes/1"))

    assert await schema.missing_triggers(empty) == set()
    for words in ("UPDATE log_entries SET reason = 'another'", "DELETE FROM log_entries"):
        with pytest.raises(DBAPIError, match="append-only"):
            async with empty.transaction() as session:
                await session.execute(text(words))


async def test_a_guard_that_somebody_took_away_is_missed(empty: Database) -> None:
    await schema.upgrade(empty)
    name = sorted(schema.WANTED_TRIGGERS[empty.engine.dialect.name])[0]
    async with empty.engine.begin() as connection:
        await connection.execute(text(f"DROP TRIGGER {name}" + ("" if empty.is_sqlite else " ON log_entries")))

    assert await schema.missing_triggers(empty) == {name}


async def test_an_empty_database_is_refused_and_a_whole_one_is_not(empty: Database) -> None:
    with pytest.raises(Misconfigured, match="bookmobile init"):
        await schema.check(empty)

    assert await schema.upgrade(empty)

    await schema.check(empty)


async def test_a_database_of_a_newer_program_is_left_alone(empty: Database) -> None:
    await schema.upgrade(empty)
    async with empty.engine.begin() as connection:
        await connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))

    with pytest.raises(Misconfigured, match="newer"):
        await schema.check(empty)
    with pytest.raises(Misconfigured, match="newer"):
        await schema.upgrade(empty)


async def test_migrating_again_changes_nothing_and_keeps_every_row(empty: Database) -> None:
    await schema.upgrade(empty)
    async with empty.transaction() as session:
        ada = Actor(uri="https://nantucket.example/ap/actors/ada", kind="Person", username="ada", inbox="https://nantucket.example/i")
        session.add(ada)
        await session.flush()
        session.add(ActorKey(actor_id=ada.id, private_key="-"))

    assert not await schema.upgrade(empty)

    async with empty.snapshot() as session:
        assert await session.scalar(select(func.count()).select_from(ActorKey)) == 1


async def test_series_of_editions_that_were_there_before_get_rows(empty: Database) -> None:
    async with empty.engine.begin() as connection:
        await connection.run_sync(lambda inner: command.upgrade(schema.config(inner), "0007"))
    async with empty.transaction() as session:
        work = Work(key="moby", title="Moby-Dick", sort_title="moby-dick", form="book")
        session.add(work)
        await session.flush()
        told = {"work_id": work.id, "source": "s", "source_hash": "0", "title": "Moby-Dick", "form": "book"}
        for key, names in (("1", ["Sea Stories ; 3", "sea stories"]), ("2", ["SEA STORIES : ; 4", "Classics"]), ("3", [])):
            session.add(Edition(source_key=key, series=names, **told))
        topic = text("INSERT INTO topics (kind, target_id, seen_at, seen_id, created_at) VALUES ('work', 1, :now, 0, :now)")
        await session.execute(topic, {"now": now()})

    assert await schema.upgrade(empty)

    async with empty.transaction() as session:
        rows = await session.execute(select(Series.title, SeriesPart.volume).join(SeriesPart, SeriesPart.series_id == Series.id))
        assert sorted(tuple(row) for row in rows) == [("Classics", ""), ("Sea Stories", "3"), ("Sea Stories", "4")]
        assert await session.scalar(select(func.count()).select_from(Topic)) == 1
        session.add(Topic(kind=About.series, target_id=1))
    with pytest.raises(DBAPIError):
        async with empty.transaction() as session:
            await session.execute(text("UPDATE topics SET kind = 'nonsense'"))


def test_the_steps_stand_in_one_row() -> None:
    files = sorted(path.stem for path in (Path(schema.STEPS) / "versions").glob("v*.py"))
    assert files == [f"v{number:04}" for number in range(1, len(files) + 1)]
    assert schema.newest() == files[-1].removeprefix("v")
