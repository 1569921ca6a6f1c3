"""Small libraries on loopback, with real sockets between them."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import uvicorn
from sqlalchemy import select

from community import uris
from community.catalog.tables import Agent, Contribution, Edition, Identifier, Subject, Work, WorkSubject
from community.database import Database
from community.library import Library
from community.people import actors, follows
from community.people.accounts import Account, Role
from community.people.actors import Actor
from community.settings import Settings
from federation import keys, outbox, residents, resolving, signatures
from federation.hub import Hub
from server import worker
from server.app import Bookmobile
from tests import databases

SECRET = "only-for-tests-only-for-tests-only-for-tests"
_PAIRS = [keys.new_pair() for _ in range(2)]  # making one takes a tenth of a second; tests share two


@dataclass
class Town:
    """A running library, and the people who work in it."""

    library: Library
    hub: Hub
    app: Bookmobile
    staff: dict[str, Account] = field(default_factory=dict)

    @property
    def database(self) -> Database:
        return self.library.database

    @property
    def root(self) -> str:
        return self.library.uris.root

    async def settle(self) -> None:
        """Work until nothing is due."""
        await worker.settle(self.hub)

    async def person(self, username: str, role: Role = Role.reader) -> Account:
        """An account of this name, with keys."""
        async with self.database.transaction() as session:
            actor = await residents.add_person(session, self.library, username, username.capitalize(), _PAIRS[len(username) % 2])
            account = Account(actor_id=actor.id, email=f"{username}@mail.example", role=role, language="en")
            account.actor = actor
            session.add(account)
        return account

    async def actor(self, uri: str) -> Actor | None:
        """The actor with this address, as this library knows them."""
        async with self.database.snapshot() as session:
            return await actors.by_uri(session, uri)

    async def book(
        self, title: str = "Moby-Dick", author: str = "Herman Melville", isbn: str | None = "9780142437247", form: str = "book"
    ) -> Work:
        """A title in the catalogue with one edition."""
        async with self.database.transaction() as session:
            work = Work(key=f"{title}/{author}".lower(), title=title, sort_title=title, form=form, language="eng", first_year=1851)
            session.add(work)
            await session.flush()
            edition = Edition(
                work_id=work.id, source="test", source_key=title, source_hash="0", title=title, form=form, year=2003, languages=["eng"]
            )
            session.add(edition)
            known = await session.scalars(select(Agent).where(Agent.key == author.lower()))
            agent = known.first() or Agent(key=author.lower(), name=author, sort_name=author)
            subject = Subject(key=f"whales {title}".lower(), label="Whales")
            session.add_all([agent, subject])
            await session.flush()
            session.add(Contribution(work_id=work.id, edition_id=edition.id, agent_id=agent.id, role="aut"))
            session.add(WorkSubject(work_id=work.id, subject_id=subject.id))
            if isbn:
                session.add(Identifier(edition_id=edition.id, scheme="isbn", value=isbn))
        return work

    async def follow(self, other: "Town") -> None:
        """Let this library follow another one, and wait for its yes."""
        target = await resolving.find_actor(self.hub, other.library.uris.library)
        uri = self.library.uris.activity("follow", uris.token())
        async with self.database.transaction() as session:
            host = await actors.local(session, uris.LIBRARY)
            assert host is not None
            await follows.ask(session, host, target, uri)
            await outbox.follow(session, self.library, host, target, uri)


async def settle(*towns: Town, rounds: int = 6) -> None:
    """Let everyone work until nothing is due anywhere."""
    for _ in range(rounds):
        for town in towns:
            await town.settle()


@asynccontextmanager
async def town(folder: Path, name: str = "Nantucket Library", **knobs: object) -> AsyncIterator[Town]:
    """A library that is open while the block runs, on the database that the tests run on."""
    async with databases.ready(folder) as url, _town(folder, name, url, knobs) as here:
        yield here


@asynccontextmanager
async def _town(folder: Path, name: str, database_url: str, knobs: dict[str, object]) -> AsyncIterator[Town]:
    # A server of an earlier test may have had the same port, and other keys.
    signatures.FETCHES.clear()
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    domain = f"127.0.0.1:{listener.getsockname()[1]}"
    chosen: dict[str, object] = {
        "domain": domain,
        "base_url": f"http://{domain}",
        "name": name,
        "data_dir": str(folder),
        "database_url": database_url,
        "secret_key": SECRET,
        "allow_private_network": True,
        "policies": ("domains", "words"),
        **knobs,
    }
    settings = Settings(**chosen)  # type: ignore[arg-type]
    library = Library(settings, Database(settings.database))
    await residents.settle(library)
    app = Bookmobile(library)
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning", lifespan="on", ws="none"))
    task = asyncio.create_task(server.serve(sockets=[listener]))
    while not server.started:
        await asyncio.sleep(0.01)
        if task.done():
            task.result()
    try:
        yield Town(library, app.here.hub, app)
    finally:
        server.should_exit = True
        with contextlib.suppress(asyncio.CancelledError):
            await task
