"""Following us from anywhere, and following others from here."""

from urllib.parse import parse_qsl

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request
from starlette.responses import Response

from community import text
from community.catalog.tables import Work
from community.errors import NotFound, Refusal, Unprocessable
from community.people.actors import Actor
from community.posts import post as posts
from community.posts import topics
from federation import lights, resolving
from server import clients, context, forms, render, sessions, showing
from server.actions import following
from server.context import App
from server.forms import optional, required
from server.showing import Show
from themes.filters import N_


async def anywhere(request: Request) -> Response:
    """GET /follow?about=&handle=: asks where somebody is at home, then shows them the way there."""
    here = context.of(request)
    about = request.query_params.get("about") or here.uris.library
    if not here.uris.is_ours(about):
        raise Unprocessable("This is not an address of ours.")
    typed = request.query_params.get("handle", "").strip()[:500]
    form = forms.blank(request, handle=typed)
    label = await _label(request, about)
    home = following.server_of(typed) if typed else None
    if typed and home is None:
        form.refuse("handle", N_("Please write it like name@your.server."))
    if home is None:
        return render.page(request, "follow/anywhere", status=422 if form.errors else 200, about_uri=about, about_label=label, form=form)
    here.limits.check("follow address", clients.address(request))
    name, server = home
    if server == here.settings.domain:
        return render.redirect(request, showing.address("/authorize_interaction", {}, uri=about))
    target = await following.way_home(here.hub, name, server, about, is_actor=here.uris.username(about) is not None)
    return render.page(request, "follow/go", target_url=target, server=server, about_uri=about, about_label=label)


async def interact(request: Request) -> Response:
    """GET /authorize_interaction?uri=: one of ours comes from another server to follow somebody, or to answer something."""
    here = context.of(request)
    sessions.member(request)
    uri = request.query_params.get("uri", "").strip().removeprefix("acct:")[:500]
    if not uri:
        raise Unprocessable("There is no address to go to.")
    here.limits.check("follow address", clients.address(request))
    async with here.library.database.snapshot() as session:
        thing = await _thing(session, here, uri)
    if thing is not None:
        return render.redirect(request, _page(here, thing))
    if (work_id := here.uris.work_id(uri)) is not None:
        return render.redirect(request, f"/catalog/works/{work_id}")
    async with here.library.database.snapshot() as session:
        post = await posts.by_uri(session, uri)
    if post is not None:
        return render.redirect(request, f"/posts/{post.token}/reply")
    found = await _actor(request, uri)
    person = Show(here.settings).actor(found)
    return render.page(request, "follow/confirm", person=person, bio=text.plain(found.summary, 500))


async def follow(request: Request) -> Response:
    """POST /follow: a member of ours follows somebody."""
    here = context.of(request)
    sessions.member(request)
    form = await forms.read(request, uri=required(500))
    if form.errors:
        raise Unprocessable("There is no address to follow.")
    here.limits.check("follow address", clients.address(request))
    if (name := here.uris.username(form["uri"])) is not None and topics.is_topic(name):
        async with here.library.database.transaction() as session:
            found = await following.follow_thing(session, here.library, await sessions.writer(session, request), name)
        return render.redirect(request, _page(here, found), "followed thing")
    found = await _actor(request, form["uri"])
    async with here.library.database.transaction() as session:
        follower = await sessions.writer(session, request)
        followed = await session.get_one(Actor, found.id)
        await following.follow(session, here.library, follower, followed)
    here.hub.delivery_bell.ring()
    return render.redirect(request, Show(here.settings).actor(found).url, "followed")


async def unfollow(request: Request) -> Response:
    """POST /unfollow"""
    here = context.of(request)
    member = sessions.member(request)
    form = await forms.read(request, uri=required(500), back=optional(2000))
    if form.errors:
        raise Unprocessable("There is no address to follow.")
    async with here.library.database.transaction() as session:
        follower = await session.get_one(Actor, member.actor_id)
        followed = (await session.scalars(select(Actor).where(Actor.uri == form["uri"]))).first()
        if followed is None:
            raise NotFound("There is nobody at this address.")
        await following.unfollow(session, here.library, follower, followed)
    here.hub.delivery_bell.ring()
    return render.redirect(request, render.own_path(form["back"], _page(here, followed)), "unfollowed")


async def ask_search(request: Request) -> Response:
    """GET /follow/search?q=…: asks once, so that looking for something leaves no trace."""
    wanted = topics.normal(request.query_params.multi_items())
    if not wanted or len(wanted) > topics.LONGEST:
        raise Unprocessable("This is no search that can be followed.")
    label = lights.words(render.language(request), wanted)
    return render.page(request, "follow/search", query=wanted, label=label, feed_url=f"/feeds/search?{wanted}")


async def search(request: Request) -> Response:
    """POST /follow/search: somebody wants to follow a search; it gets an address, and a member (`here`) follows it at once."""
    here = context.of(request)
    form = await forms.read(request, query=required(topics.LONGEST), here=optional(5))
    if form["here"] is not None:
        sessions.member(request)
    wanted = topics.normal(parse_qsl((form["query"] or "").lstrip("?")))
    if form.errors or not wanted or len(wanted) > topics.LONGEST:
        raise Unprocessable("This is no search that can be followed.")
    here.limits.check("follow address", clients.address(request))
    async with here.library.database.transaction() as session:
        topic = await topics.search(session, wanted)
        about = here.uris.actor(f"search-{topic.token}")
        if form["here"] is not None:
            name, follower = f"search-{topic.token}", await sessions.writer(session, request)
            found = await following.follow_thing(session, here.library, follower, name)
            return render.redirect(request, _page(here, found), "followed thing")
    return render.redirect(request, showing.address("/follow", {}, about=about))


async def _actor(request: Request, uri: str) -> Actor:
    """Somebody by handle or address; asks their server when we have not met."""
    here = context.of(request)
    try:
        return await resolving.find_handle(here.hub, uri)
    except Refusal as cause:
        raise Unprocessable("We could not find anybody at this address.", private=str(cause)) from cause


async def _thing(session: AsyncSession, here: App, uri: str) -> Actor | None:
    """The thing of ours that an address or a handle names."""
    handle = following.server_of(uri)
    name = here.uris.username(uri) if handle is None else handle[0].lower() if handle[1] == here.settings.domain else None
    return await lights.find(session, here.library, name) if name is not None and topics.is_topic(name) else None


def _page(here: App, actor: Actor) -> str:
    """Where one looks at somebody or something, as a path of ours."""
    if actor.is_local and topics.is_topic(actor.username) and actor.url is not None:
        return actor.url.removeprefix(here.settings.root)
    return Show(here.settings).actor(actor).url


async def _label(request: Request, about: str) -> str:
    """What an address of ours is called."""
    here = context.of(request)
    async with here.library.database.snapshot() as session:
        if (work_id := here.uris.work_id(about)) is not None:
            return await session.scalar(select(Work.title).where(Work.id == work_id)) or about
        name = here.uris.username(about)
        actor = await lights.find(session, here.library, name) if name is not None else None
        return actor.label if actor is not None else about
