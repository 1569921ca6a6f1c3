"""Words that nobody sent us, and that we read at their own origin: kept and judged like those that we were sent."""

from community.people import actors
from community.posts import post as posts
from federation import resolving
from federation.activities import Activity, id_of
from federation.handlers import posts as handler
from federation.handlers.told import Told
from federation.hub import Hub
from federation.resolving import Known
from federation.wire import Wire
from moderation.verdicts import ALLOWED


async def take(hub: Hub, wire: Wire) -> str:
    """Keep a post, or the new words of one that we have; says in words what became of it. The caller knows that it is its origin's."""
    uri = str(wire.get("id"))
    known = Known(objects={uri: wire})
    await resolving.gather_post(hub, known, wire)
    author = id_of(wire.get("attributedTo")) or ""
    async with hub.database.transaction() as session:
        row = await resolving.keep_actor(session, known.actors[author]) if author in known.actors else await actors.by_uri(session, author)
        is_known = await posts.by_uri(session, uri) is not None
        activity = Activity(id=None, type="Update" if is_known else "Create", actor=author, object=uri, wire={})
        told = Told(hub, activity, row, known, ALLOWED)
        return await (handler.update(session, told) if is_known else handler.keep(session, told, wire, row))


async def let_go(hub: Hub, uri: str, author_host: str) -> str:
    """Forget the words of a post that its own server says is gone."""
    async with hub.database.transaction() as session:
        known = await posts.by_uri(session, uri)
        if known is None or known.is_ours or (await session.get_one(actors.Actor, known.author_id)).domain != author_host:
            return "left: we do not have it"
        await handler.erase(session, known)
        return f"deleted a {known.kind}"
