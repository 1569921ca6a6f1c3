"""What moderators see."""

from dataclasses import dataclass
from datetime import datetime

from themes.views.posts import Person, Picture


@dataclass(frozen=True, slots=True)
class CaseRow:
    """A case in the queue."""

    id: str
    url: str  # /moderation/cases/{id}
    opened: datetime
    source: str  # report, flag, policy
    summary: str  # one line: why somebody should look
    author: Person | None
    kind: str = ""  # what it is about: review, comment, actor, work, event
    reports: int = 0
    rule: str = ""  # the rule named first, by title
    urgent: bool = False
    taken_by: str = ""
    state: str = "open"  # open, settled
    outcome: str = ""  # an action, when settled


@dataclass(frozen=True, slots=True)
class Report:
    """What somebody told us; who they are stays with us."""

    made: datetime
    source: str  # reader, visitor, server, policy
    reason: str
    rule: str = ""
    via: str = ""  # the server or policy it came from


@dataclass(frozen=True, slots=True)
class Words:
    """Somebody's words at one moment."""

    html: str  # safe Markup
    at: datetime
    title: str = ""
    warning: str = ""
    state: str = "visible"  # visible, held, hidden, removed, edited
    language: str = ""


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule of our policy."""

    key: str
    number: str
    title: str
    text: str = ""


@dataclass(frozen=True, slots=True)
class Decision:
    """What a moderator did, and whether it can be taken back."""

    id: str
    at: datetime
    by: str
    action: str  # a key of themes.filters.ACTIONS
    reason: str
    rule: str = ""
    about: str = ""  # in words
    url: str = ""  # its case
    can_undo: bool = False
    undone: str = ""  # by whom, and why


@dataclass(frozen=True, slots=True)
class Case:
    """All that is needed to decide one thing."""

    id: str
    url: str
    number: int
    opened: datetime
    source: str
    kind: str  # review, comment, announcement, actor, work, event
    state: str
    author: Person | None
    then: Words | None  # as they were when reported
    now: Words | None  # as they are; None when gone
    where: str = ""  # title of the page it stands on
    where_url: str = ""
    uri: str = ""
    reports: tuple[Report, ...] = ()
    earlier: tuple[CaseRow, ...] = ()  # about the same author
    history: tuple[Decision, ...] = ()
    taken_by: str = ""
    author_since: datetime | None = None
    author_posts: int = 0
    author_state: str = "active"  # active, limited, suspended
    server: str = ""  # of the author, when not ours
    server_state: str = "open"  # open, limited, refused
    version: int = 1  # goes back with the decision, so that two moderators do not decide at once
    pictures: tuple[Picture, ...] = ()  # beside the words; grey, and only when asked for


@dataclass(frozen=True, slots=True)
class ServerRow:
    """Another server, and how we treat it."""

    domain: str
    state: str  # open, limited, refused, partner
    reason: str = ""
    by: str = ""
    since: datetime | None = None
    people: int = 0
    posts: int = 0
    last_seen: datetime | None = None


@dataclass(frozen=True, slots=True)
class WordRow:
    """A word that makes a moderator look."""

    id: str
    pattern: str
    answer: str  # limit, hold, refuse
    note: str = ""
    caught: int = 0


@dataclass(frozen=True, slots=True)
class PersonRow:
    """A person as moderators see them."""

    person: Person
    state: str  # active, limited, suspended
    role: str = "reader"
    since: datetime | None = None
    posts: int = 0
    cases: int = 0
    reason: str = ""
