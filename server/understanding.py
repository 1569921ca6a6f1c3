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
}
POST: Cell = (WHOLE, N_("an ordinary post with its whole text"))
STARS: Cell = (PART, N_("an ordinary post; the stars are part of its text"))
NOTHING: Cell = (NONE, N_("nothing"))
FOLLOWED: Cell = (WHOLE, N_("can be followed"))
LINKED: Cell = (PART, N_("the post that the title's page leads to"))
IN_GROUPS: Cell = (PART, N_("only what is said in a group"))
TO_EVENTS: Cell = (PART, N_("only answers to events"))
TEASER: Cell = (PART, N_("title, summary and a link"))

ORDINARY: dict[str, Cell] = {"review": STARS, "announcement": POST, "event": TEASER, "title": LINKED, "reader": FOLLOWED}
FORUM = ORDINARY | {"review": IN_GROUPS, "announcement": IN_GROUPS, "event": IN_GROUPS, "title": NOTHING}
EVENT: Cell = (WHOLE, N_("an event"))
CALENDAR = ORDINARY | {"review": TO_EVENTS, "announcement": TO_EVENTS, "event": EVENT, "title": NOTHING, "reader": NOTHING}
OURS: dict[str, Cell] = {
    "review": (WHOLE, N_("a review on the page of the same title")),
    "announcement": (PART, N_("what answers something there")),
    "event": (PART, N_("what answers something there")),
    "title": (WHOLE, N_("matched by its identifiers")),
    "reader": FOLLOWED,
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
    Dialect.gancio: CALENDAR | {"reader": FOLLOWED},
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


def written() -> str:
    """The table as FEDERATION.md has it: one row for each way to show things, with the programs that show them so."""
    programs = [*SHOWN, *(name for name in routing.DIALECTS if name not in SHOWN)]
    rows: dict[str, list[str]] = {}
    for name in programs:
        rows.setdefault(_cells(of(name)), []).append(f"`{name}`")
    rows.setdefault(_cells(ORDINARY), []).insert(0, "any other")
    lines = [f"| {', '.join(names)} | {cells} |" for cells, names in rows.items()]
    return "\n".join([f"| program | {' | '.join(THINGS.values())} |", "|---" * (len(THINGS) + 1) + "|", *lines])


def _cells(shown: dict[str, Cell]) -> str:
    return " | ".join(shown[thing][1] for thing in THINGS)
