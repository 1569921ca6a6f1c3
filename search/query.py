"""What somebody looks for: `author:calvino subject:sea isbn:9788804406822 format:film year:1990-2000 "exact words" words`."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from community.catalog.identifiers import isbn13, issn
from search.words import tokens

MOST_CLAUSES = 24  # words and phrases; nobody needs more, and somebody might send thousands
LONGEST = 500  # characters
MOST_SIZE = 100
MOST_PAGES = 500  # nobody leafs further; an index counts every page that it skips

FACETS = ("format", "language", "year", "subject", "author", "audience")
# What a reader may type before the colon, in the languages of the pages.
FIELDS = {
    "title": "title", "titolo": "title",
    "author": "author", "autore": "author", "by": "author",
    "subject": "subject", "soggetto": "subject",
    "series": "series", "serie": "series", "collana": "series",
    "isbn": "number", "issn": "number", "ean": "number", "shelf": "number", "collocazione": "number",
}  # fmt: skip
FILTERS = {
    "format": "format", "form": "format", "formato": "format",
    "language": "language", "lingua": "language",
    "year": "year", "anno": "year",
    "audience": "audience", "pubblico": "audience",
}  # fmt: skip
YEARS = re.compile(r"(-?\d{1,4})?\s*(-|–|\.\.)?\s*(\d{1,4})?")
PART = re.compile(r'(?:(?P<field>[^\W\d_]+):)?(?:"(?P<phrase>[^"]*)"?|(?P<word>[^\s"]+))')
NUMBER = re.compile(r"[\d\s-]{6,20}[xX]?")


class Sort(StrEnum):
    """In which order."""

    relevance = "relevance"
    newest = "newest"  # last come into the catalogue
    recent = "recent"  # by year, the latest first
    oldest = "oldest"
    alphabet = "title"
    rating = "rating"


@dataclass(frozen=True, slots=True)
class Clause:
    """Words that must be there: all of them, and as a phrase next to each other."""

    words: tuple[str, ...]  # folded
    field: str = ""  # title, author, subject, series, number; empty: anywhere
    phrase: bool = False


@dataclass(frozen=True, slots=True)
class Query:
    """What somebody looks for. Of the values of one filter any will do; all filters must hold."""

    text: str = ""  # as typed
    clauses: tuple[Clause, ...] = ()
    filters: tuple[tuple[str, tuple[str, ...]], ...] = ()
    facets: tuple[str, ...] = FACETS
    sort: Sort = Sort.relevance
    page: int = 1
    size: int = 20
    hidden: bool = False  # also what only staff may see

    @property
    def offset(self) -> int:
        """How many hits come before this page."""
        return (self.page - 1) * self.size

    @property
    def words(self) -> tuple[str, ...]:
        """The words that may be misspelt: those outside of phrases and numbers."""
        return tuple(word for clause in self.clauses if clause.field != "number" and not clause.phrase for word in clause.words)

    def without(self, name: str) -> "Query":
        """The same, not narrowed by this filter: what its other values would give."""
        return replace(self, filters=tuple(one for one in self.filters if one[0] != name))

    def with_words(self, better: Mapping[str, str]) -> "Query":
        """The same with other words."""
        clauses = tuple(
            clause
            if clause.phrase or clause.field == "number"
            else replace(clause, words=tuple(part for word in clause.words for part in tokens(better.get(word, word))))
            for clause in self.clauses
        )
        return replace(self, clauses=clauses)


def parse(
    text: str,
    *,
    filters: Iterable[tuple[str, str]] = (),
    sort: str = "",
    page: int = 1,
    size: int = 20,
    facets: tuple[str, ...] = FACETS,
    hidden: bool = False,
) -> Query:
    """Understand what was typed. Never raises: what is no field is words, an unknown sort is none.

    >>> parse('author:calvino year:1990-2000 "città invisibili"').clauses
    (Clause(words=('calvino',), field='author', phrase=False), Clause(words=('citta', 'invisibili'), field='', phrase=True))
    >>> parse('author:calvino year:1990-2000 "città invisibili"').filters
    (('year', ('1990-2000',)),)
    """
    text = " ".join(text[:LONGEST].split())
    chosen: dict[str, dict[str, None]] = {}
    for name, value in filters:
        _narrow(chosen, name, value)
    clauses: list[Clause] = []
    whole = isbn13(text) if NUMBER.fullmatch(text) else None
    if whole is not None:
        clauses.append(Clause((whole,), "number"))
    else:
        for match in PART.finditer(text):
            _read(match, clauses, chosen)
    return Query(
        text=text,
        clauses=tuple(clauses[:MOST_CLAUSES]),
        filters=tuple((name, tuple(values)) for name, values in chosen.items()),
        facets=tuple(name for name in facets if name in FACETS),
        sort=Sort(sort) if sort in set(Sort) else Sort.relevance,
        page=min(max(1, page), MOST_PAGES),
        size=min(max(1, size), MOST_SIZE),
        hidden=hidden,
    )


def years(value: str) -> tuple[int | None, int | None] | None:
    """The first and last year of `1990`, `1990-2000`, `1990-` or `-1950`; None when it is no year.

    >>> years("1990-2000"), years("1990"), years("1990-"), years("-1950"), years("soon")
    ((1990, 2000), (1990, 1990), (1990, None), (None, 1950), None)
    """
    value = value.strip()
    if value.startswith(("-", "–")):
        rest = value[1:].strip()
        return (None, int(rest)) if rest.isdecimal() and len(rest) <= 4 else None
    match = YEARS.fullmatch(value)
    if match is None or match[1] is None:
        return None
    first = int(match[1])
    if match[2] is None:
        return (first, first) if match[3] is None else None
    return (first, int(match[3]) if match[3] else None)


def number(text: str) -> str:
    """A number as the index keeps it: an ISBN in thirteen digits, an ISSN with its hyphen, anything else in small letters without spaces.

    >>> number("0-14-243724-7"), number("00280836"), number("ITA CAL 3")
    ('9780142437247', '0028-0836', 'itacal3')
    """
    return isbn13(text) or issn(text) or re.sub(r"[\s.]+", "", text).lower()


def _read(match: re.Match[str], clauses: list[Clause], chosen: dict[str, dict[str, None]]) -> None:
    name = (match["field"] or "").lower()
    value = match["phrase"] if match["phrase"] is not None else match["word"]
    if name in FILTERS and _narrow(chosen, FILTERS[name], value):
        return
    if FIELDS.get(name) == "number":
        clauses.append(Clause((number(value),), "number"))
        return
    if match["phrase"] is None and not name and (NUMBER.fullmatch(value) and isbn13(value)):
        clauses.append(Clause((number(value),), "number"))
        return
    known = FIELDS.get(name, "")
    if name and not known:
        value = f"{name} {value}"
    if words := tuple(tokens(value)):
        clauses.append(Clause(words, known, phrase=match["phrase"] is not None and len(words) > 1))


def _narrow(chosen: dict[str, dict[str, None]], name: str, value: str) -> bool:
    """Add a filter, unless there is no such filter or value."""
    name, value = FILTERS.get(name, name), value.strip()
    if name not in FACETS or not value or (name == "year" and years(value) is None):
        return False
    if name in {"format", "language", "audience"}:
        value = value.lower()
    chosen.setdefault(name, {})[value[:200]] = None
    return True
