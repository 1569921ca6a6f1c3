"""One edition: what its record tells."""

from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import Response

from community.catalog import works as catalogue
from community.catalog.facts import EditionPage, WorkFacts
from community.errors import Gone, NotFound
from federation import items
from server import context, negotiating, render, shelf, showing
from server.pages import works


async def show(request: Request) -> Response:
    """GET /catalog/editions/{id}"""
    here = context.of(request)
    edition_id = works.number(request)
    if negotiating.wants_activity(request):
        return await negotiating.document(request, lambda session, library: items.edition(session, library, edition_id))

    def ask(session: Session) -> tuple[EditionPage | None, WorkFacts | None]:
        found = catalogue.edition(session, edition_id)
        return found, catalogue.work_page_facts(session, found.work.id, similar=0) if found else None

    found, work = await here.library.database.read(ask)
    if found is None or work is None:
        raise NotFound("There is no such edition here.")
    if found.edition.removed_at is not None or work.removed_at is not None:
        raise Gone("This edition is no longer in our catalogue.")
    discussion = here.uris.discussion(work.id)
    return render.page(
        request,
        "edition/show",
        link=negotiating.alternate(discussion),
        edition=shelf.edition(
            found.edition, showing.card(found.work), here.uris, here.settings.name, lambda words: render.say(request, words)
        ),
        others=tuple(shelf.edition_card(one) for one in work.editions if one.id != edition_id),
    )


async def reviews(request: Request) -> Response:
    """GET /catalog/editions/{id}/reviews: those of its work."""
    edition_id = works.number(request)
    found = await context.of(request).library.database.read(lambda session: catalogue.edition(session, edition_id))
    if found is None:
        raise NotFound("There is no such edition here.")
    return await works.reviews_of(request, found.work.id)
