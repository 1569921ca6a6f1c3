"""Original titles that cataloguers put into notes: "Translation of: ..."."""

import re

from community.catalog.folding import strip_isbd

NOTE = re.compile(
    r"^\s*(?:translation of|translated from the \w+|traduzione di|trad(?:uction)? de|tit(?:olo|\.)?\s*orig(?:inale|\.)?|"
    r"traducere după|titlul? original|originaltitel(?:ns titel)?|originalets titel|orig\.?\s?-?tit(?:el|\.)?|einheitssachtitel|"
    r"titre original|título original|original title)\s*(?:dell'opera|:|;|=|\b)\s*[:=]?\s*[\"“«]?(?P<title>[^\"”»]{2,300})",
    re.IGNORECASE,
)


def title(note: str) -> str | None:
    """The original title that a note tells, None if it is another note.

    >>> title("Translation of: Moby Dick."), title("Tit. orig.: The old man"), title("Originaltitel: Pippi"), title("Includes index.")
    ('Moby Dick', 'The old man', 'Pippi', None)
    """
    match = NOTE.match(note)
    if match is None:
        return None
    return strip_isbd(match["title"].split(" / ")[0]) or None
