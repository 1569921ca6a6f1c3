"""An actor: a person, a library, a group or a server, here or elsewhere."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, String, Text, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, Session, mapped_column

from community.clock import now
from community.database import Base, BigId, choice


class ActorState(StrEnum):
    """What we let an actor do here."""

    active = "active"
    limited = "limited"  # seen by those who follow them, not on public pages
    suspended = "suspended"
    gone = "gone"  # deleted by themselves or by their server


MOVES: dict[ActorState, set[ActorState]] = {
    ActorState.active: {ActorState.limited, ActorState.suspended, ActorState.gone},
    ActorState.limited: {ActorState.active, ActorState.suspended, ActorState.gone},
    ActorState.suspended: {ActorState.active, ActorState.limited, ActorState.gone},
    ActorState.gone: {ActorState.active},
}


class Actor(Base):
    """Someone who acts. Local ones have no domain; their private key lies in `ActorKey`."""

    __tablename__ = "actors"
    __table_args__ = (Index("ix_actors_handle", "username", "domain"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    uri: Mapped[str] = mapped_column(String(500), unique=True)
    kind: Mapped[str] = mapped_column(String(20))  # Person, Organization, Service, Group, Application
    username: Mapped[str] = mapped_column(String(150))
    domain: Mapped[str | None] = mapped_column(String(255), index=True)  # None: ours
    name: Mapped[str] = mapped_column(String(300), default="")
    summary: Mapped[str] = mapped_column(Text, default="")  # safe HTML
    url: Mapped[str | None] = mapped_column(String(500))
    inbox: Mapped[str] = mapped_column(String(500))
    shared_inbox: Mapped[str | None] = mapped_column(String(500))
    outbox: Mapped[str | None] = mapped_column(String(500))
    followers: Mapped[str | None] = mapped_column(String(500))
    icon_url: Mapped[str | None] = mapped_column(String(1000))
    face: Mapped[str | None] = mapped_column(String(64))  # names our copy of the picture there
    key_id: Mapped[str | None] = mapped_column(String(500))
    public_key: Mapped[str | None] = mapped_column(Text)  # PEM
    multikey: Mapped[str | None] = mapped_column(String(100))  # of ours: the Ed25519 key for proofs, as publicKeyMultibase
    also_known_as: Mapped[list[str]] = mapped_column(default=list)
    moved_to: Mapped[str | None] = mapped_column(String(500))
    moved_at: Mapped[datetime | None]  # when they last moved, also after they came back
    manually_approves: Mapped[bool] = mapped_column(default=False)
    discoverable: Mapped[bool] = mapped_column(default=False)
    indexable: Mapped[bool] = mapped_column(default=False)
    state: Mapped[ActorState] = mapped_column(choice(ActorState), default=ActorState.active)
    created_at: Mapped[datetime] = mapped_column(default=now)
    changed_at: Mapped[datetime] = mapped_column(default=now, onupdate=now)
    fetched_at: Mapped[datetime | None]  # remote only: when we last read their document

    @property
    def is_local(self) -> bool:
        return self.domain is None

    @property
    def handle(self) -> str:
        """`@name` for ours, `@name@server` for others."""
        return f"@{self.username}" if self.domain is None else f"@{self.username}@{self.domain}"

    @property
    def label(self) -> str:
        """The name that people see."""
        return self.name or self.username


class ActorKey(Base):
    """The private key of an actor of ours; a table of its own, so that nobody loads it by accident."""

    __tablename__ = "actor_keys"

    actor_id: Mapped[int] = mapped_column(ForeignKey("actors.id", ondelete="CASCADE"), primary_key=True)
    private_key: Mapped[str] = mapped_column(Text)  # PEM, PKCS 8
    proof_key: Mapped[str | None] = mapped_column(Text)  # Ed25519, PEM, PKCS 8


async def by_uri(session: AsyncSession, uri: str) -> Actor | None:
    """The actor with this address, if we know them."""
    return (await session.scalars(select(Actor).where(Actor.uri == uri))).first()


async def local(session: AsyncSession, username: str) -> Actor | None:
    """Our own actor of that name."""
    return (await session.scalars(select(Actor).where(Actor.username == username.lower(), Actor.domain.is_(None)))).first()


def find_by_handle(session: Session, username: str, domain: str | None) -> Actor | None:
    """The actor with this name on this server (None: ours)."""
    where = Actor.domain.is_(None) if domain is None else Actor.domain == domain
    return session.scalars(select(Actor).where(Actor.username == username, where)).first()
