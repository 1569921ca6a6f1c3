"""Conversations read whole: what a post answers, and what was answered to it elsewhere, within limits (FEP-f228, interop 7 rule 10)."""

import logging
from collections.abc import AsyncIterator

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from community import due, uris
from community.clock import hours, minutes
from community.errors import Refusal
from community.posts import post as posts
from community.posts.post import Post
from federation import resolving, retelling
from federation.activities import id_of, ids_of, is_public, type_of
from federation.answers import GoneThere, Unreachable
from federation.hub import Hub
from federation.tables import Look, ThreadErrand
from federation.vocabulary import POST_TYPES
from federation.wire import Wire
from moderation import domains

log = logging.getLogger("bookmobile.threads")

HIGHEST = 20  # posts fetched above one
PAGES = 3  # of a collection of answers
ANSWERS = 20  # posts fetched below one
RETRY_AFTER = (minutes(10), hours(1), hours(6))


async def work_off(hub: Hub, limit: int = 5) -> int:
    """Look where something is owed; says how many errands were taken up. One after the other: nobody waits for this."""
    async with hub.database.transaction() as session:
        claimed = [(row.id, row.post_id, row.look) for row in await due.claim(session, ThreadErrand, limit)]
    for number, post_id, look in claimed:
        async with hub.database.snapshot() as session:
            post = await session.get_one(Post, post_id)
        try:
            why = await (_above(hub, post) if look is Look.above else _below(hub, post))
        except Unreachable as cause:
            await _put_off(hub, number, str(cause))
        except Refusal as cause:
            await _finish(hub, number, f"refused: {cause}")
        else:
            await _finish(hub, number, why)
    return len(claimed)


async def _above(hub: Hub, post: Post) -> str:
    """Fetch what a post answers, and what that answers, until we meet something that we have; keep it all then, the first first."""
    chain: list[Wire] = []
    seen = {post.uri}
    address = post.reply_to_uri
    while address is not None and address not in seen and len(chain) < HIGHEST:
        seen.add(address)
        if await _is_known(hub, address):
            break
        wire = await _fetch(hub, address)
        if wire is None:
            return "its conversation cannot be read further up"
        chain.append(wire)
        address = id_of(wire.get("inReplyTo"))
    if address is None or not await _is_known(hub, address):
        return "its conversation is about nothing here"
    outcomes = [await retelling.take(hub, wire) for wire in reversed(chain)]
    return "; ".join(outcomes)[:500] or "it was here already"


async def _below(hub: Hub, post: Post) -> str:
    """Fetch the answers that a post's own server knows from people at home there, and keep those that are new to us."""
    wire = await _fetch(hub, post.uri)
    if wire is None:
        return "the post cannot be read any more"
    home, kept, fetched = uris.host(post.uri), 0, 0
    async for address in _collection(hub, wire.get("replies"), home):
        if uris.host(address) != home or await _is_known(hub, address):
            continue
        if fetched == ANSWERS:
            break
        fetched += 1
        answer = await _fetch(hub, address)
        if answer is not None and id_of(answer.get("inReplyTo")) is not None:
            kept += (await retelling.take(hub, answer)).startswith("kept")
    return f"kept {kept} of {fetched} answers"


async def _collection(hub: Hub, replies: object, home: str) -> AsyncIterator[str]:
    """The addresses in a collection, embedded or not, a few pages of it, all on one server."""
    page = replies if isinstance(replies, dict) else await _document(hub, id_of(replies), home)
    for _ in range(PAGES + 1):
        if page is None:
            return
        for address in [*ids_of(page.get("items")), *ids_of(page.get("orderedItems"))]:
            yield address
        onward = page.get("next") or page.get("first")
        page = onward if isinstance(onward, dict) else await _document(hub, id_of(onward), home)


async def _document(hub: Hub, address: str | None, home: str) -> Wire | None:
    if address is None or uris.host(address) != home:
        return None
    return (await hub.remote.get_document(address, sign_as=await hub.instance_signer())).json


async def _fetch(hub: Hub, address: str) -> Wire | None:
    """A public post at its own address; None for what is gone, is something else, or comes from a server that we refuse."""
    if hub.uris.is_ours(address) or await domains.refuses(hub.database, uris.host(address)):
        return None
    try:
        wire = (await hub.remote.get_document(address, sign_as=await hub.instance_signer())).json
    except GoneThere:
        return None
    right = wire.get("id") == address and type_of(wire) in POST_TYPES and is_public(wire)
    return wire if right else None


async def _is_known(hub: Hub, address: str) -> bool:
    async with hub.database.snapshot() as session:
        if await posts.by_uri(session, address) is not None or await posts.is_tombstone(session, address):
            return True
        return hub.uris.is_ours(address) and await resolving.our_work(session, hub, address) is not None


async def _finish(hub: Hub, number: int, why: str) -> None:
    async with hub.database.transaction() as session:
        if (row := await _errand(session, number)) is not None:
            row.finish(why[:500])


async def _put_off(hub: Hub, number: int, why: str) -> None:
    async with hub.database.transaction() as session:
        if (row := await _errand(session, number)) is not None:
            row.try_again(RETRY_AFTER, why)


async def _errand(session: AsyncSession, number: int) -> ThreadErrand | None:
    """The errand, unless its post went meanwhile."""
    return (await session.scalars(select(ThreadErrand).where(ThreadErrand.id == number))).first()
