"""What is owed, done again and again."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta

from community import due
from community.clock import hours, minutes, seconds
from community.posts.pictures import Picture
from federation import delivery, happenings, inbox, instances, media, partners, threads, tidying
from federation.hub import Bell, Hub
from federation.tables import Delivery, InboxMessage, ThreadErrand
from search.index import SearchIndex
from server import letters, mail, sessions
from server.actions import digests, followed, inviting, posters, reminding

Sweep = Callable[[], Awaitable[int]]  # brings the search index up to date; says how much it took up

log = logging.getLogger("bookmobile.worker")

IDLE = seconds(1)  # how soon we look again for what another process left
AFTER_TROUBLE = seconds(5)
SETTLED = {"inbox", "deliveries", "servers", "conversations", "pictures", "index"}  # what a turn of the world is made of


@dataclass(frozen=True)
class Chore:
    """Work that is repeated until there is none, then waits for a bell or a while."""

    name: str
    work: Callable[[], Awaitable[int]]
    every: timedelta
    bell: Bell | None = None


def chores(hub: Hub, sweep: Sweep | None = None, index: SearchIndex | None = None) -> tuple[Chore, ...]:
    """All background work of the house."""
    every = [
        Chore("inbox", lambda: inbox.work_off(hub), IDLE, hub.inbox_bell),
        Chore("deliveries", lambda: delivery.work_off(hub), IDLE, hub.delivery_bell),
        Chore("servers", lambda: instances.look_again(hub), seconds(5)),
        Chore("followed titles", lambda: followed.tell_reviews(hub.library), seconds(10)),
        Chore("new under what is followed", lambda: followed.tell_titles(hub.library, index), minutes(5)),
        Chore("unfollowed searches", lambda: followed.forget(hub.library), hours(12)),
        Chore("partners", lambda: partners.work_off(hub), seconds(10)),
        Chore("guest counts", lambda: happenings.tell_counts(hub), minutes(1)),
        Chore("reminders", lambda: reminding.remind(hub.library), minutes(5)),
        Chore("news for guests", lambda: reminding.tell_guests(hub.library), minutes(1)),
        Chore("guests of ours", lambda: inviting.tell(hub.library), minutes(1)),
        Chore("old posters", lambda: posters.clear_away(hub.library), hours(1)),
        Chore("old guests", lambda: happenings.forget(hub), hours(12)),
        Chore("conversations", lambda: threads.work_off(hub), seconds(5)),
        Chore("pictures", lambda: media.work_off(hub), seconds(10)),
        Chore("old pictures", lambda: media.clear_away(hub), minutes(20)),
        Chore("given up", lambda: tidying.give_up(hub), hours(1)),
        Chore("old messages", lambda: tidying.forget(hub), minutes(10)),
        Chore("letters", lambda: mail.work_off(hub.library), seconds(2)),
        Chore("old visits", lambda: forget_visits(hub), hours(6)),
        Chore("new titles", lambda: digests.tell(hub.library), minutes(5)),
    ]
    if sweep is not None:
        every.append(Chore("index", sweep, seconds(2)))
    return tuple(every)


async def run(hub: Hub, sweep: Sweep | None = None, index: SearchIndex | None = None) -> None:
    """Work until cancelled. A chore that fails is logged and tried again; it never takes the others down."""
    if hub.database.is_sqlite:
        # There is one worker here, and it is us: what a killed one had in hand is free again at once.
        async with hub.database.transaction() as session:
            await due.release(session, InboxMessage)
            await due.release(session, Delivery)
            await due.release(session, Picture)
            await due.release(session, ThreadErrand)
    async with asyncio.TaskGroup() as group:
        for chore in chores(hub, sweep, index):
            group.create_task(_repeat(chore), name=chore.name)


async def settle(hub: Hub, sweep: Sweep | None = None, rounds: int = 50) -> None:
    """Work until nothing is due: one turn of the world, for tests and commands. Raises what a chore raises."""
    for _ in range(rounds):
        done = [await chore.work() for chore in chores(hub, sweep) if chore.name in SETTLED]
        if not any(done):
            return


async def forget_visits(hub: Hub) -> int:
    """Drop the visits and links that have run out, and whom we wrote to."""
    async with hub.database.transaction() as session:
        await sessions.forget_old(session)
        await letters.forget_old(session)
    return 0


async def _repeat(chore: Chore) -> None:
    while True:
        try:
            busy = await chore.work()
        except Exception:  # the work is rows, and they are still there
            log.exception("%s failed; it is tried again", chore.name)
            await asyncio.sleep(AFTER_TROUBLE.total_seconds())
            continue
        if busy:
            continue
        if chore.bell is not None:
            await chore.bell.wait(chore.every.total_seconds())
        else:
            await asyncio.sleep(chore.every.total_seconds())
