"""Cases and people as the pages of moderation show them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from community import text
from community.clock import now
from community.people.accounts import Account
from community.people.actors import Actor
from community.posts.post import Standing
from moderation.decisions import LEASE
from moderation.tables import Action, Case, CaseState, Decision, Origin, Report, Snapshot

SOURCES: dict[Origin, str] = {Origin.form: "report", Origin.flag: "flag", Origin.policy: "policy"}
URGENT = 1  # severity


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who writes, here or elsewhere."""

    id: int
    name: str
    username: str
    domain: str | None  # None: ours
    uri: str
    kind: str
    state: str

    @property
    def is_local(self) -> bool:
        return self.domain is None


def person(actor: Actor) -> Person:
    """An actor as the pages show them."""
    return Person(actor.id, actor.label, actor.username, actor.domain, actor.uri, actor.kind, actor.state.value)


@dataclass(frozen=True, slots=True)
class QueueRow:
    """A case in the queue."""

    id: int
    opened: datetime
    source: str  # report, flag, policy: the newest
    summary: str  # one line: why somebody should look
    author: Person
    kind: str  # review, comment ..., or actor
    reports: int
    rule: str  # key of a rule or clause; empty when none was named
    severity: int
    urgent: bool
    held: bool
    taken_by: str
    state: str
    outcome: str  # the action, when settled
    version: int


def rows(session: Session, cases: Sequence[Case]) -> list[QueueRow]:
    """Cases, their actor and post loaded, as rows; three statements however many."""
    ids = [case.id for case in cases]
    tally = select(Report.case_id, func.count().label("count"), func.max(Report.id).label("last")).where(Report.case_id.in_(ids))
    counted = tally.group_by(Report.case_id).subquery()
    reported = {
        report.case_id: (report, count, html)
        for report, count, html in session.execute(
            select(Report, counted.c.count, Snapshot.html)
            .join(counted, counted.c.last == Report.id)
            .join(Snapshot, Snapshot.id == Report.snapshot_id)
        )
    }
    standing = select(func.max(Decision.id)).where(Decision.case_id.in_(ids), Decision.reversed_at.is_(None)).group_by(Decision.case_id)
    outcomes = dict(session.execute(select(Decision.case_id, Decision.action).where(Decision.id.in_(standing))).all())
    takers = {case.taken_by_id for case in cases if case.taken_by_id and case.taken_at and case.taken_at > now() - LEASE}
    named = select(Account.id, Actor.username).join(Actor, Actor.id == Account.actor_id).where(Account.id.in_(takers))
    names: dict[int, str] = dict(session.execute(named).all()) if takers else {}
    return [_row(case, reported.get(case.id), outcomes.get(case.id), names.get(case.taken_by_id or 0, "")) for case in cases]


def _row(case: Case, reported: tuple[Report, int, str] | None, outcome: Action | None, taken_by: str) -> QueueRow:
    report, count, html = reported or (None, 0, "")
    settled = case.state is CaseState.settled
    return QueueRow(
        id=case.id,
        opened=case.opened_at,
        source=SOURCES[report.origin] if report else "",
        summary=text.plain(html, most=90).replace("\n", " ") if report is None or not report.reason else _line(report.reason),
        author=person(case.actor),
        kind=case.post.kind if case.post else "actor",
        reports=count,
        rule=case.rule or "",
        severity=case.severity,
        urgent=case.severity <= URGENT and not settled,
        held=case.post is not None and case.post.standing is Standing.held,
        taken_by=taken_by,
        state=case.state.value,
        outcome=outcome.value if outcome and settled else "",
        version=case.version,
    )


def _line(reason: str) -> str:
    words = " ".join(reason.split())
    return words if len(words) <= 90 else words[:89].rstrip() + "…"
