"""Which form a record describes, and for whom: what leader and coded fields say."""

import re

from community.catalog.folding import fold
from community.catalog.marc.fields import Fields

# Leader/06 of MARC 21 (and of UNIMARC, where it means the same): what it says by itself.
MARC21_TYPES = {
    "a": "book", "t": "manuscript", "c": "score", "d": "score", "e": "map", "f": "map", "g": "film", "i": "audiobook", "j": "music",
    "k": "other", "m": "other", "o": "kit", "p": "manuscript", "r": "other",
}  # fmt: skip
UNIMARC_TYPES = {
    "a": "book", "b": "manuscript", "c": "score", "d": "score", "e": "map", "f": "map", "g": "film", "i": "audiobook", "j": "music",
    "k": "other", "l": "ebook", "m": "kit", "r": "other",
}  # fmt: skip
NOT_BIBLIOGRAPHIC = {
    "z": "This is an authority record, not a book's.", "w": "This is a classification record, not a book's.",
    "q": "This is a community information record, not a book's.", "u": "This is a holdings record, not a book's.",
    "v": "This is a holdings record, not a book's.", "x": "This is a holdings record, not a book's.",
    "y": "This is a holdings record, not a book's.",
}  # fmt: skip
UNIMARC_NOT_BIBLIOGRAPHIC = {letter: "This is an authority record, not a book's." for letter in "xyz"}

VIDEO = frozenset("vmf| -#")  # MARC 21 008/33 of projected media: video, film, filmstrip, not told
COMIC = re.compile(r"\b(?:comic\w*|graphic novels?|manga|fumett[oi]|bandes? dessinees?|seriealbum|tecknade serier|benzi desenate)\b")
GAME = re.compile(r"\b(?:video ?games?|board games?|card games?|computer games?|videogioch?i|giochi? da tavolo|tv-spel|brädspel)\b")
DESIGNATIONS = (
    (re.compile(r"sound recording|registrazione sonora|ljudupptagning|enregistrement sonore"), "sound"),
    (re.compile(r"video|motion picture|dvd|film|images animees"), "film"),
    (re.compile(r"electronic|elettronica|elektronisk|electronique|computer file|resursa electronica"), "electronic"),
    (re.compile(r"\bgame|gioco|spel\b"), "game"),
    (re.compile(r"\bkit\b"), "kit"),
    (re.compile(r"music(?! video)|spartito|partition"), "score"),
)
ONLINE_TEXT = frozenset("oqs")  # 008/23: online, direct electronic, electronic

MARC21_AUDIENCES = {"a": "child", "b": "child", "c": "child", "j": "child", "d": "teen", "e": "adult"}
UNIMARC_AUDIENCES = {"a": "child", "b": "child", "c": "child", "d": "child", "e": "teen", "k": "adult", "m": "adult"}


def marc21(fields: Fields) -> str:
    """The form that a MARC 21 record describes."""
    kind, level = fields.leader[6:7], fields.leader[7:8]
    fixed = fields.control.get("008", "")
    form = MARC21_TYPES.get(kind, "book")
    designation = _designation(fields.first("245", "h"))
    genres = _genres(fields)
    online = fields.control.get("007", "").startswith("cr") or any(code == "cr" for field in fields.of("338") for code in field.all("b"))
    if kind == "g":
        return "film" if designation == "film" else _projected(fixed, genres)
    if kind == "r":
        return "game" if fixed[33:34] == "g" or GAME.search(genres) else "other"
    if kind == "m":
        return _computer_file(fixed, genres, level)
    if form != "book":
        return form
    if designation in ("film", "game", "kit", "score"):
        return designation
    if designation == "sound":
        return "audiobook"
    if level in "bs":
        return "periodical"
    if level == "i":
        return "website" if online or designation == "electronic" else "periodical"
    if COMIC.search(genres) or "6" in fixed[24:28]:
        return "comic"
    if designation == "electronic" or online or (len(fixed) > 23 and fixed[23] in ONLINE_TEXT):
        return "ebook"
    return "book"


def unimarc(fields: Fields) -> str:
    """The form that a UNIMARC record describes."""
    kind, level = fields.leader[6:7], fields.leader[7:8]
    form = UNIMARC_TYPES.get(kind, "book")
    genres = fold(" ; ".join(value for field in fields.all("608", "610") for value in field.all("a")))
    designation = _designation(fields.first("200", "b"))
    if form == "other" and kind == "r" and (GAME.search(genres) or "gioco" in fold(fields.first("215", "a") or "")):
        return "game"
    if form not in ("book", "ebook"):
        return form
    if level == "s":
        return "periodical"
    if level == "i":
        return "website"
    if designation in ("film", "score", "kit", "game"):
        return designation
    if COMIC.search(genres):
        return "comic"
    if form == "ebook" or designation == "electronic" or any(field.first("b") == "cr" for field in fields.all("182", "183")):
        return "ebook"
    return "book"


def audience(fields: Fields) -> str | None:
    """For whom a MARC 21 record says it is."""
    fixed = fields.control.get("008", "")
    return MARC21_AUDIENCES.get(fixed[22:23]) if fields.leader[6:7] in "acdgijkmort" else None


def unimarc_audience(general: str) -> str | None:
    """For whom UNIMARC's general data say it is; the youngest of up to three."""
    found = {UNIMARC_AUDIENCES.get(letter) for letter in general[17:20]}
    return next((audience for audience in ("child", "teen", "adult") if audience in found), None)


def _projected(fixed: str, genres: str) -> str:
    kind = fixed[33:34] or "|"
    if kind in VIDEO:
        return "film"
    return "game" if kind == "g" or GAME.search(genres) else "other"


def _computer_file(fixed: str, genres: str, level: str) -> str:
    kind = fixed[26:27]
    if kind == "g" or GAME.search(genres):
        return "game"
    if level in "is" or kind == "j":
        return "website"
    return "ebook" if kind in ("d", "e") else "other"


def _designation(text: str | None) -> str | None:
    """What the general material designation in a title says: [sound recording], [electronic resource] ..."""
    if not text:
        return None
    folded = fold(text)
    return next((form for pattern, form in DESIGNATIONS if pattern.search(folded)), None)


def _genres(fields: Fields) -> str:
    """All genre words of a record, folded."""
    named = [value for field in fields.of("655") for value in field.all("a", "v")]
    named += [value for field in fields.of("650") for value in field.all("v")]
    return fold(" ; ".join(named)) if named else ""
