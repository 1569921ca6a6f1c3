"""Fan-out: posts that are owed to many servers are claimed, signed, sent and written down."""

import asyncio
import json
from contextlib import AsyncExitStack
from pathlib import Path

from sqlalchemy import func, insert, select

from bench import library
from bench.contest import Check, Contestant, Result, play
from bench.processes import running
from bench.sinks import Sinks, sinks
from community.clock import now
from community.database import table_of
from community.due import Owed
from community.library import Library
from community.people import actors
from community.people.actors import ActorKey
from community.uris import LIBRARY
from federation.tables import Delivery, Outgoing

GOAL = 0.5  # of sign + POST, RSA, keep-alive
HOSTS = 100
PATIENCE = 120.0


class Owing:
    """Owes so many posts to every server, and waits until all is written down as done."""

    def __init__(self, inside: Library, others: Sinks, signer_id: int, body: bytes, posts: int) -> None:
        self._inside, self._others, self._signer, self._body, self._posts = inside, others, signer_id, body, posts
        self.owed = 0

    async def work(self, number: int) -> int:
        """One round."""
        moment = now()
        before = self._others.count
        async with self._inside.database.transaction() as session:
            for post in range(self._posts):
                row = {
                    "uri": f"urn:bench:{number}:{post}",
                    "kind": "Create",
                    "signer_id": self._signer,
                    "body": self._body,
                    "created_at": moment,
                }
                outgoing = await session.scalar(insert(table_of(Outgoing)).values(row).returning(table_of(Outgoing).c.id))
                rows = [
                    {
                        "outgoing_id": outgoing,
                        "inbox": f"http://127.0.0.1:{port}/inbox",
                        "host": f"127.0.0.1:{port}",
                        "state": Owed.waiting,
                        "due_at": moment,
                        "attempts": 0,
                    }
                    for port in self._others.ports
                ]
                await session.execute(insert(table_of(Delivery)), rows)
                self.owed += len(rows)
        await self._others.until(before + self._posts * len(self._others.ports))
        async with asyncio.timeout(PATIENCE):
            while await self.waiting():  # noqa: ASYNC110 (the work happens in another process)
                await asyncio.sleep(0.02)
        return self._posts * len(self._others.ports)

    async def waiting(self) -> int:
        """How much is still owed."""
        async with self._inside.database.snapshot() as session:
            return await session.scalar(select(func.count()).where(Delivery.state == Owed.waiting)) or 0

    async def done(self) -> int:
        """How much is written down as delivered."""
        async with self._inside.database.snapshot() as session:
            return await session.scalar(select(func.count()).where(Delivery.state == Owed.done)) or 0


async def run(folder: Path, rounds: int, size: int = 1500) -> Result:
    """Measure the worker against signing and posting, and nothing else."""
    posts = max(1, size // HOSTS)
    async with AsyncExitStack() as stack:
        enter = stack.enter_async_context
        place = library.place(folder)
        inside = await enter(library.opened(place))
        theirs, bounds = await enter(sinks(HOSTS)), await enter(sinks(HOSTS))
        async with inside.database.snapshot() as session:
            host = await actors.local(session, LIBRARY)
            assert host is not None
            pem = (await session.get_one(ActorKey, host.id)).private_key
        body = json.dumps({"type": "Create", "actor": host.uri, "object": {"type": "Note", "content": "A whale of a book. " * 60}}).encode()
        (folder / "bound.json").write_text(json.dumps({"pem": pem, "key_id": host.key_id, "body": body.decode(), "ports": bounds.ports}))
        owing = Owing(inside, theirs, host.id, body, posts)
        worker = await enter(library.working(place))
        signing = await enter(running(folder, "bound", "bench.bound", "fanout", str(folder / "bound.json")))

        async def sign_and_post(_number: int) -> int:
            return int(await signing.tell(str(posts)))

        await play([subject := Contestant("subject", worker, owing.work), bound := Contestant("bound", signing, sign_and_post)], rounds)
        done = await owing.done()
    checks = [
        Check("everything owed is written down as delivered", done == owing.owed, f"{done} of {owing.owed}"),
        Check("each came once", theirs.count == owing.owed, f"{theirs.count}"),
        Check("each was signed", theirs.unsigned == 0),
        Check("connections were kept open", theirs.connections <= 3 * HOSTS, f"{theirs.connections} for {HOSTS} servers"),
    ]
    notes = [f"{posts} posts of {len(body)} bytes to {HOSTS} servers a round; RSA 2048, keep-alive; claimed from and recorded in SQLite"]
    return Result("fanout", "delivery", GOAL, [subject, bound], checks, notes)
