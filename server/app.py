"""The parts, put together."""

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.responses import PlainTextResponse
from starlette.routing import Router
from starlette.types import ASGIApp, Receive, Scope, Send

import server.tables  # noqa: F401
from community.library import Library, open_library
from community.settings import Settings
from federation.hub import Hub
from federation.keyring import DatabaseKeyring
from federation.remote import Remote
from federation.routes import Door, is_ours
from search import indexer
from search.engines import open_index
from search.index import SearchIndex
from server.actions.importing import Imports
from server.context import App
from server.errors import Catch
from server.limits import Limits
from server.middleware import Asking, Frame
from server.pagecache import PageCache
from server.renderer import Renderer
from server.routes import ROUTES

log = logging.getLogger("bookmobile")

# PostgreSQL cannot even be asked about this character; no address of ours holds it.
NO_SUCH_ADDRESS = PlainTextResponse("An address cannot hold the character U+0000.\n", 400)


def open_hub(library: Library) -> Hub:
    """Everything that federation works with, for this library."""
    keyring = DatabaseKeyring(library)
    hub = Hub(library, Remote(library.settings), keyring)
    keyring.work_for(hub)
    return hub


class Bookmobile:
    """One library as an ASGI application: opened and closed by the server's lifespan."""

    def __init__(self, library: Library, *, hub: Hub | None = None, index: SearchIndex | None = None, limits: Limits | None = None) -> None:
        self.here = App(
            library=library,
            renderer=Renderer(library.settings),
            limits=limits or Limits(),
            index=index or open_index(library.settings),
            hub=hub or open_hub(library),
            imports=Imports(library),
        )
        self._router = Router(ROUTES, redirect_slashes=False, lifespan=self._lifespan)
        pages: ASGIApp = Frame(Catch(Asking(self._router, library)), library.settings)
        self.cache = PageCache(pages, library)
        self.door = Door(self.here.hub)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        scope["app"] = self
        scope["bookmobile"] = self.here
        if scope["type"] == "lifespan":
            await self._router(scope, receive, send)
        elif scope["type"] == "http" and "\0" in scope["path"]:
            await NO_SUCH_ADDRESS(scope, receive, send)
        elif scope["type"] == "http" and is_ours(scope["path"]):
            await self.door(scope, receive, send)  # before everything else: most of what arrives is for the inbox
        elif scope["type"] == "http" and b"%00" in scope["query_string"]:
            await NO_SUCH_ADDRESS(scope, receive, send)
        else:
            await self.cache(scope, receive, send)

    async def sweep(self) -> int:
        """Bring the search index up to date; the worker calls this."""
        return await indexer.sweep(self.here.library.database, self.here.index)

    @asynccontextmanager
    async def _lifespan(self, _app: object) -> AsyncIterator[None]:
        log.info("%s is open at %s", self.here.settings.name, self.here.settings.root)
        yield
        await self.close()

    async def close(self) -> None:
        """Let go of the index, the other servers and the database."""
        await self.here.imports.close()
        await self.here.index.close()
        await self.here.hub.remote.close()
        await self.here.library.close()


def build(settings: Settings) -> Bookmobile:
    """The library that these settings describe, ready to be served."""
    return Bookmobile(open_library(settings))
