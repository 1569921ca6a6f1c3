"""What other servers post to us: taken in at the door, worked through later."""

import asyncio
import hashlib
import logging
from collections import defaultdict
from datetime import timedelta

from sqlalchemy import bindparam, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from community import due, uris
from community.clock import days, hours, minutes, now
from community.database import table_of
from community.due import Owed
from community.errors import Refusal
from community.people import actors
from community.people.actors import Actor, ActorState
from federation import activities, authority, counters, proofs, resolving, signatures, submissions
from federation.activities import Activity
from federation.handlers.table import HANDLERS, leave_it
from federation.handlers.told import Told
from federation.hub import Hub
from federation.resolving import Known
from federation.signatures import Received
from federation.tables import InboxMessage, RemoteKey
from moderation import domains, judge
from moderation.verdicts import Answer

log = logging.getLogger("bookmobile.inbox")

RETRY_AFTER: tuple[timedelta, ...] = (minutes(1), minutes(10), hours(1), hours(6), days(1))
LANES = 8  # signers whose messages are worked through at the same time
MESSAGES = table_of(InboxMessage)
DIGEST = select(MESSAGES.c.digest).where(MESSAGES.c.activity_id == bindparam("name"))
# What can be taken back can be said again, and some say it under the id that they used before: snac likes that way.
SAID_AGAIN = frozenset({"Follow", "Like", "EmojiReact", "Announce", "Block", "Undo"})


class Contradicted(Refusal):
    """The same id with other words: one of the two is false."""


async def receive(hub: Hub, request: Received) -> None:
    """Take in what another server posts to us: cheap checks only, the rest is done later.

    Returns when the activity is on the disk. Raises what `signatures.verify`, `activities.read` and `authority.check` raise,
    or Contradicted.
    """
    claimed = signatures.claimed_key(request)
    if claimed is not None and await domains.refuses(hub.database, uris.host(claimed)):
        return  # 202 and not 403: a refused server learns nothing from us
    activity = activities.read(request.body)  # what does it say?
    if await _is_farewell_of_a_stranger(hub, activity):
        return
    key = await signatures.verify(request, hub.keyring, hub.uris.root)  # who signed it?
    speaker = key.owner
    if speaker != activity.actor and await proofs.author(hub, activity.wire) == activity.actor:
        speaker = activity.actor  # brought by somebody else, and proven to be theirs
        proofs.check_brought(activity.wire, activity.id)
    authority.check(speaker, activity)  # is it theirs to say?
    await keep(hub, activity, speaker, request, brought=speaker != key.owner)  # told twice, kept once


async def keep(hub: Hub, activity: Activity, signer: str, request: Received, *, brought: bool = False) -> None:
    """Write the activity down once. Raises Contradicted when its id is known with another body.

    What somebody else brings counts the first time only: nobody but its author may say it again.
    """
    may_be_said_again = activity.type in SAID_AGAIN and not brought
    seal = request.fields.get(b"signature", b"") if may_be_said_again else b""
    digest = hashlib.sha256(request.body + seal).hexdigest()
    moment = now()
    row = {
        "activity_id": activity.id if activity.id and len(activity.id) <= proofs.MOST_ID else f"{signer}#{digest}"[:600],
        "signer": signer[:500],
        "kind": activity.type[:60],
        "digest": digest,
        "body": request.body,
        "received_at": moment,
        "state": Owed.waiting,
        "due_at": moment,
        "attempts": 0,
    }
    if not await hub.database.writer.add(MESSAGES, row, unique=("activity_id",)):
        name = str(row["activity_id"])
        known = await hub.database.read(lambda session: session.scalar(DIGEST, {"name": name}))
        if brought:
            return  # it was here before
        if known != digest and not may_be_said_again:
            raise Contradicted("We already have another activity with this id. Give each activity an id of its own.", name)
        if known != digest:
            await hub.database.writer.add(MESSAGES, row | {"activity_id": f"{name[:530]}#{digest}"}, unique=("activity_id",))
    counters.took_in(activity.type)
    hub.inbox_bell.ring()


async def _is_farewell_of_a_stranger(hub: Hub, activity: Activity) -> bool:
    """A Delete of an actor whose key we never had: their key cannot be fetched any more, and we have nothing of theirs."""
    if activity.type != "Delete" or activity.object_id != activity.actor:
        return False
    known = select(RemoteKey.id).where(RemoteKey.owner == activity.actor).limit(1)
    return await hub.database.read(lambda session: session.scalar(known)) is None


async def work_off(hub: Hub, limit: int = 50) -> int:
    """Process the messages that are due; says how many were taken up.

    Those of one signer go in their order, those of different signers side by side: a slow server keeps nobody else waiting.
    """
    async with hub.database.transaction() as session:
        claimed = await due.claim(session, InboxMessage, limit)
    lanes: dict[str, list[int]] = defaultdict(list)
    for message in claimed:
        lanes[message.signer].append(message.id)
    slots = asyncio.Semaphore(LANES)
    async with asyncio.TaskGroup() as group:
        for lane in lanes.values():
            group.create_task(_lane(hub, slots, lane))
    return len(claimed)


async def _lane(hub: Hub, slots: asyncio.Semaphore, lane: list[int]) -> None:
    async with slots:
        for message_id in lane:
            await process(hub, message_id)


async def process(hub: Hub, message_id: int) -> None:
    """Do what a kept activity asks. Repeated until it succeeds or is given up."""
    async with hub.database.snapshot() as session:
        kept = await session.get_one(InboxMessage, message_id)
        name, body = kept.activity_id, kept.body
    try:
        activity = activities.read(body)
        known = await resolving.gather(hub, activity)
        try:
            await _act(hub, message_id, activity, known)
        except IntegrityError:
            # Another worker met the same server, actor or title at the same moment: now it is there.
            await _act(hub, message_id, activity, known)
    except Refusal as cause:
        # A refusal will not turn into a yes, unless it was only the moment that was wrong.
        await _put_off(hub, message_id, str(cause), final=cause.status != 503)
    except Exception as cause:  # the message stays owed, and the log has the whole story
        log.exception("processing %s failed", name)
        await _put_off(hub, message_id, f"{type(cause).__name__}: {cause}", final=False)
    hub.delivery_bell.ring()


async def _act(hub: Hub, message_id: int, activity: Activity, known: Known) -> None:
    async with hub.database.transaction() as session:
        message = await session.get_one(InboxMessage, message_id)
        if message.state is not Owed.waiting:
            return
        said = await handle(session, hub, activity, known)
        message.finish(said[:500])
    counters.handled(activity.type, said)


async def handle(session: AsyncSession, hub: Hub, activity: Activity, known: Known) -> str:
    """Judge and do; the answer says in words what became of it."""
    actor = await _actor_of(session, activity, known)
    if actor is not None and actor.state is ActorState.suspended and activity.type not in {"Delete", "Undo"}:
        return "left: its actor is suspended here"
    submission = submissions.of(activity.type, activity.embedded or {}, actor, activity.actor, activity.object_id)
    verdict = await judge.judge(session, submission, hub.settings.policies)
    if verdict.answer is Answer.refuse:
        return f"refused by {verdict.policy}: {verdict.reason}"
    told = Told(hub=hub, activity=activity, actor=actor, known=known, verdict=verdict)
    return await HANDLERS.get(activity.type, leave_it)(session, told)


async def _actor_of(session: AsyncSession, activity: Activity, known: Known) -> Actor | None:
    if (wire := known.actors.get(activity.actor)) is not None:
        return await resolving.keep_actor(session, wire)
    return await actors.by_uri(session, activity.actor)


async def _put_off(hub: Hub, message_id: int, why: str, *, final: bool) -> None:
    async with hub.database.transaction() as session:
        message = await session.get_one(InboxMessage, message_id)
        if final:
            message.finish(f"refused: {why}"[:500])
        else:
            message.try_again(RETRY_AFTER, why)
        kind, state = message.kind, message.state
    counters.handled(kind, "refused" if final else "given up" if state is Owed.given_up else "retried")
