"""Key pairs of ours: made once, kept as PEM, parsed once."""

from functools import lru_cache
from importlib import import_module

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key


def new_pair() -> tuple[str, str]:
    """A fresh RSA 2048 pair as PEM: (private, public). Takes a tenth of a second of work: call it in a thread."""
    # bovine brings parsers that we do not need elsewhere, and takes two seconds to import: only who makes a key waits for it.
    public, private = import_module("bovine.crypto").generate_rsa_public_private_key()
    return str(private), str(public)


@lru_cache(maxsize=2000)
def private_key(pem: str) -> RSAPrivateKey:
    """One of our own keys, ready to sign. We made it, so its numbers are not checked again (that costs 38 ms)."""
    key = load_pem_private_key(pem.encode(), password=None, unsafe_skip_rsa_key_validation=True)
    if not isinstance(key, RSAPrivateKey):
        raise TypeError("We sign with RSA; this is another kind of key.")
    return key
