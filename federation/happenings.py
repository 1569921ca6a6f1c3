"""What is owed around events: how many come, and forgetting who was there."""

from datetime import timedelta

from sqlalchemy import delete, func, select

from community.clock import minutes, now
from community.database import table_of
from community.posts.attendances import FORGET_AFTER, Guest
from community.posts.post import Post
from federation import outbox
from federation.hub import Hub

SETTLES: timedelta = minutes(3)  # counts change often when an event is announced: others hear of it once
MOST = 50


async def tell_counts(hub: Hub) -> int:
    """Tell the calendars that show it how many come, a while after the last change."""
    async with hub.database.transaction() as session:
        query = select(Post).where(Post.kind == "event", Post.guests_changed_at < now() - SETTLES).limit(MOST)
        changed = list(await session.scalars(query))
        for event in changed:
            event.guests_changed_at = None
            await outbox.tell_calendars(session, hub.library, event)
    return len(changed) if len(changed) == MOST else 0


async def forget(hub: Hub) -> int:
    """Forget who came to events that are long over."""
    async with hub.database.transaction() as session:
        ended = func.coalesce(Post.ends_at, Post.starts_at) < now() - FORGET_AFTER
        over = select(Post.id).where(Post.kind == "event", ended)
        await session.execute(delete(table_of(Guest)).where(table_of(Guest).c.event_id.in_(over)))
    return 0
