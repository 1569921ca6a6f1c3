"""Authors and subjects from A to Z."""

from string import ascii_uppercase

from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import Response

from community.catalog import works as catalogue
from community.catalog.facts import Browse
from community.errors import NotFound
from server import context, render, showing
from server.pages import works
from themes.views.catalog import Entry
from themes.views.site import Choice

SIZE = 120
LISTS = {"authors": catalogue.browse_authors, "subjects": catalogue.browse_subjects}


async def show(request: Request) -> Response:
    """GET /browse/{kind}"""
    kind = request.path_params["kind"]
    if kind not in LISTS:
        raise NotFound("One can browse by author and by subject.")
    page = works.page_number(request)
    letter = request.query_params.get("letter", "")[:1].upper()

    def ask(session: Session) -> Browse:
        return LISTS[kind](session, letter.lower() or None, SIZE, (page - 1) * SIZE)

    found = await context.of(request).library.database.read(ask)
    path = f"/browse/{kind}"
    letters = [Choice("", render.say(request, "All"), None, not letter, path)]
    letters += [Choice(one, one, None, one == letter, showing.address(path, {}, letter=one)) for one in [*ascii_uppercase, "#"]]
    return render.page(
        request,
        "browse/show",
        kind=kind,
        letters=tuple(letters),
        entries=tuple(Entry(one.label, f"/catalog/{kind}/{one.id}", one.count) for one in found.entries),
        pages=showing.pages(path, request.query_params, page, found.total, SIZE),
    )
