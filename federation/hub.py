"""Everything that federation works with, for one library."""

import asyncio
import contextlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from community.database import Database
from community.errors import Misconfigured
from community.library import Library
from community.people.actors import Actor, ActorKey
from community.posts import topics
from community.settings import Settings
from community.uris import Uris
from federation import keys
from federation.signers import Signer

if TYPE_CHECKING:
    from federation.keyring import DatabaseKeyring
    from federation.remote import Remote


@dataclass
class Bell:
    """Rung when there is work, so that nobody has to wait for the next look."""

    _event: asyncio.Event = field(default_factory=asyncio.Event)

    def ring(self) -> None:
        """There is something to do."""
        self._event.set()

    async def wait(self, most: float) -> None:
        """Return when it rings, or after `most` seconds."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(most):
                await self._event.wait()
        self._event.clear()


@dataclass
class Hub:
    """One library's place in the fediverse: who it is, how it calls others, whose keys it knows."""

    library: Library
    remote: "Remote"
    keyring: "DatabaseKeyring"
    inbox_bell: Bell = field(default_factory=Bell)
    delivery_bell: Bell = field(default_factory=Bell)
    _signers: dict[str, Signer] = field(default_factory=dict)

    @property
    def database(self) -> Database:
        return self.library.database

    @property
    def settings(self) -> Settings:
        return self.library.settings

    @property
    def uris(self) -> Uris:
        return self.library.uris

    async def instance_signer(self) -> Signer:
        """The instance actor's signature, for fetching and reporting."""
        if (known := self._signers.get(self.uris.instance)) is not None:
            return known
        async with self.database.snapshot() as session:
            actor = (await session.scalars(select(Actor).where(Actor.uri == self.uris.instance))).first()
            if actor is None:
                raise Misconfigured("This library has no keys yet: run `bookmobile migrate`.")
            return await self.signer(session, actor)

    async def signer(self, session: AsyncSession, actor: Actor) -> Signer:
        """The signature of an actor of ours."""
        if (known := self._signers.get(actor.uri)) is not None:
            return known
        pem = await session.scalar(select(ActorKey.private_key).where(ActorKey.actor_id == actor.id))
        if pem is None and topics.is_topic(actor.username):
            # What is followed besides people signs with the library's key: fifty thousand titles are no fifty thousand keys.
            owner = select(Actor.id).where(Actor.uri == self.uris.library).scalar_subquery()
            pem = await session.scalar(select(ActorKey.private_key).where(ActorKey.actor_id == owner))
        if pem is None:
            raise Misconfigured(f"{actor.uri} has no private key.")
        made = Signer(actor.key_id or f"{actor.uri}#main-key", keys.private_key(pem))
        self._signers[actor.uri] = made
        return made
