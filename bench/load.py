"""The load: prepared requests over a few connections that stay open, as cheaply as Python can. Its own CPU is not counted."""

import asyncio
import re
from collections.abc import Mapping, Sequence
from functools import partial
from typing import cast

LINES = 64
MOST_SECONDS = 180.0
RETRY = 0.002
LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)


class _Line(asyncio.Protocol):
    """One connection: sends the next request when the last one is answered."""

    def __init__(self, load: "Load", closed: asyncio.Future[None]) -> None:
        self._load = load
        self._closed = closed
        self._number = -1
        self._buffer = b""
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's is one without saying so
        self._next()

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        head, end, rest = self._buffer.partition(b"\r\n\r\n")
        if not end:
            return
        found = LENGTH.search(head)
        if len(rest) < (int(found[1]) if found else 0):
            return
        self._load.answered(self._number, int(head[9:12]), rest)
        self._buffer, self._number = b"", -1
        self._next()

    def connection_lost(self, exc: Exception | None) -> None:
        self._closed.set_result(None)

    def _next(self) -> None:
        assert self._transport is not None
        number = self._load.take()
        if number is None:
            self._transport.close()
            return
        self._send(number)

    def _send(self, number: int) -> None:
        assert self._transport is not None
        if self._transport.is_closing():
            return
        if not self._load.may_send(number):
            asyncio.get_running_loop().call_later(RETRY, self._send, number)
            return
        self._number = number
        self._transport.write(self._load.requests[number])


class Load:
    """These requests, each sent once, and what was answered to each: a status, or 0 where the line broke."""

    def __init__(self, requests: Sequence[bytes], *, after: Mapping[int, int] | None = None, keep_bodies: bool = False) -> None:
        """`after` says which request must wait for the answer to which earlier one."""
        self.requests = requests
        self._after = after or {}
        self.statuses = [0] * len(requests)
        self.bodies: dict[int, bytes] = {}
        self._keep = keep_bodies
        self._taken = 0

    async def send(self, port: int, lines: int = LINES) -> list[int]:
        """Send all of them to a port of loopback over so many connections; the statuses in order."""
        try:
            async with asyncio.timeout(MOST_SECONDS):
                await asyncio.gather(*(self._keep_a_line(port) for _ in range(min(lines, len(self.requests)))))
        except ConnectionError:
            pass  # nobody listens any more: what was not answered stays 0
        return self.statuses

    async def _keep_a_line(self, port: int) -> None:
        """Use one connection, and another one when the server hangs up, until there is nothing more to send."""
        loop = asyncio.get_running_loop()
        while self._taken < len(self.requests):
            closed: asyncio.Future[None] = loop.create_future()
            await loop.create_connection(partial(_Line, self, closed), "127.0.0.1", port)
            await closed

    def take(self) -> int | None:
        """The number of the next request, or None when all are sent."""
        if self._taken == len(self.requests):
            return None
        self._taken += 1
        return self._taken - 1

    def may_send(self, number: int) -> bool:
        """Whether the request that this one must follow has been answered."""
        earlier = self._after.get(number)
        return earlier is None or self.statuses[earlier] != 0

    def answered(self, number: int, status: int, body: bytes) -> None:
        """What came back for one of them."""
        self.statuses[number] = status
        if self._keep:
            self.bodies[number] = body
