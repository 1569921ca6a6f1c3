"""A moderator decides, with a reason; it stands in the log, and it can be undone."""

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from community import text
from community.clock import minutes, now
from community.errors import Conflict, Unprocessable, Unwelcome
from community.people.accounts import Account
from community.people.actors import Actor, ActorState
from community.posts.post import Post
from moderation import ladder, log, notices, reports, rules
from moderation.effects import AnswerReporter, Effect, Notify
from moderation.ladder import Matter
from moderation.tables import Action, Case, CaseState, Decision, Origin, Report

LEASE = minutes(30)  # a case that somebody took and left is free again after this
# Those that take something from the author: they are told why.
RESTRICTS = frozenset({Action.warn, Action.hide, Action.remove, Action.limit, Action.suspend})
UPHOLDS = frozenset(Action) - {Action.dismiss, Action.release}


@dataclass(frozen=True)
class Outcome:
    """A decision, and what must be told to others because of it, in this order."""

    decision: Decision
    effects: tuple[Effect, ...]


async def decide(
    session: AsyncSession,
    case: Case,
    moderator: Account,
    action: Action,
    rule: str | None,
    reason: str,
    expected_version: int,
    *,
    content_policy: rules.Policy | None = None,
) -> Outcome:
    """Do one step of the ladder about a case, settle it, and write it down; all of it or nothing.

    Raises Conflict when another moderator was faster or the step does not fit, Unwelcome when this person may not decide,
    Unprocessable without a reason or with an unknown rule.
    """
    policy = content_policy or rules.policy()
    reason = reports.clean(reason)
    if not reason:
        raise Unprocessable("Please say why. The author reads it, and it is written into the log.")
    if rule is not None and policy.find(rule) is None:
        raise Unprocessable("There is no such rule.", private=rule)
    case = await _locked(session, case.id)
    matter = await _matter(session, case, moderator, reason)
    if case.version != expected_version:
        raise Conflict("Another moderator has decided about this in the meantime. Please look again.")
    step = ladder.STEPS[action]
    if not step.fits(matter):
        raise Conflict("This cannot be done from where it is now.", private=f"{action} on {case.key}")
    judged = await reports.snapshot(session, case, matter.post, matter.author)
    change = await step.do(session, matter)
    decision = Decision(
        case_id=case.id,
        snapshot_id=judged.id,
        moderator_id=moderator.id,
        action=action,
        rule=rule,
        reason=reason,
        before=change.before,
    )
    session.add(decision)
    effects = [*change.effects, *_notice(matter, action, policy, rule), *await _answers(session, case, action)]
    case.state, case.version, case.changed_at, case.taken_by_id, case.taken_at = CaseState.settled, case.version + 1, now(), None, None
    if rule is not None:
        case.rule = rule
    await _write(session, matter, action.value, rule, reason)
    await session.flush()
    return Outcome(decision, tuple(effects))


async def undo(session: AsyncSession, decision: Decision, moderator: Account, reason: str) -> Outcome:
    """Take a decision back: everything is as it was before, as far as it can be, and the case is open again.

    Raises Conflict when it was taken back already, or when a later decision stands on it.
    """
    reason = reports.clean(reason)
    if not reason:
        raise Unprocessable("Please say why this is undone.")
    case = await _locked(session, decision.case_id)
    matter = await _matter(session, case, moderator, reason)
    query = select(Decision).where(Decision.id == decision.id).execution_options(populate_existing=True)
    decision = (await session.scalars(query)).one()
    if decision.reversed_at is not None:
        raise Conflict("This has been undone already.")
    effects = list(await ladder.STEPS[decision.action].undo(session, matter, decision.before))
    decision.reversed_at, decision.reversed_by_id, decision.reversal_reason = now(), moderator.id, reason
    if decision.action in RESTRICTS and matter.account is not None:
        effects.append(Notify(matter.author, *notices.taken_back(matter.account.language, reason)))
    case.state, case.version, case.changed_at = CaseState.open, case.version + 1, now()
    await _write(session, matter, f"undo {decision.action}", decision.rule, reason)
    await session.flush()
    return Outcome(decision, tuple(effects))


async def take(session: AsyncSession, case: Case, moderator: Account) -> Case:
    """Say that one looks at a case, so that others look at another; free again after half an hour. Anyone may take over."""
    case = await _locked(session, case.id)
    await _matter(session, case, moderator, "")
    case.taken_by_id, case.taken_at = moderator.id, now()
    await session.flush()
    return case


async def _locked(session: AsyncSession, case_id: int) -> Case:
    """The case as it is now; on PostgreSQL whoever else wants to decide waits here, on SQLite they wait at BEGIN."""
    query = select(Case).where(Case.id == case_id).with_for_update().execution_options(populate_existing=True)
    return (await session.scalars(query)).one()


async def _matter(session: AsyncSession, case: Case, moderator: Account, reason: str) -> Matter:
    await _check(session, case, moderator)
    fresh = {"populate_existing": True}
    author = (await session.scalars(select(Actor).where(Actor.id == case.actor_id).execution_options(**fresh))).one()
    post = None
    if case.post_id is not None:
        post = (await session.scalars(select(Post).where(Post.id == case.post_id).execution_options(**fresh))).one()
    account = (await session.scalars(select(Account).where(Account.actor_id == author.id))).first()
    return Matter(post=post, author=author, account=account, case=case, moderator=moderator, reason=reason)


async def _check(session: AsyncSession, case: Case, moderator: Account) -> None:
    if not moderator.is_moderator or moderator.closed_at is not None:
        raise Unwelcome("Only moderators can do this.")
    if moderator.actor_id == case.actor_id:
        raise Unwelcome("This is about yourself. Another moderator must decide it.")
    if (await session.get_one(Actor, moderator.actor_id)).state is not ActorState.active:
        raise Unwelcome("Only moderators can do this.", private="limited or suspended")


def _notice(matter: Matter, action: Action, policy: rules.Policy, rule: str | None) -> list[Effect]:
    """The author is told: ours always, others when it is a word of warning."""
    if action not in RESTRICTS or (matter.account is None and (matter.author.is_local or action is not Action.warn)):
        return []
    language = matter.account.language if matter.account else (matter.post.language if matter.post else None) or rules.FALLBACK
    words = text.plain(matter.post.html, most=300) if matter.post else ""
    return [Notify(matter.author, *notices.notice(language, action, policy.title(rule, language), matter.reason, words))]


async def _answers(session: AsyncSession, case: Case, action: Action) -> list[Effect]:
    """Whoever reported it since it was opened, and left an address, hears what came of it."""
    query = (
        select(Report)
        .where(Report.case_id == case.id, Report.origin == Origin.form, Report.reporter_email.is_not(None))
        .where(Report.created_at >= case.opened_at)
        .order_by(Report.id)
    )
    found = {report.reporter_email: report.code for report in await session.scalars(query)}
    return [AnswerReporter(email, code, action in UPHOLDS) for email, code in found.items() if email and code]


async def _write(session: AsyncSession, matter: Matter, what: str, rule: str | None, reason: str) -> None:
    who = (await session.get_one(Actor, matter.moderator.actor_id)).username
    about = matter.author.uri if matter.post is None else matter.post.uri
    if what.endswith(Action.refuse_server):
        about = matter.author.domain or about
    log.write(session, who, what, about, case=matter.case, rule=rule, reason=reason)
