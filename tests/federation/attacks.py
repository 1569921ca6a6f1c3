"""What the tests of the rules share: telling a library something, and seeing what came of it."""

import io
from datetime import UTC, datetime
from typing import Any

import aiohttp
from sqlalchemy import func, select

from community import uris
from community.people import actors, follows
from community.people.actors import Actor
from community.posts.post import Post
from federation import keys
from federation.cavage import sign
from federation.tables import InboxMessage
from tests.remote_server import RemoteServer, Wire
from tests.world import Town


async def tell(here: Town, there: RemoteServer, wire: Wire, name: str | None = None) -> str:
    """Say this to the library, signed by its actor (or by `name`): what became of it, or the status of the refusal."""
    status = await there.says(here, wire, name=name)
    await here.settle()
    if status != 202:
        return str(status)
    async with here.database.snapshot() as session:
        return await session.scalar(select(InboxMessage.why).order_by(InboxMessage.id.desc()).limit(1)) or ""


async def knock(here: Town, body: bytes, headers: dict[str, str]) -> int:
    """Post these bytes with these headers at the door."""
    async with (
        aiohttp.ClientSession() as session,
        session.post(here.library.uris.shared_inbox, data=io.BytesIO(body), headers=headers) as answer,
    ):
        return answer.status


def signed(here: Town, there: RemoteServer, body: bytes, name: str, key_id: str | None = None) -> dict[str, str]:
    """The headers of a request that somebody at another server signs as they should."""
    key_id = key_id or f"{there.actor(name)}#main-key"
    return sign("POST", here.library.uris.shared_inbox, body, key_id, keys.private_key(there.private), datetime.now(UTC))


async def look(address: str, there: RemoteServer | None = None, name: str = "cleo") -> tuple[int, str, Any]:
    """Ask for a document, signed by somebody or by nobody: status, body, headers."""
    headers = {"Accept": "application/activity+json"}
    if there is not None:
        uri = there.actor(name)
        headers |= sign("GET", address, b"", f"{uri}#main-key", keys.private_key(there.private), datetime.now(UTC))
    async with aiohttp.ClientSession() as session, session.get(address, headers=headers, allow_redirects=False) as answer:
        return answer.status, (await answer.read()).decode("utf-8", "replace"), answer.headers


async def strange_posts(here: Town) -> dict[str, str]:
    """What is kept of other servers: the words by their address."""
    async with here.database.snapshot() as session:
        query = select(Post.uri, Post.html).join(Actor, Actor.id == Post.author_id).where(Actor.domain.is_not(None))
        return {uri: html for uri, html in await session.execute(query)}


async def count(here: Town, table: Any, *where: Any) -> int:
    async with here.database.snapshot() as session:
        return await session.scalar(select(func.count()).select_from(table).where(*where)) or 0


async def listen_to(here: Town, uri: str) -> None:
    """Let the library follow somebody elsewhere whom it knows, who agreed."""
    async with here.database.transaction() as session:
        library, them = await actors.local(session, uris.LIBRARY), await actors.by_uri(session, uri)
        assert library is not None and them is not None
        follows.grant(await follows.ask(session, library, them, here.library.uris.activity("follow", uris.token())))
