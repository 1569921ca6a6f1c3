"""Who and what an address stands for: actors and catalogue items of other servers.

What needs the network is fetched first, outside any transaction; what is kept is written afterwards.
"""

import re
from dataclasses import dataclass, field
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from community import text, uris
from community.catalog.identifiers import isbn13
from community.catalog.tables import Edition, Identifier, Work
from community.clock import days, hours, now
from community.errors import Refusal
from community.people import actors, follows
from community.people.actors import Actor, ActorState
from federation import instances, suggesting
from federation.activities import Activity, announced, first, id_of, ids_of, many, type_of, words
from federation.answers import Unreachable
from federation.hub import Hub
from federation.tables import RemoteItem
from federation.vocabulary import ACTOR_TYPES, ITEM_TYPES
from federation.wire import Wire

FRESH_ACTOR: timedelta = days(1)
FRESH_ITEM: timedelta = hours(12)
MOST_NAME = 300
MOST_SUMMARY = 20_000
MOST_ADDRESS = 500  # what a column holds
MOST_PICTURE = 1000  # the same for the address of a picture
MOST_NUMBER = 60  # letters and digits of an identifier
# In the order in which we trust them to name one work.
SCHEMES = ("isbn", "oclc", "lccn", "openlibrary", "wikidata", "imdb", "ean")
# A name with an @, a gap or a hidden sign in it would be shown as somebody of another server.
_USERNAME = re.compile(r"[\w.:~+-]+")


class NotAnActor(Refusal):
    """The document at that address is not one of somebody who acts."""


@dataclass
class Known:
    """What was fetched for one activity: documents of actors and objects by their ids, and our works by item address."""

    actors: dict[str, Wire] = field(default_factory=dict)
    objects: dict[str, Wire] = field(default_factory=dict)
    works: dict[str, int | None] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)
    later: Unreachable | None = None  # an item's server did not answer: it may yet turn out to be a title of ours


def actor_columns(wire: Wire) -> dict[str, object]:
    """The columns of an actor's row, read from their document. Raises NotAnActor."""
    uri = wire.get("id")
    kind = type_of(wire)
    inbox = id_of(wire.get("inbox"))
    if not isinstance(uri, str) or kind not in ACTOR_TYPES or inbox is None:
        raise NotAnActor("That is not an actor: it needs an id, a known type and an inbox.", f"{uri} is {kind}")
    if len(uri) > MOST_ADDRESS or len(inbox) > MOST_ADDRESS:
        raise NotAnActor("The addresses of that actor are too long.", uri[:MOST_ADDRESS])
    home = uris.host(uri)
    username = wire.get("preferredUsername")
    if not isinstance(username, str) or len(username) > 150 or not _USERNAME.fullmatch(username) or uris.host(inbox) != home:
        raise NotAnActor("That actor has no name, or an inbox on another server.", uri)
    endpoints = wire.get("endpoints")
    shared = _address(endpoints.get("sharedInbox")) if isinstance(endpoints, dict) else None
    key = next((one for one in many(wire.get("publicKey")) if isinstance(one, dict)), {})
    pem = key.get("publicKeyPem")
    page = first(wire.get("url"))
    page = page.get("href") if isinstance(page, dict) else page
    icon = first(wire.get("icon"))
    icon = id_of(icon.get("url")) if isinstance(icon, dict) else icon
    return {
        "uri": uri,
        "kind": kind,
        "username": username,
        "domain": home,
        "name": text.plain(words(wire, "name"))[:MOST_NAME],
        "summary": text.safe_html(words(wire, "summary")[:MOST_SUMMARY]),  # cut before: half a tag is not safe
        "url": page if isinstance(page, str) and page.startswith("http") and uris.host(page) == home and len(page) <= 500 else None,
        "inbox": inbox,
        "shared_inbox": shared if shared and uris.host(shared) == home else None,
        "outbox": _address(wire.get("outbox")),
        "followers": _address(wire.get("followers")),
        "icon_url": _picture(icon),
        "key_id": _address(key),
        "public_key": pem if isinstance(pem, str) else None,
        "also_known_as": ids_of(wire.get("alsoKnownAs"))[:20],
        "moved_to": _address(wire.get("movedTo")),
        "manually_approves": wire.get("manuallyApprovesFollowers") is True,
        "discoverable": wire.get("discoverable") is True,
        "indexable": wire.get("indexable") is True,
    }


def _picture(icon: object) -> str | None:
    is_address = isinstance(icon, str) and icon.startswith(("https://", "http://")) and icon.isascii() and len(icon) <= MOST_PICTURE
    return str(icon) if is_address else None


def _address(value: object) -> str | None:
    """An address that a column holds; None for a longer one, which PostgreSQL would refuse together with all the rest."""
    found = id_of(value)
    return found if found is not None and len(found) <= MOST_ADDRESS else None


async def keep_actor(session: AsyncSession, wire: Wire) -> Actor:
    """Make or refresh the row of an actor of another server from their own document. Raises NotAnActor."""
    columns = actor_columns(wire)
    actor = await actors.by_uri(session, str(columns["uri"]))
    if actor is None:
        actor = Actor(uri=str(columns["uri"]))
        session.add(actor)
    elif actor.is_local:
        raise NotAnActor("That is one of ours.", actor.uri)
    for name, value in columns.items():
        setattr(actor, name, value)
    if actor.state is ActorState.gone:
        actor.state = ActorState.active
    actor.fetched_at = now()
    await session.flush()
    return actor


async def fetch_actor(hub: Hub, uri: str) -> Wire:
    """The document of an actor, from their own server. Raises NotAnActor or what the remote door raises."""
    wire = (await hub.remote.get_document(uri, sign_as=await hub.instance_signer())).json
    actor_columns(wire)
    return wire


async def find_actor(hub: Hub, uri: str) -> Actor:
    """The actor with this address, fetched if we do not know them or have not asked for a day."""
    async with hub.database.snapshot() as session:
        actor = await actors.by_uri(session, uri)
    if actor is not None and (actor.is_local or (actor.fetched_at and now() - actor.fetched_at < FRESH_ACTOR)):
        return actor
    wire = await fetch_actor(hub, uri)
    async with hub.database.transaction() as session:
        return await keep_actor(session, wire)


async def find_handle(hub: Hub, handle: str) -> Actor:
    """The actor called `@name@server` (or an address), by WebFinger and back. Raises Refusal in words for whoever typed it."""
    if handle.startswith(("https://", "http://")):
        return await find_actor(hub, handle)
    name, _, server = handle.strip().lstrip("@").partition("@")
    if not name or not server:
        raise Refusal("Write the address like @name@server.example.")
    scheme = "http" if hub.settings.allow_private_network and ":" in server else "https"
    address = f"{scheme}://{server}/.well-known/webfinger?resource=acct:{name}@{server}"
    found = await hub.remote.get_json(address, "application/jrd+json, application/json")
    for link in many(found.get("links")):
        if isinstance(link, dict) and link.get("rel") == "self" and "json" in str(link.get("type")) and isinstance(link.get("href"), str):
            return await find_actor(hub, link["href"])
    raise Refusal(f"{server} knows nobody called {name}.")


def item_of(wire: Wire) -> str | None:
    """The catalogue item that an object speaks of: BookWyrm's, NeoDB's and our own way of saying so."""
    if (book := id_of(wire.get("inReplyToBook"))) is not None:
        return book
    for piece in many(wire.get("relatedWith")):
        if isinstance(piece, dict) and (item := id_of(piece.get("withRegardTo"))) is not None:
            return item
    for tag in many(wire.get("tag")):
        if isinstance(tag, dict) and type_of(tag) in ITEM_TYPES and (item := id_of(tag.get("href"))) is not None:
            return item
    return None


def identifiers(wire: Wire) -> list[tuple[str, str]]:
    """What the world knows an item by, as (scheme, value), in the order in which we trust them."""
    found: list[tuple[str, str]] = []

    def add(scheme: str, value: object) -> None:
        if isinstance(value, str | int) and 0 < len(str(value).strip()) <= MOST_NUMBER:
            found.append((scheme, str(value).strip()))

    for name in ("isbn13", "isbn", "isbn10"):
        # As thirteen digits, however it is written: ours are kept so, and a wrong one names nothing.
        add("isbn", isbn13(str(wire.get(name) or "")[:MOST_NUMBER]))
    add("oclc", wire.get("oclcNumber"))
    add("lccn", wire.get("lccn"))
    add("openlibrary", wire.get("openlibraryKey"))
    add("wikidata", wire.get("wikidata"))
    add("imdb", wire.get("imdb"))
    add("ean", wire.get("barcode"))
    for resource in many(wire.get("external_resources")):
        address = resource.get("url") if isinstance(resource, dict) else resource
        if isinstance(address, str):
            last = address.rstrip("/").rpartition("/")[2]
            for mark, scheme in (
                ("wikidata.org/", "wikidata"),
                ("imdb.com/title/", "imdb"),
                ("openlibrary.org/", "openlibrary"),
                ("worldcat.org/", "oclc"),
            ):
                if mark in address:
                    add(scheme, last)
    return sorted(dict.fromkeys(found), key=lambda pair: SCHEMES.index(pair[0]))


async def work_by_identifiers(session: AsyncSession, pairs: list[tuple[str, str]]) -> int | None:
    """Our work that one of these identifiers names, the most trusted first. Never by title."""
    for scheme, value in pairs:
        query = (
            select(Edition.work_id)
            .join(Identifier, Identifier.edition_id == Edition.id)
            .where(Identifier.scheme == scheme, Identifier.value == value, Edition.removed_at.is_(None))
            .order_by(Edition.work_id)
            .limit(1)
        )
        if (work_id := await session.scalar(query)) is not None:
            return work_id
    return None


async def our_work(session: AsyncSession, hub: Hub, uri: str) -> int | None:
    """The work that an address of ours stands for: a work, one of its editions, or its discussion."""
    if (work_id := hub.uris.work_id(uri)) is not None:
        return await session.scalar(select(Work.id).where(Work.id == work_id, Work.removed_at.is_(None)))
    if (edition_id := hub.uris.edition_id(uri)) is not None:
        return await session.scalar(select(Edition.work_id).where(Edition.id == edition_id))
    return None


async def find_work(hub: Hub, uri: str) -> int | None:
    """Our work for an item anywhere: ours by its address, another server's by the identifiers in its own document."""
    async with hub.database.snapshot() as session:
        if hub.uris.is_ours(uri):
            return await our_work(session, hub, uri)
        known = await session.get(RemoteItem, uri)
        if known is not None and now() - known.fetched_at < FRESH_ITEM:
            return known.work_id
    try:
        wire = (await hub.remote.get_document(uri, sign_as=await hub.instance_signer())).json
    except Unreachable:
        if known is None:
            raise
        return known.work_id  # what it was yesterday, it most likely is today
    async with hub.database.transaction() as session:
        numbers = identifiers(wire)
        work_id = await work_by_identifiers(session, numbers)
        if work_id is not None:
            await suggesting.note(session, uris.host(uri), work_id, numbers)
        await session.merge(RemoteItem(uri=uri[:500], work_id=work_id, fetched_at=now()))
    return work_id


async def gather(hub: Hub, activity: Activity) -> Known:
    """Fetch what handling this activity will need. What cannot be had is a problem to note, not an error."""
    known = Known()
    await _gather_actor(hub, known, activity.actor)
    if activity.type == "Follow":
        await instances.ask_first(hub, uris.host(activity.actor))
    if activity.type in {"Create", "Update"}:
        wire = activity.embedded
        if wire is None and activity.object_id is not None and uris.host(activity.object_id) == uris.host(activity.actor):
            wire = await _gather_object(hub, known, activity.object_id)
        if wire is not None:
            await _gather_item(hub, known, wire)
    elif activity.type == "Announce":
        await _gather_announced(hub, known, activity)
    elif activity.type == "Move" and (target := id_of(activity.wire.get("target"))) is not None and not hub.uris.is_ours(target):
        await _gather_actor(hub, known, target, anew=True)
    return known


async def _gather_actor(hub: Hub, known: Known, uri: str, *, anew: bool = False) -> None:
    async with hub.database.snapshot() as session:
        actor = await actors.by_uri(session, uri)
    if actor is not None and not anew and (actor.is_local or (actor.fetched_at and now() - actor.fetched_at < FRESH_ACTOR)):
        return
    try:
        wire = await fetch_actor(hub, uri)
    except Refusal as cause:
        known.problems.append(f"{uri}: {cause}")
        return
    # Their address may lead to somebody else by now, who said nothing of this.
    if wire.get("id") == uri:
        known.actors[uri] = wire
    else:
        known.problems.append(f"{uri} leads to {wire.get('id')}")


async def _gather_object(hub: Hub, known: Known, uri: str) -> Wire | None:
    try:
        wire = (await hub.remote.get_document(uri, sign_as=await hub.instance_signer())).json
    except Refusal as cause:
        known.problems.append(f"{uri}: {cause}")
        return None
    if wire.get("id") != uri:
        known.problems.append(f"{uri} leads to {wire.get('id')}")
        return None
    known.objects[uri] = wire
    return wire


async def _gather_item(hub: Hub, known: Known, wire: Wire) -> None:
    item = item_of(wire)
    if item is None:
        return
    try:
        known.works[item] = await find_work(hub, item)
    except Unreachable as cause:
        known.later = cause
        known.problems.append(f"{item}: {cause}")
    except Refusal as cause:
        known.problems.append(f"{item}: {cause}")


async def _gather_announced(hub: Hub, known: Known, activity: Activity) -> None:
    """A boost of somebody else's review by a server that we follow: read it at its own origin."""
    uri = announced(activity)
    if uri is None or hub.uris.is_ours(uri):
        return
    async with hub.database.snapshot() as session:
        heard = await _is_followed(session, activity.actor)
    if not heard:
        return
    wire = await _gather_object(hub, known, uri)
    if wire is not None:
        await gather_post(hub, known, wire)


async def gather_post(hub: Hub, known: Known, wire: Wire) -> None:
    """Fetch what keeping this post will need that we read at its own address: its author, who must be at home there, and its title."""
    author = id_of(wire.get("attributedTo"))
    if author is not None and uris.host(author) == uris.host(str(wire.get("id"))):
        await _gather_actor(hub, known, author)
        await _gather_item(hub, known, wire)


async def _is_followed(session: AsyncSession, uri: str) -> bool:
    actor = await actors.by_uri(session, uri)
    return actor is not None and await follows.is_followed_by_us(session, actor)
