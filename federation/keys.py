"""Key pairs of ours: made once, kept as PEM, parsed once."""

from functools import lru_cache
from importlib import import_module

import base58
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat, load_pem_private_key

from federation.publickeys import MULTIBASE_58, MULTICODEC_ED25519


def new_pair() -> tuple[str, str]:
    """A fresh RSA 2048 pair as PEM: (private, public). Takes a tenth of a second of work: call it in a thread."""
    # bovine brings parsers that we do not need elsewhere, and takes two seconds to import: only who makes a key waits for it.
    public, private = import_module("bovine.crypto").generate_rsa_public_private_key()
    return str(private), str(public)


def new_proof_pair() -> tuple[str, str]:
    """A fresh Ed25519 pair: the private one as PEM, the public one as publicKeyMultibase (FEP-521a)."""
    key = Ed25519PrivateKey.generate()
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    raw = key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    return pem, MULTIBASE_58 + base58.b58encode(MULTICODEC_ED25519 + raw).decode()


@lru_cache(maxsize=2000)
def proof_key(pem: str) -> Ed25519PrivateKey:
    """One of our own keys for proofs, ready to sign."""
    key = load_pem_private_key(pem.encode(), password=None)
    if not isinstance(key, Ed25519PrivateKey):
        raise TypeError("Proofs are made with Ed25519; this is another kind of key.")
    return key


@lru_cache(maxsize=2000)
def private_key(pem: str) -> RSAPrivateKey:
    """One of our own keys, ready to sign. We made it, so its numbers are not checked again (that costs 38 ms)."""
    key = load_pem_private_key(pem.encode(), password=None, unsafe_skip_rsa_key_validation=True)
    if not isinstance(key, RSAPrivateKey):
        raise TypeError("We sign with RSA; this is another kind of key.")
    return key
