"""Our things as documents: actors, posts, collections, catalogue items (interop D)."""

from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import selectinload

from community import text
from community.catalog.tables import Agent, Contribution, Edition, Work
from community.errors import Gone, NotFound
from community.library import Library
from community.people.actors import Actor, ActorState
from community.people.follows import Follow, FollowState
from community.posts import post as posts
from community.posts.post import SEEN_BY_ALL, Audience, Post
from federation.renditions import facts
from federation.renditions.event import event
from federation.renditions.note import moment, note
from federation.vocabulary import AS, CONTEXT, ITEM_CONTEXT
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
        "url": library.uris.profile(row.username),
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
    }


async def actor_by_name(session: AsyncSession, library: Library, username: str) -> Wire:
    """The actor of that name. Raises NotFound, or Gone for one who left."""
    row = (await session.scalars(select(Actor).where(Actor.username == username, Actor.domain.is_(None)))).first()
    if row is None:
        raise NotFound("There is nobody of that name here.")
    if row.state is ActorState.gone:
        raise Gone("They are no longer here.")
    return await actor(session, library, row)


async def post(session: AsyncSession, library: Library, row: Post) -> Wire:
    """A post of ours, as a Note or an Event."""
    known = await facts.facts(session, row)
    return event(library, known) if row.kind == "event" else note(library, known)


async def post_by_uri(session: AsyncSession, library: Library, uri: str) -> Wire:
    """The post at an address of ours. Raises Gone for what was taken away, NotFound for what was never there or is not public."""
    if await posts.is_tombstone(session, uri):
        raise Gone("This has been deleted.")
    row = await posts.by_uri(session, uri)
    if row is None and (work_id := library.uris.work_id(uri)) is not None:
        return await discussion(session, library, work_id)
    if row is None or not row.is_seen or row.audience not in {Audience.public, Audience.unlisted}:
        raise NotFound("There is nothing here that you may see.")
    return await post(session, library, row)


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


async def outbox(session: AsyncSession, library: Library, username: str, *, page: bool) -> Wire:
    """What an actor of ours has said to everyone, newest first."""
    row = (await session.scalars(select(Actor).where(Actor.username == username, Actor.domain.is_(None)))).first()
    if row is None:
        raise NotFound("There is nobody of that name here.")
    where = (
        Post.author_id == row.id,
        Post.standing.in_(SEEN_BY_ALL),
        Post.audience == Audience.public,
        Post.kind != "discussion",
    )
    address = f"{row.uri}/outbox"
    total = await session.scalar(select(func.count()).select_from(Post).where(*where)) or 0
    if not page:
        return {"@context": AS, "id": address, "type": "OrderedCollection", "totalItems": total, "first": f"{address}?page=true"}
    items: list[Wire] = []
    for said in await session.scalars(select(Post).where(*where).order_by(Post.published_at.desc()).limit(PAGE)):
        wire = await post(session, library, said)
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
    return {
        "@context": CONTEXT,
        "id": f"{address}?page=true",
        "type": "OrderedCollectionPage",
        "partOf": address,
        "totalItems": total,
        "orderedItems": items,
    }


async def followers(session: AsyncSession, library: Library, username: str, side: str) -> Wire:
    """How many follow, or are followed. Who they are is nobody's business."""
    row = (await session.scalars(select(Actor).where(Actor.username == username, Actor.domain.is_(None)))).first()
    if row is None:
        raise NotFound("There is nobody of that name here.")
    column = Follow.followed_id if side == "followers" else Follow.follower_id
    query = select(func.count()).select_from(Follow).where(column == row.id, Follow.state == FollowState.granted)
    total = await session.scalar(query) or 0
    return {"@context": AS, "id": f"{row.uri}/{side}", "type": "OrderedCollection", "totalItems": total}


async def work(session: AsyncSession, library: Library, work_id: int) -> Wire:
    """A work, as BookWyrm reads it."""
    row = await session.get(Work, work_id, options=[selectinload(Work.editions), selectinload(Work.subjects)])
    if row is None:
        raise NotFound("There is no such title here.")
    if row.removed_at is not None:
        raise Gone("This title is no longer in the catalogue.")
    authors = await _agents(session, Contribution.work_id == work_id)
    return {
        "@context": ITEM_CONTEXT,
        "id": library.uris.work(work_id),
        "type": "Work",
        "title": row.title,
        "sortTitle": row.sort_title,
        "description": row.description,
        "languages": [row.language] if row.language else [],
        "authors": list(dict.fromkeys(library.uris.author(agent.id) for agent, role in authors if role in facts.MAKERS)),
        "firstPublishedDate": str(row.first_year or ""),
        "publishedDate": "",
        "subjects": [subject.label for subject in row.subjects],
        "subjectPlaces": [subject.label for subject in row.subjects if subject.kind == "place"],
        "editions": [library.uris.edition(edition.id) for edition in row.editions if edition.removed_at is None],
        "cover": {"type": "Document", "mediaType": "image/png", "url": library.uris.cover(work_id, "png"), "name": row.title},
        "replies": f"{library.uris.discussion(work_id)}/replies",
        "context": library.uris.context(work_id),
    }


async def edition(session: AsyncSession, library: Library, edition_id: int) -> Wire:
    """An edition with BookWyrm's and NeoDB's keys side by side; a film or an album with NeoDB's (interop D.2)."""
    options = [selectinload(Edition.identifiers), selectinload(Edition.work).selectinload(Work.subjects)]
    row = await session.get(Edition, edition_id, options=options)
    if row is None:
        raise NotFound("There is no such edition here.")
    if row.removed_at is not None:
        raise Gone("This edition is no longer in the catalogue.")
    agents = await _agents(session, Contribution.edition_id == edition_id)
    names: dict[str, list[str]] = {}
    for agent, role in agents:
        names.setdefault(role, []).append(agent.name)
    known = {identifier.scheme: identifier.value for identifier in row.identifiers}
    physical, plain_format = FORMATS.get(row.form, ("Paperback", "paperback"))
    address = library.uris.edition(edition_id)
    cover = library.uris.cover(row.work_id, "png")
    titles = [{"lang": row.languages[0] if row.languages else library.settings.language, "text": row.title}]
    original = row.work.original_title
    resources = [f"https://www.wikidata.org/wiki/{known['wikidata']}"] if "wikidata" in known else []
    resources += [f"https://www.imdb.com/title/{known['imdb']}/"] if "imdb" in known else []
    wire: Wire = {
        "@context": ITEM_CONTEXT,
        "id": address,
        "type": {"film": "Movie", "music": "Album", "game": "Game"}.get(row.form, "Edition"),
        "url": address,
        "attributedTo": library.uris.library,
        "published": moment(row.created_at),
        "updated": moment(row.changed_at),
        "name": row.title,
        "title": row.title,
        "sortTitle": row.work.sort_title,
        "subtitle": row.subtitle or "",
        "description": row.description,
        "display_title": row.title,
        "orig_title": original or row.title,
        "localized_title": titles,
        "localized_description": [{"lang": titles[0]["lang"], "text": row.description}] if row.description else [],
        "work": library.uris.work(row.work_id),
        "authors": list(dict.fromkeys(library.uris.author(agent.id) for agent, role in agents if role in facts.MAKERS)),
        "author": names.get("aut", names.get("", [])),
        "translator": names.get("trl", []),
        "languages": row.languages,
        "language": row.languages,
        "publishers": [row.publisher] if row.publisher else [],
        "publisher": [row.publisher] if row.publisher else [],
        "pub_house": row.publisher or "",
        "publishedDate": str(row.year or ""),
        "firstPublishedDate": str(row.work.first_year or ""),
        "pub_year": row.year,
        "pub_month": None,
        "pages": row.pages,
        "physicalFormat": physical,
        "physicalFormatDetail": "",
        "format": plain_format,
        "binding": physical,
        "series": row.series[0].partition(" ; ")[0] if row.series else "",
        "seriesNumber": row.series[0].partition(" ; ")[2] if row.series else "",
        "subjects": [subject.label for subject in row.work.subjects],
        "subjectPlaces": [],
        "cover": {"type": "Document", "mediaType": "image/png", "url": cover, "name": row.title},
        "image": {"type": "Image", "mediaType": "image/png", "url": cover},
        "cover_image_url": cover,
        "category": {"film": "movie", "music": "music", "game": "game"}.get(row.form, "book"),
        "uuid": str(edition_id),
        "api_url": address,
        "parent_uuid": None,
        "external_resources": [{"url": resource} for resource in resources],
        "tags": [],
        "fileLinks": [],
        "replies": f"{library.uris.discussion(row.work_id)}/replies",
        "context": library.uris.context(row.work_id),
    }
    if "isbn" in known:
        wire |= {"isbn13": known["isbn"], "isbn": known["isbn"]}
    for name, scheme in (
        ("oclcNumber", "oclc"),
        ("lccn", "lccn"),
        ("openlibraryKey", "openlibrary"),
        ("wikidata", "wikidata"),
        ("imdb", "imdb"),
        ("barcode", "ean"),
    ):
        if scheme in known:
            wire[name] = known[scheme]
    if row.form == "film":
        wire |= {
            "director": names.get("drt", []),
            "playwright": names.get("aus", []),
            "actor": names.get("act", []),
            "year": row.year,
            "genre": [],
        }
    if row.form == "music":
        wire |= {"artist": names.get("prf", names.get("cmp", names.get("", []))), "company": wire["publisher"], "genre": []}
    return wire


async def author(session: AsyncSession, library: Library, agent_id: int) -> Wire:
    """Somebody who made something, as BookWyrm reads them."""
    row = await session.get(Agent, agent_id)
    if row is None:
        raise NotFound("There is nobody of that name in the catalogue.")
    known = dict(pair.partition(" ")[::2] for pair in row.identifiers)
    born, _, died = (row.dates or "").strip("().").partition("-")
    return {
        "@context": ITEM_CONTEXT,
        "id": library.uris.author(agent_id),
        "type": "Author",
        "name": row.name,
        "aliases": [row.sort_name] if row.sort_name != row.name else [],
        "bio": "",
        "born": born if born.isdigit() else "",
        "died": died if died.isdigit() else "",
        "isni": known.get("isni", ""),
        "viafId": known.get("viaf", ""),
        "wikidata": known.get("wikidata", ""),
        "wikipediaLink": "",
        "website": "",
    }


async def _agents(session: AsyncSession, where: ColumnElement[bool]) -> list[tuple[Agent, str]]:
    query = (
        select(Agent, Contribution.role).join(Contribution, Contribution.agent_id == Agent.id).where(where).order_by(Contribution.position)
    )
    return [(agent, role) for agent, role in (await session.execute(query)).all()]
