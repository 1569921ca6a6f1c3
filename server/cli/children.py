"""Other processes of ours: started, kept alive, and ended together."""

import asyncio
import logging
import os
import sys
import time
from asyncio.subprocess import Process
from collections.abc import Coroutine, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from community.errors import Refusal

log = logging.getLogger("bookmobile.children")

GRACE = 20.0  # seconds that a child has to end by itself
YOUNG = 10.0  # a child that ends before this many seconds has not really begun
TRIES = 3


@dataclass(frozen=True)
class Child:
    """One `bookmobile` command that runs until it is stopped; `fds` are handed on to it."""

    name: str
    command: tuple[str, ...]
    fds: tuple[int, ...] = ()
    environ: Mapping[str, str] = field(default_factory=lambda: os.environ)


async def keep(every: Sequence[Child], stop: asyncio.Event) -> None:
    """Run all of them until `stop`; one that dies is started again. Raises Refusal when one will not run at all."""
    # Whoever ends without a word, we or the machine's owner with kill -9, closes this pipe: the children read that and end too.
    ours, theirs = os.pipe()
    try:
        async with asyncio.TaskGroup() as group:
            for child in every:
                group.create_task(_keep(child, ours, stop), name=child.name)
    except ExceptionGroup as several:
        raise several.exceptions[0] from None
    finally:
        os.close(theirs)
        os.close(ours)


async def _keep(child: Child, lifeline: int, stop: asyncio.Event) -> None:
    tries = 0
    while not stop.is_set():
        began = time.monotonic()
        process = await _start(child, lifeline)
        try:
            await _first(process.wait(), stop.wait())
        finally:
            await _end(process)
        if stop.is_set():
            return
        tries = tries + 1 if time.monotonic() - began < YOUNG else 0
        log.error("%s ended with status %s; it is started again", child.name, process.returncode)
        if tries >= TRIES:
            raise Refusal(f"{child.name} ends as soon as it is started: see what it said above.")
        await _first(asyncio.sleep(1), stop.wait())


async def _start(child: Child, lifeline: int) -> Process:
    command = [sys.executable, "-m", "server.cli", *child.command, "--lifeline", str(lifeline)]
    # A group of its own: Ctrl-C reaches us alone, and we end the children in order.
    return await asyncio.create_subprocess_exec(
        *command, pass_fds=(*child.fds, lifeline), env=dict(child.environ), stdin=asyncio.subprocess.DEVNULL, start_new_session=True
    )


async def _end(process: Process) -> None:
    if process.returncode is not None:
        return
    with suppress(ProcessLookupError):
        process.terminate()
    try:
        async with asyncio.timeout(GRACE):
            await process.wait()
    except TimeoutError:
        process.kill()
        await process.wait()


async def _first(*several: Coroutine[Any, Any, object]) -> None:
    tasks = [asyncio.create_task(one) for one in several]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
