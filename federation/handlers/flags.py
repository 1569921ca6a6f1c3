"""Reports from other servers, in six shapes (interop 5.5)."""

import re

from sqlalchemy.ext.asyncio import AsyncSession

from community import text, uris
from community.people import actors
from community.posts import post
from federation import activities
from federation.activities import ids_of
from federation.handlers.told import Told
from moderation import reports
from moderation.tables import Origin

MOST_REASON = 5000
MOST_OBJECTS = 20
_ADDRESS = re.compile(r"https?://[^\s<>\"']{1,400}")


async def report(session: AsyncSession, told: Told) -> str:
    """Open a case for each post or actor of ours, or known to us, that a Flag names. Nothing is hidden by it."""
    reason = text.plain(activities.words(told.activity.wire, "content") or activities.words(told.activity.wire, "summary"))[:MOST_REASON]
    named = ids_of(told.activity.wire.get("object"))[:MOST_OBJECTS]
    if not [uri for uri in named if await post.by_uri(session, uri) is not None]:
        # Misskey names only the account, and writes the addresses of the posts into the text.
        named += [found.rstrip(").,;") for found in _ADDRESS.findall(reason) if told.hub.uris.is_ours(found)][:MOST_OBJECTS]
    posts = [found for found in [await post.by_uri(session, uri) for uri in dict.fromkeys(named)] if found is not None]
    count = 0
    host = uris.host(told.activity.actor)
    for number, found in enumerate(posts):
        await reports.open_report(
            session, post=found, origin=Origin.flag, reason=reason, reporter=told.actor, host=host, uri=_own_uri(told, number)
        )
        count += 1
    if not posts:
        for number, uri in enumerate(named):
            actor = await actors.by_uri(session, uri)
            if actor is not None and actor.is_local:
                await reports.open_report(
                    session, actor=actor, origin=Origin.flag, reason=reason, reporter=told.actor, host=host, uri=_own_uri(told, number)
                )
                count += 1
    return f"opened {count} reports" if count else "left: it names nothing that we have"


def _own_uri(told: Told, number: int) -> str | None:
    """One Flag may make several reports; each keeps an address of its own, so that a repeated Flag changes nothing."""
    if told.activity.id is None:
        return None
    return told.activity.id[:480] + (f"#{number}" if number else "")
