"""Moving here from another account, and away to another one."""

from sqlalchemy import select
from starlette.requests import Request
from starlette.responses import Response

from community.errors import Refusal, Unprocessable
from community.people.actors import Actor
from federation import moving, outbox
from server import clients, context, forms, render, sessions
from server.forms import Form, required
from server.showing import Show
from themes.filters import N_

HANDLE = required(500, missing=N_("Please write it like name@your.server."))


async def show(request: Request) -> Response:
    """GET /me/move"""
    return await _page(request, forms.blank(request))


async def add(request: Request) -> Response:
    """POST /me/move/alias: an account elsewhere is theirs, too, and may move here."""
    return await _with_account(request, "alias", "saved")


async def take_off(request: Request) -> Response:
    """POST /me/move/alias/delete"""
    here = context.of(request)
    form = await forms.read(request, uri=required(500))
    if form.errors:
        return await _page(request, form, 422)
    async with here.library.database.transaction() as session:
        actor = await sessions.writer(session, request, even_moved=True)
        moving.take_off_alias(actor, form["uri"])
        await outbox.edit_actor(session, here.library, actor)
    here.hub.delivery_bell.ring()
    return render.redirect(request, "/me/move", "saved")


async def leave(request: Request) -> Response:
    """POST /me/move: they are found at another account from now on."""
    return await _with_account(request, "target", "moved")


async def come_back(request: Request) -> Response:
    """POST /me/move/undo"""
    here = context.of(request)
    async with here.library.database.transaction() as session:
        actor = await sessions.writer(session, request, even_moved=True)
        await moving.come_back(session, here.library, actor)
    here.hub.delivery_bell.ring()
    return render.redirect(request, "/me/move", "saved")


async def _with_account(request: Request, field: str, notice: str) -> Response:
    """Look the account up at its own server that the form names, then do with it what the form is for."""
    here = context.of(request)
    sessions.member(request)
    form = await forms.read(request, **{field: HANDLE})
    if form.errors:
        return await _page(request, form, 422)
    here.limits.check("follow address", clients.address(request))
    try:
        found = await moving.look_up(here.hub, form[field])
        async with here.library.database.transaction() as session:
            actor = await sessions.writer(session, request, even_moved=field == "alias")
            other = await session.get_one(Actor, found.id)
            if field == "alias":
                moving.add_alias(actor, other)
                await outbox.edit_actor(session, here.library, actor)
            else:
                await moving.leave(session, here.library, actor, other)
    except Refusal as cause:
        if cause.status not in {409, Unprocessable.status}:
            raise
        form.refuse(field, cause.public)
        return await _page(request, form, 422)
    here.hub.delivery_bell.ring()
    return render.redirect(request, "/me/move", notice)


async def _page(request: Request, form: Form, status: int = 200) -> Response:
    here = context.of(request)
    member = sessions.member(request)
    async with here.library.database.snapshot() as session:
        actor = await session.get_one(Actor, member.actor_id)
        known = {one.uri: one for one in await session.scalars(select(Actor).where(Actor.uri.in_([*actor.also_known_as, actor.moved_to])))}
    look = Show(here.settings)
    return render.page(
        request,
        "account/move",
        status=status,
        form=form,
        handle=f"{member.username}@{here.settings.domain}",
        aliases=tuple((uri, look.actor(known[uri]).handle if uri in known else uri) for uri in actor.also_known_as),
        moved_to=look.actor(known[actor.moved_to]).handle if actor.moved_to in known else actor.moved_to or "",
    )
