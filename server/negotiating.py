"""One address, several answers: pages for people, documents for servers."""

import json
from collections.abc import Awaitable, Callable

from sqlalchemy.ext.asyncio import AsyncSession
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from community.library import Library
from federation.wire import Wire
from server import context, render

ACTIVITY = "application/activity+json"
VARY = "Accept, User-Agent"
KNOW_ONLY_POSTS = ("gotosocial/", "snac/")  # how they name themselves in User-Agent; decision 005 tells why


def wants_activity(request: Request) -> bool:
    """Whether another server asks. Whoever accepts HTML gets HTML: Mastodon's search box follows the page to the title's discussion."""
    return accepts_activity(request.headers)


def accepts_activity(headers: Headers) -> bool:
    """The same for whoever has only the headers. Who keeps answers must tell them apart by exactly this."""
    accept = headers.get("accept", "").lower()
    return "text/html" not in accept and ("application/activity+json" in accept or "application/ld+json" in accept)


def knows_only_posts(headers: Headers) -> bool:
    """Whether this server searches for JSON without HTML, and finds nothing in a document of the catalogue."""
    return headers.get("user-agent", "").lower().startswith(KNOW_ONLY_POSTS)


def alternate(uri: str) -> str:
    """The Link header that leads other servers from a page to the post that they can answer."""
    return f'<{uri}>; rel="alternate"; type="{ACTIVITY}"'


async def document(request: Request, ask: Callable[[AsyncSession, Library], Awaitable[Wire]]) -> Response:
    """What a server gets at this address: the document, or the way from a title to the post that can be answered."""
    here = context.of(request)
    async with here.library.database.snapshot() as session:
        wire = await ask(session, here.library)
    if here.settings.authorized_fetch and str(wire["id"]).startswith(f"{here.uris.root}/ap/"):
        return RedirectResponse(str(wire["id"]), 303, {"Vary": VARY})  # where signatures are looked at
    work_id = here.uris.work_id(wire.get("work") or wire["id"])
    if work_id is not None and knows_only_posts(request.headers):
        return RedirectResponse(here.uris.discussion(work_id), 303, {"Vary": VARY, "Cache-Control": "no-cache"})
    body = json.dumps(wire, ensure_ascii=False, separators=(",", ":")).encode()
    return render.document(request, body, ACTIVITY, vary=VARY)
