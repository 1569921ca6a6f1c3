"""Empty databases for tests: SQLite files, or fresh databases on the PostgreSQL that the environment names."""

import os
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

POSTGRESQL = "BOOKMOBILE_TEST_DATABASE_URL"


@asynccontextmanager
async def fresh(folder: Path) -> AsyncIterator[str]:
    """The address of a database that nobody else has, without tables; gone afterwards."""
    server = os.environ.get(POSTGRESQL)
    if not server:
        yield f"sqlite+aiosqlite:///{folder / 'library.sqlite'}"
        return
    name = f"t{uuid.uuid4().hex[:16]}"
    admin = create_async_engine(server, isolation_level="AUTOCOMMIT")
    try:
        async with admin.connect() as connection:
            await connection.execute(text(f'CREATE DATABASE "{name}"'))
        yield f"{server.rpartition('/')[0]}/{name}"
        async with admin.connect() as connection:
            await connection.execute(text(f'DROP DATABASE "{name}" WITH (FORCE)'))
    finally:
        await admin.dispose()
