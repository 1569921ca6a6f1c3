"""Pages that everybody sees alike: made once, kept until what they show has changed."""

import asyncio
import re
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from community import messages
from community.catalog.tables import Work
from community.library import Library
from community.posts.post import Post
from server import metrics, negotiating, render, sessions

MOST_BYTES = 32_000_000
MOST_BODY = 400_000  # bytes of one page
FRESH = 1.0  # seconds for which nobody asks the database again; so long may a change take to be seen
OLDEST = 60.0  # seconds after which a page is made again in any case: the clock goes on, names change

Version = tuple[Hashable, ...]


def _of_work(found: re.Match[str]) -> Callable[[Session], Version]:
    def ask(session: Session) -> Version:
        return (session.scalar(select(Work.touched_at).where(Work.id == int(found[1]))),)

    return ask


def _of_everything(_found: re.Match[str]) -> Callable[[Session], Version]:
    def ask(session: Session) -> Version:
        return (session.scalar(select(func.max(Post.changed_at))), session.scalar(select(func.max(Work.changed_at))))

    return ask


# Which addresses are kept, and the cheap question whose answer changes when the page does. First match wins.
KEPT: tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], Callable[[Session], Version]]], ...] = (
    (re.compile(r"/catalog/works/(\d{1,18})"), _of_work),
    (re.compile(r"/|/catalog/(?:editions|authors|subjects|series)/\d{1,18}|/browse/\w+|/events(?:/[\w-]+)?|/events\.ics"), _of_everything),
    (re.compile(r"/announcements(?:/\w+)?|/posts/\w+|/@[\w.-]+(?:@[\w.:-]+)?|/feeds(?:/[\w/-]+)?|/sitemap\.xml"), _of_everything),
)


@dataclass(slots=True)
class Kept:
    """A page as it went out, and what it was made from."""

    version: Version
    made_at: float
    headers: list[tuple[bytes, bytes]]
    body: bytes
    etag: str


@dataclass(slots=True)
class _Known:
    version: Version
    asked_at: float


@dataclass
class PageCache:
    """An ASGI application before the other: answers from memory what anonymous readers ask for again and again."""

    app: ASGIApp
    library: Library
    fresh: float = FRESH
    clock: Callable[[], float] = time.monotonic
    _pages: OrderedDict[Hashable, Kept] = field(default_factory=OrderedDict)
    _bytes: int = 0
    _versions: OrderedDict[str, _Known] = field(default_factory=OrderedDict)
    _making: dict[Hashable, asyncio.Lock] = field(default_factory=dict)

    def __post_init__(self) -> None:
        settings = self.library.settings
        self._personal = tuple(f"{sessions.cookie_name(settings, name)}=".encode() for name in ("visit", "notice"))
        self._language = sessions.cookie_name(settings, "language")
        self._languages = settings.languages

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        question = self._question(scope)
        if question is None:
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        for_servers = negotiating.accepts_activity(headers)
        led_on = for_servers and negotiating.knows_only_posts(headers)
        key = (scope["path"], scope["query_string"], self._said(scope, headers), for_servers, led_on)
        version = await self._version(scope["path"], question)
        if await self._answer(key, version, headers, send):
            return
        lock = self._making.setdefault(key, asyncio.Lock())  # a herd of readers makes a page once
        try:
            async with lock:
                if not await self._answer(key, version, headers, send):
                    await self._make(key, version, scope, receive, send)
        finally:
            if not lock.locked():
                self._making.pop(key, None)

    def _question(self, scope: Scope) -> Callable[[Session], Version] | None:
        if scope["type"] != "http" or scope["method"] != "GET":
            return None
        for name, value in scope["headers"]:
            if name == b"cookie" and any(one in value for one in self._personal):
                return None
            if name == b"authorization":
                return None
        for pattern, made in KEPT:
            if found := pattern.fullmatch(scope["path"]):
                return made(found)
        return None

    def _said(self, scope: Scope, headers: Headers) -> str:
        cookie = headers.get("cookie")
        if cookie and self._language in cookie:
            chosen = sessions.cookies(scope).get(self._language, "")
            if chosen in self._languages:
                return chosen
        return messages.best(headers.get("accept-language"), self._languages)

    async def _version(self, path: str, question: Callable[[Session], Version]) -> Version:
        moment = self.clock()
        known = self._versions.get(path)
        if known is not None and moment - known.asked_at < self.fresh:
            return known.version
        version = await self.library.database.read(question)
        self._versions[path] = _Known(version, moment)
        self._versions.move_to_end(path)
        while len(self._versions) > 10_000:
            self._versions.popitem(last=False)
        return version

    async def _answer(self, key: Hashable, version: Version, headers: Headers, send: Send) -> bool:
        kept = self._pages.get(key)
        if kept is None or kept.version != version or self.clock() - kept.made_at > OLDEST:
            return False
        self._pages.move_to_end(key)
        metrics.CACHE.labels("hit").inc()
        await _send(kept, headers, send)
        return True

    async def _make(self, key: Hashable, version: Version, scope: Scope, receive: Receive, send: Send) -> None:
        metrics.CACHE.labels("miss").inc()
        start: dict[str, Any] = {}
        parts: list[bytes] = []

        async def collect(message: Message) -> None:
            if message["type"] == "http.response.start":
                start.update(message)
            elif message["type"] == "http.response.body":
                parts.append(message.get("body", b""))

        asked = Headers(scope=scope)
        # Whole, even for a reader who has it already: the next one may not.
        whole = [pair for pair in scope["headers"] if pair[0] != b"if-none-match"]
        inner = dict(scope, headers=whole)
        await self.app(inner, receive, collect)
        headers = list(start["headers"])
        named = dict(headers)
        page = Kept(version, self.clock(), headers, b"".join(parts), named.get(b"etag", b"").decode())
        is_personal = inner.get("is_personal") or b"set-cookie" in named or b"no-store" in named.get(b"cache-control", b"")
        if start["status"] == 200 and not is_personal:
            if len(page.body) <= MOST_BODY:
                page.headers = [pair for pair in headers if pair[0] != b"x-request-id"]
                self._keep(key, page)
            await _send(page, asked, send)
        else:
            await send(start)
            await send({"type": "http.response.body", "body": page.body})

    def _keep(self, key: Hashable, page: Kept) -> None:
        if (old := self._pages.pop(key, None)) is not None:
            self._bytes -= len(old.body)
        self._pages[key] = page
        self._bytes += len(page.body)
        while self._bytes > MOST_BYTES:
            _, oldest = self._pages.popitem(last=False)
            self._bytes -= len(oldest.body)


async def _send(page: Kept, asked: Headers, send: Send) -> None:
    """The page, or 304 to a reader who has it already."""
    known = asked.get("if-none-match")
    if known and page.etag and render.matches(known, page.etag):
        short = [pair for pair in page.headers if pair[0] not in {b"content-length", b"content-type"}]
        await send({"type": "http.response.start", "status": 304, "headers": short})
        await send({"type": "http.response.body", "body": b""})
        return
    await send({"type": "http.response.start", "status": 200, "headers": page.headers})
    await send({"type": "http.response.body", "body": page.body})
