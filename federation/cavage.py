"""HTTP signatures as the fediverse has used them since 2017 (draft-cavage), read strictly."""

import re
import time
from base64 import b64encode
from binascii import Error as NotBase64
from binascii import a2b_base64
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from functools import lru_cache
from hashlib import sha256, sha512
from types import MappingProxyType
from urllib.parse import urlsplit

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey

from federation.publickeys import PublicKey
from federation.received import Forged, Received, Unsigned, refuse_other_hosts, until
from federation.signers import HASH, PADDING, PrivateKey, signed

CONTENT_TYPE = "application/activity+json"

PARAMETER = re.compile(r'[ \t]*+([A-Za-z]++)[ \t]*+=[ \t]*+(?:"([^"\\]*+)"|([^ \t",]++))[ \t]*+(?:,|$)')
DIGESTS: dict[bytes, Callable[[bytes], bytes]] = {
    b"sha-256": lambda body: sha256(body).digest(),
    b"sha-512": lambda body: sha512(body).digest(),
}
MOST_PARAMETERS = 12
MOST_NAMES = 32
MOST_TEXT = 4096

WHAT_TO_SIGN = "Sign (request-target), host and date, and for a POST also digest."


@dataclass(frozen=True)
class Plan:
    """Which parts of a request a signature covers, in order."""

    names: tuple[bytes, ...]
    created: bool
    expires: bool
    date: bool
    digests: tuple[bytes, ...]


@dataclass(frozen=True)
class CavageClaim:
    """A signature and the words that it is over."""

    key_id: str
    signature: bytes
    message: bytes
    until: float

    def stands(self, material: PublicKey) -> bool:
        """Whether this key made the signature."""
        return verifies(material, self.signature, self.message)


def read(request: Received, authority: str) -> CavageClaim:
    """What the Signature header claims, all checked but the key. Raises Unsigned, Forged or Stale."""
    fields = request.fields
    text = fields.get(b"signature")
    if text is None:
        raise Unsigned(f"Sign your request (HTTP signature). {WHAT_TO_SIGN}")
    given = parameters(text.decode("latin-1"))
    if b"signature" in request.doubled:
        raise Forged("Send one Signature header.")
    key_id, signature = given.get("keyid", ""), given.get("signature", "")
    if not key_id or not signature:
        raise Unsigned("A signature needs keyId and signature.")
    if not key_id.startswith(("https://", "http://")):
        raise Forged("keyId must be the address of your key.", key_id[:200])
    plan = plan_of(given.get("headers", ""), request.needs_digest)  # does it cover enough?
    refuse_other_hosts(request, authority)  # was it meant for us?
    end = _freshness(request, plan, given)  # was it made now?
    for name in plan.digests:  # is it about this body?
        check_digest(name, fields.get(name, b""), request.body)
    message = _message(request, plan, given)
    try:
        raw = a2b_base64(signature, strict_mode=True)
    except NotBase64 as cause:
        raise Forged("The signature is not base64.") from cause
    return CavageClaim(key_id, raw, message, end)


@lru_cache(maxsize=128)  # each request asks twice: for its server, and for its signature
def parameters(text: str) -> Mapping[str, str]:
    """The parameters of a Signature header, names in lower case. Raises Forged for what is none or doubled."""
    if len(text) > MOST_TEXT:
        raise Forged("The Signature header is too long.")
    found: dict[str, str] = {}
    position = 0
    while position < len(text):
        match = PARAMETER.match(text, position)
        name = match[1].lower() if match else ""
        if match is None or name in found or len(found) == MOST_PARAMETERS:
            raise Forged('Write the Signature header as keyId="...",headers="...",signature="...".')
        found[name] = match[2] if match[2] is not None else match[3]
        position = match.end()
    return MappingProxyType(found)


@lru_cache(maxsize=1024)
def plan_of(headers: str, needs_digest: bool) -> Plan:
    """The parts that are covered. Raises Unsigned where one is left out that matters."""
    names = tuple(headers.lower().encode().split())
    covered = frozenset(names)
    if len(names) > MOST_NAMES or len(covered) != len(names):
        raise Forged("A header is named twice in the signature, or there are too many.")
    unknown = [name for name in names if name.startswith(b"(") and name not in (b"(request-target)", b"(created)", b"(expires)")]
    if unknown:
        raise Forged("We know (request-target), (created) and (expires) only.", repr(unknown))
    digests = tuple(name for name in (b"digest", b"content-digest") if name in covered)
    missing = [name.decode() for name in (b"(request-target)", b"host") if name not in covered]
    if b"date" not in covered and b"(created)" not in covered:
        missing.append("date")
    if needs_digest and not digests:
        missing.append("digest")
    if missing:
        raise Unsigned(f"The signature leaves out {', '.join(missing)}. {WHAT_TO_SIGN}")
    return Plan(names, b"(created)" in covered, b"(expires)" in covered, b"date" in covered, digests)


def _freshness(request: Received, plan: Plan, given: Mapping[str, str]) -> float:
    now = time.time()
    expires = None if given.get("expires") is None else _seconds(given["expires"])
    # An end that nobody signed may shorten the life of a signature, never lengthen it.
    lasts = expires if plan.expires else None
    ends = []
    if plan.created:
        created = _seconds(given.get("created", ""))
        ends.append(until(created, lasts, now))
    if plan.date:
        created = date_of(request.fields.get(b"date", b""))
        ends.append(until(created, lasts, now))
    if expires is not None and not plan.expires:
        ends.append(until(created, min(expires, created + 300), now))
    return min(ends)


def _seconds(text: str) -> float:
    # Twelve digits reach far beyond any clock and stay clear of overflow.
    if not re.fullmatch(r"\d{1,12}(\.\d{1,9})?", text):
        raise Forged("created and expires are seconds since 1970.", text[:40])
    return float(text)


@lru_cache(maxsize=256)
def date_of(text: bytes) -> float:
    """The moment in a Date header. Raises Forged where there is none."""
    try:
        moment = parsedate_to_datetime(text.decode("ascii"))
        return moment.replace(tzinfo=moment.tzinfo or UTC).timestamp()
    except (ValueError, OverflowError) as cause:
        raise Forged("Date must look like Tue, 03 Nov 2026 12:00:00 GMT.", repr(text[:60])) from cause


def check_digest(name: bytes, value: bytes, body: bytes) -> None:
    """Recompute what a Digest or Content-Digest header says of the body. Raises Forged."""
    known = False
    for part in value.split(b","):
        algorithm, _, digest = part.strip().partition(b"=")
        compute = DIGESTS.get(algorithm.strip().lower())
        if compute is None:
            continue
        known = True
        expected = b64encode(compute(body))
        if digest.strip() != (expected if name == b"digest" else b":" + expected + b":"):
            raise Forged("The digest does not fit the body.", f"{name.decode()} of {len(body)} bytes")
    if not known:
        raise Forged("Give a SHA-256 digest of the body.", repr(value[:100]))


def _message(request: Received, plan: Plan, given: Mapping[str, str]) -> bytes:
    lines = []
    fields, doubled = request.fields, request.doubled
    for name in plan.names:
        if name == b"(request-target)":
            value = f"{request.method.lower()} {request.target}".encode(errors="replace")
        elif name == b"host":
            value = request.host.encode(errors="replace")
        elif name == b"(created)" or name == b"(expires)":
            value = given.get(name[1:-1].decode(), "").encode("latin-1")
            if not value:
                raise Forged("A signature over (created) or (expires) must say when that is.")
        elif name in doubled:
            raise Forged("A signed header came twice.", name.decode("latin-1"))
        elif name not in fields:
            raise Forged("A signed header is missing.", name.decode("latin-1"))
        else:
            value = fields[name].strip()
        lines.append(name + b": " + value)
    return b"\n".join(lines)


def verifies(material: PublicKey, signature: bytes, message: bytes) -> bool:
    """Whether this key signed this message: RSA with SHA-256 or Ed25519, as the key is."""
    try:
        if isinstance(material, RSAPublicKey):
            material.verify(signature, message, PADDING, HASH)
        else:
            material.verify(signature, message)
    except InvalidSignature:
        return False
    return True


def sign(method: str, url: str, body: bytes | None, key_id: str, private_key: PrivateKey, date: datetime) -> dict[str, str]:
    """The headers that make this request ours, to be sent exactly so."""
    host, target = split(url)
    headers = {"Host": host, "Date": http_date(int(date.timestamp()))}
    names = "(request-target) host date"
    message = f"(request-target): {method.lower()} {target}\nhost: {host}\ndate: {headers['Date']}"
    if body is not None:
        headers["Digest"] = "SHA-256=" + b64encode(sha256(body).digest()).decode()
        headers["Content-Type"] = CONTENT_TYPE
        names += " digest content-type"
        message += f"\ndigest: {headers['Digest']}\ncontent-type: {CONTENT_TYPE}"
    # Servers in the field want to read rsa-sha256 for RSA; for other keys the draft says hs2019.
    algorithm = "rsa-sha256" if isinstance(private_key, RSAPrivateKey) else "hs2019"
    signature = b64encode(signed(private_key, message.encode())).decode()
    headers["Signature"] = f'keyId="{key_id}",algorithm="{algorithm}",headers="{names}",signature="{signature}"'
    return headers


@lru_cache(maxsize=4096)
def split(url: str) -> tuple[str, str]:
    """Host header and request target of an address."""
    parts = urlsplit(url)
    host = parts.netloc.lower()
    if parts.scheme == "https":
        host = host.removesuffix(":443")
    return host, (parts.path or "/") + (f"?{parts.query}" if parts.query else "")


@lru_cache(maxsize=64)
def http_date(second: int) -> str:
    """This second as an HTTP date."""
    return format_datetime(datetime.fromtimestamp(second, UTC), usegmt=True)
