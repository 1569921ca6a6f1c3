"""The demo: told once however often it is started, and two libraries that really talk."""

import os
import re
import signal
import socket
import sqlite3
import subprocess
import sys
import time
import urllib.request
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from community.clock import days, now
from community.people.accounts import Account
from community.people.actors import Actor
from community.posts.post import Post, Standing
from moderation.tables import Case, CaseState, Decision, LogEntry, Report
from server import passwords
from server.demo import story, telling
from server.demo.telling import Teller
from tests.processes import ROOT
from tests.server.cli.conftest import Terminal
from tests.world import Town, town

PATIENCE = 400.0  # seconds; a quiet machine needs one in ten of them


async def tell(here: Town, began: datetime) -> Teller:
    """The whole story of the first library."""
    teller = Teller(here.library, "a", began)
    await teller.import_catalogue()
    await teller.open_accounts()
    await teller.tell()
    await teller.report()
    return teller


async def rows(here: Town) -> dict[str, int]:
    """How much there is of everything that was told."""
    async with here.database.snapshot() as session:
        return {
            table.__name__: len(list(await session.scalars(select(table.id))))
            for table in (Actor, Account, Post, Case, Report, Decision, LogEntry)
        }


async def test_a_story_that_is_told_again_is_told_once(tmp_path: Path) -> None:
    async with town(tmp_path) as nantucket:
        began = now()
        teller = await tell(nantucket, began)
        first = await rows(nantucket)

        again = await tell(nantucket, began)

        assert await rows(nantucket) == first
        assert await again.tell() == 0
        assert teller.works == again.works and len(teller.works) >= 170
        assert first["Account"] == len(story.people("a"))
        assert first["Post"] == len(story.entries("a")) + len(story.news("a")) + len(story.happenings("a"))


async def test_what_is_told_has_its_place_and_its_time(tmp_path: Path) -> None:
    async with town(tmp_path) as nantucket:
        began = now()
        await tell(nantucket, began)

        async with nantucket.database.snapshot() as session:
            posts = {post.token: post for post in await session.scalars(select(Post))}
            account = (await session.scalars(select(Account).where(Account.email == f"nadia@{telling.MAIL}"))).one()
            cases = list(await session.scalars(select(Case).order_by(Case.opened_at)))
            reports = list(await session.scalars(select(Report)))
            line = (await session.scalars(select(LogEntry).where(LogEntry.who == "nadia"))).one()
        for entry in story.entries("a"):
            post = posts[story.token(entry.id)]
            assert timedelta() <= began - post.published_at - days(entry.days_ago) <= timedelta(hours=5) or entry.reply_to, entry.id
            if entry.reply_to:
                assert post.reply_to_id == posts[story.token(entry.reply_to)].id
                assert post.published_at > posts[story.token(entry.reply_to)].published_at
        for happening in story.happenings("a"):
            starts = posts[story.token(happening.id)].starts_at
            assert starts is not None and starts > began
        assert Counter(post.standing for post in posts.values() if post.standing is not Standing.shown) == {Standing.removed: 1}
        assert [case.state for case in cases] == [CaseState.settled, CaseState.open]
        # Nothing that a moderator looks at was written just now.
        assert all(moment < began - timedelta(hours=2) for moment in [line.at, *(case.opened_at for case in cases)])
        assert all(report.created_at < began - timedelta(hours=2) for report in reports)
        assert await passwords.fits(account.password_hash, telling.PASSWORD)


def test_what_moderators_write_outside_of_the_story_keeps_its_own_time() -> None:
    with telling.dated(datetime(2020, 1, 1, tzinfo=UTC)):
        inside = LogEntry(who="ben", what="hide", about="x")
    assert inside.at == datetime(2020, 1, 1, tzinfo=UTC)
    assert LogEntry(who="ben", what="hide", about="x").at is None  # the clock is asked when it is kept


def test_opening_hours_fit_into_one_line() -> None:
    assert story.houses()["b"].hours == "Mon 10:00–18:00, Tue 10:00–20:00, Wed–Fri 10:00–18:00, Sat 09:30–16:00, Sun 13:00–16:00"
    assert story.houses()["a"].hours.startswith("lun 14:30–19:00, mar–mer 09:00–19:00")


def test_tokens_are_the_same_each_time_and_never_alike() -> None:
    names = [one.id for key in story.LIBRARIES for one in story.entries(key)]
    names += [one.id for key in story.LIBRARIES for one in story.news(key)]
    names += [one.id for key in story.LIBRARIES for one in story.happenings(key)]
    tokens = [story.token(name) for name in names]

    assert len(set(tokens)) == len(names) > 150
    assert all(re.fullmatch(r"[0-9a-hjkmnp-tv-z]{16}", token) for token in tokens)
    assert story.token("a-moby-1") == story.token("a-moby-1")


def test_fresh_leaves_a_folder_alone_that_the_demo_did_not_make(terminal: Terminal) -> None:
    (terminal.folder / "demo-data").mkdir()
    (terminal.folder / "demo-data" / "thesis.txt").touch()

    said = terminal("demo", "--fresh")

    assert said.status == 1
    assert "left alone" in said.err
    assert (terminal.folder / "demo-data" / "thesis.txt").exists()


class Demo:
    """The demo as a process."""

    def __init__(self, folder: Path, port: int) -> None:
        self.folder, self.port = folder, port
        self.roots = (f"http://localhost:{port}", f"http://127.0.0.1:{port + 1}")
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def said(self) -> str:
        return (self.folder / "said").read_text(errors="replace")

    def start(self) -> None:
        """Start it, without waiting."""
        environment = {name: value for name, value in os.environ.items() if not name.startswith("BOOKMOBILE_")}
        with (self.folder / "said").open("wb") as said:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "server.cli", "demo", "--port", str(self.port)],
                cwd=self.folder,
                env=environment | {"PYTHONPATH": str(ROOT)},
                stdout=said,
                stderr=said,
            )

    def wait(self, words: str) -> None:
        """Until it has said this."""
        ends = time.monotonic() + PATIENCE
        while words not in self.said:
            assert self.process is not None and self.process.poll() is None and time.monotonic() < ends, self.said
            time.sleep(0.2)

    def get(self, library: int, path: str) -> str:
        """A page of one of the libraries, as soon as it answers."""
        ends = time.monotonic() + PATIENCE
        while True:
            try:
                with urllib.request.urlopen(self.roots[library] + path, timeout=30) as answer:
                    said: bytes = answer.read()
                return said.decode()
            except OSError:
                assert time.monotonic() < ends, self.said
                time.sleep(0.2)

    def ask(self, key: str, question: str) -> list[int]:
        """The first row of an answer of a library's database."""
        database = sqlite3.connect(self.folder / "demo-data" / key / "bookmobile.sqlite")
        try:
            return list(database.execute(question).fetchone())
        finally:
            database.close()

    def stop(self, sign: signal.Signals = signal.SIGINT) -> int:
        """Ctrl-C, or worse."""
        assert self.process is not None
        self.process.send_signal(sign)
        return self.process.wait(timeout=60)


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[Demo]:
    """A demo at two free ports."""
    while True:
        with socket.socket() as one, socket.socket() as other:
            one.bind(("127.0.0.1", 0))
            try:
                other.bind(("127.0.0.1", one.getsockname()[1] + 1))
            except (OSError, OverflowError):
                continue
            made = Demo(tmp_path, one.getsockname()[1])
            break
    yield made
    if made.process is not None and made.process.poll() is None:
        made.stop(signal.SIGTERM)


@pytest.mark.processes
@pytest.mark.timeout(1200)
def test_two_libraries_open_go_on_after_a_break_and_show_what_the_other_one_said(demo: Demo) -> None:
    demo.start()
    demo.wait("people with keys of their own")
    demo.stop(signal.SIGKILL)
    demo.start()
    demo.wait("Ctrl-C closes both libraries.")
    for number in (0, 1):
        assert demo.roots[number] in demo.said

    # Edwin's review was written in the second library and stands on the first one's page of the same work, and Samuele's on the other's.
    for number, (key, words) in enumerate((("a", "Passed by a pilot"), ("b", "Read it in English, with a pencil"))):
        (work_id,) = demo.ask(key, "SELECT work_id FROM editions WHERE source_key = 'moby-dick'")
        assert words in demo.get(number, f"/catalog/works/{work_id}")
    told = [demo.ask(key, "SELECT count(*) FROM posts") for key in story.LIBRARIES]
    ours = sum(len(story.entries(key)) + len(story.news(key)) + len(story.happenings(key)) for key in story.LIBRARIES)
    assert told[0][0] + told[1][0] > ours + 60  # and many that travelled
    held = [demo.ask(key, "SELECT count(*) FROM posts WHERE standing = 'held'") for key in story.LIBRARIES]
    assert held == [[0], [0]]
    assert demo.stop() == 0

    demo.start()
    demo.wait("Ctrl-C closes both libraries.")
    assert demo.get(0, "/healthz") and demo.get(1, "/healthz")
    assert "titles for" not in demo.said
    assert demo.stop() == 0
    assert [demo.ask(key, "SELECT count(*) FROM posts") for key in story.LIBRARIES] == told
