"""The catalogue's tables, after IFLA LRM: work, edition (manifestation), agent, subject."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, SmallInteger, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from community.clock import now
from community.database import Base, BigId, choice


class Work(Base):
    """What all editions of one creation share; the conversation's home."""

    __tablename__ = "works"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    key: Mapped[str] = mapped_column(String(500), unique=True)  # record.work_key: how editions find their work
    title: Mapped[str] = mapped_column(String(1000))
    sort_title: Mapped[str] = mapped_column(String(1000), index=True)
    original_title: Mapped[str | None] = mapped_column(String(1000))
    form: Mapped[str] = mapped_column(String(20), index=True)  # of its first edition: book, film, music ...
    language: Mapped[str | None] = mapped_column(String(3))  # original, ISO 639-2/B
    first_year: Mapped[int | None] = mapped_column(SmallInteger)
    description: Mapped[str] = mapped_column(Text, default="")
    created_at: Mapped[datetime] = mapped_column(default=now, index=True)
    changed_at: Mapped[datetime] = mapped_column(default=now, index=True)  # the catalogue data: the index follows this
    touched_at: Mapped[datetime] = mapped_column(default=now)  # anything its page shows: caches follow this
    announced_at: Mapped[datetime | None] = mapped_column(index=True)  # told to followers in a digest
    removed_at: Mapped[datetime | None]

    editions: Mapped[list["Edition"]] = relationship(back_populates="work", lazy="raise", order_by="Edition.year.desc()")
    contributions: Mapped[list["Contribution"]] = relationship(lazy="raise", order_by="Contribution.position")
    subjects: Mapped[list["Subject"]] = relationship(secondary="work_subjects", lazy="raise", order_by="Subject.label")


class Edition(Base):
    """One edition, as a record of the library describes it."""

    __tablename__ = "editions"
    __table_args__ = (UniqueConstraint("source", "source_key", name="uq_editions_source"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    work_id: Mapped[int] = mapped_column(ForeignKey("works.id"), index=True)
    source: Mapped[str] = mapped_column(String(100))  # where the record comes from, such as a file's name or a system
    source_key: Mapped[str] = mapped_column(String(200))  # its 001 there
    source_hash: Mapped[str] = mapped_column(String(64))  # SHA-256 of its content: unchanged means nothing to do
    title: Mapped[str] = mapped_column(String(1000))
    subtitle: Mapped[str | None] = mapped_column(String(1000))
    responsibility: Mapped[str | None] = mapped_column(String(1000))
    form: Mapped[str] = mapped_column(String(20))
    publisher: Mapped[str | None] = mapped_column(String(500))
    place: Mapped[str | None] = mapped_column(String(300))
    year: Mapped[int | None] = mapped_column(SmallInteger)
    year_text: Mapped[str | None] = mapped_column(String(100))
    languages: Mapped[list[str]] = mapped_column(default=list)  # ISO 639-2/B
    extent: Mapped[str | None] = mapped_column(String(300))
    pages: Mapped[int | None]
    description: Mapped[str] = mapped_column(Text, default="")
    contents: Mapped[str] = mapped_column(Text, default="")
    audience: Mapped[str | None] = mapped_column(String(20))
    series: Mapped[list[str]] = mapped_column(default=list)  # "Title" or "Title ; number"
    links: Mapped[list[str]] = mapped_column(default=list)
    classification: Mapped[list[str]] = mapped_column(default=list)  # "ddc 813.3"
    shelf_mark: Mapped[str | None] = mapped_column(String(200))
    created_at: Mapped[datetime] = mapped_column(default=now)
    changed_at: Mapped[datetime] = mapped_column(default=now)
    removed_at: Mapped[datetime | None]

    work: Mapped[Work] = relationship(back_populates="editions", lazy="raise")
    contributions: Mapped[list["Contribution"]] = relationship(lazy="raise", order_by="Contribution.position")
    identifiers: Mapped[list["Identifier"]] = relationship(lazy="raise")


class SourceRecord(Base):
    """The record as it came, byte for byte."""

    __tablename__ = "source_records"

    edition_id: Mapped[int] = mapped_column(ForeignKey("editions.id", ondelete="CASCADE"), primary_key=True)
    format: Mapped[str] = mapped_column(String(20))  # marc21, marcxml, unimarc, csv
    raw: Mapped[bytes]


class Identifier(Base):
    """A number that the world knows an edition by."""

    __tablename__ = "identifiers"
    __table_args__ = (
        UniqueConstraint("edition_id", "scheme", "value", name="uq_identifiers_once"),
        Index("ix_identifiers_value", "scheme", "value"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    edition_id: Mapped[int] = mapped_column(ForeignKey("editions.id", ondelete="CASCADE"), index=True)
    scheme: Mapped[str] = mapped_column(String(20))  # isbn (always 13 digits), oclc, lccn, wikidata, openlibrary, ean ...
    value: Mapped[str] = mapped_column(String(200))


class Agent(Base):
    """A person or body that made something."""

    __tablename__ = "agents"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    key: Mapped[str] = mapped_column(String(500), unique=True)  # folded sort name + dates
    name: Mapped[str] = mapped_column(String(500))  # Herman Melville
    sort_name: Mapped[str] = mapped_column(String(500), index=True)  # Melville, Herman
    dates: Mapped[str | None] = mapped_column(String(100))
    identifiers: Mapped[list[str]] = mapped_column(default=list)  # "viaf 34454129"
    changed_at: Mapped[datetime] = mapped_column(default=now)


class Contribution(Base):
    """Who did what for an edition."""

    __tablename__ = "contributions"
    __table_args__ = (UniqueConstraint("edition_id", "agent_id", "role", name="uq_contributions_once"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    work_id: Mapped[int] = mapped_column(ForeignKey("works.id"), index=True)
    edition_id: Mapped[int] = mapped_column(ForeignKey("editions.id", ondelete="CASCADE"))
    agent_id: Mapped[int] = mapped_column(ForeignKey("agents.id"), index=True)
    role: Mapped[str] = mapped_column(String(10), default="")  # MARC relator code: aut, trl, drt ...
    position: Mapped[int] = mapped_column(SmallInteger, default=0)

    agent: Mapped[Agent] = relationship(lazy="raise")


class Subject(Base):
    """What works are about: a topic, a person, a place, a genre."""

    __tablename__ = "subjects"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    key: Mapped[str] = mapped_column(String(500), unique=True)  # folded label
    label: Mapped[str] = mapped_column(String(500), index=True)
    kind: Mapped[str] = mapped_column(String(10), default="topic")
    scheme: Mapped[str] = mapped_column(String(50), default="")
    identifier: Mapped[str | None] = mapped_column(String(500))


class WorkSubject(Base):
    """That a work is about a subject."""

    __tablename__ = "work_subjects"

    work_id: Mapped[int] = mapped_column(ForeignKey("works.id", ondelete="CASCADE"), primary_key=True)
    subject_id: Mapped[int] = mapped_column(ForeignKey("subjects.id", ondelete="CASCADE"), primary_key=True, index=True)


class Series(Base):
    """What appears under one name, volume after volume."""

    __tablename__ = "series"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    key: Mapped[str] = mapped_column(String(500), unique=True)  # folded title
    title: Mapped[str] = mapped_column(String(500), index=True)


class SeriesPart(Base):
    """That an edition appeared in a series, and as which volume."""

    __tablename__ = "series_parts"
    __table_args__ = (UniqueConstraint("edition_id", "series_id", name="uq_series_parts_once"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    work_id: Mapped[int] = mapped_column(ForeignKey("works.id"), index=True)
    edition_id: Mapped[int] = mapped_column(ForeignKey("editions.id", ondelete="CASCADE"))
    series_id: Mapped[int] = mapped_column(ForeignKey("series.id"), index=True)
    volume: Mapped[str] = mapped_column(String(100), default="")


class RunState(StrEnum):
    """How an import stands."""

    running = "running"
    done = "done"
    failed = "failed"


class ImportRun(Base):
    """One import, and what came of it."""

    __tablename__ = "import_runs"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    source: Mapped[str] = mapped_column(String(100))
    file: Mapped[str] = mapped_column(String(500))
    started_at: Mapped[datetime] = mapped_column(default=now)
    finished_at: Mapped[datetime | None]
    state: Mapped[RunState] = mapped_column(choice(RunState), default=RunState.running)
    new: Mapped[int] = mapped_column(default=0)
    changed: Mapped[int] = mapped_column(default=0)
    unchanged: Mapped[int] = mapped_column(default=0)
    refused: Mapped[int] = mapped_column(default=0)
    error: Mapped[str | None] = mapped_column(String(1000))


class RefusedRecord(Base):
    """A record that we could not take, and why."""

    __tablename__ = "refused_records"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    run_id: Mapped[int] = mapped_column(ForeignKey("import_runs.id", ondelete="CASCADE"), index=True)
    position: Mapped[int]
    reason: Mapped[str] = mapped_column(String(500))
    raw: Mapped[bytes]
