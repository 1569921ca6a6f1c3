"""What need not be kept for ever, and what need not be owed for ever."""

from datetime import timedelta

from sqlalchemy import delete, exists, update

from community.clock import days, now
from community.due import Owed
from community.posts.post import Post, Tombstone
from federation import instances
from federation.hub import Hub
from federation.tables import Delivery, InboxMessage, Outgoing

REMEMBER_MESSAGES: timedelta = days(7)  # longer than any signature lives, so that nothing is told twice
REMEMBER_DELIVERED: timedelta = days(30)
REMEMBER_STRANGE_DELETES: timedelta = days(2)


async def give_up(hub: Hub) -> int:
    """Owe nothing more to servers that have been silent for too long."""
    async with hub.database.transaction() as session:
        silent = await instances.given_up(session)
        if silent:
            waiting = (Delivery.state == Owed.waiting, Delivery.host.in_(silent))
            why = "the server has been silent for too long"
            await session.execute(update(Delivery).where(*waiting).values(state=Owed.given_up, why=why))
    return 0


async def forget(hub: Hub) -> int:
    """Forget processed messages, and Deletes of things that never came."""
    moment = now()
    async with hub.database.transaction() as session:
        done = InboxMessage.state != Owed.waiting
        await session.execute(delete(InboxMessage).where(done, InboxMessage.received_at < moment - REMEMBER_MESSAGES))
        ours = Tombstone.uri.startswith(hub.uris.root + "/", autoescape=True)
        known = exists().where(Post.uri == Tombstone.uri)
        await session.execute(delete(Tombstone).where(~ours, ~known, Tombstone.deleted_at < moment - REMEMBER_STRANGE_DELETES))
        # Deliveries of things that still stand are kept: whoever got them must hear of their end.
        told = Outgoing.kind.in_(["Accept", "Reject", "Follow", "Undo", "Like", "Flag", "Delete"])
        open_ = exists().where(Delivery.outgoing_id == Outgoing.id, Delivery.state == Owed.waiting)
        await session.execute(delete(Outgoing).where(told, ~open_, Outgoing.created_at < moment - REMEMBER_DELIVERED))
    return 0
