"""Book clubs: all of them, one of them, and beginning a conversation."""

import re
from collections.abc import Sequence
from typing import Any

from markupsafe import Markup
from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload
from starlette.requests import Request
from starlette.responses import Response

from community import timelines
from community.catalog import works as catalogue
from community.catalog.tables import Work
from community.errors import Conflict, NotFound, Unwelcome
from community.people.accounts import Role
from community.people.actors import Actor
from community.posts import clubs
from community.posts.clubs import Club, Seat
from community.said import Conversation
from federation import documents
from moderation.verdicts import Answer
from server import context, forms, negotiating, render, sessions, showing
from server.actions import gathering
from server.forms import Form, Wrong, optional, required
from server.pages import works, writing
from server.showing import Show
from themes.filters import N_
from themes.views import catalog
from themes.views.posts import ClubCard, ClubPage, Person

SIZE = 20


async def index(request: Request) -> Response:
    """GET /groups"""
    here = context.of(request)

    def ask(session: Session) -> tuple[list[tuple[Club, int, int]], dict[int, catalog.WorkCard]]:
        found = list(clubs.listed(session))
        return found, _cards(session, [club.reading_id for club, _, _ in found])

    found, cards = await here.library.database.read(ask)
    member = sessions.signed(request)
    return render.page(
        request,
        "group/list",
        clubs=tuple(
            ClubCard(club.actor.label, f"/groups/{club.actor.username}", club.source, people, threads, cards.get(club.reading_id or 0))
            for club, people, threads in found
        ),
        may_found=member is not None and member.has(Role.librarian),
    )


async def show(request: Request) -> Response:
    """GET /groups/{name}"""
    here = context.of(request)
    name = request.path_params["name"]
    if negotiating.wants_activity(request):
        return await negotiating.document(request, lambda session, library: documents.actor_by_name(session, library, name))
    reader, page = sessions.reader(request), works.page_number(request)

    def ask(session: Session) -> tuple[Club, int, Sequence[Actor], Seat, Conversation, dict[int, catalog.WorkCard]]:
        club = _found(session, name)
        said = timelines.of_club(session, club.id, reader=reader, page=page, size=SIZE)
        kept = clubs.hosts(session, club)
        return club, clubs.members(session, club), kept, clubs.seat(session, club, reader), said, _cards(session, [club.reading_id])

    club, people, hosts, seat, said, cards = await here.library.database.read(ask)
    look = Show(here.settings, reader)
    return render.page(
        request,
        "group/show",
        link=negotiating.alternate(club.actor.uri),
        club=_page(request, club, people, tuple(look.actor(host) for host in hosts), seat, cards.get(club.reading_id or 0)),
        posts=tuple(look.post(one) for one in said.posts),
        pages=showing.pages(f"/groups/{name}", request.query_params, page, said.count, SIZE),
        feed_url=f"/feeds/groups/{club.actor.username}",
    )


async def write(request: Request) -> Response:
    """GET /groups/new: by librarians."""
    sessions.require(request, Role.librarian)
    return _form(request, forms.blank(request), "/groups/new")


async def create(request: Request) -> Response:
    """POST /groups/new"""
    here = context.of(request)
    member = sessions.require(request, Role.librarian)
    form = await _read(request, with_name=True)
    if not form.errors:
        try:
            reading, hosts_only = await _work(request, form), bool(form["hosts_only"])
            about = form["about"] or ""
            name, label = form["username"], form["name"]
            if not form.errors:
                await gathering.found(here.library, name, label, about, reading=reading, hosts_only=hosts_only, host=member.actor_id)
        except Conflict as cause:
            form.refuse("username", cause.public)
    if form.errors:
        return _form(request, form, "/groups/new", status=422)
    return render.redirect(request, f"/groups/{form['username']}", "saved")


async def change(request: Request) -> Response:
    """GET /groups/{name}/edit: by its hosts and by librarians."""
    club = await _kept(request)
    form = forms.blank(
        request, name=club.actor.name, about=club.source, reading=club.reading_id, hosts_only="1" if club.hosts_only else None
    )
    return _form(request, form, f"/groups/{club.actor.username}/edit", is_edit=True)


async def edit(request: Request) -> Response:
    """POST /groups/{name}/edit"""
    here = context.of(request)
    club = await _kept(request)
    form = await _read(request, with_name=False)
    reading = await _work(request, form) if not form.errors else None
    if form.errors:
        return _form(request, form, f"/groups/{club.actor.username}/edit", is_edit=True, status=422)
    async with here.library.database.transaction() as session:
        await sessions.writer(session, request)
        row = await session.get_one(Club, club.id)
        hosts_only = bool(form["hosts_only"])
        await gathering.change(session, here.library, row, form["name"], form["about"] or "", reading=reading, hosts_only=hosts_only)
    here.hub.delivery_bell.ring()
    return render.redirect(request, f"/groups/{club.actor.username}", "saved")


async def join(request: Request) -> Response:
    """POST /groups/{name}/join"""
    return await _seat(request, joins=True)


async def leave(request: Request) -> Response:
    """POST /groups/{name}/leave"""
    return await _seat(request, joins=False)


async def write_thread(request: Request) -> Response:
    """GET /groups/{name}/begin"""
    sessions.member(request)
    club = await _club(request)
    return _thread_form(request, club, forms.blank(request))


async def begin(request: Request) -> Response:
    """POST /groups/{name}/begin"""
    here = context.of(request)
    writing.pace(request)
    club = await _club(request)
    form = await forms.read(request, **writing.fields(request, title=required(clubs.LONGEST_TITLE)))
    if not form.errors and not form.given["text"]:
        form.refuse("text", N_("Please write a few words."))
    if form.errors:
        return _thread_form(request, club, form, 422)
    async with here.library.database.transaction() as session:
        author = await sessions.writer(session, request)
        row = (await session.scalars(select(Club).where(Club.id == club.id).options(joinedload(Club.actor)))).one()
        words = {**writing.words(form), "title": form["title"]}
        thread, answer = await gathering.begin(session, here.library, row, author, words)
        token = thread.token
    if answer is Answer.refuse:
        form.refuse("", writing.REFUSED)
        return _thread_form(request, club, form, 422)
    return writing.onward(request, answer, f"/posts/{token}" if answer is not Answer.hold else f"/groups/{club.actor.username}")


async def shut_out(request: Request) -> Response:
    """POST /groups/{name}/shut-out: a host shuts somebody out (uri)."""
    here = context.of(request)
    club = await _kept(request)
    form = await forms.read(request, uri=required(500))
    async with here.library.database.transaction() as session:
        row = await session.get_one(Club, club.id)
        member = (await session.scalars(select(Actor).where(Actor.uri == form["uri"]))).first() if not form.errors else None
        if member is None:
            raise NotFound("There is nobody at this address.")
        await gathering.shut_out(session, here.library, row, member)
    here.hub.delivery_bell.ring()
    return render.redirect(request, f"/groups/{club.actor.username}", "saved")


async def _seat(request: Request, *, joins: bool) -> Response:
    here = context.of(request)
    club = await _club(request)
    async with here.library.database.transaction() as session:
        reader = await sessions.writer(session, request, even_moved=not joins)
        group = await session.get_one(Actor, club.actor_id)
        await (gathering.join if joins else gathering.leave)(session, here.library, reader, group)
    return render.redirect(request, f"/groups/{club.actor.username}", "joined" if joins else "left")


def _found(session: Session, name: str) -> Club:
    club = clubs.by_name(session, name)
    if club is None:
        raise NotFound("There is no club of that name here.")
    return club


async def _club(request: Request) -> Club:
    name = request.path_params["name"]
    return await context.of(request).library.database.read(lambda session: _found(session, name))


async def _kept(request: Request) -> Club:
    """The club, for its hosts and for librarians; raises Unwelcome for everybody else."""
    member = sessions.member(request)
    name = request.path_params["name"]

    def ask(session: Session) -> tuple[Club, Seat]:
        club = _found(session, name)
        return club, clubs.seat(session, club, member.actor_id)

    club, seat = await context.of(request).library.database.read(ask)
    if not seat.is_host and not member.has(Role.librarian):
        raise Unwelcome("Only its hosts can change a club.")
    return club


async def _read(request: Request, *, with_name: bool) -> Form:
    fields: dict[str, Any] = {"name": required(80), "about": optional(5000), "reading": optional(200, _number), "hosts_only": optional(5)}
    if with_name:
        fields["username"] = required(30, forms.username)
    return await forms.read(request, **fields)


def _number(typed: str) -> int:
    """The number of a title, typed or as the end of its address."""
    found = re.search(r"(\d{1,15})/?$", typed)
    if found is None:
        raise Wrong(N_("Please paste the address of a title of ours."))
    return int(found[1])


async def _work(request: Request, form: Form) -> int | None:
    """The title that is being read, if it is one of ours; says on the form when it is not."""
    if form["reading"] is None:
        return None
    async with context.of(request).library.database.snapshot() as session:
        known = await session.scalar(select(Work.id).where(Work.id == form["reading"], Work.removed_at.is_(None)))
    if known is None:
        form.refuse("reading", N_("Please paste the address of a title of ours."))
    return known


def _cards(session: Session, ids: Sequence[int | None]) -> dict[int, catalog.WorkCard]:
    wanted = list(dict.fromkeys(one for one in ids if one is not None))
    return {card.id: showing.card(card) for card in catalogue.cards(session, wanted)}


def _page(request: Request, club: Club, people: int, hosts: tuple[Person, ...], seat: Seat, reading: catalog.WorkCard | None) -> ClubPage:
    member = sessions.signed(request)
    return ClubPage(
        name=club.actor.label,
        username=club.actor.username,
        handle=f"{club.actor.username}@{context.of(request).settings.domain}",
        uri=club.actor.uri,
        url=f"/groups/{club.actor.username}",
        html=Markup(club.actor.summary),
        members=people,
        hosts=hosts,
        reading=reading,
        is_member=seat.is_member,
        may_begin=seat.is_host or (seat.is_member and not club.hosts_only),
        may_edit=seat.is_host or (member is not None and member.has(Role.librarian)),
        hosts_only=club.hosts_only,
    )


def _form(request: Request, form: Form, action: str, *, is_edit: bool = False, status: int = 200) -> Response:
    return render.page(request, "group/write", status=status, form=form, action=action, is_edit=is_edit)


def _thread_form(request: Request, club: Club, form: Form, status: int = 200) -> Response:
    back = f"/groups/{club.actor.username}"
    languages = writing.languages(request)
    return render.page(
        request, "group/begin", status=status, form=form, action=f"{back}/begin", back=back, club_name=club.actor.label, languages=languages
    )
