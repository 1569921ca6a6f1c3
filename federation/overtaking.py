"""What need not be sent any more because something newer is owed, and what has to wait its turn."""

from datetime import datetime, timedelta
from typing import Any, cast

from sqlalchemy import ColumnElement, CursorResult, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from community.clock import days, now, seconds
from community.due import Owed
from federation import counters
from federation.tables import Delivery, Outgoing

TELLS = ("Create", "Update", "Announce")  # what is said of something that stands
# What is queued for an inbox, by the verb of something newer about the same object that is owed to it, too.
OVERTAKES: dict[str, tuple[str, ...]] = {"Delete": TELLS, "Update": ("Update",)}
WHY: dict[str, str] = {"Delete": "it was taken back before it was sent", "Update": "newer words are owed instead"}
FIRST: timedelta = days(30)  # longer than anything waits
SOON: timedelta = seconds(2)


def due(kind: str) -> datetime:
    """When a new activity is due: now, and a Delete before everything that waits for the same server."""
    return now() - FIRST if kind == "Delete" else now()


async def overtake(session: AsyncSession, newer: Outgoing) -> None:
    """Owe nothing more of what this activity makes pointless, to those inboxes that are owed it. Two indexed looks, one statement."""
    overtaken = OVERTAKES.get(newer.kind)
    if overtaken is None or newer.object_uri is None:
        return
    older = select(Outgoing.id).where(Outgoing.object_uri == newer.object_uri, Outgoing.kind.in_(overtaken), Outgoing.id < newer.id)
    inboxes = select(Delivery.inbox).where(Delivery.outgoing_id == newer.id)
    pointless = (Delivery.outgoing_id.in_(older), Delivery.state == Owed.waiting, Delivery.inbox.in_(inboxes))
    # A claim stays: who is just sending it writes down how that went, and `wait_behind` keeps the newer one back until then.
    done = update(Delivery).where(*pointless).values(state=Owed.done, why=WHY[newer.kind])
    found = await session.execute(done.execution_options(synchronize_session=False))
    counters.sent("overtaken", cast(CursorResult[Any], found).rowcount)


async def wait_behind(session: AsyncSession, claimed: set[int]) -> set[int]:
    """Of claimed deliveries, those before which something about the same object is still on its way to the same inbox.

    Words must not change before they are there, nor come after their own end. They are freed, and due when the older one was tried.
    """
    mine, older = aliased(Delivery), aliased(Delivery)
    said, before = aliased(Outgoing), aliased(Outgoing)
    on_its_way: ColumnElement[bool] = (older.state == Owed.waiting) | (older.claimed_until > now())
    ahead = (
        select(mine.id, func.max(older.due_at).label("due_at"))
        .join(said, said.id == mine.outgoing_id)
        .join(before, before.object_uri == said.object_uri)
        .join(older, older.outgoing_id == before.id)
        .where(mine.id.in_(claimed), said.kind.in_(OVERTAKES), older.inbox == mine.inbox, older.id < mine.id)
        .where(before.kind.in_(TELLS), older.id.not_in(claimed), on_its_way)
        .group_by(mine.id)
    )
    soon = now() + SOON
    until = {id: max(due_at, soon) for id, due_at in await session.execute(ahead)}
    if until:
        later = [{"id": id, "due_at": moment, "claimed_until": None} for id, moment in until.items()]
        await session.execute(update(Delivery), later)
    return set(until)
