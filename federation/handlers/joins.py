"""Somebody wants to come to an event, or does not come after all (interop 4.2, FEP-8a8e)."""

from sqlalchemy.ext.asyncio import AsyncSession

from community import text
from community.errors import Conflict
from community.people import actors, blocks
from community.people.actors import Actor, ActorState
from community.posts import attendances, coming_words, post
from community.posts.attendances import HERE, Attendance
from community.posts.post import Door, Post
from federation import activities, doors, whispers
from federation.activities import id_of
from federation.handlers.told import Told
from federation.wire import Wire
from moderation.verdicts import Answer

MOST_MESSAGE = 500


async def join(session: AsyncSession, told: Told) -> str:
    """Give them a place, put them in line, or say no. A Join of what has no door of ours is ignored in so many words."""
    event = await _event(session, told, told.activity.object_id)
    if told.actor is None:
        return "left: nobody is known to ask"
    if event is None:
        return await _ignore(session, told, told.actor)
    host = await session.get_one(Actor, event.author_id)
    wire: Wire = {"id": told.activity.id, "object": event.uri}
    if event.door in {Door.none, Door.external}:
        await doors.answer(session, told.hub.library, "Ignore", host, told.actor, wire)
        return "ignored: nobody signs up here for it"
    if not await _is_welcome(session, told, host):
        await doors.answer(session, told.hub.library, "Reject", host, told.actor, wire)
        return "refused a guest"
    message = text.plain(activities.words(told.activity.wire, "participationMessage"))[:MOST_MESSAGE]
    try:
        guest = await attendances.ask(session, event, told.actor, (told.activity.id or "")[:500] or None, message or None)
    except Conflict as cause:
        await doors.answer(session, told.hub.library, "Reject", host, told.actor, wire)
        return f"refused a guest: {cause.public}"
    await doors.tell(session, told.hub.library, event, guest)
    return f"noted a guest: {guest.state}"


async def leave(session: AsyncSession, told: Told) -> str:
    """They do not come. Their place goes to whoever waits longest."""
    return await leave_event(session, told, told.activity.object_id)


async def leave_event(session: AsyncSession, told: Told, uri: str | None) -> str:
    """The same for an event by address, or by the address of the Join that is taken back."""
    event = await _event(session, told, uri)
    if event is None or told.actor is None:
        return "left: that is no event of ours"
    guest, following = await attendances.leave(session, event, told.actor)
    if guest is None:
        return "left: they were not on the list"
    if following is not None:
        await doors.tell(session, told.hub.library, event, following)
    return "took a guest off the list"


async def hear(session: AsyncSession, told: Told, wire: Wire, author: Actor) -> str | None:
    """An answer to an event that says nothing but that they come, or do not: what became of it; None for any other words."""
    event = await _event(session, told, id_of(wire.get("inReplyTo")))
    if event is None or event.door not in {Door.open, Door.approved} or author.is_local:
        return None
    comes = coming_words.read(text.plain(text.safe_html(activities.words(wire, "content"))))
    if comes is None or not await _is_welcome(session, told, await session.get_one(Actor, event.author_id)):
        return None
    answering = id_of(wire)
    if not comes:
        guest, following = await attendances.leave(session, event, author)
        if guest is None:
            return None
        guest.uri = None  # said in words, answered in words
        await doors.tell(session, told.hub.library, event, guest, answering=answering)
        if following is not None:
            await doors.tell(session, told.hub.library, event, following)
        return "took a guest off the list"
    try:
        known = await attendances.find(session, event, author)
        stood = known.state if known is not None else None
        guest = await attendances.ask(session, event, author)
    except Conflict:
        return None
    if stood not in {*HERE, Attendance.refused}:
        await doors.tell(session, told.hub.library, event, guest, answering=answering)
    return f"noted a guest: {guest.state}"


async def _ignore(session: AsyncSession, told: Told, actor: Actor) -> str:
    """Who asks for something of ours that is no event, or is gone, hears that nothing comes of it."""
    library = told.hub.library
    host = await actors.by_uri(session, library.uris.library)
    if host is None or not library.uris.is_ours(told.activity.object_id or "") or not await _is_welcome(session, told, host):
        return "left: that is no event of ours"
    await doors.answer(session, library, "Ignore", host, actor, {"id": told.activity.id, "object": told.activity.object_id})
    return "ignored: that is no event of ours"


async def _event(session: AsyncSession, told: Told, uri: str | None) -> Post | None:
    if uri is None or not told.hub.uris.is_ours(uri):
        return None
    token = whispers.about(told.hub.library, uri)
    found = await post.by_uri(session, told.hub.uris.event(token) if token is not None else uri)
    return found if found is not None and found.kind == "event" and found.is_ours and found.is_seen else None


async def _is_welcome(session: AsyncSession, told: Told, host: Actor) -> bool:
    if told.actor is None or told.actor.state is not ActorState.active or told.verdict.answer is Answer.hold:
        return False
    return not await blocks.stands(session, host, told.actor)
