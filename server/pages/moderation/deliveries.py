"""What is owed to other servers, and how well they take it."""

from collections.abc import Awaitable, Callable

from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import Response

from community.clock import now
from community.due import Owed
from community.errors import NotFound
from community.people.accounts import Role
from federation import health
from federation.health import Health, Line
from moderation import log
from server import context, render, sessions, showing, understanding
from server.pages.moderation.logs import SIZE
from server.showing import Show
from themes.filters import N_
from themes.views.deliveries import Parcel, Peer, Understood
from themes.views.site import Choice

LINES = 25  # of one server
TABS = {"all": N_("All"), "trouble": N_("In trouble")}
SCHEMES = {"cavage": "draft-cavage", "rfc9421": "RFC 9421"}
GIVEN_UP = "an administrator gave it up"


async def show(request: Request) -> Response:
    """GET /moderation/deliveries?state=&page="""
    sessions.require(request, Role.administrator)
    here = context.of(request)
    tab = "trouble" if request.query_params.get("state") == "trouble" else "all"
    asked = request.query_params.get("page", "1")
    number = max(1, int(asked)) if asked.isdigit() and len(asked) < 6 else 1

    def ask(session: Session) -> tuple[list[Health], int, int]:
        found, total = health.servers(session, trouble=tab == "trouble", page=number, size=SIZE)
        return found, total, health.in_trouble(session)

    found, total, troubled = await here.library.database.read(ask)
    look = Show(here.settings)
    return render.page(
        request,
        "moderation/deliveries",
        peers=tuple(_peer(look, one) for one in found),
        tabs=tuple(
            Choice(name, render.say(request, label), troubled if name == "trouble" else None, name == tab, f"?state={name}")
            for name, label in TABS.items()
        ),
        pages=showing.pages("/moderation/deliveries", {"state": tab}, number, total, SIZE),
    )


async def one(request: Request) -> Response:
    """GET /moderation/deliveries/{host}"""
    sessions.require(request, Role.administrator)
    here, host = context.of(request), _host(request)

    def ask(session: Session) -> tuple[Health | None, list[Line], list[Line], int]:
        waiting, _ = health.lines(session, host, Owed.waiting, LINES)
        dropped, count = health.lines(session, host, Owed.given_up, LINES)
        return health.one(session, host), waiting, dropped, count

    found, waiting, dropped, count = await here.library.database.read(ask)
    if found is None:
        raise NotFound("We do not know this server.")
    look = Show(here.settings)
    return render.page(
        request,
        "moderation/delivery",
        peer=_peer(look, found),
        waiting=tuple(_parcel(look, line) for line in waiting),
        dropped=tuple(_parcel(look, line) for line in dropped),
        dropped_count=count,
        spoken=render.say(request, understanding.spoken(found.software)),
        understood=tuple(
            Understood(render.say(request, understanding.THINGS[thing]), level, render.say(request, words))
            for thing, (level, words) in understanding.of(found.software).items()
        ),
    )


async def try_again(request: Request) -> Response:
    """POST /moderation/deliveries/{host}/try-again"""
    staff = sessions.require(request, Role.administrator)
    return await _do(request, staff.username, "retry", health.try_again)


async def give_up(request: Request) -> Response:
    """POST /moderation/deliveries/{host}/give-up"""
    staff = sessions.require(request, Role.administrator)
    return await _do(request, staff.username, "abandon", lambda session, host: health.give_up(session, host, GIVEN_UP))


async def owe_again(request: Request) -> Response:
    """POST /moderation/deliveries/{host}/owe-again"""
    staff = sessions.require(request, Role.administrator)
    return await _do(request, staff.username, "owe", health.owe_again)


async def _do(request: Request, who: str, what: str, deed: Callable[[AsyncSession, str], Awaitable[int]]) -> Response:
    """Do it, with a line in the log that says how much it concerned."""
    here, host = context.of(request), _host(request)
    if await here.library.database.read(lambda session: health.one(session, host)) is None:
        raise NotFound("We do not know this server.")
    async with here.library.database.transaction() as session:
        count = await deed(session, host)
        log.write(session, who, what, host, reason=f"{count} deliveries")
    here.hub.delivery_bell.ring()
    return render.redirect(request, f"/moderation/deliveries/{host}", "decided")


def _host(request: Request) -> str:
    host: str = request.path_params["host"]
    return host.lower()[:255]


def _peer(look: Show, found: Health) -> Peer:
    state = "failing" if found.failing_since else "well" if found.last_success_at else "new"
    return Peer(
        domain=found.host,
        url=f"/moderation/deliveries/{found.host}",
        state=state,
        software=f"{found.software} {found.version}".strip(),
        signature=SCHEMES.get(found.scheme, "") if found.last_success_at else "",
        owed=found.owed,
        last_success=look.when(found.last_success_at) if found.last_success_at else None,
        failing_since=look.when(found.failing_since) if found.failing_since else None,
        put_off=look.when(found.not_before) if found.not_before else None,
        reason=found.reason,
    )


def _parcel(look: Show, line: Line) -> Parcel:
    due = max(line.due_at, now())  # what is overdue is due now
    return Parcel(line.kind, line.about, line.inbox, look.when(line.since), look.when(due), line.attempts, line.why)
