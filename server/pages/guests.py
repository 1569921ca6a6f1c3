"""Coming to an event from here, and the list of those who come, for the library's own people."""

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import Response

from community import timelines
from community.clock import now
from community.errors import NotFound
from community.people.accounts import Role
from community.posts import attendances
from community.posts.attendances import Attendance, Guest
from community.posts.post import SEEN_AT_ALL, Post
from community.said import Said
from federation import doors
from server import context, render, sessions
from server.actions import publishing
from server.pages import announcements, posts

NOTICES: dict[Attendance, str] = {
    Attendance.coming: "coming",
    Attendance.waiting: "in line",
    Attendance.asked: "asked to come",
    Attendance.refused: "not coming",
    Attendance.left: "not coming",
}


async def join(request: Request) -> Response:
    """POST /events/{token}/join: a reader of ours comes, or waits."""
    here = context.of(request)
    async with here.library.database.transaction() as session:
        actor = await sessions.writer(session, request)
        event = await _event(session, request)
        guest = await attendances.ask(session, event, actor)
        guest.told_at = now()  # on the page that follows
        state = guest.state
    return render.redirect(request, f"/events/{request.path_params['token']}", NOTICES[state])


async def leave(request: Request) -> Response:
    """POST /events/{token}/leave"""
    here = context.of(request)
    async with here.library.database.transaction() as session:
        actor = await sessions.writer(session, request, even_moved=True)
        event = await _event(session, request)
        guest, following = await attendances.leave(session, event, actor)
        if guest is not None:
            guest.told_at = now()
        if following is not None:
            await doors.tell(session, here.library, event, following)
    here.hub.delivery_bell.ring()
    return render.redirect(request, f"/events/{request.path_params['token']}", "not coming")


async def index(request: Request) -> Response:
    """GET /events/{token}/guests"""
    here = context.of(request)
    sessions.require(request, Role.librarian)
    token = request.path_params["token"]

    def ask(session: Session) -> tuple[Said | None, Sequence[Guest], Post | None]:
        found = timelines.one(session, token)
        if found is None or found.kind != "event":
            return None, (), None
        return found, attendances.listed(session, found.id), session.get(Post, found.id)

    found, guests, row = await here.library.database.read(ask)
    posts.check(found, sessions.reader(request))
    assert found is not None and row is not None
    look = announcements.look(request)
    lines = [(one.id, str(one.state), look.actor(one.actor), one.message or "", look.when(one.since)) for one in guests]
    return render.page(
        request,
        "event/guests",
        event=look.event(found, True),
        door=str(row.door),
        capacity=row.capacity,
        asked=tuple(line for line in lines if line[1] == Attendance.asked),
        coming=tuple(line for line in lines if line[1] == Attendance.coming),
        waiting=tuple(line for line in lines if line[1] == Attendance.waiting),
    )


async def let_in(request: Request) -> Response:
    """POST /events/{token}/guests/{id}/accept"""
    return await _decide(request, accepts=True)


async def turn_away(request: Request) -> Response:
    """POST /events/{token}/guests/{id}/refuse"""
    return await _decide(request, accepts=False)


async def _decide(request: Request, *, accepts: bool) -> Response:
    here = context.of(request)
    sessions.require(request, Role.librarian)
    async with here.library.database.transaction() as session:
        event = await _event(session, request)
        guest = await session.get(Guest, request.path_params["id"])
        if guest is None or guest.event_id != event.id:
            raise NotFound("There is no such guest.")
        following = None
        if accepts:
            await attendances.let_in(session, event, guest)
        else:
            following = await attendances.turn_away(session, event, guest)
        await doors.tell(session, here.library, event, guest)
        if following is not None:
            await doors.tell(session, here.library, event, following)
    here.hub.delivery_bell.ring()
    return render.redirect(request, f"/events/{request.path_params['token']}/guests", "saved")


async def _event(session: AsyncSession, request: Request) -> Post:
    event = await publishing.of_the_library(session, request.path_params["token"], "event")
    if event.standing not in SEEN_AT_ALL:
        raise NotFound("There is no such page here.")
    return event
