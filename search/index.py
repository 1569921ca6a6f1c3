"""What an index must be able to do; embedded.py and meili.py do it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from search.documents import WorkDocument
from search.query import Query

FEW = 3  # hits; with fewer, words that are spelt almost so count too
VALUES = 25  # of one facet


@dataclass(frozen=True, slots=True)
class Hit:
    """A work that fits, and how well."""

    id: int
    score: float


@dataclass(frozen=True, slots=True)
class Results:
    """A page of hits, how many there are in all, and by what they could be narrowed."""

    hits: tuple[Hit, ...] = ()
    total: int = 0
    facets: Mapping[str, tuple[tuple[str, int], ...]] = field(default_factory=dict)  # name -> values with counts, most first
    did_you_mean: str | None = None

    @property
    def ids(self) -> list[int]:
        """The works of this page, in order."""
        return [hit.id for hit in self.hits]


@dataclass(frozen=True, slots=True)
class Health:
    """How an index feels."""

    engine: str
    ok: bool
    documents: int = 0
    detail: str = ""


class SearchIndex(Protocol):
    """An index of works. What goes wrong outside of us is raised as TryLater."""

    name: str  # tells indexes apart: each has its own bookmark

    async def search(self, query: Query) -> Results:
        """The works that fit."""

    async def suggest(self, prefix: str, limit: int = 8) -> tuple[str, ...]:
        """Titles and names that go on as the reader has begun."""

    async def put(self, documents: Sequence[WorkDocument]) -> None:
        """Add these, or replace what is there of the same id. When this returns, they are found."""

    async def drop(self, ids: Iterable[int]) -> None:
        """Take these out."""

    async def beside(self) -> "SearchIndex":
        """A new, empty index to be filled while this one goes on answering."""

    async def swap(self, other: "SearchIndex") -> None:
        """Answer from the other from now on, which was made by `beside`, and throw the old contents away."""

    async def health(self) -> Health:
        """Whether it answers, and how much it holds. Never raises."""

    async def close(self) -> None:
        """Let go of files and connections."""
