"""What a bibliographic record tells us, whatever format it came in."""

import hashlib
import re
from dataclasses import dataclass, field

import msgspec

from community.catalog.folding import fold, words
from community.catalog.languages import without_article

FORMS = (
    "book", "ebook", "audiobook", "film", "music", "score", "periodical", "map", "comic", "game", "kit", "manuscript", "website", "other",
)  # fmt: skip

# Forms in which one and the same work is read: a review of the book is one of the audiobook.
FAMILIES = {"book": "text", "ebook": "text", "audiobook": "text", "comic": "text", "manuscript": "text"}

# Who a work is filed under, by form family, best first; any other role only if there is nobody better.
MAKERS = {
    "film": ("drt", "fmd", "cre"), "music": ("cmp", "prf", "sng", "aut", "cre"), "score": ("cmp", "arr", "aut", "cre"),
    "game": ("inv", "dsr", "aut", "cre"),
}  # fmt: skip
AUTHORS = ("aut", "cre", "dub", "cmp", "art")

# Titles that cataloguers give to volumes of somebody's works: they say nothing about which works.
COLLECTIVE = frozenset(
    """works; selections; poems; poetry; plays; novels; short stories; stories; essays; correspondence; letters; speeches; prose works;
    dramatic works; poetical works; songs; chamber music; orchestra music; piano music; instrumental music; vocal music; choral music;
    operas; sonatas; symphonies; concertos; quartets; organ music; keyboard music; masses; opere; opere scelte; racconti; poesie; lettere;
    romanzi; teatro; oeuvres; oeuvres completes; nouvelles; lettres; werke; ausgewahlte werke; gedichte; erzahlungen; briefe; obras;
    obras completas; opera; opera omnia; tutte le opere; opere complete; verk; samlade skrifter; opere alese; laws etc; treaties etc;
    proceedings; annual report; bulletin; report""".replace("\n", " ").split("; ")
)
COLLECTIVE_NAMES = frozenset(words(name) for name in COLLECTIVE)
ALTERNATIVE_TITLE = re.compile(
    r"\s*[,;:]?\s+(?:or|ovvero|ossia|oder|eller|sau|ou)\s*[,:]\s.*$|\s*[;:]\s+(?:or|ovvero|ossia|oder|ou)\s.*$", re.IGNORECASE
)
QUALIFIER = re.compile(r"\s*[(\[][^)\]]*[)\]]")


@dataclass(frozen=True)
class Agent:
    """Somebody who had a part in it; `role` is a MARC relator code, empty when the record does not tell."""

    name: str
    sort_name: str
    dates: str | None = None
    role: str = ""
    identifiers: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Subject:
    """What it is about; `kind` is topic, person, place, genre, time or title."""

    label: str
    kind: str = "topic"
    scheme: str = ""
    identifier: str | None = None


@dataclass(frozen=True, kw_only=True)
class Record:
    """One edition, as its record describes it. Text is NFC, without control characters and ISBD punctuation."""

    source_key: str
    title: str
    sort_title: str
    subtitle: str | None = None
    responsibility: str | None = None
    uniform_title: str | None = None
    agents: tuple[Agent, ...] = ()
    publisher: str | None = None
    place: str | None = None
    year: int | None = None
    year_text: str | None = None
    languages: tuple[str, ...] = ()
    original_languages: tuple[str, ...] = ()
    form: str = "book"
    extent: str | None = None
    pages: int | None = None
    description: str = ""
    contents: str = ""
    audience: str | None = None
    subjects: tuple[Subject, ...] = ()
    series: tuple[tuple[str, str | None], ...] = ()
    identifiers: tuple[tuple[str, str], ...] = ()
    links: tuple[tuple[str, str], ...] = ()
    classification: tuple[tuple[str, str], ...] = ()
    shelf_mark: str | None = None
    raw: bytes = field(default=b"", repr=False)
    raw_format: str = "marc21"

    def values(self, scheme: str) -> list[str]:
        """Its identifiers of one scheme."""
        return [value for name, value in self.identifiers if name == scheme]


@dataclass(frozen=True)
class Refused:
    """A record that could not be read: which one of its file, why in plain words, and its bytes."""

    position: int
    reason: str
    raw: bytes = field(default=b"", repr=False)


def content_hash(record: Record) -> str:
    """The same for the same content, however it was wrapped: 64 hexadecimal digits."""
    r = record
    told = (
        r.source_key, r.title, r.subtitle, r.responsibility, r.sort_title, r.uniform_title, r.agents, r.publisher, r.place, r.year,
        r.year_text, r.languages, r.original_languages, r.form, r.extent, r.pages, r.description, r.contents, r.audience, r.subjects,
        r.series, r.identifiers, r.links, r.classification, r.shelf_mark,
    )  # fmt: skip
    return hashlib.sha256(msgspec.json.encode(told)).hexdigest()


def derived_key(title: str, agents: tuple[Agent, ...], year: int | None, identifiers: tuple[tuple[str, str], ...]) -> str:
    """A key for a record that brings none: the same again when the same edition comes again."""
    numbers = [value for scheme, value in identifiers if scheme == "isbn"]
    told = (fold(title), [fold(agent.sort_name) for agent in agents[:3]], year, numbers)
    return "derived:" + hashlib.sha256(msgspec.json.encode(told)).hexdigest()[:24]


def work_key(record: Record) -> str:
    """The key under which editions of one work meet: form family, title without article and case, and who made it.

    The title is the original one where the record tells it, so that translations meet; language, year and publisher do not
    count. A maker is known by last word and first letter, for catalogues differ in fullness and particles. Without a maker
    the uniform title stands alone; without that too, subtitle and publisher keep strangers of the same name apart.

    >>> melville = (Agent("Herman Melville", "Melville, Herman"),)
    >>> moby = Record(source_key="1", title="Moby-Dick, or, The whale", sort_title="Moby-Dick", agents=melville)
    >>> balena = Record(source_key="2", title="Balena", sort_title="Balena", uniform_title="Moby Dick", form="ebook", agents=melville)
    >>> work_key(moby), work_key(balena)
    ('text|moby dick|melville h', 'text|moby dick|melville h')
    """
    family = FAMILIES.get(record.form, record.form)
    maker = _maker(record, family)
    uniform = _title_words(record.uniform_title) if record.uniform_title else ""
    if uniform and not _is_collective(uniform):
        return f"{family}|{uniform[:300]}|{maker}"
    title = _title_words(record.title) or fold(record.title)
    if not maker:
        # Films have many distributors: the year tells two of one name apart.
        beside = [words(record.subtitle or ""), str(record.year or "") if family == "film" else words(record.publisher or "")]
        title = "/".join(part[:120] for part in [title, *beside] if part)
    elif record.subtitle and any(fold(name) == fold(record.title) for name, _ in record.series):
        # The title is that of the series: the volume is named by what follows.
        title = f"{title}/{_title_words(record.subtitle)}"
    return f"{family}|{title[:300]}|{maker}"


def _title_words(title: str) -> str:
    """A title, comparable: no alternative title, no qualifier, no leading article."""
    title = title[:1000]
    bare = QUALIFIER.sub("", ALTERNATIVE_TITLE.sub("", title)) or title
    return words(without_article(bare).replace("&", " and "))


def _is_collective(title: str) -> bool:
    """Whether a uniform title names somebody's collected works and no particular one."""
    return (
        title in COLLECTIVE_NAMES
        or title.endswith((" selections", " scelta", " ausw", " auswahl", " urval", " extraits", " excerpts"))
        or title.split(" ")[0] == "selections"
    )


def _maker(record: Record, family: str) -> str:
    """Whom the work is filed under: last word and first letter of a person's name, the whole name of anyone else."""
    if not record.agents:
        return ""
    wanted = MAKERS.get(family, AUTHORS)
    ranks = [_rank(agent.role, wanted, position) for position, agent in enumerate(record.agents)]
    best = record.agents[ranks.index(min(ranks))]
    if family == "film" and best.role and best.role not in wanted:
        return ""
    name = words(QUALIFIER.sub("", without_article(best.name)) if best.name == best.sort_name else best.name)
    if best.name != best.sort_name and " " in name:
        parts = [part for part in name.split(" ") if part not in ("jr", "sr", "ii", "iii")]
        return f"{parts[-1]} {parts[0][0]}"[:100]
    return name[:100]


def _rank(role: str, wanted: tuple[str, ...], position: int) -> int:
    """How well a role makes one the maker: the wanted ones and a main entry that says none, then an unstated one, then others."""
    if role in wanted or (not role and position == 0):
        return 0
    return 1 if not role else 2
