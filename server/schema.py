"""The shape of the database: which step it is at, and how it gets to ours."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import AsyncConnection

from community.database import Database
from community.errors import Misconfigured
from server.tables import METADATA

STEPS = Path(__file__).parent / "migrations"
LOCK = 0x626F6F6B  # two processes that migrate one PostgreSQL wait for each other
TRIGGERS = {
    "sqlite": "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'log_entries'",
    "postgresql": "SELECT tgname FROM pg_trigger WHERE tgrelid = 'log_entries'::regclass AND NOT tgisinternal AND tgenabled <> 'D'",
}
WANTED_TRIGGERS = {
    "sqlite": {"log_entries_no_update", "log_entries_no_delete", "log_entries_no_replace"},
    "postgresql": {"log_entries_append_only"},
}


def config(connection: Connection | None = None) -> Config:
    """What alembic needs to know; no file is read."""
    made = Config()
    made.set_main_option("script_location", str(STEPS).replace("%", "%%"))
    made.set_main_option("file_template", "v%%(rev)s")
    made.attributes["connection"] = connection
    return made


def newest() -> str:
    """The last step that this version of the program knows."""
    head = ScriptDirectory.from_config(config()).get_current_head()
    if head is None:
        raise Misconfigured("This installation has no migrations: it is not whole.")
    return head


async def step(database: Database) -> str | None:
    """The step that the database is at; None when it is empty."""
    async with database.engine.connect() as connection:
        return await connection.run_sync(_step)


async def check(database: Database) -> None:
    """Raises Misconfigured unless the database has the shape that this version of the program needs."""
    found, wanted = await step(database), newest()
    if found == wanted:
        return
    if found is None:
        raise Misconfigured("The database is empty: run `bookmobile init`, or `bookmobile migrate` if this library has its settings.")
    if found not in _known():
        raise Misconfigured(f"The database is at step {found}, which this version does not know: it was used by a newer one.")
    raise Misconfigured(f"The database is at step {found} and this version needs {wanted}: run `bookmobile migrate`.")


async def upgrade(database: Database) -> bool:
    """Bring the database to the newest step, all of it or nothing; says whether anything was to be done."""
    async with _without_foreign_keys(database) as connection, connection.begin():
        if not database.is_sqlite:
            await connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": LOCK})
        before = await connection.run_sync(_step)
        if before is not None and before not in _known():
            raise Misconfigured(f"The database is at step {before}, which this version does not know: it was used by a newer one.")
        if before == newest():
            return False
        await connection.run_sync(lambda inner: command.upgrade(config(inner), "head"))
        if database.is_sqlite and (broken := (await connection.execute(text("PRAGMA foreign_key_check"))).first()):
            raise Misconfigured(f"The database has rows that point nowhere, first in the table {broken[0]}: nothing was changed.")
    return True


async def missing_triggers(database: Database) -> set[str]:
    """The guards of the moderation log that are not there."""
    dialect = database.engine.dialect.name
    async with database.engine.connect() as connection:
        found = set((await connection.execute(text(TRIGGERS[dialect]))).scalars())
    return WANTED_TRIGGERS[dialect] - found


def differences(connection: Connection) -> list[Any]:
    """What autogenerate would change to make this database like the tables of the code."""
    migration = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
    return list(compare_metadata(migration, METADATA))


def _known() -> set[str]:
    return {script.revision for script in ScriptDirectory.from_config(config()).walk_revisions()}


def _step(connection: Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()


@asynccontextmanager
async def _without_foreign_keys(database: Database) -> AsyncIterator[AsyncConnection]:
    """A connection on which SQLite may replace a table that others point to: it would drop their rows with it."""
    async with database.engine.connect() as connection:
        if database.is_sqlite:
            await _pragma(connection, "foreign_keys=OFF")
        try:
            yield connection
        finally:
            if database.is_sqlite:
                await _pragma(connection, "foreign_keys=ON")


async def _pragma(connection: AsyncConnection, words: str) -> None:
    """Said to the driver itself: within a transaction SQLite would not listen."""
    driver = (await connection.get_raw_connection()).driver_connection
    assert driver is not None
    await driver.execute(f"PRAGMA {words}")
