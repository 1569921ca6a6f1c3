"""Databases for tests: SQLite files, or databases of their own on the PostgreSQL that the environment names."""

import asyncio
import os
import shutil
import tempfile
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from community.database import Database
from server.tables import METADATA

POSTGRESQL = "BOOKMOBILE_TEST_DATABASE_URL"
# Made once in each process, then copied: making sixty tables takes longer than most tests.
_MODEL = f"model{os.getpid()}x{uuid.uuid4().hex[:8]}"
_made: list[str] = []


@asynccontextmanager
async def fresh(folder: Path) -> AsyncIterator[str]:
    """The address of a database that nobody else has, without tables; gone afterwards."""
    if not os.environ.get(POSTGRESQL):
        await asyncio.to_thread(os.makedirs, folder, exist_ok=True)
        yield f"sqlite+aiosqlite:///{folder / 'library.sqlite'}"
        return
    async with _postgresql(None) as url:
        yield url


@asynccontextmanager
async def ready(folder: Path) -> AsyncIterator[str]:
    """The same with all tables and no rows."""
    if not os.environ.get(POSTGRESQL):
        await asyncio.to_thread(os.makedirs, folder, exist_ok=True)
        target = folder / "library.sqlite"
        await asyncio.to_thread(shutil.copyfile, await _sqlite_model(), target)
        yield f"sqlite+aiosqlite:///{target}"
        return
    await _postgresql_model()
    async with _postgresql(_MODEL) as url:
        yield url


async def _sqlite_model() -> str:
    if not _made:
        file = f"{tempfile.mkdtemp(prefix='bookmobile-model-')}/model.sqlite"
        await _make_tables(f"sqlite+aiosqlite:///{file}")
        _made.append(file)
    return _made[0]


async def _postgresql_model() -> None:
    if not _made:
        async with _admin() as admin, admin.connect() as connection:
            await connection.execute(text(f'CREATE DATABASE "{_MODEL}"'))
        await _make_tables(f"{os.environ[POSTGRESQL].rpartition('/')[0]}/{_MODEL}")
        _made.append(_MODEL)


async def _make_tables(url: str) -> None:
    database = Database(url)
    async with database.engine.begin() as connection:
        await connection.run_sync(METADATA.create_all)
    await database.close()


@asynccontextmanager
async def _admin() -> AsyncIterator[AsyncEngine]:
    engine = create_async_engine(os.environ[POSTGRESQL], isolation_level="AUTOCOMMIT")
    try:
        yield engine
    finally:
        await engine.dispose()


@asynccontextmanager
async def _postgresql(model: str | None) -> AsyncIterator[str]:
    name = f"t{uuid.uuid4().hex[:16]}"
    async with _admin() as admin:
        async with admin.connect() as connection:
            await connection.execute(text(f'CREATE DATABASE "{name}"' + (f' TEMPLATE "{model}"' if model else "")))
        yield f"{os.environ[POSTGRESQL].rpartition('/')[0]}/{name}"
        async with admin.connect() as connection:
            await connection.execute(text(f'DROP DATABASE "{name}" WITH (FORCE)'))
