"""A record as the rows it becomes: cut to what the columns hold, keys and all."""

from dataclasses import dataclass
from typing import Any

from community.catalog.folding import fold, words
from community.catalog.record import Agent, Record, Subject, content_hash, work_key

YEARS = range(-5000, 10000)
MOST_TEXT = 50_000  # characters of a description or a table of contents
FOR_EVER = ("isbn", "oclc", "lccn", "wikidata")  # numbers that mean one edition wherever they stand

Pair = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Prepared:
    """One record, ready to be written; whatever could go wrong with it alone has gone wrong before."""

    position: int
    source_key: str
    content_hash: str
    work_key: str
    edition: dict[str, Any]
    work: dict[str, Any]
    agents: dict[str, dict[str, Any]]  # by key
    contributions: tuple[Pair, ...]  # agent key and role
    subjects: dict[str, dict[str, Any]]  # by key
    series: dict[str, dict[str, Any]]  # by key
    volumes: tuple[Pair, ...]  # series key and volume
    identifiers: tuple[Pair, ...]
    raw: bytes
    raw_format: str

    @property
    def joining(self) -> list[Pair]:
        """The identifiers that bring editions of one work together."""
        return [pair for pair in self.identifiers if pair[0] in FOR_EVER]


def prepare(record: Record, source: str, position: int) -> Prepared:
    """Turn a record into rows. Raises ValueError when it has no title or no key."""
    if not record.title.strip():
        raise ValueError("It has no title.")
    if not record.source_key.strip():
        raise ValueError("It has no key.")
    agents = {agent_key(agent): agent for agent in reversed(record.agents)}
    subjects = {subject_key(subject): subject for subject in reversed(record.subjects)}
    volumes = {series_key(title): volume or "" for title, volume in reversed(record.series)}
    return Prepared(
        position=position,
        source_key=_source_key(record),
        content_hash=content_hash(record),
        work_key=fit(work_key(record), 500),
        edition=_edition(record, source),
        work=_work(record),
        agents={key: _agent(key, agent) for key, agent in agents.items() if key},
        contributions=tuple(dict.fromkeys((agent_key(agent), fit(agent.role, 10)) for agent in record.agents if agent_key(agent))),
        subjects={key: _subject(key, subject) for key, subject in subjects.items() if key},
        series={key: {"key": key, "title": fit(title, 500)} for title, _ in reversed(record.series) if (key := series_key(title))},
        volumes=tuple((key, fit(volume, 100)) for key, volume in volumes.items() if key),
        identifiers=tuple(dict.fromkeys((fit(scheme, 20), fit(value, 200)) for scheme, value in record.identifiers if value)),
        raw=record.raw,
        raw_format=fit(record.raw_format, 20),
    )


def agent_key(agent: Agent) -> str:
    """What two records must have in common to mean the same agent: folded sort name and dates.

    >>> agent_key(Agent("Herman Melville", "Melville, Herman", "1819-1891.")), agent_key(Agent("Ana Blandiana", "Blandiana, Ana"))
    ('melville herman|1819 1891', 'blandiana ana')
    """
    name = words(agent.sort_name) or fold(agent.sort_name)
    dates = words(agent.dates or "")
    return fit(f"{name}|{dates}" if dates and name else name, 500)


def subject_key(subject: Subject) -> str:
    """What two records must have in common to mean the same subject: the folded label."""
    return fit(words(subject.label) or fold(subject.label), 500)


def series_key(title: str) -> str:
    """What two records must have in common to mean the same series: the folded title.

    >>> series_key("Biblioteca Adelphi"), series_key("BIBLIOTECA ADELPHI :")
    ('biblioteca adelphi', 'biblioteca adelphi')
    """
    return fit(words(title) or fold(title), 500)


def fit(text: str, most: int) -> str:
    """Text that a column of so many characters holds, without what no database takes.

    >>> fit("Moby-Dick", 5), fit("a\\x00b", 5)
    ('Moby…', 'ab')
    """
    text = text.replace("\x00", "")
    return text if len(text) <= most else text[: most - 1] + "…"


def _maybe(text: str | None, most: int) -> str | None:
    return fit(text, most) if text else None


def _source_key(record: Record) -> str:
    return fit(record.source_key, 200)


def _edition(record: Record, source: str) -> dict[str, Any]:
    return {
        "source": fit(source, 100),
        "source_key": _source_key(record),
        "title": fit(record.title, 1000),
        "subtitle": _maybe(record.subtitle, 1000),
        "responsibility": _maybe(record.responsibility, 1000),
        "form": fit(record.form, 20),
        "publisher": _maybe(record.publisher, 500),
        "place": _maybe(record.place, 300),
        "year": _year(record),
        "year_text": _maybe(record.year_text, 100),
        "languages": list(record.languages),
        "extent": _maybe(record.extent, 300),
        "pages": record.pages if record.pages and 0 < record.pages < 1_000_000 else None,
        "description": fit(record.description, MOST_TEXT),
        "contents": fit(record.contents, MOST_TEXT),
        "audience": _maybe(record.audience, 20),
        "series": [fit(f"{title} ; {number}" if number else title, 500) for title, number in record.series],
        "links": [fit(f"{url} {label}".strip(), 2000) for url, label in record.links],
        "classification": [fit(f"{scheme} {value}", 200) for scheme, value in record.classification],
        "shelf_mark": _maybe(record.shelf_mark, 200),
    }


def _work(record: Record) -> dict[str, Any]:
    languages = record.original_languages or record.languages
    return {
        "title": fit(record.title, 1000),
        "sort_title": fit(fold(record.sort_title) or fold(record.title), 1000),
        "original_title": _maybe(record.uniform_title, 1000),
        "form": fit(record.form, 20),
        "language": languages[0][:3] if languages else None,
        "first_year": _year(record),
        "description": fit(record.description, MOST_TEXT),
    }


def _agent(key: str, agent: Agent) -> dict[str, Any]:
    return {
        "key": key,
        "name": fit(agent.name, 500),
        "sort_name": fit(agent.sort_name, 500),
        "dates": _maybe(agent.dates, 100),
        "identifiers": [f"{scheme} {value}" for scheme, value in agent.identifiers],
    }


def _subject(key: str, subject: Subject) -> dict[str, Any]:
    return {
        "key": key,
        "label": fit(subject.label, 500),
        "kind": fit(subject.kind, 10),
        "scheme": fit(subject.scheme, 50),
        "identifier": _maybe(subject.identifier, 500),
    }


def _year(record: Record) -> int | None:
    return record.year if record.year in YEARS else None
