"""A query in the engine's own terms."""

from collections.abc import Callable, Iterable
from typing import Any

import tantivy
from tantivy import Occur, Order
from tantivy import Query as Ask

from search.embedded.schema import SCHEMA, WEIGHTS
from search.query import Query, Sort, years
from search.words import LITTLE, reach

PLACES = {"": tuple(WEIGHTS), "title": ("title", "other"), "author": ("agent",), "subject": ("subject",), "series": ("series",)}
BEGUN, ALMOST, WHOLE = 0.3, 0.2, 12.0  # weights of a word's beginning, of one almost so, of the whole title
# What narrows, and the field that holds it.
NARROW = {
    "format": "format",
    "language": "language",
    "subject": "subject_is",
    "author": "author_is",
    "audience": "audience",
    "year": "decade",
}
ORDER = {
    Sort.newest: ("added", Order.Desc),
    Sort.recent: ("year", Order.Desc),
    Sort.oldest: ("year", Order.Asc),
    Sort.alphabet: ("sort_title", Order.Asc),
    Sort.rating: ("rating", Order.Desc),
}


def exact(query: Query) -> Any:
    """Every word as it was typed; the last one may go on."""
    return _compose(query, loosely=False, missing=0)


def almost(query: Query) -> Any:
    """Every word as typed or almost so."""
    return _compose(query, loosely=True, missing=0)


def mostly(query: Query) -> Any:
    """All words but one, of three or more, as typed or almost so."""
    return _compose(query, loosely=True, missing=1)


def _compose(query: Query, *, loosely: bool, missing: int) -> Any:
    must = _filters(query)
    plain: list[Any] = []
    little: list[Any] = []
    for clause in query.clauses:
        places = PLACES.get(clause.field, ())
        if clause.field == "number":
            must.append(term("number", clause.words[0]))
        elif clause.phrase:
            must.append(_best(weighed(Ask.phrase_query(SCHEMA, place, list(clause.words)), place) for place in places))
        else:
            for at, word in enumerate(clause.words, start=1):
                goes_on = clause is query.clauses[-1] and at == len(clause.words)
                ways = _ways(places, word, goes_on=goes_on, loosely=loosely)
                if not clause.field:
                    ways.append(Ask.boost_query(term("number", word), 2.0))
                (little if word in LITTLE and not clause.field else plain).append(_best(ways))
    if not plain:
        plain, little = little, []
    if missing and len(plain) > 2:
        must.append(Ask.boolean_query([(Occur.Should, one) for one in plain], len(plain) - missing))
    else:
        must += plain
    if whole := [word for clause in query.clauses if clause.field in ("", "title") for word in clause.words]:
        little.append(Ask.boost_query(Ask.const_score_query(term("whole", " ".join(whole)), 1.0), WHOLE))
    return Ask.boolean_query([*((Occur.Must, one) for one in must or [Ask.all_query()]), *((Occur.Should, one) for one in little)])


def _ways(places: Iterable[str], word: str, *, goes_on: bool, loosely: bool) -> list[Any]:
    """All the ways in which a word may be there."""
    found: list[Any] = []
    for place in places:
        found.append(weighed(term(place, word), place))
        if goes_on and len(word) > 2 and place != "text":
            found.append(Ask.boost_query(weighed(beginning(place, word), place), BEGUN))
        if loosely and reach(word):
            fuzzy = Ask.fuzzy_term_query(SCHEMA, place, word, distance=reach(word))
            found.append(Ask.boost_query(weighed(fuzzy, place), ALMOST))
    return found


def term(place: str, word: str) -> Any:
    """A field has this word."""
    return Ask.term_query(SCHEMA, place, word)


def beginning(place: str, word: str) -> Any:
    """A field has a word that begins so."""
    return Ask.fuzzy_term_query(SCHEMA, place, word, distance=0, prefix=True)


def weighed(asked: Any, place: str) -> Any:
    """With the weight that the field has."""
    return Ask.boost_query(asked, WEIGHTS[place])


def anywhere(places: Iterable[str], ask: Callable[[str], Any]) -> Any:
    """In the best of these fields."""
    return _best(weighed(ask(place), place) for place in places)


def all_of(asked: Iterable[Any]) -> Any:
    """All of these hold."""
    return Ask.boolean_query([(Occur.Must, one) for one in asked])


def _best(ways: Iterable[Any]) -> Any:
    """The best way counts, the others a little."""
    return Ask.disjunction_max_query(list(ways), 0.1)


def seen() -> Any:
    """Anybody may find it."""
    return Ask.const_score_query(Ask.term_query(SCHEMA, "visible", 1), 0.0)


def _filters(query: Query) -> list[Any]:
    found = [] if query.hidden else [seen()]
    for name, values in query.filters:
        asked = [_period(value) if name == "year" else term(NARROW[name], value) for value in values]
        found.append(Ask.const_score_query(Ask.boolean_query([(Occur.Should, one) for one in asked]), 0.0))
    return found


def _period(value: str) -> Any:
    first, last = years(value) or (None, None)
    return Ask.range_query(SCHEMA, "year", tantivy.FieldType.Integer, first, last)


def order(query: Query) -> tuple[str, Any] | None:
    """The field to sort by, and which way; None for the best first. Nothing asked: the newest first."""
    if query.sort is Sort.relevance:
        return None if query.clauses else ORDER[Sort.newest]
    return ORDER[query.sort]
