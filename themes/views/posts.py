"""What people said, and who they are."""

from dataclasses import dataclass
from datetime import datetime

from themes.views.catalog import WorkCard
from themes.views.site import Link


@dataclass(frozen=True, slots=True)
class Person:
    """Someone who writes, here or elsewhere."""

    name: str
    handle: str  # ada@north.example, without the first @
    url: str  # their page here: /@ada or /@ada@north.example
    is_local: bool = True
    library: str = ""  # the library they come from, when it is a library
    badge: str = ""  # "", library, librarian, moderator, administrator
    uri: str = ""  # their address at home
    face: str = ""  # our copy of their picture


@dataclass(frozen=True, slots=True)
class Picture:
    """Something to look at beside somebody's words."""

    url: str  # our copy; empty while there is none
    alt: str  # what the writer says is on it
    width: int = 0
    height: int = 0
    sensitive: bool = False


@dataclass(frozen=True, slots=True)
class Post:
    """A review, comment, rating or announcement, ready to be shown."""

    id: str
    uri: str
    url: str  # /posts/{id}
    kind: str  # review, comment, rating, announcement
    author: Person
    html: str  # Markup that community/text.py made safe
    published: datetime
    edited: datetime | None = None
    title: str = ""
    rating: int | None = None  # half stars, 1 to 10
    language: str = ""
    warning: str = ""  # shown first; the words open on request
    likes: int = 0
    boosts: int = 0
    origin: str = ""  # its page on the server it came from; empty when it is ours
    about: WorkCard | None = None
    category: str = ""  # of an announcement
    depth: int = 0  # in a thread: 0 answers the first post, at most 4 is drawn
    answers: str = ""  # whom it answers, in a thread
    replies: tuple["Post", ...] = ()  # flat, in reading order, each with its depth
    reply_count: int = 0
    may_edit: bool = False
    hidden: str = ""  # why it cannot be read now: held, hidden, removed; empty when it can
    pictures: tuple[Picture, ...] = ()


@dataclass(frozen=True, slots=True)
class EventCard:
    """An event in a list."""

    url: str
    title: str
    starts: datetime
    ends: datetime | None = None
    place: str = ""
    category: str = ""
    cancelled: bool = False


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happens at the library."""

    id: str
    uri: str
    url: str
    title: str
    starts: datetime
    html: str = ""
    ends: datetime | None = None
    place: str = ""
    address: str = ""
    online_url: str = ""
    poster: str = ""  # the address of a picture of the library's own
    poster_alt: str = ""
    poster_width: int = 0
    poster_height: int = 0
    image: str = ""  # the whole address of a picture for other sites: that one, or one drawn for the event
    category: str = ""
    language: str = ""
    cancelled: bool = False
    host: Person | None = None
    works: tuple[WorkCard, ...] = ()
    may_edit: bool = False
    likes: int = 0
    boosts: int = 0


@dataclass(frozen=True, slots=True)
class Invitation:
    """How one comes to an event, and how many do."""

    door: str = "none"  # none, open, approved, external
    url: str = ""  # where one signs up when the door is external
    capacity: int | None = None
    coming: int = 0
    waiting: int = 0
    asked: int = 0
    mine: str = ""  # where this reader stands: asked, waiting, coming, refused, left
    is_open: bool = False  # whether one can say so now


@dataclass(frozen=True, slots=True)
class Month:
    """The events of one month."""

    starts: datetime
    events: tuple[EventCard, ...] = ()


@dataclass(frozen=True, slots=True)
class Profile:
    """A person's or library's page."""

    person: Person
    bio: str = ""  # safe Markup
    joined: datetime | None = None
    languages: tuple[str, ...] = ()
    links: tuple[Link, ...] = ()
    kind: str = "person"  # person, library, service
    moved_to: str = ""
    limited: str = ""  # why their words are not shown: limited, suspended, refused


@dataclass(frozen=True, slots=True)
class ClubCard:
    """A book club in the list of all."""

    name: str
    url: str  # /groups/{username}
    about: str = ""  # Markdown, as typed
    members: int = 0
    threads: int = 0
    reading: WorkCard | None = None


@dataclass(frozen=True, slots=True)
class ClubPage:
    """A book club's page."""

    name: str
    username: str
    handle: str  # club@north.example
    uri: str
    url: str
    html: str = ""  # safe Markup
    members: int = 0
    hosts: tuple[Person, ...] = ()
    reading: WorkCard | None = None
    is_member: bool = False
    may_begin: bool = False
    may_edit: bool = False
    hosts_only: bool = False


@dataclass(frozen=True, slots=True)
class Partner:
    """A library whose readers we hear."""

    name: str
    domain: str
    url: str
    reviews: int = 0
    place: str = ""
