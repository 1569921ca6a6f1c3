"""People and bodies who make things."""

from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import Response

from community import timelines
from community.catalog import works as catalogue
from community.catalog.facts import AuthorPage
from community.errors import NotFound
from community.posts import topics
from community.posts.topics import About
from community.said import Tally
from federation import items
from server import context, followable, negotiating, render, sessions, showing
from server.pages import works
from themes.views.catalog import Author
from themes.views.site import Link

SIZE = 24
ELSEWHERE: dict[str, tuple[str, str]] = {
    "viaf": ("VIAF", "https://viaf.org/viaf/"),
    "wikidata": ("Wikidata", "https://www.wikidata.org/wiki/"),
    "isni": ("ISNI", "https://isni.org/isni/"),
    "lcnaf": ("Library of Congress", "https://id.loc.gov/authorities/names/"),
    "gnd": ("GND", "https://d-nb.info/gnd/"),
    "orcid": ("ORCID", "https://orcid.org/"),
}


async def show(request: Request) -> Response:
    """GET /catalog/authors/{id}"""
    here = context.of(request)
    agent_id = works.number(request)
    if negotiating.wants_activity(request):
        return await negotiating.document(request, lambda session, library: items.author(session, library, agent_id))
    page = works.page_number(request)

    reader = sessions.reader(request)

    def ask(session: Session) -> tuple[AuthorPage | None, dict[int, Tally], bool]:
        found = catalogue.author_page(session, agent_id, SIZE, (page - 1) * SIZE)
        followed = reader is not None and topics.is_followed(session, reader, f"author-{agent_id}")
        return found, timelines.tallies(session, [one.id for one in found.works]) if found else {}, followed

    found, tallies, followed = await here.library.database.read(ask)
    if found is None:
        raise NotFound("There is nobody of that name in the catalogue.")
    path, feed = f"/catalog/authors/{agent_id}", f"/feeds/authors/{agent_id}"
    author = Author(
        id=str(found.id),
        uri=here.uris.author(found.id),
        url=path,
        name=found.name,
        dates=found.dates or "",
        links=_links(found.identifiers),
    )
    return render.page(
        request,
        "author/show",
        # In a search box one looks for somebody to follow, not for a record.
        link=negotiating.alternate(here.uris.actor(f"author-{agent_id}")),
        author=author,
        works=showing.cards(found.works, tallies),
        total=found.total,
        pages=showing.pages(path, request.query_params, page, found.total, SIZE),
        feed_url=feed,
        followable=followable.thing(request, About.author, agent_id, feed, followed),
    )


def _links(identifiers: tuple[str, ...]) -> tuple[Link, ...]:
    """Where others tell of them."""
    pairs = [one.partition(" ")[::2] for one in identifiers]
    return tuple(Link(ELSEWHERE[scheme][0], ELSEWHERE[scheme][1] + value) for scheme, value in pairs if scheme in ELSEWHERE and value)
