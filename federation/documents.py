"""Our things as documents: actors, posts, collections, catalogue items (interop D)."""

from sqlalchemy import Select, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from community import text
from community.catalog.tables import Work
from community.errors import Gone, NotFound
from community.library import Library
from community.people.actors import Actor, ActorState
from community.people.follows import Follow, FollowState
from community.posts import clubs
from community.posts import post as posts
from community.posts.clubs import GROUP
from community.posts.post import SEEN_BY_ALL, Audience, Post
from federation import lights, proofs
from federation.renditions import facts
from federation.renditions.note import moment, note
from federation.renditions.table import RENDITIONS, plain
from federation.routing import Dialect
from federation.vocabulary import AS, CONTEXT
from federation.wire import Wire

FORMATS = {"ebook": ("EBook", "ebook"), "audiobook": ("AudiobookFormat", "audiobook"), "comic": ("GraphicNovel", "paperback")}
PAGE = 20
ADDRESSES = 100  # in one page of a conversation


async def actor(session: AsyncSession, library: Library, row: Actor) -> Wire:
    """An actor of ours. Readers are discoverable and indexable only if they chose so."""
    settings = library.settings
    if row.uri == library.uris.instance:
        return _instance(library, row)
    wire: Wire = {
        "@context": CONTEXT,
        "id": row.uri,
        "type": row.kind,
        "preferredUsername": row.username,
        "webfinger": f"{row.username}@{settings.domain}",
        "name": row.label,
        "summary": row.summary,
        "url": row.url or library.uris.profile(row.username),
        "inbox": f"{row.uri}/inbox",
        "outbox": f"{row.uri}/outbox",
        "followers": f"{row.uri}/followers",
        "following": f"{row.uri}/following",
        "featured": f"{row.uri}/featured",
        "endpoints": {"sharedInbox": library.uris.shared_inbox},
        "publicKey": {"id": row.key_id, "owner": row.uri, "publicKeyPem": row.public_key},
        "manuallyApprovesFollowers": row.manually_approves,
        "discoverable": row.discoverable,
        "indexable": row.indexable,
        "published": moment(row.created_at),
        "updated": moment(row.changed_at),
        "attributionDomains": [settings.domain],
        "attachment": [],
        "tag": [],
    }
    if row.uri == library.uris.library:
        shown = library.uris.root.partition("://")[2]
        link = f'<a href="{library.uris.root}/" rel="me nofollow noopener" target="_blank">{shown}</a>'
        wire["attachment"] = [{"type": "PropertyValue", "name": "Website", "value": link}]
        if settings.hours:
            wire["attachment"].append({"type": "PropertyValue", "name": "Opening hours", "value": text.escape(settings.hours)})
        if settings.address:
            wire["location"] = {"type": "Place", "name": settings.name, "address": settings.address}
    if row.multikey is not None:
        wire["assertionMethod"] = [_multikey(row)]
    if row.kind == GROUP and (club := await clubs.find(session, row.id)) is not None:
        keepers = f"{row.uri}/moderators"
        wire |= {
            "attributedTo": keepers,
            "moderators": keepers,
            "postingRestrictedToMods": club.hosts_only,
            "sensitive": False,
            "source": {"content": club.source, "mediaType": "text/markdown"},
            "language": [{"identifier": settings.language, "name": settings.language}],
            "url": f"{library.uris.root}/groups/{row.username}",
        }
    if row.kind == "Person" or row.uri == library.uris.library:
        # So BookWyrm asks our outbox for typed reviews when it first meets somebody, and sends what it calls a Review as one.
        wire["bookwyrmUser"] = True
    if row.icon_url:
        wire["icon"] = {"type": "Image", "mediaType": "image/png", "url": row.icon_url, "name": row.label}
    if row.state is ActorState.suspended:
        # Not 410: a suspension can be undone, and others forget for ever whoever is gone.
        wire |= {"suspended": True, "name": row.username, "summary": "", "discoverable": False, "indexable": False}
        wire.pop("icon", None)
    if row.moved_to:
        wire["movedTo"] = row.moved_to
    if row.also_known_as:
        wire["alsoKnownAs"] = row.also_known_as
    return wire


def _instance(library: Library, row: Actor) -> Wire:
    return {
        "@context": CONTEXT,
        "id": row.uri,
        "type": "Application",
        "preferredUsername": library.settings.domain,
        "name": library.settings.domain,
        "url": f"{library.uris.root}/about",
        "inbox": f"{row.uri}/inbox",
        "outbox": f"{row.uri}/outbox",
        "manuallyApprovesFollowers": True,
        "endpoints": {"sharedInbox": library.uris.shared_inbox},
        "publicKey": {"id": row.key_id, "owner": row.uri, "publicKeyPem": row.public_key},
        **({"assertionMethod": [_multikey(row)]} if row.multikey is not None else {}),
    }


def _multikey(row: Actor) -> Wire:
    """The key for proofs (FEP-521a)."""
    return {"id": f"{row.uri}#{proofs.KEY}", "type": "Multikey", "controller": row.uri, "publicKeyMultibase": row.multikey}


async def actor_by_name(session: AsyncSession, library: Library, username: str) -> Wire:
    """The actor of that name. Raises NotFound, or Gone for one who left."""
    row = await lights.find(session, library, username)
    if row is None:
        raise NotFound("There is nobody of that name here.")
    if row.state is ActorState.gone:
        raise Gone("They are no longer here.")
    return await actor(session, library, row)


async def post(session: AsyncSession, library: Library, row: Post, dialect: Dialect = Dialect.plain) -> Wire:
    """A post of ours in this dialect; plainly, as a Note or an Event, where that has nothing for it."""
    known = await facts.facts(session, row)
    return RENDITIONS[dialect](library, known) or plain(library, known)


async def post_by_uri(session: AsyncSession, library: Library, uri: str, dialect: Dialect = Dialect.plain) -> Wire:
    """The post at an address of ours. Raises Gone for what was taken away, NotFound for what was never there or is not public."""
    if await posts.is_tombstone(session, uri):
        raise Gone("This has been deleted.")
    row = await posts.by_uri(session, uri)
    if row is None and (work_id := library.uris.work_id(uri)) is not None:
        return await discussion(session, library, work_id)
    if row is None or not row.is_seen or row.audience not in {Audience.public, Audience.unlisted}:
        raise NotFound("There is nothing here that you may see.")
    return await post(session, library, row, dialect)


async def discussion(session: AsyncSession, library: Library, work_id: int) -> Wire:
    """The discussion of a title, also when nobody has needed its row yet. Raises NotFound, or Gone with the title."""
    if await session.scalar(select(Work.removed_at).where(Work.id == work_id)) is not None:
        raise Gone("This title is no longer in the catalogue.")
    known = await facts.item(session, work_id)
    host = (await session.scalars(select(Actor).where(Actor.uri == library.uris.library))).first()
    if known is None or host is None:
        raise NotFound("There is no such title here.")
    unwritten = Post(
        kind="discussion",
        token=f"work-{work_id}",
        uri=library.uris.discussion(work_id),
        url=library.uris.work(work_id),
        author_id=host.id,
        about_id=work_id,
        audience=Audience.public,
        published_at=known.announced_at,
    )
    return note(library, facts.Facts(unwritten, host, known, None, None, 0, 0))


async def replies(session: AsyncSession, uri: str, page: int | None = None) -> Wire:
    """The answers to a post that everyone may see, by address, the first first: the collection with its first page, or one page."""
    row = await posts.by_uri(session, uri)
    where = (Post.reply_to_id == (row.id if row is not None else 0), *_OPEN)
    total = await session.scalar(select(func.count()).select_from(Post).where(*where)) or 0
    query = select(Post.uri).where(*where).order_by(Post.published_at, Post.id)
    part = await _page(session, query, f"{uri}/replies", page or 1, total)
    if page is not None:
        return {"@context": AS, **part}
    return {"@context": AS, "id": f"{uri}/replies", "type": "Collection", "totalItems": total, "first": part}


async def conversation(session: AsyncSession, library: Library, work_id: int, page: int | None = None) -> Wire:
    """Everything that was said about a title, by address, the first first: the collection with its first page, or one page (FEP-7888)."""
    address = library.uris.context(work_id)
    where = (Post.about_id == work_id, *_OPEN, Post.kind != "discussion")
    total = await session.scalar(select(func.count()).select_from(Post).where(*where)) or 0
    query = select(Post.uri).where(*where).order_by(Post.published_at, Post.id)
    part = await _page(session, query, address, page or 1, total)
    part["items"] = [library.uris.discussion(work_id), *part["items"]] if page in {None, 1} else part["items"]
    if page is not None:
        return {"@context": AS, **part}
    return {
        "@context": AS,
        "id": address,
        "type": "Collection",
        "attributedTo": library.uris.library,
        "totalItems": total + 1,
        "first": part,
    }


_OPEN = (Post.standing.in_(SEEN_BY_ALL), Post.audience.in_([Audience.public, Audience.unlisted]))


async def _page(session: AsyncSession, query: Select[str], address: str, page: int, total: int) -> Wire:
    """One page of addresses; those before it are not read."""
    found = list(await session.scalars(query.limit(ADDRESSES).offset((page - 1) * ADDRESSES)))
    wire: Wire = {"id": f"{address}?page={page}", "type": "CollectionPage", "partOf": address, "items": found}
    if page * ADDRESSES < total:
        wire["next"] = f"{address}?page={page + 1}"
    return wire


async def outbox(session: AsyncSession, library: Library, username: str, *, page: int | None, only: str | None = None) -> Wire:
    """What an actor of ours has said to everyone, newest first: the collection, or one page. `only` Review: as BookWyrm asks for it,
    typed reviews of books, bare; of the library those of all its readers.
    """
    row = await lights.find(session, library, username)
    if row is None:
        raise NotFound("There is nobody of that name here.")
    where = [Post.author_id == row.id, Post.standing.in_(SEEN_BY_ALL), Post.audience == Audience.public, Post.kind != "discussion"]
    dialect, asked = Dialect.plain, ""
    if only == "Review":
        dialect, asked = Dialect.bookwyrm, "&type=Review"
        where.append(Post.kind == "review")
        if row.uri == library.uris.library:
            where[0] = Post.source.is_not(None)
    address = f"{row.uri}/outbox"
    total = await session.scalar(select(func.count()).select_from(Post).where(*where)) or 0
    if page is None:
        first = f"{address}?page=true{asked}"
        return {"@context": AS, "id": address, "type": "OrderedCollection", "totalItems": total, "first": first}
    items: list[Wire] = []
    query = select(Post).where(*where).order_by(Post.published_at.desc(), Post.id.desc()).limit(PAGE).offset((page - 1) * PAGE)
    for said in list(await session.scalars(query)):
        wire = await post(session, library, said, dialect)
        if only == "Review":
            if wire["type"] == "Review":
                items.append(wire)
            continue
        wire.pop("@context")
        items.append(
            {
                "id": library.uris.activity("create", said.token),
                "type": "Create",
                "actor": row.uri,
                "published": wire["published"],
                "to": wire["to"],
                "cc": wire["cc"],
                "object": wire,
            }
        )
    wire = {
        "@context": CONTEXT,
        "id": f"{address}?page={'true' if page == 1 else page}{asked}",
        "type": "OrderedCollectionPage",
        "partOf": address,
        "totalItems": total,
        "orderedItems": items,
    }
    if page * PAGE < total:
        wire["next"] = f"{address}?page={page + 1}{asked}"
    return wire


async def followers(session: AsyncSession, library: Library, username: str, side: str) -> Wire:
    """How many follow, or are followed. Who they are is nobody's business."""
    row = await lights.find(session, library, username)
    if row is None:
        raise NotFound("There is nobody of that name here.")
    column = Follow.followed_id if side == "followers" else Follow.follower_id
    query = select(func.count()).select_from(Follow).where(column == row.id, Follow.state == FollowState.granted)
    total = await session.scalar(query) or 0
    return {"@context": AS, "id": f"{row.uri}/{side}", "type": "OrderedCollection", "totalItems": total}
