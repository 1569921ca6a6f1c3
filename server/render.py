"""Templates and contexts in, responses out."""

import hashlib
from json import dumps
from typing import Any

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from community import messages
from community.people.accounts import Role
from server import context, sessions
from themes.filters import N_
from themes.views.site import Member

VARY = "Accept, Accept-Language, Cookie"

# Said once, on the page after something was done. Only the key travels in the cookie.
NOTICES: dict[str, str] = {
    "published": N_("Published. It is on its way to other servers, too."),
    "held": N_("Thank you. This is waiting for a librarian to look at it; until then only you can see it."),
    "saved": N_("Your changes are saved."),
    "deleted": N_("Deleted. We have asked other servers to forget it, too."),
    "welcome": N_("You are signed in."),
    "goodbye": N_("You are signed out."),
    "closed": N_("Your account is closed. We have asked other servers to forget you, too."),
    "decided": N_("Decided, and written in the log."),
    "undone": N_("Undone, and written in the log."),
    "followed": N_("Asked. You follow them as soon as they agree."),
    "followed thing": N_("You follow this now. What is new in it stands under “What you follow” on your page."),
    "unfollowed": N_("You do not follow that any more."),
    "cancelled": N_("The event is cancelled. Those who follow us will hear of it."),
    "moved": N_("You have moved. Your followers hear of it now."),
    "joined": N_("Welcome to the club."),
    "left": N_("You have left the club."),
    "coming": N_("You are on the list. We look forward to seeing you."),
    "in line": N_("All places are taken. You are on the waiting list, and we write to you when there is a place."),
    "asked to come": N_("We have noted that you would like to come. A librarian answers soon."),
    "not coming": N_("You are not on the list."),
    "added": N_("Added."),
    "removed": N_("Removed."),
    "letter": N_("We have sent you a letter. Please follow the link in it."),
}


def etag(body: bytes) -> str:
    """A strong name for exactly these bytes."""
    return f'"{hashlib.blake2b(body, digest_size=12).hexdigest()}"'


def language(request: Request) -> str:
    """The language of this request's pages."""
    return str(request.scope.get("language") or context.of(request).settings.language)


def say(request: Request, message: str, **values: object) -> str:
    """A message in the reader's language."""
    return messages.gettext(language(request), message, **values)


def common(request: Request) -> dict[str, Any]:
    """What every template may use."""
    here = context.of(request)
    found = sessions.signed(request)
    query = request.url.query
    notice = NOTICES.get(request.scope.get("notice", ""))
    return {
        "site": here.renderer.site,
        "member": None
        if found is None
        else Member(
            name=found.name,
            username=found.username,
            role=found.role,
            is_librarian=found.has(Role.librarian),
            is_moderator=found.has(Role.moderator),
            open_cases=found.open_cases,
        ),
        "csrf": sessions.FormToken(request.scope, here.settings),
        "path": request.url.path + (f"?{query}" if query else ""),
        "notice": say(request, notice) if notice else None,
    }


def page(request: Request, name: str, status: int = 200, link: str = "", **values: Any) -> Response:
    """A page of the site in the reader's language. `link` is a Link header."""
    here = context.of(request)
    said = language(request)
    body = here.renderer.html(said, name, {**common(request), **values}).encode()
    headers = {"Vary": VARY, "Content-Language": said}
    if link:
        headers["Link"] = link
    if status == 200 and sessions.signed(request) is None and not request.scope.get("is_personal"):
        tag = etag(body)
        headers |= {"ETag": tag, "Cache-Control": "public, no-cache"}
        if matches(request.headers.get("if-none-match", ""), tag):
            return Response(status_code=304, headers=headers)
    else:
        headers["Cache-Control"] = "private, no-store"
    return Response(body, status, headers, "text/html; charset=utf-8")


def document(request: Request, body: bytes, media_type: str, *, seconds: int = 0, vary: str = "") -> Response:
    """Something else than a page, the same for everybody, with an ETag."""
    tag = etag(body)
    headers = {"ETag": tag, "Cache-Control": f"public, max-age={seconds}" if seconds else "public, no-cache"}
    if vary:
        headers["Vary"] = vary
    if matches(request.headers.get("if-none-match", ""), tag):
        return Response(status_code=304, headers=headers)
    return Response(body, 200, headers, media_type)


def json(request: Request, value: object, media_type: str = "application/json", *, seconds: int = 0) -> Response:
    """A value as JSON, the same for everybody."""
    body = dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
    return document(request, body, media_type, seconds=seconds)


def matches(asked: str, tag: str) -> bool:
    """Whether an If-None-Match header names this ETag."""
    return asked.strip() == "*" or tag in {one.strip().removeprefix("W/") for one in asked.split(",")}


def redirect(request: Request, where: str, notice: str = "") -> Response:
    """Go on there (a path of ours), and say this there, once."""
    response = RedirectResponse(where, 303)
    if notice:
        line = sessions.set_cookie(context.of(request).settings, "notice", notice, seconds=60)
        request.scope.setdefault("set_cookies", []).append(line)
    return response


def own_path(where: str | None, otherwise: str = "/") -> str:
    """A path of ours to go back to; never an address of somebody else's.

    >>> own_path("/events?page=2"), own_path("//evil.example"), own_path("https://evil.example/")
    ('/events?page=2', '/', '/')
    """
    if not where or not where.startswith("/") or where.startswith(("//", "/\\")) or any(ord(sign) < 33 for sign in where):
        return otherwise
    return where
