"""What moderation remembers: cases, reports, decisions, rules for servers and words, and the log."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import DDL, ForeignKey, Index, String, Text, UniqueConstraint, event
from sqlalchemy.orm import Mapped, mapped_column, relationship

from community.clock import now
from community.database import Base, BigId, choice
from community.people.accounts import Account
from community.people.actors import Actor
from community.posts.post import Post, Standing


class CaseState(StrEnum):
    """open: nobody has decided. settled: decided, and may be opened again by a new report."""

    open = "open"
    settled = "settled"


class Case(Base):
    """One post or one actor that somebody, or a policy, asked us to look at. Reports of the same thing meet here."""

    __tablename__ = "cases"
    __table_args__ = (Index("ix_cases_queue", "state", "severity", "opened_at"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    key: Mapped[str] = mapped_column(String(40), unique=True)  # "post 12" or "actor 7": a thing has one case, whoever is first
    post_id: Mapped[int | None] = mapped_column(ForeignKey("posts.id"), index=True)
    actor_id: Mapped[int] = mapped_column(ForeignKey("actors.id"), index=True)  # whose post, or who themselves
    state: Mapped[CaseState] = mapped_column(choice(CaseState), default=CaseState.open)
    rule: Mapped[str | None] = mapped_column(String(40))  # the gravest rule named in its reports
    severity: Mapped[int] = mapped_column(default=3)  # 1 at once ... 4 when there is time
    opened_at: Mapped[datetime] = mapped_column(default=now)
    changed_at: Mapped[datetime] = mapped_column(default=now, index=True)
    # Raised by decisions only: a flood of reports must not keep a moderator from deciding.
    version: Mapped[int] = mapped_column(default=1)
    taken_by_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    taken_at: Mapped[datetime | None]

    post: Mapped[Post | None] = relationship(lazy="raise")
    actor: Mapped[Actor] = relationship(lazy="raise")
    reports: Mapped[list["Report"]] = relationship(lazy="raise", order_by="Report.id", back_populates="case")
    decisions: Mapped[list["Decision"]] = relationship(lazy="raise", order_by="Decision.id", back_populates="case")


class Snapshot(Base):
    """Somebody's words as they were at one moment. Reports of the same words share it, and edits do not reach it."""

    __tablename__ = "snapshots"
    __table_args__ = (UniqueConstraint("case_id", "digest", name="uq_snapshots_words"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id", ondelete="CASCADE"))
    digest: Mapped[str] = mapped_column(String(64))  # SHA-256 of the words, hex
    title: Mapped[str] = mapped_column(String(300), default="")
    warning: Mapped[str] = mapped_column(String(500), default="")
    html: Mapped[str] = mapped_column(Text, default="")
    language: Mapped[str | None] = mapped_column(String(10))
    taken_at: Mapped[datetime] = mapped_column(default=now)


class Origin(StrEnum):
    """How a report came."""

    form = "form"
    flag = "flag"
    policy = "policy"


class Report(Base):
    """Somebody says that something is wrong. It keeps the words as they were at that moment."""

    __tablename__ = "reports"
    __table_args__ = (Index("ix_reports_host", "host", "created_at"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id", ondelete="CASCADE"), index=True)
    snapshot_id: Mapped[int] = mapped_column(ForeignKey("snapshots.id"))
    origin: Mapped[Origin] = mapped_column(choice(Origin))
    uri: Mapped[str | None] = mapped_column(String(500), unique=True)  # of a Flag: told twice, kept once
    code: Mapped[str | None] = mapped_column(String(40), unique=True)  # lets the reporter follow it
    reporter_id: Mapped[int | None] = mapped_column(ForeignKey("actors.id"), index=True)  # never shown, not even in the case
    reporter_email: Mapped[str | None] = mapped_column(String(320), index=True)
    host: Mapped[str | None] = mapped_column(String(255))  # of a Flag
    policy: Mapped[str | None] = mapped_column(String(40))  # which policy held it
    rule: Mapped[str | None] = mapped_column(String(40))
    reason: Mapped[str] = mapped_column(Text, default="")  # plain text
    created_at: Mapped[datetime] = mapped_column(default=now, index=True)

    case: Mapped[Case] = relationship(lazy="raise", back_populates="reports")
    snapshot: Mapped[Snapshot] = relationship(lazy="raise")
    reporter: Mapped[Actor | None] = relationship(lazy="raise")


class Action(StrEnum):
    """What a moderator can do, mildest first."""

    dismiss = "dismiss"  # no rule is broken; what was held appears
    warn = "warn"
    release = "release"  # show a held post
    hide = "hide"
    remove = "remove"
    limit = "limit"
    suspend = "suspend"
    refuse_server = "refuse"


class Decision(Base):
    """What a moderator did, why, and what it was before, so that it can be undone."""

    __tablename__ = "decisions"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"), index=True)
    snapshot_id: Mapped[int] = mapped_column(ForeignKey("snapshots.id"))  # the words that were judged
    moderator_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    action: Mapped[Action] = mapped_column(choice(Action))
    rule: Mapped[str | None] = mapped_column(String(40))
    reason: Mapped[str] = mapped_column(Text)
    before: Mapped[dict[str, Any]] = mapped_column(default=dict)  # {"standing": ...}, {"actor_state": ...} or {"server": ...}
    decided_at: Mapped[datetime] = mapped_column(default=now)
    reversed_at: Mapped[datetime | None]
    reversed_by_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    reversal_reason: Mapped[str | None] = mapped_column(Text)

    case: Mapped[Case] = relationship(lazy="raise", back_populates="decisions")
    moderator: Mapped[Account] = relationship(lazy="raise", foreign_keys=[moderator_id])


class Lowered(Base):
    """A post that is seen less because of its author or their server, and where it stood before."""

    __tablename__ = "lowered_posts"

    post_id: Mapped[int] = mapped_column(ForeignKey("posts.id", ondelete="CASCADE"), primary_key=True)
    because: Mapped[str] = mapped_column(String(300), primary_key=True)  # "actor 7 suspended", "server harbour.example refuse"
    standing: Mapped[Standing] = mapped_column(choice(Standing))


class DomainAnswer(StrEnum):
    """What we do with a server, or with a word."""

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
    changed_at: Mapped[datetime] = mapped_column(default=now, onupdate=now, index=True)


class ListedWord(Base):
    """A word or phrase that makes a post wait for a person, or stay out; `allow` is an exception to shorter ones."""

    __tablename__ = "listed_words"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    phrase: Mapped[str] = mapped_column(String(200), unique=True)  # folded; matched at word borders
    answer: Mapped[DomainAnswer] = mapped_column(choice(DomainAnswer), default=DomainAnswer.hold)
    reason: Mapped[str] = mapped_column(Text, default="")
    created_at: Mapped[datetime] = mapped_column(default=now)
    changed_at: Mapped[datetime] = mapped_column(default=now, onupdate=now, index=True)


class Judged(Base):
    """That somebody sent us a post, and when: the policy `pace` counts these, and forgets them after a day."""

    __tablename__ = "judged"
    __table_args__ = (Index("ix_judged_actor", "actor_uri", "at"), Index("ix_judged_host", "host", "at"))

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    actor_uri: Mapped[str] = mapped_column(String(500))
    host: Mapped[str | None] = mapped_column(String(255))
    at: Mapped[datetime] = mapped_column(default=now, index=True)


class LogEntry(Base):
    """One line of the log. The database refuses to change or drop it."""

    __tablename__ = "log_entries"
    __table_args__ = (Index("ix_log_entries_about", "about", "at"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    at: Mapped[datetime] = mapped_column(default=now)
    who: Mapped[str] = mapped_column(String(100))  # a moderator's username, or "policy NAME"
    what: Mapped[str] = mapped_column(String(40))  # hold, dismiss, remove, undo ...
    about: Mapped[str] = mapped_column(String(500))  # address of the post, actor or server
    case_id: Mapped[int | None]
    rule: Mapped[str | None] = mapped_column(String(40))
    reason: Mapped[str] = mapped_column(Text, default="")


APPEND_ONLY: dict[str, tuple[str, ...]] = {
    "sqlite": (
        *(
            f"CREATE TRIGGER log_entries_no_{verb} BEFORE {verb.upper()} ON log_entries "
            "BEGIN SELECT RAISE(ABORT, 'the moderation log is append-only'); END"
            for verb in ("update", "delete")
        ),
        # INSERT OR REPLACE deletes without asking the trigger above.
        "CREATE TRIGGER log_entries_no_replace BEFORE INSERT ON log_entries "
        "WHEN EXISTS (SELECT 1 FROM log_entries WHERE id = NEW.id) "
        "BEGIN SELECT RAISE(ABORT, 'the moderation log is append-only'); END",
    ),
    "postgresql": (
        "CREATE OR REPLACE FUNCTION log_entries_append_only() RETURNS trigger AS $$ "
        "BEGIN RAISE EXCEPTION 'the moderation log is append-only'; END $$ LANGUAGE plpgsql",
        "CREATE TRIGGER log_entries_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON log_entries "
        "FOR EACH STATEMENT EXECUTE FUNCTION log_entries_append_only()",
    ),
}

for _dialect, _statements in APPEND_ONLY.items():
    for _statement in _statements:
        event.listen(LogEntry.__table__, "after_create", DDL(_statement).execute_if(dialect=_dialect))  # type: ignore[no-untyped-call]
