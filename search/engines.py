"""Which index a library has chosen."""

import re
from importlib import import_module
from pathlib import Path

from community.settings import Settings
from search.folder import EmbeddedIndex
from search.index import SearchIndex


def open_index(settings: Settings, read_only: bool = False) -> SearchIndex:
    """The index that the settings name: a Meilisearch server, or a folder of our own when they name none."""
    if settings.search_url:
        # Several libraries may share one server. The client is imported only by those who use it: it takes as long as our web framework.
        made: SearchIndex = import_module("search.meili").MeiliIndex(
            settings.search_url, settings.search_key, uid="works-" + re.sub(r"[^a-z0-9]+", "-", settings.domain)
        )
        return made
    return EmbeddedIndex(Path(settings.data_dir) / "search", read_only=read_only)
