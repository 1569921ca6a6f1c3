"""Signed requests for tests, put together by hand, so that anything in them can be made false."""

from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from functools import cache
from hashlib import sha256, sha512
from time import time

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from federation.publickeys import Key
from federation.received import Received
from federation.signers import PrivateKey

ROOT = "https://library.example"
HOST = "library.example"
INBOX = "/ap/inbox"
ADA = "https://harbour.example/users/ada"
ADA_KEY = f"{ADA}#main-key"
CLEO = "https://elsewhere.example/users/cleo"
CLEO_KEY = f"{CLEO}#main-key"
BODY = b'{"type":"Follow","actor":"https://harbour.example/users/ada","object":"https://library.example/ap/actors/library"}'

COVERED = ("(request-target)", "host", "date", "digest", "content-type")
COVERED_GET = ("(request-target)", "host", "date")
COMPONENTS = ("@method", "@target-uri", "content-digest")


@cache
def rsa_of(name: str) -> RSAPrivateKey:
    """The RSA key of somebody, the same all through a test run."""
    return generate_private_key(65537, 2048)


@cache
def ed25519_of(name: str) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.generate()


def pem(private: PrivateKey) -> str:
    return private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def key_of(name: str, key_id: str, *, private: PrivateKey | None = None) -> Key:
    return Key.read(key_id, key_id.partition("#")[0], pem(private or rsa_of(name)))


def seal(private: PrivateKey, message: str) -> str:
    """A bare signature in base64."""
    if isinstance(private, RSAPrivateKey):
        return b64encode(private.sign(message.encode(), PKCS1v15(), SHA256())).decode()
    return b64encode(private.sign(message.encode())).decode()


def http_date(seconds_from_now: float = 0) -> str:
    return format_datetime(datetime.fromtimestamp(time() + seconds_from_now, UTC), usegmt=True)


def digest(body: bytes) -> str:
    return "SHA-256=" + b64encode(sha256(body).digest()).decode()


def digest_512(body: bytes) -> str:
    return "SHA-512=" + b64encode(sha512(body).digest()).decode()


def content_digest(body: bytes) -> str:
    return f"sha-256=:{b64encode(sha256(body).digest()).decode()}:"


@dataclass
class Letter:
    """A request that is still being written. Headers by lower-case name; a list where one comes more than once."""

    method: str = "POST"
    target: str = INBOX
    host: str = HOST
    body: bytes = BODY
    headers: dict[str, str | list[str]] = field(default_factory=dict)

    def received(self) -> Received:
        raw = [(b"host", self.host.encode()), (b"user-agent", b"Harbour/1.0"), (b"accept-encoding", b"gzip")]
        for name, values in self.headers.items():
            raw += [(name.encode(), value.encode()) for value in ([values] if isinstance(values, str) else values)]
        return Received(self.method, self.target, self.host, raw, self.body)

    def value(self, name: str) -> str:
        found = self.headers[name]
        return found if isinstance(found, str) else found[0]


def cavage(
    letter: Letter | None = None,
    *,
    covered: Sequence[str] | None = None,
    private: PrivateKey | None = None,
    key_id: str = ADA_KEY,
    algorithm: str | None = "rsa-sha256",
    created: str | None = None,
    expires: str | None = None,
    write: str = '{name}="{value}"',
    between: str = ",",
) -> Letter:
    """A letter signed in the old way. Everything that is not there yet is made true."""
    letter = letter or Letter()
    covered = covered if covered is not None else COVERED_GET if letter.method == "GET" else COVERED
    letter.headers.setdefault("date", http_date())
    if letter.method != "GET":
        letter.headers.setdefault("digest", digest(letter.body))
        letter.headers.setdefault("content-type", "application/activity+json")
    if "content-digest" in covered:
        letter.headers.setdefault("content-digest", content_digest(letter.body))
    special = {
        "(request-target)": f"{letter.method.lower()} {letter.target}",
        "host": letter.host,
        "(created)": created,
        "(expires)": expires,
    }
    message = "\n".join(f"{name}: {special[name] if name in special else letter.value(name)}" for name in covered)
    parameters = {
        "keyId": key_id,
        "algorithm": algorithm,
        "created": created,
        "expires": expires,
        "headers": " ".join(covered),
        "signature": seal(private or rsa_of("ada"), message),
    }
    letter.headers["signature"] = between.join(
        write.format(name=name, value=value) for name, value in parameters.items() if value is not None
    )
    return letter


def rfc9421(
    letter: Letter | None = None,
    *,
    components: Sequence[str] | None = None,
    private: PrivateKey | None = None,
    key_id: str = ADA_KEY,
    created: int | None = None,
    without_created: bool = False,
    more: str = "",
    label: str = "sig1",
) -> Letter:
    """A letter signed in the new way."""
    letter = letter or Letter()
    components = components if components is not None else COMPONENTS[:2] if letter.method == "GET" else COMPONENTS
    if letter.method != "GET":
        letter.headers.setdefault("content-digest", content_digest(letter.body))
    path, _, query = letter.target.partition("?")
    special = {
        "@method": letter.method,
        "@target-uri": f"https://{letter.host}{letter.target}",
        "@authority": letter.host,
        "@path": path,
        "@query": f"?{query}",
        "@request-target": letter.target,
    }
    lines = [f'"{name}": {special[name] if name in special else letter.value(name)}' for name in components]
    names = " ".join(f'"{name}"' for name in components)
    moment = "" if without_created else f";created={int(time()) if created is None else created}"
    given = f'({names}){moment};keyid="{key_id}"{more}'
    signature = seal(private or rsa_of("ada"), "\n".join([*lines, f'"@signature-params": {given}']))
    letter.headers["signature-input"] = f"{label}={given}"
    letter.headers["signature"] = f"{label}=:{signature}:"
    return letter
