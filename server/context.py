"""What one running library is made of, handed to every page."""

from dataclasses import dataclass
from datetime import datetime
from typing import cast
from zoneinfo import ZoneInfo

from starlette.requests import Request

from community.library import Library
from community.settings import Settings
from community.uris import Uris
from federation.hub import Hub
from search.index import SearchIndex
from server.actions.importing import Imports
from server.limits import Limits
from server.renderer import Renderer


@dataclass(frozen=True)
class App:
    """The parts, put together by server/app.py."""

    library: Library
    renderer: Renderer
    limits: Limits
    index: SearchIndex
    hub: Hub
    imports: Imports

    @property
    def settings(self) -> Settings:
        return self.library.settings

    @property
    def uris(self) -> Uris:
        return self.library.uris

    def local(self, moment: datetime) -> datetime:
        """A moment as the library's clock shows it."""
        return moment.astimezone(ZoneInfo(self.settings.timezone))


def of(request: Request) -> App:
    """The library that this request is for."""
    return cast(App, request.scope["bookmobile"])
