"""The library that is measured: the shipped commands, with settings and a database of their own, on loopback."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import insert

from bench.letters import Sender
from bench.processes import Program, free_port, listening, running
from community import settings as knobs
from community.clock import now
from community.database import table_of
from community.library import Library, open_library
from federation import residents
from federation.tables import RemoteKey
from server import schema


@dataclass(frozen=True)
class Place:
    """Where the measured library lives."""

    folder: Path
    port: int

    @property
    def root(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def file(self) -> Path:
        """Its database."""
        return self.folder / "library.sqlite"

    @property
    def environ(self) -> Mapping[str, str]:
        """Its settings."""
        return {
            "BOOKMOBILE_DOMAIN": f"127.0.0.1:{self.port}",
            "BOOKMOBILE_BASE_URL": self.root,
            "BOOKMOBILE_NAME": "Nantucket Library",
            "BOOKMOBILE_DATA_DIR": str(self.folder),
            "BOOKMOBILE_DATABASE_URL": f"sqlite+aiosqlite:///{self.file}",
            "BOOKMOBILE_SECRET_KEY": "only-for-the-bench-only-for-the-bench",
            "BOOKMOBILE_ALLOW_PRIVATE_NETWORK": "true",
        }


def place(folder: Path) -> Place:
    """A folder and a port for a new library."""
    return Place(folder, free_port())


@asynccontextmanager
async def opened(where: Place) -> AsyncIterator[Library]:
    """The library from within, its database at the newest step: to prepare what is measured, and to look afterwards."""
    library = open_library(knobs.read(where.environ))
    try:
        await schema.upgrade(library.database)
        await residents.settle(library)
        yield library
    finally:
        await library.close()


@asynccontextmanager
async def serving(where: Place) -> AsyncIterator[Program]:
    """`bookmobile serve` for as long as the block runs, without its background work."""
    command = ("server.cli", "serve", "--port", str(where.port), "--no-worker")
    async with running(where.folder, "subject", *command, environ=where.environ) as program:
        await listening(program, where.port)
        yield program


@asynccontextmanager
async def working(where: Place) -> AsyncIterator[Program]:
    """`bookmobile worker` for as long as the block runs."""
    async with running(where.folder, "worker", "server.cli", "worker", environ=where.environ) as program:
        yield program


async def know(library: Library, senders: Sequence[Sender]) -> None:
    """Let the library have met these actors before: it keeps their keys."""
    rows = [{"id": one.key_id, "owner": one.uri, "pem": one.pem, "fetched_at": now()} for one in senders]
    async with library.database.transaction() as session:
        await session.execute(insert(table_of(RemoteKey)), rows)
