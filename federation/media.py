"""Pictures of other servers: fetched when nobody waits for them, copied, and cleared away when nobody looks at them any more."""

import asyncio
import logging
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import ColumnElement, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from community import due, shelves, text, uris
from community.clock import days, hours, minutes
from community.due import Owed
from community.errors import Refusal
from community.people.actors import Actor
from community.posts import pictures, post
from community.posts.pictures import MOST, MOST_ADDRESS, MOST_ALT, Attached, Picture
from community.posts.post import Post, Standing
from community.shelves import Copy
from federation import darkroom, resolving
from federation.activities import first, id_of, many, type_of, words
from federation.darkroom import Developed
from federation.hub import Hub
from federation.wire import Wire
from moderation import domains

log = logging.getLogger("bookmobile.media")

RETRY_AFTER: tuple[timedelta, ...] = (minutes(5), hours(2), days(1))
LEASE = minutes(5)  # longer than all that are claimed at once can take
LANES = 2  # pictures looked at at the same time: each takes a processor
FACE_EDGE, FACE_BYTES = 160, 3_000_000
EDGE, BYTES = 1280, 10_000_000
SETTLED = 3600.0  # seconds; a copy that is younger may not be written down yet
MOST_NAMES = 500  # in one statement
ROOM_LEFT = 0.9  # of what we may fill, after clearing away
NOT_LOOKED_AT = "cleared away: nobody had looked at it for long"
REMOVED = "cleared away: the words were removed"
GONE = (Standing.removed, Standing.deleted)


@dataclass(frozen=True)
class Order:
    """A picture to be fetched."""

    id: int
    url: str
    is_face: bool


def attached(wire: Wire) -> tuple[Attached, ...]:
    """The pictures that somebody put beside their words; at most four, with what they said is on them.

    Not of what speaks of a title: BookWyrm, NeoDB and our own software attach its cover, and the page has one.
    """
    if resolving.item_of(wire) is not None:
        return ()
    found = (_attached(piece, wire.get("sensitive") is True) for piece in [*many(wire.get("attachment")), *many(wire.get("image"))])
    return tuple({one.url: one for one in found if one is not None}.values())[:MOST]


def _attached(piece: object, sensitive: bool) -> Attached | None:
    if not isinstance(piece, dict) or type_of(piece) not in {"Image", "Document"}:
        return None
    kind, target = piece.get("mediaType"), first(piece.get("url"))
    url = id_of(target.get("href")) if isinstance(target, dict) else id_of(target)
    is_picture = kind.lower().startswith("image/") if isinstance(kind, str) else type_of(piece) == "Image"
    if url is None or not is_picture or not url.startswith(("https://", "http://")) or not url.isascii() or len(url) > MOST_ADDRESS:
        return None
    alt = text.plain(words(piece, "name") or words(piece, "summary"))
    return Attached(url, alt[:MOST_ALT], sensitive)


async def want(session: AsyncSession, made: Post, author: Actor, wire: Wire) -> None:
    """Owe copies of what stands beside the words of somebody elsewhere, and of their face."""
    await pictures.want_face(session, author)
    await pictures.attach(session, made, attached(wire))


async def work_off(hub: Hub, limit: int = 8) -> int:
    """Fetch and copy what is owed; says how many pictures were taken up."""
    async with hub.database.transaction() as session:
        claimed = await due.claim(session, Picture, limit, LEASE)
        orders = [Order(row.id, row.url, row.actor_id is not None) for row in claimed]
    slots = asyncio.Semaphore(LANES)
    async with asyncio.TaskGroup() as group:
        for order in orders:
            group.create_task(_fetch(hub, slots, order))
    return len(orders)


async def _fetch(hub: Hub, slots: asyncio.Semaphore, order: Order) -> None:
    async with slots:
        try:
            if await domains.refuses(hub.database, uris.host(order.url)):
                raise darkroom.Undeveloped("We take nothing from this server.")
            raw = await hub.remote.get_picture(order.url, FACE_BYTES if order.is_face else BYTES)
            made = await darkroom.develop(raw, FACE_EDGE if order.is_face else EDGE, square=order.is_face)
            name = await asyncio.to_thread(shelves.keep, hub.settings.data_dir, made.body)
        except Refusal as cause:
            log.info("no picture from %s: %s", uris.host(order.url), cause)
            await _put_off(hub, order.id, str(cause), final=cause.status != 503)
        except OSError as cause:  # our own disk; it is still owed
            log.error("a picture cannot be kept: %s", cause)
            await _put_off(hub, order.id, str(cause), final=False)
        else:
            await _keep(hub, order, name, made)


async def _keep(hub: Hub, order: Order, name: str, made: Developed) -> None:
    async with hub.database.transaction() as session:
        row = await session.get(Picture, order.id)
        if row is None or row.url != order.url:
            return  # they have another one by now, or took it back
        row.content, row.width, row.height = name, made.width, made.height
        row.finish()
        await session.flush()
        if row.actor_id is not None:
            await session.execute(update(Actor).where(Actor.id == row.actor_id).values(face=name))
        if row.post_id is not None:
            await pictures.note_down(session, {row.post_id})
            await post.touch(session, await session.get_one(Post, row.post_id))


async def _put_off(hub: Hub, number: int, why: str, *, final: bool) -> None:
    async with hub.database.transaction() as session:
        row = await session.get(Picture, number)
        if row is None:
            return
        if final:
            row.give_up(why)
        else:
            row.try_again(RETRY_AFTER, why)


async def clear_away(hub: Hub) -> int:
    """Drop copies of what was removed, what nobody wants, and, when there is too little room, what nobody looked at for longest."""
    async with hub.database.transaction() as session:
        removed = select(Post.id).where(Post.id == Picture.post_id, Post.standing.in_(GONE)).exists()
        await _let_go(session, removed, REMOVED)
        shown = select(Post.id).where(Post.id == Picture.post_id, Post.standing.not_in(GONE)).exists()
        again = update(Picture).where(Picture.why == REMOVED, shown).values(state=Owed.waiting, why=None)
        await session.execute(again.execution_options(synchronize_session=False))
    folder, room = hub.settings.data_dir, hub.settings.media_megabytes * 1_000_000
    every = await asyncio.to_thread(lambda: sorted(shelves.copies(folder), key=lambda copy: copy.looked_at))
    unwanted = await _unwanted(hub, every)
    kept = [copy for copy in every if copy.name not in unwanted]
    crowded = await _crowded_out(hub, kept, room)
    for name in unwanted | crowded:
        await asyncio.to_thread(shelves.drop, folder, name)
    return 0


async def _unwanted(hub: Hub, every: list[Copy]) -> set[str]:
    """Copies that nothing shows, but for those that were made just now."""
    settled = [copy.name for copy in every if copy.looked_at < time.time() - SETTLED]
    wanted: set[str | None] = set()
    async with hub.database.snapshot() as session:
        for some in _some(settled):
            wanted |= set(await session.scalars(select(Picture.content).where(Picture.content.in_(some))))
    return set(settled) - wanted


async def _crowded_out(hub: Hub, kept: list[Copy], room: int) -> set[str]:
    """The copies that nobody looked at for longest, when all of them need more room than there is; pages do without them from now on."""
    over = sum(copy.size for copy in kept)
    if over <= room:
        return set()
    dropped: set[str] = set()
    for copy in kept:
        if over <= room * ROOM_LEFT:
            break
        dropped.add(copy.name)
        over -= copy.size
    async with hub.database.transaction() as session:
        for some in _some(sorted(dropped)):
            await _let_go(session, Picture.content.in_(some), NOT_LOOKED_AT)
    log.info("cleared %d pictures away to make room", len(dropped))
    return dropped


def _some(names: list[str]) -> Iterator[list[str]]:
    """A list in pieces that a statement can hold."""
    for start in range(0, len(names), MOST_NAMES):
        yield names[start : start + MOST_NAMES]


async def _let_go(session: AsyncSession, which: ColumnElement[bool], why: str) -> None:
    """Show these pictures nowhere any more."""
    rows = (await session.scalars(select(Picture).where(which, Picture.content.is_not(None)))).all()
    if not rows:
        return
    faces, posts = [row.actor_id for row in rows if row.actor_id], {row.post_id for row in rows if row.post_id}
    for row in rows:
        row.content = None
        row.finish(why)
    await session.flush()
    await session.execute(update(Actor).where(Actor.id.in_(faces)).values(face=None).execution_options(synchronize_session=False))
    await pictures.note_down(session, posts)
