"""Refusals and accidents as pages for people and JSON for machines."""

import logging
from http import HTTPStatus
from urllib.parse import quote

from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from community.errors import Refusal, SignInFirst
from server import context, render
from themes.filters import N_

log = logging.getLogger("bookmobile.web")

RETRY = 60  # seconds
DRAWN = frozenset({403, 404, 410, 413, 422, 429, 500})
WORDS: dict[int, str] = {
    404: "",  # the page says it all
    405: N_("This page cannot be used that way."),
    500: "",
}


def wants_json(request: Request) -> bool:
    """Whether a machine is asking."""
    accept = request.headers.get("accept", "")
    return "json" in accept and "text/html" not in accept


def answer(request: Request, status: int, message: str) -> Response:
    """The refusal in the form and language that its reader understands."""
    said = render.say(request, message)
    if wants_json(request):
        said = said or HTTPStatus(status).phrase
        response: Response = JSONResponse({"error": said, "request": request.scope.get("request_id", "")}, status)
    else:
        drawn = f"errors/{status}.html" if status in DRAWN else "errors/error.html"
        response = render.page(request, drawn, status=status, message=said, reference=request.scope.get("request_id", ""))
    if status in {429, 503}:
        response.headers["Retry-After"] = str(RETRY)
    return response


def refuse(request: Request, cause: Refusal) -> Response:
    """What we will not do, said politely."""
    if cause.private and cause.private != cause.public:
        log.info("%s %s: %s", request.method, request.url.path, cause.private)
    if isinstance(cause, SignInFirst) and not wants_json(request):
        back = request.url.path if request.method == "GET" else request.headers.get("referer", "")
        path = back.removeprefix(context.of(request).settings.root)
        if request.method == "GET" and request.url.query:
            path += f"?{request.url.query}"
        return RedirectResponse(f"/sign-in?next={quote(render.own_path(path), safe='')}", 303)
    return answer(request, cause.status, cause.public)


def missing(request: Request, cause: HTTPException) -> Response:
    """No such page, or no such method."""
    response = answer(request, cause.status_code, WORDS.get(cause.status_code, str(cause.detail)))
    for name, value in (cause.headers or {}).items():
        response.headers[name] = value
    return response


def broken(request: Request, cause: Exception) -> Response:
    """An accident of ours: the log has the story, the caller a number to ask for it."""
    log.error("%s %s [%s]", request.method, request.url.path, request.scope.get("request_id", ""), exc_info=cause)
    try:
        return answer(request, 500, WORDS[500])
    except Exception:
        log.exception("the page that says so broke, too")
        return PlainTextResponse("Something broke on our side.", 500)


class Catch:
    """The middleware that turns what was raised into an answer, unless one has begun."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        begun = False

        async def watched(message: Message) -> None:
            nonlocal begun
            begun = begun or message["type"] == "http.response.start"
            await send(message)

        try:
            await self.app(scope, receive, watched)
        except Exception as cause:
            if begun or scope["type"] != "http":
                raise
            request = Request(scope)
            match cause:
                case Refusal():
                    response = refuse(request, cause)
                case HTTPException():
                    response = missing(request, cause)
                case ClientDisconnect():
                    return
                case _:
                    response = broken(request, cause)
            await response(scope, receive, send)
