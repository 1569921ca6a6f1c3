"""What a member follows, and what is new in it."""

from sqlalchemy import func, select
from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import Response

from community import timelines
from community.catalog import works as catalogue
from community.people.actors import Actor
from community.people.follows import Follow, FollowState
from community.posts import topics
from community.said import Said
from federation import lights
from server import context, render, sessions, showing
from server.pages import announcements, works
from themes.views import catalog
from themes.views.follow import Followed

SIZE = 30


async def index(request: Request) -> Response:
    """GET /me/following"""
    here = context.of(request)
    member = sessions.member(request)
    page = works.page_number(request)
    where = (Follow.follower_id == member.actor_id, Follow.state.in_([FollowState.granted, FollowState.asked]))

    def ask(session: Session) -> tuple[list[tuple[Follow, Actor]], int, list[Said], dict[int, catalog.WorkCard]]:
        query = select(Follow, Actor).join(Actor, Actor.id == Follow.followed_id).where(*where).order_by(Follow.id.desc())
        rows = session.execute(query.limit(SIZE).offset((page - 1) * SIZE)).all()
        session.expunge_all()
        total = session.scalar(select(func.count()).select_from(Follow).where(*where)) or 0
        news = timelines.of_followed(session, member.actor_id) if page == 1 else []
        cards = catalogue.cards(session, list(dict.fromkeys(one.about_id for one in news if one.about_id is not None)))
        return [(follow, actor) for follow, actor in rows], total, news, {one.id: showing.card(one) for one in cards}

    found, total, news, about = await here.library.database.read(ask)
    return render.page(
        request,
        "follow/list",
        posts=tuple(announcements.look(request).post(one, about) for one in news),
        followed=tuple(_followed(request, follow, actor) for follow, actor in found),
        pages=showing.pages("/me/following", request.query_params, page, total, SIZE),
    )


def _followed(request: Request, follow: Follow, actor: Actor) -> Followed:
    here = context.of(request)
    look = showing.Show(here.settings)
    person = look.actor(actor)
    page = actor.url if actor.is_local and topics.is_topic(actor.username) else None
    return Followed(
        label=lights.bare(here.library, actor) if page else actor.label,
        handle=person.handle,
        uri=actor.uri,
        url=page.removeprefix(here.settings.root) if page else person.url,
        since=look.when(follow.created_at),
        is_thing=page is not None,
        waits=follow.state is FollowState.asked,
    )
