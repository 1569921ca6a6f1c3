"""What is new about titles, authors, subjects, series and searches that people follow: told by their own actors (decision 009)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, and_, delete, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from community import text, uris
from community.catalog.series import TIES
from community.catalog.tables import ImportRun, RunState, Work
from community.clock import days, hours, minutes, now
from community.database import table_of
from community.library import Library
from community.messages import gettext, ngettext
from community.people.actors import Actor, ActorState
from community.people.follows import Follow, FollowState
from community.posts import topics
from community.posts.kinds import Digest
from community.posts.post import Audience, Post, Standing
from community.posts.topics import About, DigestWork, Topic
from federation import lights, outbox
from federation.tables import Outgoing
from search import indexer
from search import query as queries
from search.index import SearchIndex
from search.tables import Bookmark
from server.actions import digests
from themes.filters import N_

QUIET: timedelta = minutes(10)  # an import must have come to rest
STUCK: timedelta = hours(12)  # an import that says for so long that it runs was killed
UNFOLLOWED: timedelta = days(7)  # so long a search is remembered that somebody asked to follow, and did not
BATCH = 200  # changed posts looked at at once
MOST_A_DAY = 10  # reviews of one title; more of them stand on its page
OVERLAP: timedelta = minutes(1)  # transactions do not commit in the order of changed_at
LOOKED = "reviews of followed titles"
MOST_PAGES = 50  # of hits of one search, a hundred each
NAMED = 8


@dataclass(frozen=True)
class _New:
    """What is new for one topic since its `seen_at`: how many titles, and the newest of them."""

    topic_id: int
    since: datetime
    count: int
    works: tuple[int, ...]


async def tell_reviews(library: Library) -> int:
    """Let the actor of a title pass on its new reviews as they come, and take back what no longer stands; says how much.

    We look at what has changed since we last did, whatever is followed.
    """
    begun = now()
    async with library.database.snapshot() as session:
        looked = await session.scalar(select(Bookmark.changed_at).where(Bookmark.name == LOOKED))
        after = (looked or await session.scalar(select(func.min(Topic.created_at))) or begun) - OVERLAP
    told, last = 0, 0
    while True:
        async with library.database.snapshot() as session:
            changed = await _changed(session, after, last)
        if reviews := [post_id for post_id, kind, _ in changed if kind == "review"]:
            async with library.database.transaction() as session:
                told += await _take_back(session, reviews) + await _pass_on(session, library, reviews, begun)
        if len(changed) < BATCH:
            break
        last, _, after = changed[-1]
    if changed or last or looked is None:
        async with library.database.transaction() as session:
            await session.merge(Bookmark(name=LOOKED, changed_at=begun))
    return told


async def tell_titles(library: Library, index: SearchIndex | None, *, quiet: timedelta = QUIET) -> int:
    """Let followed authors, subjects, series and searches tell of new titles, each once a day; says how many did.

    What is new is joined with what is followed: what it costs follows the new titles, not the catalogue and not the follows.
    """
    async with library.database.snapshot() as session:
        due = _may_tell(library)
        newest = await session.scalar(select(func.max(Work.created_at)))
        oldest = await session.scalar(select(func.min(Topic.seen_at)).where(due))
        if newest is None or oldest is None or newest <= oldest or newest > now() - quiet or await _is_importing(session):
            return 0
        found = [one for kind in TIES for one in await _tied(session, About(kind), due, oldest, newest)]
        searches = list(await session.scalars(select(Topic).where(due, Topic.kind == About.search, Topic.seen_at < newest)))
    if searches:
        if index is None or await indexer.reached(library.database, index) < newest:
            return 0  # the index does not know all of them yet
        for topic in searches:
            found += await _found_anew(library, index, topic, newest)
    made = 0
    for new in found:
        async with library.database.transaction() as session:
            told = await session.get_one(Topic, new.topic_id, with_for_update=True)
            if told.seen_at == new.since:  # no other worker was faster
                await _digest(session, library, told, new)
                told.seen_at = newest
                made += 1
    async with library.database.transaction() as session:
        nothing_new = update(Topic).where(due, Topic.seen_at < newest).values(seen_at=newest)
        await session.execute(nothing_new.execution_options(synchronize_session=False))
    return made


async def forget(library: Library) -> int:
    """Forget searches that somebody asked to follow and did not."""
    async with library.database.transaction() as session:
        table = table_of(Topic)
        await session.execute(delete(table).where(table.c.actor_id.is_(None), table.c.created_at < now() - UNFOLLOWED))
    return 0


def _followed() -> ColumnElement[bool]:
    return select(Follow.id).where(Follow.followed_id == Topic.actor_id, Follow.state == FollowState.granted).exists()


def _may_tell(library: Library) -> ColumnElement[bool]:
    """Followed by somebody, and silent today."""
    zone = ZoneInfo(library.settings.timezone)
    today = now().astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0)
    return (Topic.kind != About.work) & ((Topic.told_at.is_(None)) | (Topic.told_at < today)) & _followed()


async def _is_importing(session: AsyncSession) -> bool:
    running = select(ImportRun.id).where(ImportRun.state == RunState.running, ImportRun.started_at > now() - STUCK)
    return await session.scalar(running.limit(1)) is not None


def _taken_back() -> ColumnElement[bool]:
    undone = aliased(Outgoing)
    return select(undone.id).where(undone.object_uri == Outgoing.uri, undone.kind == "Undo").exists()


async def _changed(session: AsyncSession, after: datetime, last: int) -> Sequence[Any]:
    """Posts that have changed since then, by their number, kind and moment: along the index of moments, whatever they are."""
    later = or_(Post.changed_at > after, and_(Post.changed_at == after, Post.id > last))
    query = select(Post.id, Post.kind, Post.changed_at).where(Post.changed_at >= after, later)
    return (await session.execute(query.order_by(Post.changed_at, Post.id).limit(BATCH))).all()


async def _pass_on(session: AsyncSession, library: Library, reviews: Sequence[int], moment: datetime) -> int:
    """Pass on those of the reviews that came after somebody followed their title and were not passed on; says how many."""
    host = aliased(Actor)
    passed = select(Outgoing.id).where(Outgoing.object_uri == Post.uri, Outgoing.signer_id == host.id, Outgoing.kind == "Announce")
    query = (
        select(host, Post, Actor)
        .join(Topic, Topic.target_id == Post.about_id)
        .join(host, host.id == Topic.actor_id)
        .join(Actor, Actor.id == Post.author_id)
        .where(Post.id.in_(reviews), Topic.kind == About.work, Post.id > Topic.seen_id)
        .where(Post.standing == Standing.shown, Post.audience == Audience.public, Actor.state == ActorState.active)
        .where(_followed(), ~passed.where(~_taken_back()).exists())
        .order_by(Post.changed_at, Post.id)
    )
    told = 0
    for title, post, author in (await session.execute(query)).all():
        if await _told_today(session, title, post, moment) < MOST_A_DAY:
            await outbox.announce(session, library, title, post, author, await outbox.followers_of(session, title))
            told += len(await outbox.boosts(session, post, title.id))
    return told


async def _take_back(session: AsyncSession, reviews: Sequence[int]) -> int:
    """Take back what titles have passed on of those that were hidden, deleted or made private; says how much."""
    gone = or_(Post.standing != Standing.shown, Post.audience != Audience.public, Actor.state != ActorState.active)
    query = (
        select(Outgoing)
        .join(Post, Post.uri == Outgoing.object_uri)
        .join(Actor, Actor.id == Post.author_id)
        .join(Topic, Topic.actor_id == Outgoing.signer_id)
        .where(Post.id.in_(reviews), Outgoing.kind == "Announce", gone, ~_taken_back())
    )
    rows = (await session.scalars(query)).all()
    for row in rows:
        await outbox.unboost(session, row)
    return len(rows)


async def _told_today(session: AsyncSession, host: Actor, post: Post, moment: datetime) -> int:
    """How many reviews of the same title were passed on within a day."""
    said = (Outgoing.signer_id == host.id, Outgoing.kind == "Announce", Outgoing.created_at > moment - days(1))
    query = select(func.count()).select_from(Post).join(Outgoing, Outgoing.object_uri == Post.uri)
    return await session.scalar(query.where(Post.about_id == post.about_id, *said)) or 0


async def _tied(session: AsyncSession, kind: About, due: ColumnElement[bool], oldest: datetime, newest: datetime) -> list[_New]:
    """What is new under the things of this kind: from the new titles to what is followed."""
    work_id, thing_id = TIES[kind]
    fresh = (Work.created_at > oldest, Work.created_at <= newest, Work.created_at > Topic.seen_at, Work.removed_at.is_(None))
    tie = Topic.target_id == thing_id
    counts = (
        select(Topic.id, Topic.seen_at, func.count(Work.id.distinct()))
        .select_from(Work)
        .join(work_id.class_, work_id == Work.id)
        .join(Topic, tie)
        .where(*fresh, Topic.kind == kind, due)
        .group_by(Topic.id, Topic.seen_at)
    )
    found: list[_New] = []
    for topic_id, since, count in (await session.execute(counts)).all():
        named = select(Work.id).join(work_id.class_, work_id == Work.id).join(Topic, tie).where(*fresh, Topic.id == topic_id)
        works = await session.scalars(named.group_by(Work.id).order_by(Work.id.desc()).limit(NAMED))
        found.append(_New(topic_id, since, count, tuple(works)))
    return found


async def _found_anew(library: Library, index: SearchIndex, topic: Topic, newest: datetime) -> list[_New]:
    """What a followed search finds that is new: the newest hits, as far back as they are new."""
    pairs = topics.pairs(topic.query or "")
    words = next((value for name, value in pairs if name == "q"), "")
    filters = [pair for pair in pairs if pair[0] != "q"]
    fresh: list[int] = []
    for page in range(1, MOST_PAGES + 1):
        asked = queries.parse(words, filters=filters, sort="newest", page=page, size=queries.MOST_SIZE, facets=())
        ids = (await index.search(asked)).ids
        among = (Work.id.in_(ids), Work.created_at > topic.seen_at, Work.created_at <= newest, Work.removed_at.is_(None))
        async with library.database.snapshot() as session:
            new = set(await session.scalars(select(Work.id).where(*among)))
        fresh += [one for one in ids if one in new]
        if len(new) < queries.MOST_SIZE:
            break
    return [_New(topic.id, topic.seen_at, len(fresh), tuple(fresh[:NAMED]))] if fresh else []


async def _digest(session: AsyncSession, library: Library, topic: Topic, new: _New) -> None:
    language = library.settings.language
    host = await session.get_one(Actor, topic.actor_id)
    rows = {work.id: work for work in await session.scalars(select(Work).where(Work.id.in_(new.works)))}
    works = [rows[one] for one in new.works if one in rows]
    lines = await digests.lines(session, library, works, language)
    more = new.count - len(works)
    page = f"{host.url}&sort=new" if topic.kind is About.search else host.url or library.uris.root
    rest = ngettext(language, "and %(num)s more", "and %(num)s more", more) if more > 0 else gettext(language, N_("All titles"))
    html = text.safe_html(f'<ul>{lines}</ul><p><a href="{text.escape(page)}">{text.escape(rest)}</a></p>')
    token = uris.token()
    title = ngettext(language, "%(num)s new title: %(name)s", "%(num)s new titles: %(name)s", new.count, name=lights.bare(library, host))
    post = Digest(
        token=token,
        uri=library.uris.note(token),
        url=library.uris.post_page(token),
        author_id=host.id,
        title=title[:300],
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
