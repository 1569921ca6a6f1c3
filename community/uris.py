"""Every address we mint, and how we read it back."""

import re
import secrets
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import urlsplit

PUBLIC = "https://www.w3.org/ns/activitystreams#Public"
PUBLIC_NAMES = frozenset({PUBLIC, "as:Public", "Public"})
ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
LIBRARY = "library"


def token(length: int = 16) -> str:
    """A fresh, unguessable name of lower-case letters and digits (5 bits each)."""
    return "".join(secrets.choice(ALPHABET) for _ in range(length))


def host(uri: str) -> str:
    """The host (and port) of an address, lower-case; empty when there is none."""
    # The host ends at the first slash behind "://" at the latest. Of many addresses on one server only this much is the same.
    start = uri.find("://")
    end = uri.find("/", start + 3) if start > 0 else -1
    return _host(uri[:end]) if 0 < end < 300 else _host.__wrapped__(uri)


@lru_cache(maxsize=4096)
def _host(uri: str) -> str:
    try:
        return (urlsplit(uri).netloc.rpartition("@")[2]).lower()
    except ValueError:
        return ""


@dataclass(frozen=True)
class Uris:
    """The addresses of one library. `root` is scheme and host without a slash, as in settings."""

    root: str

    def is_ours(self, uri: str) -> bool:
        """Whether we minted this address."""
        return uri == self.root or uri.startswith(self.root + "/")

    @property
    def instance(self) -> str:
        """The instance actor, who fetches and reports."""
        return f"{self.root}/actor"

    @property
    def shared_inbox(self) -> str:
        return f"{self.root}/ap/inbox"

    def actor(self, username: str) -> str:
        return f"{self.root}/ap/actors/{username}"

    @property
    def library(self) -> str:
        """The library itself."""
        return self.actor(LIBRARY)

    def profile(self, username: str) -> str:
        """The page of an actor, for people."""
        return f"{self.root}/@{username}"

    def note(self, name: str) -> str:
        """A review, rating, comment or announcement: `name` is its public token."""
        return f"{self.root}/ap/notes/{name}"

    def discussion(self, work_id: int) -> str:
        """The post that people answer to speak about a work."""
        return self.note(f"work-{work_id}")

    def context(self, work_id: int) -> str:
        """The conversation about a work."""
        return f"{self.root}/ap/contexts/work-{work_id}"

    def event(self, name: str) -> str:
        return f"{self.root}/ap/events/{name}"

    def post_page(self, name: str) -> str:
        """The page of a review, rating or comment, for people."""
        return f"{self.root}/posts/{name}"

    def quote_authorization(self, name: str) -> str:
        """The document that says that a quotation has our consent."""
        return f"{self.root}/ap/quote-authorizations/{name}"

    def activity(self, kind: str, name: str) -> str:
        """`kind` is a lower-case verb: create, update, accept ..."""
        return f"{self.root}/ap/activities/{kind}/{name}"

    def work(self, work_id: int) -> str:
        return f"{self.root}/catalog/works/{work_id}"

    def edition(self, edition_id: int) -> str:
        return f"{self.root}/catalog/editions/{edition_id}"

    def author(self, agent_id: int) -> str:
        return f"{self.root}/catalog/authors/{agent_id}"

    def subject(self, subject_id: int) -> str:
        return f"{self.root}/catalog/subjects/{subject_id}"

    def series(self, series_id: int) -> str:
        return f"{self.root}/catalog/series/{series_id}"

    def icon(self, username: str) -> str:
        """The picture of something that can be followed."""
        return f"{self.root}/covers/topics/{username}.png"

    def covers(self, token: str) -> str:
        """The covers of the titles that a digest names, in one picture."""
        return f"{self.root}/covers/digests/{token}.png"

    def cover(self, work_id: int, kind: str = "svg") -> str:
        """The cover of a work; `png` for servers that cannot show svg."""
        return f"{self.root}/covers/{work_id}.{kind}"

    def poster(self, name: str) -> str:
        """A picture of the library's own for an event."""
        return f"{self.root}/posters/{name}.webp"

    def username(self, uri: str) -> str | None:
        """The name in an actor address of ours, or None."""
        found = re.fullmatch(re.escape(self.root) + r"/ap/actors/([a-z0-9_.-]+)", uri)
        return found[1] if found else None

    def work_id(self, uri: str) -> int | None:
        """The work that one of our addresses speaks of: its page or its discussion post."""
        found = re.fullmatch(re.escape(self.root) + r"/(?:catalog/works/|ap/notes/work-|ap/contexts/work-)(\d{1,18})", uri)
        return int(found[1]) if found else None

    def edition_id(self, uri: str) -> int | None:
        found = re.fullmatch(re.escape(self.root) + r"/catalog/editions/(\d{1,18})", uri)
        return int(found[1]) if found else None
