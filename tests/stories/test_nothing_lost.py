"""kill -9 at random moments, while activities arrive and deliveries leave: what was promised is there."""

import asyncio
import json
import random
from datetime import UTC, datetime
from pathlib import Path

import aiohttp
import pytest
from sqlalchemy import func, select

from community.database import Database
from community.due import Owed
from community.posts.post import Post
from federation import keys
from federation.cavage import sign
from federation.tables import Delivery, InboxMessage
from server.tables import METADATA
from tests.processes import Process
from tests.remote_server import RemoteServer, remote_server
from tests.world import town

pytestmark = pytest.mark.processes
SENDERS = 4
PAUSE = 0.02  # seconds between two things that one sender says
LONGEST_LIFE = 1.2  # seconds that a server lives before it is killed
PATIENCE = 900.0  # seconds for everything owed to be done at the end


class Teller:
    """Says one thing after another to a server that keeps dying, and remembers what was answered 202."""

    def __init__(self, harbour: RemoteServer, root: str, discussion: str) -> None:
        self.harbour = harbour
        self.root = root
        self.discussion = discussion
        self.remarks: set[str] = set()
        self.follows: set[str] = set()
        self.tries = 0
        self.go_on = True

    async def tell(self, number: int) -> None:
        """Alternately answer a title and follow the library, as a new person each time."""
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=5)) as session:
            while self.go_on:
                name = f"p{number}x{self.tries}"
                self.tries += 1
                if self.tries % 2:
                    note = self.harbour.note(name, f"<p>Remark {self.tries}</p>", inReplyTo=self.discussion)
                    if await self._post(session, name, self.harbour.activity("Create", name, note)):
                        self.remarks.add(note["id"])
                else:
                    follow = self.harbour.activity("Follow", name, f"{self.root}/ap/actors/library")
                    if await self._post(session, name, follow):
                        self.follows.add(follow["id"])
                await asyncio.sleep(PAUSE)

    async def _post(self, session: aiohttp.ClientSession, name: str, wire: dict[str, object]) -> bool:
        body, inbox = json.dumps(wire).encode(), f"{self.root}/ap/inbox"
        uri = self.harbour.actor(name)
        headers = sign("POST", inbox, body, f"{uri}#main-key", keys.private_key(self.harbour.private), datetime.now(UTC))
        try:
            async with session.post(inbox, data=body, headers=headers) as answer:
                return answer.status == 202
        except (aiohttp.ClientError, TimeoutError, OSError):
            await asyncio.sleep(0.05)
            return False


async def stock(folder: Path, database_url: str) -> int:
    """A title to talk about, put there before the server first starts."""
    database = Database(database_url)
    await database.close()
    async with town(folder / "maker") as maker:
        book = await maker.book()
        async with maker.database.snapshot() as session:
            rows = {
                table.name: [dict(row._mapping) for row in await session.execute(table.select())]
                for table in METADATA.sorted_tables
                if table.name in {"works", "editions", "agents", "subjects", "contributions", "work_subjects", "identifiers"}
            }
    database = Database(database_url)
    async with database.transaction() as session:
        for table in METADATA.sorted_tables:
            if rows.get(table.name):
                await session.execute(table.insert(), rows[table.name])
    await database.close()
    return book.id


async def owed(database: Database) -> int:
    """How much is still to be done."""
    async with database.snapshot() as session:
        messages = select(func.count()).select_from(InboxMessage).where(InboxMessage.state == Owed.waiting)
        deliveries = select(func.count()).select_from(Delivery).where(Delivery.state == Owed.waiting)
        return (await session.scalar(messages) or 0) + (await session.scalar(deliveries) or 0)


@pytest.mark.timeout(1200)
async def test_what_was_answered_202_survives_every_kill_and_what_is_owed_leaves(
    tmp_path: Path, free_port: int, request: pytest.FixtureRequest
) -> None:
    kills = request.config.getoption("--kills")
    dice = random.Random(1851)
    async with remote_server() as harbour:
        library = Process(tmp_path, free_port)
        await asyncio.to_thread(library.command, "init", "--admin-email", "ada@mail.example")
        url = f"sqlite+aiosqlite:///{tmp_path / 'data' / 'bookmobile.sqlite'}"
        work_id = await stock(tmp_path, url)
        teller = Teller(harbour, library.root, f"{library.root}/ap/notes/work-{work_id}")
        telling = [asyncio.create_task(teller.tell(number)) for number in range(SENDERS)]
        try:
            for _ in range(kills):
                process = await asyncio.to_thread(library.start)
                await asyncio.sleep(dice.uniform(0.02, LONGEST_LIFE))
                await asyncio.to_thread(library.kill, process)
            teller.go_on = False
            await asyncio.gather(*telling)
            process = await asyncio.to_thread(library.start)
            database = Database(url)
            async with asyncio.timeout(PATIENCE):
                while await owed(database):  # noqa: ASYNC110 (the work happens in another process)
                    await asyncio.sleep(0.5)
            async with database.snapshot() as session:
                posts = list(await session.scalars(select(Post.uri).where(Post.kind == "comment")))
                given_up = await session.scalar(select(func.count()).select_from(Delivery).where(Delivery.state == Owed.given_up))
            await database.close()
        finally:
            teller.go_on = False
            await asyncio.to_thread(library.stop)

    accepted = [wire["object"]["id"] for wire in harbour.received if wire["type"] == "Accept"]
    print(
        f"{kills} kills: {teller.tries} tries, {len(teller.remarks)} remarks and {len(teller.follows)} follows answered 202; "
        f"{len(posts)} remarks kept, {len(set(accepted))} follows accepted, {len(accepted) - len(set(accepted))} accepts repeated"
    )
    assert len(teller.remarks) > kills  # or nothing was tried
    assert len(teller.follows) > kills
    assert teller.remarks <= set(posts)
    assert len(posts) == len(set(posts))
    assert teller.follows <= set(accepted)
    assert given_up == 0
