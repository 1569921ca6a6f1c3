"""Atom feeds: new entries come to the reader, and nobody knows what they read."""

from collections.abc import Iterable
from datetime import UTC, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import Response

from community import text, timelines
from community.catalog import series as catalogued
from community.catalog import works as catalogue
from community.catalog.facts import WorkCard
from community.catalog.tables import Work
from community.errors import NotFound
from community.posts import clubs, topics
from community.said import Said
from federation import lights
from search import query
from server import context, render, showing
from server.pages import works
from themes.filters import N_
from themes.views.feeds import Feed, FeedEntry
from themes.views.site import Link

SIZE = 30
ATOM = "application/atom+xml; charset=utf-8"
BEGINNING = datetime(2000, 1, 1, tzinfo=UTC)
FEEDS: dict[str, str] = {
    "/feeds/new": N_("New titles"),
    "/feeds/reviews": N_("Latest reviews"),
    "/feeds/news": N_("News"),
    "/events.ics": N_("Events, as a calendar"),
}


async def index(request: Request) -> Response:
    """GET /feeds"""
    return render.page(request, "feeds/show", feeds=tuple(Link(render.say(request, label), path) for path, label in FEEDS.items()))


async def new(request: Request) -> Response:
    """GET /feeds/new"""

    def ask(session: Session) -> list[FeedEntry]:
        cards = catalogue.newest(session, SIZE)
        return [_title(request, one) for one in _with_dates(session, cards)]

    entries = await context.of(request).library.database.read(ask)
    return _feed(request, render.say(request, FEEDS["/feeds/new"]), "/search?sort=new", entries)


async def reviews(request: Request) -> Response:
    """GET /feeds/reviews"""
    return await _stream(request, ["review"], "/feeds/reviews", "/", ours=False)


async def news(request: Request) -> Response:
    """GET /feeds/news"""
    return await _stream(request, ["announcement"], "/feeds/news", "/announcements", ours=True)


async def work(request: Request) -> Response:
    """GET /feeds/works/{id}: what readers say about a title."""
    work_id = works.number(request)

    def ask(session: Session) -> tuple[tuple[WorkCard, ...], tuple[Said, ...]]:
        return catalogue.cards(session, [work_id]), timelines.about_work(session, work_id, size=SIZE, replies=0).posts

    cards, said = await context.of(request).library.database.read(ask)
    if not cards:
        raise NotFound("There is no such title here.")
    title = render.say(request, "What readers say about %(title)s", title=cards[0].title)
    return _feed(request, title, f"/catalog/works/{work_id}", [_post(request, one, cards[0]) for one in said])


async def subject(request: Request) -> Response:
    """GET /feeds/subjects/{id}: new titles under a heading."""
    return await _new_under(request, "subject", "subjects")


async def author(request: Request) -> Response:
    """GET /feeds/authors/{id}: new titles by somebody."""
    return await _new_under(request, "author", "authors")


async def series(request: Request) -> Response:
    """GET /feeds/series/{id}: new titles of a series."""
    return await _new_under(request, "series", "series")


async def group(request: Request) -> Response:
    """GET /feeds/groups/{name}: the conversations of a book club."""
    name = request.path_params["name"]

    def ask(session: Session) -> tuple[str, list[FeedEntry]]:
        club = clubs.by_name(session, name)
        if club is None:
            raise NotFound("There is no club of that name here.")
        said = timelines.of_club(session, club.id, size=SIZE, replies=0).posts
        return club.actor.label, [_post(request, one, None) for one in said]

    label, entries = await context.of(request).library.database.read(ask)
    return _feed(request, label, f"/groups/{name}", entries)


async def search(request: Request) -> Response:
    """GET /feeds/search?q=…: new titles that a search finds."""
    here = context.of(request)
    asked = topics.normal(list(request.query_params.multi_items())[:20])
    pairs = topics.pairs(asked)
    words = next((value for name, value in pairs if name == "q"), "")
    filters = [pair for pair in pairs if pair[0] != "q"]
    found = await here.index.search(query.parse(words, filters=filters, sort="newest", size=SIZE, facets=()))

    def ask(session: Session) -> list[FeedEntry]:
        return [_title(request, one) for one in _with_dates(session, catalogue.cards(session, found.ids))]

    entries = await here.library.database.read(ask)
    title = lights.words(render.language(request), asked) or render.say(request, FEEDS["/feeds/new"])
    return _feed(request, title, f"/search?{asked}", entries, address=f"/feeds/search?{asked}")


async def _new_under(request: Request, kind: str, shelf: str) -> Response:
    """What came into the catalogue last under a thing of this kind."""
    number = works.number(request)
    async with context.of(request).library.database.snapshot() as session:
        label = await topics.label(session, f"{kind}-{number}")
    if label is None:
        raise NotFound("There is nothing of this kind in the catalogue.")

    def ask(session: Session) -> list[FeedEntry]:
        return [_title(request, one) for one in _with_dates(session, catalogued.newest_under(session, kind, number, SIZE))]

    entries = await context.of(request).library.database.read(ask)
    return _feed(request, label, f"/catalog/{shelf}/{number}", entries)


async def _stream(request: Request, kinds: list[str], path: str, page: str, *, ours: bool) -> Response:
    def ask(session: Session) -> list[FeedEntry]:
        said = timelines.stream(session, kinds, size=SIZE, ours=ours)
        ids = list(dict.fromkeys(one.about_id for one in said if one.about_id is not None))
        about = {card.id: card for card in catalogue.cards(session, ids)}
        return [_post(request, one, about.get(one.about_id or 0)) for one in said]

    entries = await context.of(request).library.database.read(ask)
    return _feed(request, render.say(request, FEEDS[path]), page, entries)


def _with_dates(session: Session, cards: Iterable[WorkCard]) -> list[tuple[WorkCard, datetime, datetime]]:
    found = {card.id: card for card in cards}
    rows = session.execute(select(Work.id, Work.created_at, Work.changed_at).where(Work.id.in_(list(found))))
    return sorted(((found[row.id], row.created_at, row.changed_at) for row in rows), key=lambda one: one[1], reverse=True)


def _title(request: Request, found: tuple[WorkCard, datetime, datetime]) -> FeedEntry:
    card, created, changed = found
    uris = context.of(request).uris
    by = ", ".join(card.authors)
    return FeedEntry(
        uri=uris.work(card.id),
        url=uris.work(card.id),
        title=f"{card.title} – {by}" if by else card.title,
        updated=changed,
        published=created,
        author=by or context.of(request).settings.name,
        html=f'<p><a href="{uris.work(card.id)}">{text.escape(card.title)}</a>{f", {text.escape(by)}" if by else ""}</p>',
    )


def _post(request: Request, said: Said, about: WorkCard | None) -> FeedEntry:
    stars = f"{said.half_stars / 2:g}/5" if said.half_stars else ""
    title = said.title or (about.title if about else "") or text.plain(said.html, 80)
    head = " ".join(part for part in (about.title if about and said.title else "", stars) if part)
    # What its author put behind a warning stays behind it, also in a feed reader.
    html = f"<p>{text.escape(said.warning)}</p>" if said.warning else said.html
    return FeedEntry(
        uri=said.uri,
        url=context.of(request).settings.root + showing.path(said.kind, said.token),
        title=title,
        updated=said.edited_at or said.published_at,
        published=said.published_at,
        author=said.author.name,
        html=(f"<p>{text.escape(head)}</p>" if head else "") + html,
        categories=(said.category,) if said.category else (),
    )


def _feed(request: Request, title: str, page: str, entries: list[FeedEntry], address: str = "") -> Response:
    here = context.of(request)
    root = here.settings.root
    feed = Feed(
        uri=root + (address or request.url.path),
        url=root + page,
        title=f"{title} – {here.settings.name}",
        updated=max((one.updated for one in entries), default=BEGINNING),
        entries=tuple(entries),
    )
    said = here.renderer.text(render.language(request), "feeds/atom.xml", {"feed": feed})
    return render.document(request, said.encode(), ATOM, vary="Accept-Language")
