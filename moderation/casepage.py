"""One case: the words then and now, who said them and what was decided about them before, who reported it and why."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session, aliased, joinedload

from community.clock import now
from community.people.accounts import Account
from community.people.actors import Actor
from community.posts.post import SEEN_AT_ALL, Post, Standing
from moderation import hosts, ladder
from moderation.decisions import LEASE
from moderation.ladder import Subject
from moderation.rows import SOURCES, Person, QueueRow, person, rows
from moderation.tables import Case, Decision, DomainRule, Origin, Report, Snapshot

STATES: dict[Standing, str] = {
    Standing.shown: "visible",
    Standing.limited: "visible",
    Standing.held: "held",
    Standing.hidden: "hidden",
    Standing.removed: "removed",
}
AROUND = 20  # posts of the conversation
EARLIER = 10  # cases of the same author
REPORTS = 200  # reports that are shown; the count says how many there are


@dataclass(frozen=True, slots=True)
class Words:
    """Somebody's words at one moment."""

    html: str  # safe
    at: datetime
    title: str = ""
    warning: str = ""
    state: str = "visible"  # visible, held, hidden, removed; edited: seen, but not what was reported
    language: str = ""


@dataclass(frozen=True, slots=True)
class Told:
    """What somebody told us; who they are stays with us."""

    made: datetime
    source: str  # reader, visitor, server, policy
    reason: str
    rule: str
    via: str  # the server or policy it came from
    snapshot: int  # which of the words


@dataclass(frozen=True, slots=True)
class Done:
    """What a moderator did, and whether it can be taken back."""

    id: int
    at: datetime
    by: str
    action: str
    reason: str
    rule: str
    can_undo: bool
    undone_at: datetime | None
    undone_by: str
    undone_reason: str
    snapshot: int  # the words that were judged


@dataclass(frozen=True, slots=True)
class Said:
    """A post of the conversation around."""

    id: int
    author: Person
    html: str
    at: datetime
    standing: str
    is_this: bool
    uri: str


@dataclass(frozen=True, slots=True)
class CasePage:
    """All that is needed to decide one thing."""

    id: int
    version: int  # give it back with the decision
    opened: datetime
    changed: datetime
    source: str
    kind: str
    state: str
    rule: str
    severity: int
    taken_by: str
    post_id: int | None
    token: str  # of the post
    uri: str
    work_id: int | None
    where: str  # title of the work that it is about
    author: Person
    author_since: datetime
    author_posts: int
    server: str
    server_answer: str  # allow, limit, hold, refuse; empty: like everyone
    then: Words | None
    now: Words | None  # None: gone
    versions: dict[int, Words]  # all words that were reported or judged, by snapshot
    reports: tuple[Told, ...]
    report_count: int
    history: tuple[Done, ...]
    earlier: tuple[QueueRow, ...]  # of the same author
    conversation: tuple[Said, ...]
    actions: tuple[str, ...]  # what can be done from here
    pictures: tuple[dict[str, Any], ...]  # beside the words, as the post notes them


def case_page(session: Session, case_id: int) -> CasePage | None:
    """Everything about one case; None when there is no such case."""
    loads = (joinedload(Case.actor), joinedload(Case.post).joinedload(Post.about))
    case = session.scalars(select(Case).where(Case.id == case_id).options(*loads)).first()
    if case is None:
        return None
    post, author = case.post, case.actor
    account = session.scalars(select(Account).where(Account.actor_id == author.id)).first()
    told = session.scalars(select(Report).where(Report.case_id == case.id).order_by(Report.id.desc()).limit(REPORTS)).all()
    snapshots = session.scalars(select(Snapshot).where(Snapshot.case_id == case.id).order_by(Snapshot.id)).all()
    versions = {one.id: Words(one.html, one.taken_at, one.title, one.warning, "visible", one.language or "") for one in snapshots}
    then = versions[told[0].snapshot_id] if told else None
    return CasePage(
        id=case.id,
        version=case.version,
        opened=case.opened_at,
        changed=case.changed_at,
        source=SOURCES[told[0].origin] if told else "",
        kind=post.kind if post else "actor",
        state=case.state.value,
        rule=case.rule or "",
        severity=case.severity,
        taken_by=_taker(session, case),
        post_id=case.post_id,
        token=post.token if post else "",
        uri=post.uri if post else author.uri,
        work_id=post.about_id if post else None,
        where=post.about.title if post and post.about else "",
        author=person(author),
        author_since=author.created_at,
        author_posts=session.scalar(select(func.count()).where(Post.author_id == author.id, Post.standing.in_(SEEN_AT_ALL))) or 0,
        server=author.domain or "",
        server_answer=_server(session, author.domain),
        then=then,
        now=_now(post, author, then),
        versions=versions,
        reports=tuple(_told(one) for one in reversed(told)),
        report_count=session.scalar(select(func.count()).where(Report.case_id == case.id)) or 0,
        history=_history(session, case),
        earlier=_earlier(session, case),
        conversation=_conversation(session, post) if post else (),
        actions=tuple(action.value for action in ladder.possible(Subject(post, author, account))),
        pictures=tuple(post.pictures or ()) if post else (),
    )


def _now(post: Post | None, author: Actor, then: Words | None) -> Words | None:
    if post is None:
        return Words(author.summary, author.changed_at, author.label)
    if post.standing is Standing.deleted:
        return None
    state = STATES[post.standing]
    said = (post.html, post.title or "", post.warning or "")
    if state == "visible" and then is not None and said != (then.html, then.title, then.warning):
        state = "edited"
    return Words(post.html, post.edited_at or post.published_at, post.title or "", post.warning or "", state, post.language or "")


def _told(report: Report) -> Told:
    source = {Origin.flag: "server", Origin.policy: "policy"}.get(report.origin, "reader" if report.reporter_id else "visitor")
    via = report.policy or report.host or ""
    return Told(report.created_at, source, report.reason, report.rule or "", via, report.snapshot_id)


def _taker(session: Session, case: Case) -> str:
    if case.taken_by_id is None or case.taken_at is None or case.taken_at < now() - LEASE:
        return ""
    query = select(Actor.username).join(Account, Account.actor_id == Actor.id).where(Account.id == case.taken_by_id)
    return session.scalar(query) or ""


def _server(session: Session, domain: str | None) -> str:
    if domain is None:
        return ""
    names = hosts.candidates(domain)
    answers = {rule.domain: rule.answer.value for rule in session.scalars(select(DomainRule).where(DomainRule.domain.in_(names)))}
    return next((answers[name] for name in names if name in answers), "")


def _history(session: Session, case: Case) -> tuple[Done, ...]:
    by, back = aliased(Actor), aliased(Actor)
    decider, reverser = aliased(Account), aliased(Account)
    query = (
        select(Decision, by.username, back.username)
        .join(decider, decider.id == Decision.moderator_id)
        .join(by, by.id == decider.actor_id)
        .outerjoin(reverser, reverser.id == Decision.reversed_by_id)
        .outerjoin(back, back.id == reverser.actor_id)
        .where(Decision.case_id == case.id)
        .order_by(Decision.id)
    )
    found = session.execute(query).all()
    standing = [decision.id for decision, *_ in found if decision.reversed_at is None]
    return tuple(
        Done(
            id=decision.id,
            at=decision.decided_at,
            by=moderator,
            action=decision.action.value,
            reason=decision.reason,
            rule=decision.rule or "",
            can_undo=bool(standing) and decision.id == standing[-1],
            undone_at=decision.reversed_at,
            undone_by=undoer or "",
            undone_reason=decision.reversal_reason or "",
            snapshot=decision.snapshot_id,
        )
        for decision, moderator, undoer in found
    )


def _earlier(session: Session, case: Case) -> tuple[QueueRow, ...]:
    others = select(Case).where(Case.actor_id == case.actor_id, Case.id != case.id).order_by(Case.changed_at.desc()).limit(EARLIER)
    found: Sequence[Case] = session.scalars(others.options(joinedload(Case.actor), joinedload(Case.post))).all()
    return tuple(rows(session, found)) if found else ()


def _conversation(session: Session, post: Post) -> tuple[Said, ...]:
    """What it answers, what answers the same, and what answers it."""
    around = [Post.id == post.id, Post.reply_to_id == post.id]
    if post.reply_to_id is not None:
        around += [Post.id == post.reply_to_id, Post.reply_to_id == post.reply_to_id]
    # Those nearest in time: a conversation may be long, and its beginning is not what was said here.
    nearest = select(Post).where(or_(*around), Post.standing != Standing.deleted).options(joinedload(Post.author))
    before = session.scalars(nearest.where(Post.published_at <= post.published_at).order_by(Post.published_at.desc()).limit(AROUND // 2))
    after = session.scalars(nearest.where(Post.published_at > post.published_at).order_by(Post.published_at).limit(AROUND // 2))
    found = sorted({one.id: one for one in (*before, *after)}.values(), key=lambda one: (one.published_at, one.id))
    return tuple(
        Said(one.id, person(one.author), one.html, one.published_at, one.standing.value, one.id == post.id, one.uri) for one in found
    )
