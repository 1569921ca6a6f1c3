"""Answers that came before what they answer: they wait, and join the conversation when it arrives."""

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from community.posts.post import Post

DEEPEST = 30  # steps up a conversation that are looked at


async def join(session: AsyncSession, made: Post) -> int:
    """Put the answers that waited for this post below it; says how many. Their title is this post's, where they had none."""
    waiting = set(await session.scalars(select(Post.id).where(Post.reply_to_uri == made.uri, Post.reply_to_id.is_(None))))
    if not waiting:
        return 0
    # Two posts that answered each other would be a conversation without an end.
    waiting -= await _above(session, made)
    if waiting:
        theirs = update(Post).where(Post.id.in_(waiting))
        await session.execute(theirs.values(reply_to_id=made.id).execution_options(synchronize_session=False))
        if made.about_id is not None:
            untitled = theirs.where(Post.about_id.is_(None))
            await session.execute(untitled.values(about_id=made.about_id).execution_options(synchronize_session=False))
    return len(waiting)


async def _above(session: AsyncSession, made: Post) -> set[int]:
    found = {made.id}
    above = made.reply_to_id
    while above is not None and above not in found and len(found) <= DEEPEST:
        found.add(above)
        above = await session.scalar(select(Post.reply_to_id).where(Post.id == above))
    return found
