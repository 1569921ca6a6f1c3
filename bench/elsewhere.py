"""The rest of the world, on loopback: actors that can be fetched, and inboxes that take what is brought to them."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import cast

from bench.letters import Sender
from bench.load import LENGTH

ACCEPTED = b"HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n"
TROUBLED = b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n"
MISSING = b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"

Answering = Callable[[bytes, bytes], bytes]  # head and body of a request to the whole answer


class _Host(asyncio.Protocol):
    """One connection of somebody who calls."""

    def __init__(self, answer: Answering) -> None:
        self._answer = answer
        self._buffer = b""
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's is one without saying so

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while self._buffer and self._transport is not None:
            head, end, rest = self._buffer.partition(b"\r\n\r\n")
            found = LENGTH.search(head)
            length = int(found[1]) if found else 0
            if not end or len(rest) < length:
                return
            self._buffer = rest[length:]
            self._transport.write(self._answer(head, rest[:length]))


@asynccontextmanager
async def harbour(senders: Callable[[str], Sequence[Sender]]) -> AsyncIterator[Sequence[Sender]]:
    """A server whose actors' documents can be fetched; they are made for the address that it gets."""
    documents: dict[bytes, bytes] = {}

    def answer(head: bytes, _body: bytes) -> bytes:
        found = documents.get(head.split(b" ", 2)[1])
        if found is None:
            return MISSING
        kind = b"HTTP/1.1 200 OK\r\nContent-Type: application/activity+json\r\nContent-Length: "
        return kind + str(len(found)).encode() + b"\r\n\r\n" + found

    server = await asyncio.get_running_loop().create_server(lambda: _Host(answer), "127.0.0.1", 0)
    root = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    made = senders(root)
    for one in made:
        key = {"id": one.key_id, "owner": one.uri, "publicKeyPem": one.pem}
        wire = {"id": one.uri, "type": "Person", "preferredUsername": one.uri.rpartition("/")[2], "inbox": f"{one.uri}/inbox"}
        documents[one.uri.removeprefix(root).encode()] = json.dumps(wire | {"publicKey": key}).encode()
    try:
        yield made
    finally:
        server.close()


@dataclass
class Inboxes:
    """Servers that are told things. Those in `troubled` answer that they cannot now."""

    ports: list[int] = field(default_factory=list)
    troubled: set[int] = field(default_factory=set)
    brought: list[tuple[int, bytes, bytes]] = field(default_factory=list)  # port, head, body of what was accepted

    def answer(self, port: int) -> Answering:
        """What the server at this port says to whoever comes."""

        def say(head: bytes, body: bytes) -> bytes:
            if not head.startswith(b"POST "):
                return MISSING
            if port in self.troubled:
                return TROUBLED
            self.brought.append((port, head, body))
            return ACCEPTED

        return say


@asynccontextmanager
async def inboxes(count: int, troubled: int = 0) -> AsyncIterator[Inboxes]:
    """So many servers that take what they are told, each at a port of its own, and some more that are in trouble."""
    loop, world, servers = asyncio.get_running_loop(), Inboxes(), []
    for number in range(count + troubled):
        listener = socket.create_server(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        servers.append(await loop.create_server(partial(_Host, world.answer(port)), sock=listener))
        world.ports.append(port)
        if number >= count:
            world.troubled.add(port)
    try:
        yield world
    finally:
        for server in servers:
            server.close()
