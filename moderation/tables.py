"""What moderation remembers: cases, reports, decisions, rules for servers and words, and the log."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import DDL, ForeignKey, String, Text, event
from sqlalchemy.orm import Mapped, mapped_column, relationship

from community.clock import now
from community.database import Base, BigId, choice
from community.people.accounts import Account
from community.people.actors import Actor
from community.posts.post import Post


class CaseState(StrEnum):
    """open: nobody has decided. settled: decided, and may be opened again by a new report."""

    open = "open"
    settled = "settled"


class Case(Base):
    """One post or one actor that somebody, or a policy, asked us to look at. Reports of the same thing meet here."""

    __tablename__ = "cases"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    post_id: Mapped[int | None] = mapped_column(ForeignKey("posts.id"), index=True)
    actor_id: Mapped[int] = mapped_column(ForeignKey("actors.id"), index=True)  # whose post, or who themselves
    state: Mapped[CaseState] = mapped_column(choice(CaseState), default=CaseState.open, index=True)
    rule: Mapped[str | None] = mapped_column(String(40))  # the gravest rule named in its reports
    severity: Mapped[int] = mapped_column(default=3)  # 1 at once ... 4 when there is time
    opened_at: Mapped[datetime] = mapped_column(default=now, index=True)
    changed_at: Mapped[datetime] = mapped_column(default=now)
    version: Mapped[int] = mapped_column(default=1)  # two moderators at once: the second is told

    post: Mapped[Post | None] = relationship(lazy="raise")
    actor: Mapped[Actor] = relationship(lazy="raise")
    reports: Mapped[list["Report"]] = relationship(lazy="raise", order_by="Report.created_at", back_populates="case")
    decisions: Mapped[list["Decision"]] = relationship(lazy="raise", order_by="Decision.decided_at", back_populates="case")

    __mapper_args__ = {"version_id_col": version}


class Origin(StrEnum):
    """How a report came."""

    form = "form"
    flag = "flag"
    policy = "policy"


class Report(Base):
    """Somebody says that something is wrong. It keeps the words as they were at that moment."""

    __tablename__ = "reports"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id", ondelete="CASCADE"), index=True)
    origin: Mapped[Origin] = mapped_column(choice(Origin))
    uri: Mapped[str | None] = mapped_column(String(500), unique=True)  # of a Flag: told twice, kept once
    code: Mapped[str | None] = mapped_column(String(40), unique=True)  # lets the reporter follow it
    reporter_id: Mapped[int | None] = mapped_column(ForeignKey("actors.id"))  # never shown outside the case
    reporter_email: Mapped[str | None] = mapped_column(String(320))
    host: Mapped[str | None] = mapped_column(String(255), index=True)  # of a Flag
    policy: Mapped[str | None] = mapped_column(String(40))  # which policy held it
    rule: Mapped[str | None] = mapped_column(String(40))
    reason: Mapped[str] = mapped_column(Text, default="")  # plain text
    words: Mapped[str] = mapped_column(Text, default="")  # the HTML of the post as it was
    words_at: Mapped[datetime] = mapped_column(default=now)
    created_at: Mapped[datetime] = mapped_column(default=now)

    case: Mapped[Case] = relationship(lazy="raise", back_populates="reports")
    reporter: Mapped[Actor | None] = relationship(lazy="raise")


class Action(StrEnum):
    """What a moderator can do, mildest first."""

    dismiss = "dismiss"
    warn = "warn"
    release = "release"  # show a held post
    hide = "hide"
    remove = "remove"
    limit = "limit"
    suspend = "suspend"
    refuse_server = "refuse_server"


class Decision(Base):
    """What a moderator did, why, and what it was before, so that it can be undone."""

    __tablename__ = "decisions"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"), index=True)
    moderator_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    action: Mapped[Action] = mapped_column(choice(Action))
    rule: Mapped[str | None] = mapped_column(String(40))
    reason: Mapped[str] = mapped_column(Text)
    before: Mapped[dict[str, Any]] = mapped_column(default=dict)  # {"standing": ..., "actor_state": ..., "server": ...}
    decided_at: Mapped[datetime] = mapped_column(default=now)
    reversed_at: Mapped[datetime | None]
    reversed_by_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    reversal_reason: Mapped[str | None] = mapped_column(Text)

    case: Mapped[Case] = relationship(lazy="raise", back_populates="decisions")
    moderator: Mapped[Account] = relationship(lazy="raise", foreign_keys=[moderator_id])


class DomainAnswer(StrEnum):
    """What we do with a server."""

    allow = "allow"
    limit = "limit"
    hold = "hold"
    refuse = "refuse"


class DomainRule(Base):
    """What we do with everything from one server, and its subdomains."""

    __tablename__ = "domain_rules"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    domain: Mapped[str] = mapped_column(String(255), unique=True)
    answer: Mapped[DomainAnswer] = mapped_column(choice(DomainAnswer))
    reason: Mapped[str] = mapped_column(Text, default="")
    created_at: Mapped[datetime] = mapped_column(default=now)


class ListedWord(Base):
    """A word or phrase that makes a post wait for a person, or stay out."""

    __tablename__ = "listed_words"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    phrase: Mapped[str] = mapped_column(String(200), unique=True)  # folded; matched at word borders
    answer: Mapped[DomainAnswer] = mapped_column(choice(DomainAnswer), default=DomainAnswer.hold)
    reason: Mapped[str] = mapped_column(Text, default="")
    created_at: Mapped[datetime] = mapped_column(default=now)


class LogEntry(Base):
    """One line of the log. The database refuses to change or drop it."""

    __tablename__ = "log_entries"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    at: Mapped[datetime] = mapped_column(default=now)
    who: Mapped[str] = mapped_column(String(100))  # a moderator's username, or "policy NAME"
    what: Mapped[str] = mapped_column(String(40))  # hold, dismiss, remove, undo ...
    about: Mapped[str] = mapped_column(String(500))  # address of the post, actor or server
    case_id: Mapped[int | None]
    rule: Mapped[str | None] = mapped_column(String(40))
    reason: Mapped[str] = mapped_column(Text, default="")


APPEND_ONLY: dict[str, tuple[str, ...]] = {
    "sqlite": tuple(
        f"CREATE TRIGGER log_entries_no_{verb} BEFORE {verb.upper()} ON log_entries "
        "BEGIN SELECT RAISE(ABORT, 'the moderation log is append-only'); END"
        for verb in ("update", "delete")
    ),
    "postgresql": (
        "CREATE FUNCTION log_entries_append_only() RETURNS trigger AS $$ "
        "BEGIN RAISE EXCEPTION 'the moderation log is append-only'; END $$ LANGUAGE plpgsql",
        "CREATE TRIGGER log_entries_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON log_entries "
        "FOR EACH STATEMENT EXECUTE FUNCTION log_entries_append_only()",
    ),
}

for _dialect, _statements in APPEND_ONLY.items():
    for _statement in _statements:
        event.listen(LogEntry.__table__, "after_create", DDL(_statement).execute_if(dialect=_dialect))  # type: ignore[no-untyped-call]
