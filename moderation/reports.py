"""Reports: somebody says that something is wrong, and one case gathers them."""

import hashlib
import json
import re
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import selectinload

from community import text, uris
from community.clock import hours, now
from community.database import insert_new, table_of
from community.errors import TooFast, Unprocessable
from community.people.actors import Actor, ActorState
from community.posts.post import Post, Standing
from moderation import rules
from moderation.tables import Action, Case, CaseState, Decision, Origin, Report, Snapshot

MOST_WORDS = 5_000  # characters of a reason that are kept
DISMISSALS = 3  # after so many, the same words are not brought up again for the same rule
WINDOW: timedelta = hours(1)
# Reports taken in an hour. A post of ours may upset many people elsewhere, and a big server sends them all.
PER_READER, PER_EMAIL, PER_HOST, UNNAMED = 20, 10, 200, 300

_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
_OUT_OF_SIGHT = frozenset({Standing.hidden, Standing.removed, Standing.deleted})


async def open_report(
    session: AsyncSession,
    *,
    post: Post | None = None,
    actor: Actor | None = None,
    origin: Origin,
    reason: str,
    rule: str | None = None,
    reporter: Actor | None = None,
    reporter_email: str | None = None,
    host: str | None = None,
    uri: str | None = None,
    policy: str | None = None,
    content_policy: rules.Policy | None = None,
) -> Report:
    """Note that a post, or an actor, was reported. All reports of one thing are one case; the same report again is the same report.

    Nothing is hidden by this. Raises TooFast when its source reports too much, Unprocessable when it is about nothing.
    """
    if post is None and actor is None:
        raise Unprocessable("A report must say what it is about.")
    policies = content_policy or rules.policy()
    report = Report(
        origin=origin,
        uri=uri if uri is None or len(uri) <= 500 else None,
        code=uris.token(20) if origin is Origin.form else None,
        reporter_id=reporter.id if reporter else None,
        reporter_email=reporter_email.strip().lower()[:320] if reporter_email else None,
        host=host[:255] if host else None,
        policy=policy[:40] if policy else None,
        rule=rule if policies.find(rule) else None,
        reason=clean(text.plain(reason) if origin is Origin.flag else reason),
    )
    if report.uri and (known := await session.scalar(select(Report).where(Report.uri == report.uri))) is not None:
        return known
    digest, words = _words(post, actor)
    if (known := await _same(session, report, _key(post, actor), digest)) is not None:
        return known
    await _check_pace(session, report)
    case = await case_for(session, post=post, actor=actor)
    report.case_id, report.snapshot_id = case.id, (await _keep(session, case, digest, words)).id
    session.add(report)
    await session.flush()
    await _weigh(session, case, report, post, policies.severity(report.rule), digest)
    return report


def clean(words: str) -> str:
    """Plain text that every database keeps and that no terminal or page can be tricked with; cut at 5,000 characters."""
    return _CONTROLS.sub("", words.replace("\r\n", "\n")[: 2 * MOST_WORDS]).strip()[:MOST_WORDS]


async def case_for(session: AsyncSession, *, post: Post | None = None, actor: Actor | None = None) -> Case:
    """The one case of this post or this actor, made if there is none, and ours until the transaction ends."""
    key = _key(post, actor)
    actor_id = post.author_id if post is not None else actor.id if actor is not None else None
    if actor_id is None:
        raise Unprocessable("A case must be about a post or somebody.")
    moment = now()
    row = {
        "key": key,
        "post_id": post.id if post is not None else None,
        "actor_id": actor_id,
        "state": CaseState.open,
        "severity": 4,
        "opened_at": moment,
        "changed_at": moment,
        "version": 1,
    }
    await session.execute(insert_new(session, table_of(Case), [row], unique=("key",)))
    query = select(Case).where(Case.key == key).with_for_update().execution_options(populate_existing=True)
    return (await session.scalars(query)).one()


async def by_code(session: AsyncSession, code: str) -> Report | None:
    """The report that was given this code, with its case and decisions; small mistakes in copying it are forgiven."""
    query = select(Report).where(Report.code == meant(code)).options(selectinload(Report.case).selectinload(Case.decisions))
    return (await session.scalars(query)).first()


def meant(code: str) -> str:
    """The code that somebody copied by hand: no gaps, small letters, and none of those that look like digits."""
    return clean(re.sub(r"[\s-]", "", code[:100])).lower().translate(str.maketrans("ilo", "110"))


async def snapshot(session: AsyncSession, case: Case, post: Post | None, actor: Actor) -> Snapshot:
    """The words of a case as they are at this moment."""
    return await _keep(session, case, *_words(post, actor))


def _key(post: Post | None, actor: Actor | None) -> str:
    return f"post {post.id}" if post is not None else f"actor {actor.id if actor else 0}"


def _words(post: Post | None, actor: Actor | None) -> tuple[str, dict[str, Any]]:
    """What it says now, and the digest of that."""
    if post is not None:
        words = {"title": post.title or "", "warning": post.warning or "", "html": post.html, "language": post.language}
    elif actor is not None:
        words = {"title": actor.label[:300], "warning": "", "html": actor.summary, "language": None}
    said = json.dumps([words["title"], words["warning"], words["html"]])
    return hashlib.sha256(said.encode()).hexdigest(), words


async def _keep(session: AsyncSession, case: Case, digest: str, words: dict[str, Any]) -> Snapshot:
    row = {"case_id": case.id, "digest": digest, "taken_at": now(), **words}
    await session.execute(insert_new(session, table_of(Snapshot), [row], unique=("case_id", "digest")))
    return (await session.scalars(select(Snapshot).where(Snapshot.case_id == case.id, Snapshot.digest == digest))).one()


def _source(report: Report) -> list[tuple[ColumnElement[bool], int]]:
    """Who it comes from, as a question to the table, and how many of these an hour are taken."""
    if report.origin is Origin.policy:
        return []
    if report.origin is Origin.flag:
        return [(Report.host == report.host, PER_HOST)]
    named: list[tuple[ColumnElement[bool], int]] = []
    if report.reporter_id is not None:
        named.append((Report.reporter_id == report.reporter_id, PER_READER))
    if report.reporter_email is not None:
        named.append((Report.reporter_email == report.reporter_email, PER_EMAIL))
    nobody = (Report.origin == Origin.form) & Report.reporter_id.is_(None) & Report.reporter_email.is_(None)
    return named or [(nobody, UNNAMED)]


async def _check_pace(session: AsyncSession, report: Report) -> None:
    for source, most in _source(report):
        count = await session.scalar(select(func.count()).select_from(Report).where(source, Report.created_at > now() - WINDOW))
        if (count or 0) >= most:
            raise TooFast("Thank you. You have reported a great deal within an hour; we will look at all of it. Please come back later.")


async def _same(session: AsyncSession, report: Report, key: str, digest: str) -> Report | None:
    """An earlier report by the same source, of the same words, for the same reason, that still waits."""
    if report.origin is Origin.policy:
        source = Report.policy == report.policy
    elif report.reporter_id is not None:
        source = Report.reporter_id == report.reporter_id
    elif report.reporter_email is not None:
        source = Report.reporter_email == report.reporter_email
    elif report.host is not None:
        source = Report.host == report.host
    else:
        return None  # two visitors without a name may be two people
    query = (
        select(Report)
        .join(Case, Case.id == Report.case_id)
        .join(Snapshot, Snapshot.id == Report.snapshot_id)
        .where(Case.key == key, Case.state == CaseState.open, Snapshot.digest == digest)
        .where(Report.origin == report.origin, source, Report.reason == report.reason)
        .where(Report.rule.is_(None) if report.rule is None else Report.rule == report.rule)
        .order_by(Report.id)
        .limit(1)
    )
    return (await session.scalars(query)).first()


async def _weigh(session: AsyncSession, case: Case, report: Report, post: Post | None, severity: int, digest: str) -> None:
    """Let the gravest report say how urgent the case is; open a settled one again, unless that was answered often enough."""
    first = await session.scalar(select(func.min(Report.id)).where(Report.case_id == case.id)) == report.id
    graver = severity < case.severity
    if case.state is CaseState.settled:
        if not await _reopens(session, case, report, post, digest, graver):
            return
        case.state, case.opened_at, case.taken_by_id, case.taken_at = CaseState.open, now(), None, None
        first = True
    if first or graver:
        case.severity, case.rule = severity, report.rule
    elif case.rule is None:
        case.rule = report.rule
    case.changed_at = now()
    await session.flush()


async def _reopens(session: AsyncSession, case: Case, report: Report, post: Post | None, digest: str, graver: bool) -> bool:
    if report.origin is Origin.policy:
        return True  # it is held: somebody has to look, or it waits for ever
    if post is not None and post.standing in _OUT_OF_SIGHT:
        return False
    author = await session.get_one(Actor, case.actor_id)
    if author.state in {ActorState.suspended, ActorState.gone}:
        return False
    query = (
        select(Snapshot.digest)
        .join(Decision, Decision.snapshot_id == Snapshot.id)
        .where(Decision.case_id == case.id, Decision.action == Action.dismiss, Decision.reversed_at.is_(None))
        .order_by(Decision.id.desc())
    )
    dismissed: Sequence[str] = (await session.scalars(query)).all()
    return graver or len(dismissed) < DISMISSALS or dismissed[0] != digest
