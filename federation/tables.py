"""What federation owes and remembers: messages in, messages out, servers, keys."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from community.catalog.tables import Edition
from community.clock import now
from community.database import Base, BigId, choice
from community.due import Due
from community.people.actors import Actor

WAITING = text("state = 'waiting'")


class InboxMessage(Due, Base):
    """An activity that we said 202 to. It is processed until that succeeds or is given up."""

    __tablename__ = "inbox_messages"
    __table_args__ = (Index("ix_inbox_messages_due", "due_at", postgresql_where=WAITING, sqlite_where=WAITING),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    activity_id: Mapped[str] = mapped_column(String(600), unique=True)  # its id; where it has none, signer + digest of the body
    signer: Mapped[str] = mapped_column(String(500))  # the actor whose key signed it
    kind: Mapped[str] = mapped_column(String(60))  # Create, Follow ...
    digest: Mapped[str] = mapped_column(String(64))  # SHA-256 of the body (and of the signature where it may be said again)
    body: Mapped[bytes]
    received_at: Mapped[datetime] = mapped_column(default=now)


class Outgoing(Base):
    """An activity of ours, once, however many servers it goes to."""

    __tablename__ = "outgoing"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    uri: Mapped[str] = mapped_column(String(600), index=True)
    kind: Mapped[str] = mapped_column(String(60))
    object_uri: Mapped[str | None] = mapped_column(String(600), index=True)
    signer_id: Mapped[int] = mapped_column(ForeignKey("actors.id"))
    body: Mapped[bytes]
    created_at: Mapped[datetime] = mapped_column(default=now)


class Delivery(Due, Base):
    """One activity owed to one inbox."""

    __tablename__ = "deliveries"
    __table_args__ = (
        Index("ix_deliveries_due", "due_at", "host", postgresql_where=WAITING, sqlite_where=WAITING),
        Index("ix_deliveries_host", "host"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    outgoing_id: Mapped[int] = mapped_column(ForeignKey("outgoing.id", ondelete="CASCADE"), index=True)
    inbox: Mapped[str] = mapped_column(String(500))
    host: Mapped[str] = mapped_column(String(255))

    outgoing: Mapped[Outgoing] = relationship(lazy="raise")


class Instance(Base):
    """A server that we have met, and how well it answers."""

    __tablename__ = "instances"

    host: Mapped[str] = mapped_column(String(255), primary_key=True)
    software: Mapped[str | None] = mapped_column(String(60))
    version: Mapped[str | None] = mapped_column(String(60))
    asked_at: Mapped[datetime | None]  # when we last read its NodeInfo
    scheme: Mapped[str] = mapped_column(String(10), default="cavage")  # the signature that it last accepted
    failing_since: Mapped[datetime | None]
    failures: Mapped[int] = mapped_column(default=0)
    not_before: Mapped[datetime | None] = mapped_column(index=True)  # put off as a whole until then
    last_success_at: Mapped[datetime | None]
    first_seen_at: Mapped[datetime] = mapped_column(default=now)


class Answered(StrEnum):
    """What a librarian said to a suggestion."""

    waiting = "waiting"
    accepted = "accepted"
    refused = "refused"


class Look(StrEnum):
    """Where in a conversation we have not looked yet."""

    above = "above"  # what a post answers
    below = "below"  # what was answered to it, as its own server knows


class ThreadErrand(Due, Base):
    """A part of a conversation that another server can show us."""

    __tablename__ = "thread_errands"
    __table_args__ = (
        UniqueConstraint("post_id", "look", name="uq_thread_errands_once"),
        Index("ix_thread_errands_due", "due_at", postgresql_where=WAITING, sqlite_where=WAITING),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    post_id: Mapped[int] = mapped_column(ForeignKey("posts.id", ondelete="CASCADE"))
    look: Mapped[Look] = mapped_column(choice(Look))


class RemoteKey(Base):
    """A public key of somebody elsewhere, as their own server gave it."""

    __tablename__ = "remote_keys"

    id: Mapped[str] = mapped_column(String(500), primary_key=True)
    owner: Mapped[str] = mapped_column(String(500), index=True)
    pem: Mapped[str] = mapped_column(Text)
    fetched_at: Mapped[datetime] = mapped_column(default=now)


class Partner(Base):
    """A library on our software that ours follows: how far we have read what its readers say, and what flows."""

    __tablename__ = "partners"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    actor_id: Mapped[int] = mapped_column(ForeignKey("actors.id"), unique=True)
    host: Mapped[str] = mapped_column(String(255), unique=True)
    takes: Mapped[bool] = mapped_column(default=True)  # whether we take in what their readers say of our titles
    gives: Mapped[bool] = mapped_column(default=True)  # whether we send them what ours say
    cursor: Mapped[str] = mapped_column(String(60), default="")  # the last of their changes that we have read
    asked_work_id: Mapped[int] = mapped_column(BigId, default=0)  # the last title of ours that we have asked them about
    due_at: Mapped[datetime] = mapped_column(default=now, index=True)
    failures: Mapped[int] = mapped_column(default=0)
    contact_at: Mapped[datetime | None]  # when they last answered
    why: Mapped[str | None] = mapped_column(String(500))  # what went wrong last
    created_at: Mapped[datetime] = mapped_column(default=now)

    actor: Mapped[Actor] = relationship(lazy="raise")


class Suggestion(Base):
    """A number that a partner knows one of our editions by, and we do not. A librarian decides."""

    __tablename__ = "identifier_suggestions"
    __table_args__ = (UniqueConstraint("edition_id", "scheme", "value", name="uq_identifier_suggestions_once"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    edition_id: Mapped[int] = mapped_column(ForeignKey("editions.id", ondelete="CASCADE"))
    scheme: Mapped[str] = mapped_column(String(20))
    value: Mapped[str] = mapped_column(String(200))
    host: Mapped[str] = mapped_column(String(255))  # who says so
    state: Mapped[Answered] = mapped_column(choice(Answered), default=Answered.waiting, index=True)
    created_at: Mapped[datetime] = mapped_column(default=now)

    edition: Mapped[Edition] = relationship(lazy="raise")


class RemoteItem(Base):
    """A catalogue item of another server, and which work of ours it is."""

    __tablename__ = "remote_items"

    uri: Mapped[str] = mapped_column(String(500), primary_key=True)
    work_id: Mapped[int | None] = mapped_column(ForeignKey("works.id", ondelete="SET NULL"))  # None: nothing of ours
    fetched_at: Mapped[datetime] = mapped_column(default=now)
