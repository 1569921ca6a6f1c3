"""Titles: what the catalogue knows of them, and what readers say."""

from dataclasses import replace

from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import Response

from community import timelines
from community.catalog import series, works
from community.catalog.facts import WorkFacts
from community.errors import Gone, NotFound
from community.posts import topics
from community.posts.topics import About
from community.said import Conversation, Ratings, Said
from federation import items, sharing
from server import context, followable, negotiating, render, sessions, shelf, showing
from server.showing import Show
from themes.filters import N_
from themes.views.catalog import SeriesLink
from themes.views.site import Choice

SeriesOfWork = tuple[tuple[int, str, str], ...]
SIZE = 20
ORDERS: dict[str, str] = {"new": N_("Newest first"), "old": N_("Oldest first"), "liked": N_("Most liked first")}


def number(request: Request, name: str = "id") -> int:
    """The number in an address; raises NotFound for what no database counts up to."""
    value = int(request.path_params[name])
    if value >= 2**63:
        raise NotFound("There is no such page here.")
    return value


def page_number(request: Request) -> int:
    """Which page of a list is asked for; the first one when in doubt."""
    asked = request.query_params.get("page", "1")
    return max(1, min(int(asked), 5000)) if asked.isascii() and asked.isdigit() and len(asked) < 6 else 1


async def show(request: Request) -> Response:
    """GET /catalog/works/{id}"""
    here = context.of(request)
    work_id = number(request)
    if negotiating.wants_activity(request):
        return await negotiating.document(request, lambda session, library: items.work(session, library, work_id))
    reader = sessions.reader(request)
    page = page_number(request)
    order = request.query_params.get("order", "new")

    def ask(session: Session) -> tuple[WorkFacts | None, SeriesOfWork, Ratings, Conversation, Said | None, bool]:
        facts = works.work_page_facts(session, work_id)
        return (
            facts,
            series.of_work(session, work_id) if facts is not None and facts.series else (),
            timelines.ratings(session, work_id),
            timelines.about_work(session, work_id, reader=reader, order=order, page=page, size=SIZE),
            timelines.mine(session, work_id, reader) if reader is not None else None,
            reader is not None and topics.is_followed(session, reader, f"work-{work_id}"),
        )

    facts, belongs, ratings, said, mine, followed = await here.library.database.read(ask)
    if facts is None:
        raise NotFound("There is no such title here.")
    if facts.removed_at is not None:
        raise Gone("This title is no longer in our catalogue.")
    look = Show(here.settings, reader)
    path, feed = f"/catalog/works/{work_id}", f"/feeds/works/{work_id}"
    shown = shelf.work(facts, here.uris, here.settings.name, lambda words: render.say(request, words))
    return render.page(
        request,
        "work/show",
        link=negotiating.alternate(here.uris.discussion(work_id)),
        work=replace(shown, series_links=tuple(SeriesLink(title, f"/catalog/series/{one}", volume) for one, title, volume in belongs)),
        rating=showing.rating(ratings, mine.half_stars if mine else None),
        posts=tuple(look.post(one) for one in said.posts),
        posts_count=said.count,
        sorts=orders(request, path, order) if said.count > 1 else (),
        pages=showing.pages(path, request.query_params, page, said.count, SIZE),
        my_review=look.post(mine) if mine else None,
        similar=showing.cards(facts.similar),
        feed_url=feed,
        followable=followable.thing(request, About.work, work_id, feed, followed),
    )


async def reviews(request: Request) -> Response:
    """GET /catalog/works/{id}/reviews: what readers here say, by address, for other servers."""
    return await reviews_of(request, number(request))


async def reviews_of(request: Request, work_id: int) -> Response:
    """The same for a work, however it was named."""
    asked = request.query_params.get("page")
    page = page_number(request) if asked is not None else None
    return await negotiating.document(request, lambda session, library: sharing.reviews(session, library, work_id, page))


def orders(request: Request, path: str, chosen: str) -> tuple[Choice, ...]:
    """The orders in which posts can be read."""
    return tuple(
        Choice(name, render.say(request, label), None, name == chosen, showing.address(path, {}, order=name if name != "new" else None))
        for name, label in ORDERS.items()
    )
