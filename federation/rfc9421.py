"""HTTP message signatures (RFC 9421): the library checks them, we say what must be covered."""

import time
from base64 import b64encode
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any, cast

import http_sf
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from http_message_signatures import (
    HTTPMessageSignaturesException,
    HTTPMessageVerifier,
    HTTPSignatureKeyResolver,
    VerificationKey,
)
from http_message_signatures.algorithms import ED25519, RSA_V1_5_SHA256

from federation.cavage import CONTENT_TYPE, check_digest, split
from federation.publickeys import PublicKey
from federation.received import LONGEST_LIFE, SKEW, Forged, Received, Stale, Unsigned, home, refuse_other_hosts, until
from federation.signers import PrivateKey, signed

LABEL = "sig1"
OWN_HEADERS = (b"signature-input", b"signature")
MOST_LABELS = 3  # each may make us ask another server for a key
ALGORITHMS = frozenset({None, RSA_V1_5_SHA256.algorithm_id, ED25519.algorithm_id})
WHAT_TO_SIGN = "Sign @method and @target-uri (or @authority, @path and @query), with created, and content-digest when there is a body."


@dataclass(frozen=True)
class Message:
    """A request in the shape that the library reads."""

    method: str
    url: str
    headers: "Fields"


class Fields:
    """Header fields of which one name may come more than once."""

    def __init__(self, pairs: list[tuple[str, str]]) -> None:
        self.pairs = pairs

    def items(self) -> list[tuple[str, str]]:
        return self.pairs


class Verifier(HTTPMessageVerifier):
    """The library's verifier with our tolerance for clocks."""

    max_clock_skew = timedelta(seconds=SKEW)


class OneKey(HTTPSignatureKeyResolver):
    """The one key that we found for this signature."""

    def __init__(self, material: PublicKey) -> None:
        self.material = material

    def resolve_public_key(self, key_id: str) -> VerificationKey:
        return self.material

    def resolve_private_key(self, key_id: str) -> None:
        raise NotImplementedError("This one only verifies.")


@dataclass(frozen=True)
class MessageClaim:
    """One labelled signature of a request."""

    key_id: str
    signature: bytes
    until: float
    message: Message
    require: tuple[str, ...]
    body: bytes | None

    def stands(self, material: PublicKey) -> bool:
        """Whether this key made the signature."""
        algorithm = RSA_V1_5_SHA256 if isinstance(material, RSAPublicKey) else ED25519
        verifier = Verifier(signature_algorithm=algorithm, key_resolver=OneKey(material))
        try:
            verifier.verify(self.message, max_age=timedelta(seconds=LONGEST_LIFE), require_components=self.require, body=self.body)
        except HTTPMessageSignaturesException:
            return False
        return True


def read(request: Received, authority: str) -> list[MessageClaim]:
    """What the signatures of a request claim, all checked but the key; at least one. Raises Unsigned, Forged or Stale."""
    inputs = _dictionary(request, b"signature-input")
    signatures = _dictionary(request, b"signature")
    refuse_other_hosts(request, authority)
    claims: list[MessageClaim] = []
    refusal: Unsigned | Forged | Stale = Unsigned(f"None of the signatures is one we understand. {WHAT_TO_SIGN}")
    for label in list(inputs)[:MOST_LABELS]:
        try:
            claims.append(_claim(request, authority, label, inputs[label], signatures.get(label)))
        except (Unsigned, Forged, Stale) as cause:
            refusal = cause
    if not claims:
        raise refusal
    return claims


def claimed_key(request: Received) -> str | None:
    """The keyid of the first signature, not believed yet. Raises Unsigned or Forged."""
    for _, parameters in _dictionary(request, b"signature-input").values():
        key_id = parameters.get("keyid")
        return key_id if isinstance(key_id, str) else None
    return None


def _dictionary(request: Received, name: bytes) -> dict[str, Any]:
    lines = [value.decode("latin-1") for field, value in request.headers if field == name]
    if not lines:
        raise Unsigned(f"Signature and Signature-Input belong together. {WHAT_TO_SIGN}")

    def refuse(key: str, context: str) -> None:
        raise Forged("A label or a parameter appears twice in the signature headers.", f"{context} {key}"[:200])

    try:
        parsed = http_sf.parse(", ".join(lines).encode(), tltype="dictionary", on_duplicate_key=refuse)
    except (ValueError, TypeError) as cause:
        raise Forged("We could not read the Signature or Signature-Input header.", str(cause)) from cause
    return cast(dict[str, Any], parsed)


def _claim(request: Received, authority: str, label: str, given: Any, signature: Any) -> MessageClaim:
    components, parameters = given
    if signature is None or not isinstance(signature[0], bytes) or not isinstance(components, list):
        raise Forged("A signature does not fit its input.", label[:100])
    key_id, created, expires = (parameters.get(name) for name in ("keyid", "created", "expires"))
    if not isinstance(key_id, str) or not key_id.startswith(("https://", "http://")):
        raise Forged("keyid must be the address of your key.", str(key_id)[:200])
    if type(created) is not int:
        raise Unsigned("The signature does not say when it was created.")
    if expires is not None and type(expires) is not int:
        raise Forged("expires must be a whole number of seconds.")
    if parameters.get("alg") not in ALGORITHMS:
        raise Forged("We know rsa-v1_5-sha256 and ed25519.", str(parameters.get("alg"))[:100])
    require = _require(request, components)
    if request.needs_digest:
        check_digest(b"content-digest", request.fields.get(b"content-digest", b""), request.body)
    end = until(created, expires, time.time())
    # Only this label goes on, so that the library has no other to choose from.
    kept = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in request.headers if name not in OWN_HEADERS]
    kept.append(("signature-input", http_sf.ser({label: given})))
    kept.append(("signature", http_sf.ser({label: signature})))
    scheme, _ = home(authority)
    message = Message(request.method, f"{scheme}://{request.host.lower()}{request.target}", Fields(kept))
    return MessageClaim(key_id, signature[0], end, message, require, request.body if request.needs_digest else None)


def _require(request: Received, components: list[Any]) -> tuple[str, ...]:
    """What the signature must cover, in the form that it has chosen. Raises Unsigned or Forged."""
    # Only bare components count: one with parameters may be a part or another spelling of the whole.
    covered = {name for name, parameters in components if isinstance(name, str) and not parameters}
    if any(isinstance(name, str) and name.encode() in request.doubled for name, _ in components):
        raise Forged("A signed header came twice.")
    if "@target-uri" in covered:
        require = ["@method", "@target-uri"]
    elif "@request-target" in covered:
        require = ["@method", "@authority", "@request-target"]
    else:
        require = ["@method", "@authority", "@path"]
        if "?" in request.target:
            require.append("@query")
    if request.needs_digest:
        require.append("content-digest")
    missing = [name for name in require if name not in covered]
    if missing:
        raise Unsigned(f"The signature leaves out {', '.join(missing)}. {WHAT_TO_SIGN}")
    return tuple(require)


def sign(method: str, url: str, body: bytes | None, key_id: str, private_key: PrivateKey, date: datetime) -> dict[str, str]:
    """The headers that make this request ours, to be sent exactly so."""
    host, target = split(url)
    scheme = url.partition("://")[0].lower()
    headers = {"Host": host}
    lines = [f'"@method": {method.upper()}', f'"@target-uri": {scheme}://{host}{target}']
    names = '"@method" "@target-uri"'
    if body is not None:
        headers["Content-Digest"] = f"sha-256=:{b64encode(sha256(body).digest()).decode()}:"
        headers["Content-Type"] = CONTENT_TYPE
        lines.append(f'"content-digest": {headers["Content-Digest"]}')
        names += ' "content-digest"'
    algorithm = (RSA_V1_5_SHA256 if isinstance(private_key, RSAPrivateKey) else ED25519).algorithm_id
    given = f'({names});created={int(date.timestamp())};keyid="{key_id}";alg="{algorithm}"'
    lines.append(f'"@signature-params": {given}')
    signature = b64encode(signed(private_key, "\n".join(lines).encode())).decode()
    return headers | {"Signature-Input": f"{LABEL}={given}", "Signature": f"{LABEL}=:{signature}:"}
