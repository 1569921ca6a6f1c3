"""Quotations of our posts on other servers, and the consent to them (FEP-044f)."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, String, UniqueConstraint, delete, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, Session, joinedload, mapped_column, relationship

from community import states, uris
from community.clock import now
from community.database import Base, BigId, choice
from community.people.actors import Actor, ActorState
from community.posts.post import Post


class Consent(StrEnum):
    """Whether somebody may show our words under theirs."""

    granted = "granted"
    withdrawn = "withdrawn"  # by whoever was quoted: the authorisation answers 410 from then on


MOVES: dict[Consent, set[Consent]] = {Consent.granted: {Consent.withdrawn}, Consent.withdrawn: set()}


class Quote(Base):
    """A post elsewhere that quotes one of ours. `token` names the authorisation in its address."""

    __tablename__ = "quotes"
    __table_args__ = (UniqueConstraint("post_id", "uri", name="uq_quotes_once"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    token: Mapped[str] = mapped_column(String(40), unique=True, default=uris.token)
    post_id: Mapped[int] = mapped_column(ForeignKey("posts.id", ondelete="CASCADE"))
    quoter_id: Mapped[int] = mapped_column(ForeignKey("actors.id"), index=True)
    uri: Mapped[str] = mapped_column(String(500), index=True)  # of the post that quotes
    state: Mapped[Consent] = mapped_column(choice(Consent), default=Consent.granted)
    created_at: Mapped[datetime] = mapped_column(default=now)
    changed_at: Mapped[datetime] = mapped_column(default=now, onupdate=now)

    post: Mapped[Post] = relationship(lazy="raise")
    quoter: Mapped[Actor] = relationship(lazy="raise")


async def find(session: AsyncSession, post: Post, uri: str) -> Quote | None:
    """The quotation of a post by the post at that address."""
    return (await session.scalars(select(Quote).where(Quote.post_id == post.id, Quote.uri == uri))).first()


async def grant(session: AsyncSession, post: Post, quoter: Actor, uri: str) -> Quote | None:
    """Consent to a quotation; asked again, the consent is the same. None when it was withdrawn: that stands."""
    known = await find(session, post, uri)
    if known is not None:
        return known if known.state is Consent.granted and known.quoter_id == quoter.id else None
    made = Quote(post_id=post.id, quoter_id=quoter.id, uri=uri)
    session.add(made)
    await session.flush()
    return made


def withdraw(quote: Quote) -> None:
    """Whoever was quoted does not want it any more. Raises Conflict when it was withdrawn before."""
    states.move(quote, Consent.withdrawn, MOVES)


async def forget(session: AsyncSession, uri: str, quoter: Actor) -> bool:
    """The post that quoted is gone, says its author; says whether there was one."""
    gone = await session.execute(delete(Quote).where(Quote.uri == uri, Quote.quoter_id == quoter.id).returning(Quote.id))
    return gone.first() is not None


async def by_token(session: AsyncSession, token: str) -> Quote | None:
    """The quotation whose authorisation has this name, with its post."""
    query = select(Quote).where(Quote.token == token).options(joinedload(Quote.post), joinedload(Quote.quoter))
    return (await session.scalars(query)).first()


def of_post(session: Session, token: str, limit: int = 100) -> Sequence[Quote]:
    """Who quotes a post with consent, the newest first; nobody whom we hide."""
    query = (
        select(Quote)
        .join(Post, Post.id == Quote.post_id)
        .join(Actor, Actor.id == Quote.quoter_id)
        .where(Post.token == token, Quote.state == Consent.granted, Actor.state == ActorState.active)
        .options(joinedload(Quote.quoter))
        .order_by(Quote.created_at.desc(), Quote.id.desc())
        .limit(limit)
    )
    return session.scalars(query).all()


def count(session: Session, token: str) -> int:
    """How many quote a post with consent."""
    query = (
        select(func.count())
        .select_from(Quote)
        .join(Post, Post.id == Quote.post_id)
        .join(Actor, Actor.id == Quote.quoter_id)
        .where(Post.token == token, Quote.state == Consent.granted, Actor.state == ActorState.active)
    )
    return session.scalar(query) or 0
