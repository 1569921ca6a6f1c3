"""What every page knows: the library, the member, where one is."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Link:
    """A place to go, and what it is called."""

    label: str
    url: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Site:
    """The library as every page shows it."""

    name: str
    domain: str
    handle: str  # @library@domain
    description: str = ""
    colour: str = "#1d5c63"
    languages: tuple[str, ...] = ("en",)
    version: str = ""
    contact_email: str = ""
    source_url: str = ""
    asset_version: str = "0"  # changes when the style sheets do
    sign_up_open: bool = True
    base_url: str = ""  # scheme and host, no slash at the end
    place: str = ""  # town or district
    hours: str = ""  # today's hours, in words
    nav: tuple[Link, ...] = ()  # further pages of this library's own


@dataclass(frozen=True, slots=True)
class Member:
    """Who is signed in."""

    name: str
    username: str
    role: str = "reader"  # reader, librarian, moderator, administrator
    is_librarian: bool = False
    is_moderator: bool = False
    open_cases: int = 0


@dataclass(frozen=True, slots=True)
class Form:
    """What was typed, and what was wrong with it: both by field name."""

    values: Mapping[str, str] = field(default_factory=dict)
    errors: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Pages:
    """Where one is in a long list."""

    number: int = 1
    count: int = 1
    previous: str = ""
    next: str = ""


@dataclass(frozen=True, slots=True)
class Choice:
    """One of several: an option, a tab, a facet value; `url` goes there, or takes it away again when it is chosen."""

    value: str
    label: str
    count: int | None = None
    chosen: bool = False
    url: str = ""


@dataclass(frozen=True, slots=True)
class Facet:
    """One question by which a list can be narrowed."""

    name: str  # the query parameter: format, language, year, subject
    label: str
    choices: tuple[Choice, ...] = ()
