"""Other servers, and how we treat them."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import Response

from community.errors import Refusal
from community.people.accounts import Role
from community.people.actors import Actor
from community.posts.post import Post
from federation.tables import Instance
from moderation import domains
from moderation.tables import DomainAnswer, DomainRule
from server import context, forms, render, sessions
from server.actions import moderating
from server.forms import Form
from server.pages.moderation.logs import SIZE
from themes.filters import N_
from themes.views.moderation import ServerRow
from themes.views.site import Pages

ANSWERS: dict[str, DomainAnswer | None] = {"open": None, "limited": DomainAnswer.limit, "refused": DomainAnswer.refuse}
STATES = {DomainAnswer.refuse: "refused", DomainAnswer.limit: "limited", DomainAnswer.hold: "limited", DomainAnswer.allow: "open"}
PARTNER = "bookmobile"


async def show(request: Request) -> Response:
    """GET /moderation/servers?page="""
    sessions.require(request, Role.moderator)
    return await _page(request, forms.blank(request, domain=request.query_params.get("domain")))


async def change(request: Request) -> Response:
    """POST /moderation/servers"""
    here, staff = context.of(request), sessions.require(request, Role.moderator)
    form = await forms.read(
        request,
        domain=forms.required(255, missing=N_("Please name a server, such as social.example.")),
        state=forms.required(20, forms.one_of(*ANSWERS)),
        reason=forms.required(2000, missing=N_("Please say why: it is written into the log.")),
    )
    if form.errors:
        return await _page(request, form, 422)
    try:
        async with here.library.database.transaction() as session:
            effects = await domains.treat(
                session, form["domain"], ANSWERS[form["state"]], form["reason"], who=staff.username, own_domain=here.settings.domain
            )
            await moderating.carry_out(session, here.library, effects)
    except Refusal as cause:
        form.refuse("domain", cause.public)
        return await _page(request, form, 422)
    here.hub.delivery_bell.ring()
    return render.redirect(request, "/moderation/servers", "decided")


def rows(session: Session, page: int, size: int = SIZE) -> tuple[list[ServerRow], int]:
    """The servers that we know or have a rule for, those with a rule first; three statements."""
    known = select(Instance.host.label("host")).union(select(DomainRule.domain)).subquery()
    query = (
        select(known.c.host, DomainRule, Instance)
        .outerjoin(DomainRule, DomainRule.domain == known.c.host)
        .outerjoin(Instance, Instance.host == known.c.host)
        .order_by(DomainRule.id.is_(None), known.c.host)
    )
    found = session.execute(query.limit(size).offset((page - 1) * size)).all()
    total = session.scalar(select(func.count()).select_from(known)) or 0
    people, posts = _counts(session, [host for host, *_ in found])
    return [_row(host, rule, instance, people, posts) for host, rule, instance in found], total


def _counts(session: Session, hosts: Sequence[str]) -> tuple[dict[str, int], dict[str, int]]:
    named = Actor.domain.in_(hosts)
    people = select(Actor.domain, func.count()).where(named).group_by(Actor.domain)
    posts = select(Actor.domain, func.count()).join(Post, Post.author_id == Actor.id).where(named).group_by(Actor.domain)
    return (
        {host or "": count for host, count in session.execute(people)},
        {host or "": count for host, count in session.execute(posts)},
    )


def _row(host: str, rule: DomainRule | None, instance: Instance | None, people: dict[str, int], posts: dict[str, int]) -> ServerRow:
    state = STATES[rule.answer] if rule else "partner" if instance is not None and instance.software == PARTNER else "open"
    seen: datetime | None = instance.last_success_at if instance is not None else None
    return ServerRow(
        domain=host,
        state=state,
        reason=rule.reason if rule else "",
        since=rule.created_at if rule else None,
        people=people.get(host, 0),
        posts=posts.get(host, 0),
        last_seen=seen,
    )


async def _page(request: Request, form: Form, status: int = 200) -> Response:
    number = max(1, int(asked)) if (asked := request.query_params.get("page", "1")).isdigit() and len(asked) < 6 else 1
    found, total = await context.of(request).library.database.read(lambda session: rows(session, number))
    last = -(-total // SIZE)
    return render.page(
        request,
        "moderation/servers",
        status=status,
        servers=tuple(found),
        form=form,
        pages=Pages(
            number,
            max(1, last),
            f"/moderation/servers?page={number - 1}" if number > 1 else "",
            f"/moderation/servers?page={number + 1}" if number < last else "",
        ),
    )
