"""A post and who said it, as pages need them: read in one statement, whatever the question."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, and_, bindparam, func, or_, select

from community.people.accounts import Account, Role
from community.people.actors import Actor, ActorState
from community.posts.post import SEEN_AT_ALL, Audience, Post, Reaction, ReactionKind, Standing
from community.uris import LIBRARY

OPEN = (Audience.public, Audience.unlisted)

# Columns of tables and not of classes: rows of these come without the cost of making objects of them.
P = Post.__table__.c
A = Actor.__table__.c
R = Reaction.__table__.c
_account = Account.__table__.c


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
    face: str | None = None  # names our copy of their picture

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
    html: str
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
    online_url: str | None
    poster: str | None
    poster_alt: str | None
    poster_width: int | None
    poster_height: int | None
    revision: int
    cancelled: bool
    is_ours: bool
    likes: int
    boosts: int
    pictures: list[dict[str, Any]] | None  # beside the words; `content` names our copy
    author: Speaker
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


def counted(kind: ReactionKind) -> ColumnElement[int]:
    return select(func.count()).where(R.post_id == P.id, R.kind == kind).correlate(Post.__table__).scalar_subquery()


_home = Actor.__table__.alias("home")  # the library of a remote author's server
# In the order of the fields of Said, then of Speaker.
_SAID = (
    *(P[name] for name in ("id", "token", "uri", "url", "kind", "html", "published_at", "edited_at", "changed_at")),
    *(P[name] for name in ("standing", "audience", "title", "half_stars", "language", "warning", "category", "about_id", "reply_to_id")),
    *(P[name] for name in ("starts_at", "ends_at", "timezone", "place", "place_address")),
    *(P[name] for name in ("online_url", "poster", "poster_alt", "poster_width", "poster_height", "revision", "cancelled")),
    P.source.is_not(None).label("is_ours"),
    counted(ReactionKind.like).label("likes"),
    counted(ReactionKind.boost).label("boosts"),
    P.pictures,
)
_SPEAKER = (
    A.id.label("author_id"),
    A.uri.label("author_uri"),
    A.url.label("author_url"),
    A.username,
    A.domain,
    func.coalesce(func.nullif(A.name, ""), A.username).label("name"),
    A.kind.label("author_kind"),
    A.state,
    _account.role,
    func.coalesce(_home.c.name, "").label("library"),
    A.face,
)
_FIRST = len(_SAID)
_LAST = _FIRST + len(_SPEAKER)


@cache
def said() -> Select[Any]:
    """Posts with their author, the author's role here, the library of the author's server, likes and boosts: one statement.

    Statements are made once and filled in by name: to make one costs more than to ask it.
    """
    home = and_(_home.c.domain == A.domain, _home.c.username == LIBRARY, _home.c.kind.in_(["Organization", "Service"]))
    return (
        select(*_SAID, *_SPEAKER)
        .select_from(Post.__table__)
        .join(Actor.__table__, A.id == P.author_id)
        .outerjoin(Account.__table__, _account.actor_id == A.id)
        .outerjoin(_home, home)
    )


@cache
def seen(is_member: bool) -> ColumnElement[bool]:
    """What may be seen on public pages: what is shown to all, and to a member (`reader`, an actor's id) their own."""
    everybody = and_(P.standing == Standing.shown, P.audience.in_(OPEN), A.state == ActorState.active)
    if not is_member:
        return everybody
    return or_(everybody, and_(P.author_id == bindparam("reader"), P.standing.in_([*SEEN_AT_ALL, Standing.held])))


def read(row: Sequence[Any]) -> Said:
    """The post in a row of `said()`, whatever columns follow."""
    values = tuple(row)
    author = Speaker(*values[_FIRST:_LAST])
    return Said(*(*values[:_FIRST], author))
