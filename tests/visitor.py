"""Somebody who looks at a library that runs as a process of its own, as a browser would: pages, forms, cookies."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp

TOKEN = re.compile(r'name="csrf" value="([^"]+)"')


class Visitor:
    """A browser without a screen."""

    def __init__(self, root: str, http: aiohttp.ClientSession) -> None:
        self.root = root
        self._http = http

    async def get(self, path: str) -> str:
        """The page at this path."""
        async with self._http.get(self.root + path, headers={"Accept": "text/html"}) as answer:
            return await answer.text()

    async def send(self, path: str, form: str = "", **fields: str) -> str:
        """Fill in the form on a page (`form`, or the same path) and send it to `path`; where that leads."""
        token = TOKEN.search(await self.get(form or path))
        assert token is not None, f"no form at {form or path}"
        async with self._http.post(self.root + path, data={"csrf": token[1], **fields}, allow_redirects=False) as answer:
            assert answer.status == 303, f"{path} said {answer.status}: {(await answer.text())[:500]}"
            return answer.headers["Location"]


@asynccontextmanager
async def visitor(root: str, link: str = "") -> AsyncIterator[Visitor]:
    """A browser that nobody has used yet; signed in, if it has a link to do so."""
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as http:
        who = Visitor(root, http)
        if link:
            await who.send(link.removeprefix(root))
        yield who
