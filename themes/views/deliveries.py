"""What the administrator sees of what is owed to other servers."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Peer:
    """Another server, and how it takes what we send."""

    domain: str
    url: str  # /moderation/deliveries/{domain}
    state: str  # well, failing, new
    software: str = ""
    signature: str = ""  # the kind that it took last
    owed: int = 0
    last_success: datetime | None = None
    failing_since: datetime | None = None
    put_off: datetime | None = None  # until then
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Parcel:
    """One activity for one inbox."""

    kind: str  # Create, Delete ...
    about: str
    inbox: str
    since: datetime
    due: datetime
    attempts: int = 0
    why: str = ""


@dataclass(frozen=True, slots=True)
class Understood:
    """What a server makes of one of our things."""

    thing: str
    level: str  # whole, part, none
    shown: str
