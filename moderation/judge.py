"""The same judge at both doors: what members write here, and what arrives from elsewhere."""

import logging
from collections.abc import Sequence

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncSession

from community.clock import hours
from community.people.actors import Actor, ActorState
from community.posts.post import Post, Standing
from moderation import domains, log, reports
from moderation.policies import registry
from moderation.tables import Origin
from moderation.verdicts import ALLOWED, Answer, Policy, Submission, Verdict

logger = logging.getLogger("bookmobile.moderation")

TAKES_BACK = frozenset({"Delete", "Undo", "Move"})
SAID_AGAIN_AFTER = hours(24)  # what concerns a whole author or server is logged once a day

STATES: dict[ActorState, Answer] = {
    ActorState.active: Answer.allow,
    ActorState.limited: Answer.limit,
    ActorState.suspended: Answer.refuse,
    ActorState.gone: Answer.allow,  # they are back, or this is their own Delete
}
MILDER = (Standing.shown, Standing.limited, Standing.held)  # what a policy may give; all else is for people
STANDINGS: dict[Answer, Standing] = {
    Answer.allow: Standing.shown,
    Answer.limit: Standing.limited,
    Answer.hold: Standing.held,
}


async def judge(session: AsyncSession, submission: Submission, policies: Sequence[str | Policy]) -> Verdict:
    """Ask every policy that this library has chosen; the strictest stands. Whatever is not plainly allowed is written down."""
    named = registry.chosen(tuple(one for one in policies if isinstance(one, str)))
    given = {policy.name: policy for policy in named}
    asked = [given[one] if isinstance(one, str) else one for one in policies]
    verdict = max([ALLOWED, _of_the_author(submission), *[await _ask(session, policy, submission) for policy in asked]])
    if verdict.answer is not Answer.allow:
        await _write_down(session, submission, verdict)
    return verdict


async def apply(session: AsyncSession, post: Post, verdict: Verdict) -> None:
    """Let a new or edited post stand where the verdict says; a held one becomes a case. A refused one must not get this far.

    A post that already stands lower, because a person decided so, stays there.
    """
    session.add(post)
    await session.flush()
    if verdict.answer is Answer.limit and verdict.about is not None:
        # It is their author or server that is limited: the post comes back into sight together with them.
        await domains.lower_again(session, await session.get_one(Actor, post.author_id))
    standing = STANDINGS[verdict.answer]
    if post.standing in MILDER and MILDER.index(standing) > MILDER.index(post.standing):
        post.move(standing)
    if verdict.answer is Answer.hold:
        await reports.open_report(session, post=post, origin=Origin.policy, policy=verdict.policy, reason=verdict.reason, rule=verdict.rule)


def _of_the_author(submission: Submission) -> Verdict:
    """What a moderator decided about the author stands before any policy; what they take back, they may."""
    actor = submission.actor
    if actor is None or submission.activity_type in TAKES_BACK or STATES[actor.state] is Answer.allow:
        return ALLOWED
    return Verdict(STATES[actor.state], "author", f"The author is {actor.state}", about=actor.uri)


async def _ask(session: AsyncSession, policy: Policy, submission: Submission) -> Verdict:
    try:
        return await policy.judge(session, submission)
    except SQLAlchemyError:
        raise  # the transaction is lost, and everything in it will be tried again
    except Exception as cause:  # a policy that fails must not open the door, nor shut it for everyone: a person looks
        logger.exception("the policy %s failed", policy.name)
        return Verdict(Answer.hold, policy.name, f"The policy failed: {type(cause).__name__}")


async def _write_down(session: AsyncSession, submission: Submission, verdict: Verdict) -> None:
    who, what = f"policy {verdict.policy}", verdict.answer.name
    if verdict.about is not None:
        await log.write_once(session, who, what, verdict.about, within=SAID_AGAIN_AFTER, rule=verdict.rule, reason=verdict.reason)
    else:
        log.write(session, who, what, submission.name, rule=verdict.rule, reason=verdict.reason)
