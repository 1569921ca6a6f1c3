"""What a page may know of the catalogue: frozen, so that it can be kept and shown again."""

from dataclasses import dataclass
from datetime import datetime

# Relator codes of those who made a work; translators, editors and the like help it along.
CREATORS = frozenset({"", "aut", "cre", "art", "cmp", "drt", "ill", "pht", "lyr", "prf", "cartographer", "ctg", "cur", "pro"})


@dataclass(frozen=True, slots=True)
class AgentFact:
    """Who made it, and as what (a MARC relator code)."""

    id: int
    name: str
    sort_name: str
    dates: str | None
    role: str


@dataclass(frozen=True, slots=True)
class SubjectFact:
    """A heading."""

    id: int
    label: str
    kind: str


@dataclass(frozen=True, slots=True)
class EditionFacts:
    """One edition with its identifiers and makers."""

    id: int
    work_id: int
    source: str
    source_key: str
    title: str
    subtitle: str | None
    responsibility: str | None
    form: str
    publisher: str | None
    place: str | None
    year: int | None
    year_text: str | None
    languages: tuple[str, ...]
    extent: str | None
    pages: int | None
    description: str
    contents: str
    audience: str | None
    series: tuple[str, ...]
    links: tuple[tuple[str, str], ...]  # address and label
    classification: tuple[str, ...]
    shelf_mark: str | None
    created_at: datetime
    changed_at: datetime
    removed_at: datetime | None
    identifiers: tuple[tuple[str, str], ...] = ()
    agents: tuple[AgentFact, ...] = ()

    def numbers(self, scheme: str) -> tuple[str, ...]:
        """Its identifiers of one scheme."""
        return tuple(value for known, value in self.identifiers if known == scheme)


@dataclass(frozen=True, slots=True)
class WorkCard:
    """A work in a list."""

    id: int
    title: str
    authors: tuple[str, ...]
    year: int | None
    form: str
    language: str | None
    shelf_mark: str | None
    touched_at: datetime


@dataclass(frozen=True, slots=True)
class WorkFacts:
    """All that the page of a work shows of the catalogue. A removed work still answers, with `removed_at`."""

    id: int
    title: str
    subtitle: str | None
    original_title: str | None
    form: str
    language: str | None
    first_year: int | None
    description: str
    created_at: datetime
    changed_at: datetime
    touched_at: datetime
    removed_at: datetime | None
    editions: tuple[EditionFacts, ...]
    agents: tuple[AgentFact, ...]
    subjects: tuple[SubjectFact, ...]
    series: tuple[str, ...]
    similar: tuple[WorkCard, ...]

    @property
    def identifiers(self) -> tuple[tuple[str, str], ...]:
        """Every number of its editions, each once: what another library may know this work by."""
        return tuple(dict.fromkeys(pair for edition in self.editions for pair in edition.identifiers))

    @property
    def authors(self) -> tuple[AgentFact, ...]:
        """Those who made it, without translators, editors and the like; everyone when nobody else is named."""
        return tuple(agent for agent in self.agents if agent.role in CREATORS) or self.agents


@dataclass(frozen=True, slots=True)
class EditionPage:
    """One edition, and the work that it belongs to."""

    edition: EditionFacts
    work: WorkCard


@dataclass(frozen=True, slots=True)
class AuthorPage:
    """A person or body, and a page of their works."""

    id: int
    name: str
    sort_name: str
    dates: str | None
    identifiers: tuple[str, ...]
    changed_at: datetime
    total: int
    works: tuple[WorkCard, ...]


@dataclass(frozen=True, slots=True)
class SubjectPage:
    """A heading, a page of the works under it, and headings that often stand beside it."""

    id: int
    label: str
    kind: str
    scheme: str
    identifier: str | None
    total: int
    works: tuple[WorkCard, ...]
    related: tuple[SubjectFact, ...]


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of an A to Z list."""

    id: int
    label: str
    count: int


@dataclass(frozen=True, slots=True)
class Browse:
    """A page of an A to Z list."""

    total: int
    entries: tuple[Entry, ...]
