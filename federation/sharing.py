"""What our readers say of titles, for partner libraries: every change in its order, and by the numbers of a title (interop D.9).

Only what everyone may read; other servers could gather the same from our outboxes, with more trouble for both.
"""

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from community.catalog.tables import Work
from community.clock import now, seconds
from community.errors import Gone, NotFound, Unprocessable
from community.library import Library
from community.posts.post import SEEN_AT_ALL, SEEN_BY_ALL, Audience, Post, Standing
from federation import documents, resolving
from federation.renditions.note import tombstone
from federation.vocabulary import AS, CONTEXT
from federation.wire import Wire

PAGE = 40
PAGE_BYTES = 400_000  # no page is much longer: nobody reads answers of more than 1 MB
MOST_GONE = 500
MOST_ASKED = 50  # numbers in one question
# Transactions do not commit in the order of changed_at: what is younger is told with the next page.
SETTLES: timedelta = seconds(3)
SCHEMES = ("isbn", "oclc", "lccn", "openlibrary", "wikidata", "imdb", "ean")
KINDS = ("review", "rating", "comment")
_OPEN = Post.audience.in_([Audience.public, Audience.unlisted])
_OF_TITLES = (Post.source.is_not(None), Post.kind.in_(KINDS), Post.about_id.is_not(None), Post.reply_to_id.is_(None), _OPEN)
_GONE = (Standing.deleted, Standing.removed)


async def changes(session: AsyncSession, library: Library, after: str, until: timedelta = SETTLES, *, only_gone: bool = False) -> Wire:
    """What changed after this place, the oldest first: posts whole, what is gone as Tombstones. `next` is where to go on, also later.

    With `only_gone` nothing but Tombstones, and `next` stays: whoever is given no more still learns what was taken back, and misses nothing
    when they are given again.
    """
    moment, number = _place(after)
    address = f"{library.uris.root}/ap/changes"
    later = or_(Post.changed_at > moment, and_(Post.changed_at == moment, Post.id > number))
    standings = _GONE if only_gone else (*SEEN_AT_ALL, *_GONE)
    query = select(Post).where(*_OF_TITLES, Post.standing.in_(standings), later, Post.changed_at <= now() - until)
    found = list(await session.scalars(query.order_by(Post.changed_at, Post.id).limit(MOST_GONE if only_gone else PAGE)))
    items, told = await _page_of(session, library, found)
    last = _name(told[-1]) if told and not only_gone else after
    return {
        "@context": CONTEXT,
        "id": f"{address}?after={after}",
        "type": "OrderedCollectionPage",
        "partOf": address,
        "orderedItems": items,
        "next": f"{address}?after={last}",
    }


async def lookup(session: AsyncSession, library: Library, asked: Sequence[tuple[str, str]]) -> Wire:
    """What our readers say of the titles that have one of these numbers, whole, the newest first; `next` leads to the rest.

    Raises Unprocessable for too many numbers, or none.
    """
    pairs = list(dict.fromkeys((scheme, value) for scheme, value in asked if scheme in SCHEMES and value))
    if not pairs or len(pairs) > MOST_ASKED:
        raise Unprocessable(f"Ask for 1 to {MOST_ASKED} numbers: ?isbn=9780142437247&oclc=1234.")
    works: dict[int, None] = {}
    for pair in pairs:
        if (work_id := await resolving.work_by_identifiers(session, [pair])) is not None:
            works[work_id] = None
    query = select(Post).where(*_OF_TITLES, Post.standing.in_(SEEN_BY_ALL), Post.about_id.in_(list(works)))
    if before := dict(asked).get("before", ""):
        query = query.where(Post.id < _number(before))
    found = list(await session.scalars(query.order_by(Post.id.desc()).limit(PAGE + 1))) if works else []
    items, told = await _page_of(session, library, found[:PAGE])
    address = f"{library.uris.root}/ap/lookup"
    page: Wire = {
        "@context": CONTEXT,
        "id": f"{address}?{urlencode(list(asked))}",
        "type": "CollectionPage",
        "partOf": address,
        "items": items,
    }
    if len(told) < len(found):
        page["next"] = f"{address}?{urlencode([*pairs, ('before', told[-1].id)])}"
    return page


async def _page_of(session: AsyncSession, library: Library, posts: Sequence[Post]) -> tuple[list[Wire], list[Post]]:
    """The documents of as many of these as one page holds, and which they are: at least one."""
    items: list[Wire] = []
    told: list[Post] = []
    size = 0
    for post in posts:
        wire = tombstone(post.uri, "Note") if post.standing in _GONE else await documents.post(session, library, post)
        item = {key: value for key, value in wire.items() if key != "@context"}
        size += len(json.dumps(item, ensure_ascii=False).encode())
        if told and size > PAGE_BYTES:
            break
        items.append(item)
        told.append(post)
    return items, told


async def reviews(session: AsyncSession, library: Library, work_id: int, page: int | None) -> Wire:
    """What our readers say of one title, by address: the collection with its first page, or one page. Raises NotFound or Gone."""
    work = await session.get(Work, work_id)
    if work is None:
        raise NotFound("There is no such title here.")
    if work.removed_at is not None:
        raise Gone("This title is no longer in the catalogue.")
    address = f"{library.uris.work(work_id)}/reviews"
    where: tuple[ColumnElement[bool], ...] = (*_OF_TITLES, Post.standing.in_(SEEN_BY_ALL), Post.about_id == work_id)
    total = await session.scalar(select(func.count()).select_from(Post).where(*where)) or 0
    query = select(Post.uri).where(*where).order_by(Post.published_at.desc(), Post.id.desc())
    part: Wire = {"id": f"{address}?page={page or 1}", "type": "OrderedCollectionPage", "partOf": address}
    part["orderedItems"] = list(await session.scalars(query.limit(PAGE).offset(((page or 1) - 1) * PAGE)))
    if (page or 1) * PAGE < total:
        part["next"] = f"{address}?page={(page or 1) + 1}"
    if page is not None:
        return {"@context": AS, **part, "totalItems": total}
    return {"@context": AS, "id": address, "type": "OrderedCollection", "totalItems": total, "first": part}


def _name(post: Post) -> str:
    """The place of a post among all changes: microseconds since 1970, and its number."""
    since = post.changed_at - datetime(1970, 1, 1, tzinfo=UTC)
    return f"{since // timedelta(microseconds=1)}-{post.id}"


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 18):
        raise Unprocessable("?before= is a number that we gave you.")
    return int(text)


def _place(name: str) -> tuple[datetime, int]:
    micros, _, number = name.partition("-")
    if name and not (micros.isdigit() and number.isdigit() and len(micros) <= 17 and len(number) <= 18 and name.isascii()):
        raise Unprocessable("This is no place among our changes. Begin without ?after=.")
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=int(micros or 0)), int(number or 0)
