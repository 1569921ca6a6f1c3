"""Documents of other programs, bent at random: what somebody careless or malicious might send in their place."""

import copy
import json
from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st

from community.uris import PUBLIC
from federation.handlers.table import HANDLERS
from federation.vocabulary import ACTOR_TYPES, ITEM_TYPES, POST_TYPES
from tests.remote_server import Wire

NAMES = [
    "@context", "actor", "attachment", "attributedTo", "audience", "cc", "content", "contentMap", "endTime", "endpoints",
    "formerType", "href", "icon", "id", "image", "inReplyTo", "inReplyToBook", "inbox", "instrument", "language", "mediaType",
    "movedTo", "name", "nameMap", "object", "participationMessage", "preferredUsername", "published", "publicKey", "quote",
    "rating", "relatedWith", "replies", "result", "startTime", "summary", "tag", "target", "to", "type", "updated", "url",
]  # fmt: skip
KINDS = [
    *sorted(HANDLERS),
    "Dislike",
    "Add",
    *sorted(POST_TYPES),
    *sorted(ITEM_TYPES),
    *sorted(ACTOR_TYPES),
    "Tombstone",
    "Mention",
    "Event",
]
DEEP: Any = "bottom"
for _ in range(20):
    DEEP = [DEEP]
ODD: list[Any] = [
    None, True, False, 0, -1, 1.5, 1e308, 2**63 - 1, -(2**63), "", " ", "0", "und", "#", "/", "?", [], {}, [[]], [None], [{}], {"": ""},
    DEEP, {"id": None}, {"id": []}, {"id": {"id": {}}}, {"type": []}, {"type": {}}, {"type": ["Note", 7]}, {"type": [["Note"]], "href": {}},
    {"en": None}, {"und": "said"}, {"type": "Rating", "best": 1e-308, "value": 1e-308}, {"type": "Rating", "best": True, "value": True},
    [{"type": "Mention", "href": "x"}] * 300, ["https://harbour.example/x"] * 900, "x" * 70_000, "é" * 700, "\ud7ff\ue000\uffff\U0010ffff",
    "\u202egnp.exe", "\x01\x1b[2J", "<" * 4000, "<a href=" * 900, "<p>" * 3000, "&#x0;&#xD800;&#99999999;", "@a" * 3000,
    "javascript:alert(1)", "data:text/html,x", "http://[", "https://[::1", "https://", "https:///x", "//x", "https://harbour.example:99999/x",
    "https://harbour.example/" + "a" * 3000, "HTTPS://HARBOUR.EXAMPLE/users/teller0", "https://harbour.example/users/teller0", "acct:x@y",
    PUBLIC, "https://elsewhere.example/users/mallory", "https://user:pw@harbour.example/x", "https://härbour.example/ü", "https://harbour.example/\x00",
    "0000-00-00T00:00:00Z", "9999-12-31T23:59:59-23:59", "0001-01-01T00:00:00+23:59", "2024-02-30T00:00:00Z", "-1", "2024-W01-1",
]  # fmt: skip

OLD = "https://harbour.example/users/teller0/statuses/old"  # a post of the teller's that the library has


def spoken(ours: list[str]) -> list[Wire]:
    """What the teller may say to this library in every verb that it understands, unbent."""
    me = "https://harbour.example/users/teller0"
    review, evening, discussion, work, edition, library, _, ada, club, topic, follow = ours[:11]
    note = {"id": f"{me}/statuses/new", "type": "Note", "attributedTo": me, "to": [PUBLIC], "content": "<p>Fine.</p>"}
    changed = note | {"id": OLD, "content": "<p>Better.</p>", "updated": "2026-01-02T03:04:05Z"}
    objects: list[tuple[str, Any]] = [
        ("Create", note | {"inReplyTo": discussion, "content": "<p>★★★★ Fine.</p>", "published": "2026-01-02T03:04:05Z"}),
        ("Create", note | {"type": "Review", "inReplyToBook": work, "name": "Fine", "rating": 3.5}),
        ("Create", note | {"relatedWith": AIMS["relatedWith"](edition), "tag": AIMS["tag"](edition)}),
        ("Create", note | {"type": "Page", "name": "A thread", "audience": club, "to": [club, PUBLIC]}),
        ("Create", note | {"inReplyTo": evening, "content": "<p>I am coming!</p>", "to": [library]}),
        ("Create", note | {"tag": AIMS["tag"](ada), "attachment": [{"type": "Image", "url": f"{me}/1.png", "mediaType": "image/png"}]}),
        ("Create", note | {"inReplyToBook": "https://elsewhere.example/book/1", "rating": 4}),
        ("Update", changed), ("Update", OLD),
        ("Update", {"id": me, "type": "Person", "inbox": f"{me}/inbox", "preferredUsername": "teller0"}),
        ("Delete", OLD), ("Delete", {"id": OLD, "type": "Tombstone"}), ("Delete", me), ("Follow", ada), ("Follow", topic), ("Follow", club),
        ("Accept", follow), ("Accept", {"type": "Follow", "id": follow, "actor": ada, "object": me}), ("Reject", follow), ("Block", ada),
        ("Like", review), ("EmojiReact", discussion), ("Announce", review), ("Announce", "https://elsewhere.example/notes/1"),
        ("Announce", {"type": "Create", "id": f"{me}#c", "actor": me, "object": note}), ("Flag", [ada, review]), ("Join", evening),
        ("Leave", evening), ("Undo", f"{me}#follow"), ("Undo", {"type": "Follow", "id": f"{me}#follow", "object": ada, "actor": me}),
        ("Undo", {"type": "Like", "object": review}), ("Undo", {"type": "Join", "object": evening}),
    ]  # fmt: skip
    acts = [{"id": f"{me}#said", "type": verb, "actor": me, "object": target, "to": [PUBLIC]} for verb, target in objects]
    quote = {"id": f"{me}#q", "type": "QuoteRequest", "actor": me, "object": review, "instrument": f"{me}/statuses/quoting"}
    return [*acts, quote, {"id": f"{me}#m", "type": "Move", "actor": me, "object": me, "target": "https://elsewhere.example/users/me"}]


Bend = tuple[str, int, Any]


def bends(ours: list[str]) -> st.SearchStrategy[list[Bend]]:
    """Some changes to a document; `ours` are addresses of the library, which make it concern us."""
    aimed = st.sampled_from(ours)
    values = st.one_of(
        st.sampled_from(ODD), aimed, aimed.map(lambda uri: {"id": uri}), aimed.map(lambda uri: [uri, uri]), st.text(max_size=30)
    )
    place = st.integers(0, 10_000)
    return st.lists(
        st.one_of(
            st.tuples(st.just("replace"), place, values),
            st.tuples(st.just("remove"), place, st.none()),
            st.tuples(st.just("wrap"), place, st.none()),
            st.tuples(st.just("retype"), place, st.sampled_from(KINDS)),
            st.tuples(st.just("give"), place, st.tuples(st.sampled_from(NAMES), values)),
            st.tuples(st.just("aim"), place, st.tuples(st.sampled_from(sorted(AIMS)), aimed)),
        ),
        max_size=6,
    )


AIMS: dict[str, Callable[[str], Any]] = {
    "object": lambda uri: uri,
    "inReplyTo": lambda uri: uri,
    "inReplyToBook": lambda uri: uri,
    "target": lambda uri: uri,
    "to": lambda uri: [PUBLIC, uri],
    "tag": lambda uri: [{"type": "Mention", "href": uri, "name": "@ada"}, {"type": "Edition", "href": uri}],
    "relatedWith": lambda uri: [
        {"type": "Review", "withRegardTo": uri, "content": "Fine.", "name": "Fine"},
        {"type": "Rating", "withRegardTo": uri, "value": 7, "best": 10},
    ],
}


def bent(wire: Wire, changes: list[Bend]) -> Wire:
    """A copy of the document with these changes."""
    made: Wire = copy.deepcopy(wire)
    for how, place, value in changes:
        if how in {"give", "aim", "retype"}:
            objects = [inner for inner in _inside(made) if isinstance(inner, dict)]
            target = objects[place % min(len(objects), 3)]  # the activity and its object, and what lies first in that
            name, given = ("type", value) if how == "retype" else (value[0], AIMS[value[0]](value[1]) if how == "aim" else value[1])
            target[name] = copy.deepcopy(given)
            continue
        spots = [(inner, key) for inner in _inside(made) for key in (inner if isinstance(inner, dict) else range(len(inner)))]
        if not spots:
            continue
        holder, key = spots[place % len(spots)]
        if how == "remove":
            del holder[key]
        else:
            holder[key] = [holder[key]] if how == "wrap" else copy.deepcopy(value)
    return made


def _inside(value: Any) -> list[Any]:
    """The document and all objects and lists in it, from the outside in."""
    found = [value]
    for one in found:
        found += [inner for inner in (one.values() if isinstance(one, dict) else one) if isinstance(inner, dict | list)]
    return found


def scratched(wire: Wire, scratches: list[tuple[int, bytes]]) -> bytes:
    """The document as bytes, some of them overwritten: not always JSON any more."""
    body = bytearray(json.dumps(wire, ensure_ascii=False).encode("utf-8", "surrogatepass"))
    for place, value in scratches:
        start = place % max(1, len(body))
        body[start : start + len(value)] = value
    return bytes(body)
