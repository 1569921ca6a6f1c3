"""Letters to readers of ours who come to an event: when there is a place for them after all, or none."""

from sqlalchemy import select

from community.clock import now
from community.library import Library
from community.messages import gettext
from community.people.accounts import Account
from community.people.actors import Actor
from community.posts.attendances import Attendance, Guest
from community.posts.post import Post
from federation.doors import WORDS
from server import letters
from themes.filters import N_

SUBJECT = N_("About “%(title)s”")
MOST = 50


async def tell(library: Library) -> int:
    """Write to those who do not know yet where they stand; says how many there were if there may be more."""
    async with library.database.transaction() as session:
        told = Guest.state.in_([Attendance.coming, Attendance.refused])
        query = (
            select(Guest, Account, Post)
            .join(Actor, Actor.id == Guest.actor_id)
            .join(Account, Account.actor_id == Actor.id)
            .join(Post, Post.id == Guest.event_id)
            .where(Actor.domain.is_(None), Guest.told_at.is_(None), told, Account.closed_at.is_(None))
            .limit(MOST)
        )
        found = (await session.execute(query)).all()
        for guest, account, event in found:
            guest.told_at = now()
            subject = gettext(account.language, SUBJECT, title=event.title or "")
            words = gettext(account.language, WORDS[guest.state], title=event.title or "")
            letters.owe(session, account.email, f"{subject}\n{words}\n\n{event.url or event.uri}")
    return len(found) if len(found) == MOST else 0
