"""A browser without a screen: keeps cookies, finds the form's token, sends forms."""

import io
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import aiohttp

from community.people.accounts import Account
from server import sessions
from tests.world import Town

TOKEN = re.compile(r'name="csrf" value="([^"]+)"')


@dataclass(frozen=True)
class Page:
    """What came back."""

    status: int
    text: str
    headers: Mapping[str, str]
    path: str
    body: bytes = field(default=b"", repr=False)

    @property
    def token(self) -> str:
        """The token of the form on this page; empty when there is none."""
        found = TOKEN.search(self.text)
        return found[1] if found else ""

    @property
    def onward(self) -> str:
        """Where a redirect leads, as a path."""
        return self.headers.get("Location", "")


class Browser:
    """Somebody who looks at the pages of one library."""

    def __init__(self, here: Town, session: aiohttp.ClientSession) -> None:
        self.here = here
        self._session = session

    async def get(self, path: str, headers: Mapping[str, str] | None = None) -> Page:
        """Look at a page; redirects are not followed."""
        async with self._session.get(self.here.root + path, headers=headers, allow_redirects=False) as answer:
            body = await answer.read()
            return Page(answer.status, body.decode("utf-8", "replace"), answer.headers, path, body)

    async def post(self, path: str, fields: Mapping[str, Any] | aiohttp.FormData, headers: Mapping[str, str] | None = None) -> Page:
        """Send exactly these fields."""
        async with self._session.post(self.here.root + path, data=fields, headers=headers, allow_redirects=False) as answer:
            body = await answer.read()
            return Page(answer.status, body.decode("utf-8", "replace"), answer.headers, path, body)

    async def token(self) -> str:
        """The token that forms of this browser carry."""
        return (await self.get("/sign-up")).token or (await self.get("/report?about=x")).token or (await self.get("/about")).token

    async def send(self, path: str, form: str = "", **fields: str) -> Page:
        """Fill in the form on a page (`form`, or the same address) and send it to `path`."""
        page = await self.get(form or path)
        token = page.token or await self.token()
        return await self.post(path, {"csrf": token, **fields})

    async def upload(self, path: str, token: str, name: str, body: bytes, **fields: str) -> Page:
        """Send a form with a file."""
        form = aiohttp.FormData({"csrf": token, **fields})
        form.add_field("file", io.BytesIO(body), filename=name, content_type="application/octet-stream")
        return await self.post(path, form)

    async def follow(self, page: Page) -> Page:
        """Go where a redirect leads."""
        assert page.status in {302, 303, 307, 308}, f"{page.status} is no redirect: {page.text[:300]}"
        return await self.get(page.onward.removeprefix(self.here.root))

    async def sign_in(self, account: Account) -> "Browser":
        """Be this person from now on, as if they had come through the door."""
        async with self.here.database.transaction() as session:
            secret = await sessions.begin(session, account)
        self._session.cookie_jar.update_cookies({sessions.cookie_name(self.here.library.settings, "visit"): secret})
        return self


@asynccontextmanager
async def browser(here: Town) -> AsyncIterator[Browser]:
    """A browser that nobody has used yet."""
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as session:
        yield Browser(here, session)
