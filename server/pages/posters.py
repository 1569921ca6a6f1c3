"""Posters of events: drawn from their words, or put up by a librarian."""

import asyncio
from typing import Any

from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import Response

from community import shelves, timelines
from community.errors import NotFound
from community.people.accounts import Role
from community.posts.post import Post
from community.said import Said
from federation import darkroom
from federation.darkroom import Undeveloped
from federation.renditions import event
from server import context, forms, pictures, render, sessions
from server.actions import publishing
from server.forms import optional, required
from server.pages import announcements, posts
from themes.filters import N_

DAY = 86400  # seconds
EDGE = 1280
MOST = 10_000_000  # bytes of a file
NOTHING: dict[str, Any] = dict.fromkeys(("poster", "poster_alt", "poster_width", "poster_height"))
NO_PICTURE = N_("This is no picture that we can use: JPEG, PNG, GIF or WebP, please.")


async def draw(request: Request) -> Response:
    """GET /events/{token}.png: a poster for other servers, when the library has put up none."""
    here = context.of(request)
    found = await _find(request)
    row = await here.library.database.read(lambda session: session.get_one(Post, found.id))
    when = event.when(here.library, row, found.language or here.settings.language)
    drawn = await asyncio.to_thread(pictures.poster_png, found.title or "", when, found.place or here.settings.name, found.token)
    return render.document(request, drawn, "image/png", seconds=DAY)


async def write(request: Request) -> Response:
    """GET /events/{token}/poster"""
    sessions.require(request, Role.librarian)
    found = await _find(request)
    return _form(request, found, forms.blank(request, alt=found.poster_alt))


async def create(request: Request) -> Response:
    """POST /desk/poster: put up a poster, made anew from what was sent, or take it down."""
    here = context.of(request)
    sessions.require(request, Role.librarian)
    form = await forms.read(request, event=required(40), alt=optional(500), remove=optional(5, forms.checkbox))
    found = await _find(request, form.given["event"] or "")
    up = NOTHING if form.given["remove"] else await _picture(request, form, found)
    if form.errors:
        return _form(request, found, form, 422)
    async with here.library.database.transaction() as session:
        await sessions.writer(session, request)
        post = await publishing.of_the_library(session, found.token, "event")
        await publishing.correct(session, here.library, post, up)
    here.hub.delivery_bell.ring()
    return render.redirect(request, f"/events/{found.token}", "saved")


async def _picture(request: Request, form: forms.Form, found: Said) -> dict[str, Any]:
    """The columns of the poster that is up from now on; a form without a file keeps the picture and changes its words."""
    file = form.files.get("file")
    if not form.given["alt"]:
        form.refuse("alt", N_("Please say what is on it, for those who cannot see it."))
    if file is None or not file.filename or not file.size:
        if found.poster is None:
            form.refuse("file", N_("Please choose a file."))
        return {"poster_alt": form.given["alt"]}
    if file.size > MOST:
        form.refuse("file", N_("This file is too large: 10 megabytes at most."))
    if form.errors:
        return {}
    try:
        made = await darkroom.develop(await file.read(), EDGE)
    except Undeveloped:
        form.refuse("file", NO_PICTURE)
        return {}
    name = await asyncio.to_thread(shelves.keep, context.of(request).settings.data_dir, made.body, shelves.POSTERS)
    return {"poster": name, "poster_alt": form.given["alt"], "poster_width": made.width, "poster_height": made.height}


async def _find(request: Request, token: str = "") -> Said:
    here = context.of(request)
    wanted = token or request.path_params["token"]

    def ask(session: Session) -> Said | None:
        return timelines.one(session, wanted)

    found = await here.library.database.read(ask)
    if found is None or found.kind != "event":
        raise NotFound("There is no such page here.")
    posts.check(found, sessions.reader(request))
    return found


def _form(request: Request, found: Said, form: forms.Form, status: int = 200) -> Response:
    shown = announcements.look(request).event(found, True)
    return render.page(request, "event/poster", status=status, form=form, event=shown)
