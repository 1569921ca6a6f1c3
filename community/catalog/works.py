"""What pages read of the catalogue: few statements, frozen answers."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Select, TextClause, and_, exists, func, or_, select, text
from sqlalchemy.orm import InstrumentedAttribute, Session

from community.catalog.tables import Agent, Contribution, Edition, Identifier, Subject, Work, WorkSubject

CREATORS = frozenset({"", "aut", "cre", "art", "cmp", "drt", "ill", "pht", "lyr", "prf", "cartographer", "ctg", "cur", "pro"})
SIMILAR = 6  # titles in "You may also like"
TIES = 10  # subjects and agents of one title that count
NEIGHBOURS = 60  # works looked at per subject or agent: a heading of thousands says little, and must cost little
IDENTIFYING = ("isbn", "wikidata", "oclc", "lccn", "openlibrary", "ean", "ismn")


@dataclass(frozen=True, slots=True)
class AgentFact:
    """Who made it, and as what (a MARC relator code)."""

    id: int
    name: str
    sort_name: str
    dates: str | None
    role: str


@dataclass(frozen=True, slots=True)
class SubjectFact:
    """A heading."""

    id: int
    label: str
    kind: str


@dataclass(frozen=True, slots=True)
class EditionFacts:
    """One edition with its identifiers and makers."""

    id: int
    work_id: int
    source: str
    source_key: str
    title: str
    subtitle: str | None
    responsibility: str | None
    form: str
    publisher: str | None
    place: str | None
    year: int | None
    year_text: str | None
    languages: tuple[str, ...]
    extent: str | None
    pages: int | None
    description: str
    contents: str
    audience: str | None
    series: tuple[str, ...]
    links: tuple[str, ...]
    classification: tuple[str, ...]
    shelf_mark: str | None
    created_at: datetime
    changed_at: datetime
    removed_at: datetime | None
    identifiers: tuple[tuple[str, str], ...] = ()
    agents: tuple[AgentFact, ...] = ()

    def numbers(self, scheme: str) -> tuple[str, ...]:
        """Its identifiers of one scheme."""
        return tuple(value for known, value in self.identifiers if known == scheme)


@dataclass(frozen=True, slots=True)
class WorkCard:
    """A work in a list."""

    id: int
    title: str
    authors: tuple[str, ...]
    year: int | None
    form: str
    language: str | None
    shelf_mark: str | None
    touched_at: datetime


@dataclass(frozen=True, slots=True)
class WorkFacts:
    """All that the page of a work shows of the catalogue. A removed work still answers, with `removed_at`."""

    id: int
    title: str
    subtitle: str | None
    original_title: str | None
    form: str
    language: str | None
    first_year: int | None
    description: str
    created_at: datetime
    changed_at: datetime
    touched_at: datetime
    removed_at: datetime | None
    editions: tuple[EditionFacts, ...]
    agents: tuple[AgentFact, ...]
    subjects: tuple[SubjectFact, ...]
    series: tuple[str, ...]
    similar: tuple[WorkCard, ...]

    @property
    def identifiers(self) -> tuple[tuple[str, str], ...]:
        """Every number of its editions, each once: what another library may know this work by."""
        return tuple(dict.fromkeys(pair for edition in self.editions for pair in edition.identifiers))

    @property
    def authors(self) -> tuple[AgentFact, ...]:
        """Those who made it, without translators, editors and the like; everyone when nobody else is named."""
        return tuple(agent for agent in self.agents if agent.role in CREATORS) or self.agents


@dataclass(frozen=True, slots=True)
class EditionPage:
    """One edition, and the work that it belongs to."""

    edition: EditionFacts
    work: WorkCard


@dataclass(frozen=True, slots=True)
class AuthorPage:
    """A person or body, and a page of their works."""

    id: int
    name: str
    sort_name: str
    dates: str | None
    identifiers: tuple[str, ...]
    changed_at: datetime
    total: int
    works: tuple[WorkCard, ...]


@dataclass(frozen=True, slots=True)
class SubjectPage:
    """A heading, a page of the works under it, and headings that often stand beside it."""

    id: int
    label: str
    kind: str
    scheme: str
    identifier: str | None
    total: int
    works: tuple[WorkCard, ...]
    related: tuple[SubjectFact, ...]


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of an A to Z list."""

    id: int
    label: str
    count: int


@dataclass(frozen=True, slots=True)
class Browse:
    """A page of an A to Z list."""

    total: int
    entries: tuple[Entry, ...]


def work_page_facts(session: Session, work_id: int, *, similar: int = SIMILAR) -> WorkFacts | None:
    """Everything of the catalogue that the page of a work shows, or None when there never was such a work."""
    work = session.execute(select(*(getattr(Work, name) for name in _WORK)).where(Work.id == work_id)).mappings().first()
    if work is None:
        return None
    editions = _editions(session, and_(Edition.work_id == work_id, Edition.removed_at.is_(None)))
    subjects = session.execute(
        select(Subject.id, Subject.label, Subject.kind)
        .join(WorkSubject, WorkSubject.subject_id == Subject.id)
        .where(WorkSubject.work_id == work_id)
        .order_by(Subject.label)
    )
    headings = tuple(SubjectFact(*row) for row in subjects)
    agents = _everyone(editions)
    nearby = _neighbours(session, work_id, [one.id for one in headings], [one.id for one in agents], similar) if similar else []
    return WorkFacts(
        **work,
        subtitle=next((one.subtitle for one in editions if one.subtitle and one.title == work["title"]), None),
        editions=editions,
        agents=agents,
        subjects=headings,
        series=tuple(dict.fromkeys(name for one in editions for name in one.series)),
        similar=cards(session, nearby),
    )


def edition(session: Session, edition_id: int) -> EditionPage | None:
    """One edition and its work, or None when there never was such an edition."""
    found = _editions(session, Edition.id == edition_id)
    if not found:
        return None
    work = cards(session, [found[0].work_id], removed=True)
    return EditionPage(found[0], work[0])


def cards(session: Session, work_ids: Sequence[int], *, removed: bool = False) -> tuple[WorkCard, ...]:
    """These works as lists show them, in this order; those that were removed are left out unless asked for."""
    if not work_ids:
        return ()
    wanted = select(Work.id, Work.title, Work.first_year, Work.form, Work.language, Work.touched_at).where(Work.id.in_(work_ids))
    rows = {row.id: row for row in session.execute(wanted if removed else wanted.where(Work.removed_at.is_(None)))}
    makers: dict[int, dict[str, None]] = defaultdict(dict)
    helpers: dict[int, dict[str, None]] = defaultdict(dict)
    for row in session.execute(
        select(Contribution.work_id, Contribution.role, Agent.name)
        .join(Agent, Agent.id == Contribution.agent_id)
        .where(Contribution.work_id.in_(work_ids))
        .order_by(Contribution.work_id, Contribution.edition_id, Contribution.position)
    ):
        (makers if row.role in CREATORS else helpers)[row.work_id].setdefault(row.name)
    marks: dict[int, str | None] = {}
    for work_id, mark in session.execute(
        select(Edition.work_id, Edition.shelf_mark)
        .where(Edition.work_id.in_(work_ids), Edition.shelf_mark.is_not(None), Edition.removed_at.is_(None))
        .order_by(Edition.id)
    ):
        marks.setdefault(work_id, mark)
    return tuple(
        WorkCard(
            id=one,
            title=rows[one].title,
            authors=tuple(makers.get(one) or helpers.get(one) or ())[:3],
            year=rows[one].first_year,
            form=rows[one].form,
            language=rows[one].language,
            shelf_mark=marks.get(one),
            touched_at=rows[one].touched_at,
        )
        for one in work_ids
        if one in rows
    )


def author_page(session: Session, agent_id: int, limit: int = 20, offset: int = 0) -> AuthorPage | None:
    """A person or body and their works, newest first, or None."""
    agent = session.execute(
        select(Agent.id, Agent.name, Agent.sort_name, Agent.dates, Agent.identifiers, Agent.changed_at).where(Agent.id == agent_id)
    ).first()
    if agent is None:
        return None
    theirs = select(Contribution.work_id).where(Contribution.agent_id == agent_id)
    total, works = _page(session, theirs, limit, offset)
    return AuthorPage(agent.id, agent.name, agent.sort_name, agent.dates, tuple(agent.identifiers), agent.changed_at, total, works)


def subject_page(session: Session, subject_id: int, limit: int = 20, offset: int = 0) -> SubjectPage | None:
    """A heading and the works under it, newest first, or None."""
    subject = session.execute(
        select(Subject.id, Subject.label, Subject.kind, Subject.scheme, Subject.identifier).where(Subject.id == subject_id)
    ).first()
    if subject is None:
        return None
    total, works = _page(session, select(WorkSubject.work_id).where(WorkSubject.subject_id == subject_id), limit, offset)
    some = select(WorkSubject.work_id).where(WorkSubject.subject_id == subject_id).limit(NEIGHBOURS * 4).subquery()
    beside = session.execute(
        select(Subject.id, Subject.label, Subject.kind)
        .join(WorkSubject, WorkSubject.subject_id == Subject.id)
        .join(some, some.c.work_id == WorkSubject.work_id)
        .where(Subject.id != subject_id)
        .group_by(Subject.id, Subject.label, Subject.kind)
        .having(func.count() > 1)
        .order_by(func.count().desc(), Subject.label)
        .limit(12)
    )
    return SubjectPage(*subject, total=total, works=works, related=tuple(SubjectFact(*row) for row in beside))


def newest(session: Session, limit: int = 12, offset: int = 0) -> tuple[WorkCard, ...]:
    """The works that came into the catalogue last."""
    ids = session.scalars(
        select(Work.id).where(Work.removed_at.is_(None)).order_by(Work.created_at.desc(), Work.id.desc()).limit(limit).offset(offset)
    )
    return cards(session, list(ids))


def browse_authors(session: Session, letter: str | None = None, limit: int = 100, offset: int = 0) -> Browse:
    """Authors in order of their names: those that begin with a letter, or all. `#` is all that no letter of a to z begins."""
    held = exists().where(Contribution.agent_id == Agent.id, Contribution.work_id == Work.id, Work.removed_at.is_(None))
    where = and_(_begins(Agent.key, letter), held)
    rows = session.execute(select(Agent.id, Agent.sort_name).where(where).order_by(Agent.key).limit(limit).offset(offset)).all()
    counts = _counts(session, Contribution.agent_id, Contribution.work_id, [row.id for row in rows])
    total = session.scalar(select(func.count()).select_from(Agent).where(where)) or 0
    return Browse(total, tuple(Entry(row.id, row.sort_name, counts[row.id]) for row in rows))


def browse_subjects(session: Session, letter: str | None = None, limit: int = 100, offset: int = 0) -> Browse:
    """Headings in order: those that begin with a letter, or all. `#` is all that no letter of a to z begins."""
    held = exists().where(WorkSubject.subject_id == Subject.id, WorkSubject.work_id == Work.id, Work.removed_at.is_(None))
    where = and_(_begins(Subject.key, letter), held)
    rows = session.execute(select(Subject.id, Subject.label).where(where).order_by(Subject.key).limit(limit).offset(offset)).all()
    counts = _counts(session, WorkSubject.subject_id, WorkSubject.work_id, [row.id for row in rows])
    total = session.scalar(select(func.count()).select_from(Subject).where(where)) or 0
    return Browse(total, tuple(Entry(row.id, row.label, counts[row.id]) for row in rows))


def find_by_identifiers(session: Session, identifiers: Iterable[tuple[str, str]]) -> int | None:
    """The work that has an edition of one of these numbers; the first number that we know decides. Never by title."""
    pairs = [pair for pair in dict.fromkeys(identifiers) if pair[0] in IDENTIFYING and pair[1]]
    if not pairs:
        return None
    rows = session.execute(
        select(Identifier.scheme, Identifier.value, func.min(Edition.work_id))
        .join(Edition, Edition.id == Identifier.edition_id)
        .join(Work, Work.id == Edition.work_id)
        .where(or_(*(and_(Identifier.scheme == scheme, Identifier.value == value) for scheme, value in pairs)))
        .where(Edition.removed_at.is_(None), Work.removed_at.is_(None))
        .group_by(Identifier.scheme, Identifier.value)
    )
    known = {(scheme, value): int(work_id) for scheme, value, work_id in rows}
    return next((known[pair] for pair in pairs if pair in known), None)


_WORK = tuple(column.name for column in Work.__table__.columns if column.name not in {"key", "sort_title", "announced_at"})
_EDITION = tuple(column.name for column in Edition.__table__.columns if column.name != "source_hash")
_LISTS = frozenset({"languages", "series", "links", "classification"})


def _editions(session: Session, where: ColumnElement[bool]) -> tuple[EditionFacts, ...]:
    columns = [getattr(Edition, name) for name in _EDITION]
    rows = session.execute(select(*columns).where(where).order_by(Edition.year.desc().nulls_last(), Edition.id)).mappings().all()
    ids = [row["id"] for row in rows]
    numbers: dict[int, list[tuple[str, str]]] = defaultdict(list)
    agents: dict[int, list[AgentFact]] = defaultdict(list)
    if ids:
        for edition_id, scheme, value in session.execute(
            select(Identifier.edition_id, Identifier.scheme, Identifier.value).where(Identifier.edition_id.in_(ids)).order_by(Identifier.id)
        ):
            numbers[edition_id].append((scheme, value))
        makers: Any = session.execute(
            select(Contribution.edition_id, Agent.id, Agent.name, Agent.sort_name, Agent.dates, Contribution.role)
            .join(Agent, Agent.id == Contribution.agent_id)
            .where(Contribution.edition_id.in_(ids))
            .order_by(Contribution.position, Contribution.id)
        )
        for edition_id, *agent in makers:
            agents[edition_id].append(AgentFact(*agent))
    return tuple(_edition(row, numbers[row["id"]], agents[row["id"]]) for row in rows)


def _edition(row: Any, numbers: list[tuple[str, str]], agents: list[AgentFact]) -> EditionFacts:
    values: dict[str, Any] = {name: tuple(row[name] or ()) if name in _LISTS else row[name] for name in _EDITION}
    return EditionFacts(**values, identifiers=tuple(numbers), agents=tuple(agents))


def _everyone(editions: Iterable[EditionFacts]) -> tuple[AgentFact, ...]:
    """Each maker once per role, the first edition's order first."""
    oldest_first = sorted(editions, key=lambda one: one.id)
    return tuple({(agent.id, agent.role): agent for one in reversed(oldest_first) for agent in reversed(one.agents)}.values())[::-1]


def _neighbours(session: Session, work_id: int, subjects: list[int], agents: list[int], most: int) -> list[int]:
    """Works that share makers or subjects with this one, the rarest tie first."""
    tied = [*(("s", one) for one in subjects[:TIES]), *(("a", one) for one in dict.fromkeys(agents[:TIES]))]
    if not tied:
        return []
    values = {f"tie_{place}": one for place, (_, one) in enumerate(tied)}
    rows = session.execute(_neighbourhood("".join(kind for kind, _ in tied)), {"work": work_id, "most": NEIGHBOURS, **values})
    shared: dict[int, set[int]] = defaultdict(set)
    for tie, other in rows:
        shared[tie].add(other)
    weight: dict[int, float] = defaultdict(float)
    for others in shared.values():
        for other in others:
            weight[other] += 1 / len(others)
    return sorted(weight, key=lambda other: (-weight[other], other))[:most]


@cache
def _neighbourhood(ties: str) -> TextClause:
    """The statement for so many ties. As text: to compose twenty limited subqueries anew would cost more than to run them."""
    tables = {"s": ("work_subjects", "subject_id"), "a": ("contributions", "agent_id")}
    parts = [
        f"SELECT {place} AS tie, work_id FROM (SELECT work_id FROM {tables[kind][0]}"
        f" WHERE {tables[kind][1]} = :tie_{place} AND work_id <> :work LIMIT :most) AS some_{place}"
        for place, kind in enumerate(ties)
    ]
    return text(" UNION ALL ".join(parts))


def _page(session: Session, ids: Select[Any], limit: int, offset: int) -> tuple[int, tuple[WorkCard, ...]]:
    where = and_(Work.id.in_(ids), Work.removed_at.is_(None))
    order = (Work.first_year.desc().nulls_last(), Work.sort_title, Work.id)
    total = session.scalar(select(func.count()).select_from(Work).where(where)) or 0
    found = session.scalars(select(Work.id).where(where).order_by(*order).limit(limit).offset(offset))
    return total, cards(session, list(found))


def _begins(key: InstrumentedAttribute[str], letter: str | None) -> ColumnElement[bool]:
    if not letter:
        return key != ""
    if letter == "#":
        return or_(key < "a", key >= "{")
    letter = letter[0].lower()
    if "a" <= letter <= "z":
        return and_(key >= letter, key < ("{" if letter == "z" else chr(ord(letter) + 1)))
    return key.startswith(letter, autoescape=True)


def _counts(session: Session, whose: Any, what: Any, ids: list[int]) -> dict[int, int]:
    if not ids:
        return {}
    return dict(session.execute(select(whose, func.count(what.distinct())).where(whose.in_(ids)).group_by(whose)).tuples().all())
