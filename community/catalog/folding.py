"""How text is made comparable: accents, case, apostrophes and ISBD punctuation put aside."""

import re
import unicodedata

# Letters that no decomposition takes apart.
LETTERS = str.maketrans(
    {
        "æ": "ae", "œ": "oe", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ħ": "h", "ı": "i", "ŋ": "n", "ŧ": "t", "ƀ": "b",
        "‘": "'", "’": "'", "‛": "'", "´": "'", "`": "'", "′": "'", "＇": "'",
        "“": '"', "”": '"', "„": '"', "«": '"', "»": '"', "‹": '"', "›": '"',
        "‐": "-", "‑": "-", "‒": "-", "–": "-", "—": "-", "―": "-", "−": "-",
        # Ayn, alif and soft signs of transliteration: nobody types them.
        "ʻ": "", "ʼ": "", "ʽ": "", "ʾ": "", "ʿ": "", "ʹ": "", "ʺ": "", "·": "",
        "½": " 1/2", "¼": " 1/4", "¾": " 3/4",
        "\u00ad": "", "\u200b": "", "\u200c": "", "\u200d": "", "\u200e": "", "\u200f": "", "\ufeff": "",
    }
)  # fmt: skip

# Words that end in an apostrophe stand alone (l'altra: l altra); elsewhere the apostrophe goes (don't: dont, O'Brien: obrien).
ELISION = re.compile(
    r"\b(l|d|c|s|j|m|n|t|qu|un|dell|all|dall|nell|sull|coll|quell|quest|bell|sant|tutt|com|dov|cos|jusqu|lorsqu|puisqu|quelqu)'(?=\w)"
)
NOT_WORDS = re.compile(r"[\W_]+")
# Marks that turn the direction of writing for all that follows: a title must not reorder the page around it.
TURNS = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
MARKS_OF_ISBD = " \t\r\n/:;=,"
# A full stop belongs to these; everywhere else it ends a field.
ABBREVIATION = re.compile(
    r"(?:^|[\s.(\[,'’-])(?:[^\W\d_]|jr|sr|st|etc|inc|co|ltd|corp|al|ecc|bros|dr|prof|mr|mrs|vol|no|nr|ed|pt|dept|univ|assoc|d\.c|a\.d|b\.c)\.$",
    re.IGNORECASE,
)


def fold(text: str) -> str:
    """Make two spellings of the same words equal; for search and for keys, never for display.

    >>> fold("  L’Étranger,  ÅNGSTRÖM & Łódź ")
    'l etranger, angstrom & lodz'
    >>> fold("Straße") == fold("STRASSE"), fold("știință") == fold("ştiinţă"), fold("Don't") == fold("dont")
    (True, True, True)
    """
    if text.isascii():
        text = text.lower()
    else:
        text = unicodedata.normalize("NFKD", text.translate(LETTERS)).casefold().translate(LETTERS)
        text = "".join([c for c in text if not unicodedata.combining(c)])
        text = unicodedata.normalize("NFC", text)
    if "'" in text or "`" in text:
        text = ELISION.sub(r"\1 ", text.replace("`", "'")).replace("'", "")
    return " ".join(text.split())


def words(text: str) -> str:
    """Fold, and leave only letters and digits with single spaces between.

    >>> words("Moby-Dick; or, The Whale!")
    'moby dick or the whale'
    """
    return NOT_WORDS.sub(" ", fold(text)).strip()


def strip_isbd(text: str) -> str:
    """Take off the punctuation that cataloguing rules put between fields.

    >>> strip_isbd("Moby-Dick, or, The whale /"), strip_isbd("New York :"), strip_isbd("Penguin, ")
    ('Moby-Dick, or, The whale', 'New York', 'Penguin')
    >>> strip_isbd("A history."), strip_isbd("Tolkien, J. R. R."), strip_isbd("Wait for it ..."), strip_isbd("Macmillan Co.,")
    ('A history', 'Tolkien, J. R. R.', 'Wait for it ...', 'Macmillan Co.')
    """
    text = text.strip(" \t\r\n").rstrip(MARKS_OF_ISBD)
    if text.endswith(".") and not text.endswith("..") and not ABBREVIATION.search(text[-8:]):
        return text[:-1].rstrip(MARKS_OF_ISBD)
    return text


def strip_brackets(text: str) -> str:
    """Take off the square brackets of what the cataloguer supplied, when they enclose all or do not match.

    >>> strip_brackets("[Paris]"), strip_brackets("[S.l."), strip_brackets("A [b] c")
    ('Paris', 'S.l.', 'A [b] c')
    """
    if text.startswith("[") and text.endswith("]") and "[" not in text[1:]:
        return text[1:-1].strip()
    if text.count("[") != text.count("]"):
        return text.replace("[", "").replace("]", "").strip()
    return text


def tidy(text: str) -> str:
    """Make text fit to show and to store: composed letters, no control characters, single spaces.

    >>> tidy("Cafe\\u0301\\x00  au\\tlait\\n")
    'Café au lait'
    """
    if not text.isascii():
        text = unicodedata.normalize("NFC", text)
    if text.isprintable():
        # The common case, for everything passes here.
        return text.strip() if "  " not in text else " ".join(text.split())
    text = "".join([c if c.isprintable() else _unprintable(c) for c in text])
    return " ".join(text.split())


def _unprintable(c: str) -> str:
    """What stands in for a character that cannot be shown: a space for spaces, nothing for controls, itself when it shapes letters."""
    if c.isspace():
        return " "
    if c in TURNS:
        return ""
    category = unicodedata.category(c)
    # Format characters join and direct letters of some scripts; unassigned and private ones may be newer than we are.
    return c if category in ("Cf", "Co", "Cn") and c not in "\ufeff\ufffe\uffff" else ""
