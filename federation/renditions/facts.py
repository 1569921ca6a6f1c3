"""What a rendition needs to know about a post, loaded in a handful of queries."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from community.catalog.tables import Agent, Contribution, Edition, Identifier, Work
from community.people.actors import Actor
from community.posts import attendances, clubs
from community.posts.post import Post, Reaction, ReactionKind
from community.posts.topics import DigestWork

PICTURES = 4  # covers side by side in the picture of a digest
MAKERS = ("aut", "cre", "drt", "cmp", "prf", "")  # whose name stands beside a title, the likeliest first


@dataclass(frozen=True)
class Item:
    """A title, as far as a post about it must say: `edition_id` is the edition that other servers should look at."""

    work_id: int
    edition_id: int | None
    title: str
    makers: tuple[str, ...]
    form: str
    year: int | None
    description: str
    announced_at: datetime

    @property
    def wire_type(self) -> str:
        """What NeoDB and BookWyrm call such a thing."""
        return {"film": "Movie", "music": "Album", "game": "Game"}.get(self.form, "Edition")


@dataclass(frozen=True)
class Facts:
    """A post with its author, its title, and what it answers."""

    post: Post
    author: Actor
    item: Item | None
    parent_uri: str | None
    parent_author: Actor | None
    likes: int
    boosts: int
    coming: int = 0  # guests of an event
    club: Actor | None = None  # the group in which it was said
    works: tuple[tuple[int, str], ...] = ()  # the first titles of a digest: number and title


async def item(session: AsyncSession, work_id: int, edition_id: int | None = None) -> Item | None:
    """A title. Without an edition, the one whose ISBN others are most likely to know: the newest that has one."""
    work = await session.get(Work, work_id)
    if work is None:
        return None
    if edition_id is None:
        has_isbn = select(Identifier.id).where(Identifier.edition_id == Edition.id, Identifier.scheme == "isbn").exists()
        query = (
            select(Edition.id)
            .where(Edition.work_id == work_id, Edition.removed_at.is_(None))
            .order_by(has_isbn.desc(), Edition.year.desc().nulls_last(), Edition.id)
        )
        edition_id = await session.scalar(query.limit(1))
    names = await session.execute(
        select(Agent.name, Contribution.role)
        .join(Contribution, Contribution.agent_id == Agent.id)
        .where(Contribution.work_id == work_id)
        .order_by(Contribution.position)
        .limit(40)
    )
    by_role: dict[str, list[str]] = {}
    for name, role in names:
        by_role.setdefault(role if role in MAKERS else "other", []).append(name)
    makers = next((tuple(dict.fromkeys(by_role[role]))[:3] for role in MAKERS if role in by_role), ())
    return Item(work_id, edition_id, work.title, makers, work.form, work.first_year, work.description, work.created_at)


async def facts(session: AsyncSession, post: Post) -> Facts:
    """Everything that is said about this post when it is spoken of to other servers."""
    author = await session.get_one(Actor, post.author_id)
    parent = await session.get(Post, post.reply_to_id) if post.reply_to_id else None
    parent_author = await session.get(Actor, parent.author_id) if parent else None
    counted = await session.execute(select(Reaction.kind, func.count()).where(Reaction.post_id == post.id).group_by(Reaction.kind))
    counts = {kind: number for kind, number in counted}
    return Facts(
        post=post,
        author=author,
        item=await item(session, post.about_id, post.edition_id) if post.about_id else None,
        parent_uri=parent.uri if parent else post.reply_to_uri,
        parent_author=parent_author,
        likes=counts.get(ReactionKind.like, 0),
        boosts=counts.get(ReactionKind.boost, 0),
        club=club.actor if (club := await clubs.of_post(session, post)) is not None else None,
        works=await _named(session, post) if post.kind == "digest" else (),
        coming=(await attendances.count(session, post.id)).coming if post.kind == "event" else 0,
    )


async def _named(session: AsyncSession, post: Post) -> tuple[tuple[int, str], ...]:
    query = select(Work.id, Work.title).join(DigestWork, DigestWork.work_id == Work.id).where(DigestWork.post_id == post.id)
    rows = await session.execute(query.order_by(DigestWork.position).limit(PICTURES))
    return tuple((work_id, title) for work_id, title in rows)
