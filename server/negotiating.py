"""One address, several answers: pages for people, documents for servers."""

import json
from collections.abc import Awaitable, Callable

from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request
from starlette.responses import Response

from community.library import Library
from federation.wire import Wire
from server import context, render

ACTIVITY = "application/activity+json"


def wants_activity(request: Request) -> bool:
    """Whether another server asks. Whoever accepts HTML gets HTML: Mastodon's search box follows the page to the title's discussion."""
    accept = request.headers.get("accept", "").lower()
    return "text/html" not in accept and ("application/activity+json" in accept or "application/ld+json" in accept)


def alternate(uri: str) -> str:
    """The Link header that leads other servers from a page to the post that they can answer."""
    return f'<{uri}>; rel="alternate"; type="{ACTIVITY}"'


async def document(request: Request, ask: Callable[[AsyncSession, Library], Awaitable[Wire]]) -> Response:
    """What a server gets at this address."""
    here = context.of(request)
    async with here.library.database.snapshot() as session:
        wire = await ask(session, here.library)
    body = json.dumps(wire, ensure_ascii=False, separators=(",", ":")).encode()
    return render.document(request, body, ACTIVITY, vary="Accept")
