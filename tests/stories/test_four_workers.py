"""Four workers share one queue, two of them are killed: nothing is lost, and what they held comes back."""

import asyncio
import json
import os
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
from tests import databases
from tests.processes import Process
from tests.remote_server import remote_server
from tests.stories.test_nothing_lost import owed, stock

pytestmark = pytest.mark.processes
PEOPLE = 150
PATIENCE = 170.0  # seconds; a killed worker's rows come back when their lease has ended


@pytest.mark.skipif(databases.POSTGRESQL not in os.environ, reason="SQLite has one worker; this runs with the suite on PostgreSQL")
@pytest.mark.timeout(400)
async def test_four_workers_share_a_queue_and_two_of_them_die(tmp_path: Path, database_url: str, free_port: int) -> None:
    dice = random.Random(1819)
    library = Process(tmp_path, free_port, database_url)
    async with remote_server() as harbour:
        await asyncio.to_thread(library.command, "init", "--admin-email", "ada@mail.example")
        work_id = await stock(tmp_path, database_url)
        database = Database(database_url)
        try:
            await asyncio.to_thread(library.start, "serve", "--port", str(free_port), "--no-worker")
            workers = [library.start("worker", wait=False) for _ in range(4)]
            inbox = f"{library.root}/ap/inbox"
            discussion = f"{library.root}/ap/notes/work-{work_id}"
            remarks: set[str] = set()
            follows: set[str] = set()
            async with aiohttp.ClientSession() as session:
                for number in range(PEOPLE):
                    name = f"p{number}"
                    note = harbour.note(name, f"<p>Remark {number}</p>", inReplyTo=discussion)
                    follow = harbour.activity("Follow", name, f"{library.root}/ap/actors/library")
                    for wire in (harbour.activity("Create", name, note), follow):
                        body = json.dumps(wire).encode()
                        key = f"{harbour.actor(name)}#main-key"
                        headers = sign("POST", inbox, body, key, keys.private_key(harbour.private), datetime.now(UTC))
                        async with session.post(inbox, data=body, headers=headers) as answer:
                            assert answer.status == 202
                    remarks.add(note["id"])
                    follows.add(follow["id"])
                    if number in (PEOPLE // 3, 2 * PEOPLE // 3):
                        await asyncio.sleep(dice.uniform(0.0, 0.5))
                        await asyncio.to_thread(library.kill, workers.pop())
            async with asyncio.timeout(PATIENCE):
                while await owed(database):  # noqa: ASYNC110 (the work happens in other processes)
                    await asyncio.sleep(0.5)
            async with database.snapshot() as session_:
                kept = list(await session_.scalars(select(Post.uri).where(Post.kind == "comment")))
                failed = await session_.scalar(select(func.count()).select_from(Delivery).where(Delivery.state == Owed.given_up))
                unclear = await session_.scalar(select(func.count()).select_from(InboxMessage).where(InboxMessage.state != Owed.done))
        finally:
            await asyncio.to_thread(library.stop)
            await database.close()

    accepted = [wire["object"]["id"] for wire in harbour.received if wire["type"] == "Accept"]
    print(f"{len(kept)} remarks kept, {len(set(accepted))} follows accepted, {len(accepted) - len(set(accepted))} accepts repeated")
    assert sorted(kept) == sorted(remarks)
    assert set(accepted) == follows
    assert (failed, unclear) == (0, 0)
