"""One library: its settings, its addresses and its database, handed to whoever works for it."""

from dataclasses import dataclass
from functools import cached_property

from community.database import Database
from community.settings import Settings
from community.uris import Uris


@dataclass(frozen=True)
class Library:
    """What every room needs to know about the library it works for."""

    settings: Settings
    database: Database

    @cached_property
    def uris(self) -> Uris:
        """The addresses that this library mints."""
        return Uris(self.settings.root)

    async def close(self) -> None:
        """Let the database go."""
        await self.database.close()


def open_library(settings: Settings) -> Library:
    """The library that these settings describe."""
    return Library(settings, Database(settings.database))
