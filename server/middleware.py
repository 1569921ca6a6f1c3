"""What happens to every request before and after a page: headers, limits, language, who is asking."""

import logging
import secrets
import time
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from community import messages
from community.errors import TooLarge, Unwelcome
from community.library import Library
from community.settings import Settings
from community.uris import host
from server import metrics, sessions

log = logging.getLogger("bookmobile.web")

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
HEADERS = (
    (
        "Content-Security-Policy",
        "default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
    ),
    ("X-Content-Type-Options", "nosniff"),
    ("Referrer-Policy", "strict-origin-when-cross-origin"),
    ("Cross-Origin-Opener-Policy", "same-origin"),
    ("Permissions-Policy", "camera=(), geolocation=(), microphone=(), interest-cohort=()"),
)
BODY = 1_000_000
BODIES: dict[str, int] = {
    "/desk/import": 256_000_000,
    "/moderation/servers/import": 4_000_000,
    "/desk/poster": 11_000_000,
}  # bytes that a form may have


def _with_media(settings: Settings) -> tuple[tuple[str, str], ...]:
    """The headers of every answer; pictures may also come from where media are served, when that is another server."""
    parts = urlsplit(settings.media)
    origin = f"{parts.scheme}://{parts.netloc}"
    if origin == settings.root:
        return HEADERS
    (name, policy), *others = HEADERS
    return ((name, f"{policy}; img-src 'self' {origin}"), *others)


class Frame:
    """The outermost middleware: a name for each request, security headers, body limits, a line in the log."""

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self.app = app
        https = settings.root.startswith("https:")
        self.headers = (*_with_media(settings), ("Strict-Transport-Security", "max-age=31536000")) if https else _with_media(settings)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        name = secrets.token_hex(6)
        scope["request_id"] = name
        started = time.perf_counter()
        status = 500
        most = BODIES.get(scope["path"], BODY)
        read = 0

        async def limited() -> Message:
            nonlocal read
            message = await receive()
            read += len(message.get("body", b""))
            if read > most:
                raise TooLarge("That is more than we can take in at once.", private=f"more than {most} bytes")
            return message

        async def dressed(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = MutableHeaders(scope=message)
                headers["X-Request-ID"] = name
                for key, value in self.headers:
                    headers.setdefault(key, value)
                for line in scope.get("set_cookies", ()):
                    headers.append("Set-Cookie", line)
                if scope.get("set_cookies"):
                    headers["Cache-Control"] = "private, no-store"
            await send(message)

        try:
            await self.app(scope, limited, dressed)
        finally:
            took = time.perf_counter() - started
            metrics.observe(scope["method"], status, took)
            log.debug("%s %s %s %d %.1f ms", name, scope["method"], scope["path"], status, took * 1000)


class Asking:
    """Who asks and in which language; and no unsafe request from another site gets through."""

    def __init__(self, app: ASGIApp, library: Library) -> None:
        self.app = app
        self.library = library
        self.settings = library.settings
        self._names = {name: sessions.cookie_name(self.settings, name) for name in ("visit", "form", "language", "notice")}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            headers = Headers(scope=scope)
            jar = sessions.cookies(scope)
            secret = jar.get(self._names["visit"])
            if secret:
                found = await self.library.database.read(lambda session: sessions.find(session, secret))
                scope["member"] = found
                scope["form_secret"] = secret if found else jar.get(self._names["form"])
            else:
                scope["form_secret"] = jar.get(self._names["form"])
            scope["language"] = self._language(scope, headers, jar)
            if notice := jar.get(self._names["notice"]):
                scope["notice"] = notice
                scope["is_personal"] = True
                if scope["method"] == "GET":
                    scope.setdefault("set_cookies", []).append(sessions.set_cookie(self.settings, "notice", "", seconds=0))
            if scope["method"] not in SAFE:
                self._refuse_strangers(headers)
        await self.app(scope, receive, send)

    def _language(self, scope: Scope, headers: Headers, jar: dict[str, str]) -> str:
        chosen = jar.get(self._names["language"], "")
        if chosen in self.settings.languages:
            return chosen
        member = scope.get("member")
        if isinstance(member, sessions.Signed) and member.language in self.settings.languages:
            return member.language
        return messages.best(headers.get("accept-language"), self.settings.languages)

    def _refuse_strangers(self, headers: Headers) -> None:
        """A form of ours is sent from a page of ours: browsers say so, in one header or the other."""
        site = headers.get("sec-fetch-site")
        origin = headers.get("origin")
        if site not in {None, "same-origin", "none"} or (origin is not None and host(origin) != host(self.settings.root)):
            raise Unwelcome("This form was sent from another site.", private=f"origin {origin!r}, sec-fetch-site {site!r}")
