"""Two engines behind one interface: every test of the suite runs on both, where a Meilisearch server can be had."""

import os
import shutil
import socket
import subprocess
import time
import uuid
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from search.documents import WorkDocument
from search.folder import EmbeddedIndex
from search.index import SearchIndex
from search.meili import MeiliIndex

MEILI = "BOOKMOBILE_TEST_MEILI_URL"
EARLY = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture(scope="session")
def meili_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a Meilisearch server: the one that the environment names, or one that we start."""
    if url := os.environ.get(MEILI):
        yield url
        return
    program = shutil.which("meilisearch")
    if program is None:
        pytest.skip(f"there is no meilisearch program on PATH, and {MEILI} names no server")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{probe.getsockname()[1]}"
    folder = tmp_path_factory.mktemp("meilisearch")
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen(
            [program, "--http-addr", address, "--db-path", str(folder / "data"), "--no-analytics"], cwd=folder, stdout=log, stderr=log
        )
        try:
            _wait_for(address)
            yield f"http://{address}"
        finally:
            server.terminate()
            server.wait(10)


def _wait_for(address: str) -> None:
    host, _, port = address.partition(":")
    patience = time.monotonic() + 20
    while time.monotonic() < patience:
        with socket.socket() as probe:
            if probe.connect_ex((host, int(port))) == 0:
                return
        time.sleep(0.1)
    raise TimeoutError("Meilisearch did not start.")


@pytest.fixture(params=["embedded", "meilisearch"])
async def index(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[SearchIndex]:
    """An empty index."""
    made: SearchIndex
    if request.param == "embedded":
        made = EmbeddedIndex(tmp_path / "search")
    else:
        made = MeiliIndex(request.getfixturevalue("meili_url"), os.environ.get(f"{MEILI}_KEY", ""), uid=f"test-{uuid.uuid4().hex[:12]}")
    yield made
    await made.close()


def work(id: int, title: str, *agents: str, **more: object) -> WorkDocument:
    """A book, in English and of 1990 unless said otherwise."""
    told = WorkDocument(id=id, title=title, added_at=EARLY + timedelta(days=id), sort_title=title.lower(), agents=agents)
    return replace(told, **({"forms": ("book",), "languages": ("eng",), "year": 1990} | more))  # type: ignore[arg-type]


BOOKS = [
    work(1, "Moby-Dick", "Herman Melville", subjects=("Whaling", "Sea stories"), isbns=("9780142437247",), year=1851, rating=8.5),
    work(2, "Le città invisibili", "Italo Calvino", languages=("ita",), year=1972, subjects=("Cities",), isbns=("9788806219413",)),
    work(3, "Il barone rampante", "Italo Calvino", languages=("ita",), year=1957, other_titles=("The baron in the trees",)),
    work(4, "L'Étranger", "Albert Camus", languages=("fre",), year=1942, description="Aujourd'hui, maman est morte."),
    work(5, "The whale and the city", "Ann Reed", forms=("film",), year=1994, subjects=("Whaling", "Cities"), rating=6.0),
    work(6, "Sea songs", "Ann Reed", forms=("music",), languages=("eng", "swe"), year=2003, series=("Songs of the world ; 3",)),
    work(7, "東京物語", "小津安二郎", forms=("film",), languages=("jpn",), year=1953),
    work(8, "Străina", "Camil Petrescu", languages=("rum",), year=None, audiences=("adult",), numbers=("ROM 821 PET",)),
    work(9, "A book for staff alone", "Herman Melville", is_visible=False),
    work(10, "Typee", "Herman Melville", year=1846, subjects=("Islands",), rating=9.5),
]


@pytest.fixture
async def shelf(index: SearchIndex) -> SearchIndex:
    """An index of ten works."""
    await index.put(BOOKS)
    return index
