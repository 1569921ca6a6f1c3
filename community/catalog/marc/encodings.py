"""From the bytes of a field to text, though leaders lie both ways."""

import re
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from html import unescape

from pymarc.marc8 import MARC8ToUnicode
from pymarc.marc8_mapping import CODESETS

ESCAPE = 0x1B
DELIMITER = b"\x1f"
REPLACED = "\ufffd"

# UNIMARC and RUSMARC 100 $a/26-29, second set before first: what the bytes are when they are not UTF-8.
UNIMARC_CHARACTERS = {"02": "koi8_r", "03": "iso5426", "79": "cp866", "89": "cp1251", "99": "koi8_r"}
CYRILLIC = frozenset(("rus", "ukr", "bul", "bel", "mac", "srp"))

NON_SORTING = re.compile(b"([\x88\x89\x98\x9c]|\x1b[HI])")
# Set-changing escapes of MARC-8; ESC H and ESC I only enclose what does not sort.
MARC8_ESCAPE = re.compile(rb"\x1b[$(),\-bgps]")
REFERENCE = re.compile(r"&#x[0-9A-Fa-f]{2,6};")
# UTF-8 that was taken for Latin-1 and encoded once more.
TWICE = re.compile("[ÂÃÄÅÈÎÏÐÑ][\x80-\xbf]")
PAIRS = re.compile("(?:[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2})+")
ANSEL_UNDEFINED = bytes(code for code in range(0xA0, 0x100) if code not in CODESETS[0x45])
# A diacritic of MARC-8 stands before its letter: before a space, a digit or an end it is something else.
STRAY_MARK = re.compile(rb"[\xe0-\xfe](?=[\x00-\x1f ,.;:)\]/0-9-]|$)")

ISO5426 = dict(zip(
    range(0xA0, 0x100),
    "\xa0¡„£$¥†§′‘“«♭©℗®"
    "ʿʾ‚   ‡·″’”»♯ʹʺ¿"
    "\u0309\u0300\u0301\u0302\u0303\u0304\u0306\u0307\u0308\u0308\u030a\u0315\u0312\u030b\u031b\u030c"
    "\u0327\u031c\u0326\u0328\u0325\u032e\u0323\u0324\u0332\u0333\u0329\u032d \ufe20\ufe21\ufe23"
    " ÆĐ   Ĳ ŁØŒ Þ   "
    " æđð ıĳ łøœßþ   ",
    strict=True,
))  # fmt: skip


def iso5426(octets: bytes) -> str:
    """Read ISO 5426, the extended Latin of older UNIMARC: marks come before their letter.

    >>> iso5426(b"Citt\\xc1a, M\\xc8unchen, \\xc3A\\xe8")
    'Città, München, ÂŁ'
    """
    letters: list[str] = []
    marks: list[str] = []
    for octet in octets:
        letter = ISO5426[octet] if octet >= 0xA0 else chr(octet)
        if 0xC0 <= octet <= 0xDF:
            marks.append(letter)
        else:
            letters.extend((letter, *marks))
            marks.clear()
    return _compose("".join(letters))


def marc8(octets: bytes) -> str:
    """Read MARC-8, and keep the marks around what does not sort."""
    if not MARC8_ESCAPE.search(octets) and NON_SORTING.search(octets):
        return "".join(
            piece.decode("latin-1") if NON_SORTING.fullmatch(piece) else marc8(piece) for piece in NON_SORTING.split(octets) if piece
        )
    try:
        return str(MARC8ToUnicode(quiet=True).translate(octets))
    except (IndexError, TypeError, ValueError):
        # An escape or a three-byte character that the field's end cut off.
        return octets.decode("ascii", "replace")


def is_clean_marc8(octets: bytes) -> bool:
    """Whether these bytes can be MARC-8: no undefined characters, every mark before a letter."""
    if MARC8_ESCAPE.search(octets):
        return True
    return not any(code in ANSEL_UNDEFINED for code in octets) and not STRAY_MARK.search(octets)


def decoder(octets: Sequence[bytes], *, says_utf8: bool, characters: str = "", language: str = "") -> Callable[[bytes], str]:
    """Choose how to read the fields of one record that are neither ASCII nor valid UTF-8.

    `octets` are its fields, `says_utf8` what leader/09 says, `characters` UNIMARC's 100 $a/26-29, `language` the record's.
    """
    strange = [part for part in octets if not part.isascii() and not _is_utf8(part)]
    if not strange:
        return marc8
    together = b"\x1e".join(strange)
    for code in (characters[2:4], characters[:2]):
        if code in UNIMARC_CHARACTERS:
            return _reader(UNIMARC_CHARACTERS[code])
    some_are_utf8 = any(not part.isascii() and _is_utf8(part) for part in octets)
    if (says_utf8 or characters[:2] == "50") and some_are_utf8:
        return _damaged_utf8
    if language in CYRILLIC and not MARC8_ESCAPE.search(together):
        return _reader(max(("cp1251", "koi8_r", "cp866"), key=lambda name: _cyrillic(together, name)))
    if is_clean_marc8(together):
        return marc8
    if not some_are_utf8 and _is_western(together):
        return _reader("cp1252")
    return _damaged_utf8 if says_utf8 or some_are_utf8 else marc8


def decode(octets: bytes, fallback: Callable[[bytes], str]) -> list[str]:
    """The parts of a field as text: indicators first, then subfields with their codes."""
    if octets.isascii() and ESCAPE not in octets:
        return octets.decode("ascii").split("\x1f")
    if not (fallback is marc8 and MARC8_ESCAPE.search(octets)):
        try:
            return octets.decode("utf-8").split("\x1f")
        except UnicodeDecodeError:
            pass
    # The character sets begin anew with every subfield.
    parts = octets.split(DELIMITER)
    return [fallback(part) if not part.isascii() or ESCAPE in part else part.decode("ascii") for part in parts]


def mend(text: str) -> str:
    """Undo a second encoding in UTF-8, resolve references that stand for what MARC-8 lacks, write non-sorting marks one way.

    >>> mend("T\\u00c3\\u00a2rgu Mure\\u00c5\\u009f"), mend("ÉTÉ»"), mend("a &#x2014; b")
    ('Târgu Mureş', 'ÉTÉ»', 'a — b')
    """
    if "\x1b" in text:
        text = text.replace("\x1bH", "\x88").replace("\x1bI", "\x89")
    if "&#x" in text:
        text = REFERENCE.sub(lambda match: unescape(match.group()), text)
    if TWICE.search(text) and not PAIRS.sub("", text).translate(_ASCII_AND_MARKS):
        try:
            return PAIRS.sub(lambda match: match.group().encode("latin-1").decode("utf-8"), text)
        except UnicodeError:
            return text
    return text


def looks_encoded_twice(texts: Iterable[str]) -> bool:
    """Whether some of these texts may want mending."""
    return any(TWICE.search(text) for text in texts)


# Takes away what may stand beside a second encoding: ASCII, and the marks that enclose articles.
_ASCII_AND_MARKS = {code: None for code in (*range(0x80), 0x88, 0x89, 0x98, 0x9C)}


def is_lost(text: str) -> bool:
    """Whether so much of a text could not be read that it says nothing any more."""
    return REPLACED in text and text.count(REPLACED) * 5 > sum(c.isalnum() for c in text)


def _reader(name: str) -> Callable[[bytes], str]:
    if name == "iso5426":
        return iso5426
    return lambda octets: octets.decode(name, "replace")


def _damaged_utf8(octets: bytes) -> str:
    """Read UTF-8 with a mark for what is not; a piece without any of it is Western text that strayed in."""
    text = octets.decode("utf-8", "replace")
    if text.replace(REPLACED, "").isascii() and _is_western(octets):
        return octets.decode("cp1252", "replace")
    return text


def _is_utf8(octets: bytes) -> bool:
    try:
        octets.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _cyrillic(octets: bytes, name: str) -> int:
    """How much like Cyrillic text these bytes read: small letters count, all else that is not ASCII counts against."""
    text = octets.decode(name, "replace")
    return sum(1 if "а" <= c <= "я" or c == "ё" else 0 if "А" <= c <= "Я" else -1 for c in text if not c.isascii())


def _is_western(octets: bytes) -> bool:
    """Whether these bytes read as Western European words: no controls, letters next to letters."""
    text = octets.decode("cp1252", "replace")
    high = [c for c in text if not c.isascii()]
    return REPLACED not in text and sum(c.isalpha() or c in "«»’“”–—°" for c in high) >= 0.8 * len(high)


def _compose(text: str) -> str:
    return unicodedata.normalize("NFC", text)
