"""The index follows the catalogue: what is new, what has changed, what was taken away."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, update

from community.catalog.importing import merge
from community.catalog.record import Agent, Record, Refused, Subject
from community.catalog.tables import Edition, Work
from community.clock import now
from community.database import Database
from community.people.actors import Actor
from community.posts.kinds import Rating, Review
from community.posts.post import Standing
from community.settings import Settings
from search import indexer
from search.documents import WorkDocument, gather
from search.engines import open_index
from search.folder import EmbeddedIndex
from search.meili import MeiliIndex
from search.query import parse
from search.tables import Bookmark


@pytest.fixture
async def index(tmp_path: Path) -> AsyncIterator[EmbeddedIndex]:
    """An empty index, and nothing remembered of it."""
    made = EmbeddedIndex(tmp_path / "search")
    yield made
    await made.close()


def records(count: int, word: str = "Book") -> Iterator[Record | Refused]:
    for number in range(count):
        title = f"{word} {number}"
        yield Record(
            source_key=str(number),
            title=title,
            sort_title=title,
            subtitle="a story",
            agents=(Agent("Herman Melville", "Melville, Herman", "1819-1891", "aut"),),
            subjects=(Subject("Whaling"),),
            series=(("Sea books", "3"),),
            year=1851,
            languages=("eng",),
            identifiers=(("isbn", "9780142437247"), ("oclc", "697")) if number == 0 else (),
            shelf_mark=f"810 MEL {number}",
            raw=b"raw",
        )


async def fill(database: Database, count: int, word: str = "Book") -> None:
    await merge(database, records(count, word), source="opac", file="books.mrc")


async def total(index: EmbeddedIndex, text: str = "") -> int:
    return (await index.search(parse(text))).total


async def test_a_document_says_all_that_may_be_asked_for(database: Database) -> None:
    await fill(database, 1)

    [document] = await database.read(lambda session: gather(session, [1, 99]))

    assert (document.title, document.subtitles, document.agents, document.subjects) == (
        "Book 0",
        ("a story",),
        ("Herman Melville",),
        ("Whaling",),
    )
    assert document.series == ("Sea books ; 3",)
    assert document.isbns == ("9780142437247",) and document.all_numbers == ("9780142437247", "0142437247", "697", "810 MEL 0")
    assert (document.forms, document.languages, document.year, document.decade) == (("book",), ("eng",), 1851, "1850-1859")
    assert document.is_visible and document.rating is None


async def test_what_is_imported_is_found_after_a_sweep(database: Database, index: EmbeddedIndex) -> None:
    await fill(database, 30)

    assert await indexer.sweep(database, index) == 30

    assert await total(index, "author:melville") == 30
    assert (await index.search(parse("0142437247"))).ids == [1]


async def test_a_sweep_without_changes_sends_nothing_again(database: Database, index: EmbeddedIndex) -> None:
    await fill(database, 30)
    await indexer.sweep(database, index)

    assert await indexer.sweep(database, index) == 0


async def test_a_sweep_sends_what_has_changed_and_takes_out_what_was_removed(database: Database, index: EmbeddedIndex) -> None:
    await fill(database, 30)
    await indexer.sweep(database, index)

    await merge(database, iter([*records(1, "Whale")]), source="opac", file="books.mrc")
    async with database.transaction() as session:
        await session.execute(update(Work).where(Work.title == "Book 7").values(removed_at=now(), changed_at=now()))

    assert await indexer.sweep(database, index) == 2
    assert await total(index, "whale") == 1
    assert await total(index) == 29


async def test_a_work_without_editions_is_for_staff_alone(database: Database, index: EmbeddedIndex) -> None:
    await fill(database, 2)
    async with database.transaction() as session:
        await session.execute(update(Edition).where(Edition.source_key == "1").values(removed_at=now()))

    await indexer.sweep(database, index)

    assert await total(index) == 1
    assert (await index.search(parse("", hidden=True))).total == 2


async def test_a_new_rating_reaches_the_index(database: Database, index: EmbeddedIndex) -> None:
    await fill(database, 3)
    await indexer.sweep(database, index)
    async with database.transaction() as session:
        ada = Actor(
            uri="https://harbour.example/ada",
            kind="Person",
            username="ada",
            domain="harbour.example",
            inbox="https://harbour.example/ada/inbox",
        )
        session.add(ada)
        await session.flush()
        for number in range(3):
            session.add(Rating(uri=f"https://harbour.example/r/{number}", author_id=ada.id, about_id=2, half_stars=8 + number))
        session.add(Review(uri="https://harbour.example/v/1", author_id=ada.id, about_id=2, half_stars=2, standing=Standing.removed))

    await indexer.sweep(database, index)

    assert (await index.search(parse("", sort="rating"))).ids[0] == 2
    [document] = await database.read(lambda session: gather(session, [2]))
    assert document.rating == 9.0, "what was removed does not count"


async def test_a_sweep_that_broke_off_goes_on_where_it_was(
    database: Database, index: EmbeddedIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(indexer, "BATCH", 10)
    await merge(database, records(35), source="opac", file="books.mrc", batch=5)  # changed at seven different moments
    put, sent = index.put, 0

    async def put_twice(documents: Sequence[WorkDocument]) -> None:
        nonlocal sent
        sent += 1
        if sent == 3:
            raise OSError("the power went")
        await put(documents)

    monkeypatch.setattr(index, "put", put_twice)
    with pytest.raises(OSError, match="power"):
        await indexer.sweep(database, index)
    assert await total(index) == 20
    kept = await database.read(lambda session: session.scalar(select(Bookmark.changed_at)))
    assert kept is not None

    monkeypatch.setattr(index, "put", put)
    assert await indexer.sweep(database, index) == 15
    assert await total(index) == 35


async def test_works_that_commit_late_are_not_missed(database: Database, index: EmbeddedIndex) -> None:
    await fill(database, 5)
    await indexer.sweep(database, index)

    # A transaction that began before the sweep commits after it, with the earlier time.
    async with database.transaction() as session:
        await session.execute(update(Work).where(Work.id == 3).values(title="Late", changed_at=now() - timedelta(seconds=20)))

    assert await indexer.sweep(database, index) == 1
    assert await total(index, "late") == 1 or await total(index, "title:late") == 1


async def test_an_index_that_was_lost_is_filled_again(database: Database, tmp_path: Path) -> None:
    await fill(database, 5)
    first = EmbeddedIndex(tmp_path / "one")
    await indexer.sweep(database, first)
    await first.close()

    second = EmbeddedIndex(tmp_path / "two")

    assert await indexer.sweep(database, second) == 5
    await second.close()


async def test_a_rebuild_answers_all_the_while_and_tells_how_far_it_is(
    database: Database, index: EmbeddedIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(indexer, "REBUILD_BATCH", 10)
    await fill(database, 35)
    await indexer.sweep(database, index)
    told: list[tuple[int, int]] = []
    answers: list[int] = []

    rebuilding = asyncio.create_task(indexer.rebuild(database, index, lambda done, of: told.append((done, of))))
    while not rebuilding.done():
        answers.append(await total(index))

    assert await rebuilding == 35
    assert set(answers) == {35}
    assert told == [(10, 35), (20, 35), (30, 35), (35, 35)]


async def test_what_changes_during_a_rebuild_is_sent_by_the_next_sweep(database: Database, index: EmbeddedIndex) -> None:
    await fill(database, 5)
    await indexer.sweep(database, index)

    async def change_it() -> None:
        await merge(database, iter([*records(1, "Whale")]), source="opac", file="books.mrc")

    await asyncio.gather(indexer.rebuild(database, index), change_it())
    await indexer.sweep(database, index)

    assert await total(index, "whale") == 1
    assert await total(index) == 5


async def test_the_settings_choose_the_engine(tmp_path: Path) -> None:
    embedded = open_index(Settings(domain="library.example", data_dir=str(tmp_path)))
    server = open_index(Settings(domain="library.example:8080", search_url="http://127.0.0.1:7700", search_key="k"))

    assert isinstance(embedded, EmbeddedIndex) and embedded.folder == tmp_path / "search"
    assert isinstance(server, MeiliIndex) and server.uid == "works-library-example-8080"
    await embedded.close()
