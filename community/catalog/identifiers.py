"""Numbers that the world knows books by, each in its one normal form."""

import re
from functools import lru_cache

from stdnum import ean as stdnum_ean
from stdnum import isbn as stdnum_isbn
from stdnum import issn as stdnum_issn
from stdnum.exceptions import ValidationError

Identifier = tuple[str, str]

ISBN_SHAPE = re.compile(r"(?<![\dXx])(?:97[89][-\s]?)?\d(?:[-\s]?\d){8}[-\s]?[\dXx](?![\dXx])")
DASHES = str.maketrans({"‐": "-", "‑": "-", "‒": "-", "–": "-", "—": "-", "−": "-"})
OCLC_NUMBER = re.compile(r"(?:\(OCoLC\)|^oc[mn]|^on)\D{0,4}0*(\d+)", re.IGNORECASE)
LCCN_PREFIXED = re.compile(r"^([a-z]{0,3})(\d{2}|\d{4})(\d{6})$")


def isbn13(text: str) -> str | None:
    """The thirteen digits of an ISBN that stands somewhere in a text, or None when there is no right one.

    >>> isbn13("0142437247 (pbk.) : $9.95"), isbn13("978-0-14-243724-7"), isbn13("ISBN 88 04 40682 8")
    ('9780142437247', '9780142437247', '9788804406822')
    >>> isbn13("0142437248") is None, isbn13("no number") is None
    (True, True)
    """
    for match in ISBN_SHAPE.finditer(text.translate(DASHES)):
        digits = re.sub(r"[-\s]", "", match.group()).upper()
        try:
            if len(digits) == 10:
                digits = "978" + str(stdnum_isbn.validate(digits))[:9]
                return digits + str(stdnum_ean.calc_check_digit(digits))
            if digits[-1] == stdnum_ean.calc_check_digit(digits[:12]):
                return digits
        except ValidationError:
            continue
    return None


def isbn10(text: str) -> str | None:
    """The old ten-digit form of an ISBN, which those that begin with 979 do not have.

    >>> isbn10("9780142437247"), isbn10("9791034902767") is None
    ('0142437247', True)
    """
    long = isbn13(text)
    if long is None or not long.startswith("978"):
        return None
    return str(stdnum_isbn.to_isbn10(long))


def isbn(text: str) -> Identifier | None:
    """An ISBN as an identifier; what is no right one is kept as text, for somebody may still search for it.

    >>> isbn("0142437247 (pbk.)"), isbn("0142437248 (pbk.)"), isbn("(pbk.)") is None
    (('isbn', '9780142437247'), ('isbn-invalid', '0142437248 (pbk.)'), True)
    """
    if (found := isbn13(text)) is not None:
        return ("isbn", found)
    if any(c.isdigit() for c in text):
        return ("isbn-invalid", text.strip()[:200])
    return None


def issn(text: str) -> str | None:
    """An ISSN with its hyphen, or None when it is not right.

    >>> issn("1221-8472"), issn("ISSN 0028 0836 (print)"), issn("1234-5678") is None
    ('1221-8472', '0028-0836', True)
    """
    match = re.search(r"(?<!\d)\d{4}[-\s]?\d{3}[\dXx](?![\dXx])", text.translate(DASHES))
    if match is None:
        return None
    try:
        return str(stdnum_issn.format(stdnum_issn.validate(match.group())))
    except ValidationError:
        return None


def ean(text: str) -> str | None:
    """An EAN or UPC, always thirteen digits unless it is one of eight.

    >>> ean("8 032979 610128"), ean("012569593220"), ean("1234") is None
    ('8032979610128', '0012569593220', True)
    """
    digits = re.sub(r"\D", "", text)
    if len(digits) == 12:
        digits = "0" + digits
    if len(digits) not in (8, 13):
        return None
    try:
        return str(stdnum_ean.validate(digits))
    except ValidationError:
        return None


def lccn(text: str) -> str | None:
    """A Library of Congress control number as its addresses write it.

    >>> lccn("   68009306 /AC/r83"), lccn("n78-890351"), lccn("  2001000002"), lccn("85-2 ")
    ('68009306', 'n78890351', '2001000002', '85000002')
    """
    number = re.sub(r"\s", "", text.split("/")[0]).lower().strip("^#")
    if "-" in number:
        prefix, _, serial = number.partition("-")
        if not serial.isdigit():
            return None
        number = prefix + serial.zfill(6)
    return number if LCCN_PREFIXED.match(number) else None


def oclc(text: str) -> str | None:
    """An OCLC number without prefix and zeros.

    >>> oclc("(OCoLC)ocm00000697^"), oclc("ocn123456789"), oclc("(DLC)123") is None
    ('697', '123456789', True)
    """
    match = OCLC_NUMBER.search(text)
    return match.group(1) if match else None


# What stands in brackets before an authority's number: (DE-588)118580604.
AGENCIES = {
    "viaf": "viaf", "wikidata": "wikidata", "isni": "isni", "de-588": "gnd", "dlc": "lcnaf", "naf": "lcnaf", "lcnaf": "lcnaf",
    "frpbn": "bnf", "idref": "idref", "fr-par": "idref", "abes": "idref", "se-libr": "libris", "libris": "libris", "imdb": "imdb",
    "rero": "rero", "doi": "doi", "orcid": "orcid",
}  # fmt: skip
# What a web address, or a number that shows by itself whose it is, says: (pattern, scheme); the first group is the value.
AUTHORITIES: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern, re.IGNORECASE), scheme)
    for pattern, scheme in (
        (r"viaf\.org/viaf/(\d+)", "viaf"),
        (r"wikidata\.org/(?:wiki|entity)/(Q\d+)", "wikidata"),
        (r"isni\.org/(?:isni/)?([\dX]{16})|^isni\s*([\dX ]{16,19})$", "isni"),
        (r"orcid\.org/([\dX-]{19})", "orcid"),
        (r"d-nb\.info/gnd/([\dX-]+)", "gnd"),
        (r"id\.loc\.gov/authorities/(?:names/|subjects/)?([a-z]{1,3}\d+)", "lcnaf"),
        (r"id\.worldcat\.org/fast/(?:fst)?0*(\d+)", "fast"),
        (r"(?:data\.bnf\.fr/(?:ark:/12148/)?|ark:/12148/)(cb\w+)", "bnf"),
        (r"idref\.fr/(\w+)", "idref"),
        (r"purl\.bncf\.firenze\.sbn\.it/bncf/tid/(\d+)|thes\.bncf\.firenze\.sbn\.it/termine\.php\?id=(\d+)", "nuovo soggettario"),
        (r"(IT\\ICCU\\\w+\\\w+)", "sbn"),
        (r"libris\.kb\.se/(?:auth/|resource/auth/)?([a-z0-9]{6,})", "libris"),
        (r"imdb\.com/(?:title|name)/((?:tt|nm)\d+)", "imdb"),
        (r"doi\.org/(10\.\d{4,}/\S+)|^doi:\s*(10\.\d{4,}/\S+)", "doi"),
        (r"openlibrary\.org/(?:books|works|authors)/(OL\d+[AMW])", "openlibrary"),
    )
)
SHOWS_BY_ITSELF = re.compile(r"[.\\]|^isni|^doi:|ark:/", re.IGNORECASE)


@lru_cache(4096)
def authority(text: str) -> Identifier | None:
    """What an authority number or address identifies, or None when we do not know its scheme.

    >>> authority("http://viaf.org/viaf/34454129"), authority("(DE-588)118580604"), authority("ISNI0000000069181891")
    (('viaf', '34454129'), ('gnd', '118580604'), ('isni', '0000000069181891'))
    >>> authority("(OCoLC)fst01234"), authority("(uri) http://viaf.org/viaf/7"), authority("(local)42")
    (('fast', '1234'), ('viaf', '7'), None)
    """
    text = text.strip()
    if text.startswith("("):
        agency, _, number = text[1:].partition(")")
        number = number.strip()
        if "/" not in number:
            if agency == "OCoLC" and number.startswith("fst"):
                return ("fast", number[3:].lstrip("0"))
            scheme = AGENCIES.get(agency.strip().lower())
            return (scheme, number.replace(" ", "") if scheme in ("isni", "lcnaf") else number) if scheme and number else None
    if not SHOWS_BY_ITSELF.search(text):
        return None
    for pattern, scheme in AUTHORITIES:
        if match := pattern.search(text):
            return (scheme, next(group for group in match.groups() if group).replace(" ", ""))
    return None
