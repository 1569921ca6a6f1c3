"""The door to tantivy: the fields of our index, and a query in the engine's own terms."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import tantivy
from tantivy import Document, Occur, Order
from tantivy import Query as Ask

from search.documents import WorkDocument
from search.query import Query, Sort, number, years
from search.words import LITTLE, reach, tokens

VERSION = "v1"  # an index of another version is not read, and filled anew

# Where a word is looked for, and what it weighs there.
WEIGHTS = {"title": 6.0, "other": 3.5, "agent": 3.0, "subject": 2.0, "series": 1.5, "text": 0.6}


def _schema() -> Any:
    builder = tantivy.SchemaBuilder()
    builder.add_unsigned_field("id", stored=True, indexed=True, fast=True)
    builder.add_unsigned_field("visible", indexed=True)
    for name in WEIGHTS:
        builder.add_text_field(name, tokenizer_name="whitespace", index_option="position")
    for name in ("number", "whole"):
        builder.add_text_field(name, tokenizer_name="raw", index_option="basic")
    for name in ("format", "language", "audience", "decade", "sort_title"):
        builder.add_text_field(name, tokenizer_name="raw", index_option="basic", fast=True)
    for name in ("subject_is", "author_is"):
        builder.add_text_field(name, stored=True, tokenizer_name="raw", index_option="basic", fast=True)
    builder.add_text_field("label", stored=True, tokenizer_name="raw", index_option="basic")
    builder.add_integer_field("year", indexed=True, fast=True)
    builder.add_integer_field("added", fast=True)
    builder.add_float_field("rating", fast=True)
    return builder.build()


SCHEMA = _schema()


def document(work: WorkDocument) -> Any:
    def words(*texts: str) -> list[str]:
        return [" ".join(tokens(text)) for text in texts]

    told: dict[str, Any] = {
        "id": work.id,
        "visible": int(work.is_visible),
        "title": words(work.title),
        "whole": words(work.title, *work.other_titles),
        "other": words(*work.subtitles, *work.other_titles),
        "agent": words(*work.agents),
        "subject": words(*work.subjects),
        "series": words(*work.series),
        "text": words(*work.publishers, work.description),
        "number": list(dict.fromkeys([*map(number, work.all_numbers), *work.all_numbers])),
        "format": list(work.forms),
        "language": list(work.languages),
        "audience": list(work.audiences),
        "decade": [work.decade] if work.decade else [],
        "subject_is": list(work.subjects),
        "author_is": list(work.agents),
        "label": [work.title, *work.other_titles],
        "sort_title": work.sort_title,
        "added": int(work.added_at.timestamp() * 1000),
    }
    if work.year is not None:
        told["year"] = work.year
    if work.rating is not None:
        told["rating"] = work.rating
    return Document.from_dict(told, SCHEMA)


def make(folder: Path) -> None:
    """A new, empty index in this folder."""
    tantivy.Index(SCHEMA, path=str(folder))


def open_at(folder: Path) -> Any:
    """The index in this folder; it shows what was written later when it is told to reload."""
    index = tantivy.Index.open(str(folder))
    index.config_reader("manual")
    return index


def send(writer: Any, documents: Iterable[WorkDocument], replaced: Sequence[int]) -> None:
    """Write these in place of what was there of those ids; when this returns, they are on the disk."""
    writer.delete_documents_by_query(Ask.term_set_query(SCHEMA, "id", list(replaced)))
    for one in documents:
        writer.add_document(document(one))
    writer.commit()


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
    """Every word as it was typed."""
    return _compose(query)


def begun(query: Query) -> Any:
    """Every word as it was typed; the last one may go on."""
    return _compose(query, goes_on=True)


def almost(query: Query) -> Any:
    """Every word as typed or almost so."""
    return _compose(query, goes_on=True, loosely=True)


def mostly(query: Query) -> Any:
    """All words but one, of three or more, as typed or almost so."""
    return _compose(query, goes_on=True, loosely=True, missing=1)


def _compose(query: Query, *, goes_on: bool = False, loosely: bool = False, missing: int = 0) -> Any:
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
                is_last = clause is query.clauses[-1] and at == len(clause.words)
                ways = _ways(places, word, goes_on=goes_on and is_last, loosely=loosely)
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


def near(place: str, word: str, wrong: int) -> Any:
    """Anybody may find it, and a field has a word within so many letters of this one."""
    return all_of([seen(), Ask.fuzzy_term_query(SCHEMA, place, word, distance=wrong)])


def going_on(words: Sequence[str]) -> Any:
    """Anybody may find it, and its titles or makers have all these words, the last perhaps only begun."""
    places = ("title", "other", "agent")
    whole = [_best(weighed(term(place, word), place) for place in places) for word in words[:-1]]
    return all_of([seen(), *whole, _best(weighed(beginning(place, words[-1]), place) for place in places)])
