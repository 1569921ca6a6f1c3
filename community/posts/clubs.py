"""Book clubs: groups of readers, here and elsewhere, who talk about what they read."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ForeignKey, Text, UniqueConstraint, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, Session, joinedload, mapped_column, relationship

from community.catalog.tables import Work
from community.clock import now
from community.database import Base, BigId
from community.people import blocks
from community.people.actors import Actor, ActorState
from community.people.follows import Follow, FollowState
from community.posts.post import Post

LONGEST_TITLE = 200  # of a thread: Lemmy takes no longer one
GROUP = "Group"


class Club(Base):
    """What a club is about. Its actor is a Group: whoever follows it is a member."""

    __tablename__ = "clubs"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    actor_id: Mapped[int] = mapped_column(ForeignKey("actors.id"), unique=True)
    source: Mapped[str] = mapped_column(Text, default="")  # Markdown: what it is about, and its rules
    reading_id: Mapped[int | None] = mapped_column(ForeignKey("works.id", ondelete="SET NULL"))  # what is being read
    hosts_only: Mapped[bool] = mapped_column(default=False)  # whether only hosts begin threads
    created_at: Mapped[datetime] = mapped_column(default=now)

    actor: Mapped[Actor] = relationship(lazy="raise")
    reading: Mapped[Work | None] = relationship(lazy="raise")


class Host(Base):
    """Somebody who keeps a club a good place."""

    __tablename__ = "club_hosts"
    __table_args__ = (UniqueConstraint("club_id", "actor_id", name="uq_club_hosts_once"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    club_id: Mapped[int] = mapped_column(ForeignKey("clubs.id", ondelete="CASCADE"))
    actor_id: Mapped[int] = mapped_column(ForeignKey("actors.id"), index=True)


@dataclass(frozen=True)
class Seat:
    """How somebody stands to a club."""

    is_member: bool = False
    is_host: bool = False


def listed(session: Session) -> Sequence[tuple[Club, int, int]]:
    """Every club with its members and threads, the busiest first."""
    members = (
        select(func.count())
        .where(Follow.followed_id == Club.actor_id, Follow.state == FollowState.granted)
        .correlate(Club)
        .scalar_subquery()
    )
    threads = select(func.count()).select_from(Post).where(Post.club_id == Club.id, Post.kind == "thread").correlate(Club).scalar_subquery()
    query = (
        select(Club, members, threads)
        .join(Actor, Actor.id == Club.actor_id)
        .where(Actor.state == ActorState.active)
        .options(joinedload(Club.actor), joinedload(Club.reading))
        .order_by(threads.desc(), Actor.name)
        .limit(200)
    )
    return [(club, int(people), int(said)) for club, people, said in session.execute(query)]


def by_name(session: Session, username: str) -> Club | None:
    """The club of that name, with its actor and what it reads."""
    query = select(Club).join(Actor, Actor.id == Club.actor_id).where(Actor.username == username.lower(), Actor.domain.is_(None))
    return session.scalars(query.options(joinedload(Club.actor), joinedload(Club.reading))).first()


def members(session: Session, club: Club) -> int:
    """How many follow it, wherever they are."""
    query = select(func.count()).select_from(Follow).where(Follow.followed_id == club.actor_id, Follow.state == FollowState.granted)
    return session.scalar(query) or 0


def hosts(session: Session, club: Club) -> Sequence[Actor]:
    """Who keeps it."""
    return session.scalars(select(Actor).join(Host, Host.actor_id == Actor.id).where(Host.club_id == club.id).order_by(Host.id)).all()


def seat(session: Session, club: Club, actor_id: int | None) -> Seat:
    """How this reader stands to a club."""
    if actor_id is None:
        return Seat()
    follows = select(Follow.id).where(
        Follow.follower_id == actor_id, Follow.followed_id == club.actor_id, Follow.state == FollowState.granted
    )
    keeps = select(Host.id).where(Host.club_id == club.id, Host.actor_id == actor_id)
    return Seat(session.scalar(follows) is not None, session.scalar(keeps) is not None)


async def find(session: AsyncSession, actor_id: int) -> Club | None:
    """The club that this actor is."""
    return (await session.scalars(select(Club).where(Club.actor_id == actor_id).options(joinedload(Club.actor)))).first()


async def of_post(session: AsyncSession, post: Post) -> Club | None:
    """The club that a post was said in, with its actor."""
    if post.club_id is None:
        return None
    return (await session.scalars(select(Club).where(Club.id == post.club_id).options(joinedload(Club.actor)))).first()


async def may_begin(session: AsyncSession, club: Club, author: Actor) -> bool:
    """Whether somebody may begin a thread: a member whom the club has not shut out, or only its hosts."""
    if author.state is not ActorState.active or await blocks.stands(session, club.actor, author):
        return False
    known = await session.run_sync(lambda inner: seat(inner, club, author.id))
    return known.is_host or (known.is_member and not club.hosts_only)


async def may_answer(session: AsyncSession, club: Club, author: Actor) -> bool:
    """Whether somebody may answer in it: anybody whom the club has not shut out."""
    return author.state is ActorState.active and not await blocks.stands(session, club.actor, author)
