"""Several libraries in processes of their own become one catalogue of opinions.

`python -m tests.stories.consortium --works 1000 --reviews 5000`: they follow each other, their readers write, one of them is down for a
while. In the end every library shows the same words about every work, except for what its own moderators hid. Prints counts; status 1
when two libraries differ.
"""

import argparse
import asyncio
import csv
import random
import re
import socket
import sys
import tempfile
import time
import urllib.request
from collections import defaultdict
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import func, select, update
from stdnum import ean

from community.catalog.tables import Edition, Identifier
from community.clock import now
from community.database import table_of
from community.due import Owed
from community.library import Library, open_library
from community.people.actors import Actor
from community.people.follows import Follow, FollowState
from community.posts.kinds import Review
from community.posts.post import Post, Standing
from community.settings import Settings
from federation import keys, residents
from federation.tables import Delivery, InboxMessage, Instance, Partner
from server.actions import publishing
from tests.processes import Process

NAMES = ("Nantucket", "Harbour", "Shoal", "Lagoon", "Estuary", "Skerry", "Fjord", "Delta")
READERS = 10
HIDDEN = 5  # reviews that each library hides
SECRET = "only-for-tests-only-for-tests-only-for-tests"


@dataclass
class Site:
    """One library: its process, and its database from outside."""

    name: str
    process: Process
    library: Library
    readers: list[int] = field(default_factory=list)
    works: dict[str, int] = field(default_factory=dict)  # by ISBN
    hidden: set[str] = field(default_factory=set)

    async def count(self, table: type[Delivery] | type[InboxMessage]) -> int:
        """How many rows still wait there."""
        async with self.library.database.snapshot() as session:
            return await session.scalar(select(func.count()).select_from(table).where(table.state == Owed.waiting)) or 0

    async def shown(self) -> dict[str, set[str]]:
        """The addresses of the reviews that stand on the page of each work, by ISBN."""
        isbn = {number: name for name, number in self.works.items()}
        found: dict[str, set[str]] = defaultdict(set)
        async with self.library.database.snapshot() as session:
            query = select(Post.about_id, Post.uri).where(Post.kind == "review", Post.standing == Standing.shown)
            for about, uri in await session.execute(query):
                found[isbn.get(about or 0, "?")].add(uri)
        return found


def isbn_of(number: int) -> str:
    """A right ISBN for the n-th made-up work."""
    twelve = f"97800{number:07}"
    return twelve + str(ean.calc_check_digit(twelve))


def catalogue(folder: Path, works: int, chooser: random.Random) -> Path:
    """A table of works, the same for everyone."""
    file = folder / "catalogue.csv"
    with file.open("w", newline="", encoding="utf-8") as target:
        writer = csv.writer(target)
        writer.writerow(["title", "author", "isbn", "year", "language"])
        for number in range(works):
            author = f"{chooser.choice(['Ada', 'Ben', 'Carla', 'Dan'])} {chooser.choice(['Melville', 'Eliot', 'Deledda', 'Lagerlöf'])}"
            writer.writerow([f"Voyage {number} of the good ship", author, isbn_of(number), 1900 + number % 120, "eng"])
    return file


async def found_library(folder: Path, name: str, port: int) -> Site:
    """A new library with readers, not open yet."""
    await asyncio.to_thread(folder.mkdir)
    process = Process(folder, port, more={"BOOKMOBILE_NAME": f"{name} Library"})
    await asyncio.to_thread(process.command, "init", "--admin-email", "admin@mail.example")
    domain = f"127.0.0.1:{port}"
    settings = Settings(
        domain=domain, base_url=f"http://{domain}", name=f"{name} Library", data_dir=str(folder / "data"), secret_key=SECRET,
        allow_private_network=True, policies=("domains", "words"),
    )  # fmt: skip
    site = Site(name, process, open_library(settings))
    pairs = [await asyncio.to_thread(keys.new_pair) for _ in range(2)]
    async with site.library.database.transaction() as session:
        for number in range(READERS):
            actor = await residents.add_person(session, site.library, f"reader{number}", f"Reader {number} of {name}", pairs[number % 2])
            site.readers.append(actor.id)
    return site


async def stock(site: Site, file: Path) -> None:
    """Import the catalogue, and remember which work is which."""
    await asyncio.to_thread(site.process.command, "import", str(file))
    async with site.library.database.snapshot() as session:
        query = select(Identifier.value, Edition.work_id).join(Edition, Edition.id == Identifier.edition_id)
        site.works = {isbn: work_id for isbn, work_id in await session.execute(query.where(Identifier.scheme == "isbn"))}


async def befriend(sites: Sequence[Site]) -> None:
    """Everyone follows everyone, and everyone has said yes."""
    for site in sites:
        for other in sites:
            if other is not site:
                await asyncio.to_thread(site.process.command, "follow", f"@library@{other.process.domain}")
    wanted = len(sites) - 1
    ends = time.monotonic() + 120
    while time.monotonic() < ends:
        counts = []
        for site in sites:
            async with site.library.database.snapshot() as session:
                ours = select(Actor.id).where(Actor.username == "library", Actor.domain.is_(None)).scalar_subquery()
                granted = select(func.count()).where(Follow.state == FollowState.granted)
                counts.append(await session.scalar(granted.where(Follow.follower_id == ours)) or 0)
                counts.append(await session.scalar(granted.where(Follow.followed_id == ours)) or 0)
                counts.append(await session.scalar(select(func.count()).where(Instance.software == "bookmobile")) or 0)
        if all(count >= wanted for count in counts):
            return
        await asyncio.sleep(0.5)
    raise SystemExit(f"the libraries did not come to follow each other: {counts}")


async def write(site: Site, isbns: Sequence[str], chooser: random.Random) -> int:
    """Readers of this library review these works."""
    for start in range(0, len(isbns), 20):
        async with site.library.database.transaction() as session:
            for isbn in isbns[start : start + 20]:
                words = (
                    f"Review {chooser.getrandbits(40):x}: {chooser.choice(['a fine voyage', 'too much water', 'I was seasick', 'again!'])}"
                )
                author = await session.get_one(Actor, chooser.choice(site.readers))
                post = Review(about_id=site.works[isbn], title="At sea", source=words, html=f"<p>{words}</p>", language="en")
                post.half_stars = chooser.randint(1, 10)
                await publishing.publish(session, site.library, author, post)
    return len(isbns)


async def settle(sites: Sequence[Site], what: str, patience: float, but: Site | None = None) -> float:
    """Wait until nobody owes anybody anything (but to the one that is down), with a line of progress now and then."""
    began, calm = time.monotonic(), 0
    while calm < 3:
        owed = []
        for site in sites:
            async with site.library.database.snapshot() as session:
                query = select(func.count()).select_from(Delivery).where(Delivery.state == Owed.waiting)
                if but is not None:
                    query = query.where(Delivery.host != but.process.domain)
                owed.append((await session.scalar(query) or 0) + await site.count(InboxMessage))
        calm = calm + 1 if not any(owed) else 0
        spent = time.monotonic() - began
        if spent > patience:
            raise SystemExit(f"{what}: not settled after {spent:.0f} s; owed {owed}")
        print(f"\r{what}: {spent:5.0f} s, owed {owed}          ", end="", flush=True)
        await asyncio.sleep(1.0)
    print(f"\r{what}: settled after {time.monotonic() - began:.0f} s" + " " * 40)
    return time.monotonic() - began


async def moderate(site: Site, chooser: random.Random) -> None:
    """Hide some reviews here, as a moderator would."""
    async with site.library.database.transaction() as session:
        shown = list(await session.scalars(select(Post).where(Post.kind == "review", Post.standing == Standing.shown).order_by(Post.id)))
        for post in chooser.sample(shown, min(HIDDEN, len(shown))):
            post.move(Standing.hidden)
            site.hidden.add(post.uri)


async def compare(sites: Sequence[Site]) -> tuple[int, int]:
    """How many reviews are shown in all, and how many are missing or too many somewhere, apart from what was hidden there."""
    shown = [await site.shown() for site in sites]
    everything: dict[str, set[str]] = defaultdict(set)
    for one in shown:
        for isbn, uris in one.items():
            everything[isbn] |= uris
    hidden_at_home = {uri for site in sites for uri in site.hidden if uri.startswith(site.library.uris.root)}
    wrong = 0
    for site, one in zip(sites, shown, strict=True):
        for isbn, uris in everything.items():
            wrong += len((uris - one.get(isbn, set())) - site.hidden - hidden_at_home)
        wrong += len(site.hidden & {uri for uris in one.values() for uri in uris})
    return sum(map(len, everything.values())), wrong


async def look(sites: Sequence[Site], isbns: Sequence[str]) -> int:
    """Open the pages of some works everywhere; says on how many the number of reviews differs from the database."""
    wrong = 0
    for site in sites:
        shown = await site.shown()
        for isbn in isbns:
            page = await asyncio.to_thread(_page, f"{site.library.uris.root}/catalog/works/{site.works[isbn]}")
            wrong += len(re.findall(r'class="post post-review"', page)) != min(20, len(shown.get(isbn, ())))
    return wrong


def _page(address: str) -> str:
    with urllib.request.urlopen(urllib.request.Request(address, headers={"Accept": "text/html"}), timeout=30) as answer:
        return str(answer.read().decode())


async def run(folder: Path, libraries: int, works: int, reviews: int, patience: float) -> int:
    """The whole story; 0 when all libraries agree."""
    chooser = random.Random(42)
    began = time.monotonic()
    file = catalogue(folder, works, chooser)
    sites = [await found_library(folder / NAMES[n].lower(), NAMES[n], port) for n, port in enumerate(_ports(libraries))]
    for site in sites:
        await stock(site, file)
    try:
        for site in sites:
            await asyncio.to_thread(site.process.start)
        await befriend(sites)
        print(f"{libraries} libraries with {works} works each follow each other after {time.monotonic() - began:.0f} s")
        isbns = list(sites[0].works)
        for site in sites:
            await write(site, chooser.choices(isbns, k=reviews // libraries), chooser)
        print(f"{reviews} reviews are written after {time.monotonic() - began:.0f} s")
        await settle(sites, "all told", patience)
        for site in sites:
            await moderate(site, chooser)
        total, wrong = await compare(sites)
        pages = await look(sites, chooser.sample(isbns, min(25, len(isbns))))
        hidden = sum(len(site.hidden) for site in sites)
        print(f"{total} reviews stand everywhere but for {hidden} hidden ones; {wrong} differ, {pages} pages differ")

        down, others = sites[-1], sites[:-1]
        down.process.kill(down.process.running[-1])
        for site in others:
            await write(site, chooser.choices(isbns, k=max(1, reviews // 25 // libraries)), chooser)
        await settle(others, f"without {down.name}", patience, but=down)
        missing = (await compare(sites))[1]
        await asyncio.to_thread(down.process.start)
        async with down.library.database.transaction() as session:  # what “Look now” on the partners' page does
            await session.execute(update(table_of(Partner)).values(due_at=now()))
        restarted = time.monotonic()
        while (found := await compare(sites))[1] and time.monotonic() - restarted < patience:
            print(f"\r{down.name} is back: {found[1]} missing", end="   ", flush=True)
            await asyncio.sleep(1.0)
        print(f"\r{down.name} was down, missed {missing}, and has caught up {time.monotonic() - restarted:.0f} s after it came back")
        total, late = await compare(sites)
        print(f"{total} reviews in the end; {late} differ; {time.monotonic() - began:.0f} s in all")
        return 1 if wrong or pages or late or not missing else 0
    finally:
        for site in sites:
            site.process.stop()
            await site.library.close()


def _ports(count: int) -> list[int]:
    """Ports of loopback that nobody listens on."""
    with ExitStack() as stack:
        probes = [stack.enter_context(socket.socket()) for _ in range(count)]
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [probe.getsockname()[1] for probe in probes]


def main() -> int:
    """Read the options, and tell the story in a folder that is thrown away."""
    parser = argparse.ArgumentParser(prog="python -m tests.stories.consortium", description=__doc__)
    parser.add_argument("--libraries", type=int, default=5, choices=range(2, len(NAMES) + 1))
    parser.add_argument("--works", type=int, default=1000)
    parser.add_argument("--reviews", type=int, default=5000)
    parser.add_argument("--patience", type=float, default=1800, help="seconds that one part may take")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="bookmobile-consortium-") as folder:
        return asyncio.run(run(Path(folder), given.libraries, given.works, given.reviews, given.patience))


if __name__ == "__main__":
    sys.exit(main())
