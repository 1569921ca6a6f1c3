"""What we answer to those who want to come to an event: an Accept or Reject of their Join, and a word to read (interop 4.2)."""

from sqlalchemy.ext.asyncio import AsyncSession

from community import uris
from community.clock import now
from community.library import Library
from community.messages import gettext
from community.people.actors import Actor
from community.posts.attendances import Attendance, Guest
from community.posts.post import Post
from federation import outbox, whispers
from federation.vocabulary import AS
from federation.wire import Wire

N_ = str  # marks messages that are said in the language of the event

WORDS: dict[Attendance, str] = {
    Attendance.coming: N_("You are on the list for “%(title)s”. If you cannot come, answer “not coming”, so that somebody else can."),
    Attendance.waiting: N_(
        "All places for “%(title)s” are taken. You are on the waiting list, and we tell you when there is a place for you."
    ),
    Attendance.asked: N_("We have noted that you would like to come to “%(title)s”. A librarian answers soon."),
    Attendance.refused: N_("We are sorry: you cannot come to “%(title)s”."),
    Attendance.left: N_("You are not on the list for “%(title)s” any more. Thank you for telling us."),
}
VERBS: dict[Attendance, str] = {Attendance.coming: "Accept", Attendance.refused: "Reject"}


async def tell(session: AsyncSession, library: Library, event: Post, guest: Guest, *, answering: str | None = None) -> None:
    """Tell somebody elsewhere where they stand: by the answer to their Join where that says it, in words otherwise.

    People here are told by the roof: they are marked as not told yet.
    """
    host, actor = await session.get_one(Actor, event.author_id), await session.get_one(Actor, guest.actor_id)
    guest.told_at = None if actor.is_local else now()
    if actor.is_local:
        return
    verb = VERBS.get(guest.state)
    if guest.uri is not None and verb is not None:
        await answer(session, library, verb, host, actor, {"id": guest.uri, "object": event.uri})
    if guest.uri is None or guest.state in {Attendance.waiting, Attendance.asked}:
        language = event.language or library.settings.language
        words = gettext(language, WORDS[guest.state], title=event.title or "")
        await whispers.whisper(session, library, host, actor, f"{words}\n{event.url or event.uri}", about=event.token, answering=answering)


async def answer(session: AsyncSession, library: Library, verb: str, host: Actor, actor: Actor, join: Wire) -> None:
    """Accept, Reject or Ignore a Join, which travels back whole."""
    activity = {
        "@context": AS,
        "id": library.uris.activity(verb.lower(), uris.token()),
        "type": verb,
        "actor": host.uri,
        "to": [actor.uri],
        "object": {"id": join.get("id"), "type": "Join", "actor": actor.uri, "object": join.get("object")},
    }
    await outbox.owe(session, host, activity, {actor.inbox})
