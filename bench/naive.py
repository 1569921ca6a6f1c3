"""The straightforward stack, as one would write it first: a framework, an ORM session for each request, a library for signatures.

Started by the benches as programs of their own: `python -m bench.naive inbox|fanout|page ...`.
"""

import asyncio
import hashlib
import json
import sqlite3
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import aiohttp
import uvicorn
from bovine.clients.signed_http import SignedHttpClient
from bovine.crypto import build_validate_http_signature_raw
from bovine.crypto.types import CryptographicIdentifier
from sqlalchemy import DateTime, LargeBinary, String, Text, event, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp


class Base(DeclarativeBase):
    """The tables of the straightforward inbox."""


class Key(Base):
    """A public key and whose it is."""

    __tablename__ = "keys"

    id: Mapped[str] = mapped_column(String(500), primary_key=True)
    owner: Mapped[str] = mapped_column(String(500))
    pem: Mapped[str] = mapped_column(Text)


class Message(Base):
    """An activity that came in."""

    __tablename__ = "inbox"

    id: Mapped[int] = mapped_column(primary_key=True)
    activity_id: Mapped[str] = mapped_column(String(600), unique=True)
    signer: Mapped[str] = mapped_column(String(500))
    digest: Mapped[str] = mapped_column(String(64))
    body: Mapped[bytes] = mapped_column(LargeBinary)
    received_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))


def sessions(file: Path) -> async_sessionmaker[AsyncSession]:
    """Sessions on a database that is as durable as ours."""
    engine = create_async_engine(f"sqlite+aiosqlite:///{file}")

    @event.listens_for(engine.sync_engine, "connect")
    def tune(connection: sqlite3.Connection, _record: object) -> None:
        cursor = connection.cursor()
        cursor.execute("PRAGMA journal_mode=WAL")
        cursor.execute("PRAGMA synchronous=FULL")
        cursor.execute("PRAGMA busy_timeout=10000")
        cursor.close()

    return async_sessionmaker(engine, expire_on_commit=False)


class Inbox:
    """Look the key up, verify, look whether it is there, write it down, commit: each request for itself."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._sessions = sessions(folder / "naive.sqlite")
        self.app = Starlette(routes=[Route("/ap/inbox", self.take_in, methods=["POST"])], lifespan=self._prepared)

    @asynccontextmanager
    async def _prepared(self, _app: Starlette) -> AsyncIterator[None]:
        pems: dict[str, str] = json.loads((self._folder / "keys.json").read_text())
        async with self._sessions() as session:
            await (await session.connection()).run_sync(Base.metadata.create_all)
            session.add_all(Key(id=key_id, owner=key_id.partition("#")[0], pem=pem) for key_id, pem in pems.items())
            await session.commit()
        yield

    async def take_in(self, request: Request) -> Response:
        """POST /ap/inbox"""
        async with self._sessions() as session:

            async def key(key_id: str) -> CryptographicIdentifier | None:
                row = await session.get(Key, key_id)
                return CryptographicIdentifier.from_pem(row.pem, row.owner) if row is not None else None

            check = build_validate_http_signature_raw(key)
            owner = await check("POST", str(request.url), dict(request.headers), request.body)
            body = await request.body()
            wire = json.loads(body)
            if owner is None or wire["actor"] != owner:
                return Response(status_code=401)
            digest = hashlib.sha256(body).hexdigest()
            known = (await session.scalars(select(Message).where(Message.activity_id == wire["id"]))).first()
            if known is not None:
                return Response(status_code=202 if known.digest == digest else 400)
            session.add(Message(activity_id=wire["id"], signer=owner, digest=digest, body=body, received_at=datetime.now(UTC)))
            try:
                await session.commit()
            except IntegrityError:
                return Response(status_code=202)  # somebody was faster with the same
            return Response(status_code=202)


def serve(app: ASGIApp, port: int) -> None:
    """uvicorn as its own manual starts it."""
    uvicorn.run(app, host="127.0.0.1", port=port, access_log=False, log_level="warning")


def inbox(port: str, folder: str) -> None:
    """The straightforward inbox, with the public keys that lie in the folder."""
    serve(Inbox(Path(folder)).app, int(port))


class Owed(Base):
    """A post that has to be brought to an inbox."""

    __tablename__ = "deliveries"

    id: Mapped[int] = mapped_column(primary_key=True)
    inbox: Mapped[str] = mapped_column(String(500))
    body: Mapped[str] = mapped_column(Text)
    is_done: Mapped[bool] = mapped_column(default=False)


class Queue:
    """A job for each delivery, with a session of its own, sent with bovine's client."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._sessions = sessions(folder / "naive.sqlite")
        self._client: aiohttp.ClientSession | None = None
        self._owed: list[int] = []

    async def prepare(self, ports: list[int], count: int) -> None:
        """Owe so many posts to each of these ports."""
        body = (self._folder / "body.json").read_text()
        async with self._sessions() as session:
            await (await session.connection()).run_sync(Base.metadata.create_all)
            rows = [Owed(inbox=f"http://127.0.0.1:{port}/naive", body=body) for port in ports for _ in range(count)]
            session.add_all(rows)
            await session.commit()
            self._owed = [row.id for row in rows]

    async def bring(self) -> None:
        """Bring what is owed, 64 at a time."""
        if self._client is None:
            self._client = aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0))
        key = (self._folder / "sender.pem").read_text()
        sender = SignedHttpClient(self._client, "http://127.0.0.1/actor#main-key", key)
        slots = asyncio.Semaphore(64)

        async def job(number: int) -> None:
            async with slots, self._sessions() as session:
                row = await session.get_one(Owed, number)
                response = await sender.post(row.inbox, row.body)
                response.raise_for_status()
                response.release()
                row.is_done = True
                await session.commit()

        await asyncio.gather(*map(job, self._owed))


def fanout(folder: str) -> None:
    """The straightforward fan-out: lines on standard input, `{"ports": [...], "count": n}` to prepare, `{}` to do it."""
    queue = Queue(Path(folder))
    with asyncio.Runner() as runner:
        for line in sys.stdin:
            told = json.loads(line)
            runner.run(queue.prepare(told["ports"], told["count"]) if told else queue.bring())
            print("done", flush=True)


COMMANDS: dict[str, Callable[..., None]] = {"inbox": inbox, "fanout": fanout}

if __name__ == "__main__":
    COMMANDS[sys.argv[1]](*sys.argv[2:])
