"""Taking back what was said before."""

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from community.people.actors import Actor
from community.people.blocks import Block
from community.people.follows import Follow
from community.posts.post import Reaction
from federation import activities
from federation.activities import Activity, id_of
from federation.handlers import follows, joins, reactions
from federation.handlers.told import Told


async def undo(session: AsyncSession, told: Told) -> str:
    """Undo a follow, a like, a boost or a block: sent whole, or only by its id."""
    if told.actor is None:
        return "left: we do not know them"
    embedded = told.activity.embedded
    if embedded is None:
        return await _by_id(session, told, told.activity.object_id)
    inner = activities.parse({"actor": told.activity.actor, **embedded})
    if inner.actor != told.activity.actor:
        return "left: only whoever did it can undo it"
    match inner.type:
        case "Follow":
            return await follows.unfollow(session, told, told.actor, inner.object_id, inner.id)
        case "Join":
            return await joins.leave_event(session, told, inner.object_id)
        case "Like" | "EmojiReact" | "Announce":
            return await reactions.take_back(session, told, inner)
        case "Block":
            # Some give the Block no id, or not the one that it had: whom it was about says enough.
            blocked = select(Actor.id).where(Actor.uri == (id_of(inner.object) or "")).scalar_subquery()
            that_one = (Block.uri == (inner.id or told.activity.actor)) | (Block.blocked_id == blocked)
            gone = await session.execute(delete(Block).where(Block.blocker_id == told.actor.id, that_one).returning(Block.id))
            return "took back a block" if gone.first() is not None else "left: there was nothing to take back"
        case _:
            return f"left: we do not undo {inner.type}"


async def _by_id(session: AsyncSession, told: Told, uri: str | None) -> str:
    if uri is None or told.actor is None:
        return "left: it names nothing"
    if (await session.scalar(select(Follow.id).where(Follow.uri == uri, Follow.follower_id == told.actor.id))) is not None:
        return await follows.unfollow(session, told, told.actor, None, uri)
    kind = await session.scalar(select(Reaction.kind).where(Reaction.uri == uri, Reaction.actor_id == told.actor.id))
    if kind is not None:
        verb = "Announce" if kind == "boost" else "Like"
        return await reactions.take_back(session, told, Activity(uri, verb, told.activity.actor, None, {}))
    gone = await session.execute(delete(Block).where(Block.uri == uri, Block.blocker_id == told.actor.id).returning(Block.id))
    return "took back a block" if gone.first() is not None else "left: we do not know what it undoes"
