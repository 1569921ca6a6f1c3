"""What pages ask of the posts: few statements each, made once, and only what the reader may see."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, and_, bindparam, func, literal, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Session

from community.catalog.tables import Work
from community.clock import now
from community.people.actors import Actor, ActorState
from community.people.follows import Follow, FollowState
from community.posts.attendances import HERE, Guest
from community.posts.post import SEEN_AT_ALL, Audience, Post, ReactionKind, Standing
from community.posts.topics import About, Topic
from community.prepared import Prepared
from community.said import OPEN, A, Conversation, P, Ratings, Said, Tally, counted, read, said, seen

MOST_REPLIES = 500  # of one page; what is longer is a job for several pages
DEEPEST = 30

_parent = Post.__table__.alias("parent")
_theirs = Post.__table__.alias("theirs")


def _is_visible(post: Said, reader: int | None) -> bool:
    if post.author.id == reader:
        return post.standing in SEEN_AT_ALL or post.standing is Standing.held
    return post.standing is Standing.shown and post.audience in OPEN and post.author.state is ActorState.active


@cache
def _thread() -> Prepared:
    """Everything that was answered to some posts (`roots`), and to the answers."""
    found = select(P.id, P.reply_to_id.label("root"), literal(0).label("depth"))
    thread = found.where(P.reply_to_id.in_(bindparam("roots", expanding=True))).cte("thread", recursive=True)
    thread = thread.union_all(
        select(P.id, thread.c.root, thread.c.depth + 1).join(thread, P.reply_to_id == thread.c.id).where(thread.c.depth < DEEPEST)
    )
    query = said().add_columns(thread.c.depth).join(thread, thread.c.id == P.id)
    return Prepared(query.order_by(P.published_at, P.id).limit(MOST_REPLIES))


def _with_replies(session: Session, roots: Sequence[Said], reader: int | None, most: int) -> tuple[Said, ...]:
    """The same posts with their answers, and the answers to these. A hidden answer leaves no trace, but what answers it stays."""
    if not roots:
        return ()
    children: dict[int | None, list[Said]] = {}
    for row in _thread().rows(session, {"roots": [root.id for root in roots]}):
        one = replace(read(row), depth=row[-1])
        children.setdefault(one.reply_to_id, []).append(one)
    if not children:
        return tuple(roots)

    def flat(parent: Said, is_root: bool) -> list[Said]:
        lines: list[Said] = []
        for child in children.get(parent.id, ()):
            if _is_visible(child, reader):
                names = not is_root and _is_visible(parent, reader)
                lines.append(replace(child, answers=parent.author.name if names else ""))
            lines.extend(flat(child, is_root=False))
        return lines

    whole: list[Said] = []
    for root in roots:
        replies = flat(root, is_root=True)
        whole.append(replace(root, replies=tuple(replies[:most]), reply_count=len(replies)))
    return tuple(whole)


ORDERS: dict[str, tuple[ColumnElement[Any], ...]] = {
    "new": (P.published_at.desc(), P.id.desc()),
    "old": (P.published_at, P.id),
    "liked": (counted(ReactionKind.like).desc(), P.published_at.desc()),
}


@cache
def _of_a_work(is_member: bool) -> ColumnElement[bool]:
    return and_(
        P.about_id == bindparam("work"),
        P.kind.in_(["review", "comment"]),
        or_(P.reply_to_id.is_(None), _parent.c.kind == "discussion"),
        seen(is_member),
    )


@cache
def _count_of_a_work(is_member: bool) -> Prepared:
    query = select(func.count()).select_from(Post.__table__).join(Actor.__table__, A.id == P.author_id)
    return Prepared(query.outerjoin(_parent, _parent.c.id == P.reply_to_id).where(_of_a_work(is_member)))


@cache
def _about_work(is_member: bool, order: str) -> Prepared:
    query = said().outerjoin(_parent, _parent.c.id == P.reply_to_id).where(_of_a_work(is_member)).order_by(*ORDERS[order])
    return Prepared(query.limit(bindparam("size")).offset(bindparam("skip")))


def about_work(
    session: Session, work_id: int, *, reader: int | None = None, order: str = "new", page: int = 1, size: int = 20, replies: int = 20
) -> Conversation:
    """Reviews and comments on a work, answers below each. Three statements."""
    is_member, asked = reader is not None, {"work": work_id, **({"reader": reader} if reader is not None else {})}
    count = _count_of_a_work(is_member).scalar(session, asked)
    if not count:
        return Conversation((), 0)
    query = _about_work(is_member, order if order in ORDERS else "new")
    roots = [read(row) for row in query.rows(session, {**asked, "size": size, "skip": (page - 1) * size})]
    return Conversation(_with_replies(session, roots, reader, replies), count)


@cache
def _ratings() -> Prepared:
    latest = (
        select(P.half_stars, func.row_number().over(partition_by=P.author_id, order_by=[P.published_at.desc(), P.id.desc()]).label("nth"))
        .select_from(Post.__table__)
        .join(Actor.__table__, A.id == P.author_id)
        .where(P.about_id == bindparam("work"), P.half_stars.is_not(None), seen(False))
        .subquery()
    )
    return Prepared(select(latest.c.half_stars, func.count()).where(latest.c.nth == 1).group_by(latest.c.half_stars))


def ratings(session: Session, work_id: int) -> Ratings:
    """The stars that a work got, the newest of each person."""
    counts = [0] * 11
    for stars, people in _ratings().rows(session, {"work": work_id}):
        counts[stars] = people
    return Ratings(tuple(counts))


@cache
def _tallies() -> Prepared:
    means = (P.about_id, func.avg(P.half_stars), func.count(P.half_stars), func.count().filter(P.kind == "review"))
    query = select(*means).select_from(Post.__table__).join(Actor.__table__, A.id == P.author_id)
    of_works = P.about_id.in_(bindparam("works", expanding=True))
    return Prepared(query.where(of_works, P.kind.in_(["review", "rating"]), seen(False)).group_by(P.about_id))


def tallies(session: Session, work_ids: Iterable[int]) -> dict[int, Tally]:
    """Mean (in half stars), ratings and reviews of several works in one statement; works without any are left out."""
    wanted = list(work_ids)
    rows = _tallies().rows(session, {"works": wanted}) if wanted else ()
    return {work_id: Tally(float(mean) if mean is not None else None, rated, reviews) for work_id, mean, rated, reviews in rows}


def mine(session: Session, work_id: int, reader: int) -> Said | None:
    """This reader's own review or rating of a work, whether others see it or not."""
    query = (
        said()
        .where(P.about_id == work_id, P.author_id == reader, P.kind.in_(["review", "rating"]))
        .where(P.standing.in_([*SEEN_AT_ALL, Standing.held, Standing.hidden]))
        .order_by(P.published_at.desc())
        .limit(1)
    )
    row = session.execute(query).first()
    return read(row) if row else None


def one(session: Session, token: str) -> Said | None:
    """A post by its token, in whatever standing: the caller decides who may see it."""
    row = session.execute(said().where(P.token == token)).first()
    return read(row) if row else None


def by_id(session: Session, post_id: int) -> Said | None:
    """The same by its number."""
    row = session.execute(said().where(P.id == post_id)).first()
    return read(row) if row else None


def may_see(post: Said, reader: int | None) -> bool:
    """Whether this reader may open a post's own page: wider than public pages, since a limited post is still there."""
    if post.author.id == reader:
        return post.standing in SEEN_AT_ALL or post.standing is Standing.held
    shown_to_them = post.standing in SEEN_AT_ALL and post.audience in OPEN
    return shown_to_them and post.author.state in {ActorState.active, ActorState.limited}


def with_thread(session: Session, post: Said, reader: int | None) -> Said:
    """The same post with everything that was answered to it."""
    return _with_replies(session, [post], reader, MOST_REPLIES)[0]


def answers(session: Session, post: Said, reader: int | None) -> tuple[Said, ...]:
    """What was answered to a post, the first first, each with what was answered to that."""
    query = said().where(P.reply_to_id == post.id, seen(reader is not None)).order_by(P.published_at, P.id).limit(MOST_REPLIES)
    found = session.execute(query, {"reader": reader})
    return _with_replies(session, [read(row) for row in found], reader, MOST_REPLIES)


def _public(kinds: Sequence[str], ours: bool, category: str | None) -> ColumnElement[bool]:
    where = and_(P.kind.in_(kinds), P.audience == Audience.public, seen(False))
    if ours:
        where = and_(where, A.domain.is_(None))
    return and_(where, P.category == category) if category is not None else where


def stream(
    session: Session, kinds: Sequence[str], *, page: int = 1, size: int = 20, ours: bool = False, category: str | None = None
) -> list[Said]:
    """The newest public posts of some kinds, whoever wrote them; `ours`: only what was written here."""
    query = said().where(_public(kinds, ours, category)).order_by(P.published_at.desc(), P.id.desc())
    return [read(row) for row in session.execute(query.limit(size).offset((page - 1) * size))]


def categories(session: Session, kind: str) -> list[str]:
    """The categories that occur among what the library said."""
    query = select(P.category).select_from(Post.__table__).join(Actor.__table__, A.id == P.author_id)
    found = session.scalars(query.where(_public([kind], True, None), P.category.is_not(None)).distinct())
    return [one for one in found if one is not None]


def latest_reviews(session: Session, size: int = 6, page: int = 1) -> list[Said]:
    """The newest reviews of titles that we have."""
    return stream(session, ["review"], size=size, page=page)


def count(session: Session, kinds: Sequence[str], *, ours: bool = False, category: str | None = None) -> int:
    """How many public posts there are of these kinds."""
    query = select(func.count()).select_from(Post.__table__).join(Actor.__table__, A.id == P.author_id)
    return session.scalar(query.where(_public(kinds, ours, category))) or 0


def events(session: Session, since: datetime, until: datetime | None = None, *, size: int = 100) -> list[Said]:
    """Our events that are not over at `since`, the next one first."""
    ends = func.coalesce(P.ends_at, P.starts_at)
    query = said().where(P.kind == "event", A.domain.is_(None), ends >= since, seen(False))
    if until is not None:
        query = query.where(P.starts_at < until)
    return [read(row) for row in session.execute(query.order_by(P.starts_at, P.id).limit(size))]


def attending(session: Session, actor: int, since: datetime, *, size: int = 50) -> list[Said]:
    """Our events that somebody comes to, asks to come to, or waits for a place at, the next one first."""
    ends = func.coalesce(P.ends_at, P.starts_at)
    theirs = select(Guest.event_id).where(Guest.actor_id == actor, Guest.state.in_(HERE))
    query = said().where(P.kind == "event", P.id.in_(theirs), ends >= since, seen(False))
    return [read(row) for row in session.execute(query.order_by(P.starts_at, P.id).limit(size))]


def past_events(session: Session, before: datetime, *, size: int = 50) -> list[Said]:
    """Our events that are over, the last one first."""
    ends = func.coalesce(P.ends_at, P.starts_at)
    query = said().where(P.kind == "event", A.domain.is_(None), ends < before, seen(False))
    return [read(row) for row in session.execute(query.order_by(P.starts_at.desc(), P.id.desc()).limit(size))]


def by_author(session: Session, author: int, *, reader: int | None = None, page: int = 1, size: int = 20) -> Conversation:
    """What one actor said, newest first, without answers to others; their own page shows them what waits, too."""
    theirs = and_(P.author_id == author, P.kind.in_(["review", "rating", "comment", "announcement", "event", "thread"]))
    visible = and_(theirs, seen(reader is not None), or_(P.reply_to_id.is_(None), P.about_id.is_not(None)))
    tally = select(func.count()).select_from(Post.__table__).join(Actor.__table__, A.id == P.author_id).where(visible)
    total = session.scalar(tally, {"reader": reader})
    query = said().where(visible).order_by(P.published_at.desc(), P.id.desc()).limit(size).offset((page - 1) * size)
    return Conversation(tuple(read(row) for row in session.execute(query, {"reader": reader})), total or 0)


def of_followed(session: Session, follower: int, size: int = 10) -> list[Said]:
    """What is new in the things that somebody follows: digests of new titles, and reviews of titles."""
    granted = and_(Follow.follower_id == follower, Follow.state == FollowState.granted)
    things = select(Topic.actor_id).join(Follow, Follow.followed_id == Topic.actor_id).where(granted)
    titles = select(Topic.target_id).join(Follow, Follow.followed_id == Topic.actor_id).where(granted, Topic.kind == About.work)
    theirs = or_(and_(P.kind == "digest", P.author_id.in_(things)), and_(P.kind == "review", P.about_id.in_(titles)))
    query = said().where(theirs, P.audience == Audience.public, seen(False)).order_by(P.published_at.desc(), P.id.desc())
    return [read(row) for row in session.execute(query.limit(size))]


def of_club(session: Session, club_id: int, *, reader: int | None = None, page: int = 1, size: int = 20, replies: int = 5) -> Conversation:
    """The conversations of a book club, newest first, each with its first answers."""
    where = and_(P.club_id == club_id, P.kind == "thread", seen(reader is not None))
    tally = select(func.count()).select_from(Post.__table__).join(Actor.__table__, A.id == P.author_id).where(where)
    total = session.scalar(tally, {"reader": reader}) or 0
    query = said().where(where).order_by(P.published_at.desc(), P.id.desc()).limit(size).offset((page - 1) * size)
    roots = [read(row) for row in session.execute(query, {"reader": reader})]
    return Conversation(_with_replies(session, roots, reader, replies), total)


def answers_to(session: Session, author: int, size: int = 10) -> list[Said]:
    """The newest answers of others to what somebody wrote."""
    query = said().join(_theirs, _theirs.c.id == P.reply_to_id).where(_theirs.c.author_id == author, P.author_id != author, seen(False))
    return [read(row) for row in session.execute(query.order_by(P.published_at.desc(), P.id.desc()).limit(size))]


async def touch_author(session: AsyncSession, actor_id: int) -> None:
    """Say that every page which shows this actor's words shows them otherwise now, or not at all: kept copies are made again."""
    moment = now()
    about = select(Post.about_id).where(Post.author_id == actor_id, Post.about_id.is_not(None))
    await session.execute(update(Work).where(Work.id.in_(about)).values(touched_at=moment).execution_options(synchronize_session=False))
    theirs = update(Post).where(Post.author_id == actor_id).values(changed_at=moment)
    await session.execute(theirs.execution_options(synchronize_session=False))
