"""Our copies of pictures of other servers, and posters: what has an address here never changes."""

import asyncio

from starlette.requests import Request
from starlette.responses import FileResponse, Response

from community import shelves
from community.errors import NotFound
from server import context

YEAR = 365 * 86400  # seconds
HEADERS = {
    "Cache-Control": f"public, max-age={YEAR}, immutable",
    # Opened by itself, a picture may do nothing but be looked at.
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "X-Content-Type-Options": "nosniff",
    "Content-Disposition": "inline",
}


async def poster(request: Request) -> Response:
    """GET /posters/{name}.webp: what the library put up for an event."""
    folder, name = context.of(request).settings.data_dir, request.path_params["name"]
    file = await asyncio.to_thread(shelves.find, folder, name, shelves.POSTERS)
    if file is None:
        raise NotFound("There is no such picture here.")
    return FileResponse(file, media_type="image/webp", headers=HEADERS)


async def show(request: Request) -> Response:
    """GET /media/{name}.webp"""
    file = await asyncio.to_thread(shelves.find, context.of(request).settings.data_dir, request.path_params["name"])
    if file is None:
        raise NotFound("There is no such picture here.")
    return FileResponse(file, media_type="image/webp", headers=HEADERS)
