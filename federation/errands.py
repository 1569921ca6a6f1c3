"""Which parts of a conversation we still have to look for: rows, written with the post that tells of them."""

from datetime import timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from community.clock import minutes, now
from community.posts.post import Post
from federation.tables import Look, ThreadErrand

SETTLES: timedelta = minutes(15)  # so long people talk before we ask who answered


def owe(session: AsyncSession, made: Post) -> None:
    """Owe a look above a post from elsewhere that answers something we do not have, and below one that speaks of a title of ours."""
    if made.is_ours:
        return
    if made.reply_to_uri is not None and made.reply_to_id is None:
        session.add(ThreadErrand(post_id=made.id, look=Look.above))
    elif made.about_id is not None:
        session.add(ThreadErrand(post_id=made.id, look=Look.below, due_at=now() + SETTLES))
