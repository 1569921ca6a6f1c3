"""Stars in a plain answer: "★★★★☆ bellissimo", "4/5 loved it", "Loved it. ★★★★☆".

Only what cannot be anything else counts: a run of stars at the beginning or the end, or a fraction of 5 or 10 that begins the answer.
A rating is never guessed from plain talk.
"""

import re
from dataclasses import dataclass

_FULL = "★⭐🌟🌕✮✭"
_HALF = "½⯪🌗⯨"
_EMPTY = "☆🌑✩⚝"
_VARIATION = "\ufe0e\ufe0f\u200d"
_RUN = rf"[{_FULL}{_HALF}{_EMPTY}{_VARIATION}]"
_STARS_FIRST = re.compile(rf"\A\s*((?:{_RUN}|(?<=[{_FULL}])\s+(?={_RUN}))++)(?!\s*/)")  # not the half of "½/5"
_STARS_LAST = re.compile(rf"((?:{_RUN}|(?<=[{_FULL}])\s+(?={_RUN}))+)\s*\Z")
# Not "4/5/2026", not "4/5 of us", not "14/5".
_FRACTION = re.compile(
    r"\A\s*(\d{1,2}(?:[.,]\d)?|\d?\s?½)\s*/\s*(5|10)(?![\d/.,]\d|\d|/)"
    r"(?!\s+(?:of|di|dei|delle|degli|del|din|dintre|av|von|de|des)\b)",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class PlainAnswer:
    """What an answer says: half stars (1 to 10) or None, and the words that are left."""

    half_stars: int | None
    words: str


def read(words: str) -> PlainAnswer:
    """The stars and the words of a plain answer.

    >>> read("★★★★☆ bellissimo")
    PlainAnswer(half_stars=8, words='bellissimo')
    >>> read("4.5/5")
    PlainAnswer(half_stars=9, words='')
    >>> read("I give it to my sister, 5 of us came")
    PlainAnswer(half_stars=None, words='I give it to my sister, 5 of us came')
    """
    for pattern in (_STARS_FIRST, _STARS_LAST):
        if (found := pattern.search(words)) and (stars := _count(found[1])):
            return PlainAnswer(stars, _rest(words, found))
    if found := _FRACTION.match(words):
        stars = _fraction(found[1], int(found[2]))
        if stars is not None:
            return PlainAnswer(stars, _rest(words, found))
    return PlainAnswer(None, words.strip())


def _count(run: str) -> int | None:
    full = sum(run.count(sign) for sign in _FULL)
    half = sum(run.count(sign) for sign in _HALF)
    empty = sum(run.count(sign) for sign in _EMPTY)
    stars = 2 * full + half
    # Six stars, or one star of six, is enthusiasm and not a rating out of five.
    return stars if 1 <= stars <= 10 and full + half + empty <= 5 and half <= 1 else None


def _fraction(value: str, best: int) -> int | None:
    value = value.replace(" ", "")
    number = float(value.replace("½", "") or 0) + 0.5 if "½" in value else float(value.replace(",", "."))
    stars = round(number * 10 / best)
    return stars if 1 <= stars <= 10 and number <= best else None


def _rest(words: str, found: re.Match[str]) -> str:
    rest = words[: found.start()] + words[found.end() :]
    return rest.strip().lstrip(":-–—.,;!").strip() if found.start() == 0 else rest.strip()
