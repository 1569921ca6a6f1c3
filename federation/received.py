"""A request as it came in, and the reasons for which the door stays shut."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Protocol
from urllib.parse import urlsplit

from community.errors import Refusal
from federation.publickeys import PublicKey

SKEW = 3600.0  # clocks differ: this much is forgiven both ways, as Mastodon does
LIFE = 300.0  # how long a signature holds that does not say when it ends
LONGEST_LIFE = 12 * 3600.0
DEFAULT_PORTS = {"https": ":443", "http": ":80"}


class Unsigned(Refusal):
    """Nobody vouches for this request, or not for all of it that matters."""

    status = 401


class Forged(Refusal):
    """The signature is there, but it does not fit the request or the key."""

    status = 401


class Stale(Refusal):
    """The signature was made too long ago, or in the future."""

    status = 401


class Replayed(Stale):
    """Exactly this request was here before."""


class KeyUnreachable(Refusal):
    """The key's own server did not answer us. Try again after so many seconds."""

    status = 503

    def __init__(self, public: str, private: str = "", *, retry_after: int = 300) -> None:
        super().__init__(public, private)
        self.retry_after = retry_after


@dataclass(frozen=True)
class Received:
    """A request as it came over the wire, before anybody believes it."""

    method: str  # GET, POST
    target: str  # path with query, as sent
    host: str  # value of the Host header
    headers: list[tuple[bytes, bytes]]  # raw, names in lower case
    body: bytes
    fields: dict[bytes, bytes] = field(init=False, repr=False, compare=False)  # by name; of one that came twice the last. See `doubled`

    def __post_init__(self) -> None:
        object.__setattr__(self, "fields", dict(self.headers))

    @classmethod
    def of(cls, scope: Mapping[str, Any], body: bytes) -> "Received":
        """The request in an ASGI scope and its body."""
        headers: list[tuple[bytes, bytes]] = list(scope["headers"])
        path: bytes = scope.get("raw_path") or scope["path"].encode()
        query: bytes = scope["query_string"]
        target = path.partition(b"?")[0] + (b"?" + query if query else b"")
        host = next((value for name, value in headers if name == b"host"), b"")
        return cls(scope["method"], target.decode("latin-1"), host.decode("latin-1"), headers, body)

    @property
    def doubled(self) -> frozenset[bytes]:
        """Names of headers that came more than once."""
        if len(self.fields) == len(self.headers):
            return frozenset()
        names = [name for name, _ in self.headers]
        return frozenset(name for name in names if names.count(name) > 1)

    @property
    def needs_digest(self) -> bool:
        """Whether a signature must vouch for the body too."""
        return bool(self.body) or self.method not in ("GET", "HEAD")


class Claim(Protocol):
    """What a signature says, checked as far as one can without the key."""

    @property
    def key_id(self) -> str: ...

    @property
    def signature(self) -> bytes: ...

    @property
    def until(self) -> float:
        """The moment (seconds since 1970) after which this signature counts no more."""
        ...

    def stands(self, material: PublicKey) -> bool:
        """Whether this key made the signature. The key's type decides how that is asked, never the request."""
        ...


@lru_cache(maxsize=64)
def home(authority: str) -> tuple[str, str]:
    """Scheme and Host value that requests to us must carry. A bare authority means https."""
    parts = urlsplit(authority if "://" in authority else f"https://{authority}")
    return parts.scheme, parts.netloc.lower().removesuffix(DEFAULT_PORTS.get(parts.scheme, ""))


def refuse_other_hosts(request: Received, authority: str) -> None:
    """A request that was signed for another server must not be told to us."""
    scheme, ours = home(authority)
    if b"host" in request.doubled:
        raise Forged("Send one Host header.")
    if request.host != ours and request.host.lower().removesuffix(DEFAULT_PORTS.get(scheme, "")) != ours:
        raise Forged("This request is addressed to another server.", f"Host {request.host[:200]!r}")


def until(created: float, expires: float | None, now: float) -> float:
    """The moment after which a signature counts no more. Raises Stale when that is past or the signature is not of now."""
    if created > now + SKEW:
        raise Stale("This signature is from the future. Check your clock.", f"created {created:.0f}, now {now:.0f}")
    if expires is not None and expires < created:
        raise Stale("This signature expires before it was made.")
    end = min(created + LIFE if expires is None else expires, created + LONGEST_LIFE) + SKEW
    if now > end:
        raise Stale(
            "This signature is too old. Sign anew when you try again, and check your clock.", f"created {created:.0f}, now {now:.0f}"
        )
    return end
