"""Records come in once, however often and in however bad company they are told."""

import asyncio
import threading
import time
from collections.abc import Awaitable, Iterator, Sequence
from pathlib import Path

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import DataError

from community.catalog import bulk, works
from community.catalog.importing import Tally, merge
from community.catalog.marc.reading import read_records
from community.catalog.record import Agent, Record, Refused, Subject
from community.catalog.tables import (
    Contribution,
    Edition,
    Identifier,
    ImportRun,
    RefusedRecord,
    RunState,
    Series,
    SeriesPart,
    SourceRecord,
    Work,
    WorkSubject,
)
from community.database import Base, Database
from community.errors import Unprocessable

MELVILLE = Agent("Herman Melville", "Melville, Herman", "1819-1891", "aut")


def record(key: str = "1", title: str = "Moby-Dick", **more: object) -> Record:
    """A record of Moby-Dick, or whatever is said instead."""
    told: dict[str, object] = {
        "source_key": key,
        "title": title,
        "sort_title": title,
        "agents": (MELVILLE,),
        "year": 1851,
        "languages": ("eng",),
        "subjects": (Subject("Whaling"), Subject("Sea stories", "genre")),
        "identifiers": (("isbn", "9780142437247"),),
        "raw": f"{key} {title}".encode(),
    }
    return Record(**(told | more))  # type: ignore[arg-type]


async def bring(database: Database, records: Sequence[Record | Refused], **more: object) -> Tally:
    """Import these records as one file of one source."""
    return await merge(database, iter(records), **{"source": "opac", "file": "books.mrc", **more})  # type: ignore[arg-type]


async def count(database: Database, table: type[Base]) -> int:
    return await database.read(lambda session: session.scalar(select(func.count()).select_from(table)) or 0)


async def titles(database: Database) -> list[str]:
    return await database.read(lambda session: list(session.scalars(select(Work.title).order_by(Work.title))))


async def test_a_record_becomes_a_work_with_an_edition_and_all_that_hangs_on_it(database: Database) -> None:
    tally = await bring(
        database, [record(subtitle="or, The whale", shelf_mark="810 MEL", links=(("https://example.org/moby", "Read it"),))]
    )

    assert tally == Tally(new=1)
    facts = await database.read(lambda session: works.work_page_facts(session, 1))
    assert facts is not None
    assert (facts.title, facts.subtitle, facts.first_year, facts.language) == ("Moby-Dick", "or, The whale", 1851, "eng")
    assert [(one.name, one.dates, one.role) for one in facts.authors] == [("Herman Melville", "1819-1891", "aut")]
    assert [one.label for one in facts.subjects] == ["Sea stories", "Whaling"]
    assert facts.editions[0].identifiers == (("isbn", "9780142437247"),)
    assert facts.editions[0].shelf_mark == "810 MEL"
    assert facts.editions[0].links == (("https://example.org/moby", "Read it"),)
    kept = await database.read(lambda session: session.scalars(select(SourceRecord.raw)).one())
    assert kept == b"1 Moby-Dick"


async def test_the_same_records_a_second_time_change_nothing(database: Database) -> None:
    books = [record(str(number), f"Book {number}", identifiers=()) for number in range(30)]
    await bring(database, books, batch=7)
    before = await database.read(lambda session: session.execute(select(Work.id, Work.changed_at, Work.touched_at)).all())

    again = await bring(database, books, batch=11)

    assert again == Tally(unchanged=30)
    after = await database.read(lambda session: session.execute(select(Work.id, Work.changed_at, Work.touched_at)).all())
    assert after == before


async def test_editions_of_one_work_meet_by_its_title_and_maker(database: Database) -> None:
    italian = record(
        "2", "La balena", uniform_title="Moby Dick", languages=("ita",), original_languages=("eng",), year=1941, identifiers=()
    )

    await bring(database, [record("1"), italian])
    await bring(database, [record("3", "Moby Dick", year=1902, identifiers=())], source="other")

    assert await count(database, Work) == 1
    facts = await database.read(lambda session: works.work_page_facts(session, 1))
    assert facts is not None
    assert sorted(one.year or 0 for one in facts.editions) == [1851, 1902, 1941]
    assert facts.original_title == "Moby Dick"


async def test_editions_meet_by_a_number_that_they_share(database: Database) -> None:
    await bring(database, [record("1")])
    await bring(
        database,
        [record("9", "Moby-Dick; the unabridged text, illustrated", agents=(Agent("H. Melville", "Melville, H."),))],
        source="other",
    )

    assert await count(database, Work) == 1


async def test_a_number_that_stands_on_two_books_by_mistake_does_not_join_them(database: Database) -> None:
    await bring(database, [record("1"), record("2", "Cooking with gas", agents=(Agent("Ida Smith", "Smith, Ida"),))])

    assert await titles(database) == ["Cooking with gas", "Moby-Dick"]


async def test_a_work_bears_the_title_that_most_of_its_editions_bear(database: Database) -> None:
    def edition(key: str, title: str, language: str) -> Record:
        return record(key, title, uniform_title="Moby Dick", languages=(language,), original_languages=("eng",), identifiers=())

    await bring(database, [edition("1", "La balena", "ita"), edition("2", "Moby-Dick", "eng"), edition("3", "Moby-Dick", "eng")])
    assert await titles(database) == ["Moby-Dick"]

    await bring(database, [edition("4", "La balena", "ita"), edition("5", "La balena", "ita")])
    assert await titles(database) == ["La balena"]


async def test_books_of_one_title_by_different_people_stay_apart(database: Database) -> None:
    others = [
        record(str(number), "Poems", agents=(Agent(name, f"{name.split()[1]}, {name.split()[0]}"),), identifiers=())
        for number, name in enumerate(("Emily Dickinson", "Wilfred Owen", "Marianne Moore"))
    ]

    await bring(database, others)

    assert await titles(database) == ["Poems", "Poems", "Poems"]


async def test_a_changed_record_changes_its_edition_and_the_work_that_stands_on_it_alone(database: Database) -> None:
    await bring(database, [record("1", "Moby-Dik", year=None, subjects=(Subject("Whaling"), Subject("Fishing")))])
    made = await database.read(lambda session: session.execute(select(Work.id, Work.changed_at)).one())

    tally = await bring(database, [record("1", "Moby-Dick", agents=(MELVILLE, Agent("Rockwell Kent", "Kent, Rockwell", None, "ill")))])

    assert tally == Tally(changed=1)
    facts = await database.read(lambda session: works.work_page_facts(session, made.id))
    assert facts is not None
    assert (facts.title, facts.first_year) == ("Moby-Dick", 1851)
    assert [one.name for one in facts.agents] == ["Herman Melville", "Rockwell Kent"]
    assert [one.label for one in facts.subjects] == ["Sea stories", "Whaling"]
    assert facts.changed_at >= made.changed_at and facts.touched_at == facts.changed_at
    assert await count(database, Work) == 1
    # Its key follows: the next record of the corrected title joins it.
    await bring(database, [record("2", identifiers=())])
    assert await count(database, Work) == 1


async def test_an_edition_that_becomes_another_book_leaves_the_work_it_shared(database: Database) -> None:
    await bring(database, [record("1"), record("2", identifiers=())])

    await bring(database, [record("2", "Typee", identifiers=())])

    assert await titles(database) == ["Moby-Dick", "Typee"]
    moby = await database.read(lambda session: works.work_page_facts(session, 1))
    assert moby is not None and [one.source_key for one in moby.editions] == ["1"]


async def test_series_meet_by_their_folded_titles_and_go_when_a_record_says_them_no_longer(database: Database) -> None:
    first = record("1", series=(("Sea Stories", "3"), ("sea stories :", "4")))
    await bring(database, [first, record("2", series=(("SEA STORIES", None),))])
    assert await count(database, Series) == 1 and await count(database, SeriesPart) == 2

    await bring(database, [record("1", series=(("Island stories", "1"),))])

    told = select(Series.title, SeriesPart.volume, Edition.source_key).join(SeriesPart, SeriesPart.series_id == Series.id)
    told = told.join(Edition, Edition.id == SeriesPart.edition_id).order_by(Edition.source_key)
    rows = await database.read(lambda session: [tuple(row) for row in session.execute(told)])
    assert rows == [("Island stories", "1", "1"), ("Sea Stories", "", "2")]


async def test_a_bad_record_in_the_middle_is_refused_alone(database: Database) -> None:
    books: list[Record | Refused] = [record(str(number), f"Book {number}", identifiers=()) for number in range(20)]
    books[7] = Refused(8, "It has no leader.", b"garbage")
    books[12] = record("12", "   ")

    tally = await bring(database, books)

    assert tally == Tally(new=18, refused=2)
    rows = await database.read(
        lambda session: session.execute(
            select(RefusedRecord.position, RefusedRecord.reason, RefusedRecord.raw).order_by(RefusedRecord.position)
        ).all()
    )
    assert [tuple(row) for row in rows] == [(8, "It has no leader.", b"garbage"), (13, "It has no title.", b"12    ")]
    run = await database.read(lambda session: session.execute(select(ImportRun.state, ImportRun.new, ImportRun.refused)).one())
    assert tuple(run) == (RunState.done, 18, 2)


async def test_a_record_that_the_database_refuses_is_found_by_halving(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    put = bulk.put

    async def picky(session: object, table: object, rows: Sequence[dict[str, object]], **more: object) -> None:
        if any(row.get("title") == "Book 13" for row in rows):
            raise DataError("INSERT", None, ValueError("the database does not like it"))
        await put(session, table, rows, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(bulk, "put", picky)

    tally = await bring(database, [record(str(number), f"Book {number}", identifiers=()) for number in range(40)])

    assert tally == Tally(new=39, refused=1)
    assert await count(database, Edition) == 39
    reason = await database.read(lambda session: session.scalars(select(RefusedRecord.reason)).one())
    assert "the database does not like it" in reason


async def test_text_that_no_database_takes_is_made_fit(database: Database) -> None:
    odd = record("1", "A zero \x00 in the middle", responsibility="x" * 5000, year=123456, identifiers=(("isbn", "9" * 900),))

    assert await bring(database, [odd, record("2", "Half a pair", raw=b"2", responsibility="\ud83d")]) == Tally(new=1, refused=1)
    facts = await database.read(lambda session: works.work_page_facts(session, 1))
    assert facts is not None and facts.title == "A zero  in the middle" and facts.first_year is None


async def test_of_two_records_with_one_key_the_last_wins_and_is_counted(database: Database) -> None:
    twice = [record("1", "First"), record("2", "Other", identifiers=()), record("1", "Last")]

    assert await bring(database, twice) == Tally(new=2, repeated=1)
    assert await titles(database) == ["Last", "Other"]
    assert await bring(database, twice) == Tally(unchanged=2, repeated=1)


async def test_also_when_they_stand_far_apart_in_the_file(database: Database) -> None:
    filling = [record(f"f{number}", f"Filling {number}", identifiers=()) for number in range(10)]
    twice = [record("1", "First"), *filling, record("1", "Last")]

    assert await bring(database, twice, batch=3) == Tally(new=11, repeated=1)
    assert "Last" in await titles(database) and "First" not in await titles(database)
    assert await bring(database, twice, batch=3) == Tally(unchanged=11, repeated=1)
    assert "First" not in await titles(database)


async def test_a_dry_run_tells_and_leaves_no_trace(database: Database) -> None:
    await bring(database, [record("1")])

    tally = await bring(database, [record("1"), record("2", "Typee"), Refused(3, "bad", b"")], dry_run=True)

    assert tally == Tally(new=1, unchanged=1, refused=1)
    assert (await count(database, Edition), await count(database, ImportRun), await count(database, RefusedRecord)) == (1, 1, 0)


async def test_what_came_before_a_broken_file_is_kept_and_the_run_says_why_it_failed(database: Database) -> None:
    def broken() -> Iterator[Record | Refused]:
        yield record("1")
        raise OSError("the disk was pulled out")

    with pytest.raises(Unprocessable, match="the disk was pulled out"):
        await merge(database, broken(), source="opac", file="books.mrc")

    assert await titles(database) == ["Moby-Dick"]
    run = await database.read(lambda session: session.execute(select(ImportRun.state, ImportRun.new, ImportRun.error)).one())
    assert run.state is RunState.failed and run.new == 1 and "pulled out" in run.error


async def test_progress_is_told_after_each_batch_and_written_down(database: Database) -> None:
    told: list[Tally] = []

    await bring(database, [record(str(number), f"Book {number}", identifiers=()) for number in range(25)], batch=10, progress=told.append)

    assert [one.new for one in told] == [10, 20, 25]


async def test_two_imports_at_once_share_works_and_agents(database: Database) -> None:
    def books(source: str) -> list[Record]:
        return [record(f"{number}", f"Book {number}", identifiers=(("isbn", f"97801424{number:05}"),)) for number in range(300)]

    first, second = await asyncio.gather(
        bring(database, books("a"), source="a", batch=40),
        bring(database, list(reversed(books("b"))), source="b", batch=30),
    )

    assert (first.new, second.new) == (300, 300)
    assert (await count(database, Edition), await count(database, Work)) == (600, 300)
    assert await count(database, Contribution) == 600


async def test_the_same_file_twice_at_once_is_kept_once(database: Database) -> None:
    books = [record(str(number), f"Book {number}", identifiers=()) for number in range(200)]

    await asyncio.gather(bring(database, books, batch=30), bring(database, books, batch=30))

    assert (await count(database, Edition), await count(database, Work), await count(database, SourceRecord)) == (200, 200, 200)
    assert await bring(database, books) == Tally(unchanged=200)


async def test_pages_can_be_read_and_written_while_an_import_runs(database: Database) -> None:
    books = (record(str(number), f"Book {number}", identifiers=()) for number in range(3000))
    waits: list[float] = []

    async def reader(done: asyncio.Event) -> None:
        while not done.is_set():
            begun = time.perf_counter()
            await database.read(lambda session: works.newest(session, 5))
            async with database.transaction() as session:
                session.add(ImportRun(source="page", file="page"))
            waits.append(time.perf_counter() - begun)
            await asyncio.sleep(0.01)

    done = asyncio.Event()
    pages = asyncio.create_task(reader(done))
    await merge(database, books, source="opac", file="books.mrc")
    done.set()
    await pages

    assert len(waits) > 3
    assert max(waits) < 5, f"somebody waited {max(waits):.1f} s for a page"


async def test_parsing_happens_outside_of_the_event_loop(database: Database) -> None:
    seen: set[int] = set()

    def slow() -> Iterator[Record | Refused]:
        seen.add(threading.get_ident())
        yield record("1")

    await merge(database, slow(), source="opac", file="books.mrc")

    assert threading.get_ident() not in seen


async def test_a_book_is_found_by_its_numbers_and_never_by_its_title(database: Database) -> None:
    await bring(database, [record("1", identifiers=(("isbn", "9780142437247"), ("oclc", "697")))])

    def find(*pairs: tuple[str, str]) -> Awaitable[int | None]:
        return database.read(lambda session: works.find_by_identifiers(session, pairs))

    assert await find(("isbn", "9780000000000"), ("oclc", "697")) == 1
    assert await find(("isbn", "9780000000000")) is None
    assert await find(("title", "Moby-Dick")) is None
    assert await find() is None


async def test_lists_of_authors_and_subjects_count_works(database: Database) -> None:
    await bring(
        database,
        [record("1"), record("2", "Typee", identifiers=()), record("3", "1984", agents=(Agent("4 Non Blondes", "4 Non Blondes"),))],
    )

    authors = await database.read(lambda session: works.browse_authors(session, "m"))
    assert [(one.label, one.count) for one in authors.entries] == [("Melville, Herman", 2)]
    others = await database.read(lambda session: works.browse_authors(session, "#"))
    assert [one.label for one in others.entries] == ["4 Non Blondes"]
    page = await database.read(lambda session: works.author_page(session, authors.entries[0].id, limit=1))
    assert page is not None and (page.total, len(page.works)) == (2, 1)
    subject = await database.read(lambda session: works.subject_page(session, 1))
    assert subject is not None and subject.total == 3 and len(subject.related) == 1


async def test_every_real_file_is_imported_and_a_second_run_says_all_unchanged(
    database: Database, shared: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    files = sorted(path for path in (shared / "marc").rglob("*") if path.is_file() and path.name != "README.md")
    assert len(files) > 150
    folders: dict[str, Tally] = {}

    begun = time.process_time()
    for path in files:
        name = path.parent.name
        folders[name] = folders.get(name, Tally()) + await _import(database, path)
    spent = time.process_time() - begun
    again = [await _import(database, path) for path in files]

    with capsys.disabled():
        print(f"\n{'folder':20}{'new':>8}{'changed':>9}{'unchanged':>11}{'repeated':>10}{'refused':>9}")
        for name, tally in folders.items():
            print(f"{name:20}{tally.new:8}{tally.changed:9}{tally.unchanged:11}{tally.repeated:10}{tally.refused:9}")
        all_of_them = sum(folders.values(), Tally())
        editions, count_of_works = await count(database, Edition), await count(database, Work)
        rate = all_of_them.total / spent
        print(f"{all_of_them.total} records in {spent:.1f} CPU-s: {rate:.0f} a second; {editions} editions, {count_of_works} works")
    assert sum(folders.values(), Tally()).new > 4000
    assert all(tally.new == 0 and tally.changed == 0 for tally in again), "a second run must find nothing to do"
    assert sum(tally.refused for tally in again) == sum(tally.refused for tally in folders.values())
    assert await count(database, Edition) == await count(database, SourceRecord) == sum(tally.new for tally in folders.values())
    assert await count(database, Identifier) > 4000 and await count(database, WorkSubject) > 4000


async def _import(database: Database, path: Path) -> Tally:
    with path.open("rb") as stream:
        return await merge(database, read_records(stream, path.name), source=f"{path.parent.name}/{path.name}", file=path.name)
