"""What was done, newest first; nothing is ever taken out of it."""

from starlette.requests import Request
from starlette.responses import Response

from community.people.accounts import Role
from moderation import queue, rules
from moderation.queue import LogRow
from server import context, render, sessions
from server.pages.reports import action_name
from server.showing import Show
from themes.views import moderation as views
from themes.views.site import Pages

SIZE = 50


async def show(request: Request) -> Response:
    """GET /moderation/log?before="""
    sessions.require(request, Role.moderator)
    before = request.query_params.get("before", "")
    last = int(before) if before.isdigit() and len(before) < 18 else None
    found = await context.of(request).library.database.read(lambda session: queue.log_rows(session, SIZE + 1, last))
    older = f"/moderation/log?before={found[SIZE - 1].id}" if len(found) > SIZE else ""
    return render.page(
        request,
        "moderation/log",
        decisions=tuple(_line(request, one) for one in found[:SIZE]),
        pages=Pages(1, 2 if older or before else 1, "/moderation/log" if before else "", older),
    )


def _line(request: Request, row: LogRow) -> views.Decision:
    return views.Decision(
        id=str(row.id),
        at=Show(context.of(request).settings).when(row.at),
        by=row.by,
        action=action_name(row.action),
        reason=render.say(request, row.reason) if row.by.startswith("policy ") else row.reason,
        rule=rules.policy().title(row.rule, render.language(request)),
        about=row.about,
        url=f"/moderation/cases/{row.case_id}" if row.case_id else "",
    )
