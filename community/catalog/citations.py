"""An edition as reference managers take it: RIS and BibTeX."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from community.catalog.folding import words
from community.catalog.record import Record

# form: RIS type, BibTeX type
TYPES = {
    "book": ("BOOK", "book"), "ebook": ("EBOOK", "book"), "audiobook": ("SOUND", "misc"), "film": ("VIDEO", "misc"),
    "music": ("MUSIC", "misc"), "score": ("MUSIC", "misc"), "periodical": ("JFULL", "misc"), "map": ("MAP", "misc"),
    "comic": ("BOOK", "book"), "game": ("COMP", "misc"), "kit": ("GEN", "misc"), "manuscript": ("MANSCPT", "unpublished"),
    "website": ("ELEC", "misc"), "other": ("GEN", "misc"),
}  # fmt: skip
# relator code: RIS tag; who is not listed here is not named in a citation of a book.
RIS_ROLES = {
    "": "AU",
    "aut": "AU",
    "cre": "AU",
    "drt": "AU",
    "cmp": "AU",
    "prf": "AU",
    "art": "AU",
    "edt": "ED",
    "com": "ED",
    "trl": "A4",
    "ill": "A4",
}
EDITORS = frozenset(("edt", "com"))
TRANSLATORS = frozenset(("trl",))
AUTHORS = frozenset(role for role, tag in RIS_ROLES.items() if tag == "AU")

BRACES = re.compile(r"[{}\\\s]")
# Characters that mean something to TeX.
TEX = str.maketrans(
    {
        "\\": r"\textbackslash{}", "{": r"\{", "}": r"\}", "&": r"\&", "%": r"\%", "$": r"\$", "#": r"\#", "_": r"\_",
        "~": r"\textasciitilde{}", "^": r"\textasciicircum{}", "\n": " ",
    }
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Cited:
    """What a citation tells of an edition; `people` are pairs of the sort form of a name and a MARC relator code."""

    title: str
    form: str = "book"
    subtitle: str | None = None
    people: tuple[tuple[str, str], ...] = ()
    publisher: str | None = None
    place: str | None = None
    year: int | None = None
    series: tuple[tuple[str, str | None], ...] = ()
    languages: tuple[str, ...] = ()
    pages: int | None = None
    isbn: str | None = None
    issn: str | None = None
    doi: str | None = None
    url: str | None = None
    shelf_mark: str | None = None
    description: str = ""
    subjects: tuple[str, ...] = ()

    @property
    def whole_title(self) -> str:
        return f"{self.title}: {self.subtitle}" if self.subtitle else self.title


def of_record(record: Record, url: str | None = None) -> Cited:
    """What is to be cited of a record, with the address where it stands."""
    return Cited(
        title=record.title,
        form=record.form,
        subtitle=record.subtitle,
        people=tuple((agent.sort_name, agent.role) for agent in record.agents),
        publisher=record.publisher,
        place=record.place,
        year=record.year,
        series=record.series,
        languages=record.languages,
        pages=record.pages,
        isbn=next(iter(record.values("isbn")), None),
        issn=next(iter(record.values("issn")), None),
        doi=next(iter(record.values("doi")), None),
        url=url,
        shelf_mark=record.shelf_mark,
        description=record.description,
        subjects=tuple(subject.label for subject in record.subjects),
    )


def ris(cited: Cited) -> str:
    """The citation in RIS, lines ended as its specification wants.

    >>> ris(Cited(title="Moby-Dick", people=(("Melville, Herman", "aut"),), year=1851)).split("\\r\\n")[:4]
    ['TY  - BOOK', 'AU  - Melville, Herman', 'TI  - Moby-Dick', 'PY  - 1851']
    """
    lines: list[tuple[str, object]] = [("TY", TYPES.get(cited.form, TYPES["other"])[0])]
    lines += [(tag, name) for name, role in cited.people if (tag := RIS_ROLES.get(role))]
    lines += [("TI", cited.whole_title), ("PY", cited.year), ("PB", cited.publisher), ("CY", cited.place)]
    lines += [("T2", title) for title, _ in cited.series[:1]]
    lines += [("VL", number) for _, number in cited.series[:1]]
    lines += [("SP", cited.pages), ("SN", cited.isbn or cited.issn), ("DO", cited.doi), ("LA", ", ".join(cited.languages))]
    lines += [("CN", cited.shelf_mark), ("AB", cited.description), ("UR", cited.url)]
    lines += [("KW", subject) for subject in cited.subjects]
    told = [f"{tag}  - {_line(value)}" for tag, value in lines if value]
    return "\r\n".join([*told, "ER  - ", ""])


def bibtex(cited: Cited) -> str:
    r"""The citation in BibTeX, with a key made of name, year and first word.

    >>> print(bibtex(Cited(title="The whale & the sea", people=(("Melville, Herman", "aut"), ("Verdi, Anna", "trl")), year=1851)))
    @book{melville1851whale,
      author = {Melville, Herman},
      translator = {Verdi, Anna},
      title = {{The whale \& the sea}},
      year = {1851},
    }
    <BLANKLINE>
    """
    fields: list[tuple[str, object]] = [
        ("author", _names(cited, AUTHORS)),
        ("editor", _names(cited, EDITORS)),
        ("translator", _names(cited, TRANSLATORS)),
        # Doubled, so that the reference style leaves capitals alone.
        ("title", f"{{{_tex(cited.whole_title)}}}"),
        ("year", cited.year),
        ("publisher", _tex(cited.publisher)),
        ("address", _tex(cited.place)),
        ("series", _tex(cited.series[0][0]) if cited.series else None),
        ("number", _tex(cited.series[0][1]) if cited.series else None),
        ("pagetotal", cited.pages),
        ("isbn", cited.isbn),
        ("issn", cited.issn),
        ("doi", BRACES.sub("", cited.doi or "")),
        ("language", ", ".join(cited.languages)),
        ("url", BRACES.sub("", cited.url or "")),
    ]
    told = [f"  {name} = {{{value}}},\n" for name, value in fields if value]
    return f"@{TYPES.get(cited.form, TYPES['other'])[1]}{{{_key(cited)},\n{''.join(told)}}}\n"


def _line(value: object) -> str:
    """A value on one line: a line break would begin another field."""
    return re.sub(r"\s+", " ", str(value)).strip()


def _tex(text: str | None) -> str:
    return (text or "").translate(TEX)


def _names(cited: Cited, roles: Iterable[str]) -> str:
    return " and ".join(dict.fromkeys(_tex(name) if ", " in name else f"{{{_tex(name)}}}" for name, role in cited.people if role in roles))


def _key(cited: Cited) -> str:
    """A key that people recognise: melville1851whale."""
    surname = words(cited.people[0][0].split(",")[0]).replace(" ", "") if cited.people else ""
    first = next((word for word in words(cited.title).split() if len(word) > 3), words(cited.title).replace(" ", ""))
    key = re.sub(r"[^a-z0-9]", "", f"{surname}{cited.year or ''}{first}")
    return key or "edition"
