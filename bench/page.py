"""A title's page with twenty reviews: asked for anew each time, kept, and not changed."""

import uuid
from contextlib import AsyncExitStack
from pathlib import Path

from sqlalchemy import insert

from bench import library
from bench.contest import Check, Contestant, Result, play
from bench.load import Load
from bench.processes import listening, running
from community.catalog.tables import Agent, Contribution, Edition, Identifier, Subject, Work, WorkSubject
from community.clock import days, now
from community.database import table_of
from community.library import Library
from community.people.actors import Actor
from community.posts.kinds import Review
from community.posts.post import Reaction, ReactionKind

GOAL = 0.3  # of no-op + SQL + render
REVIEWS = 20
ELSEWHERE = "https://harbour.example"
WORDS = (
    "<p>I have been asked forty times whether the seamanship is right. It is. I found one shore that I would have handled differently.</p>"
)


async def stock(inside: Library) -> int:
    """One title with all that a page of a title shows."""
    async with inside.database.transaction() as session:
        work = Work(key="moby dick/melville", title="Moby-Dick", sort_title="Moby-Dick", form="book", language="eng", first_year=1851)
        agent = Agent(key="melville", name="Herman Melville", sort_name="Melville, Herman")
        subjects = [Subject(key=name.lower(), label=name) for name in ("Whales", "Obsession", "The sea")]
        session.add_all([work, agent, *subjects])
        await session.flush()
        for year in (1987, 2001, 2003):
            edition = Edition(
                work_id=work.id,
                source="bench",
                source_key=str(year),
                source_hash="0",
                title="Moby-Dick",
                form="book",
                year=year,
                languages=["eng"],
            )
            session.add(edition)
            await session.flush()
            session.add(Contribution(work_id=work.id, edition_id=edition.id, agent_id=agent.id, role="aut"))
            session.add(Identifier(edition_id=edition.id, scheme="isbn", value=f"978{year}437247"))
        session.add_all(WorkSubject(work_id=work.id, subject_id=subject.id) for subject in subjects)
        readers = [
            Actor(
                uri=f"{ELSEWHERE}/{n}",
                kind="Person",
                username=f"reader{n}",
                domain="harbour.example",
                inbox=f"{ELSEWHERE}/{n}/inbox",
            )
            for n in range(REVIEWS)
        ]
        session.add_all(readers)
        await session.flush()
        for number, reader in enumerate(readers):
            review = Review(
                uri=f"{reader.uri}/review",
                author_id=reader.id,
                about_id=work.id,
                title=f"Opinion {number}",
                html=WORDS * 2,
                half_stars=number % 10 + 1,
                language="en",
                published_at=now() - days(number),
            )
            session.add(review)
            await session.flush()
            like = {"post_id": review.id, "kind": ReactionKind.like, "created_at": now()}
            likes = [like | {"actor_id": one.id, "uri": uuid.uuid4().hex} for one in readers[:3]]
            await session.execute(insert(table_of(Reaction)), likes)
    return work.id


async def run(folder: Path, rounds: int, size: int = 150) -> Result:
    """Measure a page that is made anew against what making it cannot do without, and the kept one beside it."""
    async with AsyncExitStack() as stack:
        enter = stack.enter_async_context
        place = library.place(folder)
        async with library.opened(place) as inside:
            path = f"/catalog/works/{await stock(inside)}"
        subject = await enter(library.serving(place))
        bound_port = library.place(folder).port
        bound = await enter(running(folder, "bound", "bench.bound", "page", str(bound_port), path, environ=place.environ))
        await listening(bound, bound_port)
        bodies: list[bytes] = []
        statuses: list[int] = []

        def asked(number: int, count: int, *, fresh: bool) -> list[bytes]:
            host = f"127.0.0.1:{place.port}".encode()
            line = b"GET %s%s HTTP/1.1\r\nhost: %s\r\naccept: text/html\r\naccept-language: en\r\n\r\n"
            return [line % (path.encode(), b"?round=%d.%d" % (number, one) if fresh else b"", host) for one in range(count)]

        async def ask(port: int, number: int, count: int, fresh: bool) -> int:
            load = Load(asked(number, count, fresh=fresh), keep_bodies=True)
            statuses.extend(await load.send(port))
            bodies[:] = list(load.bodies.values())[:1] or bodies
            return count

        contestants = [
            Contestant("subject", subject, lambda number: ask(place.port, number, size, True)),
            Contestant("bound", bound, lambda number: ask(bound_port, number, size, True)),
            Contestant("kept", subject, lambda number: ask(place.port, number, size * 10, False)),
        ]
        seen: dict[str, bytes] = {}
        for contestant in contestants:
            await contestant.work(-1)
            seen[contestant.name] = bodies[0]
        await play(contestants, rounds)
    checks = [
        Check("every page was answered with 200", set(statuses) == {200}),
        Check("the page shows all reviews", all(f"Opinion {number}".encode() in seen["subject"] for number in range(REVIEWS))),
        Check(
            "the bound renders the same page",
            abs(len(seen["bound"]) - len(seen["subject"])) < 200,
            f"{len(seen['bound'])} and {len(seen['subject'])} bytes",
        ),
    ]
    notes = [f"{size} pages of {len(seen['subject'])} bytes a round, {REVIEWS} reviews; `kept` is the same page from the page cache"]
    return Result("page", "page", GOAL, contestants, checks, notes)
