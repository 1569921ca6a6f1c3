"""What is typed is understood, whatever it is."""

import pytest

from search.query import MOST_CLAUSES, MOST_PAGES, MOST_SIZE, Clause, Sort, parse, years


def test_fields_filters_and_phrases_are_told_apart() -> None:
    query = parse('author:calvino subject:sea isbn:88-04-40682-8 language:ita format:film year:1990-2000 "exact words" words')

    assert query.clauses == (
        Clause(("calvino",), "author"),
        Clause(("sea",), "subject"),
        Clause(("9788804406822",), "number"),
        Clause(("exact", "words"), phrase=True),
        Clause(("words",)),
    )
    assert query.filters == (("language", ("ita",)), ("format", ("film",)), ("year", ("1990-2000",)))


def test_words_may_be_italian() -> None:
    query = parse('autore:"Italo Calvino" anno:1972 lingua:ITA')

    assert query.clauses == (Clause(("italo", "calvino"), "author", phrase=True),)
    assert query.filters == (("year", ("1972",)), ("language", ("ita",)))


def test_a_colon_in_a_title_is_no_field() -> None:
    assert parse("Sapiens: a brief history").clauses[0] == Clause(("sapiens",))
    assert parse("2001:odyssey").clauses == (
        Clause(
            ("2001", "odyssey"),
        ),
    )
    assert parse("dune:messiah").clauses == (
        Clause(
            ("dune", "messiah"),
        ),
    )


def test_a_year_that_is_none_is_words() -> None:
    query = parse("year:soon")

    assert query.filters == () and query.clauses == (Clause(("year", "soon")),)


def test_filters_of_a_form_and_of_the_text_are_one() -> None:
    query = parse("whale format:film", filters=[("format", "Music"), ("shoe-size", "42"), ("year", "x"), ("language", " ")])

    assert query.filters == (("format", ("music", "film")),)
    assert query.without("format").filters == ()


@pytest.mark.parametrize("number", ["9780142437247", "0142437247", "978-0-14-243724-7", "978 0 14 243724 7"])
def test_a_bare_isbn_is_a_number(number: str) -> None:
    assert parse(number).clauses == (Clause(("9780142437247",), "number"),)
    assert parse("1984").clauses == (Clause(("1984",)),)


def test_what_is_asked_is_kept_within_bounds() -> None:
    query = parse("word " * 1000, page=10**9, size=10**9, sort="sideways", facets=("format", "password"))

    assert len(query.clauses) <= MOST_CLAUSES
    assert (query.page, query.size, query.sort, query.facets) == (MOST_PAGES, MOST_SIZE, Sort.relevance, ("format",))
    assert parse("", page=-5, size=0).offset == 0


def test_years_are_read_from_either_end() -> None:
    assert years("1990–2000") == (1990, 2000)
    assert years("1990..2000") == (1990, 2000)
    assert years("12345") is None and years("") is None and years("-") is None
