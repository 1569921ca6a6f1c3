"""Who of us signs a request."""

from dataclasses import dataclass, field

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA256

PrivateKey = RSAPrivateKey | Ed25519PrivateKey

PADDING = PKCS1v15()
HASH = SHA256()


@dataclass(frozen=True)
class Signer:
    """An actor of ours with the key that others know it by."""

    key_id: str
    key: PrivateKey = field(repr=False)


def signed(key: PrivateKey, message: bytes) -> bytes:
    """The bare signature of a message, of the kind that the key is."""
    if isinstance(key, RSAPrivateKey):
        return key.sign(message, PADDING, HASH)
    return key.sign(message)
