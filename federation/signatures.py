"""Who signed this request? It fails closed, and every refusal has a name.

A request with a Signature-Input header is judged by RFC 9421 and by nothing else; any other by draft-cavage. One that carries both kinds
is thus read as RFC 9421: whoever can make the newer kind fail must not be let in by the older.
"""

from collections.abc import Sequence

from community.errors import Refusal
from federation import cavage, counters, rfc9421
from federation.publickeys import Key, Keyring
from federation.received import Claim, Forged, KeyUnreachable, Received, Replayed, Stale, Unsigned
from federation.recently import Fetches, Replay
from federation.signers import Signer

__all__ = [
    "Forged",
    "Key",
    "KeyUnreachable",
    "Keyring",
    "Received",
    "Replay",
    "Replayed",
    "Signer",
    "Stale",
    "Unsigned",
    "claimed_key",
    "sign_cavage",
    "sign_rfc9421",
    "verify",
]

FETCHES = Fetches()

sign_cavage = cavage.sign
sign_rfc9421 = rfc9421.sign


@counters.of_signatures
async def verify(request: Received, keyring: Keyring, authority: str, *, replay: Replay | None = None, fetches: Fetches = FETCHES) -> Key:
    """The key that signed this request; whose it is says its owner. `authority` is the root of our addresses.

    Raises Unsigned, Forged, Stale (Replayed, if told to remember) or KeyUnreachable.
    """
    claim, key, kept = await _first_with_key(_claims(request, authority), keyring, fetches)
    if not claim.stands(key.material):
        # Its owner may have changed it since we kept it.
        renewed = await fetches.fetch(keyring, claim.key_id) if kept else key
        if renewed.material == key.material or not claim.stands(renewed.material):
            raise Forged(
                "The signature does not fit this request and your key.", f"{claim.key_id[:200]} on {request.method} {request.target[:200]}"
            )
        key = renewed
    if replay is not None and not replay.is_new(claim.signature, claim.until):
        raise Replayed("Exactly this request was here before. Sign anew when you try again.", claim.key_id[:200])
    return key


def claimed_key(request: Received) -> str | None:
    """The key that a request says it is signed with; not believed yet, and None where it says nothing readable."""
    try:
        if b"signature-input" in request.fields:
            return rfc9421.claimed_key(request)
        return cavage.parameters(request.fields.get(b"signature", b"").decode("latin-1")).get("keyid")
    except Refusal:
        return None


def _claims(request: Received, authority: str) -> Sequence[Claim]:
    if b"signature-input" in request.fields:
        return rfc9421.read(request, authority)
    return [cavage.read(request, authority)]


async def _first_with_key(claims: Sequence[Claim], keyring: Keyring, fetches: Fetches) -> tuple[Claim, Key, bool]:
    """The first signature whose key can be had, its key, and whether we had kept that key."""
    refusals: list[Refusal] = []
    for claim in claims:
        key = await keyring.find(claim.key_id)
        if key is not None:
            return claim, key, True
        try:
            return claim, await fetches.fetch(keyring, claim.key_id), False
        except Refusal as refusal:
            refusals.append(refusal)
    raise refusals[0]
