"""Who comes to an event: doors, places, and the line of those who wait for one."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint, delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, Session, joinedload, mapped_column, relationship

from community import states
from community.clock import days, now
from community.database import Base, BigId, choice, table_of
from community.errors import Conflict
from community.people.actors import Actor
from community.posts.post import Door, Post

FORGET_AFTER: timedelta = days(30)  # so long after an event we know who was there


class Attendance(StrEnum):
    """Where somebody stands."""

    asked = "asked"  # a librarian has to agree
    waiting = "waiting"  # for a place to become free
    coming = "coming"
    refused = "refused"
    left = "left"


MOVES: dict[Attendance, set[Attendance]] = {
    Attendance.asked: {Attendance.coming, Attendance.waiting, Attendance.refused, Attendance.left},
    Attendance.waiting: {Attendance.coming, Attendance.refused, Attendance.left},
    Attendance.coming: {Attendance.refused, Attendance.left},
    Attendance.refused: {Attendance.coming, Attendance.waiting},
    Attendance.left: {Attendance.asked, Attendance.waiting, Attendance.coming},
}
HERE = (Attendance.asked, Attendance.waiting, Attendance.coming)


class Guest(Base):
    """Somebody who wants to come. Their names are for the library's own people, and not for long."""

    __tablename__ = "guests"
    __table_args__ = (
        UniqueConstraint("event_id", "actor_id", name="uq_guests_once"),
        Index("ix_guests_line", "event_id", "state", "since"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    event_id: Mapped[int] = mapped_column(ForeignKey("posts.id", ondelete="CASCADE"))
    actor_id: Mapped[int] = mapped_column(ForeignKey("actors.id"), index=True)
    uri: Mapped[str | None] = mapped_column(String(500))  # of the Join, which its answers name
    message: Mapped[str | None] = mapped_column(String(500))  # what they wrote to the library
    state: Mapped[Attendance] = mapped_column(choice(Attendance))
    told_at: Mapped[datetime | None]  # when they were told where they stand now
    news_at: Mapped[datetime | None] = mapped_column(index=True)  # since when they are owed a word that the event has changed
    since: Mapped[datetime] = mapped_column(default=now)  # when they came into this state: who came first waits first

    event: Mapped[Post] = relationship(lazy="raise")
    actor: Mapped[Actor] = relationship(lazy="raise")

    def move(self, to: Attendance) -> None:
        """Come into another state, if the table allows. Raises Conflict otherwise."""
        states.move(self, to, MOVES)
        self.since, self.told_at = now(), None


@dataclass(frozen=True)
class Count:
    """How many come, and how many wait or ask."""

    coming: int = 0
    waiting: int = 0
    asked: int = 0


def counted(session: Session, event_id: int) -> Count:
    """How many, for a page."""
    tally = select(Guest.state, func.count()).where(Guest.event_id == event_id).group_by(Guest.state)
    found: dict[Attendance, int] = {state: number for state, number in session.execute(tally)}
    return Count(found.get(Attendance.coming, 0), found.get(Attendance.waiting, 0), found.get(Attendance.asked, 0))


async def count(session: AsyncSession, event_id: int) -> Count:
    """The same where something is written."""
    return await session.run_sync(lambda inner: counted(inner, event_id))


def mine(session: Session, event_id: int, actor_id: int) -> Guest | None:
    """Where this reader stands."""
    return session.scalars(select(Guest).where(Guest.event_id == event_id, Guest.actor_id == actor_id)).first()


def listed(session: Session, event_id: int, limit: int = 2000) -> Sequence[Guest]:
    """Everyone who comes, waits or asks, in the order in which they came; for the library's own people only."""
    query = select(Guest).where(Guest.event_id == event_id, Guest.state.in_(HERE)).options(joinedload(Guest.actor))
    return session.scalars(query.order_by(Guest.state, Guest.since, Guest.id).limit(limit)).all()


async def find(session: AsyncSession, event: Post, actor: Actor) -> Guest | None:
    """Where somebody stands."""
    return (await session.scalars(select(Guest).where(Guest.event_id == event.id, Guest.actor_id == actor.id))).first()


async def ask(session: AsyncSession, event: Post, actor: Actor, uri: str | None = None, message: str | None = None) -> Guest:
    """Somebody wants to come: they do, wait in line, or wait for a librarian's word. Asked again, they stand where they stand.

    Raises Conflict when nobody can come: over, cancelled, or no door of ours.
    """
    if event.cancelled:
        raise Conflict("This event does not take place.")
    if is_over(event):
        raise Conflict("This event is over.")
    if event.door not in {Door.open, Door.approved}:
        raise Conflict("Nobody has to sign up here for this event.")
    await _lock(session, event)
    guest = await find(session, event, actor)
    if guest is not None and guest.state in {*HERE, Attendance.refused}:
        guest.uri = uri or guest.uri
        return guest
    to = Attendance.asked if event.door is Door.approved else await _place(session, event)
    if guest is None:
        guest = Guest(event_id=event.id, actor_id=actor.id, uri=uri, message=message, state=to)
        session.add(guest)
    else:
        guest.move(to)
        guest.uri, guest.message = uri, message
    event.guests_changed_at = now()
    await session.flush()
    return guest


async def leave(session: AsyncSession, event: Post, actor: Actor) -> tuple[Guest | None, Guest | None]:
    """Somebody does not come after all: they, and who gets their place."""
    await _lock(session, event)
    guest = await find(session, event, actor)
    if guest is None or guest.state not in HERE:
        return None, None
    return guest, await _free(session, event, guest, Attendance.left)


async def leave_all(session: AsyncSession, actor: Actor) -> list[tuple[Post, Guest]]:
    """Somebody is gone for good: forget where they were and would have been. Says who gets their places, and where."""
    ends = func.coalesce(Post.ends_at, Post.starts_at)
    ahead = select(Post).join(Guest, Guest.event_id == Post.id).where(Guest.actor_id == actor.id, Guest.state.in_(HERE), ends > now())
    let: list[tuple[Post, Guest]] = []
    for event in list(await session.scalars(ahead.order_by(Post.id))):
        _, following = await leave(session, event, actor)
        if following is not None:
            let.append((event, following))
    await session.execute(delete(table_of(Guest)).where(table_of(Guest).c.actor_id == actor.id))
    return let


async def let_in(session: AsyncSession, event: Post, guest: Guest) -> None:
    """A librarian agrees: they come, or wait in line when all places are taken. Raises Conflict for who stands elsewhere."""
    await _lock(session, event)
    guest.move(await _place(session, event))
    event.guests_changed_at = now()
    await session.flush()


async def turn_away(session: AsyncSession, event: Post, guest: Guest) -> Guest | None:
    """A librarian does not agree, or no longer; says who gets the place. Raises Conflict."""
    await _lock(session, event)
    return await _free(session, event, guest, Attendance.refused)


async def fill(session: AsyncSession, event: Post) -> list[Guest]:
    """Let in who waits longest, as long as there are places: says who. For when there are more places than before."""
    await _lock(session, event)
    let: list[Guest] = []
    while (guest := await _next(session, event)) is not None:
        guest.move(Attendance.coming)
        let.append(guest)
        await session.flush()
    if let:
        event.guests_changed_at = now()
    return let


def is_over(event: Post) -> bool:
    """Whether it has ended."""
    ends = event.ends_at or event.starts_at
    return ends is not None and ends < now()


async def owe_news(session: AsyncSession, event: Post) -> None:
    """Let everyone who comes, waits or asks be told of what has changed: by a chore, some at a time."""
    guests = table_of(Guest)
    concerned = update(guests).where(guests.c.event_id == event.id, guests.c.state.in_(HERE))
    await session.execute(concerned.values(news_at=now()))


async def _lock(session: AsyncSession, event: Post) -> None:
    """One at a time: two who ask in the same moment do not get the same place (SQLite has one writer anyway)."""
    await session.execute(select(Post.id).where(Post.id == event.id).with_for_update())


async def _free(session: AsyncSession, event: Post, guest: Guest, to: Attendance) -> Guest | None:
    guest.move(to)
    event.guests_changed_at = now()
    await session.flush()
    following = await _next(session, event)
    if following is not None:
        following.move(Attendance.coming)
        await session.flush()
    return following


async def _place(session: AsyncSession, event: Post) -> Attendance:
    if event.capacity is None:
        return Attendance.coming
    known = await count(session, event.id)
    return Attendance.coming if known.coming < event.capacity and not known.waiting else Attendance.waiting


async def _next(session: AsyncSession, event: Post) -> Guest | None:
    """Who waits longest, if there is a place for them."""
    known = await count(session, event.id)
    if event.capacity is not None and known.coming >= event.capacity:
        return None
    line = select(Guest).where(Guest.event_id == event.id, Guest.state == Attendance.waiting).order_by(Guest.since, Guest.id)
    return (await session.scalars(line.limit(1))).first()
