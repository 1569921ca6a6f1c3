"""What is judged, and what can be said about it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Protocol

from sqlalchemy.ext.asyncio import AsyncSession

from community.database import Base
from community.people.actors import Actor
from community.posts.kinds import KINDS


class Answer(IntEnum):
    """From the mildest to the strictest."""

    allow = 0  # as it is
    limit = 1  # seen by those who follow the author, not on public pages
    hold = 2  # a person looks first
    refuse = 3


@dataclass(frozen=True)
class Verdict:
    """An answer, and who gave it why. Sorts by strictness; of two alike, the first given stands."""

    answer: Answer
    policy: str = ""
    reason: str = ""  # for moderators, in English
    rule: str | None = None  # key of a rule or clause of the content policy
    about: str | None = None  # what the log names, when it is not the thing itself: a server, an author

    def __lt__(self, other: "Verdict") -> bool:
        return self.answer < other.answer


SAYING = frozenset({"create", "update", *KINDS})
ALLOWED = Verdict(Answer.allow)


@dataclass(frozen=True, kw_only=True)
class Submission:
    """What is to be judged: something that somebody wants to say or do here."""

    actor: Actor | None  # None: we have never met them
    actor_uri: str
    host: str | None  # None: ours
    text: str = ""  # every word of it as plain text, title and warning too
    html: str = ""
    kind: str  # of ours: review, comment ...; from elsewhere: the activity in lower case
    is_local: bool = False
    activity_type: str = "Create"
    uri: str | None = None  # of what is said, or of what it is about
    reply_to_uri: str | None = None
    mentions: int = 0
    links: tuple[str, ...] = ()

    @property
    def says_something(self) -> bool:
        """Whether somebody says something, new or changed; not a like, a follow, or a new picture of themselves."""
        return self.activity_type in {"Create", "Update"} and self.kind in SAYING and self.uri != self.actor_uri

    @property
    def name(self) -> str:
        """What the log calls it."""
        return self.uri or self.actor_uri


@dataclass(frozen=True)
class Example:
    """What a policy does in one situation; a guard test walks all of them."""

    title: str
    answer: Answer
    make: Callable[[], tuple[Submission, Sequence[Base]]]  # the submission, and the rows that must be there before


class Policy(Protocol):
    """Answers one question about a submission."""

    @property
    def name(self) -> str:
        """What POLICIES calls it."""
        ...

    @property
    def examples(self) -> tuple[Example, ...]:
        """What it does, shown: at least one situation that it stops, and one that it lets through."""
        ...

    async def judge(self, session: AsyncSession, submission: Submission) -> Verdict:
        """What to do with it; ALLOWED when this policy has nothing to say."""
        ...
