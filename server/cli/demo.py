"""Two libraries on one machine, to be looked at and played with."""

import asyncio
import logging
import shutil
import signal
import socket
import time
import tomllib
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from sqlalchemy import func, select

from community import settings as knobs
from community.clock import seconds
from community.errors import Conflict, Refusal
from community.people.accounts import Role
from community.people.follows import Follow, FollowState
from community.settings import CONFIG, Settings
from federation import instances, resolving
from federation.tables import Delivery, InboxMessage, Instance
from server import app
from server.actions import following, publishing
from server.app import Bookmobile
from server.cli import children, logs, opening, running
from server.cli.children import Child
from server.cli.library import bring_up, toml
from server.demo import story, telling
from server.demo.telling import Teller

FOLDER = Path("demo-data")
MARK = "made-by-bookmobile-demo"
HOSTS = {"a": "localhost", "b": "127.0.0.1"}  # two names of one machine: browsers keep cookies by name and not by port
# While the story is told, a year's posts come within a minute: `pace` would hold them, and rightly so.
TELLING = ("domains", "words")
PATIENCE = seconds(120)
CALM = 3  # looks in a row at which nothing was owed

console = Console(highlight=False)


@dataclass(frozen=True)
class Site:
    """One of the two: its settings, its file, its socket."""

    key: str
    settings: Settings
    config: Path
    listener: socket.socket

    @property
    def made(self) -> Path:
        """Is there when the whole story has been told."""
        return Path(self.settings.data_dir) / "told"


def demo(
    port: Annotated[int, typer.Option(help="Of the first library; the second one takes the next.", min=1, max=65534)] = 8000,
    fresh: Annotated[bool, typer.Option("--fresh", help="Throw the old demo away and start over.")] = False,
) -> None:
    """Two small libraries that follow each other, with titles, reviews, events and cases; Ctrl-C closes both."""
    logs.begin(logging.WARNING)
    _make_folder(fresh)
    sites = [_site(key, port + number) for number, key in enumerate(story.LIBRARIES)]
    if not opening.run(_until_stopped(_tell(sites))):
        return
    _explain(sites)
    opening.run(_serve(sites))
    console.print("Both libraries are closed. What you did there is kept for the next time.")


def _make_folder(fresh: bool) -> None:
    if fresh and FOLDER.exists():
        if not (FOLDER / MARK).exists():
            raise Conflict(f"{FOLDER.resolve()} was not made by this demo: it is left alone.")
        shutil.rmtree(FOLDER)
    FOLDER.mkdir(exist_ok=True)
    (FOLDER / MARK).touch()


def _site(key: str, port: int) -> Site:
    """The library with its settings in a file, so that other commands can work on it too."""
    house, folder = story.houses()[key], FOLDER / key
    config, domain = folder / "bookmobile.toml", f"{HOSTS[key]}:{port}"
    chosen = {
        "domain": domain,
        "base_url": f"http://{domain}",
        "name": house.name,
        "description": " ".join(house.description.split()),
        "colour": house.colour,
        "address": house.address,
        "hours": house.hours,
        "contact": house.email,
        "languages": tuple(house.languages),
        "timezone": house.timezone,
        "data_dir": str(folder.resolve()),
        "allow_private_network": True,
        "demo": True,
    }
    if config.exists() and (former := tomllib.loads(config.read_text(encoding="utf-8"))["domain"]) != domain:
        first = int(former.rpartition(":")[2]) - story.LIBRARIES.index(key)
        raise Conflict(f"This demo was made for port {first}, and addresses never change: say --port {first}, or --fresh to start over.")
    folder.mkdir(parents=True, exist_ok=True)
    config.write_text("".join(f"{name} = {toml(value)}\n" for name, value in chosen.items()), encoding="utf-8")
    settings = knobs.read({CONFIG: str(config)})
    opening.make_secret(settings)
    return Site(key, opening.with_secret(settings), config, running.listen("127.0.0.1", port))


async def _until_stopped(work: AsyncIterator[str]) -> bool:
    """Say each step and how long it took; whether it came to its end before somebody pressed Ctrl-C."""
    stop = running.told_to_stop(None)
    began = time.monotonic()

    async def run() -> None:
        step_began = time.monotonic()
        async for words in work:
            console.print(f"[dim]{time.monotonic() - step_began:5.1f} s[/]  {words}")
            step_began = time.monotonic()

    task, stopping = asyncio.create_task(run()), asyncio.create_task(stop.wait())
    await asyncio.wait([task, stopping], return_when=asyncio.FIRST_COMPLETED)
    stopping.cancel()
    if task.done():
        task.result()
        console.print(f"Ready after {time.monotonic() - began:.0f} s.")
        return True
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
    console.print("Stopped half-way; the next start goes on from here.")
    return False


async def _tell(sites: Sequence[Site]) -> AsyncIterator[str]:
    """Make both libraries, or what is missing of them; yields what has been done."""
    for site in sites:
        await bring_up(site.settings)
    if all(site.made.exists() for site in sites):
        return
    async with _opened(sites) as (first, second):
        tellers = [await _teller(site, bookmobile) for site, bookmobile in zip(sites, (first, second), strict=True)]
        yield "two databases"
        for teller in tellers:
            tally = await teller.import_catalogue()
            yield f"{tally.total} titles for {teller.library.settings.name}"
        for teller in tellers:
            await teller.open_accounts()
        yield f"{sum(len(story.people(teller.key)) for teller in tellers)} people with keys of their own"
        for here, there, teller in ((first, second, tellers[0]), (second, first, tellers[1])):
            await teller.trust(there.here.settings.domain)
            await _follow(here, there)
        await _settled([first, second])
        for bookmobile in (first, second):
            await _granted(bookmobile)
        yield "each follows the other"
        told = await asyncio.gather(*(teller.tell() for teller in tellers))
        yield f"{sum(told)} reviews, comments, events and announcements"
        for teller in tellers:
            await teller.gather()
        yield "book clubs, and what is said in them"
        for teller in tellers:
            await teller.report()
        yield "cases for the moderators"
        await _settled([first, second])
        yield "what one library says has travelled to the other"
        for bookmobile in (first, second):
            await bookmobile.sweep()
        yield "everything can be found"
    for site in sites:
        site.made.touch()


@asynccontextmanager
async def _opened(sites: Sequence[Site]) -> AsyncIterator[tuple[Bookmobile, Bookmobile]]:
    """Both libraries in this process, at the sockets that their own processes take over afterwards."""
    first, second = (app.build(replace(site.settings, policies=TELLING)) for site in sites)
    async with (
        running.hosted(first, sites[0].listener.dup(), with_worker=True),
        running.hosted(second, sites[1].listener.dup(), with_worker=True),
    ):
        yield first, second


async def _teller(site: Site, bookmobile: Bookmobile) -> Teller:
    library = bookmobile.here.library
    async with library.database.snapshot() as session:
        began = (await publishing.voice(session)).created_at
    return Teller(library, site.key, began)


async def _follow(here: Bookmobile, there: Bookmobile) -> None:
    hub = here.here.hub
    target = await resolving.find_handle(hub, f"@library@{there.here.settings.domain}")
    await instances.ask(hub, there.here.settings.domain)  # partners are told by the software that they run
    async with hub.database.transaction() as session:
        await following.follow(session, hub.library, await publishing.voice(session), target)
    hub.delivery_bell.ring()


async def _granted(bookmobile: Bookmobile) -> None:
    """Wait until each follows the other. What one has sent may be on its way while nobody owes anything."""
    deadline = time.monotonic() + PATIENCE.total_seconds()
    while True:
        async with bookmobile.here.library.database.snapshot() as session:
            states = list(await session.scalars(select(Follow.state)))
            software = list(await session.scalars(select(Instance.software)))
        if states == [FollowState.granted] * 2 and "bookmobile" in software:
            return
        if time.monotonic() > deadline:
            raise Refusal(f"The two libraries could not follow each other: {', '.join(states)}; start again with --fresh.")
        await asyncio.sleep(0.2)


async def _settled(bookmobiles: Sequence[Bookmobile]) -> None:
    """Wait until nothing is on its way between the libraries."""
    deadline = time.monotonic() + PATIENCE.total_seconds()
    calm = 0
    while calm < CALM:
        # One look is not enough: while we ask the one, the other may hand something over to it.
        calm = 0 if any([await _owed(bookmobile) for bookmobile in bookmobiles]) else calm + 1
        if time.monotonic() > deadline:
            raise Refusal("The two libraries do not come to an end with each other; start again, or with --fresh.")
        for bookmobile in bookmobiles:
            bookmobile.here.hub.delivery_bell.ring()
        await asyncio.sleep(0.1)


async def _owed(bookmobile: Bookmobile) -> int:
    async with bookmobile.here.library.database.snapshot() as session:
        waiting = [select(func.count()).select_from(table).where(table.state == "waiting") for table in (Delivery, InboxMessage)]
        return sum([await session.scalar(query) or 0 for query in waiting])


async def _serve(sites: Sequence[Site]) -> None:
    stop = asyncio.Event()
    for one in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(one, stop.set)
    await children.keep([_child(site) for site in sites], stop)


def _child(site: Site) -> Child:
    fd = site.listener.fileno()
    return Child(site.settings.name, ("serve", "--fd", str(fd)), (fd,), opening.environ({CONFIG: str(site.config.resolve())}))


def _explain(sites: Sequence[Site]) -> None:
    """Where to go, whom to be, what to try."""
    for site in sites:
        house = story.houses()[site.key]
        console.print(f"\n  [bold]{house.name}[/], {house.town}:  [bold]{site.settings.root}[/]", soft_wrap=True)
        for one in _chosen_people(site.key):
            console.print(f"    {one.role:<14} {one.username + '@' + telling.MAIL:<24} {one.name}", soft_wrap=True)
    console.print(f"\n  Sign in as any of them, or of the others; everybody's password is: [bold]{telling.PASSWORD}[/]", soft_wrap=True)
    console.print("\n  Try this:")
    for words in _ideas(sites):
        console.print(f"  - {words}", soft_wrap=True)
    console.print("\n  Ctrl-C closes both libraries.\n")


def _chosen_people(key: str) -> Iterator[story.Person]:
    """One of each role."""
    for role in reversed(Role):
        yield next(one for one in story.people(key) if one.role is role)


def _ideas(sites: Sequence[Site]) -> tuple[str, ...]:
    first, second = sites
    return (
        f"Look for moby dick at {first.settings.root}: some of its reviews were written at {second.settings.name}.",
        "Sign in as a reader, review something that both have, and look at its page in the other library; then delete it.",
        "Report a comment without signing in; then sign in as the moderator, and decide about it.",
        "Sign in as the librarian, and publish an event.",
        f"Import records of your own: BOOKMOBILE_CONFIG={first.config} bookmobile import FILE",
    )
