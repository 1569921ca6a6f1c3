"""Finding a title."""

from collections.abc import Mapping

from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import Response

from community import timelines
from community.catalog import works as catalogue
from community.catalog.facts import WorkCard
from community.catalog.languages import TWO_LETTERS
from community.posts import topics
from community.said import Tally
from search import query
from search.index import Results
from server import context, followable, render, sessions, showing
from server.pages import works
from themes.filters import AUDIENCES, FORMATS, N_
from themes.views.site import Choice, Facet, Link

SIZE = 20
LABELS: dict[str, str] = {
    "format": N_("Format"),
    "language": N_("Language"),
    "year": N_("Year"),
    "subject": N_("Subject"),
    "author": N_("Author"),
    "audience": N_("For whom"),
}
SORTS: dict[str, str] = {
    "relevance": N_("Best match"),
    "new": N_("New here"),
    "recent": N_("Latest year"),
    "title": N_("By title"),
    "rating": N_("Best rated"),
}
NAMES = {"new": "newest"}  # what the index calls an order that addresses call otherwise


async def show(request: Request) -> Response:
    """GET /search?q=&format=&language=&year=&subject=&sort=&page="""
    here = context.of(request)
    asked = request.query_params
    text = asked.get("q", "").strip()[: query.LONGEST]
    chosen = [(name, value) for name, value in asked.multi_items() if name in LABELS and value][:20]
    sort = asked.get("sort", "relevance" if text else "new")
    page = works.page_number(request)
    wanted = query.parse(text, filters=chosen, sort=NAMES.get(sort, sort), page=page, size=SIZE)
    results = await here.index.search(wanted)
    kept = {"q": text} if text else {}
    pairs = [*kept.items(), *chosen]
    wanted_query, reader = topics.normal(pairs), sessions.reader(request)

    def ask(session: Session) -> tuple[tuple[WorkCard, ...], dict[int, Tally], str | None, bool]:
        name = topics.search_name(session, wanted_query) if reader is not None and wanted_query else None
        followed = reader is not None and name is not None and topics.is_followed(session, reader, name)
        return catalogue.cards(session, results.ids), timelines.tallies(session, results.ids), name, followed

    found, tallies, name, followed = await here.library.database.read(ask)
    if sort in SORTS and "sort" in asked:
        pairs.append(("sort", sort))
    return render.page(
        request,
        "search/show",
        query=text,
        total=results.total,
        works=showing.cards(found, tallies),
        did_you_mean=_meant(results, pairs),
        chips=tuple(_choice(request, name, value, None, pairs) for name, value in chosen),
        facets=_facets(request, results, pairs),
        sorts=tuple(
            Choice(one, render.say(request, label), None, one == sort, showing.address("/search", _without(pairs, "sort"), sort=one))
            for one, label in SORTS.items()
            if text or one != "relevance"
        ),
        pages=_pages(pairs, page, results.total),
        suggestions=() if found else await _suggestions(request, text),
        feed_url=f"/feeds/search?{wanted_query}" if wanted_query else "/feeds/new",
        followable=followable.search(request, wanted_query, name, followed) if wanted_query else None,
    )


async def suggest(request: Request) -> Response:
    """GET /search/suggest?q=: what browsers show below their search box."""
    text = request.query_params.get("q", "")[:100]
    words = await context.of(request).index.suggest(text) if text.strip() else ()
    return render.json(request, [text, list(words)], "application/x-suggestions+json")


def _choice(request: Request, name: str, value: str, count: int | None, pairs: list[tuple[str, str]]) -> Choice:
    """A value of a facet: chosen, its address takes it away again."""
    chosen = (name, value) in pairs
    others = [pair for pair in pairs if pair != (name, value)]
    url = showing.address("/search", others if chosen else [*others, (name, value)])
    return Choice(value, _label(request, name, value), count, chosen, url)


def _label(request: Request, name: str, value: str) -> str:
    renderer = context.of(request).renderer
    if name == "format" and value in FORMATS:
        return render.say(request, FORMATS[value])
    if name == "audience" and value in AUDIENCES:
        return render.say(request, AUDIENCES[value])
    if name == "language":
        return renderer.filter(render.language(request), "language", TWO_LETTERS.get(value, value))
    return value


def _facets(request: Request, results: Results, pairs: list[tuple[str, str]]) -> tuple[Facet, ...]:
    made: list[Facet] = []
    found: Mapping[str, tuple[tuple[str, int], ...]] = results.facets
    for name, label in LABELS.items():
        choices = tuple(_choice(request, name, value, count, pairs) for value, count in found.get(name, ()))
        if choices:
            made.append(Facet(name, render.say(request, label), choices))
    return tuple(made)


def _meant(results: Results, pairs: list[tuple[str, str]]) -> Link | None:
    if not results.did_you_mean:
        return None
    return Link(results.did_you_mean, showing.address("/search", _without(pairs, "q"), q=results.did_you_mean))


def _without(pairs: list[tuple[str, str]], name: str) -> list[tuple[str, str]]:
    return [pair for pair in pairs if pair[0] != name]


def _pages(pairs: list[tuple[str, str]], page: int, total: int) -> object:
    seen = min(total, query.MOST_PAGES * SIZE)
    made = showing.pages("/search", {}, page, seen, SIZE)

    def to(number: int) -> str:
        return showing.address("/search", [*pairs, ("page", str(number))] if number > 1 else pairs)

    return type(made)(made.number, made.count, to(page - 1) if page > 1 else "", to(page + 1) if page < made.count else "")


async def _suggestions(request: Request, text: str) -> tuple[Link, ...]:
    """Titles and names that begin like what was typed, when nothing was found."""
    words = text.split()
    if not words:
        return ()
    found = await context.of(request).index.suggest(words[0])
    return tuple(Link(one, showing.address("/search", {"q": one})) for one in found[:6])
