"""One id, several renditions: what a post is called in each dialect."""

from collections.abc import Callable

from community.library import Library
from federation.renditions.bookwyrm import bookwyrm
from federation.renditions.event import event, gancio
from federation.renditions.facts import Facts
from federation.renditions.note import note
from federation.routing import Dialect
from federation.wire import Wire

Rendition = Callable[[Library, Facts], Wire | None]  # None: nothing that they would understand


def plain(library: Library, facts: Facts) -> Wire:
    """A Note, or an Event."""
    return event(library, facts) if facts.post.kind == "event" else note(library, facts)


def answer(library: Library, facts: Facts) -> Wire | None:
    """The Note of an answer, and nothing else."""
    return note(library, facts) if facts.post.kind == "comment" and facts.parent_uri is not None else None


def happening(library: Library, facts: Facts) -> Wire | None:
    """An Event, or the Note of an answer to one."""
    return event(library, facts) if facts.post.kind == "event" else answer(library, facts)


def at_gancio(library: Library, facts: Facts) -> Wire | None:
    """An Event in Gancio's own reading, or the Note of an answer to one."""
    return gancio(library, facts) if facts.post.kind == "event" else answer(library, facts)


RENDITIONS: dict[Dialect, Rendition] = {
    Dialect.plain: plain,
    Dialect.bookwyrm: bookwyrm,
    Dialect.forum: answer,
    Dialect.events: happening,
    Dialect.gancio: at_gancio,
}
