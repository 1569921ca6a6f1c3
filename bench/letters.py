"""Signed activities as other servers post them, and one in twenty that must not get in."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from community.uris import PUBLIC, token
from federation import cavage

ACTORS = 400
PAIRS = 20  # making one takes a tenth of a second, so several actors share one
FORGERS = 8  # few, as in life: each makes us fetch a key once more, and then we know them
TEXT = "Call me Ishmael. Some years ago, never mind how long precisely, having little or no money in my purse. " * 11
INBOX = "/ap/inbox"


class Kind(StrEnum):
    """What a letter is, and so what must become of it."""

    good = "good"
    forged = "forged"  # signed with another key than it says
    altered = "altered"  # its body was changed on the way
    stale = "stale"  # a true letter of two days ago, played again
    repeat = "repeat"  # a true letter of a moment ago, again: kept once
    other_words = "other words"  # an id that is taken, with other words


MIXED_IN = {19: Kind.forged, 39: Kind.altered, 59: Kind.stale, 79: Kind.repeat, 99: Kind.other_words}  # of each hundred


@dataclass(frozen=True, slots=True)
class Letter:
    """One request, ready to be sent byte for byte."""

    kind: Kind
    id: str  # of its activity
    data: bytes
    after: int | None = None  # the letter that it repeats or contradicts


@dataclass(frozen=True)
class Sender:
    """An actor elsewhere with their key."""

    uri: str
    private: RSAPrivateKey
    pem: str

    @property
    def key_id(self) -> str:
        return f"{self.uri}#main-key"


def senders(root: str, actors: int = ACTORS, pairs: int = PAIRS) -> list[Sender]:
    """Actors of the server at this address."""
    made = [generate_private_key(65537, 2048) for _ in range(pairs)]
    pems = [key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode() for key in made]
    return [Sender(f"{root}/users/reader{number}", made[number % pairs], pems[number % pairs]) for number in range(actors)]


def write(senders: Sequence[Sender], target: str, count: int) -> list[Letter]:
    """So many letters to the library at `target` (scheme and host), dated now, one in twenty of them bad."""
    name, moment = token(8), datetime.now(UTC)
    letters: list[Letter] = []
    for number in range(count):
        kind, after = MIXED_IN.get(number % 100, Kind.good), None
        sender = senders[number % (FORGERS if kind is Kind.forged else len(senders))]
        uri = f"{sender.uri}/statuses/{name}{number}"
        if kind in (Kind.repeat, Kind.other_words):
            after = number - 78  # a good one, and most likely answered by now
            earlier = letters[after]
            if kind is Kind.repeat:
                letters.append(Letter(kind, earlier.id, earlier.data, after))
                continue
            sender = senders[after % len(senders)]
            uri = earlier.id.removesuffix("/activity")
        body = _body(sender.uri, uri, "Other words. " if kind is Kind.other_words else "")
        private = senders[(number + 1) % len(senders)].private if kind is Kind.forged else sender.private
        date = moment - timedelta(days=2) if kind is Kind.stale else moment
        head = cavage.sign("POST", target + INBOX, body, sender.key_id, private, date)
        if kind is Kind.altered:
            body = body.replace(b"Ishmael", b"Captain")
        letters.append(Letter(kind, f"{uri}/activity", _request(head, body), after))
    return letters


def _body(actor: str, uri: str, words: str) -> bytes:
    """A Create of a Note of some 2.4 KB, as Mastodon writes it."""
    followers, published = f"{actor}/followers", "2026-11-21T12:00:00Z"
    note = {
        "id": uri,
        "type": "Note",
        "summary": None,
        "inReplyTo": None,
        "published": published,
        "url": uri,
        "attributedTo": actor,
        "to": [PUBLIC],
        "cc": [followers],
        "sensitive": False,
        "atomUri": uri,
        "inReplyToAtomUri": None,
        "conversation": "tag:harbour.example,2026-11-21:objectId=1:objectType=Conversation",
        "content": f"<p>{words}{TEXT}</p>",
        "contentMap": {"en": f"<p>{words}{TEXT[:300]}</p>"},
        "attachment": [],
        "tag": [],
        "replies": {"id": f"{uri}/replies", "type": "Collection"},
    }
    activity = {
        "@context": ["https://www.w3.org/ns/activitystreams", {"ostatus": "http://ostatus.org#", "atomUri": "ostatus:atomUri"}],
        "id": f"{uri}/activity",
        "type": "Create",
        "actor": actor,
        "published": published,
        "to": [PUBLIC],
        "cc": [followers],
        "object": note,
    }
    return json.dumps(activity).encode()


def _request(head: dict[str, str], body: bytes) -> bytes:
    lines = [f"POST {INBOX} HTTP/1.1", *(f"{name}: {value}" for name, value in head.items())]
    lines += ["User-Agent: Harbour/1.0", "Accept-Encoding: gzip", f"Content-Length: {len(body)}", "", ""]
    return "\r\n".join(lines).encode() + body
