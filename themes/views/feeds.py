"""What feed readers get."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class FeedEntry:
    """One entry of a feed."""

    uri: str
    url: str
    title: str
    updated: datetime
    published: datetime
    author: str
    html: str = ""  # goes out escaped, as Atom wants it
    categories: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Feed:
    """A feed and its latest entries."""

    uri: str  # its own address, full
    url: str  # the page it follows, full
    title: str
    updated: datetime
    entries: tuple[FeedEntry, ...] = ()
