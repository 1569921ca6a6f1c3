"""Other servers: what they run, and how well they answer."""

import logging
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from community import uris
from community.clock import days, hours, minutes, now
from community.database import insert_new, table_of
from community.errors import Refusal
from community.people.actors import Actor
from federation.activities import many
from federation.hub import Hub
from federation.tables import Instance

log = logging.getLogger("bookmobile.instances")

# A server that fails is put off as a whole: one attempt for each interval, however much it is owed.
PUT_OFF: tuple[timedelta, ...] = (minutes(1), minutes(2), minutes(5), minutes(15), hours(1), hours(3), hours(6), hours(12), days(1))
GIVE_UP: timedelta = days(10)
ASK_AGAIN: timedelta = days(1)


async def meet(session: AsyncSession, host: str) -> Instance:
    """The row of a server, made when we first meet it."""
    row = await session.get(Instance, host)
    if row is None:
        first = {"host": host, "scheme": "cavage", "failures": 0, "first_seen_at": now()}
        await session.execute(insert_new(session, table_of(Instance), [first], unique=["host"]))
        row = await session.get_one(Instance, host)
    return row


def answered(row: Instance, scheme: str) -> None:
    """It took what we sent."""
    row.failing_since, row.failures, row.not_before = None, 0, None
    row.last_success_at = now()
    row.scheme = scheme


def failed(row: Instance, retry_after: int | None = None) -> datetime:
    """It did not; says when to try the whole server again."""
    moment = now()
    row.failing_since = row.failing_since or moment
    wait = PUT_OFF[min(row.failures, len(PUT_OFF) - 1)]
    if retry_after is not None:
        wait = max(wait, min(timedelta(seconds=retry_after), days(1)))
    row.failures += 1
    row.not_before = moment + wait
    return row.not_before


async def look_again(hub: Hub, limit: int = 10) -> int:
    """Ask the NodeInfo of servers that we know and have not asked for a day; says how many were asked."""
    async with hub.database.snapshot() as session:
        met = select(Actor.domain).where(Actor.domain.is_not(None)).distinct()
        recently = select(Instance.host).where(Instance.asked_at > now() - ASK_AGAIN)
        hosts = list(await session.scalars(met.where(Actor.domain.not_in(recently)).limit(limit)))
    for host in hosts:
        await ask(hub, host or "")
    return len(hosts)


async def ask_first(hub: Hub, host: str) -> None:
    """Ask a server what it runs unless we did before: whoever follows shall get from the first post on what they can read."""
    async with hub.database.snapshot() as session:
        asked = await session.scalar(select(Instance.asked_at).where(Instance.host == host))
    if asked is None:
        await ask(hub, host)


async def ask(hub: Hub, host: str) -> None:
    """Read what a server says that it runs, and remember it."""
    software, version = await _nodeinfo(hub, host)
    async with hub.database.transaction() as session:
        row = await meet(session, host)
        row.asked_at = now()
        if software:
            row.software, row.version = software[:60], version[:60]


async def _nodeinfo(hub: Hub, host: str) -> tuple[str, str]:
    scheme = "http" if hub.uris.root.startswith("http://") and ":" in host else "https"
    try:
        found = await hub.remote.get_json(f"{scheme}://{host}/.well-known/nodeinfo")
        address = next(
            (link.get("href") for link in many(found.get("links")) if isinstance(link, dict) and "nodeinfo" in str(link.get("rel"))), None
        )
        if not isinstance(address, str) or uris.host(address) != host:
            return "", ""
        said = (await hub.remote.get_json(address)).get("software")
        return (str(said.get("name", "")).lower(), str(said.get("version", ""))) if isinstance(said, dict) else ("", "")
    except Refusal as cause:
        log.info("no nodeinfo at %s: %s", host, cause)
        return "", ""


async def put_off(session: AsyncSession) -> set[str]:
    """The servers that are not to be called now."""
    return set(await session.scalars(select(Instance.host).where(Instance.not_before > now())))


async def given_up(session: AsyncSession) -> set[str]:
    """The servers that have failed for so long that nothing is owed to them any more."""
    return set(await session.scalars(select(Instance.host).where(Instance.failing_since < now() - GIVE_UP)))
