"""An account: how a person signs in here, and what they may do."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, String, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column, relationship

from community.clock import now
from community.database import Base, BigId, choice
from community.people.actors import Actor


class Role(StrEnum):
    """Each role may do what the ones before it may, except that librarians do not moderate."""

    reader = "reader"
    librarian = "librarian"
    moderator = "moderator"
    administrator = "administrator"


class Account(Base):
    """A person's way in. The e-mail address is for us alone and never federates."""

    __tablename__ = "accounts"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    actor_id: Mapped[int] = mapped_column(ForeignKey("actors.id"), unique=True)
    email: Mapped[str] = mapped_column(String(320), unique=True)  # lower-case
    password_hash: Mapped[str | None] = mapped_column(String(200))  # None: signs in by e-mail link only
    role: Mapped[Role] = mapped_column(choice(Role), default=Role.reader)
    language: Mapped[str] = mapped_column(String(10), default="en")
    created_at: Mapped[datetime] = mapped_column(default=now)
    closed_at: Mapped[datetime | None]

    actor: Mapped[Actor] = relationship(lazy="raise")

    @property
    def is_librarian(self) -> bool:
        return self.role in {Role.librarian, Role.administrator}

    @property
    def is_moderator(self) -> bool:
        return self.role in {Role.moderator, Role.administrator}

    @property
    def is_administrator(self) -> bool:
        return self.role is Role.administrator


class Visit(Base):
    """A signed-in browser. We keep a hash of its secret, not the secret."""

    __tablename__ = "visits"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    secret_hash: Mapped[str] = mapped_column(String(64), unique=True)  # SHA-256, hex
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"), index=True)
    created_at: Mapped[datetime] = mapped_column(default=now)
    expires_at: Mapped[datetime]


class SignInLink(Base):
    """A link by mail that signs in once."""

    __tablename__ = "sign_in_links"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    secret_hash: Mapped[str] = mapped_column(String(64), unique=True)
    email: Mapped[str] = mapped_column(String(320))
    username: Mapped[str | None] = mapped_column(String(60))  # set: opens a new account of this name
    name: Mapped[str] = mapped_column(String(100), default="")
    created_at: Mapped[datetime] = mapped_column(default=now)
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


async def by_email(session: AsyncSession, email: str) -> Account | None:
    """The open account with this e-mail address."""
    return (await session.scalars(select(Account).where(Account.email == email.strip().lower(), Account.closed_at.is_(None)))).first()
