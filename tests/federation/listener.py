"""A server on loopback for tests: real sockets, any bytes, and a list of all that was asked of it."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from federation.received import Received
from federation.recently import Fetches
from federation.signatures import verify
from tests.federation.letters import ADA_KEY, key_of
from tests.federation.shelf import Shelf

ACTIVITY = "application/activity+json"


@dataclass
class Asked:
    """One request as it came."""

    method: str
    target: str
    headers: dict[str, str]
    raw: list[tuple[bytes, bytes]]
    body: bytes


Speaker = Callable[[asyncio.StreamWriter], Awaitable[None]]


@dataclass
class Listener:
    """`replies` by target: bytes, several in turn (the last stays), or a function that speaks itself. What is not there is 404."""

    host: str = "127.0.0.1"
    port: int = 0
    connections: int = 0
    asked: list[Asked] = field(default_factory=list)
    replies: dict[str, bytes | list[bytes] | Speaker] = field(default_factory=dict)

    @property
    def root(self) -> str:
        return f"http://{self.host}:{self.port}"

    def says(self, target: str, body: bytes | str, *, status: str = "200 OK", kind: str = ACTIVITY, more: str = "") -> str:
        """From now on this is what stands there; the address of it."""
        self.replies[target] = reply(body, status=status, kind=kind, more=more)
        return self.root + target

    def redirects(self, target: str, location: str, status: str = "302 Found") -> str:
        return self.says(target, b"", status=status, more=f"Location: {location}\r\n")

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            while (head := await reader.readuntil(b"\r\n\r\n")) is not None:
                asked = await _read(head, reader)
                self.asked.append(asked)
                answer = self.replies.get(asked.target, reply(b"", status="404 Not Found"))
                if isinstance(answer, list):
                    answer = answer.pop(0) if len(answer) > 1 else answer[0]
                if isinstance(answer, bytes):
                    writer.write(answer)
                    await writer.drain()
                else:
                    await answer(writer)
                    return
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()


def reply(body: bytes | str, *, status: str = "200 OK", kind: str = ACTIVITY, more: str = "") -> bytes:
    raw = body.encode() if isinstance(body, str) else body
    return f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {len(raw)}\r\n{more}\r\n".encode() + raw


async def _read(head: bytes, reader: asyncio.StreamReader) -> Asked:
    first, *lines = head[:-4].split(b"\r\n")
    method, target, _ = first.decode().split(" ")
    raw = [(name.lower(), value.strip()) for name, _, value in (line.partition(b":") for line in lines)]
    headers = {name.decode(): value.decode() for name, value in raw}
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    return Asked(method, target, headers, raw, body)


@asynccontextmanager
async def listening(host: str = "127.0.0.1") -> AsyncIterator[Listener]:
    """A listener for as long as the block lasts."""
    listener = Listener(host=f"[{host}]" if ":" in host else host)
    server = await asyncio.start_server(listener.serve, host, 0)
    listener.port = server.sockets[0].getsockname()[1]
    try:
        yield listener
    finally:
        server.close()
        await server.wait_closed()


async def owner_of(listener: Listener, asked: Asked) -> str:
    """Who signed what was asked here, if it was Ada; raises as the door does."""
    request = Received(asked.method, asked.target, asked.headers["host"], asked.raw, asked.body)
    return (await verify(request, Shelf(key_of("ada", ADA_KEY)), listener.root, fetches=Fetches())).owner
