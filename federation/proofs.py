"""Integrity proofs (FEP-8b32, eddsa-jcs-2022): words that stay their author's, whoever brings them."""

from datetime import datetime, timedelta
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import base58
import rfc8785
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from community import uris
from community.clock import days, hours, now
from community.errors import Refusal
from federation.activities import moment
from federation.signatures import FETCHES
from federation.wire import Wire

if TYPE_CHECKING:
    from federation.hub import Hub
    from federation.publickeys import Key

SUITE = "eddsa-jcs-2022"
KEY = "ed25519-key"  # the fragment of our own
SKEW: timedelta = hours(1)
MOST_AGE: timedelta = days(3)  # of what somebody else brings; well below the time for which the inbox remembers
MOST_PROOF_VALUE = 200
MOST_ID = 600  # characters


class BadProof(Refusal):
    """The document carries a proof that does not hold."""

    status = 401


def sign(wire: Wire, key_id: str, key: Ed25519PrivateKey, at: datetime) -> Wire:
    """The document with a proof by this key. What it says must not be changed afterwards."""
    options = {
        "@context": wire["@context"],
        "type": "DataIntegrityProof",
        "cryptosuite": SUITE,
        "verificationMethod": key_id,
        "proofPurpose": "assertionMethod",
        "created": f"{at:%Y-%m-%dT%H:%M:%SZ}",
    }
    value = base58.b58encode(key.sign(_hashed(wire, options))).decode()
    return {**wire, "proof": {**options, "proofValue": f"z{value}"}}


def method(wire: Wire) -> str | None:
    """The key that a document's proof names; None when it has none of the kind that we read."""
    proof = wire.get("proof")
    if not isinstance(proof, dict) or proof.get("cryptosuite") != SUITE or proof.get("type") != "DataIntegrityProof":
        return None
    found = proof.get("verificationMethod")
    return found if isinstance(found, str) and 0 < len(found) <= 500 else None


def check(wire: Wire, key: Ed25519PublicKey) -> None:
    """Raises BadProof unless this key made the proof for exactly this document, for a purpose that counts, and not in the future."""
    proof: Any = wire.get("proof")
    if proof.get("proofPurpose") != "assertionMethod":
        raise BadProof("A proof must be made for assertionMethod.")
    created = moment(proof.get("created"))
    if created is None:
        raise BadProof("A proof must say when it was made.")
    expires = moment(proof.get("expires")) if proof.get("expires") is not None else None
    if _is_future(proof.get("created")) or (expires is not None and expires + SKEW < now()):
        raise BadProof("This proof is from the future, or has run out.")
    if "@context" in proof and proof["@context"] != wire.get("@context"):
        raise BadProof("The contexts of the proof and of the document differ.")
    value = proof.get("proofValue")
    if not isinstance(value, str) or not value.startswith("z") or len(value) > MOST_PROOF_VALUE:
        raise BadProof("We read a proofValue in base58 (it begins with z) only.")
    options = {name: one for name, one in proof.items() if name != "proofValue"}
    try:
        key.verify(base58.b58decode(value[1:]), _hashed({name: one for name, one in wire.items() if name != "proof"}, options))
    except (InvalidSignature, ValueError) as cause:
        raise BadProof("The proof does not fit this document and your key.", str(cause)) from cause


async def author(hub: "Hub", wire: Wire) -> str | None:
    """Whose proof a document carries, checked with the key that their own server lists; None without a proof that we read.

    Raises BadProof, or KeyUnreachable when the key cannot be had now.
    """
    key_id = method(wire)
    if key_id is None:
        return None
    key: Key | None = await hub.keyring.find(key_id)
    if key is None:
        key = await FETCHES.fetch(hub.keyring, key_id)
    if not isinstance(key.material, Ed25519PublicKey):
        raise BadProof("The key of this proof is not an Ed25519 key.", key_id)
    if uris.host(key.owner) != uris.host(key_id):
        raise BadProof("The key of this proof belongs to somebody on another server.", key_id)
    check(wire, key.material)
    return key.owner


def check_brought(wire: Wire, name: str | None) -> None:
    """Raises BadProof for a proven activity that somebody else brings without an id, or long after it was said.

    The inbox knows it by its id: brought again after it was taken back, it must not count again.
    """
    if not name or len(name) > MOST_ID:
        raise BadProof("An activity that somebody else brings needs an id of its own.")
    created = moment(wire["proof"].get("created"))
    if created is None or created < now() - MOST_AGE:
        raise BadProof(f"We take what somebody else brings for {MOST_AGE.days} days after its proof was made.")


def _is_future(created: object) -> bool:
    """`moment` brings the future back to now; here it matters."""
    try:
        return datetime.fromisoformat(str(created)) > now() + SKEW
    except (ValueError, TypeError):
        return True


def _hashed(wire: Wire, options: Wire) -> bytes:
    """What is signed: the hashes of the options and of the document in their one normal form (RFC 8785). Raises BadProof."""
    try:
        return sha256(rfc8785.dumps(options)).digest() + sha256(rfc8785.dumps(wire)).digest()
    except (rfc8785.CanonicalizationError, RecursionError) as cause:
        raise BadProof("This document has no normal form: a number is too large, or a text is no text.", str(cause)) from cause
