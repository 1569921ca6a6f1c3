"""What somebody elsewhere wrote, as a post of ours: several dialects in, one meaning out (interop 2.4, 3.2, 8.1)."""

import re
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from community import text, uris
from community.clock import now
from community.posts import clubs, discussions, plain_answers, post
from community.posts.clubs import Club
from community.posts.post import Audience, Post
from community.uris import PUBLIC_NAMES
from federation import activities, resolving
from federation.activities import id_of, ids_of, many, moment, words
from federation.hub import Hub
from federation.resolving import Known
from federation.wire import Wire

MOST_TITLE = 300
MOST_WARNING = 500
MOST_CLUBS = 10  # names in one post that are looked up
_MENTIONS_FIRST = re.compile(r"^(\s*@[\w.-]+(@[\w.:-]+)?)+\s*")
_PURE_TITLE = re.compile(r'^Review of ".*" \([\d.]+ stars?\)(?:: )?')


@dataclass(frozen=True)
class Said:
    """One remark, whatever dialect it came in."""

    kind: str
    uri: str
    url: str | None
    html: str
    title: str | None
    warning: str | None
    language: str | None
    half_stars: int | None
    audience: Audience
    about_id: int | None
    reply_to_id: int | None
    reply_to_uri: str | None
    published_at: datetime
    edited_at: datetime | None
    concerns_us: bool
    club_id: int | None = None  # the book club that it is said in


@dataclass(frozen=True)
class _Opinion:
    """What the extra properties of BookWyrm, NeoDB or our own software say."""

    kind: str
    html: str
    title: str | None
    half_stars: int | None


async def read(session: AsyncSession, hub: Hub, wire: Wire, known: Known) -> Said | None:
    """The remark in a Note or its like; None when it has no id, or is a vote in a poll."""
    uri = wire.get("id")
    if not isinstance(uri, str) or len(uri) > 500 or _is_vote(wire):
        return None
    parent = await _parent(session, hub, id_of(wire.get("inReplyTo")))
    item = resolving.item_of(wire)
    about = known.works.get(item) if item else None
    if about is None and item and hub.uris.is_ours(item):
        about = await resolving.our_work(session, hub, item)
    opinion = _opinion(wire) if item else None
    club = await _club(session, hub, wire) if parent is None and opinion is None else None
    if opinion is None:
        opinion = _begun(wire) if club is not None else _plain(wire, parent)
    if parent is not None and about is None:
        about = parent.about_id
    kind = opinion.kind if about is not None or opinion.kind in {"comment", "thread"} else "comment"
    page = activities.first(wire.get("url"))
    page = page.get("href") if isinstance(page, dict) else page
    summary = (
        text.plain(words(wire, "summary"))[:MOST_WARNING]
        if activities.type_of(wire) in {"Note", "Question", "Review", "Comment", "Quotation"}
        else ""
    )
    return Said(
        kind=kind,
        uri=uri,
        url=page if isinstance(page, str) and page.startswith("http") and uris.host(page) == uris.host(uri) and len(page) <= 500 else None,
        html=opinion.html,
        title=opinion.title if kind in {"review", "thread"} else None,
        warning=summary or None,
        language=activities.language_of(wire),
        half_stars=opinion.half_stars if kind in {"review", "rating"} else None,
        audience=_audience(wire),
        about_id=about,
        reply_to_id=parent.id if parent is not None else None,
        reply_to_uri=(id_of(wire.get("inReplyTo")) or "")[:500] or None,
        published_at=moment(wire.get("published")) or now(),
        edited_at=moment(wire.get("updated")),
        concerns_us=parent is not None
        or about is not None
        or club is not None
        or any(map(hub.uris.is_ours, [*activities.mentions(wire), *ids_of(wire.get("to")), *ids_of(wire.get("cc"))])),
        club_id=parent.club_id if parent is not None else club.id if club is not None else None,
    )


def _is_vote(wire: Wire) -> bool:
    return (
        activities.type_of(wire) == "Note"  # a forum's Page has a name, and often no text
        and isinstance(wire.get("name"), str)
        and not words(wire, "content")
        and id_of(wire.get("inReplyTo")) is not None
        and "inReplyToBook" not in wire
    )


async def _parent(session: AsyncSession, hub: Hub, uri: str | None) -> Post | None:
    if uri is None:
        return None
    if (found := await post.by_uri(session, uri)) is not None:
        return found
    if not hub.uris.is_ours(uri):
        return None
    work_id = await resolving.our_work(session, hub, uri)
    return await discussions.find(session, hub.library, work_id) if work_id is not None else None


async def _club(session: AsyncSession, hub: Hub, wire: Wire) -> Club | None:
    """The book club of ours that a post begins a thread in: addressed as forums do it, or mentioned as everybody else does."""
    if id_of(wire.get("inReplyTo")) is not None:
        return None
    named = [*ids_of(wire.get("audience")), *ids_of(wire.get("to")), *ids_of(wire.get("cc")), *activities.mentions(wire)]
    names = list(dict.fromkeys(name for uri in named if (name := hub.uris.username(uri)) is not None))[:MOST_CLUBS]
    for name in names:
        if (found := await session.run_sync(lambda inner, name=name: clubs.by_name(inner, name))) is not None:  # type: ignore[misc]
            return found
    return None


def _begun(wire: Wire) -> _Opinion:
    """A thread: its title is what a forum calls it, or its first line."""
    html = text.safe_html(words(wire, "content"))
    first, _, _ = _MENTIONS_FIRST.sub("", text.plain(html)).partition("\n")
    title = text.plain(words(wire, "name")) or first
    return _Opinion("thread", html, title[: clubs.LONGEST_TITLE] or "…", None)


def _audience(wire: Wire) -> Audience:
    if any(name in PUBLIC_NAMES for name in ids_of(wire.get("to"))):
        return Audience.public
    if any(name in PUBLIC_NAMES for name in ids_of(wire.get("cc"))):
        return Audience.unlisted
    if any(name.rstrip("/").endswith("/followers") for name in [*ids_of(wire.get("to")), *ids_of(wire.get("cc"))]):
        return Audience.followers
    return Audience.direct


def _opinion(wire: Wire) -> _Opinion | None:
    """Structured data first: NeoDB's pieces, then BookWyrm's properties."""
    pieces = {activities.type_of(piece): piece for piece in many(wire.get("relatedWith")) if isinstance(piece, dict)}
    stars = _neodb_stars(pieces["Rating"]) if "Rating" in pieces else _bookwyrm_stars(wire.get("rating"))
    if "Review" in pieces:
        review = pieces["Review"]
        content = words(review, "content")
        html = text.render(content) if review.get("mediaType") == "text/markdown" else text.safe_html(content)
        return _Opinion("review", html, _title(words(review, "name")), stars)
    if "Comment" in pieces:
        said = text.safe_html(f"<p>{text.escape(words(pieces['Comment'], 'content'))}</p>")
        return _Opinion("review" if stars else "comment", said, None, stars)
    if pieces and stars:
        return _Opinion("rating", "", None, stars)
    if "inReplyToBook" in wire:
        html = text.safe_html(words(wire, "content"))
        if "quote" in wire:
            html = text.safe_html(f"<blockquote>{words(wire, 'quote')}</blockquote>{html}")
        title = _title(_PURE_TITLE.sub("", words(wire, "name")))
        has_words = bool(text.plain(html))
        if stars or (title and activities.type_of(wire) in {"Review", "Article"}):
            return _Opinion("review" if has_words or title else "rating", html, title, stars)
        return _Opinion("comment", html, None, None)
    return None


def _plain(wire: Wire, parent: Post | None) -> _Opinion:
    """An ordinary post. Only an answer to a title itself can carry stars, and only by the documented grammar."""
    html = text.safe_html(words(wire, "content"))
    if parent is not None and parent.kind == "discussion":
        spoken = _MENTIONS_FIRST.sub("", text.plain(html))
        answer = plain_answers.read(spoken)
        if answer.half_stars is not None:
            paragraphs = "".join(f"<p>{text.escape(line)}</p>" for line in answer.words.splitlines())
            return _Opinion("review" if answer.words else "rating", paragraphs, None, answer.half_stars)
    title = _title(words(wire, "name"))
    if title and activities.type_of(wire) in {"Article", "Page"}:
        html = f"<p><strong>{text.escape(title)}</strong></p>{html}"
    return _Opinion("comment", html, None, None)


def _title(name: str) -> str | None:
    return text.plain(name)[:MOST_TITLE] or None


def _neodb_stars(piece: Wire) -> int | None:
    value, best = piece.get("value"), piece.get("best", 5)
    if isinstance(value, int | float) and isinstance(best, int | float) and best > 0 and 0 < value <= best:
        return max(1, round(value / best * 10))
    return None


def _bookwyrm_stars(value: object) -> int | None:
    if isinstance(value, int | float) and not isinstance(value, bool) and 0 < value <= 5:
        return max(1, round(value * 2))
    return None
