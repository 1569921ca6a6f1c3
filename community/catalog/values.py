"""What catalogues write into small fields: years, pages, addresses, titles with marks around what does not sort."""

import re
from collections.abc import Iterable
from typing import TypeVar

from community.catalog.folding import strip_brackets, strip_isbd, tidy
from community.catalog.languages import article_length

T = TypeVar("T")

YEAR = re.compile(r"(?<!\d)(1\d{3}|20[0-4]\d)(?!\d)")
EARLY_YEAR = re.compile(r"(?<!\d)([5-9]\d{2})(?!\d)")
# "654 p.", "175 S.", "[8] pages"; what stands before the unit may be a row of sequences: "xii, 654, [3] p.".
PAGE_UNIT = re.compile(
    r"(?<=[\d\])])\s*(?:unnumbered\s+)?"
    r"(?:p|pp|pg|pag|pages?|pagine|pagini|p[aá]ginas|s|seiten|sidor|sider|str|leaves|l|ff|с|стр|σ|סמ)\b",
    re.IGNORECASE,
)
PAGE_ROW = re.compile(r"[\divxlcdm\s,\[\]()+-]*$", re.IGNORECASE)
UNKNOWN = re.compile(
    r"^[\[(]*(?:"
    r"(?:lieu|luogo|place|lugar|locul?|erscheinungsort|verlagsort|utgivningsort|verlag|éditeur|editore|editura|maison d'édition)\b.*"
    r"\b(?:non|nicht|not|no|okänd|neidentificat\w*)\b.*"
    r"|s\.?\s*[nl]\.?|s\.\s?n\.?t\.?|n\.\s?p\.|(?:place of )?publi\w+ not identified|not identified|u\.\s?å\.?"
    r")\s*[\])]*\??$",
    re.IGNORECASE,
)
ADDRESS = re.compile(r"^https?://[^\s<>\"{}|\\^`]+$", re.IGNORECASE)

# Marks around what does not sort: ISO 6630, its other coding, MARC-8 escapes, Romania's double angles.
NON_SORTING = re.compile("(?:\x88|\x98|\x1bH|<<|¬)(?P<skipped>[^\x89\x9c\x1b>¬]{1,24}?)(?:\x89|\x9c|\x1bI|>>|¬)")
LOOSE_MARKS = re.compile("[\x88\x89\x98\x9c]|\x1b[HI]")
# The same marks decayed to letters: "HThe Iblood harvest".
DECAYED = re.compile(r"^H(?P<skipped>(?:The|A|An|Il|Lo|La|I|Gli|Le|Un|Uno|Una|Les|Der|Die|Das|El|Los|Las) |L['’])\s?I(?=[a-zà-ÿ])")
# Italy's asterisk stands before the word that sorts: "Il *nome della rosa".
ASTERISK = re.compile(r"^(?P<skipped>(?:\w{1,5}\s|\w{1,5}['’]\s?))\*(?=\w)")


def year(text: str) -> int | None:
    """The first year in a text.

    >>> year("c1998."), year("[1968, c1962]"), year("MCMXCVI"), year("[19--?]"), year("5753 [1993]")
    (1998, 1968, None, None, 1993)
    """
    match = YEAR.search(text) or EARLY_YEAR.search(text)
    return int(match.group(1)) if match else None


def pages(extent: str) -> int | None:
    """How many pages an extent counts: the largest sequence.

    >>> pages("xii, 654 p., [8] leaves of plates"), pages("167, [1] p."), pages("1 DVD (127 min)"), pages("175 S."), pages("2 v.")
    (654, 167, None, 175, None)
    """
    best = 0
    extent = extent[:300]
    for match in PAGE_UNIT.finditer(extent):
        row = PAGE_ROW.search(extent[: match.start()])
        for number in re.findall(r"\d+", row.group() if row else ""):
            if best < int(number) <= 30000:
                best = int(number)
    return best or None


def address(text: str) -> str | None:
    """A web address that may be linked to, None for anything else.

    >>> address("www.example.org/a"), address("https://example.org"), address("javascript:alert(1)") is None
    ('http://www.example.org/a', 'https://example.org', True)
    """
    text = text.strip()
    if text.lower().startswith("www."):
        text = "http://" + text
    return text if ADDRESS.match(text) and len(text) <= 2000 else None


def split_title(text: str, *, italian: bool = False) -> tuple[str, str]:
    """A title as it reads, and as it sorts when marks say what to leave out.

    >>> split_title("\\x88L'\\x89altra faccia"), split_title("<<The >>sweetest fig"), split_title("HThe Iblood harvest")
    (("L'altra faccia", 'altra faccia'), ('The sweetest fig', 'sweetest fig'), ('The blood harvest', 'blood harvest'))
    >>> split_title("Il *nome della rosa", italian=True), split_title("The whale")
    (('Il nome della rosa', 'nome della rosa'), ('The whale', 'The whale'))
    """
    if text.isascii() and text[:1] not in "H*" and not any(mark in text for mark in ("\x1b", "<<", "*")):
        plain = tidy(text)
        return plain, plain
    match = NON_SORTING.search(text) or DECAYED.match(text) or (ASTERISK.match(text) if italian else None)
    if match is None:
        plain = tidy(LOOSE_MARKS.sub("", text))
        return (plain.removeprefix("*"), plain.removeprefix("*")) if italian else (plain, plain)
    skipped, before, after = match["skipped"], text[: match.start()], text[match.end() :]
    shown = tidy(LOOSE_MARKS.sub("", before + skipped + NON_SORTING.sub(lambda m: m["skipped"], after)))
    if before.strip(" [\"'«"):
        return shown, shown  # the marks stand somewhere inside: nothing to leave out at the beginning
    return shown, tidy(LOOSE_MARKS.sub("", NON_SORTING.sub(lambda m: m["skipped"], after)))


def sort_form(title: str, skip: int, languages: tuple[str, ...]) -> str:
    """A title without the characters that do not file: as many as the record says, else its leading article.

    >>> sort_form("The whale", 4, ()), sort_form("The whale", 3, ("eng",)), sort_form("L'isola", 0, ("ita",))
    ('whale', 'whale', 'isola')
    """
    # A number that cuts a word was counted wrong.
    believed = 0 < skip < len(title) and not title[skip - 1].isalnum()
    rest = title[skip if believed else article_length(title, languages) :]
    return rest.lstrip(" \"'“«‘¿¡[(.…-–—*") or title


def name_of_place(text: str | None) -> str | None:
    """A place or a publisher, None for what says that it is not known."""
    found = strip_brackets(strip_isbd(tidy(text or "")))
    return found if found and not UNKNOWN.match(found) else None


def once(entries: Iterable[T]) -> tuple[T, ...]:
    """The same without repetitions, in order."""
    return tuple(dict.fromkeys(entries))
