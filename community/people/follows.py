"""A follow: who hears whom, asked and granted."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, String, UniqueConstraint, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column, relationship

from community import states
from community.clock import now
from community.database import Base, BigId, choice
from community.people.actors import Actor, ActorState


class FollowState(StrEnum):
    """asked: nobody has answered yet."""

    asked = "asked"
    granted = "granted"
    refused = "refused"
    ended = "ended"


MOVES: dict[FollowState, set[FollowState]] = {
    FollowState.asked: {FollowState.granted, FollowState.refused, FollowState.ended},
    FollowState.granted: {FollowState.granted, FollowState.refused, FollowState.ended},
    FollowState.refused: {FollowState.asked},
    FollowState.ended: {FollowState.asked},
}


class Follow(Base):
    """One actor follows another; at least one of them is ours."""

    __tablename__ = "follows"
    __table_args__ = (UniqueConstraint("follower_id", "followed_id", name="uq_follows_pair"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    follower_id: Mapped[int] = mapped_column(ForeignKey("actors.id"))
    followed_id: Mapped[int] = mapped_column(ForeignKey("actors.id"), index=True)
    uri: Mapped[str] = mapped_column(String(500), index=True)  # of the Follow activity
    state: Mapped[FollowState] = mapped_column(choice(FollowState), default=FollowState.asked)
    created_at: Mapped[datetime] = mapped_column(default=now)
    changed_at: Mapped[datetime] = mapped_column(default=now, onupdate=now)

    follower: Mapped[Actor] = relationship(foreign_keys=[follower_id], lazy="raise")
    followed: Mapped[Actor] = relationship(foreign_keys=[followed_id], lazy="raise")


async def find(session: AsyncSession, follower: Actor, followed: Actor) -> Follow | None:
    """The follow between these two, in whatever state."""
    return (await session.scalars(select(Follow).where(Follow.follower_id == follower.id, Follow.followed_id == followed.id))).first()


async def ask(session: AsyncSession, follower: Actor, followed: Actor, uri: str) -> Follow:
    """Note that one asks to follow the other. Asked twice, there is still one follow, with the newest address."""
    follow = await find(session, follower, followed)
    if follow is None:
        follow = Follow(follower_id=follower.id, followed_id=followed.id, uri=uri, state=FollowState.asked)
        session.add(follow)
        await session.flush()
    else:
        follow.uri = uri
        if follow.state in {FollowState.refused, FollowState.ended}:
            states.move(follow, FollowState.asked, MOVES)
    return follow


def grant(follow: Follow) -> None:
    """The followed one agrees."""
    states.move(follow, FollowState.granted, MOVES)


def refuse(follow: Follow) -> None:
    """The followed one does not agree, or no longer."""
    states.move(follow, FollowState.refused, MOVES)


def end(follow: Follow) -> None:
    """The follower has had enough."""
    states.move(follow, FollowState.ended, MOVES)


async def followers(session: AsyncSession, actor: Actor) -> list[Actor]:
    """Everyone whose follow of this actor is granted and who may still hear from us."""
    query = (
        select(Actor)
        .join(Follow, Follow.follower_id == Actor.id)
        .where(Follow.followed_id == actor.id, Follow.state == FollowState.granted)
        .where(Actor.state.not_in([ActorState.suspended, ActorState.gone]))
    )
    return list(await session.scalars(query))


async def count_followers(session: AsyncSession, actor: Actor) -> int:
    """How many granted follows this actor has."""
    query = select(func.count()).select_from(Follow).where(Follow.followed_id == actor.id, Follow.state == FollowState.granted)
    return await session.scalar(query) or 0


async def is_followed_by_us(session: AsyncSession, actor: Actor) -> bool:
    """Whether somebody of ours follows this actor."""
    query = (
        select(Follow.id)
        .join(Actor, Actor.id == Follow.follower_id)
        .where(Follow.followed_id == actor.id, Follow.state == FollowState.granted, Actor.domain.is_(None))
        .limit(1)
    )
    return (await session.scalar(query)) is not None
