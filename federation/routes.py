"""The addresses that other servers call, on one screen."""

import asyncio
import json
import logging
import re
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.applications import Starlette
from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route
from starlette.types import Message, Receive, Scope, Send

from community import uris
from community.errors import Gone, NotFound, Refusal, TooLarge, TryLater
from community.people import actors
from community.posts import clubs, topics
from community.posts import post as posts
from community.posts.post import Tombstone
from community.uris import PUBLIC
from federation import asking, consent, counters, discovery, documents, flows, inbox, lights, sharing
from federation import clubs as announced
from federation.hub import Hub
from federation.renditions.note import moment
from federation.routing import Dialect
from federation.signatures import Received
from federation.tables import Outgoing
from federation.vocabulary import AS, CONTEXT, MEDIA_TYPE
from federation.wire import MAX_BYTES, Wire, read_json

log = logging.getLogger("bookmobile.door")

PREFIXES = ("/ap/", "/actor", "/.well-known/webfinger", "/.well-known/nodeinfo", "/.well-known/host-meta", "/nodeinfo/")
BOOKWYRM = re.compile(r"\(BookWyrm/[0-9]+\.[0-9]+\.[0-9]+;")  # how it names itself when it fetches a status
SLOW_BODY = 30.0  # seconds in which a body must have come
ACCEPTED: list[Message] = [
    {"type": "http.response.start", "status": 202, "headers": [(b"content-length", b"0")]},
    {"type": "http.response.body", "body": b""},
]


class Door:
    """The inbox as a bare ASGI application, because everything passes through it; the rest by routes."""

    def __init__(self, hub: Hub) -> None:
        self.hub = hub
        self._rest = Starlette(routes=ROUTES, exception_handlers={Refusal: refused})
        self._rest.state.hub = hub

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["method"] == "POST" and is_inbox(scope["path"]):
            await self._take_in(scope, receive, send)
        elif scope["type"] == "http" and scope["path"].startswith("/ap/"):
            await self._show(scope, receive, send)
        else:
            await self._rest(scope, receive, send)

    async def _show(self, scope: Scope, receive: Receive, send: Send) -> None:
        """A document of ours, to whoever may see it. What was answered to one who signed is kept for nobody else."""
        try:
            scope["asker"] = await asking.who(self.hub, scope)
        except Refusal as cause:
            await _answer(cause)(scope, receive, send)
            return

        async def marked(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers["Vary"] = ", ".join(dict.fromkeys([headers.get("Vary", "Accept"), "Signature", "Signature-Input"]))
                if scope["asker"] is not None:
                    headers["Cache-Control"] = "private, max-age=30" if message["status"] == 200 else "no-store"
            await send(message)

        await self._rest(scope, receive, marked)

    async def _take_in(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            body = await read_body(scope, receive)
            await inbox.receive(self.hub, Received.of(scope, body))
        except Refusal as cause:
            log.info("refused at the inbox: %d %s: %s", cause.status, type(cause).__name__, str(cause)[:300])
            counters.answered(cause.status)
            await _answer(cause)(scope, receive, send)
        except (SQLAlchemyError, OSError) as cause:
            log.error("could not store what came in: %s", cause)
            counters.answered(503)
            await _answer(TryLater("We cannot store this now. Try again later."))(scope, receive, send)
        else:
            counters.answered(202)
            for message in ACCEPTED:
                await send(message)


def is_inbox(path: str) -> bool:
    """Whether activities are posted there."""
    return path.endswith("/inbox") and path.startswith(("/ap/", "/actor"))


def is_ours(path: str) -> bool:
    """Whether an address belongs to this room."""
    return path.startswith(PREFIXES)


async def read_body(scope: Scope, receive: Receive, most: int = MAX_BYTES) -> bytes:
    """The body of a request, at most `most` bytes. Raises TooLarge, or Refusal when it never ends."""
    for name, value in scope["headers"]:
        if name == b"content-length" and (not value.isdigit() or int(value) > most):
            raise TooLarge("An activity may have at most 1 MB.")
    chunks: list[bytes] = []
    size = 0
    try:
        async with asyncio.timeout(SLOW_BODY):
            while True:
                message = await receive()
                if message["type"] == "http.disconnect":
                    raise Refusal("The connection closed before the body was complete.")
                chunk = message.get("body", b"")
                size += len(chunk)
                if size > most:
                    raise TooLarge("An activity may have at most 1 MB.")
                chunks.append(chunk)
                if not message.get("more_body"):
                    return b"".join(chunks)
    except TimeoutError as cause:
        raise Refusal("The body came too slowly.") from cause


def _answer(cause: Refusal) -> Response:
    headers = {"Retry-After": str(getattr(cause, "retry_after", None) or 300)} if cause.status == 503 else None
    return JSONResponse({"error": cause.public}, status_code=cause.status, headers=headers)


async def refused(_request: Request, cause: Exception) -> Response:
    """A refusal as JSON."""
    if not isinstance(cause, Refusal):
        raise cause
    return _answer(cause)


class ActivityResponse(JSONResponse):
    """A document for other servers."""

    media_type = MEDIA_TYPE

    def render(self, content: Any) -> bytes:
        return json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()


def said(wire: Wire, status: int = 200) -> Response:
    """This document, cacheable for a moment by anyone, but not as HTML."""
    headers = {"Vary": "Accept", "Cache-Control": "public, max-age=30" if status == 200 else "no-store"}
    return ActivityResponse(wire, status_code=status, headers=headers)


def wants_page(request: Request) -> bool:
    """Whether whoever asks is a browser."""
    return "text/html" in request.headers.get("accept", "")


def _hub(request: Request) -> Hub:
    hub: Hub = request.app.state.hub
    return hub


def _page(request: Request) -> int | None:
    """Which page of a collection is asked for; None for the collection itself."""
    asked = request.query_params.get("page")
    if asked is None:
        return None
    if not (asked.isascii() and asked.isdigit() and 0 < int(asked[:6]) <= 10_000 and len(asked) < 6):
        raise NotFound("There is no such page.")
    return int(asked)


async def _welcome(request: Request, session: AsyncSession, owner: str) -> None:
    """Raises NotFound where whoever asks may not see what belongs to this actor of ours."""
    await asking.refuse_unwelcome(session, request.scope.get("asker"), owner)


async def _is_given(request: Request, session: AsyncSession) -> bool:
    """Whether whoever asks is still given what our readers say: a librarian may have stopped that for a partner library."""
    asker = request.scope.get("asker")
    return asker is None or await flows.gives_to(session, uris.host(asker))


async def show_instance(request: Request) -> Response:
    hub = _hub(request)
    async with hub.database.snapshot() as session:
        row = await actors.by_uri(session, hub.uris.instance)
        if row is None:
            raise TryLater("This library is not ready yet.")
        return said(await documents.actor(session, hub.library, row))


async def show_actor(request: Request) -> Response:
    hub, name = _hub(request), request.path_params["name"]
    if wants_page(request):
        async with hub.database.snapshot() as session:
            light = await lights.find(session, hub.library, name) if topics.is_topic(name) else None
            return RedirectResponse((light.url if light is not None else None) or hub.uris.profile(name), status_code=303)
    async with hub.database.snapshot() as session:
        await _welcome(request, session, hub.uris.actor(name))
        try:
            return said(await documents.actor_by_name(session, hub.library, name))
        except Gone:
            return said({"@context": CONTEXT, "id": hub.uris.actor(name), "type": "Tombstone", "formerType": "Person"}, 410)


async def show_outbox(request: Request) -> Response:
    hub = _hub(request)
    async with hub.database.snapshot() as session:
        await _welcome(request, session, hub.uris.actor(request.path_params["name"]))
        only = request.query_params.get("type")
        if (club := await session.run_sync(lambda inner: clubs.by_name(inner, request.path_params["name"]))) is not None:
            page = 1 if request.query_params.get("page") == "true" else _page(request)
            return said(await announced.outbox_of(session, club, page))
        page = 1 if request.query_params.get("page") == "true" else _page(request)
        return said(await documents.outbox(session, hub.library, request.path_params["name"], page=page, only=only))


async def show_count(request: Request) -> Response:
    hub, side = _hub(request), request.url.path.rpartition("/")[2]
    async with hub.database.snapshot() as session:
        await _welcome(request, session, hub.uris.actor(request.path_params["name"]))
        return said(await documents.followers(session, hub.library, request.path_params["name"], side))


async def show_moderators(request: Request) -> Response:
    """Who keeps a book club."""
    async with _hub(request).database.snapshot() as session:
        club = await session.run_sync(lambda inner: clubs.by_name(inner, request.path_params["name"]))
        if club is None:
            raise NotFound("There is no club of that name here.")
        return said(await announced.moderators(session, club))


async def show_featured(request: Request) -> Response:
    address = f"{_hub(request).uris.actor(request.path_params['name'])}/featured"
    return said({"@context": AS, "id": address, "type": "OrderedCollection", "totalItems": 0, "orderedItems": []})


async def show_empty_outbox(request: Request) -> Response:
    address = f"{_hub(request).uris.instance}/outbox"
    return said({"@context": AS, "id": address, "type": "OrderedCollection", "totalItems": 0, "orderedItems": []})


async def show_post(request: Request) -> Response:
    """A review, rating, comment, announcement, discussion or event: JSON for servers, its page for people."""
    hub, name = _hub(request), request.path_params["name"]
    uri = hub.uris.event(name) if request.url.path.startswith("/ap/events/") else hub.uris.note(name)
    async with hub.database.snapshot() as session:
        await _welcome(request, session, hub.uris.library)
        gone = await session.get(Tombstone, uri)
        if gone is not None:
            wire = {"@context": CONTEXT, "id": uri, "type": "Tombstone", "formerType": gone.former_type, "deleted": moment(gone.deleted_at)}
            return said(wire, 410)
        dialect = Dialect.bookwyrm if BOOKWYRM.search(request.headers.get("user-agent", "")) else Dialect.plain
        wire = await documents.post_by_uri(session, hub.library, uri, dialect)
        await _welcome(request, session, str(wire["attributedTo"]))
        if wants_page(request):
            return RedirectResponse(str(wire["url"]), status_code=303)
        answer = said(wire)
        answer.headers["Vary"] = "Accept, User-Agent"
        return answer


async def show_replies(request: Request) -> Response:
    hub, name = _hub(request), request.path_params["name"]
    uri = hub.uris.event(name) if request.url.path.startswith("/ap/events/") else hub.uris.note(name)
    async with hub.database.snapshot() as session:
        wire = await documents.post_by_uri(session, hub.library, uri)  # raises when it may not be seen
        await _welcome(request, session, str(wire["attributedTo"]))
        return said(await documents.replies(session, uri, _page(request)))


async def show_reactions(request: Request) -> Response:
    """How many like it, or pass it on. Who they are is nobody's business."""
    hub, side = _hub(request), request.url.path.rpartition("/")[2]
    uri = hub.uris.note(request.path_params["name"])
    async with hub.database.snapshot() as session:
        wire = await documents.post_by_uri(session, hub.library, uri)
        await _welcome(request, session, str(wire["attributedTo"]))
        return said({"@context": AS, **wire[side]})


async def show_changes(request: Request) -> Response:
    """What our readers said, changed and took back, for libraries that keep in step with us."""
    hub = _hub(request)
    async with hub.database.snapshot() as session:
        await _welcome(request, session, hub.uris.library)
        after, given = request.query_params.get("after", ""), await _is_given(request, session)
        return said(await sharing.changes(session, hub.library, after, only_gone=not given))


async def look_up(request: Request) -> Response:
    """What our readers say of the titles with these numbers."""
    hub = _hub(request)
    async with hub.database.snapshot() as session:
        await _welcome(request, session, hub.uris.library)
        if not await _is_given(request, session):
            raise NotFound("There is nothing here that you may see.")
        return said(await sharing.lookup(session, hub.library, request.query_params.multi_items()))


async def show_quote_authorization(request: Request) -> Response:
    hub = _hub(request)
    async with hub.database.snapshot() as session:
        return said(await consent.authorization(session, hub.library, request.path_params["name"]))


async def show_context(request: Request) -> Response:
    hub = _hub(request)
    work_id = hub.uris.work_id(f"{hub.uris.root}{request.url.path}")
    if work_id is None:
        raise NotFound("There is no such conversation here.")
    async with hub.database.snapshot() as session:
        await _welcome(request, session, hub.uris.library)
        return said(await documents.conversation(session, hub.library, work_id, _page(request)))


async def show_activity(request: Request) -> Response:
    """An activity of ours that was said to everyone, while what it speaks of still stands."""
    hub = _hub(request)
    uri = f"{hub.uris.root}{request.url.path}"
    async with hub.database.snapshot() as session:
        row = (await session.scalars(select(Outgoing).where(Outgoing.uri == uri).order_by(Outgoing.id).limit(1))).first()
        if row is None or (row.object_uri and await posts.is_tombstone(session, row.object_uri) and row.kind != "Delete"):
            raise NotFound("There is nothing here that you may see.")
        wire = read_json(row.body)
        await _welcome(request, session, str(wire["actor"]))
        if PUBLIC not in wire.get("to", []):
            raise NotFound("There is nothing here that you may see.")
        if row.kind == "Announce" and isinstance(wire.get("object"), dict) and not await announced.still_stands(session, wire):
            raise NotFound("There is nothing here that you may see.")
        if row.object_uri and row.kind in {"Create", "Update"} and hub.uris.is_ours(row.object_uri) and "/ap/actors/" not in row.object_uri:
            # As it stands now: what was said first may have been changed for a good reason.
            current = await documents.post_by_uri(session, hub.library, row.object_uri)
            wire["object"] = {key: value for key, value in current.items() if key != "@context"}
            wire.pop("proof", None)  # it was made for what was said first
        return said(wire)


async def webfinger(request: Request) -> Response:
    hub = _hub(request)
    async with hub.database.snapshot() as session:
        found = await discovery.webfinger(session, hub.library, request.query_params.get("resource"), request.query_params.getlist("rel"))
    headers = {"Access-Control-Allow-Origin": "*"}
    return Response(json.dumps(found, ensure_ascii=False), media_type="application/jrd+json", headers=headers)


async def nodeinfo_links(request: Request) -> Response:
    return JSONResponse(discovery.nodeinfo_links(_hub(request).library), headers={"Access-Control-Allow-Origin": "*"})


async def nodeinfo(request: Request) -> Response:
    hub, schema = _hub(request), request.path_params["schema"]
    if schema not in {"2.0", "2.1"}:
        raise NotFound("We speak NodeInfo 2.0 and 2.1.")
    async with hub.database.snapshot() as session:
        found = await discovery.nodeinfo(session, hub.library, schema)
    kind = f'application/json; profile="http://nodeinfo.diaspora.software/ns/schema/{schema}#"'
    return Response(json.dumps(found, ensure_ascii=False), media_type=kind, headers={"Access-Control-Allow-Origin": "*"})


async def host_meta(request: Request) -> Response:
    return PlainTextResponse(discovery.host_meta(_hub(request).library), media_type="application/xrd+xml")


ROUTES = [
    Route("/actor", show_instance),
    Route("/actor/outbox", show_empty_outbox),
    Route("/ap/actors/{name}", show_actor),
    Route("/ap/actors/{name}/outbox", show_outbox),
    Route("/ap/actors/{name}/followers", show_count),
    Route("/ap/actors/{name}/following", show_count),
    Route("/ap/actors/{name}/featured", show_featured),
    Route("/ap/actors/{name}/moderators", show_moderators),
    Route("/ap/notes/{name}", show_post),
    Route("/ap/notes/{name}/replies", show_replies),
    Route("/ap/notes/{name}/likes", show_reactions),
    Route("/ap/notes/{name}/shares", show_reactions),
    Route("/ap/events/{name}", show_post),
    Route("/ap/events/{name}/replies", show_replies),
    Route("/ap/contexts/{name}", show_context),
    Route("/ap/changes", show_changes),
    Route("/ap/lookup", look_up),
    Route("/ap/quote-authorizations/{name}", show_quote_authorization),
    Route("/ap/activities/{kind}/{name}", show_activity),
    Route("/.well-known/webfinger", webfinger),
    Route("/.well-known/nodeinfo", nodeinfo_links),
    Route("/.well-known/host-meta", host_meta),
    Route("/nodeinfo/{schema}", nodeinfo),
]
