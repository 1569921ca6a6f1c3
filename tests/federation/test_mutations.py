"""Whatever real documents are bent into: no error that nobody meant, and no more work than one activity may cost.

`--mutations 50000` tries so many; continuous integration tries a few of them, the same ones each time.
"""

import asyncio
import contextlib
import json
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import event

from community.errors import Refusal
from community.people import actors, follows
from community.people.accounts import Role
from community.posts.kinds import Comment
from federation import activities, addresses, authority, inbox, resolving
from federation.answers import Document, GoneThere, Unreachable
from server.actions import gathering
from tests.federation.bending import OLD, bends, bent, scratched, spoken
from tests.federation.test_fixtures import retold
from tests.federation.test_joins import evening
from tests.remote_server import RemoteServer, Wire
from tests.stories.test_a_review_travels import write_review
from tests.world import Town, town

TELLER = "https://harbour.example/users/teller0"
MOST_FETCHES = 5  # documents that one activity makes us ask for: actor, object, author, item, and two for what a server runs
MOST_QUESTIONS = 40  # statements that read
MOST_CHANGES = 20  # rows that are written


class Enough(Exception):
    """The case is over: whatever it wrote is not kept."""


@dataclass
class FakeRemote:
    """The rest of the world: it shows actors where actors are asked for, and the document at hand at any other address."""

    harbour: RemoteServer
    shown: Wire | Refusal = field(default_factory=dict)
    asked: int = 0

    async def get_document(self, url: str, *, sign_as: object = None) -> Document:
        self.asked += 1
        addresses.read(url, True)
        if url in {self.harbour.actor("teller0"), self.harbour.actor("writer")}:
            return Document(url, self.harbour.actors[url.rpartition("/")[2]])
        if isinstance(self.shown, Refusal):
            raise self.shown
        return Document(url, {**self.shown, "id": url})

    async def get_json(self, url: str, *_more: object, **_named: object) -> Wire:
        return (await self.get_document(url)).json


@dataclass
class Cost:
    """What one case asked of the database."""

    questions: int = 0
    changes: int = 0

    def count(self, _connection: Any, _cursor: Any, statement: str, parameters: Any, _context: Any, many: bool) -> None:
        if statement.lstrip()[:6].upper() in {"INSERT", "UPDATE", "DELETE"}:
            self.changes += len(parameters) if many else 1
        else:
            self.questions += 1


@contextlib.contextmanager
def watched(here: Town) -> Iterator[Cost]:
    cost = Cost()
    engine = here.database.engine.sync_engine
    event.listen(engine, "before_cursor_execute", cost.count)
    try:
        yield cost
    finally:
        event.remove(engine, "before_cursor_execute", cost.count)


async def furnish(here: Town, harbour: RemoteServer) -> list[str]:
    """A library with something of everything, that knows the teller; the addresses that somebody may aim at."""
    book = await here.book()
    await here.person("ada")
    review = await write_review(here, "ada", book.id, "Call me *convinced*.")
    evening_at = await evening(here, capacity=2)
    ben = await here.person("ben", Role.librarian)
    await gathering.found(here.library, "northport", "Northport reads", "A club.", reading=None, hosts_only=False, host=ben.actor_id)
    async with here.database.transaction() as session:
        harbour.actor("teller0")
        teller = await resolving.keep_actor(session, harbour.actors["teller0"])
        ada = await actors.by_uri(session, here.library.uris.actor("ada"))
        assert ada is not None
        await follows.ask(session, ada, teller, here.library.uris.activity("follow", "one"))
        follows.grant(await follows.ask(session, teller, ada, f"{TELLER}#follow"))
        library = await actors.by_uri(session, here.library.uris.library)
        assert library is not None
        follows.grant(await follows.ask(session, library, teller, here.library.uris.activity("follow", "two")))
        session.add(Comment(uri=OLD, author_id=teller.id, about_id=book.id, html="<p>Good.</p>"))
    named = here.library.uris
    return [
        review, evening_at.uri, named.discussion(book.id), named.work(book.id), named.edition(1), named.library,
        named.instance, named.actor("ada"), named.actor("northport"), named.actor("work-1"), named.activity("follow", "one"), named.root,
        named.work(10**17),
        f"{TELLER}#follow", f"{named.root}/nothing",
    ]  # fmt: skip


async def tell(here: Town, remote: FakeRemote, body: bytes) -> str:
    """What becomes of these bytes when the teller's signature is good: the door's checks, the fetching, the handler."""
    here.hub.remote = remote  # type: ignore[assignment]
    remote.asked = 0
    outcome = ""
    with watched(here) as cost:
        try:
            activity = activities.read(body)
            authority.check(TELLER, activity)
            known = await resolving.gather(here.hub, activity)
            with contextlib.suppress(Enough):
                async with here.database.transaction() as session:
                    outcome = await inbox.handle(session, here.hub, activity, known)
                    await session.flush()
                    raise Enough
        except Refusal as cause:
            assert cause.status < 500 or isinstance(cause, Unreachable)  # the latter waits and is tried again
            outcome = f"{type(cause).__name__}: {cause}"
    assert remote.asked <= MOST_FETCHES, (remote.asked, outcome)
    assert cost.questions <= MOST_QUESTIONS, (cost, outcome)
    assert cost.changes <= MOST_CHANGES, (cost, outcome)
    WORST.update(fetches=max(WORST["fetches"], remote.asked))
    WORST.update(questions=max(WORST["questions"], cost.questions), changes=max(WORST["changes"], cost.changes))
    return outcome


WORST: dict[str, int] = {"fetches": 0, "questions": 0, "changes": 0}


@contextlib.asynccontextmanager
async def furnished(folder: Path) -> AsyncIterator[tuple[Town, FakeRemote, list[str]]]:
    async with town(folder) as here:
        real = here.hub.remote
        remote = FakeRemote(RemoteServer("https://harbour.example", "", "no key is looked at here"))
        try:
            yield here, remote, await furnish(here, remote.harbour)
        finally:
            here.hub.remote = real


def test_no_bent_document_breaks_anything(tmp_path: Path, shared: Path, pytestconfig: pytest.Config) -> None:
    count: int = pytestconfig.getoption("--mutations")
    documents = [json.loads(file.read_text()) for file in sorted((shared / "fixtures").rglob("*.json"))]
    became: Counter[str] = Counter()
    with asyncio.Runner() as runner, contextlib.ExitStack() as stack:
        opened = furnished(tmp_path)
        here, remote, ours = runner.run(opened.__aenter__())
        stack.callback(lambda: runner.run(opened.__aexit__(None, None, None)))
        told = [retold(wire, remote.harbour, 0) for wire in documents]
        told += spoken(ours) * (len(told) // 30)
        plain = [wire for wire in documents if isinstance(wire, dict)]
        refusals = [Unreachable("Nobody answered."), GoneThere("It is not there.", for_good=False)]

        scratch = st.tuples(st.integers(0, 9999), st.binary(min_size=1, max_size=3))

        @settings(max_examples=count, deadline=None, database=None, derandomize=count < 10_000, suppress_health_check=list(HealthCheck))
        @given(
            st.sampled_from(told),
            bends(ours),
            st.one_of(st.sampled_from(refusals), st.sampled_from(plain)),
            bends(ours),
            st.integers(0, 9).flatmap(lambda rare: st.lists(scratch, min_size=1, max_size=3) if rare == 9 else st.just([])),
        )
        def one(wire: Wire, changes: Any, shown: Any, more: Any, scratches: Any) -> None:
            remote.shown = shown if isinstance(shown, Refusal) else bent(shown, more)
            outcome = runner.run(tell(here, remote, scratched(bent(wire, changes), scratches)))
            became[outcome.partition(" (")[0].partition(": http")[0][:60]] += 1

        one()

    print(sum(became.values()), "cases;", "at most", WORST)
    for outcome, times in became.most_common(40):
        print(f"{times:6} {outcome}")
    assert sum(became.values()) >= count * 0.9
    reached = {outcome.partition(" ")[0].rstrip(":") for outcome in became}
    assert {"left", "kept", "changed"} <= reached  # they come as far as the handlers, and further
