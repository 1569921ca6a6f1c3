"""Somebody elsewhere changed who they are, or left."""

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from community.people.actors import ActorState
from community.people.follows import Follow, FollowState
from community.posts import attendances, pictures, post
from community.posts.post import Post, Standing
from federation import doors, resolving
from federation.handlers.told import Told
from federation.wire import Wire


async def refresh(session: AsyncSession, told: Told, wire: Wire) -> str:
    """Take their new profile, which they alone may send."""
    if wire.get("id") != told.activity.actor:
        return "left: a profile can be changed only by its owner"
    if told.actor is None:
        return "left: we do not know them"
    await pictures.want_new_face(session, await resolving.keep_actor(session, wire))
    return "changed a profile"


async def farewell(session: AsyncSession, told: Told) -> str:
    """They are gone, and so is all that they said here."""
    actor = told.actor
    if actor is None or actor.is_local:
        return "left: we do not know them"
    if actor.state is ActorState.active:
        # What a moderator decided about them outlives their leaving: they may come back.
        actor.state = ActorState.gone
    said = await session.scalars(select(Post).where(Post.author_id == actor.id, Post.standing != Standing.deleted))
    count = 0
    for known in said:
        known.move(Standing.deleted)
        known.html, known.title, known.warning, known.half_stars = "", None, None, None
        await post.touch(session, known)
        count += 1
    for event, guest in await attendances.leave_all(session, actor):
        await doors.tell(session, told.hub.library, event, guest)
    await pictures.forget_actor(session, actor)
    pairs = (Follow.follower_id == actor.id) | (Follow.followed_id == actor.id)
    await session.execute(update(Follow).where(pairs).values(state=FollowState.ended))
    return f"said farewell to an actor and {count} posts"
