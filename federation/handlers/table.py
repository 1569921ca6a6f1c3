"""Every activity that we understand, and who does what it asks."""

import logging

from sqlalchemy.ext.asyncio import AsyncSession

from community import uris
from federation.handlers import flags, follows, moves, posts, quotes, reactions, undo
from federation.handlers.told import Handler, Told

log = logging.getLogger("bookmobile.inbox")
_seen: set[tuple[str, str]] = set()
MOST_SEEN = 10_000


async def leave_it(session: AsyncSession, told: Told) -> str:
    """What we do not understand, we leave; the log hears of it once per server and type."""
    pair = (uris.host(told.activity.actor), told.activity.type)
    if pair not in _seen and len(_seen) < MOST_SEEN:
        _seen.add(pair)
        log.info("left an activity that we do not understand: %s of %s", pair[1][:60], pair[0])
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
    "QuoteRequest": quotes.ask,
    "Move": moves.move,
}
