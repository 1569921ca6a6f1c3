"""What every engine must find. One suite for all of them."""

import asyncio
from dataclasses import replace

import pytest

from search.index import SearchIndex
from search.query import parse
from tests.search.conftest import BOOKS, work


async def ids(index: SearchIndex, text: str, *filters: tuple[str, str], sort: str = "", size: int = 20, page: int = 1) -> list[int]:
    return (await index.search(parse(text, filters=filters, sort=sort, size=size, page=page))).ids


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("citta invisibili", [2]),
        ("CITTÀ", [2]),
        ("etranger", [4]),
        ("l'étranger", [4]),
        ("moby dick", [1]),
        ("the baron in the trees", [3]),
        ("straina", [8]),
        ("東京", [7]),
        ("物語", [7]),
        ("maman", [4]),
        ("songs of the world", [6]),
    ],
)
async def test_a_title_is_found_however_it_is_written(shelf: SearchIndex, text: str, found: list[int]) -> None:
    assert (await ids(shelf, text))[: len(found)] == found


async def test_two_words_typed_as_one_are_understood(shelf: SearchIndex) -> None:
    results = await shelf.search(parse("mobydick"))

    assert 1 in results.ids or results.did_you_mean == "moby dick"


async def test_a_misspelt_author_is_found_all_the_same_and_the_right_name_is_offered(shelf: SearchIndex) -> None:
    results = await shelf.search(parse("calvio barone"))

    assert results.ids[0] == 3
    assert results.did_you_mean == "calvino barone"


async def test_a_suggestion_is_in_the_spelling_of_the_catalogue(shelf: SearchIndex) -> None:
    results = await shelf.search(parse("cittá invisibli"))

    assert results.ids == [2]
    assert results.did_you_mean == "cittá invisibili"


async def test_what_is_spelt_right_is_not_doubted(shelf: SearchIndex) -> None:
    assert (await shelf.search(parse("calvino"))).did_you_mean is None
    assert (await shelf.search(parse("melv"))).did_you_mean is None


@pytest.mark.parametrize(
    "text",
    ["9780142437247", "978-0-14-243724-7", "0142437247", "0-14-243724-7", "978 0 14 243724 7", "isbn:0142437247", "isbn:978-0-14-243724-7"],
)
async def test_a_book_is_found_by_any_form_of_its_isbn(shelf: SearchIndex, text: str) -> None:
    assert await ids(shelf, text) == [1]


async def test_a_book_is_found_by_its_shelf_mark(shelf: SearchIndex) -> None:
    assert await ids(shelf, 'shelf:"ROM 821 PET"') == [8]


async def test_the_beginning_of_the_last_word_is_enough(shelf: SearchIndex) -> None:
    assert sorted(await ids(shelf, "italo calv")) == [2, 3]
    assert await ids(shelf, "moby di") == [1]


async def test_a_title_weighs_more_than_a_subject_and_a_whole_title_most(index: SearchIndex) -> None:
    await index.put(
        [
            work(1, "Cooking", "X Y", subjects=("Whales",)),
            work(2, "Whales", "X Y"),
            work(3, "Whales, dolphins and other animals of the sea", "X Y"),
            work(4, "A life", "Whales Smith"),
            *(work(number, f"Other books, volume {number}", "X Y", subjects=("Others",)) for number in range(10, 60)),
        ]
    )

    assert await ids(index, "whales") == [2, 3, 4, 1]


async def test_a_field_is_searched_alone(shelf: SearchIndex) -> None:
    assert await ids(shelf, "author:reed subject:whaling") == [5]
    assert sorted(await ids(shelf, "subject:whaling")) == [1, 5]
    assert await ids(shelf, "title:whale") == [5]
    assert await ids(shelf, "author:calvino barone") == [3]
    assert await ids(shelf, "author:whaling") == []


async def test_a_phrase_must_stand_as_it_was_typed(shelf: SearchIndex) -> None:
    assert await ids(shelf, '"whale and the city"') == [5]
    assert await ids(shelf, '"city whale"') == []


async def test_filters_narrow_and_facets_count_what_each_value_would_give(shelf: SearchIndex) -> None:
    everything = await shelf.search(parse(""))
    assert everything.total == 9
    assert everything.facets["format"] == (("book", 6), ("film", 2), ("music", 1))
    assert dict(everything.facets["language"]) == {"eng": 4, "ita": 2, "fre": 1, "jpn": 1, "rum": 1, "swe": 1}
    assert dict(everything.facets["subject"])["Whaling"] == 2
    assert dict(everything.facets["year"])["1950-1959"] == 2
    assert dict(everything.facets["author"])["Italo Calvino"] == 2
    assert dict(everything.facets["audience"]) == {"adult": 1}

    films = await shelf.search(parse("", filters=[("format", "film")]))
    assert sorted(films.ids) == [5, 7]
    assert dict(films.facets["format"]) == {"book": 6, "film": 2, "music": 1}, "the other values of a filter in use can still be chosen"
    assert dict(films.facets["language"]) == {"eng": 1, "jpn": 1}

    both = await shelf.search(parse("", filters=[("format", "film"), ("format", "music"), ("language", "eng")]))
    assert sorted(both.ids) == [5, 6]
    assert await ids(shelf, "language:ita year:1960-1980") == [2]
    assert sorted(await ids(shelf, "", ("year", "-1900"))) == [1, 10]
    assert await ids(shelf, "", ("subject", "Sea stories")) == [1]


async def test_the_order_can_be_chosen(shelf: SearchIndex) -> None:
    assert (await ids(shelf, "", sort="newest"))[:3] == [10, 8, 7]
    assert (await ids(shelf, ""))[:3] == [10, 8, 7], "with nothing asked the newest come first"
    assert (await ids(shelf, "", sort="recent"))[:3] == [6, 5, 2]
    assert (await ids(shelf, "", sort="oldest"))[:3] == [10, 1, 4]
    assert (await ids(shelf, "", sort="rating"))[:3] == [10, 1, 5]
    assert await ids(shelf, "melville", sort="title") == [1, 10]
    assert await ids(shelf, "melville", sort="oldest") == [10, 1]


async def test_pages_follow_one_another_without_gaps(shelf: SearchIndex) -> None:
    pages = [await ids(shelf, "", sort="oldest", size=4, page=number) for number in (1, 2, 3, 4)]

    assert [len(page) for page in pages] == [4, 4, 1, 0]
    assert len({one for page in pages for one in page}) == 9


async def test_what_only_staff_may_see_is_not_found_by_readers(shelf: SearchIndex) -> None:
    assert await ids(shelf, "staff alone") == []
    assert 9 not in await ids(shelf, "melville")
    assert await shelf.suggest("a book for sta") == ()
    assert (await shelf.search(parse("staff alone", hidden=True))).ids == [9]


async def test_a_changed_work_is_found_by_its_new_words_only(shelf: SearchIndex) -> None:
    await shelf.put([replace(BOOKS[9], title="Omoo", agents=("H. Melville",))])

    assert await ids(shelf, "omoo") == [10]
    assert await ids(shelf, "typee") == []
    assert (await shelf.search(parse(""))).total == 9


async def test_a_dropped_work_is_not_found(shelf: SearchIndex) -> None:
    await shelf.drop([1, 2, 999])

    assert await ids(shelf, "moby") == []
    assert (await shelf.health()).documents == 8


async def test_suggestions_go_on_as_the_reader_has_begun(shelf: SearchIndex) -> None:
    assert "Le città invisibili" in await shelf.suggest("citta inv")
    assert "Italo Calvino" in await shelf.suggest("calv")
    assert await shelf.suggest("   ") == ()


async def test_an_index_can_be_rebuilt_while_it_answers(shelf: SearchIndex) -> None:
    fresh = await shelf.beside()
    for one in BOOKS[:5]:
        await fresh.put([replace(one, title=f"New {one.title}")])
        assert (await shelf.search(parse(""))).total == 9, "the old one answers until the new one is whole"

    await shelf.swap(fresh)
    await fresh.close()

    assert (await shelf.search(parse(""))).total == 5
    assert await ids(shelf, "new moby dick") == [1]
    await shelf.put([BOOKS[9]])
    assert await ids(shelf, "typee") == [10]


async def test_an_index_of_nothing_answers_with_nothing(index: SearchIndex) -> None:
    assert (await index.search(parse("whale"))).total == 0
    assert await index.suggest("wha") == ()
    health = await index.health()
    assert health.ok and health.documents == 0


async def test_the_event_loop_is_never_blocked(shelf: SearchIndex) -> None:
    turns = 0

    async def other_people() -> None:
        nonlocal turns
        while True:
            await asyncio.sleep(0)
            turns += 1

    others = asyncio.create_task(other_people())
    await asyncio.sleep(0)
    before = turns
    await shelf.put(BOOKS)
    await shelf.search(parse("whale"))
    others.cancel()

    assert turns > before + 10
    with pytest.raises(asyncio.CancelledError):
        await others


@pytest.mark.parametrize(
    "text", ['"', "author:", 'author:"', ":::", "(whale OR", "a AND b", "*", "year:soon", "\x00", "whale " * 400, "title:\\", "'", "-whale"]
)
async def test_nothing_that_anybody_types_is_an_error(shelf: SearchIndex, text: str) -> None:
    assert (await shelf.search(parse(text))).total >= 0
    assert len(await shelf.suggest(text)) >= 0
