"""The catalogue as pages show it."""

from dataclasses import dataclass

from themes.views.site import Link


@dataclass(frozen=True, slots=True)
class WorkCard:
    """A title in a row or a list."""

    id: str
    title: str
    url: str  # /catalog/works/{id}
    cover: str  # /covers/{id}.svg, or a picture of ours
    authors: str = ""  # already joined
    year: int | None = None
    form: str = "book"  # a key of themes.filters.FORMATS
    language: str = ""
    mean: float | None = None  # in half stars, 1 to 10; None under three ratings
    ratings: int = 0
    reviews: int = 0
    excerpt: str = ""  # may be Markup, with <mark>
    shelf_mark: str = ""
    volume: str = ""  # in the series that is shown


@dataclass(frozen=True, slots=True)
class AuthorLink:
    """Who made it, and as what."""

    name: str
    url: str
    role: str = ""  # in words, empty for the author


@dataclass(frozen=True, slots=True)
class SubjectLink:
    """A heading, and how much stands under it."""

    label: str
    url: str
    count: int | None = None


@dataclass(frozen=True, slots=True)
class SeriesLink:
    """A series that a title belongs to, and as which volume."""

    label: str
    url: str
    volume: str = ""


@dataclass(frozen=True, slots=True)
class Holding:
    """Where a copy stands."""

    place: str  # branch or room
    shelf_mark: str = ""
    note: str = ""
    copies: int = 1


@dataclass(frozen=True, slots=True)
class EditionCard:
    """One edition of a work, in a row."""

    id: str
    url: str  # /catalog/editions/{id}
    title: str
    year: int | None = None
    publisher: str = ""
    language: str = ""
    form: str = "book"
    isbn: str = ""
    shelf_mark: str = ""


@dataclass(frozen=True, slots=True)
class Work:
    """A title as the catalogue knows it."""

    id: str
    uri: str  # the address to paste into the search box of another server
    url: str
    title: str
    cover: str
    subtitle: str = ""
    authors: tuple[AuthorLink, ...] = ()
    year: int | None = None
    form: str = "book"
    language: str = ""
    original_title: str = ""
    series: str = ""
    series_links: tuple["SeriesLink", ...] = ()
    summary: str = ""  # plain text, or Markup when it was made safe
    holdings: tuple[Holding, ...] = ()
    online: tuple[Link, ...] = ()  # read or listen online
    subjects: tuple[SubjectLink, ...] = ()
    editions: tuple[EditionCard, ...] = ()
    facts: tuple[tuple[str, str], ...] = ()  # label and value: publisher, extent, ISBN...
    discussion: str = ""  # the post that people on other servers answer


@dataclass(frozen=True, slots=True)
class Edition:
    """One edition with all that is known of it."""

    id: str
    uri: str
    url: str
    title: str
    cover: str
    work: WorkCard
    subtitle: str = ""
    authors: tuple[AuthorLink, ...] = ()
    year: int | None = None
    form: str = "book"
    language: str = ""
    summary: str = ""
    holdings: tuple[Holding, ...] = ()
    online: tuple[Link, ...] = ()
    facts: tuple[tuple[str, str], ...] = ()
    discussion: str = ""  # of its title


@dataclass(frozen=True, slots=True)
class Share:
    """How many gave this many stars."""

    stars: int  # 5 to 1
    count: int
    percent: int  # 0 to 100


@dataclass(frozen=True, slots=True)
class Rating:
    """What readers gave a title; no mean under three ratings."""

    count: int = 0
    mean: float | None = None  # in half stars
    shares: tuple[Share, ...] = ()  # from five stars down to one
    mine: int | None = None


@dataclass(frozen=True, slots=True)
class Author:
    """A person or body who makes things."""

    id: str
    uri: str
    url: str
    name: str
    dates: str = ""  # 1819-1891
    note: str = ""
    also_known_as: tuple[str, ...] = ()
    links: tuple[Link, ...] = ()


@dataclass(frozen=True, slots=True)
class Subject:
    """A heading of the catalogue."""

    id: str
    url: str
    label: str
    note: str = ""
    broader: tuple[SubjectLink, ...] = ()
    narrower: tuple[SubjectLink, ...] = ()
    related: tuple[SubjectLink, ...] = ()


@dataclass(frozen=True, slots=True)
class Entry:
    """A line in an A-Z list."""

    label: str
    url: str
    count: int
