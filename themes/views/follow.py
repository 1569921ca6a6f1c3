"""What can be followed."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Followable:
    """A thing that anybody can follow, from here or from another server."""

    uri: str  # empty for a search that nobody asked to follow yet
    handle: str  # name@server, without the first @
    anywhere: str  # the page that leads home
    feed: str
    promise: str  # what comes, and how often
    followed: bool = False  # by the member who looks
    query: str = ""  # of a search, in its normal form


@dataclass(frozen=True, slots=True)
class Followed:
    """Somebody or something that a member follows."""

    label: str
    handle: str
    uri: str
    url: str
    since: datetime
    is_thing: bool = False
    waits: bool = False  # they have not agreed yet
