"""What titles are about."""

from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import Response

from community import timelines
from community.catalog import works as catalogue
from community.catalog.facts import SubjectPage
from community.errors import NotFound
from community.posts import topics
from community.posts.topics import About
from community.said import Tally
from server import context, followable, negotiating, render, sessions, showing
from server.pages import works
from themes.views.catalog import Subject, SubjectLink

SIZE = 24


async def show(request: Request) -> Response:
    """GET /catalog/subjects/{id}"""
    here = context.of(request)
    subject_id = works.number(request)
    page = works.page_number(request)

    reader = sessions.reader(request)

    def ask(session: Session) -> tuple[SubjectPage | None, dict[int, Tally], bool]:
        found = catalogue.subject_page(session, subject_id, SIZE, (page - 1) * SIZE)
        followed = reader is not None and topics.is_followed(session, reader, f"subject-{subject_id}")
        return found, timelines.tallies(session, [one.id for one in found.works]) if found else {}, followed

    found, tallies, followed = await here.library.database.read(ask)
    if found is None:
        raise NotFound("There is no such subject in the catalogue.")
    path, feed = f"/catalog/subjects/{subject_id}", f"/feeds/subjects/{subject_id}"
    related = tuple(SubjectLink(one.label, f"/catalog/subjects/{one.id}") for one in found.related)
    return render.page(
        request,
        "subject/show",
        # In a search box one looks for somebody to follow, not for a record.
        link=negotiating.alternate(here.uris.actor(f"subject-{subject_id}")),
        subject=Subject(id=str(found.id), url=path, label=found.label, related=related),
        works=showing.cards(found.works, tallies),
        total=found.total,
        pages=showing.pages(path, request.query_params, page, found.total, SIZE),
        feed_url=feed,
        followable=followable.thing(request, About.subject, subject_id, feed, followed),
    )
