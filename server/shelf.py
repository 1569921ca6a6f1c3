"""Facts of the catalogue as the values that templates show."""

from collections.abc import Callable, Iterable, Sequence
from urllib.parse import urlsplit

from community.catalog.facts import CREATORS, AgentFact, EditionFacts, WorkFacts
from community.catalog.languages import TWO_LETTERS
from community.uris import Uris
from themes.filters import N_
from themes.views import catalog, site

Say = Callable[[str], str]

# MARC relator codes that a reader can make something of; authors and their like need no word.
ROLES: dict[str, str] = {
    "trl": N_("translator"),
    "edt": N_("editor"),
    "ill": N_("illustrator"),
    "nrt": N_("narrator"),
    "drt": N_("director"),
    "act": N_("actor"),
    "cmp": N_("composer"),
    "cnd": N_("conductor"),
    "prf": N_("performer"),
    "mus": N_("musician"),
    "sng": N_("singer"),
    "lbt": N_("librettist"),
    "lyr": N_("lyricist"),
    "aui": N_("introduction"),
    "aft": N_("afterword"),
    "adp": N_("adaptation"),
    "arr": N_("arranger"),
    "aus": N_("screenplay"),
    "pro": N_("producer"),
    "pht": N_("photographer"),
    "com": N_("compiler"),
    "ctg": N_("cartographer"),
    "ctb": N_("contributor"),
}
WRITERS = frozenset({"", "aut", "cre"})
NUMBERS: dict[str, str] = {"isbn": "ISBN", "issn": "ISSN", "ismn": "ISMN", "ean": "EAN", "oclc": "OCLC", "lccn": "LCCN"}


def language(code: str | None) -> str:
    """A language of the catalogue as the web names it.

    >>> language("ger"), language("mul"), language(None)
    ('de', 'mul', '')
    """
    return TWO_LETTERS.get(code, code) if code else ""


def authors(agents: Iterable[AgentFact], say: Say) -> tuple[catalog.AuthorLink, ...]:
    """Who made it: creators first, each person once with what they did."""
    ordered = sorted(agents, key=lambda one: (one.role not in WRITERS, one.role not in CREATORS))
    roles: dict[int, list[str]] = {}
    names: dict[int, str] = {}
    for one in ordered:
        names[one.id] = one.name
        word = say(ROLES[one.role]) if one.role in ROLES else ""
        if word and word not in roles.setdefault(one.id, []):
            roles[one.id].append(word)
    return tuple(catalog.AuthorLink(names[one], f"/catalog/authors/{one}", ", ".join(roles.get(one, ()))) for one in names)


def edition_card(fact: EditionFacts) -> catalog.EditionCard:
    """An edition in a list."""
    return catalog.EditionCard(
        id=str(fact.id),
        url=f"/catalog/editions/{fact.id}",
        title=fact.title,
        year=fact.year,
        publisher=fact.publisher or "",
        language=language(fact.languages[0]) if fact.languages else "",
        form=fact.form,
        isbn=next(iter(fact.numbers("isbn")), ""),
        shelf_mark=fact.shelf_mark or "",
    )


def holdings(editions: Sequence[EditionFacts], library: str) -> tuple[catalog.Holding, ...]:
    """Where copies stand, as far as the records say."""
    marks: dict[str, list[EditionFacts]] = {}
    for one in editions:
        if one.shelf_mark:
            marks.setdefault(one.shelf_mark, []).append(one)
    tells = len(editions) > 1  # several editions: the year says which of them stands there
    return tuple(
        catalog.Holding(library, mark, note=str(ones[0].year) if tells and ones[0].year else "", copies=len(ones))
        for mark, ones in marks.items()
    )


def online(editions: Iterable[EditionFacts], say: Say) -> tuple[site.Link, ...]:
    """Where it can be read or heard without coming to us; only http addresses, each once."""
    found = {url: label for one in editions for url, label in one.links if url.startswith(("http://", "https://"))}
    return tuple(site.Link(label or say(N_("Read or listen online")), url, urlsplit(url).netloc) for url, label in found.items())[:6]


def edition_facts(fact: EditionFacts, say: Say) -> tuple[tuple[str, str], ...]:
    """What the record tells of an edition, as labels and values."""
    place = ", ".join(part for part in (fact.place, fact.publisher) if part)
    lines = [
        (N_("Statement of responsibility"), fact.responsibility),
        (N_("Published"), place),
        (N_("Year"), fact.year_text or (str(fact.year) if fact.year else "")),
        (N_("Extent"), fact.extent),
        (N_("Series"), " / ".join(fact.series)),
        (N_("Classification"), ", ".join(fact.classification)),
        (N_("Contents"), fact.contents),
    ]
    said = [(say(label), value) for label, value in lines if value]
    return tuple(said + [(NUMBERS[scheme], value) for scheme, value in fact.identifiers if scheme in NUMBERS])


def work(fact: WorkFacts, uris: Uris, library: str, say: Say) -> catalog.Work:
    """A title with everything its page shows of the catalogue."""
    first = fact.editions[0] if fact.editions else None
    return catalog.Work(
        id=str(fact.id),
        uri=uris.work(fact.id),
        url=f"/catalog/works/{fact.id}",
        title=fact.title,
        cover=f"/covers/{fact.id}.svg",
        subtitle=fact.subtitle or "",
        authors=authors(fact.agents, say),
        year=fact.first_year,
        form=fact.form,
        language=language(fact.language),
        original_title=fact.original_title or "",
        series=" / ".join(fact.series[:2]),
        summary=fact.description or next((one.description for one in fact.editions if one.description), ""),
        holdings=holdings(fact.editions, library),
        online=online(fact.editions, say),
        subjects=tuple(catalog.SubjectLink(one.label, f"/catalog/subjects/{one.id}") for one in fact.subjects),
        editions=tuple(edition_card(one) for one in fact.editions),
        facts=edition_facts(first, say) if first is not None and len(fact.editions) == 1 else (),
        discussion=uris.discussion(fact.id),
    )


def edition(fact: EditionFacts, card: catalog.WorkCard, uris: Uris, library: str, say: Say) -> catalog.Edition:
    """An edition with all that its record tells."""
    return catalog.Edition(
        id=str(fact.id),
        uri=uris.edition(fact.id),
        url=f"/catalog/editions/{fact.id}",
        title=fact.title,
        cover=card.cover,
        work=card,
        subtitle=fact.subtitle or "",
        authors=authors(fact.agents, say),
        year=fact.year,
        form=fact.form,
        language=language(fact.languages[0]) if fact.languages else "",
        summary=fact.description,
        holdings=holdings([fact], library),
        online=online([fact], say),
        facts=edition_facts(fact, say),
        discussion=uris.discussion(fact.work_id),
    )
