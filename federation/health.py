"""How well other servers take what we owe them, for the administrator; and what can be done when they do not."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast

from sqlalchemy import CursorResult, Subquery, Update, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Session

from community.clock import days, now
from community.due import Owed
from federation.tables import Delivery, Instance, Outgoing

OWE_AGAIN: timedelta = days(30)  # what is older is no news any more


@dataclass(frozen=True)
class Health:
    """One server: what it runs, how it answers, what we owe it."""

    host: str
    software: str = ""
    version: str = ""
    scheme: str = ""  # the kind of signature that it last took
    last_success_at: datetime | None = None
    failing_since: datetime | None = None
    failures: int = 0
    not_before: datetime | None = None
    owed: int = 0
    tried: int = 0  # of these, tried before
    reason: str = ""  # why the last of them has not got through


@dataclass(frozen=True)
class Line:
    """One activity for one inbox."""

    id: int
    kind: str
    about: str
    inbox: str
    since: datetime
    due_at: datetime
    attempts: int
    why: str


def servers(session: Session, *, trouble: bool = False, page: int = 1, size: int = 50) -> tuple[list[Health], int]:
    """The servers that we know or owe something, those in trouble first, then those that wait for most. Three statements."""
    waiting = _waiting()
    known = select(Instance.host.label("host")).union(select(waiting.c.host)).subquery()
    query = (
        select(known.c.host, Instance, func.coalesce(waiting.c.owed, 0).label("owed"), func.coalesce(waiting.c.tried, 0))
        .outerjoin(Instance, Instance.host == known.c.host)
        .outerjoin(waiting, waiting.c.host == known.c.host)
    )
    total = select(func.count()).select_from(known)
    if trouble:
        in_trouble = or_(Instance.failing_since.is_not(None), waiting.c.tried > 0)
        query = query.where(in_trouble)
        total = (
            total.outerjoin(Instance, Instance.host == known.c.host).outerjoin(waiting, waiting.c.host == known.c.host).where(in_trouble)
        )
    order = (Instance.failing_since.is_(None), func.coalesce(waiting.c.owed, 0).desc(), known.c.host)
    rows = session.execute(query.order_by(*order).limit(size).offset((page - 1) * size)).all()
    reasons = _reasons(session, [host for host, *_ in rows])
    return [_health(host, instance, owed, tried, reasons) for host, instance, owed, tried in rows], session.scalar(total) or 0


def in_trouble(session: Session) -> int:
    """How many servers do not take what we send."""
    return session.scalar(select(func.count()).select_from(Instance).where(Instance.failing_since.is_not(None))) or 0


def one(session: Session, host: str) -> Health | None:
    """The same for one server; None when we neither know it nor ever owed it anything."""
    instance = session.get(Instance, host)
    found = select(func.count(), func.count().filter(Delivery.attempts > 0))
    row = session.execute(found.where(Delivery.state == Owed.waiting, Delivery.host == host)).one()
    if instance is None and session.scalar(select(Delivery.id).where(Delivery.host == host).limit(1)) is None:
        return None
    return _health(host, instance, row[0], row[1], _reasons(session, [host]))


def lines(session: Session, host: str, state: Owed, size: int) -> tuple[list[Line], int]:
    """What waits for a server, the next first, or what was given up, the last first; and how many there are in all."""
    those = (Delivery.host == host, Delivery.state == state)
    query = (
        select(
            Delivery.id,
            Outgoing.kind,
            Outgoing.object_uri,
            Delivery.inbox,
            Outgoing.created_at,
            Delivery.due_at,
            Delivery.attempts,
            Delivery.why,
        )
        .join(Outgoing, Outgoing.id == Delivery.outgoing_id)
        .where(*those)
        .order_by(*((Delivery.due_at, Delivery.id) if state is Owed.waiting else (Delivery.id.desc(),)))
    )
    total = session.scalar(select(func.count()).select_from(Delivery).where(*those)) or 0
    return [
        Line(id, kind, about or "", inbox, since, due_at, attempts, why or "")
        for id, kind, about, inbox, since, due_at, attempts, why in session.execute(query.limit(size))
    ], total


async def try_again(session: AsyncSession, host: str) -> int:
    """Let everything that waits for a server be due now, and forget that it was put off; says how much that is."""
    await session.execute(update(Instance).where(Instance.host == host).values(failing_since=None, failures=0, not_before=None))
    return await _count(session, _of(host, Owed.waiting).values(due_at=now(), attempts=0))


async def give_up(session: AsyncSession, host: str, why: str) -> int:
    """Owe a server nothing more of what waits now; says how much that was."""
    return await _count(session, _of(host, Owed.waiting).values(state=Owed.given_up, why=why[:500]))


async def owe_again(session: AsyncSession, host: str) -> int:
    """Owe a server what was given up in the last month; what was taken back meanwhile is left out when it would be sent."""
    young = select(Outgoing.id).where(Outgoing.id == Delivery.outgoing_id, Outgoing.created_at > now() - OWE_AGAIN).exists()
    again = _of(host, Owed.given_up).where(young).values(state=Owed.waiting, due_at=now(), attempts=0, why=None)
    return await _count(session, again)


def _of(host: str, state: Owed) -> Update:
    return update(Delivery).where(Delivery.host == host, Delivery.state == state).execution_options(synchronize_session=False)


async def _count(session: AsyncSession, change: Update) -> int:
    return cast(CursorResult[Any], await session.execute(change)).rowcount


def _waiting() -> Subquery:
    tried = func.count().filter(Delivery.attempts > 0)
    query = select(Delivery.host, func.count().label("owed"), tried.label("tried")).where(Delivery.state == Owed.waiting)
    return query.group_by(Delivery.host).subquery()


def _reasons(session: Session, hosts: Sequence[str]) -> dict[str, str]:
    """Why the newest of what waits has not got through yet, by server."""
    newest = (
        select(func.max(Delivery.id))
        .where(Delivery.state == Owed.waiting, Delivery.why.is_not(None), Delivery.host.in_(hosts))
        .group_by(Delivery.host)
    )
    return {host: why or "" for host, why in session.execute(select(Delivery.host, Delivery.why).where(Delivery.id.in_(newest)))}


def _health(host: str, row: Instance | None, owed: int, tried: int, reasons: dict[str, str]) -> Health:
    said = reasons.get(host, "")
    if row is None:
        return Health(host, owed=owed, tried=tried, reason=said)
    return Health(
        host=host,
        software=row.software or "",
        version=row.version or "",
        scheme=row.scheme,
        last_success_at=row.last_success_at,
        failing_since=row.failing_since,
        failures=row.failures,
        not_before=row.not_before if row.not_before and row.not_before > now() else None,
        owed=owed,
        tried=tried,
        reason=said,
    )
