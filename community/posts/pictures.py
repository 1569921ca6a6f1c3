"""Pictures that people elsewhere have, of themselves or beside their words: rows that are owed until we have a copy of our own."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ForeignKey, Index, SmallInteger, String, UniqueConstraint, delete, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from community.clock import days, now
from community.database import Base, BigId
from community.due import Due, Owed
from community.people.actors import Actor
from community.posts.post import Post

ANOTHER_LOOK = days(7)
MOST = 4  # beside one post, as Mastodon shows them
MOST_ADDRESS = 1000
MOST_ALT = 1500
WAITING = text("state = 'waiting'")


class Picture(Due, Base):
    """The face of an actor elsewhere, or one of the pictures of a post. `content` names our copy, when we have one."""

    __tablename__ = "pictures"
    __table_args__ = (
        UniqueConstraint("post_id", "place", name="uq_pictures_place"),
        Index("ix_pictures_due", "due_at", postgresql_where=WAITING, sqlite_where=WAITING),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("actors.id", ondelete="CASCADE"), unique=True)  # whose face it is
    post_id: Mapped[int | None] = mapped_column(ForeignKey("posts.id", ondelete="CASCADE"))  # or beside which words it stands
    place: Mapped[int] = mapped_column(SmallInteger, default=0)  # of the pictures of one post, from 0
    url: Mapped[str] = mapped_column(String(MOST_ADDRESS))
    alt: Mapped[str] = mapped_column(String(MOST_ALT), default="")
    sensitive: Mapped[bool] = mapped_column(default=False)
    content: Mapped[str | None] = mapped_column(String(64), index=True)  # SHA-256 of our copy
    width: Mapped[int] = mapped_column(default=0)
    height: Mapped[int] = mapped_column(default=0)


@dataclass(frozen=True)
class Attached:
    """A picture beside somebody's words, where it is at home."""

    url: str
    alt: str
    sensitive: bool


async def want_face(session: AsyncSession, actor: Actor) -> None:
    """Owe a copy of the picture that somebody elsewhere shows of themselves; of a new one again, of none no more."""
    if actor.is_local:
        return
    known = (await session.scalars(select(Picture).where(Picture.actor_id == actor.id))).first()
    if not actor.icon_url:
        if known is not None:
            await session.delete(known)
        actor.face = None
    elif known is None:
        session.add(Picture(actor_id=actor.id, url=actor.icon_url))
    elif known.url != actor.icon_url or _is_worth_another_look(known):
        known.url, known.state, known.due_at, known.attempts = actor.icon_url, Owed.waiting, now(), 0


def _is_worth_another_look(known: Picture) -> bool:
    """A copy that was cleared away, or a picture that could not be had some time ago."""
    if known.state is Owed.given_up:
        return known.due_at < now() - ANOTHER_LOOK
    return known.state is Owed.done and known.content is None


async def want_new_face(session: AsyncSession, actor: Actor) -> None:
    """The same, for somebody whose face we show already. Of people who only follow, we need no pictures."""
    if await session.scalar(select(Picture.id).where(Picture.actor_id == actor.id)) is not None:
        await want_face(session, actor)


async def attach(session: AsyncSession, post: Post, attached: tuple[Attached, ...]) -> None:
    """Let exactly these pictures stand beside a post. What we have a copy of stays, whatever its place."""
    rows = (await session.scalars(select(Picture).where(Picture.post_id == post.id).order_by(Picture.place))).all()
    if not rows and not attached:
        return
    had = {row.url: row for row in rows}
    await session.execute(delete(Picture).where(Picture.post_id == post.id))
    for place, one in enumerate(attached[:MOST]):
        made = Picture(post_id=post.id, place=place, url=one.url, alt=one.alt, sensitive=one.sensitive)
        if (copy := had.get(one.url)) is not None and copy.content is not None:
            made.content, made.width, made.height, made.state = copy.content, copy.width, copy.height, Owed.done
        session.add(made)
    await session.flush()
    await note_down(session, {post.id})


async def forget(session: AsyncSession, post_ids: set[int]) -> None:
    """Nothing stands beside these posts any more; the copies go with the next tidying."""
    await session.execute(delete(Picture).where(Picture.post_id.in_(post_ids)))
    await session.execute(update(Post).where(Post.id.in_(post_ids), Post.pictures.is_not(None)).values(pictures=None))


async def forget_actor(session: AsyncSession, actor: Actor) -> None:
    """Neither their face is shown any more nor what stood beside their words."""
    theirs = select(Post.id).where(Post.author_id == actor.id)
    await session.execute(delete(Picture).where((Picture.actor_id == actor.id) | Picture.post_id.in_(theirs)))
    await session.execute(update(Post).where(Post.author_id == actor.id, Post.pictures.is_not(None)).values(pictures=None))
    actor.face = None


async def note_down(session: AsyncSession, post_ids: set[int]) -> None:
    """Write into posts what pages show beside them, so that no page has to ask for it."""
    rows = await session.scalars(select(Picture).where(Picture.post_id.in_(post_ids)).order_by(Picture.post_id, Picture.place))
    shown: dict[int, list[dict[str, Any]]] = {}
    for row in rows:
        assert row.post_id is not None
        shown.setdefault(row.post_id, []).append(
            {"content": row.content, "alt": row.alt, "sensitive": row.sensitive, "width": row.width, "height": row.height}
        )
    for post in await session.scalars(select(Post).where(Post.id.in_(post_ids))):
        post.pictures = shown.get(post.id)
