"""The front door."""

from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from community import timelines
from community.catalog import works
from community.catalog.facts import WorkCard
from community.catalog.tables import Work
from community.clock import now
from community.said import Said, Tally
from server import context, partners, render, sessions, showing
from server.pages import announcements
from themes.views.posts import Partner

NEW = 12
YEAR = 365 * 86400  # seconds


@dataclass(frozen=True)
class Front:
    """All that the front page shows, from one look into the database."""

    titles: int
    new: tuple[WorkCard, ...]
    tallies: dict[int, Tally]
    events: list[Said]
    reviews: list[Said]
    about: tuple[WorkCard, ...]
    news: list[Said]
    partners: tuple[Partner, ...]


def _ask(session: Session) -> Front:
    new = works.newest(session, NEW)
    reviews = timelines.latest_reviews(session, 6)
    return Front(
        titles=session.scalar(select(func.count()).select_from(Work).where(Work.removed_at.is_(None))) or 0,
        new=new,
        tallies=timelines.tallies(session, [one.id for one in new]),
        events=timelines.events(session, now(), size=5),
        reviews=reviews,
        about=works.cards(session, list(dict.fromkeys(one.about_id for one in reviews if one.about_id is not None))),
        news=timelines.stream(session, ["announcement"], size=4, ours=True),
        partners=partners.all_of(session, 8),
    )


async def show(request: Request) -> Response:
    """GET /"""
    here = context.of(request)
    front = await here.library.database.read(_ask)
    look = announcements.look(request)
    about = {one.id: showing.card(one) for one in front.about}
    return render.page(
        request,
        "home/show",
        link=f'<{here.uris.library}>; rel="alternate"; type="application/activity+json"',
        titles_count=front.titles,
        new_works=showing.cards(front.new, front.tallies),
        events=tuple(look.event_card(one) for one in front.events),
        reviews=tuple(look.post(one, about) for one in front.reviews),
        announcements=tuple(look.post(one) for one in front.news),
        partners=front.partners,
    )


async def language(request: Request) -> Response:
    """GET /language/{code}: read these pages in another language from now on."""
    here = context.of(request)
    back = render.own_path(request.query_params.get("back"))
    code = request.path_params["code"]
    if code in here.settings.languages:
        line = sessions.set_cookie(here.settings, "language", code, seconds=YEAR)
        request.scope.setdefault("set_cookies", []).append(line)
    return RedirectResponse(back, 303)
