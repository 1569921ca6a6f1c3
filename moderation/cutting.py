"""Ends the follows between some actors elsewhere and ours."""

from sqlalchemy import ColumnElement, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import joinedload

from community.people import follows
from community.people.actors import Actor
from community.people.follows import Follow, FollowState
from moderation.effects import Effect, EndFollow, RejectFollow

STANDING = (FollowState.asked, FollowState.granted)


async def cut(session: AsyncSession, whom: ColumnElement[bool]) -> tuple[Effect, ...]:
    """They follow nobody here any more, and nobody here follows them. `whom` is a question about Actor; ours are left alone."""
    theirs = select(Actor.id).where(whom, Actor.domain.is_not(None))
    both = select(Follow).where(Follow.state.in_(STANDING)).options(joinedload(Follow.follower), joinedload(Follow.followed))
    effects: list[Effect] = []
    for follow in await session.scalars(both.where(Follow.follower_id.in_(theirs)).order_by(Follow.id)):
        follows.refuse(follow)
        effects.append(RejectFollow(follow, follow.follower, follow.followed))
    for follow in await session.scalars(both.where(Follow.followed_id.in_(theirs)).order_by(Follow.id)):
        if follow.state in STANDING:
            follows.end(follow)
            effects.append(EndFollow(follow, follow.follower, follow.followed))
    await session.flush()
    return tuple(effects)
