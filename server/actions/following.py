"""Following: ours follow others, others are shown the way home."""

import re
from urllib.parse import quote

from sqlalchemy.ext.asyncio import AsyncSession

from community import uris
from community.errors import Conflict, NotFound, Refusal
from community.library import Library
from community.people import blocks, follows
from community.people.actors import Actor, ActorState
from community.people.follows import FollowState
from community.posts import topics
from federation import lights, outbox
from federation.activities import many
from federation.hub import Hub

# The ways in which servers say where their people follow or answer something, the most exact first (FEP-3b86, OStatus).
WAYS = (
    ("https://w3id.org/fep/3b86/Follow", "{object}"),
    ("https://w3id.org/fep/3b86/Object", "{object}"),
    ("http://ostatus.org/schema/1.0/subscribe", "{uri}"),
)
HANDLE = re.compile(r"@?([\w.-]{1,150})@([A-Za-z0-9.-]{1,250}(?::\d{1,5})?)")


async def follow(session: AsyncSession, library: Library, follower: Actor, followed: Actor) -> None:
    """One of ours asks to follow somebody; ours are followed at once, others are asked."""
    if follower.id == followed.id:
        raise Conflict("Nobody can follow themselves.")
    if followed.state is not ActorState.active or await blocks.stands(session, followed, follower):
        raise Conflict("They cannot be followed.")
    row = await follows.find(session, follower, followed)
    if row is not None and row.state in {FollowState.granted, FollowState.asked}:
        return
    uri = library.uris.activity("follow", uris.token())
    row = await follows.ask(session, follower, followed, uri)
    if followed.is_local:
        follows.grant(row)
    else:
        await outbox.follow(session, library, follower, followed, uri)


async def follow_thing(session: AsyncSession, library: Library, follower: Actor, name: str) -> Actor:
    """One of ours follows a title, an author, a subject, a series or a search. Raises NotFound when there is none of that name."""
    if await topics.follow_enough(session, follower):
        raise Conflict("You follow as many things as anybody may. Please leave some of them first.")
    followed = await lights.settle(session, library, library.uris.actor(name))
    if followed is None:
        raise NotFound("There is nothing of this name here.")
    await follow(session, library, follower, followed)
    return followed


async def unfollow(session: AsyncSession, library: Library, follower: Actor, followed: Actor) -> None:
    """One of ours has had enough."""
    row = await follows.find(session, follower, followed)
    if row is None or row.state not in {FollowState.granted, FollowState.asked}:
        return
    follows.end(row)
    if not followed.is_local:
        await outbox.unfollow(session, library, follower, followed, row.uri)


def server_of(handle: str) -> tuple[str, str] | None:
    """The name and server of an address in the fediverse.

    >>> server_of("@ada@Harbour.Example"), server_of("ada")
    (('ada', 'harbour.example'), None)
    """
    found = HANDLE.fullmatch(handle.strip())
    return (found[1], found[2].lower()) if found else None


async def way_home(hub: Hub, name: str, server: str, about: str, *, is_actor: bool = False) -> str:
    """Where this person's own server lets them follow or answer `about`: as it tells by WebFinger.

    One that names no way, like GoToSocial, has its front page, where one pastes; one that we cannot ask, the address that most have.
    """
    scheme = "http" if hub.settings.allow_private_network and ":" in server else "https"
    usual = f"{scheme}://{server}/authorize_interaction?uri={quote(about, safe='')}"
    try:
        address = f"{scheme}://{server}/.well-known/webfinger?resource=acct:{quote(name)}@{server}"
        found = await hub.remote.get_json(address, "application/jrd+json, application/json")
    except Refusal:
        return usual
    templates = {link.get("rel"): link.get("template") for link in many(found.get("links")) if isinstance(link, dict)}
    for rel, hole in WAYS if is_actor else WAYS[1:]:
        template = templates.get(rel)
        if isinstance(template, str) and hole in template and template.startswith(f"{scheme}://"):
            return template.replace(hole, quote(about, safe=""))
    return f"{scheme}://{server}/"
