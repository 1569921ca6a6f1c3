"""Words as they sound to somebody who wants to hurt with them: case, accents, disguises and gaps taken away."""

import re
import unicodedata

MOST = 100_000  # characters that are read
DISGUISED = 20_000  # characters in which we look for disguises; reading costs time that others wait for

# Letters of other scripts that look like these. Used only for tokens that could not be a word of their own script.
_TWINS = {
    "cyrillic": ("авсеһнікмоԛрѕтухԝјԁ", "abcehhikmoqpstyxwjd"),
    "greek": ("αβγεηικνορτυχω", "abyenikvoptuxw"),
}
_TWIN = {twin: latin for twins, latins in _TWINS.values() for twin, latin in zip(twins, latins, strict=True)}
_FOREIGN = re.compile(r"[\u0370-\u03ff\u0400-\u052f]")

# What Unicode does not take apart into a plain letter.
_LETTERS = {
    "ı": "i",
    "ł": "l",
    "ø": "o",
    "đ": "d",
    "ħ": "h",
    "ŧ": "t",
    "ɑ": "a",
    "ɡ": "g",
    "ɩ": "i",
    "ʀ": "r",
    "æ": "ae",
    "œ": "oe",
    **{chr(start + n): chr(ord("a") + n) for start in (0x1F150, 0x1F170, 0x1F1E6) for n in range(26)},
}
_FILLERS = frozenset("\u115f\u1160\u3164\uffa0\u034f\u180b\u180c\u180d\u17b4\u17b5") | {chr(code) for code in range(0xFE00, 0xFE10)}
# Written without spaces between words: each sign counts as a word, so that a phrase is found inside a sentence.
_UNSPACED = (
    (0x0E00, 0x0EFF), (0x1000, 0x109F), (0x1780, 0x17FF), (0x3040, 0x30FF), (0x3400, 0x9FFF), (0xF900, 0xFAFF), (0x20000, 0x3FFFF),
)  # fmt: skip

_DIGITS = str.maketrans("01345789", "oieastbg")
_SIGNS = str.maketrans("@$€!|", "aseil")
_SIGN = re.compile(r"(?<=[^\W_])[@$€!|]|[@$€](?=[^\W_])")
_RUN = re.compile(r"(\w)\1{2,}")


class _Fold(dict[int, str | None]):
    """What becomes of one character; worked out when it is first met."""

    def __missing__(self, code: int) -> str | None:
        if len(self) > 20_000:
            self.clear()
        self[code] = folded = self._fold(chr(code), code)
        return folded

    @staticmethod
    def _fold(char: str, code: int) -> str | None:
        if char in _LETTERS:
            return _LETTERS[char]
        kind = unicodedata.category(char)
        if char in _FILLERS or 0xE0100 <= code <= 0xE01EF or kind in {"Cf", "Me"}:
            return None  # zero-width signs, joiners, soft hyphens, direction marks, variation selectors
        if kind[0] == "M":
            # Accents sit on a letter that is whole without them; Indic vowel signs are part of the word.
            return None if unicodedata.combining(char) not in {0, 7, 9} else char
        if kind == "So" or any(low <= code <= high for low, high in _UNSPACED):
            return f" {char} " if code != 0x2800 else " "
        if kind[0] in "LN":
            return char
        return " "


_FOLD = _Fold()


def _flatten(text: str) -> str:
    return unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text[:MOST])[: 2 * MOST].casefold())[: 2 * MOST]


def _latin(token: str) -> str:
    if not _FOREIGN.search(token):
        return token
    mapped = "".join(_TWIN.get(char, char) for char in token)
    return token if _FOREIGN.search(mapped) else mapped


def _split(flat: str) -> tuple[str, ...]:
    return tuple(_latin(token) for token in flat.translate(_FOLD).split())


def tokens(text: str) -> tuple[str, ...]:
    """The words of a text, folded: what a phrase is listed as, and the first way in which a text is read.

    >>> tokens("Càll\u200bme, ISHMАEL!")
    ('callme', 'ishmael')
    """
    return _split(_flatten(text))


def _join(words: tuple[str, ...]) -> tuple[str, ...]:
    """Single letters in a row as one word: `w h a l e`."""
    if not any(len(word) == 1 for word in words):
        return words
    joined: list[str] = []
    run: list[str] = []
    for word in (*words, ""):
        if len(word) == 1 and word.isalnum() and not any(low <= ord(word) <= high for low, high in _UNSPACED):
            run.append(word)
            continue
        joined += ["".join(run)] if len(run) >= 3 else run
        run = []
        if word:
            joined.append(word)
    return tuple(joined)


def _plain_digits(words: tuple[str, ...], one: str) -> tuple[str, ...]:
    """Digits among letters as the letters that they stand for: `wh4le`."""
    return tuple(
        word if word.isalpha() or word.isdecimal() or not word.isalnum() else word.replace("1", one).translate(_DIGITS) for word in words
    )


def _squeezed(words: tuple[str, ...]) -> tuple[tuple[str, ...], ...]:
    """Letters drawn out to three or more as one letter, and as two."""
    line = " ".join(words)
    if not _RUN.search(line):
        return (words,)
    return words, *(tuple(_RUN.sub(to, line).split(" ")) for to in (r"\1", r"\1\1"))


def readings(text: str) -> tuple[tuple[str, ...], ...]:
    """The ways in which a text can be read: as it is, and with digits, gaps and drawn-out letters undone. The first is `tokens`."""
    flat = _flatten(text)
    found: dict[tuple[str, ...], None] = {_split(flat): None}
    flat = flat[:DISGUISED]
    signs = _split(_SIGN.sub(lambda sign: sign[0].translate(_SIGNS), flat))
    plain = dict.fromkeys((_split(flat), _plain_digits(signs, "i"), _plain_digits(signs, "l")))
    for words in dict.fromkeys((*plain, *map(_join, plain))):
        found |= dict.fromkeys(_squeezed(words))
    return tuple(found)
