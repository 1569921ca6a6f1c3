"""Libraries on our software that ours follows: what their readers say of our titles is fetched, kept in step, and shown beside ours.

Every word is read from the server that it was written on. Both streams go on where they stopped, whatever happened between.
"""

import logging
import sys
from collections.abc import AsyncIterator, Sequence
from datetime import timedelta
from urllib.parse import urlencode

from sqlalchemy import delete, select

from community import uris
from community.catalog.tables import Edition, Identifier, Work
from community.clock import days, hours, minutes, now
from community.database import insert_new, table_of
from community.errors import Refusal
from community.people.actors import Actor, ActorState
from community.people.follows import Follow, FollowState
from community.posts import post as posts
from community.uris import LIBRARY
from federation import activities, outbox, resolving, retelling
from federation.activities import id_of, many, type_of
from federation.answers import Refused, Unreachable
from federation.hub import Hub
from federation.sharing import SCHEMES
from federation.tables import Instance, Partner, RemoteItem
from federation.wire import Wire
from moderation import domains

log = logging.getLogger("bookmobile.partners")

PAGES = 10  # of changes read in one turn
QUESTIONS = 5  # about titles in one turn
ANSWERS = 100  # pages of the answer to one of them
WORKS = 25  # titles in one question
EVERY: timedelta = minutes(10)
PUT_OFF: tuple[timedelta, ...] = (minutes(1), minutes(5), minutes(30), hours(2), hours(6), days(1))


async def work_off(hub: Hub, limit: int = 5) -> int:
    """Keep in step with the partners that are due; says how many turns were taken."""
    await meet(hub)
    async with hub.database.snapshot() as session:
        query = select(Partner.id).where(Partner.due_at <= now(), Partner.takes).order_by(Partner.due_at).limit(limit)
        due = list(await session.scalars(query))
    for partner_id in due:
        await _turn(hub, partner_id)
    return len(due)


async def meet(hub: Hub) -> None:
    """Take down the libraries on our software that ours follows and that agreed."""
    async with hub.database.transaction() as session:
        ours = select(Actor.id).where(Actor.username == LIBRARY, Actor.domain.is_(None)).scalar_subquery()
        query = (
            select(Actor.id, Actor.domain)
            .join(Follow, Follow.followed_id == Actor.id)
            .join(Instance, Instance.host == Actor.domain)
            .where(Follow.follower_id == ours, Follow.state == FollowState.granted, Actor.username == LIBRARY)
            .where(Instance.software == outbox.SOFTWARE, Actor.state == ActorState.active)
            .where(Actor.id.not_in(select(Partner.actor_id)))
        )
        moment = now()
        fresh = [
            {"actor_id": actor_id, "host": host, "takes": True, "gives": True, "cursor": "", "asked_work_id": 0, "due_at": moment}
            | {"failures": 0, "created_at": moment}
            for actor_id, host in await session.execute(query)
        ]
        if fresh:
            await session.execute(insert_new(session, table_of(Partner), fresh, unique=["host"]))


async def _turn(hub: Hub, partner_id: int) -> None:
    """Read what changed there, then ask about titles of ours that we did not ask about yet."""
    async with hub.database.snapshot() as session:
        partner = await session.get_one(Partner, partner_id)
        follow = select(Follow.id).where(Follow.followed_id == partner.actor_id, Follow.state == FollowState.granted)
        is_followed = await session.scalar(follow.limit(1)) is not None
    if not is_followed or await domains.refuses(hub.database, partner.host):
        await _note(hub, partner_id, due_at=now() + days(1), why="our library does not follow them, or we refuse their server")
        return
    try:
        more = await _read_changes(hub, partner)
        more = await _ask(hub, partner) or more
    except Refusal as cause:
        wait = PUT_OFF[min(partner.failures, len(PUT_OFF) - 1)]
        log.info("%s is put off: %s", partner.host, cause)
        await _note(hub, partner_id, due_at=now() + wait, failures=partner.failures + 1, why=str(cause)[:500])
    else:
        await _note(hub, partner_id, due_at=now() if more else now() + EVERY, failures=0, contact_at=now(), why=None)


async def _read_changes(hub: Hub, partner: Partner) -> bool:
    """The next pages of what changed; says whether there may be more."""
    cursor = partner.cursor
    for _ in range(PAGES):
        page = await _get(hub, partner, f"/ap/changes?after={cursor}")
        for wire in _items(page, partner.host):
            await _take(hub, wire, partner.host)
        following = str(page.get("next") or "").rpartition("after=")[2]
        if not following or following == cursor:
            return False
        cursor = following[:60]
        await _note(hub, partner.id, cursor=cursor)
    return True


async def _ask(hub: Hub, partner: Partner) -> bool:
    """Ask what their readers say of titles that came to us since we last asked; says whether there may be more."""
    asked = partner.asked_work_id
    for _ in range(QUESTIONS):
        async with hub.database.snapshot() as session:
            fresh = select(Work.id).where(Work.id > asked, Work.removed_at.is_(None)).order_by(Work.id).limit(WORKS)
            ids = list(await session.scalars(fresh))
            numbers = (
                select(Identifier.scheme, Identifier.value)
                .join(Edition, Edition.id == Identifier.edition_id)
                .where(Edition.work_id.in_(ids), Edition.removed_at.is_(None), Identifier.scheme.in_(SCHEMES))
                .order_by(Edition.work_id, Identifier.id)
            )
            pairs = [(scheme, value) for scheme, value in await session.execute(numbers)]
        if not ids:
            return False
        for start in range(0, len(pairs), 50):
            async for wire in _answers(hub, partner, pairs[start : start + 50]):
                await _look_anew(hub, wire)
                await _take(hub, wire, partner.host)
        asked = ids[-1]
        await _note(hub, partner.id, asked_work_id=asked)
    return True


async def _answers(hub: Hub, partner: Partner, pairs: Sequence[tuple[str, str]]) -> AsyncIterator[Wire]:
    """What they say of the titles with these numbers, page after page."""
    before = sys.maxsize
    path = f"/ap/lookup?{urlencode(pairs)}"
    for _ in range(ANSWERS):
        page = await _get(hub, partner, path)
        for wire in _items(page, partner.host):
            yield wire
        onward = str(page.get("next") or "").rpartition("before=")[2][:18]
        # Downwards only: no answer leads around in a circle.
        if not (onward.isascii() and onward.isdigit() and int(onward) < before):
            return
        before = int(onward)
        path = f"/ap/lookup?{urlencode([*pairs, ('before', before)])}"
    log.warning("%s says more of a few titles than we read", partner.host)


async def _look_anew(hub: Hub, wire: Wire) -> None:
    """What was no title of ours when we last looked may be one now."""
    item = resolving.item_of(wire)
    if item is not None:
        async with hub.database.transaction() as session:
            table = table_of(RemoteItem)
            await session.execute(delete(table).where(table.c.uri == item, table.c.work_id.is_(None)))


async def _take(hub: Hub, wire: Wire, host: str) -> None:
    """One post of theirs, or the news that it is gone. What we have as it is costs one look."""
    uri = str(wire["id"])
    if type_of(wire) == "Tombstone":
        await retelling.let_go(hub, uri, host)
        return
    async with hub.database.snapshot() as session:
        known = await posts.by_uri(session, uri)
    updated = activities.moment(wire.get("updated"))
    # Times travel in whole seconds: a first edit may bear the time of the post itself, and is news all the same.
    if known is not None and (updated is None or (known.edited_at is not None and updated <= known.edited_at)):
        return
    try:
        await _keep(hub, wire, host)
    except Unreachable:
        raise
    except Refusal as cause:
        log.info("%s is left: %s", uri, cause)


async def _keep(hub: Hub, wire: Wire, host: str) -> None:
    """Raises Unreachable for what they cannot show us at the moment: the turn ends, and nothing is passed over."""
    await resolving.find_actor(hub, id_of(wire.get("attributedTo")) or "")
    try:
        await retelling.take(hub, wire)
    except Unreachable as cause:
        if uris.host(resolving.item_of(wire) or host) == host:
            raise
        # A third server, where a title is at home, holds up nothing else of theirs.
        raise Refused(str(cause)) from cause


def _items(page: Wire, host: str) -> list[Wire]:
    """What a page of theirs holds whole. Their server vouches for what lives there and was written there, and for nothing else."""
    listed = [one for one in [*many(page.get("orderedItems")), *many(page.get("items"))] if isinstance(one, dict)]
    right = [one for one in listed if uris.host(str(one.get("id"))) == host]
    return [one for one in right if type_of(one) == "Tombstone" or uris.host(id_of(one.get("attributedTo")) or "") == host]


async def _get(hub: Hub, partner: Partner, path: str) -> Wire:
    scheme = hub.uris.root.partition("://")[0]
    document = await hub.remote.get_document(f"{scheme}://{partner.host}{path}", sign_as=await hub.instance_signer())
    if uris.host(document.url) != partner.host:
        raise Refusal("Their answer came from another server.", document.url)
    return document.json


async def _note(hub: Hub, partner_id: int, **changes: object) -> None:
    async with hub.database.transaction() as session:
        partner = await session.get_one(Partner, partner_id)
        for name, value in changes.items():
            setattr(partner, name, value)
