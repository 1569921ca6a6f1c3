"""What pages read of the catalogue: few statements, frozen answers."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any, cast

from sqlalchemy import BindParameter, ColumnElement, Select, Table, TextClause, and_, bindparam, exists, func, or_, select, text
from sqlalchemy.orm import InstrumentedAttribute, Session

from community.catalog.facts import (
    CREATORS,
    AgentFact,
    AuthorPage,
    Browse,
    EditionFacts,
    EditionPage,
    Entry,
    SubjectFact,
    SubjectPage,
    WorkCard,
    WorkFacts,
)
from community.catalog.tables import Agent, Contribution, Edition, Identifier, Subject, Work, WorkSubject
from community.prepared import Prepared

SIMILAR = 6  # titles in "You may also like"
TIES = 10  # subjects and agents of one title that count
NEIGHBOURS = 60  # works looked at per subject or agent: a heading of thousands says little, and must cost little
IDENTIFYING = ("isbn", "wikidata", "oclc", "lccn", "openlibrary", "ean", "ismn")


def work_page_facts(session: Session, work_id: int, *, similar: int = SIMILAR) -> WorkFacts | None:
    """Everything of the catalogue that the page of a work shows, or None when there never was such a work."""
    work = next(iter(_WORK.records(session, {"id": work_id})), None)
    if work is None:
        return None
    editions = _editions(session, _EDITIONS_OF_WORK, work_id)
    headings = tuple(SubjectFact(*row) for row in _SUBJECTS_OF_WORK.rows(session, {"id": work_id}))
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
    found = _editions(session, _ONE_EDITION, edition_id)
    if not found:
        return None
    work = cards(session, [found[0].work_id], removed=True)
    return EditionPage(found[0], work[0])


def cards(session: Session, work_ids: Sequence[int], *, removed: bool = False) -> tuple[WorkCard, ...]:
    """These works as lists show them, in this order; those that were removed are left out unless asked for."""
    if not work_ids:
        return ()
    some = {"ids": list(work_ids)}
    rows = {row["id"]: row for row in _CARDS.records(session, some) if removed or row["removed_at"] is None}
    makers: dict[int, dict[str, None]] = defaultdict(dict)
    helpers: dict[int, dict[str, None]] = defaultdict(dict)
    for work_id, role, name in _MAKERS_OF_WORKS.rows(session, some):
        (makers if role in CREATORS else helpers)[work_id].setdefault(name)
    marks: dict[int, str | None] = {}
    for work_id, mark in _MARKS_OF_WORKS.rows(session, some):
        marks.setdefault(work_id, mark)
    return tuple(
        WorkCard(
            id=one,
            title=rows[one]["title"],
            authors=tuple(makers.get(one) or helpers.get(one) or ())[:3],
            year=rows[one]["first_year"],
            form=rows[one]["form"],
            language=rows[one]["language"],
            shelf_mark=marks.get(one),
            touched_at=rows[one]["touched_at"],
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


_WORKS, _EDITIONS, _SUBJECTS, _AGENTS = (cast(Table, kind.__table__).c for kind in (Work, Edition, Subject, Agent))
_MADE, _ABOUT, _NUMBERS = (cast(Table, kind.__table__).c for kind in (Contribution, WorkSubject, Identifier))
_LISTS = frozenset({"languages", "series", "classification"})

# What every page asks is composed once: to compose it anew costs more than to run it.
_ID: BindParameter[int] = bindparam("id")
_IDS: BindParameter[Any] = bindparam("ids", expanding=True)
_WORK = Prepared(select(*(column for column in _WORKS if column.name not in {"key", "sort_title", "announced_at"})).where(_WORKS.id == _ID))
_EDITION = select(*(column for column in _EDITIONS if column.name != "source_hash"))
_ONE_EDITION = Prepared(_EDITION.where(_EDITIONS.id == _ID))
_EDITIONS_OF_WORK = Prepared(
    _EDITION.where(_EDITIONS.work_id == _ID, _EDITIONS.removed_at.is_(None)).order_by(_EDITIONS.year.desc().nulls_last(), _EDITIONS.id)
)
_NUMBERS_OF_EDITIONS = Prepared(
    select(_NUMBERS.edition_id, _NUMBERS.scheme, _NUMBERS.value).where(_NUMBERS.edition_id.in_(_IDS)).order_by(_NUMBERS.id)
)
_MAKERS_OF_EDITIONS = Prepared(
    select(_MADE.edition_id, _AGENTS.id, _AGENTS.name, _AGENTS.sort_name, _AGENTS.dates, _MADE.role)
    .where(_MADE.edition_id.in_(_IDS), _AGENTS.id == _MADE.agent_id)
    .order_by(_MADE.position, _MADE.id)
)
_SUBJECTS_OF_WORK = Prepared(
    select(_SUBJECTS.id, _SUBJECTS.label, _SUBJECTS.kind)
    .where(_ABOUT.work_id == _ID, _SUBJECTS.id == _ABOUT.subject_id)
    .order_by(_SUBJECTS.label)
)
_CARDS = Prepared(
    select(_WORKS.id, _WORKS.title, _WORKS.first_year, _WORKS.form, _WORKS.language, _WORKS.touched_at, _WORKS.removed_at).where(
        _WORKS.id.in_(_IDS)
    )
)
_MAKERS_OF_WORKS = Prepared(
    select(_MADE.work_id, _MADE.role, _AGENTS.name)
    .where(_MADE.work_id.in_(_IDS), _AGENTS.id == _MADE.agent_id)
    .order_by(_MADE.edition_id, _MADE.position)
)
_MARKS_OF_WORKS = Prepared(
    select(_EDITIONS.work_id, _EDITIONS.shelf_mark)
    .where(_EDITIONS.work_id.in_(_IDS), _EDITIONS.shelf_mark.is_not(None), _EDITIONS.removed_at.is_(None))
    .order_by(_EDITIONS.id)
)


def _editions(session: Session, statement: Prepared, one: int) -> tuple[EditionFacts, ...]:
    rows = statement.records(session, {"id": one})
    some = {"ids": [row["id"] for row in rows]}
    numbers: dict[int, list[tuple[str, str]]] = defaultdict(list)
    agents: dict[int, list[AgentFact]] = defaultdict(list)
    if rows:
        for edition_id, scheme, value in _NUMBERS_OF_EDITIONS.rows(session, some):
            numbers[edition_id].append((scheme, value))
        for edition_id, *agent in _MAKERS_OF_EDITIONS.rows(session, some):
            agents[edition_id].append(AgentFact(*agent))
    return tuple(_edition(row, numbers[row["id"]], agents[row["id"]]) for row in rows)


def _edition(row: Any, numbers: list[tuple[str, str]], agents: list[AgentFact]) -> EditionFacts:
    values: dict[str, Any] = {name: tuple(value or ()) if name in _LISTS else value for name, value in row.items()}
    values["links"] = tuple((url, label) for url, _, label in (link.partition(" ") for link in row["links"] or ()))
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
    rows = session.execute(_neighbourhood("".join(kind for kind, _ in tied)), {"work": work_id, "near": NEIGHBOURS, "most": most, **values})
    return [other for other, _ in rows]


@cache
def _neighbourhood(ties: str) -> TextClause:
    """The statement for so many ties. As text: to compose twenty limited subqueries anew would cost more than to run them."""
    tables = {"s": ("work_subjects", "subject_id"), "a": ("contributions", "agent_id")}
    parts = [
        f"SELECT work_id, 1.0 / COUNT(*) OVER () AS weight FROM (SELECT DISTINCT work_id FROM {tables[kind][0]}"
        f" WHERE {tables[kind][1]} = :tie_{place} AND work_id <> :work LIMIT :near) AS some_{place}"
        for place, kind in enumerate(ties)
    ]
    ties_of_all = " UNION ALL ".join(parts)
    return text(f"SELECT work_id, SUM(weight) FROM ({ties_of_all}) AS tied GROUP BY work_id ORDER BY 2 DESC, 1 LIMIT :most")


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
    rows = session.execute(select(whose, func.count(what.distinct())).where(whose.in_(ids)).group_by(whose))
    return {one: count for one, count in rows}
