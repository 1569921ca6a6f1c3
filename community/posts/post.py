"""What somebody said: one table for every kind of post."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, CheckConstraint, Float, ForeignKey, Index, SmallInteger, String, Text, UniqueConstraint, select, true, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column, relationship

from community import states, uris
from community.catalog.tables import Edition, Work
from community.clock import now
from community.database import Base, BigId, choice
from community.people.actors import Actor


class Standing(StrEnum):
    """Whether and where a post may be seen."""

    shown = "shown"
    limited = "limited"  # on its own page and to followers; not on public pages
    held = "held"  # a person looks first; nobody else sees it
    hidden = "hidden"  # a moderator hid it here; reversible, does not federate
    removed = "removed"  # a moderator removed it; for ours a Delete went out
    deleted = "deleted"  # its author took it back; only the address is left


MOVES: dict[Standing, set[Standing]] = {
    Standing.shown: {Standing.limited, Standing.held, Standing.hidden, Standing.removed, Standing.deleted},
    Standing.limited: {Standing.shown, Standing.held, Standing.hidden, Standing.removed, Standing.deleted},
    Standing.held: {Standing.shown, Standing.limited, Standing.hidden, Standing.removed, Standing.deleted},
    Standing.hidden: {Standing.shown, Standing.limited, Standing.removed, Standing.deleted},
    Standing.removed: {Standing.shown, Standing.limited, Standing.hidden, Standing.deleted},
    Standing.deleted: set(),
}

SEEN_BY_ALL = (Standing.shown,)
SEEN_AT_ALL = (Standing.shown, Standing.limited)


class Audience(StrEnum):
    """Whom the author speaks to."""

    public = "public"
    unlisted = "unlisted"  # public, but not in streams
    followers = "followers"
    direct = "direct"


class Door(StrEnum):
    """How one comes to an event."""

    none = "none"  # one just comes
    open = "open"  # one says so, and has a place while there are some
    approved = "approved"  # a librarian agrees first
    external = "external"  # one signs up elsewhere: at `door_url`


class Post(Base):
    """Something said, here or elsewhere. `token` names ours in addresses."""

    __tablename__ = "posts"
    __table_args__ = (
        Index("ix_posts_about", "about_id", "published_at"),
        Index("ix_posts_stream", "kind", "published_at"),
        CheckConstraint("half_stars IS NULL OR half_stars BETWEEN 1 AND 10", name="half_stars"),
        CheckConstraint("kind NOT IN ('review', 'rating') OR about_id IS NOT NULL", name="about_something"),
        CheckConstraint("kind <> 'rating' OR half_stars IS NOT NULL OR standing = 'deleted'", name="rating_has_stars"),
        CheckConstraint("kind <> 'event' OR starts_at IS NOT NULL", name="event_has_time"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    kind: Mapped[str] = mapped_column(String(20))
    token: Mapped[str] = mapped_column(String(40), unique=True, default=uris.token)
    uri: Mapped[str] = mapped_column(String(500), unique=True)
    url: Mapped[str | None] = mapped_column(String(500))  # the page for people
    author_id: Mapped[int] = mapped_column(ForeignKey("actors.id"), index=True)
    about_id: Mapped[int | None] = mapped_column(ForeignKey("works.id"))
    edition_id: Mapped[int | None] = mapped_column(ForeignKey("editions.id"))
    club_id: Mapped[int | None] = mapped_column(ForeignKey("clubs.id", ondelete="SET NULL"), index=True)  # said in this book club
    reply_to_id: Mapped[int | None] = mapped_column(ForeignKey("posts.id"), index=True)
    reply_to_uri: Mapped[str | None] = mapped_column(String(500), index=True)
    audience: Mapped[Audience] = mapped_column(choice(Audience), default=Audience.public)
    standing: Mapped[Standing] = mapped_column(choice(Standing), default=Standing.shown)
    html: Mapped[str] = mapped_column(Text, default="")  # safe HTML, made by text.safe_html or text.render
    source: Mapped[str | None] = mapped_column(Text)  # Markdown, ours only
    warning: Mapped[str | None] = mapped_column(String(500))  # content warning; the text is folded behind it
    language: Mapped[str | None] = mapped_column(String(10))
    published_at: Mapped[datetime] = mapped_column(default=now)
    edited_at: Mapped[datetime | None]
    changed_at: Mapped[datetime] = mapped_column(default=now, onupdate=now, index=True)
    # review, announcement, event
    title: Mapped[str | None] = mapped_column(String(300))
    # review, rating
    half_stars: Mapped[int | None] = mapped_column(SmallInteger)  # 1 to 10; None: no stars given
    # of others: what pages show beside the words, written by community/posts/pictures.py
    pictures: Mapped[list[dict[str, Any]] | None] = mapped_column(JSON(none_as_null=True))
    # announcement, event
    category: Mapped[str | None] = mapped_column(String(40))
    # event
    starts_at: Mapped[datetime | None] = mapped_column(index=True)
    ends_at: Mapped[datetime | None]
    timezone: Mapped[str | None] = mapped_column(String(60))
    place: Mapped[str | None] = mapped_column(String(300))
    place_address: Mapped[str | None] = mapped_column(String(500))
    latitude: Mapped[float | None] = mapped_column(Float)
    longitude: Mapped[float | None] = mapped_column(Float)
    online_url: Mapped[str | None] = mapped_column(String(500))  # where one takes part from afar
    poster: Mapped[str | None] = mapped_column(String(64))  # names a picture of the library's own; None: one is drawn
    poster_alt: Mapped[str | None] = mapped_column(String(500))  # what is on it
    poster_width: Mapped[int | None]
    poster_height: Mapped[int | None]
    revision: Mapped[int] = mapped_column(default=0, server_default="0")  # how often it was changed, for calendars
    cancelled: Mapped[bool] = mapped_column(default=False)
    door: Mapped[Door] = mapped_column(choice(Door), default=Door.none, server_default="none")
    door_url: Mapped[str | None] = mapped_column(String(500))
    capacity: Mapped[int | None]  # places; None: as many as come
    guests_changed_at: Mapped[datetime | None]  # since other servers were last told how many come
    reminds: Mapped[bool] = mapped_column(default=True, server_default=true())  # whether those who follow us are reminded a day before
    reminded_at: Mapped[datetime | None]  # when they were

    author: Mapped[Actor] = relationship(lazy="raise")
    about: Mapped[Work | None] = relationship(lazy="raise")
    edition: Mapped[Edition | None] = relationship(lazy="raise")
    reply_to: Mapped["Post | None"] = relationship(remote_side=[id], lazy="raise")

    # with_polymorphic: a select of Post that left a subclass's columns unloaded would touch the database again, later.
    __mapper_args__ = {"polymorphic_on": "kind", "polymorphic_identity": "post", "with_polymorphic": "*"}

    @property
    def is_ours(self) -> bool:
        """Whether it was written here. Only ours have a source."""
        return self.source is not None

    @property
    def is_seen(self) -> bool:
        """Whether anyone but staff may see it."""
        return self.standing in SEEN_AT_ALL

    def move(self, to: Standing) -> None:
        """Change where it may be seen, if the table allows. Raises Conflict otherwise."""
        if to not in MOVES[self.standing]:
            states.move(_Named(self.standing), to, MOVES)
        self.standing = to
        self.changed_at = now()


class _Named:
    def __init__(self, state: Standing) -> None:
        self.state = state


class ReactionKind(StrEnum):
    """What one can do with a post without words."""

    like = "like"
    boost = "boost"


class Reaction(Base):
    """A like or a boost."""

    __tablename__ = "reactions"
    __table_args__ = (UniqueConstraint("post_id", "kind", "actor_id", name="uq_reactions_once"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    post_id: Mapped[int] = mapped_column(ForeignKey("posts.id", ondelete="CASCADE"))
    kind: Mapped[ReactionKind] = mapped_column(choice(ReactionKind))
    actor_id: Mapped[int] = mapped_column(ForeignKey("actors.id"), index=True)
    uri: Mapped[str] = mapped_column(String(500), index=True)  # of the Like or Announce
    created_at: Mapped[datetime] = mapped_column(default=now)


class Tombstone(Base):
    """An address that was ours and is gone: it answers 410 for ever."""

    __tablename__ = "tombstones"

    uri: Mapped[str] = mapped_column(String(500), primary_key=True)
    former_type: Mapped[str] = mapped_column(String(20))  # Note, Event, Person
    deleted_at: Mapped[datetime] = mapped_column(default=now)


async def by_uri(session: AsyncSession, uri: str) -> Post | None:
    """The post with this address."""
    return (await session.scalars(select(Post).where(Post.uri == uri))).first()


async def touch(session: AsyncSession, post: Post) -> None:
    """Say that the page of the title that a post is about shows something new: caches follow this."""
    if post.about_id is not None:
        await session.execute(update(Work).where(Work.id == post.about_id).values(touched_at=now()))


async def is_tombstone(session: AsyncSession, uri: str) -> bool:
    """Whether this address is known to be gone."""
    return await session.get(Tombstone, uri) is not None


async def bury(session: AsyncSession, uri: str, former_type: str) -> None:
    """Remember that what was at this address is gone."""
    if not await is_tombstone(session, uri):
        session.add(Tombstone(uri=uri, former_type=former_type))
