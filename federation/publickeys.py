"""Public keys of actors elsewhere: who holds them, how they are read, where they come from."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Protocol

import base58
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_der_public_key, load_pem_public_key

from community.errors import Refusal

PublicKey = RSAPublicKey | Ed25519PublicKey

MOST_PEM = 10_000
RSA_BITS = range(2048, 8193)
MOST_EXPONENT = 2**32
MULTIBASE_58 = "z"
MULTICODEC_ED25519 = b"\xed\x01"
MULTICODEC_RSA = b"\x85\x24"


class UnusableKey(Refusal):
    """A public key that we cannot or will not trust."""

    status = 401


@dataclass(frozen=True)
class Key:
    """A public key and the actor that it speaks for."""

    id: str
    owner: str
    material: PublicKey
    pem: str

    @classmethod
    def read(cls, id: str, owner: str, pem: str) -> "Key":
        """The key in this PEM text. Raises UnusableKey."""
        return cls(id, owner, public_key(pem), pem)


class Keyring(Protocol):
    """Where public keys come from."""

    async def find(self, key_id: str) -> Key | None:
        """The key as we last kept it, or None. Asks nobody."""
        ...

    async def fetch(self, key_id: str) -> Key:
        """The key as its own server gives it now, its owner checked. Raises KeyUnreachable or Forged."""
        ...


@lru_cache(maxsize=4096)
def public_key(pem: str) -> PublicKey:
    """The RSA or Ed25519 key in this PEM text. Raises UnusableKey."""
    if len(pem) > MOST_PEM:
        raise UnusableKey("Your public key is too long to be one.")
    try:
        return _usable(load_pem_public_key(pem.strip().encode()))
    except (ValueError, UnsupportedAlgorithm) as cause:
        raise UnusableKey("We could not read your public key. Publish it as PEM.", str(cause)) from cause


def pem_of_multikey(text: str) -> str:
    """The PEM text of a key that is given as publicKeyMultibase (FEP-521a). Raises UnusableKey."""
    if not text.startswith(MULTIBASE_58) or len(text) > MOST_PEM:
        raise UnusableKey("We read publicKeyMultibase in base58 (it begins with z) only.")
    try:
        raw = base58.b58decode(text[1:])
        if raw.startswith(MULTICODEC_ED25519):
            key: object = Ed25519PublicKey.from_public_bytes(raw[2:])
        elif raw.startswith(MULTICODEC_RSA):
            key = load_der_public_key(raw[2:])
        else:
            raise UnusableKey("We know Ed25519 and RSA keys only.")
    except (ValueError, UnsupportedAlgorithm) as cause:
        raise UnusableKey("We could not read your publicKeyMultibase.", str(cause)) from cause
    return _usable(key).public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def _usable(key: object) -> PublicKey:
    if isinstance(key, Ed25519PublicKey):
        return key
    if not isinstance(key, RSAPublicKey):
        raise UnusableKey("We know Ed25519 and RSA keys only.")
    # Both ends are bounded: a short key is guessed, a huge one makes us work.
    if key.key_size not in RSA_BITS or key.public_numbers().e > MOST_EXPONENT:
        raise UnusableKey("Use an RSA key of 2048 to 8192 bits with a usual exponent.", f"{key.key_size} bits")
    return key
