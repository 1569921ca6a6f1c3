"""Series, volume after volume."""

from dataclasses import replace

from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import Response

from community import timelines
from community.catalog import series
from community.catalog.series import SeriesPage
from community.errors import NotFound
from community.posts import topics
from community.posts.topics import About
from community.said import Tally
from server import context, followable, negotiating, render, sessions, showing
from server.pages import works

SIZE = 24


async def show(request: Request) -> Response:
    """GET /catalog/series/{id}"""
    here = context.of(request)
    series_id = works.number(request)
    page = works.page_number(request)
    reader = sessions.reader(request)

    def ask(session: Session) -> tuple[SeriesPage | None, dict[int, Tally], bool]:
        found = series.series_page(session, series_id, SIZE, (page - 1) * SIZE)
        followed = reader is not None and topics.is_followed(session, reader, f"series-{series_id}")
        return found, timelines.tallies(session, [one.id for one in found.works]) if found else {}, followed

    found, tallies, followed = await here.library.database.read(ask)
    if found is None:
        raise NotFound("There is no such series in the catalogue.")
    path, feed = f"/catalog/series/{series_id}", f"/feeds/series/{series_id}"
    volumes = {str(work_id): volume for work_id, volume in found.volumes.items()}
    return render.page(
        request,
        "series/show",
        link=negotiating.alternate(here.uris.actor(f"series-{series_id}")),
        title=found.title,
        works=tuple(replace(card, volume=volumes.get(card.id, "")) for card in showing.cards(found.works, tallies)),
        total=found.total,
        pages=showing.pages(path, request.query_params, page, found.total, SIZE),
        feed_url=feed,
        followable=followable.thing(request, About.series, series_id, feed, followed),
    )
