"""Other servers, as cheap as Python can make them: every inbox answers 202 and counts."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import cast

LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
ACCEPTED = b"HTTP/1.1 202 Accepted\r\ncontent-length: 0\r\n\r\n"
PATIENCE = 120.0


@dataclass
class Sinks:
    """Some servers, each on a port of its own, and what they were told."""

    ports: list[int] = field(default_factory=list)
    count: int = 0
    unsigned: int = 0
    connections: int = 0

    async def until(self, count: int) -> None:
        """Return when so many posts have come in all."""
        async with asyncio.timeout(PATIENCE):
            while self.count < count:  # noqa: ASYNC110 (what is waited for happens in another process)
                await asyncio.sleep(0.005)


class _Inbox(asyncio.Protocol):
    def __init__(self, sinks: Sinks) -> None:
        self._sinks = sinks
        self._buffer = b""
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._sinks.connections += 1

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while True:
            head, end, rest = self._buffer.partition(b"\r\n\r\n")
            found = LENGTH.search(head)
            size = int(found[1]) if found else 0
            if not end or len(rest) < size or self._transport is None:
                return
            self._buffer = rest[size:]
            self._sinks.count += 1
            self._sinks.unsigned += b"\r\nsignature:" not in head.lower()
            self._transport.write(ACCEPTED)


@asynccontextmanager
async def sinks(count: int) -> AsyncIterator[Sinks]:
    """So many servers, for as long as the block runs."""
    made = Sinks()
    loop = asyncio.get_running_loop()
    async with AsyncExitStack() as stack:
        for _ in range(count):
            server = await loop.create_server(lambda: _Inbox(made), "127.0.0.1", 0)
            await stack.enter_async_context(server)
            made.ports.append(server.sockets[0].getsockname()[1])
        yield made
