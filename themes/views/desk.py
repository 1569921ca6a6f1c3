"""What librarians see at their desk."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Matter:
    """One thing that waits for someone, or one part of the set-up that is missing."""

    title: str
    text: str
    url: str
    count: int | None = None
    is_warning: bool = False


@dataclass(frozen=True, slots=True)
class Refused:
    """A record that we could not take, and why."""

    position: int
    title: str
    reason: str


@dataclass(frozen=True, slots=True)
class ImportRun:
    """One import, running or done."""

    id: str
    url: str
    source: str  # file name or address
    started: datetime
    state: str  # running, done, failed
    format: str = ""
    by: str = ""
    read: int = 0
    total: int | None = None
    new: int = 0
    changed: int = 0
    unchanged: int = 0
    refused: int = 0
    seconds: float | None = None
    error: str = ""
    refused_records: tuple[Refused, ...] = ()
    refused_url: str = ""  # download of what was refused


@dataclass(frozen=True, slots=True)
class PartnerRow:
    """A library that shares its readers' words with us."""

    id: int
    name: str
    host: str
    url: str  # its page here
    since: datetime
    contact: datetime | None = None  # when it last answered
    heard: int = 0  # remarks of their readers on our titles
    told: int = 0  # what we sent there
    takes: bool = True
    gives: bool = True
    trouble: str = ""  # what went wrong last
    behind: int = 0  # titles that we have not asked about yet


@dataclass(frozen=True, slots=True)
class SuggestionRow:
    """A number that a partner knows a title by."""

    id: int
    scheme: str
    value: str
    host: str
    title: str
    url: str
