"""Moving from one account to another, in and out (FEP-7628)."""

from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from community import uris
from community.clock import days, now
from community.errors import Conflict, Refusal, Unprocessable
from community.library import Library
from community.people import blocks, follows
from community.people.actors import Actor, ActorState
from community.people.follows import Follow, FollowState
from federation import outbox, resolving
from federation.hub import Hub
from federation.vocabulary import AS

COOL_DOWN: timedelta = days(7)  # so long nobody moves again, as Mastodon has it
MOST_ALIASES = 5


async def carry(session: AsyncSession, library: Library, old: Actor, new: Actor) -> int:
    """Let everyone here who follows the old account follow the new one; says how many."""
    query = (
        select(Actor)
        .join(Follow, Follow.follower_id == Actor.id)
        .where(Follow.followed_id == old.id, Follow.state == FollowState.granted, Actor.domain.is_(None), Actor.state == ActorState.active)
    )
    moved = 0
    for follower in list(await session.scalars(query)):
        await _leave(session, library, follower, old)
        if follower.id == new.id or await blocks.stands(session, new, follower) or await blocks.stands(session, follower, new):
            continue
        known = await follows.find(session, follower, new)
        if known is None or known.state not in {FollowState.granted, FollowState.asked}:
            uri = library.uris.activity("follow", uris.token())
            row = await follows.ask(session, follower, new, uri)
            if new.is_local:
                follows.grant(row)
            else:
                await outbox.follow(session, library, follower, new, uri)
        moved += 1
    return moved


async def _leave(session: AsyncSession, library: Library, follower: Actor, old: Actor) -> None:
    row = await follows.find(session, follower, old)
    if row is None:
        return
    follows.end(row)
    if not old.is_local:
        await outbox.unfollow(session, library, follower, old, row.uri)


async def look_up(hub: Hub, handle: str) -> Actor:
    """The account of that handle or address as its own server shows it now, not as we remember it. Raises Unprocessable."""
    try:
        found = await resolving.find_handle(hub, handle)
        if not found.is_local:
            wire = await resolving.fetch_actor(hub, found.uri)
            async with hub.database.transaction() as session:
                found = await resolving.keep_actor(session, wire)
    except Refusal as cause:
        raise Unprocessable("We could not find that account. Write it like name@your.server.", private=str(cause)) from cause
    return found


def add_alias(actor: Actor, other: Actor) -> None:
    """Say that an account elsewhere is the same person's, so that it can move here. Raises Conflict."""
    if other.id == actor.id:
        raise Conflict("That is this account itself.")
    if other.uri not in actor.also_known_as:
        if len(actor.also_known_as) >= MOST_ALIASES:
            raise Conflict("There are five other accounts already. Please take one off first.")
        actor.also_known_as = [*actor.also_known_as, other.uri]


def take_off_alias(actor: Actor, uri: str) -> None:
    """Say no longer that it is the same person's."""
    actor.also_known_as = [one for one in actor.also_known_as if one != uri]


async def leave(session: AsyncSession, library: Library, actor: Actor, new: Actor) -> None:
    """Move one of ours to an account that says it is theirs: their followers hear of it, and nothing more is written here.

    Raises Conflict when the other account does not say so, or when they moved only lately.
    """
    if new.id == actor.id:
        raise Conflict("That is this account itself.")
    if actor.uri not in new.also_known_as:
        raise Conflict("The other account does not say yet that this one is yours. Add this one there as an alias first, then try again.")
    if actor.moved_at is not None and now() - actor.moved_at < COOL_DOWN:
        raise Conflict("This account moved only lately. Please wait a week.")
    actor.moved_to, actor.moved_at = new.uri, now()
    await session.flush()
    await outbox.edit_actor(session, library, actor)
    activity = {
        "@context": AS,
        "id": library.uris.activity("move", uris.token()),
        "type": "Move",
        "actor": actor.uri,
        "object": actor.uri,
        "target": new.uri,
        "to": [actor.followers or f"{actor.uri}/followers"],
    }
    await outbox.owe(session, actor, activity, await outbox.followers_of(session, actor))
    await carry(session, library, actor, new)


async def come_back(session: AsyncSession, library: Library, actor: Actor) -> None:
    """Write here again. Whoever followed along to the other account stays there."""
    if actor.moved_to is None:
        raise Conflict("This account has not moved.")
    actor.moved_to = None  # when it moved is remembered: nobody moves to and fro
    await outbox.edit_actor(session, library, actor)
