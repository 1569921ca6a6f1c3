"""Posts that are seen less because of their author or their server, and how they come back."""

from sqlalchemy import ColumnElement, Select, delete, insert, literal, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from community.catalog.tables import Work
from community.clock import now
from community.database import table_of
from community.people.actors import Actor, ActorState
from community.posts.post import Post, Standing
from moderation.tables import Lowered

LOWERS: dict[ActorState, Standing] = {ActorState.limited: Standing.limited, ActorState.suspended: Standing.hidden}
REACHES: dict[Standing, tuple[Standing, ...]] = {
    Standing.limited: (Standing.shown,),
    Standing.hidden: (Standing.shown, Standing.limited, Standing.held),
}


def author(actor_id: int) -> str:
    """The mark of posts that are lowered because of their author."""
    return f"actor {actor_id}"


def server(domain: str) -> str:
    """The mark of posts that are lowered because of a server."""
    return f"server {domain}"


async def lower(session: AsyncSession, whose: ColumnElement[bool], to: Standing, because: str) -> None:
    """Lower every post of these authors to a standing, and remember where each stood. `whose` is a question about Actor."""
    reached = (Post.author_id.in_(select(Actor.id).where(whose)), Post.standing.in_(REACHES[to]))
    again = select(Lowered.post_id).where(Lowered.because == because)
    await touch(session, select(Post.about_id).where(*reached))
    rows = select(Post.id, literal(because), Post.standing).where(*reached, Post.id.not_in(again))
    await session.execute(insert(Lowered).from_select(["post_id", "because", "standing"], rows))
    await _set(session, update(Post).where(*reached).values(standing=to, changed_at=now()))


async def restore(session: AsyncSession, because: str, to: Standing) -> None:
    """Bring back the posts that were lowered for this, to where each stood; those that somebody moved since stay."""
    marked = select(Lowered.post_id).where(Lowered.because == because)
    other = table_of(Lowered).alias("other")
    # Limited first and hidden later for another cause: once the first cause is gone, the second remembers what was before both.
    before = select(other.c.standing).where(other.c.post_id == Lowered.post_id, other.c.because == because).scalar_subquery()
    still_lower = select(Post.id).where(Post.id.in_(marked), Post.standing != to)
    await session.execute(
        update(Lowered)
        .where(Lowered.because != because, Lowered.standing == to, Lowered.post_id.in_(still_lower))
        .values(standing=before)
        .execution_options(synchronize_session=False)
    )
    await touch(session, select(Post.about_id).where(Post.id.in_(marked), Post.standing == to))
    stood = select(Lowered.standing).where(Lowered.post_id == Post.id, Lowered.because == because).scalar_subquery()
    await _set(session, update(Post).where(Post.id.in_(marked), Post.standing == to).values(standing=stood, changed_at=now()))
    await session.execute(delete(Lowered).where(Lowered.because == because).execution_options(synchronize_session=False))


async def touch(session: AsyncSession, works: Select[int | None]) -> None:
    """What the pages of these works show has changed: caches follow this."""
    await session.execute(update(Work).where(Work.id.in_(works)).values(touched_at=now()).execution_options(synchronize_session=False))


async def _set(session: AsyncSession, change: object) -> None:
    await session.execute(change.execution_options(synchronize_session=False))  # type: ignore[attr-defined]
    for known in list(session.identity_map.values()):
        if isinstance(known, Post):
            await session.refresh(known)
