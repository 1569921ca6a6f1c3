"""What our readers say of titles, for partner libraries: every change in its order, and by the numbers of a title (interop D.9).

Only what everyone may read; other servers could gather the same from our outboxes, with more trouble for both.
"""

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
MOST_ASKED = 50  # numbers in one question
PER_WORK = 20
# Transactions do not commit in the order of changed_at: what is younger is told with the next page.
SETTLES: timedelta = seconds(3)
SCHEMES = ("isbn", "oclc", "lccn", "openlibrary", "wikidata", "imdb", "ean")
KINDS = ("review", "rating", "comment")
_OPEN = Post.audience.in_([Audience.public, Audience.unlisted])
_OF_TITLES = (Post.source.is_not(None), Post.kind.in_(KINDS), Post.about_id.is_not(None), Post.reply_to_id.is_(None), _OPEN)
_GONE = (Standing.deleted, Standing.removed)


async def changes(session: AsyncSession, library: Library, after: str, until: timedelta = SETTLES) -> Wire:
    """What changed after this place, the oldest first: posts whole, what is gone as Tombstones. `next` is where to go on, also later."""
    moment, number = _place(after)
    address = f"{library.uris.root}/ap/changes"
    later = or_(Post.changed_at > moment, and_(Post.changed_at == moment, Post.id > number))
    query = select(Post).where(*_OF_TITLES, Post.standing.in_([*SEEN_AT_ALL, *_GONE]), later, Post.changed_at <= now() - until)
    found = list(await session.scalars(query.order_by(Post.changed_at, Post.id).limit(PAGE)))
    items: list[Wire] = []
    for post in found:
        wire = tombstone(post.uri, "Note") if post.standing in _GONE else await documents.post(session, library, post)
        items.append({key: value for key, value in wire.items() if key != "@context"})
    last = _name(found[-1]) if found else after
    return {
        "@context": CONTEXT,
        "id": f"{address}?after={after}",
        "type": "OrderedCollectionPage",
        "partOf": address,
        "orderedItems": items,
        "next": f"{address}?after={last}",
    }


async def lookup(session: AsyncSession, library: Library, asked: Sequence[tuple[str, str]]) -> Wire:
    """What our readers say of the titles that have one of these numbers, whole, the newest first. Raises Unprocessable for too many."""
    pairs = list(dict.fromkeys((scheme, value) for scheme, value in asked if scheme in SCHEMES and value))
    if not pairs or len(pairs) > MOST_ASKED:
        raise Unprocessable(f"Ask for 1 to {MOST_ASKED} numbers: ?isbn=9780142437247&oclc=1234.")
    works: dict[int, None] = {}
    for pair in pairs:
        if (work_id := await resolving.work_by_identifiers(session, [pair])) is not None:
            works[work_id] = None
    nth = func.row_number().over(partition_by=Post.about_id, order_by=[Post.published_at.desc(), Post.id.desc()]).label("nth")
    ranked = select(Post.id, nth).where(*_OF_TITLES, Post.standing.in_(SEEN_BY_ALL), Post.about_id.in_(list(works))).subquery()
    query = select(Post).join(ranked, ranked.c.id == Post.id).where(ranked.c.nth <= PER_WORK).order_by(Post.id.desc())
    found = list(await session.scalars(query)) if works else []
    items = [await documents.post(session, library, post) for post in found]
    return {
        "@context": CONTEXT,
        "id": f"{library.uris.root}/ap/lookup?{urlencode(list(asked))}",
        "type": "Collection",
        "totalItems": len(items),
        "items": [{key: value for key, value in wire.items() if key != "@context"} for wire in items],
    }


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


def _place(name: str) -> tuple[datetime, int]:
    micros, _, number = name.partition("-")
    if name and not (micros.isdigit() and number.isdigit() and len(micros) <= 17 and len(number) <= 18 and name.isascii()):
        raise Unprocessable("This is no place among our changes. Begin without ?after=.")
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=int(micros or 0)), int(number or 0)
