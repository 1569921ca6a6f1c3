"""Names of people and bodies: to read, and to sort by."""

import re

from community.catalog.folding import fold, strip_isbd

SUFFIXES = frozenset(("jr", "sr", "ii", "iii", "iv", "junior", "senior"))
# Particles that stay with the surname when a name is turned round: De Amicis, Le Guin, Van Gogh, O'Brien.
KEPT = frozenset(
    ("del", "della", "dello", "dei", "degli", "di", "da", "dal", "dalla", "la", "le", "lo", "du", "des", "van", "ter", "ten", "al", "el",
     "las", "los", "mac", "mc", "st", "saint", "san", "santa")
)  # fmt: skip
SMALL_KEPT = ("di", "della", "del", "dal")
NO_PERSON = ("the", "i", "gli", "le", "les", "die", "los")
SHORT_FORENAME = re.compile(r"[^\W\d_a-z]\.[\s-]?[^\W\d_a-z][a-zà-ÿ]\.$")  # J. Ch.
BODIES = re.compile(
    r"\b(?:band|orchestra|ensemble|quartet|trio|choir|chor|coro|university|università|universität|library|biblioteca|bibliotek|museum|museo|museet|"
    r"institute|istituto|institut|society|società|company|inc|ltd|gmbh|srl|press|edizioni|associazione|association|ministero|ministry|comune|"
    r"studio|studios|group|gruppo|foundation|fondazione|brothers|sisters|&)(?:\W|$)",
    re.IGNORECASE,
)


def direct(sort_name: str) -> str:
    """A name as people say it, from the form that sorts.

    >>> direct("Melville, Herman"), direct("King, Martin Luther, Jr."), direct("Homer"), direct("Bolton, S. J.")
    ('Herman Melville', 'Martin Luther King, Jr.', 'Homer', 'S. J. Bolton')
    """
    surname, comma, rest = sort_name.partition(", ")
    if not comma or not rest:
        return sort_name.rstrip(",")
    forenames, comma, more = rest.partition(", ")
    if not comma:
        return f"{forenames} {surname}"
    if fold(more).strip(".") in SUFFIXES:
        return f"{forenames} {surname}, {more}"
    return f"{forenames} {surname}"


def inverted(name: str) -> str:
    """The form that sorts, from a name as people say it; a single word, or a body, stays.

    >>> inverted("Herman Melville"), inverted("Ursula K. Le Guin"), inverted("Ludwig van Beethoven"), inverted("Homer")
    ('Melville, Herman', 'Le Guin, Ursula K.', 'Beethoven, Ludwig van', 'Homer')
    >>> inverted("Martin Luther King, Jr."), inverted("Simone de Beauvoir"), inverted("Berliner Philharmonisches Orchestra")
    ('King, Martin Luther, Jr.', 'Beauvoir, Simone de', 'Berliner Philharmonisches Orchestra')
    """
    bare, comma, suffix = name.partition(", ")
    parts = bare.split()
    if comma and fold(suffix).strip(".") not in SUFFIXES:
        return name  # already inverted
    if len(parts) < 2 or BODIES.search(bare) or any(part.isdigit() for part in parts) or parts[0].lower() in NO_PERSON:
        return name
    last = len(parts) - 1
    while last > 1 and parts[last - 1].lower() in KEPT and (parts[last - 1][0].isupper() or parts[last - 1] in SMALL_KEPT):
        last -= 1
    surname = " ".join(parts[last:])
    return f"{surname}, {' '.join(parts[:last])}" + (f", {suffix}" if comma else "")


def person(entry: str, rest: str = "", numeral: str = "", addition: str = "", *, surname_first: bool) -> tuple[str, str]:
    """Display and sort form of a person's heading, put together from the pieces in which MARC keeps it.

    >>> person("Del Rosso", ", Paolo", surname_first=True)
    ('Paolo Del Rosso', 'Del Rosso, Paolo')
    >>> person("Leonardo,", addition="da Vinci,", surname_first=False)
    ('Leonardo da Vinci', 'Leonardo da Vinci')
    >>> person("John Paul", numeral="II,", addition="Pope,", surname_first=False)
    ('John Paul II, Pope', 'John Paul II, Pope')
    >>> person("Tolstoy, Leo,", addition="graf,", surname_first=True)
    ('Leo Tolstoy', 'Tolstoy, Leo')
    """
    entry, rest, numeral, addition = [text and _piece(text) for text in (entry, rest, numeral, addition)]
    if surname_first:
        sort_name = f"{entry}, {rest}" if rest else entry
        if addition and fold(addition).strip(".") in SUFFIXES:
            sort_name = f"{sort_name}, {addition}"
        return direct(sort_name), sort_name
    name = " ".join(part for part in (rest, entry, numeral) if part) if rest else " ".join(part for part in (entry, numeral) if part)
    if addition:
        name = f"{name} {addition}" if addition[0].islower() else f"{name}, {addition}"
    return name, name


def dates(text: str | None) -> str | None:
    """The years of a person, without the brackets and stops around them.

    >>> dates("1819-1891."), dates(" <ca. 1255-1300>"), dates("(1948-....)"), dates("") is None
    ('1819-1891', 'ca. 1255-1300', '1948-', True)
    """
    found = (text or "").strip(" ,;.<>()[]").replace("....", "")
    return found[:100] or None


def _piece(text: str) -> str:
    text = text.strip(" ,;")
    return text if text.endswith(".") and SHORT_FORENAME.search(text) else strip_isbd(text)
