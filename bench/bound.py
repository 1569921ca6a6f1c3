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
from hashlib import sha256
from pathlib import Path
from typing import Any

import msgspec
import uvicorn
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from starlette.types import ASGIApp, Message, Receive, Scope, Send

PADDING, HASH = PKCS1v15(), SHA256()
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


COMMANDS = {"inbox": inbox}

if __name__ == "__main__":
    COMMANDS[sys.argv[1]](*sys.argv[2:])
