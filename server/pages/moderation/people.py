"""People who write here or are heard here."""

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import Response

from community.errors import NotFound, Unwelcome
from community.people.accounts import Account, Role
from community.people.actors import Actor, ActorState
from community.posts.post import SEEN_AT_ALL, Post
from community.posts.topics import Topic
from moderation import log
from moderation.tables import Case
from server import context, forms, render, sessions
from server.pages.moderation.logs import SIZE
from server.showing import Show
from themes.filters import N_
from themes.views.moderation import PersonRow
from themes.views.site import Choice, Pages

TABS = {"all": N_("All"), "limited": N_("Limited"), "suspended": N_("Suspended"), "ours": N_("Ours")}


async def show(request: Request) -> Response:
    """GET /moderation/people?who=&state=&page="""
    here, staff = context.of(request), sessions.require(request, Role.moderator)
    who = request.query_params.get("who", "").strip()[:200]
    tab = request.query_params.get("state", "all")
    asked = request.query_params.get("page", "1")
    number = max(1, int(asked)) if asked.isdigit() and len(asked) < 6 else 1
    look = Show(here.settings)
    found, total = await here.library.database.read(lambda session: rows(session, look, who, tab, number))
    last = -(-total // SIZE)
    base = f"/moderation/people?state={tab}"
    return render.page(
        request,
        "moderation/people",
        people=tuple(found),
        query=who,
        tabs=tuple(
            Choice(name, render.say(request, label), None, name == tab, f"/moderation/people?state={name}") for name, label in TABS.items()
        ),
        pages=Pages(
            number, max(1, last), f"{base}&page={number - 1}" if number > 1 else "", f"{base}&page={number + 1}" if number < last else ""
        ),
        may_change_roles=staff.has(Role.administrator),
    )


async def change_role(request: Request) -> Response:
    """POST /moderation/people/role"""
    here, staff = context.of(request), sessions.require(request, Role.moderator)
    if not staff.has(Role.administrator):
        raise Unwelcome("Only administrators can change roles.")
    form = await forms.read(request, username=forms.required(150), role=forms.required(20, forms.one_of(*Role)))
    if form.errors:
        raise NotFound("There is no such person or role.")
    if form["username"] == staff.username:
        raise Unwelcome("You cannot change your own role: another administrator must do it.")
    async with here.library.database.transaction() as session:
        query = select(Account).join(Actor, Actor.id == Account.actor_id).where(Actor.username == form["username"], Actor.domain.is_(None))
        account = (await session.scalars(query)).first()
        if account is None:
            raise NotFound("There is no such person or role.")
        log.write(session, staff.username, "role", f"@{form['username']}", reason=f"{account.role} → {form['role']}")
        account.role = Role(form["role"])
    return render.redirect(request, "/moderation/people", "saved")


def rows(session: Session, look: Show, who: str, tab: str, page: int) -> tuple[list[PersonRow], int]:
    """People, the newest first; four statements."""
    thing = select(Topic.id).where(Topic.actor_id == Actor.id).exists()  # a title or a subject is nobody
    wanted: list[ColumnElement[bool]] = [Actor.kind != "Application", Actor.state != ActorState.gone, ~thing]
    if who:
        name, _, domain = who.lstrip("@").partition("@")
        like = f"%{name.replace('%', '').replace('_', chr(92) + '_')}%"
        wanted.append(or_(Actor.username.ilike(like, escape="\\"), Actor.name.ilike(like, escape="\\")))
        if domain:
            wanted.append(Actor.domain == domain)
    if tab in {"limited", "suspended"}:
        wanted.append(Actor.state == ActorState(tab))
    if tab == "ours":
        wanted.append(Actor.domain.is_(None))
    query = select(Actor, Account.role).outerjoin(Account, Account.actor_id == Actor.id).where(*wanted)
    found = session.execute(query.order_by(Actor.id.desc()).limit(SIZE).offset((page - 1) * SIZE)).all()
    total = session.scalar(select(func.count()).select_from(Actor).where(*wanted)) or 0
    ids = [actor.id for actor, _ in found]
    seen = select(Post.author_id, func.count()).where(Post.author_id.in_(ids), Post.standing.in_(SEEN_AT_ALL)).group_by(Post.author_id)
    posts = dict(session.execute(seen).all())
    cases = dict(session.execute(select(Case.actor_id, func.count()).where(Case.actor_id.in_(ids)).group_by(Case.actor_id)).all())
    return [
        PersonRow(
            person=look.actor(actor, role),
            state=actor.state.value,
            role=(role or Role.reader).value,
            since=look.when(actor.created_at),
            posts=posts.get(actor.id, 0),
            cases=cases.get(actor.id, 0),
        )
        for actor, role in found
    ], total
