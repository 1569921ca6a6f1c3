"""The actors that live here: made with their keys, the library and its server first."""

import asyncio

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from community import text
from community.library import Library
from community.people import actors
from community.people.actors import Actor, ActorKey
from community.uris import LIBRARY
from federation import keys


async def settle(library: Library) -> None:
    """Make the instance actor and the library's own, or bring their profiles in step with the settings."""
    async with library.database.snapshot() as session:
        missing = [uri for uri in (library.uris.instance, library.uris.library) if await actors.by_uri(session, uri) is None]
    pairs = {uri: await asyncio.to_thread(keys.new_pair) for uri in missing}
    settings = library.settings
    async with library.database.transaction() as session:
        for uri, pair in pairs.items():
            if await actors.by_uri(session, uri) is None:
                kind, name = ("Application", "instance") if uri == library.uris.instance else (settings.actor_type, LIBRARY)
                await add(session, library, uri, kind, name, pair)
        row = await actors.by_uri(session, library.uris.library)
        if row is not None:
            about = f"<p>{text.escape(settings.description)}</p>" if settings.description else ""
            for name, value in (("kind", settings.actor_type), ("name", settings.name), ("summary", about)):
                if getattr(row, name) != value:
                    setattr(row, name, value)
            row.discoverable = row.indexable = True
    await give_proof_keys(library)


async def give_proof_keys(library: Library, most: int = 500) -> None:
    """Give a key for proofs to whoever was here before there were any, some at a time."""
    while True:
        async with library.database.transaction() as session:
            rows = list(await session.scalars(select(ActorKey).where(ActorKey.proof_key.is_(None)).limit(most)))
            for row in rows:
                row.proof_key, multikey = keys.new_proof_pair()
                (await session.get_one(Actor, row.actor_id)).multikey = multikey
        if len(rows) < most:
            return


async def add(session: AsyncSession, library: Library, uri: str, kind: str, username: str, pair: tuple[str, str], name: str = "") -> Actor:
    """A new actor of ours with this pair of keys (private, public)."""
    private, public = pair
    actor = Actor(
        uri=uri,
        kind=kind,
        username=username,
        domain=None,
        name=name,
        url=library.uris.profile(username),
        inbox=f"{uri}/inbox",
        shared_inbox=library.uris.shared_inbox,
        outbox=f"{uri}/outbox",
        followers=f"{uri}/followers",
        key_id=f"{uri}#main-key",
        public_key=public,
    )
    session.add(actor)
    await session.flush()
    proof, actor.multikey = keys.new_proof_pair()
    session.add(ActorKey(actor_id=actor.id, private_key=private, proof_key=proof))
    return actor


async def add_person(session: AsyncSession, library: Library, username: str, name: str, pair: tuple[str, str]) -> Actor:
    """A new reader of ours: not discoverable, not indexable, until they say so."""
    return await add(session, library, library.uris.actor(username), "Person", username, pair, name)
