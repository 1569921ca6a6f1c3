"""Reports from other servers, in six shapes (interop 5.5)."""

import re

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from community import text, uris
from community.people.actors import Actor
from community.posts.post import Post
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
    posts = await _posts(session, named)
    if not posts:
        # Misskey names only the account, and writes the addresses of the posts into the text.
        named += [found.rstrip(").,;") for found in _ADDRESS.findall(reason) if told.hub.uris.is_ours(found)][:MOST_OBJECTS]
        posts = await _posts(session, named)
    count = 0
    host = uris.host(told.activity.actor)
    for number, found in enumerate(posts):
        await reports.open_report(
            session, post=found, origin=Origin.flag, reason=reason, reporter=told.actor, host=host, uri=_own_uri(told, number)
        )
        count += 1
    if not posts:
        ours = {actor.uri: actor for actor in await session.scalars(select(Actor).where(Actor.uri.in_(named), Actor.domain.is_(None)))}
        for number, uri in enumerate(named):
            if (actor := ours.get(uri)) is not None:
                await reports.open_report(
                    session, actor=actor, origin=Origin.flag, reason=reason, reporter=told.actor, host=host, uri=_own_uri(told, number)
                )
                count += 1
    return f"opened {count} reports" if count else "left: it names nothing that we have"


async def _posts(session: AsyncSession, named: list[str]) -> list[Post]:
    """Those of these that are posts we have, in the order in which they were named."""
    found = {one.uri: one for one in await session.scalars(select(Post).where(Post.uri.in_(named)))}
    return [found[uri] for uri in dict.fromkeys(named) if uri in found]


def _own_uri(told: Told, number: int) -> str | None:
    """One Flag may make several reports; each keeps an address of its own, so that a repeated Flag changes nothing."""
    if told.activity.id is None:
        return None
    return told.activity.id[:480] + (f"#{number}" if number else "")
