"""Programs that are measured: started in a folder of their own, asked for their CPU time, ended by their number."""

import asyncio
import os
import signal
import socket
import sys
import time
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[1]
START_SECONDS = 90.0
STOP_SECONDS = 20.0


class Broken(RuntimeError):
    """A program that should be measured did not do its part."""


@dataclass
class Program:
    """A running program, with what it said to its log."""

    process: Process
    log: Path

    @property
    def pid(self) -> int:
        return self.process.pid

    def cpu(self) -> float:
        """Seconds of CPU, user and system, that it and its children have used."""
        return sum(map(_cpu, _tree(self.pid)))

    def kill(self) -> None:
        """End it as a power cut would."""
        os.kill(self.pid, signal.SIGKILL)

    async def tell(self, line: str) -> str:
        """Say a line to it and wait for the line that it answers."""
        assert self.process.stdin is not None and self.process.stdout is not None
        self.process.stdin.write(line.encode() + b"\n")
        answer = await self.process.stdout.readline()
        if not answer:
            raise Broken(f"It ended: {self.said()}")
        return answer.decode().strip()

    def said(self) -> str:
        """The end of its log."""
        return self.log.read_text(errors="replace")[-2000:] if self.log.exists() else ""


def _tree(pid: int) -> list[int]:
    found = [pid]
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in task.read_text().split():
            found.extend(_tree(int(child)))
    return found


def _cpu(pid: int) -> float:
    # The kernel's CPU clock of another process: user + system like /proc/PID/stat, but to the nanosecond and not to the tick.
    return time.clock_gettime((~pid << 3) | 2)


def free_port() -> int:
    """A port of loopback that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@asynccontextmanager
async def running(folder: Path, name: str, *arguments: str, environ: Mapping[str, str] | None = None) -> AsyncIterator[Program]:
    """A Python module of ours as a program, for as long as the block runs. Its own folder, its own settings, nothing of the caller's."""
    clean = {key: value for key, value in os.environ.items() if not key.startswith("BOOKMOBILE_")}
    log = folder / f"{name}.log"
    with log.open("wb") as sink:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            *arguments,
            cwd=folder,
            env={**clean, "PYTHONPATH": str(PROJECT), **(environ or {})},
            stdin=PIPE,
            stdout=PIPE,
            stderr=sink,
        )
    program = Program(process, log)
    try:
        yield program
    finally:
        await _end(process)


async def _end(process: Process) -> None:
    if process.returncode is None:
        process.terminate()
        try:
            async with asyncio.timeout(STOP_SECONDS):
                await process.wait()
        except TimeoutError:
            process.kill()
            await process.wait()


async def listening(program: Program, port: int) -> None:
    """Return when it takes connections. Raises Broken when it ends first or takes too long."""
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until:
        if program.process.returncode is not None:
            raise Broken(f"It ended with status {program.process.returncode}: {program.said()}")
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            await asyncio.sleep(0.05)
        else:
            writer.close()
            return
    raise Broken(f"It did not listen within {START_SECONDS:.0f} s: {program.said()}")
