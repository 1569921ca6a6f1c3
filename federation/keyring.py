"""Other people's public keys: as we kept them, and as their own servers give them."""

from collections import OrderedDict
from typing import TYPE_CHECKING

from sqlalchemy.ext.asyncio import AsyncSession

from community import uris
from community.clock import now
from community.errors import Refusal
from community.library import Library
from federation import resolving
from federation.activities import id_of, many
from federation.answers import GoneThere, Unreachable
from federation.publickeys import Key, pem_of_multikey
from federation.received import Forged, KeyUnreachable
from federation.tables import RemoteKey
from federation.wire import Wire

if TYPE_CHECKING:
    from federation.hub import Hub

MOST_KEYS = 5000  # parsed keys in memory; the database has the rest


class DatabaseKeyring:
    """Keys in memory, behind them the database, behind that the world. Keeps federation.publickeys.Keyring."""

    def __init__(self, library: Library) -> None:
        self._library = library
        self._parsed: OrderedDict[str, Key] = OrderedDict()
        self._hub: Hub | None = None

    def work_for(self, hub: "Hub") -> None:
        """Fetch through this hub."""
        self._hub = hub

    async def find(self, key_id: str) -> Key | None:
        """The key as we last kept it, or None. Asks nobody."""
        if (key := self._parsed.get(key_id)) is not None:
            self._parsed.move_to_end(key_id)
            return key
        row = await self._library.database.read(lambda session: session.get(RemoteKey, key_id[:500]))
        return self._remember(Key.read(row.id, row.owner, row.pem)) if row is not None else None

    async def fetch(self, key_id: str) -> Key:
        """The key as its own server gives it now, its owner checked. Raises KeyUnreachable or Forged."""
        hub = self._hub
        if hub is None:
            raise KeyUnreachable("We cannot fetch keys now. Try again later.")
        address = key_id.partition("#")[0]
        try:
            signer = await hub.instance_signer()
            wire = (await hub.remote.get_document(address, sign_as=signer)).json
            owner = _owner(wire, key_id)
            if owner != wire.get("id"):
                wire = (await hub.remote.get_document(owner, sign_as=signer)).json
        except Unreachable as cause:
            raise KeyUnreachable("Your server did not give us your public key. Try again later.", f"{key_id}: {cause}") from cause
        except GoneThere as cause:
            raise Forged("Your public key is gone from your server.", f"{key_id}: {cause}") from cause
        except Refusal as cause:
            raise Forged("We could not fetch your public key from its own address.", f"{key_id}: {cause}") from cause
        key = _key(wire, key_id)
        async with self._library.database.transaction() as session:
            await self._keep(session, key, wire)
        return self._remember(key)

    async def _keep(self, session: AsyncSession, key: Key, wire: Wire) -> None:
        await session.merge(RemoteKey(id=key.id[:500], owner=key.owner, pem=key.pem, fetched_at=now()))
        await resolving.keep_actor(session, wire)

    def _remember(self, key: Key) -> Key:
        self._parsed[key.id] = key
        self._parsed.move_to_end(key.id)
        if len(self._parsed) > MOST_KEYS:
            self._parsed.popitem(last=False)
        return key


def _owner(wire: Wire, key_id: str) -> str:
    """Whose key it is: the actor whose document this is, or the owner that a bare key names, on the key's own server."""
    owner = wire.get("owner") or wire.get("controller")
    if owner is None and wire.get("publicKey") is not None:
        found = next((id_of(key.get("owner")) for key in many(wire.get("publicKey")) if isinstance(key, dict)), None)
        owner = wire.get("id") if wire.get("inbox") is not None else found
    if not isinstance(owner, str) or uris.host(owner) != uris.host(key_id):
        raise Forged("Your key does not say on its own server whose it is.", f"{key_id} is owned by {owner}")
    return owner


def _multikey(wire: Wire, key_id: str) -> str | None:
    """The key of that id among an actor's multikeys, as PEM (FEP-521a); its controller must be the actor. Raises UnusableKey."""
    for entry in many(wire.get("assertionMethod")):
        if isinstance(entry, dict) and id_of(entry) == key_id and entry.get("controller") == wire.get("id"):
            return pem_of_multikey(str(entry.get("publicKeyMultibase")))
    return None


def _key(wire: Wire, key_id: str) -> Key:
    """The key of that id in its owner's own document. Raises Forged when the owner does not list it."""
    owner = str(wire.get("id"))
    if (multikey := _multikey(wire, key_id)) is not None:
        return Key.read(key_id, owner, multikey)
    listed = [key for key in many(wire.get("publicKey")) if isinstance(key, dict) and id_of(key.get("owner")) in {owner, None}]
    chosen = next((key for key in listed if id_of(key) == key_id), None)
    if chosen is None and len(listed) == 1 and key_id.partition("#")[0].rstrip("/") == owner.rstrip("/"):
        chosen = listed[0]  # BookWyrm signs as `user#main-key` and lists `user/#main-key`
    pem = chosen.get("publicKeyPem") if chosen else None
    if not isinstance(pem, str) or uris.host(owner) != uris.host(key_id):
        raise Forged("The actor does not list the key that signed this.", f"{key_id} of {owner}")
    return Key.read(key_id, owner, pem)
