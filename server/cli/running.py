"""Serving: web and worker, in one process or in several."""

import asyncio
import fcntl
import logging
import os
import signal
import socket
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Annotated

import typer
import uvicorn

from community.errors import Misconfigured, Refusal
from community.settings import Settings
from federation import residents
from server import app, metrics, worker
from server.app import Bookmobile
from server.cli import children, logs, opening
from server.cli.children import Child

log = logging.getLogger("bookmobile")

Host = Annotated[str, typer.Option(help="The address to listen on.")]
Port = Annotated[int, typer.Option(help="The port to listen on.", min=0, max=65535)]
Inherited = Annotated[int | None, typer.Option(hidden=True)]

KEEP_ALIVE = 30  # seconds; other servers deliver many posts over one connection
GRACE = 10  # seconds that requests have to end when we are told to stop


class Web(uvicorn.Server):
    """uvicorn, but told to stop by us: the worker and the database have to hear of it too."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def serve(
    host: Host = "127.0.0.1",
    port: Port = 8000,
    no_worker: Annotated[
        bool, typer.Option("--no-worker", help="Serve pages and inboxes only; run `bookmobile worker` beside it.")
    ] = False,
    workers: Annotated[int, typer.Option(help="How many web processes; more than one leaves the background work to one more.", min=1)] = 1,
    fd: Inherited = None,
    lifeline: Inherited = None,
) -> None:
    """Open the library: its pages, its inboxes and, unless told otherwise, its background work."""
    logs.begin()
    chosen = opening.settings()
    if not chosen.secret_key:
        raise Misconfigured("The setting SECRET_KEY is missing: run `bookmobile init`, which makes one, or set it.")
    listener = socket.socket(fileno=fd) if fd is not None else listen(host, port)
    if fd is None:
        print(f"Listening on http://{host}:{listener.getsockname()[1]}", file=sys.stderr, flush=True)
    with listener:
        if workers == 1:
            opening.run(_serve(chosen, listener, with_worker=not no_worker, lifeline=lifeline))
        else:
            opening.run(_serve_with_many(chosen, listener, workers, with_worker=not no_worker))


def work(lifeline: Inherited = None) -> None:
    """Do the background work alone: what arrived, what is owed to others, letters and the index."""
    logs.begin()
    opening.run(_work(opening.settings(), lifeline))


async def _serve(chosen: Settings, listener: socket.socket, *, with_worker: bool, lifeline: int | None) -> None:
    await make_ready(chosen)
    stop = told_to_stop(lifeline)
    async with hosted(app.build(chosen), listener, with_worker=with_worker) as tasks:
        stopping = asyncio.create_task(stop.wait())
        await asyncio.wait([*tasks, stopping], return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()
    log.info("%s is closed", chosen.name)


@asynccontextmanager
async def hosted(bookmobile: Bookmobile, listener: socket.socket, *, with_worker: bool) -> AsyncIterator[list[asyncio.Task[None]]]:
    """A library that is open while the block runs, with its tasks. Raises what made one of them end."""
    chosen = bookmobile.here.settings
    web = Web(
        uvicorn.Config(
            bookmobile,
            http="httptools",
            ws="none",
            lifespan="on",
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=True,
            forwarded_allow_ips=list(chosen.trusted_proxies),
            timeout_keep_alive=KEEP_ALIVE,
            timeout_graceful_shutdown=GRACE,
        )
    )
    tasks = [asyncio.create_task(web.serve(sockets=[listener]), name="web")]
    if with_worker:
        tasks.append(asyncio.create_task(_work_off(bookmobile), name="worker"))
    try:
        yield tasks
    finally:
        for working in tasks[1:]:
            await _end(working)  # before the web part closes the database
        web.should_exit = True
        await asyncio.wait(tasks[:1])
    for task in tasks:
        if not task.cancelled():
            task.result()


async def _serve_with_many(chosen: Settings, listener: socket.socket, workers: int, *, with_worker: bool) -> None:
    await make_ready(chosen)  # refused here and once, not in every child
    stop = told_to_stop(None)
    fd = listener.fileno()
    with tempfile.TemporaryDirectory(prefix="bookmobile-numbers-") as numbers:
        environ = {**os.environ, metrics.SHARED: os.environ.get(metrics.SHARED) or numbers}  # they count together
        web = ("serve", "--no-worker", "--fd", str(fd))
        each = [Child(f"web {number}", web, (fd,), environ) for number in range(1, workers + 1)]
        if with_worker:
            each.append(Child("worker", ("worker",), environ=environ))
        log.info("%s is open at %s with %d web processes", chosen.name, chosen.root, workers)
        await children.keep(each, stop)


async def _work(chosen: Settings, lifeline: int | None) -> None:
    await make_ready(chosen)
    bookmobile = app.build(chosen)
    try:
        working = asyncio.create_task(_work_off(bookmobile), name="worker")
        stopping = asyncio.create_task(told_to_stop(lifeline).wait())
        log.info("%s: the worker has begun", chosen.name)
        await asyncio.wait([working, stopping], return_when=asyncio.FIRST_COMPLETED)
        if working.done():
            working.result()
        await _end(working)
        stopping.cancel()
    finally:
        await bookmobile.close()


async def _work_off(bookmobile: Bookmobile) -> None:
    """The background work. On SQLite one process does it: a second one waits until that has ended, and takes its place."""
    if not bookmobile.here.library.database.is_sqlite:
        await worker.run(bookmobile.here.hub, bookmobile.sweep, bookmobile.here.index)
        return
    with Turn(Path(bookmobile.here.settings.data_dir) / "worker.lock") as turn:
        while not turn.is_ours():
            if turn.tries == 1:
                log.info("another process does the background work; this one waits until that has ended")
            await asyncio.sleep(1)
        await worker.run(bookmobile.here.hub, bookmobile.sweep, bookmobile.here.index)


class Turn:
    """A file that one process at a time holds; the system frees it when that process ends, however it ends."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = path.open("a")
        self.tries = 0

    def is_ours(self) -> bool:
        """Take it if it is free; says whether we have it."""
        self.tries += 1
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def __enter__(self) -> "Turn":
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()


async def make_ready(chosen: Settings) -> None:
    """Refuse a database of another shape; bring the library's profile in step with its settings."""
    async with opening.library(chosen) as library:
        await residents.settle(library)


def told_to_stop(lifeline: int | None) -> asyncio.Event:
    """Set when somebody asks us to stop, or when whoever started us is gone."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for one in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(one, stop.set)
    if lifeline is not None:
        loop.add_reader(lifeline, _cut, lifeline, stop)  # readable means: closed at the other end
    return stop


def _cut(lifeline: int, stop: asyncio.Event) -> None:
    asyncio.get_running_loop().remove_reader(lifeline)
    stop.set()


def listen(host: str, port: int) -> socket.socket:
    """A socket that listens there, and that children inherit; raises Refusal when somebody else does."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as cause:
        listener.close()
        raise Refusal(f"We cannot listen on {host}:{port}: {os.strerror(cause.errno or 0)}.") from cause
    listener.listen(2048)
    listener.set_inheritable(True)
    return listener


async def _end(task: asyncio.Task[None]) -> None:
    """Stop it and wait; what it was doing is rows, and they come back."""
    task.cancel()
    await asyncio.wait([task])
