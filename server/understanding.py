"""What other programs make of what we send (interop 8): a table for people who wonder why their friends do not see something."""

from federation import routing
from federation.routing import Dialect
from themes.filters import N_

WHOLE, PART, NONE = "whole", "part", "none"
Cell = tuple[str, str]

THINGS: dict[str, str] = {
    "review": N_("Review with stars"),
    "announcement": N_("Announcement"),
    "event": N_("Event"),
    "title": N_("Title in the catalogue"),
    "reader": N_("A reader, to follow"),
    "report": N_("A report that we pass on"),
}
POST: Cell = (WHOLE, N_("an ordinary post with its whole text"))
STARS: Cell = (PART, N_("an ordinary post; the stars are part of its text"))
NOTHING: Cell = (NONE, N_("nothing"))
FOLLOWED: Cell = (WHOLE, N_("can be followed"))
HEARD: Cell = (WHOLE, N_("arrives with its moderators"))
LINKED: Cell = (PART, N_("the post that the title's page leads to"))
IN_GROUPS: Cell = (PART, N_("only what is said in a group"))
TO_EVENTS: Cell = (PART, N_("only answers to events"))
TEASER: Cell = (PART, N_("title, summary and a link"))

ORDINARY: dict[str, Cell] = {"review": STARS, "announcement": POST, "event": TEASER, "title": LINKED, "reader": FOLLOWED, "report": HEARD}
FORUM = ORDINARY | {"review": IN_GROUPS, "announcement": IN_GROUPS, "event": IN_GROUPS, "title": NOTHING}
EVENT: Cell = (WHOLE, N_("an event"))
CALENDAR = ORDINARY | {"review": TO_EVENTS, "announcement": TO_EVENTS, "event": EVENT, "title": NOTHING, "reader": NOTHING}
OURS: dict[str, Cell] = {
    "review": (WHOLE, N_("a review on the page of the same title")),
    "announcement": (PART, N_("what answers something there")),
    "event": (PART, N_("what answers something there")),
    "title": (WHOLE, N_("matched by its identifiers")),
    "reader": FOLLOWED,
    "report": HEARD,
}

# NodeInfo's name of a program: what it shows.
SHOWN: dict[str, dict[str, Cell]] = {
    "bookmobile": OURS,
    "bookwyrm": ORDINARY
    | {
        "review": (WHOLE, N_("a review on the page of the book")),
        "announcement": (PART, N_("only answers and mentions")),
        "event": NOTHING,
        "title": (WHOLE, N_("imported as a book of its own")),
    },
    "neodb": ORDINARY
    | {
        "review": (WHOLE, N_("a mark and a review of the item")),
        "title": (WHOLE, N_("imported as an item of its own")),
        "event": (WHOLE, N_("name, summary, text and link")),
    },
    "takahe": ORDINARY,
    "gotosocial": ORDINARY | {"event": (PART, N_("a post behind its summary")), "title": NOTHING},
    "lemmy": FORUM | {"reader": NOTHING},
}
# The others by how we speak to them.
OTHERS: dict[Dialect, dict[str, Cell]] = {
    Dialect.plain: ORDINARY,
    Dialect.bookwyrm: SHOWN["bookwyrm"],
    Dialect.forum: FORUM,
    Dialect.events: CALENDAR,
    Dialect.gancio: CALENDAR,
}
SPOKEN: dict[Dialect, str] = {
    Dialect.plain: N_("plainly: posts that everyone can read"),
    Dialect.bookwyrm: N_("like BookWyrm: typed reviews of books, and answers"),
    Dialect.forum: N_("like a forum: what groups announce, and answers"),
    Dialect.events: N_("like a calendar: events, and answers to them"),
    Dialect.gancio: N_("like a calendar: events, and answers to them"),
}


def of(software: str) -> dict[str, Cell]:
    """What a program shows, by the keys of THINGS; unknown ones are taken for ordinary."""
    return SHOWN.get(software.lower()) or OTHERS[routing.of(software)]


def spoken(software: str) -> str:
    """How we speak to a program."""
    return SPOKEN[routing.of(software)]
