"""What can be followed besides people: a title, an author, a subject, a series, any search. A row is made when somebody first follows."""

import re
from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum
from urllib.parse import parse_qsl, urlencode

from sqlalchemy import ForeignKey, String, UniqueConstraint, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from community import uris
from community.catalog.tables import Agent, Series, Subject, Work
from community.clock import now
from community.database import Base, BigId, choice
from community.errors import Conflict
from community.people.actors import Actor
from community.people.follows import Follow, FollowState
from community.posts.post import Post

NAME = re.compile(r"(?P<kind>work|author|subject|series)-(?P<number>[1-9]\d{0,17})|search-(?P<token>[0-9a-z]{10})")
LONGEST = 500  # characters of a search
FILTERS = frozenset({"format", "language", "year", "subject", "author", "audience"})  # what a search can be narrowed by
MOST_SEARCHES = 20_000  # in all
MOST_FOLLOWED = 500  # by one follower: what nobody can read need not be told


class About(StrEnum):
    """What kind of thing is followed."""

    work = "work"  # its new reviews
    author = "author"  # new titles
    subject = "subject"
    series = "series"
    search = "search"  # new titles that are found


class Topic(Base):
    """Something that somebody follows; its actor says what is new about it."""

    __tablename__ = "topics"
    __table_args__ = (UniqueConstraint("kind", "target_id", name="uq_topics_target"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    kind: Mapped[About] = mapped_column(choice(About))
    target_id: Mapped[int | None] = mapped_column(BigId, index=True)  # of a work, author, subject or series
    query: Mapped[str | None] = mapped_column(String(LONGEST), unique=True)  # of a search, in its one normal form
    token: Mapped[str | None] = mapped_column(String(20), unique=True)  # names a search in its address
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("actors.id"), unique=True)  # None: a search that nobody follows yet
    seen_at: Mapped[datetime] = mapped_column(default=now)  # what came into the catalogue before is not new
    seen_id: Mapped[int] = mapped_column(BigId, default=0)  # of a title: the last post that was there before anybody followed
    told_at: Mapped[datetime | None]  # when it last said something
    created_at: Mapped[datetime] = mapped_column(default=now)

    actor: Mapped[Actor | None] = relationship(lazy="raise")


class DigestWork(Base):
    """A title that a digest names."""

    __tablename__ = "digest_works"

    post_id: Mapped[int] = mapped_column(ForeignKey("posts.id", ondelete="CASCADE"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    work_id: Mapped[int] = mapped_column(ForeignKey("works.id", ondelete="CASCADE"))


def normal(pairs: Iterable[tuple[str, str]]) -> str:
    """A search in its one normal form, so that two people who mean the same follow the same; order and page are no part of it.

    What is no part of a search is left out.

    >>> normal([("sort", "new"), ("q", "  Giallo "), ("language", "ita"), ("format", "book"), ("nonsense", "7")])
    'q=giallo&format=book&language=ita'
    """
    words = " ".join(value for name, value in pairs if name == "q").split()
    rest = sorted({(name, value.strip()) for name, value in pairs if name in FILTERS and value.strip()})
    return urlencode([*([("q", " ".join(words).casefold())] if words else []), *rest])


def pairs(query: str) -> list[tuple[str, str]]:
    """What a search in its normal form asks for."""
    return parse_qsl(query)


def is_topic(username: str) -> bool:
    """Whether this is the name of something and not of somebody: no reader's name has a hyphen."""
    return NAME.fullmatch(username) is not None


async def find(session: AsyncSession, username: str) -> Topic | None:
    """The row of that name, if somebody followed it or asked to."""
    found = NAME.fullmatch(username)
    if found is None:
        return None
    if found["token"]:
        return (await session.scalars(select(Topic).where(Topic.token == found["token"]))).first()
    kind, number = About(found["kind"]), int(found["number"])
    return (await session.scalars(select(Topic).where(Topic.kind == kind, Topic.target_id == number))).first()


async def settle(session: AsyncSession, username: str) -> Topic | None:
    """The row of that name, made now for something that is in the catalogue; None for nothing of ours."""
    known = await find(session, username)
    name = NAME.fullmatch(username)
    if known is not None or name is None or name["token"] or await label(session, username) is None:
        return known
    last = await session.scalar(select(func.max(Post.id))) or 0
    made = Topic(kind=About(name["kind"]), target_id=int(name["number"]), seen_id=last)
    session.add(made)
    await session.flush()
    return made


async def search(session: AsyncSession, query: str) -> Topic:
    """The row of a search in its normal form, made when somebody first asks to follow it. Raises Conflict when there are too many."""
    known = (await session.scalars(select(Topic).where(Topic.query == query))).first()
    if known is None:
        if (await session.scalar(select(func.count()).select_from(Topic).where(Topic.kind == About.search)) or 0) >= MOST_SEARCHES:
            raise Conflict("There are too many followed searches already. Please try again another day.")
        known = Topic(kind=About.search, query=query, token=uris.token(10))
        session.add(known)
        await session.flush()
    return known


async def label(session: AsyncSession, username: str) -> str | None:
    """What people call it: a title, a name, a heading, the words of a search. None for nothing of ours."""
    name = NAME.fullmatch(username)
    if name is None:
        return None
    if name["token"]:
        known = await find(session, username)
        return ", ".join(value for _, value in pairs(known.query or "")) if known is not None else None
    number = int(name["number"])
    match About(name["kind"]):
        case About.work:
            return await session.scalar(select(Work.title).where(Work.id == number, Work.removed_at.is_(None)))
        case About.author:
            return await session.scalar(select(Agent.name).where(Agent.id == number))
        case About.series:
            return await session.scalar(select(Series.title).where(Series.id == number))
        case _:
            return await session.scalar(select(Subject.label).where(Subject.id == number))


def is_followed(session: Session, reader: int, username: str) -> bool:
    """Whether this reader follows the thing of that name."""
    query = select(Follow.id).join(Actor, Actor.id == Follow.followed_id)
    query = query.where(Follow.follower_id == reader, Follow.state == FollowState.granted)
    return session.scalar(query.where(Actor.username == username, Actor.domain.is_(None))) is not None


def search_name(session: Session, query: str) -> str | None:
    """The name of the actor of a search in its normal form, if somebody asked to follow it."""
    token = session.scalar(select(Topic.token).where(Topic.query == query))
    return f"search-{token}" if token is not None else None


async def follow_enough(session: AsyncSession, follower: Actor, besides: Actor | None = None) -> bool:
    """Whether somebody follows as many things as anybody may, besides this one."""
    query = select(func.count()).select_from(Follow).join(Topic, Topic.actor_id == Follow.followed_id)
    query = query.where(Follow.follower_id == follower.id, Follow.state.in_([FollowState.granted, FollowState.asked]))
    if besides is not None:
        query = query.where(Follow.followed_id != besides.id)
    return (await session.scalar(query) or 0) >= MOST_FOLLOWED
