"""What moderators see: the queue, the log, and what stands beside them. Asked through `Database.read`, in a few statements each."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, or_, select
from sqlalchemy.orm import Session, aliased, joinedload

from community import uris
from community.clock import now
from community.people.actors import Actor
from community.posts.post import Standing
from moderation import reports
from moderation.casepage import CasePage, case_page
from moderation.decisions import LEASE
from moderation.rows import SOURCES, QueueRow, rows
from moderation.tables import Case, CaseState, Decision, LogEntry, Origin, Report

__all__ = ["CasePage", "QueueRow", "case_page"]


@dataclass(frozen=True, slots=True)
class Filter:
    """Which cases are wanted; None: whatever."""

    state: CaseState | None = CaseState.open
    origin: Origin | None = None
    rule: str | None = None
    host: str | None = None  # of the author
    author_id: int | None = None
    taken_by_id: int | None = None  # an account: the cases that this moderator looks at


@dataclass(frozen=True, slots=True)
class Counts:
    """How much waits."""

    open: int
    settled: int
    mine: int
    held: int
    by_source: dict[str, int]  # of the open ones
    by_rule: dict[str, int]


@dataclass(frozen=True, slots=True)
class LogRow:
    """A line of the log, as moderators read it."""

    id: int
    at: datetime
    by: str
    action: str
    about: str
    case_id: int | None
    rule: str
    reason: str


@dataclass(frozen=True, slots=True)
class PublicEntry:
    """A line of the log, as everyone may read it: no names, no addresses, no words."""

    id: int
    at: datetime
    by: str  # moderator, or policy NAME
    action: str
    server: str  # whose author it was about; empty: ours
    rule: str


@dataclass(frozen=True, slots=True)
class Tracked:
    """What became of a report, for who made it."""

    made: datetime
    state: str
    action: str  # empty while open
    reason: str
    rule: str


def queue(session: Session, wanted: Filter, limit: int = 50, before: int | None = None) -> list[QueueRow]:
    """The cases that are wanted: open ones by urgency, then by age; settled ones from the newest.

    `before` is the id of the last case that was shown.
    """
    query = _wanted(wanted).options(joinedload(Case.actor), joinedload(Case.post)).limit(limit)
    is_open = wanted.state is CaseState.open
    if before is not None and (last := session.get(Case, before)) is not None:
        query = query.where(_after(last) if is_open else _earlier(last))
    order: tuple[Any, ...] = (Case.severity, Case.opened_at, Case.id) if is_open else (Case.changed_at.desc(), Case.id.desc())
    return rows(session, session.scalars(query.order_by(*order)).unique().all())


def _wanted(wanted: Filter) -> Select[Case]:
    query = select(Case)
    if wanted.state is not None:
        query = query.where(Case.state == wanted.state)
    if wanted.rule is not None:
        query = query.where(Case.rule == wanted.rule)
    if wanted.author_id is not None:
        query = query.where(Case.actor_id == wanted.author_id)
    if wanted.taken_by_id is not None:
        query = query.where(Case.taken_by_id == wanted.taken_by_id, Case.taken_at > now() - LEASE)
    if wanted.host is not None:
        author = aliased(Actor)
        query = query.join(author, author.id == Case.actor_id).where(author.domain == wanted.host)
    if wanted.origin is not None:
        newest = select(Report.origin).where(Report.case_id == Case.id).order_by(Report.id.desc()).limit(1)
        query = query.where(newest.correlate(Case).scalar_subquery() == wanted.origin)
    return query


def _after(last: Case) -> ColumnElement[bool]:
    same_day = and_(Case.opened_at == last.opened_at, Case.id > last.id)
    return or_(Case.severity > last.severity, and_(Case.severity == last.severity, or_(Case.opened_at > last.opened_at, same_day)))


def _earlier(last: Case) -> ColumnElement[bool]:
    return or_(Case.changed_at < last.changed_at, and_(Case.changed_at == last.changed_at, Case.id < last.id))


def counts(session: Session, account_id: int | None = None) -> Counts:
    """How much waits, by where it came from and by rule; `mine` is what this moderator took."""
    states = dict(session.execute(select(Case.state, func.count()).group_by(Case.state)).all())
    newest = select(func.max(Report.id)).join(Case, Case.id == Report.case_id).where(Case.state == CaseState.open).group_by(Report.case_id)
    sources = select(Report.origin, func.count()).where(Report.id.in_(newest)).group_by(Report.origin)
    by_rule = select(Case.rule, func.count()).where(Case.state == CaseState.open, Case.rule.is_not(None)).group_by(Case.rule)
    mine = select(func.count()).where(Case.state == CaseState.open, Case.taken_by_id == account_id, Case.taken_at > now() - LEASE)
    held = select(func.count()).where(Case.state == CaseState.open, Case.post.has(standing=Standing.held))
    return Counts(
        open=states.get(CaseState.open, 0),
        settled=states.get(CaseState.settled, 0),
        mine=session.scalar(mine) or 0 if account_id is not None else 0,
        held=session.scalar(held) or 0,
        by_source={SOURCES[origin]: count for origin, count in session.execute(sources)},
        by_rule={rule or "": count for rule, count in session.execute(by_rule)},
    )


def log_rows(session: Session, limit: int = 50, before: int | None = None) -> list[LogRow]:
    """The log for moderators, newest first; `before` is the id of the last line that was shown."""
    return [
        LogRow(entry.id, entry.at, entry.who, entry.what, entry.about, entry.case_id, entry.rule or "", entry.reason)
        for entry in session.scalars(_entries(limit, before))
    ]


def public_log(session: Session, limit: int = 50, before: int | None = None, *, own_host: str = "") -> list[PublicEntry]:
    """The log for everyone: what was done and by which rule; neither the person nor the moderator can be known from it."""
    shown = []
    for entry in session.scalars(_entries(limit, before)):
        host = uris.host(entry.about) or (entry.about if "." in entry.about and " " not in entry.about else "")
        by = entry.who if entry.who.startswith("policy ") else "moderator"
        shown.append(PublicEntry(entry.id, entry.at, by, entry.what, "" if host == own_host else host, entry.rule or ""))
    return shown


def _entries(limit: int, before: int | None) -> Select[LogEntry]:
    query = select(LogEntry).order_by(LogEntry.id.desc()).limit(limit)
    return query if before is None else query.where(LogEntry.id < before)


def tracked(session: Session, code: str) -> Tracked | None:
    """What became of the report with this code."""
    report = session.scalars(select(Report).where(Report.code == reports.meant(code)).options(joinedload(Report.case))).first()
    if report is None:
        return None
    settled = report.case.state is CaseState.settled
    last = select(Decision).where(Decision.case_id == report.case_id, Decision.reversed_at.is_(None)).order_by(Decision.id.desc())
    decision = session.scalars(last.limit(1)).first() if settled else None
    return Tracked(
        made=report.created_at,
        state=report.case.state.value,
        action=decision.action.value if decision else "",
        reason=decision.reason if decision else "",
        rule=(decision.rule or "") if decision else "",
    )
