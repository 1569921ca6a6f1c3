"""What pages ask of the posts: few statements each, and only what the reader may see."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Row, Select, and_, func, literal, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Session, aliased

from community.catalog.tables import Work
from community.clock import now
from community.people.accounts import Account, Role
from community.people.actors import Actor, ActorState
from community.posts.post import SEEN_AT_ALL, Audience, Post, Reaction, ReactionKind, Standing
from community.uris import LIBRARY

OPEN = (Audience.public, Audience.unlisted)
MOST_REPLIES = 500  # of one page; what is longer is a job for several pages
DEEPEST = 30

P = Post.__table__.c
A = Actor.__table__.c


@dataclass(frozen=True, slots=True)
class Speaker:
    """Who said something."""

    id: int
    uri: str
    url: str | None
    username: str
    domain: str | None
    name: str
    kind: str
    state: ActorState
    role: Role | None  # of ours
    library: str  # the name of the library that they come from, when it is one

    @property
    def is_local(self) -> bool:
        return self.domain is None


@dataclass(frozen=True, slots=True)
class Said:
    """A post as a page needs it. `replies` are in reading order, each with its depth."""

    id: int
    token: str
    uri: str
    url: str | None
    kind: str
    author: Speaker
    html: str
    is_ours: bool
    published_at: datetime
    edited_at: datetime | None
    changed_at: datetime
    standing: Standing
    audience: Audience
    title: str | None
    half_stars: int | None
    language: str | None
    warning: str | None
    category: str | None
    about_id: int | None
    reply_to_id: int | None
    starts_at: datetime | None
    ends_at: datetime | None
    timezone: str | None
    place: str | None
    place_address: str | None
    cancelled: bool
    likes: int
    boosts: int
    depth: int = 0
    answers: str = ""
    replies: tuple["Said", ...] = ()
    reply_count: int = 0


@dataclass(frozen=True, slots=True)
class Ratings:
    """Who gave how many stars: `counts[n]` people gave n half stars, 1 to 10; one voice each."""

    counts: tuple[int, ...] = (0,) * 11

    @property
    def count(self) -> int:
        return sum(self.counts)

    @property
    def mean(self) -> float | None:
        """In half stars; None when nobody gave any."""
        return sum(stars * people for stars, people in enumerate(self.counts)) / self.count if self.count else None


@dataclass(frozen=True, slots=True)
class Conversation:
    """One page of what was said about a work, and how many there are in all."""

    posts: tuple[Said, ...]
    count: int


class Tally(NamedTuple):
    """What a title's card tells."""

    mean: float | None
    ratings: int
    reviews: int


def _counted(kind: ReactionKind) -> ColumnElement[int]:
    return select(func.count()).where(Reaction.post_id == Post.id, Reaction.kind == kind).scalar_subquery()


_home = aliased(Actor.__table__, name="home")  # the library of a remote author's server
_COLUMNS = (
    *(P[name] for name in ("id", "token", "uri", "url", "kind", "html", "published_at", "edited_at", "changed_at")),
    *(P[name] for name in ("standing", "audience", "title", "half_stars", "language", "warning", "category", "about_id", "reply_to_id")),
    *(P[name] for name in ("starts_at", "ends_at", "timezone", "place", "place_address", "cancelled")),
    P.source.is_not(None).label("is_ours"),
    A.id.label("author_id"),
    A.uri.label("author_uri"),
    A.url.label("author_url"),
    A.username,
    A.domain,
    A.name,
    A.kind.label("author_kind"),
    A.state,
    Account.role,
    _home.c.name.label("home"),
    _counted(ReactionKind.like).label("likes"),
    _counted(ReactionKind.boost).label("boosts"),
)


def _said() -> Select[Any]:
    """Posts with their author, the author's role here, the library of the author's server, likes and boosts: one statement."""
    home = and_(_home.c.domain == A.domain, _home.c.username == LIBRARY, _home.c.kind.in_(["Organization", "Service"]))
    return (
        select(*_COLUMNS)
        .select_from(Post.__table__)
        .join(Actor.__table__, A.id == P.author_id)
        .outerjoin(Account.__table__, Account.actor_id == A.id)
        .outerjoin(_home, home)
    )


def seen(reader: int | None) -> ColumnElement[bool]:
    """What this reader (an actor's id, None for everybody) may see on public pages: what is shown to all, and their own."""
    everybody = and_(P.standing == Standing.shown, P.audience.in_(OPEN), A.state == ActorState.active)
    if reader is None:
        return everybody
    return or_(everybody, and_(P.author_id == reader, P.standing.in_([*SEEN_AT_ALL, Standing.held])))


def _read(row: Row[Any]) -> Said:
    author = Speaker(
        row.author_id,
        row.author_uri,
        row.author_url,
        row.username,
        row.domain,
        row.name or row.username,
        row.author_kind,
        row.state,
        row.role,
        row.home or "",
    )
    return Said(
        row.id,
        row.token,
        row.uri,
        row.url,
        row.kind,
        author,
        row.html,
        row.is_ours,
        row.published_at,
        row.edited_at,
        row.changed_at,
        row.standing,
        row.audience,
        row.title,
        row.half_stars,
        row.language,
        row.warning,
        row.category,
        row.about_id,
        row.reply_to_id,
        row.starts_at,
        row.ends_at,
        row.timezone,
        row.place,
        row.place_address,
        row.cancelled,
        row.likes,
        row.boosts,
    )


def _is_visible(post: Said, reader: int | None) -> bool:
    if post.author.id == reader:
        return post.standing in SEEN_AT_ALL or post.standing is Standing.held
    return post.standing is Standing.shown and post.audience in OPEN and post.author.state is ActorState.active


def _with_replies(session: Session, roots: Sequence[Said], reader: int | None, most: int) -> tuple[Said, ...]:
    """The same posts with their answers, and the answers to these. A hidden answer leaves no trace, but what answers it stays."""
    if not roots:
        return ()
    found = select(P.id, P.reply_to_id.label("root"), literal(0).label("depth")).where(P.reply_to_id.in_([one.id for one in roots]))
    thread = found.cte("thread", recursive=True)
    thread = thread.union_all(
        select(P.id, thread.c.root, thread.c.depth + 1).join(thread, P.reply_to_id == thread.c.id).where(thread.c.depth < DEEPEST)
    )
    query = (
        _said()
        .add_columns(thread.c.root, thread.c.depth)
        .join(thread, thread.c.id == P.id)
        .order_by(P.published_at, P.id)
        .limit(MOST_REPLIES)
    )
    children: dict[int, list[Said]] = {}
    for row in session.execute(query):
        said = replace(_read(row), depth=row.depth)
        children.setdefault(row.reply_to_id, []).append(said)

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
    "liked": (_counted(ReactionKind.like).desc(), P.published_at.desc()),
}


def about_work(
    session: Session, work_id: int, *, reader: int | None = None, order: str = "new", page: int = 1, size: int = 20, replies: int = 20
) -> Conversation:
    """Reviews and comments on a work, answers below each. Three statements."""
    parent = aliased(Post.__table__, name="parent")
    of_the_work = and_(
        P.about_id == work_id,
        P.kind.in_(["review", "comment"]),
        or_(P.reply_to_id.is_(None), parent.c.kind == "discussion"),
        seen(reader),
    )
    count = session.scalar(
        select(func.count())
        .select_from(Post.__table__)
        .join(Actor.__table__, A.id == P.author_id)
        .outerjoin(parent, parent.c.id == P.reply_to_id)
        .where(of_the_work)
    )
    if not count:
        return Conversation((), 0)
    query = _said().outerjoin(parent, parent.c.id == P.reply_to_id).where(of_the_work).order_by(*ORDERS.get(order, ORDERS["new"]))
    roots = [_read(row) for row in session.execute(query.limit(size).offset((page - 1) * size))]
    return Conversation(_with_replies(session, roots, reader, replies), count)


def ratings(session: Session, work_id: int) -> Ratings:
    """The stars that a work got, the newest of each person."""
    latest = (
        select(P.half_stars, func.row_number().over(partition_by=P.author_id, order_by=[P.published_at.desc(), P.id.desc()]).label("nth"))
        .select_from(Post.__table__)
        .join(Actor.__table__, A.id == P.author_id)
        .where(P.about_id == work_id, P.half_stars.is_not(None), seen(None))
        .subquery()
    )
    counts = [0] * 11
    for stars, people in session.execute(select(latest.c.half_stars, func.count()).where(latest.c.nth == 1).group_by(latest.c.half_stars)):
        counts[stars] = people
    return Ratings(tuple(counts))


def tallies(session: Session, work_ids: Iterable[int]) -> dict[int, Tally]:
    """Mean (in half stars), ratings and reviews of several works in one statement; works without any are left out."""
    wanted = list(work_ids)
    if not wanted:
        return {}
    query = (
        select(
            P.about_id,
            func.avg(P.half_stars),
            func.count(P.half_stars),
            func.count().filter(P.kind == "review"),
        )
        .select_from(Post.__table__)
        .join(Actor.__table__, A.id == P.author_id)
        .where(P.about_id.in_(wanted), P.kind.in_(["review", "rating"]), seen(None))
        .group_by(P.about_id)
    )
    return {
        work_id: Tally(float(mean) if mean is not None else None, rated, reviews)
        for work_id, mean, rated, reviews in session.execute(query)
    }


def mine(session: Session, work_id: int, reader: int) -> Said | None:
    """This reader's own review or rating of a work, whether others see it or not."""
    query = (
        _said()
        .where(P.about_id == work_id, P.author_id == reader, P.kind.in_(["review", "rating"]))
        .where(P.standing.in_([*SEEN_AT_ALL, Standing.held, Standing.hidden]))
        .order_by(P.published_at.desc())
        .limit(1)
    )
    row = session.execute(query).first()
    return _read(row) if row else None


def one(session: Session, token: str) -> Said | None:
    """A post by its token, in whatever standing: the caller decides who may see it."""
    row = session.execute(_said().where(P.token == token)).first()
    return _read(row) if row else None


def by_id(session: Session, post_id: int) -> Said | None:
    """The same by its number."""
    row = session.execute(_said().where(P.id == post_id)).first()
    return _read(row) if row else None


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
    query = _said().where(P.reply_to_id == post.id, seen(reader)).order_by(P.published_at, P.id).limit(MOST_REPLIES)
    return _with_replies(session, [_read(row) for row in session.execute(query)], reader, MOST_REPLIES)


def _public(kinds: Sequence[str], ours: bool, category: str | None) -> ColumnElement[bool]:
    where = and_(P.kind.in_(kinds), P.audience == Audience.public, seen(None))
    if ours:
        where = and_(where, A.domain.is_(None))
    return and_(where, P.category == category) if category is not None else where


def stream(
    session: Session, kinds: Sequence[str], *, page: int = 1, size: int = 20, ours: bool = False, category: str | None = None
) -> list[Said]:
    """The newest public posts of some kinds, whoever wrote them; `ours`: only what was written here."""
    query = _said().where(_public(kinds, ours, category)).order_by(P.published_at.desc(), P.id.desc())
    return [_read(row) for row in session.execute(query.limit(size).offset((page - 1) * size))]


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
    query = _said().where(P.kind == "event", A.domain.is_(None), ends >= since, seen(None))
    if until is not None:
        query = query.where(P.starts_at < until)
    return [_read(row) for row in session.execute(query.order_by(P.starts_at, P.id).limit(size))]


def past_events(session: Session, before: datetime, *, size: int = 50) -> list[Said]:
    """Our events that are over, the last one first."""
    ends = func.coalesce(P.ends_at, P.starts_at)
    query = _said().where(P.kind == "event", A.domain.is_(None), ends < before, seen(None))
    return [_read(row) for row in session.execute(query.order_by(P.starts_at.desc(), P.id.desc()).limit(size))]


def by_author(session: Session, author: int, *, reader: int | None = None, page: int = 1, size: int = 20) -> Conversation:
    """What one actor said, newest first, without answers to others; their own page shows them what waits, too."""
    theirs = and_(P.author_id == author, P.kind.in_(["review", "rating", "comment", "announcement", "event"]))
    visible = and_(theirs, seen(reader), or_(P.reply_to_id.is_(None), P.about_id.is_not(None)))
    total = session.scalar(select(func.count()).select_from(Post.__table__).join(Actor.__table__, A.id == P.author_id).where(visible))
    query = _said().where(visible).order_by(P.published_at.desc(), P.id.desc()).limit(size).offset((page - 1) * size)
    return Conversation(tuple(_read(row) for row in session.execute(query)), total or 0)


def answers_to(session: Session, author: int, size: int = 10) -> list[Said]:
    """The newest answers of others to what somebody wrote."""
    theirs = aliased(Post.__table__, name="theirs")
    query = _said().join(theirs, theirs.c.id == P.reply_to_id).where(theirs.c.author_id == author, P.author_id != author, seen(None))
    return [_read(row) for row in session.execute(query.order_by(P.published_at.desc(), P.id.desc()).limit(size))]


async def touch_author(session: AsyncSession, actor_id: int) -> None:
    """Say that every page which shows this actor's words shows them otherwise now, or not at all: kept copies are made again."""
    moment = now()
    about = select(Post.about_id).where(Post.author_id == actor_id, Post.about_id.is_not(None))
    await session.execute(update(Work).where(Work.id.in_(about)).values(touched_at=moment).execution_options(synchronize_session=False))
    theirs = update(Post).where(Post.author_id == actor_id).values(changed_at=moment)
    await session.execute(theirs.execution_options(synchronize_session=False))
