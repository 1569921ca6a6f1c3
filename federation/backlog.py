"""How much waits to be worked off, and for how long."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from community.clock import now
from community.due import Owed
from community.posts.pictures import Picture
from federation.tables import Delivery, InboxMessage, Outgoing

# What waits, and since when: one row each. Only waiting rows are looked at, and those have an index of their own.
QUEUES: dict[str, Select[int, datetime]] = {
    "inbox": select(func.count(), func.min(InboxMessage.received_at)).where(InboxMessage.state == Owed.waiting),
    "deliveries": (
        select(func.count(), func.min(Outgoing.created_at))
        .select_from(Delivery)
        .join(Outgoing, Outgoing.id == Delivery.outgoing_id)
        .where(Delivery.state == Owed.waiting)
    ),
    "pictures": select(func.count(), func.min(Picture.due_at)).where(Picture.state == Owed.waiting),
}


@dataclass(frozen=True)
class Backlog:
    """One queue at one moment."""

    count: int
    oldest_seconds: float  # 0 when nothing waits


def look(session: Session) -> dict[str, Backlog]:
    """Every queue; a statement for each."""
    moment = now()
    found = {}
    for queue, query in QUEUES.items():
        row = session.execute(query).one()
        found[queue] = Backlog(row[0], max(0.0, (moment - row[1]).total_seconds()) if row[1] else 0.0)
    return found
