"""Partner libraries: what flows between them and us, and the numbers that they suggest for our titles."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import Response

from community.catalog.tables import Work
from community.clock import now
from community.errors import NotFound
from community.people.accounts import Role
from community.people.actors import Actor
from community.posts.post import Post, Standing
from federation import suggesting
from federation.tables import Delivery, Outgoing, Partner, Suggestion
from moderation import log
from server import context, forms, render, sessions
from server.forms import required
from server.pages import announcements
from themes.views.desk import PartnerRow, SuggestionRow

ACTS = ("stop-taking", "start-taking", "stop-giving", "start-giving", "again")


async def show(request: Request) -> Response:
    """GET /desk/partners"""
    here = context.of(request)
    sessions.require(request, Role.librarian)

    def ask(session: Session) -> tuple[list[tuple[Partner, Actor]], dict[str, int], dict[str, int], int, Sequence[Suggestion]]:
        rows = session.execute(select(Partner, Actor).join(Actor, Actor.id == Partner.actor_id).order_by(Actor.name, Partner.id)).all()
        hosts = [partner.host for partner, _ in rows]
        seen = Post.standing.in_([Standing.shown, Standing.limited, Standing.held])
        heard: Any = session.execute(
            select(Actor.domain, func.count())
            .join(Post, Post.author_id == Actor.id)
            .where(Actor.domain.in_(hosts), Post.about_id.is_not(None), seen)
            .group_by(Actor.domain)
        )
        told: Any = session.execute(
            select(Delivery.host, func.count())
            .join(Outgoing, Outgoing.id == Delivery.outgoing_id)
            .where(Delivery.host.in_(hosts), Outgoing.kind.in_(["Create", "Announce"]))
            .group_by(Delivery.host)
        )
        newest = session.scalar(select(func.max(Work.id)).where(Work.removed_at.is_(None))) or 0
        return [(one, actor) for one, actor in rows], dict(heard.all()), dict(told.all()), newest, suggesting.waiting(session)

    rows, heard, told, newest, suggested = await here.library.database.read(ask)
    look = announcements.look(request)
    return render.page(
        request,
        "librarian/partners",
        partners=tuple(
            PartnerRow(
                id=one.id,
                name=actor.label,
                host=one.host,
                url=f"/@{actor.handle[1:]}",
                since=look.when(one.created_at),
                contact=look.when(one.contact_at) if one.contact_at else None,
                heard=heard.get(one.host, 0),
                told=told.get(one.host, 0),
                takes=one.takes,
                gives=one.gives,
                trouble=one.why or "",
                behind=max(0, newest - one.asked_work_id),
            )
            for one, actor in rows
        ),
        suggestions=tuple(
            SuggestionRow(one.id, one.scheme, one.value, one.host, one.edition.title, f"/catalog/editions/{one.edition_id}")
            for one in suggested
        ),
    )


async def change(request: Request) -> Response:
    """POST /desk/partners/{id}: stop or start what flows, or try again now; written in the log."""
    here = context.of(request)
    member = sessions.require(request, Role.librarian)
    form = await forms.read(request, act=required(20, forms.one_of(*ACTS)))
    if form.errors:
        raise NotFound("There is no such thing to do.")
    async with here.library.database.transaction() as session:
        partner = await session.get(Partner, request.path_params["id"])
        if partner is None:
            raise NotFound("There is no such partner library.")
        match form["act"]:
            case "stop-taking" | "start-taking":
                partner.takes = form["act"] == "start-taking"
            case "stop-giving" | "start-giving":
                partner.gives = form["act"] == "start-giving"
            case _:
                partner.failures = 0
        partner.due_at = now()
        log.write(session, member.username, form["act"], partner.host, reason="partner library")
    return render.redirect(request, "/desk/partners", "saved")


async def answer(request: Request) -> Response:
    """POST /desk/suggestions/{id}: take a number over, or refuse it."""
    here = context.of(request)
    sessions.require(request, Role.librarian)
    form = await forms.read(request, act=required(10, forms.one_of("accept", "refuse")))
    if form.errors:
        raise NotFound("There is no such thing to do.")
    async with here.library.database.transaction() as session:
        found = await session.get(Suggestion, request.path_params["id"])
        if found is None:
            raise NotFound("There is no such suggestion.")
        await suggesting.answer(session, found, accepts=form["act"] == "accept")
    return render.redirect(request, "/desk/partners", "saved")
