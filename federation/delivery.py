"""Knocking at other servers' doors with what is owed to them."""

import asyncio
import time
from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from community.clock import days, hours, minutes, now, seconds
from community.database import table_of
from community.due import Owed
from community.people.actors import Actor, ActorState
from community.people.follows import Follow, FollowState
from community.posts.post import Tombstone
from federation import counters, instances, overtaking
from federation.answers import Answer
from federation.hub import Hub
from federation.signers import Signer
from federation.tables import Delivery, Instance, Outgoing

RETRY_AFTER: tuple[timedelta, ...] = (minutes(1), minutes(10), hours(1), hours(6), days(1), days(3))
LEASE = seconds(90)  # longer than the longest call of a host's lane below
LANES = 64  # servers called at the same time
MOST = 500  # deliveries taken at once
LANE_SECONDS = 45.0  # no new call after this, so that the last one ends within the lease
NOTED = minutes(10)  # so often at most we write down that all is well
PER_LANE = 20  # of one server at once, so that its lane is done within the lease


@dataclass(frozen=True)
class Parcel:
    """A claimed delivery, with all that sending it needs."""

    id: int
    outgoing_id: int
    inbox: str
    host: str
    attempts: int


@dataclass(frozen=True)
class Letter:
    """What a parcel holds, the same for every inbox, and who signs for it."""

    kind: str
    body: bytes
    signer: Signer


@dataclass(frozen=True)
class Outcome:
    """What became of a parcel."""

    parcel: Parcel
    answer: Answer


async def work_off(hub: Hub, limit: int = MOST) -> int:
    """Send what is due; says how many deliveries were taken up."""
    parcels, schemes = await _claim(hub, limit)
    if not parcels:
        return 0
    letters = await _letters(hub, {parcel.outgoing_id for parcel in parcels})
    if any(letter.kind in overtaking.OVERTAKES for letter in letters.values()):
        async with hub.database.transaction() as session:
            waiting = await overtaking.wait_behind(session, {parcel.id for parcel in parcels})
        parcels = [parcel for parcel in parcels if parcel.id not in waiting]
    lanes: dict[str, list[Parcel]] = defaultdict(list)
    for parcel in parcels:
        if parcel.outgoing_id in letters:
            lanes[parcel.host].append(parcel)
    slots = asyncio.Semaphore(LANES)
    done = await asyncio.gather(*(_lane(hub, slots, lane, letters, schemes.get(host, "cavage")) for host, lane in lanes.items()))
    pointless = {parcel.id for parcel in parcels if parcel.outgoing_id not in letters}
    await _record(hub, [outcome for lane in done for outcome in lane], {parcel.id for parcel in parcels}, pointless)
    return len(parcels)


async def _claim(hub: Hub, limit: int) -> tuple[list[Parcel], dict[str, str]]:
    moment = now()
    table = table_of(Delivery).c
    resting = select(Instance.host).where(Instance.not_before > moment)
    ready = (
        select(table.id)
        .where(table.state == Owed.waiting, table.due_at <= moment)
        .where((table.claimed_until.is_(None)) | (table.claimed_until < moment))
        .where(table.host.not_in(resting))
        .order_by(table.due_at, table.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    taken = (
        update(table_of(Delivery))
        .where(table.id.in_(ready.scalar_subquery()))
        .values(claimed_until=moment + LEASE)
        .returning(table.id, table.outgoing_id, table.inbox, table.host, table.attempts)
    )
    async with hub.database.transaction() as session:
        parcels = [Parcel(*row) for row in await session.execute(taken)]
        hosts = {parcel.host for parcel in parcels}
        known = await session.execute(select(Instance.host, Instance.scheme).where(Instance.host.in_(hosts)))
        schemes = {host: scheme for host, scheme in known}
    return sorted(parcels, key=lambda parcel: parcel.id), schemes


async def _letters(hub: Hub, ids: set[int]) -> dict[int, Letter]:
    """What to send, and who signs it; without what was taken back while it waited, lest it come after its own Delete."""
    async with hub.database.snapshot() as session:
        taken_back = select(Tombstone.uri).where(Tombstone.uri == Outgoing.object_uri).exists()
        query = select(Outgoing).where(Outgoing.id.in_(ids), ~(Outgoing.kind.in_(overtaking.TELLS) & taken_back))
        rows = list(await session.scalars(query))
        signers: dict[int, Signer] = {}
        for row in rows:
            if row.signer_id not in signers:
                signers[row.signer_id] = await hub.signer(session, await session.get_one(Actor, row.signer_id))
        return {row.id: Letter(row.kind, row.body, signers[row.signer_id]) for row in rows}


async def _lane(hub: Hub, slots: asyncio.Semaphore, lane: list[Parcel], letters: dict[int, Letter], scheme: str) -> list[Outcome]:
    """One server's parcels in their order, what was taken back first. The first failure ends the lane."""
    outcomes: list[Outcome] = []
    async with slots:
        ends = time.monotonic() + LANE_SECONDS
        for parcel in sorted(lane, key=lambda parcel: letters[parcel.outgoing_id].kind != "Delete")[:PER_LANE]:
            if time.monotonic() > ends:
                break
            letter = letters[parcel.outgoing_id]
            answer = await hub.remote.post(parcel.inbox, letter.body, sign_as=letter.signer, scheme=scheme)
            outcomes.append(Outcome(parcel, answer))
            scheme = answer.scheme
            if not answer.ok and not answer.permanent:
                break
    return outcomes


async def _record(hub: Hub, outcomes: list[Outcome], claimed: set[int], pointless: set[int]) -> None:
    """Write down what happened to all of them in one commit; what was not tried is free again."""
    async with hub.database.transaction() as session:
        done = [outcome.parcel.id for outcome in outcomes if outcome.answer.ok]
        untried = claimed - pointless - {outcome.parcel.id for outcome in outcomes}
        if pointless:
            why = "it was taken back before it was sent"
            await session.execute(update(Delivery).where(Delivery.id.in_(pointless)).values(state=Owed.done, claimed_until=None, why=why))
        if done:
            await session.execute(update(Delivery).where(Delivery.id.in_(done)).values(state=Owed.done, claimed_until=None))
        if untried:
            await session.execute(update(Delivery).where(Delivery.id.in_(untried)).values(claimed_until=None))
        last: dict[str, Answer] = {}
        for outcome in outcomes:
            last[outcome.parcel.host] = outcome.answer
            if not outcome.answer.ok:
                await _record_failure(session, outcome)
        await _record_health(session, last)
    counters.sent("overtaken", len(pointless))
    for how, count in Counter(counters.outcome_of(outcome.answer) for outcome in outcomes).items():
        counters.sent(how, count)


async def _record_failure(session: AsyncSession, outcome: Outcome) -> None:
    row = await session.get_one(Delivery, outcome.parcel.id)
    answer = outcome.answer
    if answer.gone:
        row.give_up("the inbox is gone")
        await _end_follows(session, row.inbox)
    elif answer.permanent:
        row.give_up(f"{answer.status}: {answer.reason}")
    else:
        row.try_again(RETRY_AFTER, f"{answer.status}: {answer.reason}")


async def _record_health(session: AsyncSession, last: dict[str, Answer]) -> None:
    rows = {row.host: row for row in await session.scalars(select(Instance).where(Instance.host.in_(last)))}
    lately = now() - NOTED
    for host, answer in last.items():
        row = rows.get(host) or await instances.meet(session, host)
        # 401: they doubt this one signer, whose key they may not have any more; the server itself is well.
        if answer.ok or answer.permanent or answer.status == 401:
            if row.failures or row.scheme != answer.scheme or row.last_success_at is None or row.last_success_at < lately:
                instances.answered(row, answer.scheme)
        else:
            instances.failed(row, answer.retry_after)


async def _end_follows(session: AsyncSession, inbox: str) -> None:
    """Whoever had an inbox that is gone follows nobody any more. A shared inbox is nobody's own."""
    gone = select(Actor.id).where(Actor.inbox == inbox, Actor.domain.is_not(None)).scalar_subquery()
    await session.execute(
        update(Follow).where(Follow.follower_id.in_(gone), Follow.state == FollowState.granted).values(state=FollowState.ended)
    )
    await session.execute(
        update(Actor).where(Actor.inbox == inbox, Actor.domain.is_not(None), Actor.state == ActorState.active).values(state=ActorState.gone)
    )
