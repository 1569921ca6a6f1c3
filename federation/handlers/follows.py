"""Following, and its answers."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from community.people import actors, blocks, follows
from community.people.actors import Actor, ActorState
from community.people.blocks import Block
from community.people.follows import Follow, FollowState
from community.posts import topics
from federation import lights, outbox
from federation.activities import id_of, type_of
from federation.handlers.told import Told
from moderation.verdicts import Answer


async def ask(session: AsyncSession, told: Told) -> str:
    """Let them follow, and say so. Asked again, we say so again: our answer may have been lost."""
    followed = await told.local_object(session)
    if followed is None and told.actor is not None and not await topics.follow_enough(session, told.actor):
        followed = await lights.settle(session, told.hub.library, told.activity.object_id or "")
    if followed is None or told.actor is None or followed.state in {ActorState.suspended, ActorState.gone}:
        return "left: that is nobody here"
    if topics.is_topic(followed.username) and await topics.follow_enough(session, told.actor, besides=followed):
        await outbox.refuse_follow(session, told.hub.library, followed, told.actor, told.activity.wire)
        return "refused: they follow as many things as anybody may"
    if await blocks.stands(session, followed, told.actor):
        await outbox.refuse_follow(session, told.hub.library, followed, told.actor, told.activity.wire)
        return "refused: they are blocked"
    follow = await follows.ask(session, told.actor, followed, (told.activity.id or told.activity.actor)[:500])
    if followed.manually_approves or told.verdict.answer is Answer.hold:
        return "asked: somebody here has to agree"
    follows.grant(follow)
    await outbox.accept_follow(session, told.hub.library, followed, told.actor, told.activity.wire)
    return "granted a follow"


async def accepted(session: AsyncSession, told: Told) -> str:
    """They let one of us follow: only for a follow that we asked for, and only from the one we asked."""
    follow = await _ours(session, told)
    if follow is None:
        return "left: we did not ask for that"
    if follow.state is FollowState.asked:
        follows.grant(follow)
    return "our follow was granted"


async def rejected(session: AsyncSession, told: Told) -> str:
    """They do not let one of us follow, or no longer."""
    follow = await _ours(session, told)
    if follow is None:
        return "left: we did not ask for that"
    if follow.state in {FollowState.asked, FollowState.granted}:
        follows.refuse(follow)
    return "our follow was refused"


async def block(session: AsyncSession, told: Told) -> str:
    """They want nothing of one of us: both follows end."""
    blocked = await told.local_object(session)
    if blocked is None or told.actor is None:
        return "left: that is nobody here"
    if not await blocks.stands(session, told.actor, blocked):
        session.add(Block(blocker_id=told.actor.id, blocked_id=blocked.id, uri=(told.activity.id or "")[:500]))
    for one, other in ((told.actor, blocked), (blocked, told.actor)):
        follow = await follows.find(session, one, other)
        if follow is not None and follow.state in {FollowState.asked, FollowState.granted}:
            follows.end(follow)
    return "noted a block"


async def unfollow(session: AsyncSession, told: Told, follower: Actor, target: str | None, uri: str | None) -> str:
    """They have had enough of one of us; found by the follow's address or by the pair."""
    query = select(Follow).where(Follow.follower_id == follower.id)
    followed = await actors.by_uri(session, target) if target else None
    query = query.where(Follow.followed_id == followed.id) if followed is not None else query.where(Follow.uri == (uri or ""))
    follow = (await session.scalars(query)).first()
    if follow is None or follow.state not in {FollowState.asked, FollowState.granted}:
        return "left: they do not follow that"
    follows.end(follow)
    return "ended a follow"


async def _ours(session: AsyncSession, told: Told) -> Follow | None:
    """The follow of ours that an answer means: by the address of our Follow, or by the pair. The answerer is the one we asked."""
    if told.actor is None:
        return None
    query = select(Follow).join(Actor, Actor.id == Follow.follower_id).where(Follow.followed_id == told.actor.id, Actor.domain.is_(None))
    embedded = told.activity.embedded
    uri = told.activity.object_id
    found = (await session.scalars(query.where(Follow.uri == uri))).first() if uri else None
    if found is None and embedded is not None and type_of(embedded) == "Follow" and id_of(embedded.get("object")) == told.actor.uri:
        found = (await session.scalars(query.where(Actor.uri == id_of(embedded.get("actor"))))).first()
    return found
