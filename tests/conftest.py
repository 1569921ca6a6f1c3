"""What every test may ask for: a database, a free port, the folder of real data."""

import socket
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from community.database import Database
from tests import databases


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--kills", type=int, default=12, help="how often the server is killed in test_nothing_lost")
    parser.addoption("--mutations", type=int, default=600, help="how many bent documents test_mutations tells")


@pytest.fixture
async def database_url(tmp_path: Path) -> AsyncIterator[str]:
    """The address of an empty database without tables: SQLite, or PostgreSQL when the environment names one."""
    async with databases.fresh(tmp_path) as url:
        yield url


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    """An open database with all tables and no rows."""
    async with databases.ready(tmp_path) as url:
        opened = Database(url)
        yield opened
        await opened.close()


@pytest.fixture
def free_port() -> Iterator[int]:
    """A port of loopback that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    yield port


@pytest.fixture
def shared() -> Path:
    """The folder of real records and documents beside the project; skips where there is none."""
    folder = Path(__file__).resolve().parents[1].parent / "shared"
    if not folder.exists():
        pytest.skip("the folder of real test data is not beside this checkout")
    return folder
