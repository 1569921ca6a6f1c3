"""What is said of an event when it comes near, and to its guests when it changes."""

from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from community import text
from community.clock import hours, minutes, now
from community.library import Library
from community.messages import gettext
from community.people.accounts import Account
from community.people.actors import Actor
from community.posts.attendances import HERE, Guest
from community.posts.kinds import Announcement
from community.posts.post import Audience, Post, Standing
from federation import whispers
from federation.renditions import event as rendition
from server import letters
from server.actions import publishing
from themes.filters import N_

AHEAD: timedelta = hours(24)
SETTLES: timedelta = minutes(3)  # whoever mends an event twice tells its guests once
MOST = 50
CATEGORY = "news"

SOON = N_("Soon: %(title)s")
OFF = N_("“%(title)s” does not take place. We are sorry.")
CHANGED = N_("“%(title)s” has changed: %(when)s")


async def remind(library: Library) -> int:
    """Remind those who follow the library of what happens within a day, once, unless it was announced only today."""
    moment = now()
    async with library.database.transaction() as session:
        near = (Post.starts_at > moment, Post.starts_at <= moment + AHEAD, Post.published_at <= moment - AHEAD)
        stands = (Post.standing == Standing.shown, Post.audience == Audience.public, Post.source.is_not(None), ~Post.cancelled)
        query = select(Post).where(Post.kind == "event", Post.reminds, Post.reminded_at.is_(None), *near, *stands)
        found = list(await session.scalars(query.order_by(Post.starts_at).limit(MOST).with_for_update(skip_locked=True)))
        for event in found:
            event.reminded_at = moment
            await publishing.announce(session, library, _reminder(library, event))
    return len(found) if len(found) == MOST else 0


async def tell_guests(library: Library) -> int:
    """Tell everyone on the list that an event has moved or falls out: a letter here, a private word elsewhere."""
    async with library.database.transaction() as session:
        query = (
            select(Guest, Actor, Account, Post)
            .join(Actor, Actor.id == Guest.actor_id)
            .outerjoin(Account, Account.actor_id == Actor.id)
            .join(Post, Post.id == Guest.event_id)
            .where(Guest.news_at < now() - SETTLES)
            .order_by(Guest.news_at, Guest.id)
            .limit(MOST)
            .with_for_update(skip_locked=True, of=Guest)
        )
        found = (await session.execute(query)).all()
        for guest, actor, account, event in found:
            guest.news_at = None
            if guest.state in HERE:
                await _tell(session, library, actor, account, event)
    return len(found) if len(found) == MOST else 0


async def _tell(session: AsyncSession, library: Library, actor: Actor, account: Account | None, event: Post) -> None:
    page = event.url or event.uri
    if account is not None and account.closed_at is None:
        letters.owe(session, account.email, f"{_news(library, event, account.language)}\n\n{page}")
    elif not actor.is_local:
        host = await session.get_one(Actor, event.author_id)
        words = _news(library, event, event.language or library.settings.language)
        await whispers.whisper(session, library, host, actor, f"{words}\n{page}", about=event.token)


def _news(library: Library, event: Post, language: str) -> str:
    title = event.title or ""
    if event.cancelled:
        return gettext(language, OFF, title=title)
    return gettext(language, CHANGED, title=title, when=rendition.when_and_where(library, event, language))


def _reminder(library: Library, event: Post) -> Post:
    """The post that reminds."""
    language = event.language or library.settings.language
    page = event.url or event.uri
    source = f"{rendition.when_and_where(library, event, language)}\n\n<{page}>"
    title = gettext(language, SOON, title=event.title or "")[:300]
    return Announcement(title=title, category=CATEGORY, language=language, source=source, html=text.render(source))
