"""Somebody's page: a reader, a librarian, a library; ours or of another server."""

from dataclasses import replace

from markupsafe import Markup
from sqlalchemy import select
from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from community import timelines
from community.catalog import works as catalogue
from community.errors import Gone, NotFound
from community.people import actors
from community.people.accounts import Account, Role
from community.people.actors import Actor, ActorState
from community.posts import clubs, topics
from community.said import Conversation
from federation import documents, lights
from server import context, negotiating, render, sessions, showing
from server.pages import announcements, works
from server.showing import LIBRARY_KINDS
from themes.views import catalog
from themes.views.posts import Person, Profile
from themes.views.site import Link

SIZE = 20


async def show(request: Request) -> Response:
    """GET /@name and /@name@server"""
    here = context.of(request)
    name, _, domain = request.path_params["handle"].partition("@")
    domain = domain.lower() if domain.lower() != here.settings.domain else ""
    if negotiating.wants_activity(request):
        if domain:
            raise NotFound("This actor lives on another server; please ask there.")
        return await negotiating.document(request, lambda session, library: documents.actor_by_name(session, library, name))
    if not domain and topics.is_topic(name):
        async with here.library.database.snapshot() as session:
            light = await lights.find(session, here.library, name)
        if light is None or light.url is None:
            raise NotFound("There is nobody of this name here.")
        return RedirectResponse(light.url, 303)
    if not domain:
        club = await here.library.database.read(lambda session: clubs.by_name(session, name))
        if club is not None:
            return RedirectResponse(f"/groups/{club.actor.username}", 303)
    page = works.page_number(request)
    reader = sessions.reader(request)

    def ask(session: Session) -> tuple[Actor | None, Role | None, Conversation, dict[int, catalog.WorkCard]]:
        found = actors.find_by_handle(session, name if domain else name.lower(), domain or None)
        if found is None or found.kind == "Application":
            return None, None, Conversation((), 0), {}
        role = session.scalar(select(Account.role).where(Account.actor_id == found.id))
        said = timelines.by_author(session, found.id, reader=reader, page=page, size=SIZE)
        ids = list(dict.fromkeys(one.about_id for one in said.posts if one.about_id is not None))
        session.expunge(found)
        return found, role, said, {one.id: showing.card(one) for one in catalogue.cards(session, ids)}

    found, role, said, about = await here.library.database.read(ask)
    if found is None:
        raise NotFound("There is nobody of this name here.")
    if found.state is ActorState.gone:
        raise Gone("They have left, and took what they wrote with them.")
    look = announcements.look(request)
    person = look.actor(found, role)
    hidden = found.state is not ActorState.active and reader != found.id
    if hidden:
        person = replace(person, face="")
    path = f"/@{request.path_params['handle']}"
    return render.page(
        request,
        "actor/show",
        link=negotiating.alternate(found.uri),
        profile=_profile(found, person, hidden),
        posts=() if hidden else tuple(look.post(one, about) for one in said.posts),
        pages=showing.pages(path, request.query_params, page, 0 if hidden else said.count, SIZE),
        is_me=reader == found.id,
    )


def _profile(found: Actor, person: Person, hidden: bool) -> Profile:
    kind = "library" if found.kind in LIBRARY_KINDS else "person"
    links = () if found.is_local or not found.url else (Link(found.domain or "", found.url),)
    return Profile(
        person=person,
        bio=Markup("" if hidden else found.summary),
        joined=found.created_at if found.is_local else None,
        links=links,
        kind=kind,
        moved_to=found.moved_to or "",
        limited=str(found.state) if hidden else "",
    )
