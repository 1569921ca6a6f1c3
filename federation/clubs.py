"""What a book club passes on: twice, because forums and everybody else understand different things (FEP-1b12, interop 5, D.8)."""

import json

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from community import uris
from community.clock import now
from community.library import Library
from community.people.actors import Actor
from community.posts import clubs
from community.posts.clubs import Club
from community.posts.post import Audience, Post, Standing
from community.uris import PUBLIC
from federation import documents, outbox, routing
from federation.renditions.note import moment
from federation.routing import Dialect
from federation.tables import Outgoing
from federation.vocabulary import AS, CONTEXT
from federation.wire import Wire

FORUMS = frozenset({Dialect.forum})
OTHERS = frozenset({Dialect.plain})


async def pass_on(session: AsyncSession, library: Library, post: Post, activity: Wire) -> bool:
    """Tell the members of its club of a new post: forums get the whole activity, everybody else the address. False for no club's post."""
    club = await clubs.of_post(session, post)
    if club is None or post.standing is not Standing.shown or post.audience is not Audience.public:
        return False
    author = await session.get_one(Actor, post.author_id)
    inboxes = await outbox.followers_of(session, club.actor)
    await _announce(session, library, club, activity, await routing.hearing(session, inboxes, FORUMS))
    others = await routing.hearing(session, inboxes, OTHERS)
    await outbox.announce(session, library, club.actor, post, author, others)
    return True


async def relay(session: AsyncSession, library: Library, post: Post, activity: Wire) -> bool:
    """Tell the forums among its members what became of a post of a club: changed, deleted, liked. Others hear it from its author."""
    club = await clubs.of_post(session, post)
    if club is None or post.audience is not Audience.public:
        return False
    inboxes = await routing.hearing(session, await outbox.followers_of(session, club.actor), FORUMS)
    await _announce(session, library, club, activity, inboxes)
    return True


async def tell_new(session: AsyncSession, library: Library, post: Post) -> None:
    """Pass on what one of ours said in a club."""
    if post.club_id is not None:
        author = await session.get_one(Actor, post.author_id)
        wire = await documents.post(session, library, post)
        await pass_on(session, library, post, outbox.activity_of(library, "Create", author, wire, post.token))


async def tell_changed(session: AsyncSession, library: Library, post: Post) -> None:
    """Pass on the new words of one of ours."""
    if post.club_id is not None and post.standing is Standing.shown:
        author = await session.get_one(Actor, post.author_id)
        wire = await documents.post(session, library, post)
        await relay(session, library, post, outbox.activity_of(library, "Update", author, wire, f"{post.token}-{uris.token(8)}"))


async def tell_gone(session: AsyncSession, library: Library, post: Post, uri: str) -> None:
    """Pass on that the words of one of ours are gone."""
    if post.club_id is not None:
        author = await session.get_one(Actor, post.author_id)
        await relay(session, library, post, outbox.deletion(library, author, post, uri))


async def _announce(session: AsyncSession, library: Library, club: Club, activity: Wire, inboxes: set[str]) -> None:
    """Announce a whole activity, unchanged, in the name of the group."""
    wire = {
        "@context": CONTEXT,
        "id": library.uris.activity("announce", uris.token()),
        "type": "Announce",
        "actor": club.actor.uri,
        "published": moment(now()),
        "to": [PUBLIC],
        "cc": [club.actor.followers or f"{club.actor.uri}/followers"],
        "object": activity,  # unchanged, context and proof too: whoever gets it may want to see whose it is
    }
    await outbox.owe(session, club.actor, wire, inboxes)


async def outbox_of(session: AsyncSession, club: Club, page: int | None, size: int = 20) -> Wire:
    """What a club announced lately, as forums read it when they first meet it."""
    address = f"{club.actor.uri}/outbox"
    query = select(Outgoing).where(Outgoing.signer_id == club.actor_id, Outgoing.kind == "Announce").order_by(Outgoing.id.desc())
    rows = list(await session.scalars(query.limit(size).offset(((page or 1) - 1) * size)))
    found = await _standing(session, [json.loads(row.body) for row in rows])
    items = [{name: value for name, value in one.items() if name != "@context"} for one in found]
    if page is None:
        return {"@context": AS, "id": address, "type": "OrderedCollection", "totalItems": len(items), "first": f"{address}?page=true"}
    kind = {"id": f"{address}?page=true", "type": "OrderedCollectionPage", "partOf": address}
    return {"@context": CONTEXT, **kind, "totalItems": len(items), "orderedItems": items}


def spoken_of(wire: Wire) -> str | None:
    """The address of what an activity is about in the end: the note in the Create that a group announces."""
    inner: object = wire.get("object")
    while isinstance(inner, dict):
        speaks_of_more = "content" not in inner and isinstance(inner.get("object"), dict | str)
        inner = inner["object"] if speaks_of_more else inner.get("id")
    return inner if isinstance(inner, str) else None


async def still_stands(session: AsyncSession, wire: Wire) -> bool:
    """Whether everybody may still read what a group announced in full. That something is gone may always be read."""
    return wire["object"].get("type") == "Delete" or bool(await _standing(session, [wire]))


async def _standing(session: AsyncSession, announced: list[Wire]) -> list[Wire]:
    """Those whose post everybody may still read: what was taken back or hidden is served by nobody."""
    named = {uri for wire in announced if (uri := spoken_of(wire)) is not None}
    shown = select(Post.uri).where(Post.uri.in_(named), Post.standing == Standing.shown, Post.audience == Audience.public)
    kept = set(await session.scalars(shown))
    return [wire for wire in announced if spoken_of(wire) in kept]


async def moderators(session: AsyncSession, club: Club) -> Wire:
    """Who keeps a club, as a collection."""
    found = await session.run_sync(lambda inner: [host.uri for host in clubs.hosts(inner, club)])
    address = f"{club.actor.uri}/moderators"
    return {"@context": AS, "id": address, "type": "OrderedCollection", "totalItems": len(found), "orderedItems": found}
