"""Every activity that we understand, and who does what it asks."""

import logging

from sqlalchemy.ext.asyncio import AsyncSession

from community import uris
from federation import counters
from federation.handlers import flags, follows, joins, moves, posts, quotes, reactions, undo
from federation.handlers.told import Handler, Told

log = logging.getLogger("bookmobile.inbox")
_seen: dict[str, set[str]] = {}  # in this process
MOST_SERVERS = 5_000
MOST_TYPES = 20  # of one server: whoever makes up new ones must not fill our log


async def leave_it(session: AsyncSession, told: Told) -> str:
    """What we do not understand, we leave; the log hears of it once per server and type."""
    counters.left_unknown(told.activity.type)
    host, kind = uris.host(told.activity.actor), told.activity.type[:60]
    if host in _seen or len(_seen) < MOST_SERVERS:
        types = _seen.setdefault(host, set())
        if kind not in types and len(types) < MOST_TYPES:
            types.add(kind)
            log.info("left an activity that we do not understand: %s of %s", kind, host)
    return f"left: we do not handle {told.activity.type}"


HANDLERS: dict[str, Handler] = {
    "Create": posts.create,
    "Update": posts.update,
    "Delete": posts.delete,
    "Follow": follows.ask,
    "Accept": follows.accepted,
    "Reject": follows.rejected,
    "Block": follows.block,
    "Like": reactions.like,
    "EmojiReact": reactions.like,
    "Announce": reactions.boost,
    "Flag": flags.report,
    "Undo": undo.undo,
    "Join": joins.join,
    "Leave": joins.leave,
    "QuoteRequest": quotes.ask,
    "Move": moves.move,
}
