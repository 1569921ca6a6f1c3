"""What is new about titles, authors, subjects and searches that people follow: told by their own actors, once a day at most."""

from collections import defaultdict
from datetime import timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Select, delete, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from community import text, uris
from community.catalog.tables import Contribution, Work, WorkSubject
from community.clock import days, minutes, now
from community.database import table_of
from community.library import Library
from community.messages import gettext, ngettext
from community.people.actors import Actor, ActorState
from community.people.follows import Follow, FollowState
from community.posts import topics
from community.posts.kinds import Digest
from community.posts.post import Audience, Post, Standing
from community.posts.topics import About, DigestWork, Topic
from federation import outbox
from search import query as queries
from search.index import SearchIndex
from server.actions import digests
from themes.filters import N_

QUIET: timedelta = minutes(10)  # an import must have come to rest
UNFOLLOWED: timedelta = days(7)  # so long a search is remembered that somebody asked to follow, and did not
REVIEWS = 100  # looked at in one turn
MOST = 2000  # new titles of one topic that count
NAMED = 8


async def tell_reviews(library: Library) -> int:
    """Let the actor of a title pass on its new reviews, as they come; says how many."""
    async with library.database.transaction() as session:
        query = (
            select(Topic, Post, Actor)
            .join(Post, Post.about_id == Topic.target_id)
            .join(Actor, Actor.id == Post.author_id)
            .where(Topic.kind == About.work, Topic.actor_id.is_not(None), Post.id > Topic.seen_id, Post.kind == "review")
            .where(Post.standing == Standing.shown, Post.audience == Audience.public, Actor.state == ActorState.active)
            .order_by(Post.id)
            .limit(REVIEWS)
        )
        found = (await session.execute(query)).all()
        for topic, post, author in found:
            topic.seen_id, topic.told_at = max(topic.seen_id, post.id), now()
            host = await session.get_one(Actor, topic.actor_id)
            await outbox.announce(session, library, host, post, author, await outbox.followers_of(session, host))
    return len(found)


async def tell_titles(library: Library, index: SearchIndex | None, *, quiet: timedelta = QUIET) -> int:
    """Let followed authors, subjects and searches tell of new titles, each once a day; says how many did.

    What is new is joined with what is followed, so that a night without new titles costs one question, whatever is followed.
    """
    async with library.database.snapshot() as session:
        newest = await session.scalar(select(func.max(Work.created_at)))
        oldest = await session.scalar(select(func.min(Topic.seen_at)).where(_may_tell(library)))
    if newest is None or oldest is None or newest <= oldest or newest > now() - quiet:
        return 0
    made = 0
    for topic_id, work_ids in (await _new_by_topic(library, index)).items():
        async with library.database.transaction() as session:
            topic = await session.get_one(Topic, topic_id, with_for_update=True)
            if topic.actor_id is not None and work_ids:
                await _digest(session, library, topic, work_ids)
                made += 1
            topic.seen_at = newest
    return made


async def forget(library: Library) -> int:
    """Forget searches that somebody asked to follow and did not."""
    async with library.database.transaction() as session:
        table = table_of(Topic)
        await session.execute(delete(table).where(table.c.actor_id.is_(None), table.c.created_at < now() - UNFOLLOWED))
    return 0


def _may_tell(library: Library) -> ColumnElement[bool]:
    """Followed by somebody, and silent today."""
    zone = ZoneInfo(library.settings.timezone)
    today = now().astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0)
    followed = select(Follow.id).where(Follow.followed_id == Topic.actor_id, Follow.state == FollowState.granted).exists()
    return (Topic.kind != About.work) & ((Topic.told_at.is_(None)) | (Topic.told_at < today)) & followed


async def _new_by_topic(library: Library, index: SearchIndex | None) -> dict[int, list[int]]:
    """The new titles of each topic that may tell, the newest first; topics without any have an empty list."""
    found: dict[int, list[int]] = defaultdict(list)
    async with library.database.snapshot() as session:
        due = list(await session.scalars(select(Topic).where(_may_tell(library))))
        for topic in due:
            found[topic.id] = []
        for kind, query in _JOINS.items():
            for topic_id, work_id in await session.execute(query.where(Topic.kind == kind, _may_tell(library)).limit(MOST * 10)):
                if len(found[topic_id]) < MOST:
                    found[topic_id].append(work_id)
        for topic in due:
            if topic.kind is About.search and topic.query is not None and index is not None:
                found[topic.id] = await _found_anew(session, index, topic)
    return found


async def _found_anew(session: AsyncSession, index: SearchIndex, topic: Topic) -> list[int]:
    """What a followed search finds that is new: the newest hits, as far back as they are new."""
    pairs = topics.pairs(topic.query or "")
    words = next((value for name, value in pairs if name == "q"), "")
    filters = [pair for pair in pairs if pair[0] != "q"]
    fresh: list[int] = []
    for page in range(1, 6):
        asked = queries.parse(words, filters=filters, sort="newest", page=page, size=queries.MOST_SIZE, facets=())
        ids = (await index.search(asked)).ids
        new = set(await session.scalars(select(Work.id).where(Work.id.in_(ids), Work.created_at > topic.seen_at)))
        fresh += [one for one in ids if one in new]
        if len(new) < len(ids) or len(ids) < queries.MOST_SIZE:
            break
    return fresh


async def _digest(session: AsyncSession, library: Library, topic: Topic, work_ids: list[int]) -> None:
    language = library.settings.language
    host = await session.get_one(Actor, topic.actor_id)
    rows = {work.id: work for work in await session.scalars(select(Work).where(Work.id.in_(work_ids[:NAMED])))}
    works = [rows[one] for one in work_ids[:NAMED] if one in rows]
    lines = await digests.lines(session, library, works, language)
    count = len(work_ids)
    more = count - len(works)
    page = host.url or library.uris.root
    rest = ngettext(language, "and %(num)s more", "and %(num)s more", more) if more > 0 else gettext(language, N_("All titles"))
    html = text.safe_html(f'<ul>{lines}</ul><p><a href="{text.escape(page)}">{text.escape(rest)}</a></p>')
    token = uris.token()
    post = Digest(
        token=token,
        uri=library.uris.note(token),
        url=page,
        author_id=host.id,
        title=ngettext(language, "%(num)s new title: %(name)s", "%(num)s new titles: %(name)s", count, name=host.name)[:300],
        html=html,
        source=text.plain(html),
        language=language,
    )
    session.add(post)
    await session.flush()
    session.add_all(DigestWork(post_id=post.id, position=place, work_id=work.id) for place, work in enumerate(works))
    await session.flush()
    topic.told_at = now()
    await outbox.publish(session, library, post)


_NEW = (Work.created_at > Topic.seen_at, Work.removed_at.is_(None))
_JOINS: dict[About, Select[int, int]] = {
    About.author: select(Topic.id, Work.id)
    .join(Contribution, Contribution.agent_id == Topic.target_id)
    .join(Work, Work.id == Contribution.work_id)
    .where(*_NEW)
    .group_by(Topic.id, Work.id)
    .order_by(Work.id.desc()),
    About.subject: select(Topic.id, Work.id)
    .join(WorkSubject, WorkSubject.subject_id == Topic.target_id)
    .join(Work, Work.id == WorkSubject.work_id)
    .where(*_NEW)
    .order_by(Work.id.desc()),
}
