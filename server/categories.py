"""Kinds of events and of news: a word in the database, a translation on the page."""

from collections.abc import Callable, Iterable, Mapping

from server import showing
from themes.filters import N_
from themes.views.site import Choice

Say = Callable[[str], str]

EVENTS: dict[str, str] = {
    "book club": N_("Book club"),
    "author": N_("Meeting an author"),
    "children": N_("For children"),
    "languages": N_("Languages"),
    "film": N_("Film"),
    "music": N_("Music"),
    "repair": N_("Repairing and making"),
    "walk": N_("Walk"),
    "course": N_("Course"),
    "exhibition": N_("Exhibition"),
    "other": N_("Something else"),
}
NEWS: dict[str, str] = {
    "news": N_("News"),
    "new titles": N_("New titles"),
    "service notice": N_("Service notice"),
    "story": N_("Story"),
    "call for help": N_("Call for help"),
}


def label(key: str | None, say: Say) -> str:
    """What a category is called here; one that we do not know, as it is written."""
    if not key:
        return ""
    known = EVENTS.get(key) or NEWS.get(key)
    return say(known) if known else key


def labels(table: Mapping[str, str], say: Say) -> tuple[str, ...]:
    """What a form offers."""
    return tuple(say(one) for one in table.values())


def key(table: Mapping[str, str], chosen: str | None, say: Say) -> str | None:
    """The category that somebody chose by its label."""
    return next((one for one, words in table.items() if chosen in {one, words, say(words)}), None)


def choices(table: Mapping[str, str], used: Iterable[str | None], chosen: str, path: str, say: Say) -> tuple[Choice, ...]:
    """A row of categories to narrow a list by: those that occur in it; the chosen one is taken away by its address."""
    there = set(used)
    if len(there) < 2 and not chosen:
        return ()
    return tuple(
        Choice(one, say(words), None, one == chosen, path if one == chosen else showing.address(path, {}, category=one))
        for one, words in table.items()
        if one in there or one == chosen
    )
