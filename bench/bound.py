"""The bounds: only what cannot be left out, called as directly as Python can. Nothing here is safe to serve.

Started by the benches as programs of their own: `python -m bench.bound inbox|fanout|page ...`.
"""

import asyncio
import json
import re
import sqlite3
import sys
from base64 import b64encode
from binascii import a2b_base64
from collections.abc import Callable
from email.utils import formatdate
from hashlib import sha256
from pathlib import Path
from typing import Any, cast

import msgspec
import uvicorn
import uvloop
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_private_key, load_pem_public_key
from sqlalchemy import event
from sqlalchemy.engine import Engine
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from community import settings as knobs
from community.settings import Settings
from server import app

PADDING, HASH = PKCS1v15(), SHA256()
TYPE = b"content-type: application/activity+json"
SIGNATURE = re.compile(rb'keyId="([^"]+)".*signature="([^"]+)"')
ACCEPTED: list[Message] = [
    {"type": "http.response.start", "status": 202, "headers": [(b"content-length", b"0")]},
    {"type": "http.response.body", "body": b""},
]
REFUSED: list[Message] = [
    {"type": "http.response.start", "status": 401, "headers": [(b"content-length", b"0")]},
    {"type": "http.response.body", "body": b""},
]


class Envelope(msgspec.Struct):
    """All that has to be known of an activity to keep it once."""

    id: str


class Inbox:
    """No-op ASGI, and: read the body, SHA-256, RSA verify, JSON, a durable row. Whoever waits in one turn of the loop shares a commit."""

    def __init__(self, keys: dict[bytes, RSAPublicKey], file: Path) -> None:
        self._keys = keys
        self._decoder = msgspec.json.Decoder(Envelope)
        self._database = sqlite3.connect(file, isolation_level=None)
        self._database.execute("PRAGMA journal_mode=WAL")
        self._database.execute("PRAGMA synchronous=FULL")
        self._database.execute("CREATE TABLE inbox (id INTEGER PRIMARY KEY, activity_id TEXT UNIQUE NOT NULL, body BLOB NOT NULL)")
        self._rows: list[tuple[str, bytes]] = []
        self._kept: asyncio.Future[None] | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        message = await receive()
        body: bytes = message["body"]
        while message["more_body"]:
            message = await receive()
            body += message["body"]
        answer = REFUSED
        if self._is_signed(dict(scope["headers"]), body):
            self._rows.append((self._decoder.decode(body).id, body))
            if self._kept is None:
                loop = asyncio.get_running_loop()
                self._kept = loop.create_future()
                loop.call_soon(self._commit)
            await self._kept
            answer = ACCEPTED
        await send(answer[0])
        await send(answer[1])

    def _is_signed(self, headers: dict[bytes, bytes], body: bytes) -> bool:
        found = SIGNATURE.match(headers[b"signature"])
        assert found is not None
        digest = headers[b"digest"]
        if b64encode(sha256(body).digest()) != digest[8:]:
            return False
        message = b"(request-target): post /ap/inbox\nhost: %b\ndate: %b\ndigest: %b\ncontent-type: %b" % (
            headers[b"host"],
            headers[b"date"],
            digest,
            headers[b"content-type"],
        )
        try:
            self._keys[found[1]].verify(a2b_base64(found[2]), message, PADDING, HASH)
        except InvalidSignature:
            return False
        return True

    def _commit(self) -> None:
        rows, kept, self._rows, self._kept = self._rows, self._kept, [], None
        assert kept is not None
        self._database.execute("BEGIN IMMEDIATE")
        self._database.executemany("INSERT OR IGNORE INTO inbox (activity_id, body) VALUES (?, ?)", rows)
        self._database.execute("COMMIT")
        kept.set_result(None)


def serve(app: ASGIApp, port: int) -> None:
    """uvicorn with its two fast parts, and nothing that it does besides."""
    uvicorn.run(
        app,
        host="127.0.0.1",
        port=port,
        loop="uvloop",
        http="httptools",
        ws="none",
        lifespan="off",
        access_log=False,
        server_header=False,
        date_header=False,
        proxy_headers=False,
        log_level="warning",
    )


def inbox(port: str, folder: str) -> None:
    """The bound of the inbox, with the public keys that lie in the folder."""
    pems: dict[str, str] = json.loads((Path(folder) / "keys.json").read_text())
    loaded = {pem: load_pem_public_key(pem.encode()) for pem in set(pems.values())}
    keys = {key_id.encode(): loaded[pem] for key_id, pem in pems.items()}
    assert all(isinstance(key, RSAPublicKey) for key in keys.values())
    known: Any = keys
    serve(Inbox(known, Path(folder) / "bound.sqlite"), int(port))


class Line(asyncio.Protocol):
    """One kept-open connection to an inbox."""

    def __init__(self) -> None:
        self.answered: asyncio.Future[None] | None = None
        self.transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        if self.answered is not None and data.endswith(b"\r\n\r\n"):
            self.answered.set_result(None)


async def post_all(lines: dict[int, Line], key: RSAPrivateKey, key_id: bytes, body: bytes, posts: int) -> None:
    """Sign and post to every inbox, so many times."""
    loop = asyncio.get_running_loop()

    async def post(port: int, line: Line) -> None:
        for _ in range(posts):
            digest = b64encode(sha256(body).digest())
            host, date = b"127.0.0.1:%d" % port, formatdate(usegmt=True).encode()
            message = b"(request-target): post /inbox\nhost: %b\ndate: %b\ndigest: SHA-256=%b\n%b" % (host, date, digest, TYPE)
            signature = b64encode(key.sign(message, PADDING, HASH))
            line.answered = loop.create_future()
            assert line.transport is not None
            line.transport.write(
                b"POST /inbox HTTP/1.1\r\nhost: %b\r\ndate: %b\r\ndigest: SHA-256=%b\r\n%b\r\n"
                b'signature: keyId="%b",algorithm="rsa-sha256",headers="(request-target) host date digest content-type",'
                b'signature="%b"\r\n'
                b"content-length: %d\r\n\r\n%b" % (host, date, digest, TYPE, key_id, signature, len(body), body)
            )
            await line.answered

    await asyncio.gather(*(post(port, line) for port, line in lines.items()))


async def _fanout(given: dict[str, Any]) -> None:
    key = load_pem_private_key(given["pem"].encode(), None, unsafe_skip_rsa_key_validation=True)
    assert isinstance(key, RSAPrivateKey)
    loop = asyncio.get_running_loop()
    lines = {port: (await loop.create_connection(Line, "127.0.0.1", port))[1] for port in given["ports"]}
    while asked := (await loop.run_in_executor(None, sys.stdin.readline)).strip():
        await post_all(lines, key, given["key_id"].encode(), given["body"].encode(), int(asked))
        print(int(asked) * len(lines), flush=True)


def fanout(file: str) -> None:
    """The bound of fan-out: RSA signatures and posts over open connections, as many as the line that comes in says."""
    uvloop.run(_fanout(json.loads(Path(file).read_text())))


class Page:
    """No-op ASGI, and: the statements that the page asked, through sqlite3 itself; the template that it filled, with the same values."""

    def __init__(self, file: str, statements: list[str], render: Callable[[], str]) -> None:
        self._database = sqlite3.connect(file)
        self._statements = statements
        self._render = render

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        for statement in self._statements:
            self._database.execute(statement).fetchall()
        body = self._render().encode()
        headers = [(b"content-type", b"text/html; charset=utf-8"), (b"content-length", b"%d" % len(body))]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})


async def _watch(settings: Settings, path: str) -> tuple[list[str], Callable[[], str]]:
    """Let the shipped application make the page once, and write down what it asked and what it filled in."""
    bookmobile = app.build(settings)
    asked: list[str] = []
    filled: list[tuple[str, str, dict[str, Any]]] = []
    renderer = bookmobile.here.renderer
    html: Any = renderer.html

    def listen(statement: str) -> None:
        if statement.lstrip().upper().startswith(("SELECT", "WITH")):
            asked.append(statement)

    def connected(connection: Any, _record: Any) -> None:
        connection.set_trace_callback(listen)  # SQLite itself tells what it was asked, the values filled in

    def watched(language: str, name: str, values: dict[str, Any]) -> str:
        filled.append((language, name, values))
        return str(html(language, name, values))

    event.listen(Engine, "connect", connected)
    renderer.html = watched  # type: ignore[method-assign]
    headers = [(b"host", settings.domain.encode()), (b"accept", b"text/html"), (b"accept-language", b"en")]
    scope: dict[str, Any] = {"type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "GET", "scheme": "http"}
    scope |= {"path": path, "raw_path": path.encode(), "query_string": b"", "root_path": "", "headers": headers}
    scope |= {"client": ("127.0.0.1", 1), "server": ("127.0.0.1", 1)}

    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(_message: Message) -> None:
        return

    await bookmobile(scope, receive, send)
    event.remove(Engine, "connect", connected)
    (language, name, values), *_ = filled
    await bookmobile.close()
    return asked, lambda: str(html(language, name, values))


def page(port: str, path: str) -> None:
    """The bound of a page, for the library that the environment describes."""
    settings = knobs.read()
    statements, render = asyncio.run(_watch(settings, path))
    serve(Page(settings.database.partition("///")[2], statements, render), int(port))


COMMANDS: dict[str, Callable[..., None]] = {"inbox": inbox, "fanout": fanout, "page": page}

if __name__ == "__main__":
    COMMANDS[sys.argv[1]](*sys.argv[2:])
