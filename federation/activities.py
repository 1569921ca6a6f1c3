"""Many dialects in, one Activity out (interop 8.1)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from community.clock import now
from community.errors import Refusal
from community.uris import PUBLIC_NAMES
from federation.wire import Wire, read_json

FORBIDDEN = frozenset({"@graph", "@included", "@reverse"})
MOST_IDS = 200  # of recipients, tags or objects that we look at


class Unreadable(Refusal):
    """It is not an activity that we can read."""


@dataclass(frozen=True)
class Activity:
    """Somebody did something. `object` is an id, an embedded document, or None; the rest lies in `wire`."""

    id: str | None
    type: str
    actor: str
    object: Wire | str | None
    wire: Wire

    @property
    def object_id(self) -> str | None:
        """The id of what it is about, embedded or not."""
        return id_of(self.object)

    @property
    def embedded(self) -> Wire | None:
        """The document that came along, if one did."""
        return self.object if isinstance(self.object, dict) else None


def read(body: bytes) -> Activity:
    """The activity in these bytes. Raises Unreadable in words that tell the sender what is missing."""
    return parse(read_json(body))


def parse(wire: Wire) -> Activity:
    """The activity in this document. Raises Unreadable."""
    kind = type_of(wire)
    actor = id_of(first(wire.get("actor")))
    if kind is None:
        raise Unreadable("This is not an activity: it has no type.")
    if actor is None:
        raise Unreadable("This is not an activity: it has no actor.")
    if not FORBIDDEN.isdisjoint(wire):
        raise Unreadable("An activity may not carry @graph, @included or @reverse.")
    target = wire.get("object")
    if isinstance(target, list) and kind != "Flag":
        target = first(target)
    if not isinstance(target, dict | str):
        target = None
    found = wire.get("id")
    return Activity(id=found if isinstance(found, str) and found else None, type=kind, actor=actor, object=target, wire=wire)


def first(value: Any) -> Any:
    """The value, or the first of a list of them."""
    if isinstance(value, list):
        return value[0] if value else None
    return value


def many(value: Any) -> list[Any]:
    """The values, however many were sent, at most MOST_IDS."""
    if value is None:
        return []
    return value[:MOST_IDS] if isinstance(value, list) else [value]


def id_of(value: Any) -> str | None:
    """The id of a thing that was sent as its id, as a document, or as a link."""
    if isinstance(value, list):
        value = first(value)
    if isinstance(value, dict):
        value = value.get("id") or value.get("href")
    return value if isinstance(value, str) and value else None


def ids_of(value: Any) -> list[str]:
    """The ids of all of them."""
    return [found for found in map(id_of, many(value)) if found]


def type_of(wire: Wire) -> str | None:
    """The type; of a list, the first that is a word."""
    for kind in many(wire.get("type")):
        if isinstance(kind, str) and kind:
            return kind
    return None


def words(wire: Wire, name: str) -> str:
    """A property of text, also when it came only as a map of languages."""
    value = first(wire.get(name))
    if isinstance(value, str):
        return value
    spoken = wire.get(f"{name}Map")
    if isinstance(spoken, dict):
        for said in spoken.values():
            if isinstance(said, str):
                return said
    return ""


def language_of(wire: Wire) -> str | None:
    """The language that an object says it is in."""
    spoken = wire.get("contentMap")
    names: Iterable[Any] = spoken.keys() if isinstance(spoken, dict) and len(spoken) == 1 else [wire.get("language")]
    for name in names:
        if isinstance(name, str) and 2 <= len(name) <= 10 and name != "und":
            return name.lower()
    return None


def moment(value: Any) -> datetime | None:
    """A time as others write it; None when it is none or beyond the calendar. The future becomes now."""
    if not isinstance(value, str):
        return None
    try:
        found = datetime.fromisoformat(value)
    except ValueError:
        return None
    if found.tzinfo is None:
        found = found.replace(tzinfo=UTC)
    try:
        found = found.astimezone(UTC)
    except (OverflowError, ValueError):
        return None
    if not 1900 <= found.year <= 9000:
        return None
    return min(found, now() + timedelta(seconds=0))


def announced(activity: Activity) -> str | None:
    """What an Announce passes on: a post, or what is created or changed in the activity that a group passes on (FEP-1b12)."""
    inner = activity.embedded
    if inner is not None and type_of(inner) in {"Create", "Update"}:
        return id_of(inner.get("object"))
    return activity.object_id


def is_public(wire: Wire) -> bool:
    """Whether it is addressed to everyone, openly or quietly."""
    return any(name in PUBLIC_NAMES for name in [*ids_of(wire.get("to")), *ids_of(wire.get("cc"))])


def mentions(wire: Wire) -> list[str]:
    """Whom its tags mention."""
    found = (tag for tag in many(wire.get("tag")) if isinstance(tag, dict) and type_of(tag) == "Mention")
    return [href for href in (id_of(tag.get("href")) for tag in found) if href]
