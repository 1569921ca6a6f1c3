"""Pictures of strangers, developed in a process of their own: what is wrong with them happens there."""

import asyncio
import os
import sys
from dataclasses import dataclass

from community.errors import Refusal
from federation.developing import HEAD

PATIENCE = 30.0  # seconds
MODULE = "federation.developing"


class Undeveloped(Refusal):
    """This is no picture that we show."""

    status = 422


@dataclass(frozen=True)
class Developed:
    """A picture of our own making."""

    body: bytes  # WebP
    width: int
    height: int


async def develop(raw: bytes, edge: int, *, square: bool = False) -> Developed:
    """The same picture, at most `edge` points wide and high, or cut to a square of that size. Raises Undeveloped."""
    pipe = asyncio.subprocess.PIPE
    words = [sys.executable, "-m", MODULE, str(edge), *(["square"] if square else [])]
    # Without our secrets, which stand in the environment of a server.
    environ = {name: os.environ[name] for name in ("PATH", "PYTHONPATH") if name in os.environ}
    process = await asyncio.create_subprocess_exec(*words, stdin=pipe, stdout=pipe, stderr=pipe, env=environ)
    try:
        async with asyncio.timeout(PATIENCE):
            made, complaint = await process.communicate(raw)
    except TimeoutError as cause:
        raise Undeveloped("This picture takes too long to look at.") from cause
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode != 0 or len(made) <= HEAD.size:
        last = complaint.decode(errors="replace").strip().rpartition("\n")[2]
        raise Undeveloped("This is no picture that we show.", f"status {process.returncode}: {last[:200]}")
    width, height = HEAD.unpack(made[: HEAD.size])
    return Developed(made[HEAD.size :], width, height)
