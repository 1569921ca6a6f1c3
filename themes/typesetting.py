"""How wide words are, and where lines may break, in any script and without a font at hand."""

import unicodedata
from dataclasses import dataclass
from functools import lru_cache

NARROW = frozenset("iljtfrI1.,;:'’‘!|()[]{}/-‐")
BROAD = frozenset("mwMWQ@%&—…ŒÆœæШЩЖЮшщжю")
ELLIPSIS = "…"


@lru_cache(4096)
def em(letter: str) -> float:
    """The width of one letter of a wide serif, in parts of its size; rather too much than too little."""
    kind = unicodedata.category(letter)
    if kind in ("Mn", "Me", "Cf"):
        return 0.0
    if unicodedata.east_asian_width(letter) in ("W", "F"):
        return 1.02
    if letter.isspace():
        return 0.28
    if letter in NARROW:
        return 0.42
    if letter in BROAD:
        return 1.02
    if kind in ("Lu", "Lt"):
        return 0.8
    if kind == "Nd":
        return 0.64
    if letter < "\u0250" or "\u0370" <= letter < "\u0530":  # Latin, Greek, Cyrillic
        return 0.61
    return 0.64 if unicodedata.bidirectional(letter) in ("R", "AL") else 0.75


def width(text: str, size: float) -> float:
    """How wide this is at most when set in this size."""
    return sum(em(letter) for letter in text) * size


def is_right_to_left(text: str) -> bool:
    """Whether the first letter that has a direction runs from right to left."""
    return next((way in ("R", "AL") for letter in text if (way := unicodedata.bidirectional(letter)) in ("L", "R", "AL")), False)


def breaks_anywhere(letter: str) -> bool:
    """Whether a line may end after this letter: scripts that write no spaces."""
    return unicodedata.east_asian_width(letter) in ("W", "F") or "\u0e00" <= letter <= "\u0eff" or "\u1000" <= letter <= "\u109f"


def clusters(text: str) -> list[str]:
    """The letters, each with the marks that sit on it."""
    found: list[str] = []
    for letter in text:
        if found and (unicodedata.category(letter) in ("Mn", "Me", "Mc") or letter == "\u200d" or found[-1].endswith("\u200d")):
            found[-1] += letter
        else:
            found.append(letter)
    return found


def pieces(text: str) -> list[tuple[str, str]]:
    """What must stay together, each with what stands before it when it is not first in its line."""
    found: list[tuple[str, str]] = []
    for word in text.split():
        space, rest = " ", ""
        for cluster in clusters(word):
            if breaks_anywhere(cluster[0]):
                if unicodedata.category(cluster[0]) in ("Pe", "Pf", "Po", "Lm") and (rest or found):
                    # A closing mark never begins a line.
                    if rest:
                        rest += cluster
                    else:
                        found[-1] = (found[-1][0], found[-1][1] + cluster)
                    continue
                if rest:
                    found.append((space, rest))
                    space, rest = "", ""
                found.append((space, cluster))
                space = ""
            else:
                rest += cluster
        if rest:
            found.append((space, rest))
    return found


def lines_of(text: str, size: float, room: float) -> list[str] | None:
    """The words in lines no wider than the room; None when a word alone is too wide."""
    lines: list[str] = []
    for space, piece in pieces(text):
        if width(piece, size) > room:
            return None
        if lines and width(lines[-1] + space + piece, size) <= room:
            lines[-1] += space + piece
        else:
            lines.append(piece)
    return lines


def balanced(text: str, size: float, room: float) -> list[str] | None:
    """As many lines as needed, and none much shorter than the others."""
    lines = lines_of(text, size, room)
    if lines is None or len(lines) < 2:
        return lines
    low, high = room * 0.4, room
    while high - low > size * 0.1:
        middle = (low + high) / 2
        tried = lines_of(text, size, middle)
        if tried is not None and len(tried) <= len(lines):
            lines, high = tried, middle
        else:
            low = middle
    return lines


def cut(text: str, size: float, room: float) -> str:
    """As much as there is room for, and an ellipsis where something had to go."""
    if width(text, size) <= room:
        return text
    kept = clusters(text)
    while kept and width("".join(kept).rstrip() + ELLIPSIS, size) > room:
        kept.pop()
    return "".join(kept).rstrip(" ,;:-") + ELLIPSIS


@dataclass(frozen=True)
class Setting:
    """Lines, and the size they are set in."""

    lines: tuple[str, ...]
    size: float

    @property
    def height(self) -> float:
        """From the top of the first line to the foot of the last."""
        return len(self.lines) * self.size * LEADING


LEADING = 1.16


def has_orphan(setting: Setting) -> bool:
    """Whether a word of one or two letters has a line to itself among longer ones."""
    return len(setting.lines) > 1 and any(len(line) < 3 and not breaks_anywhere(line[0]) for line in setting.lines)


def fit(text: str, room: float, height: float, sizes: tuple[float, ...]) -> Setting:
    """The largest size in which everything has room; what still has none at the smallest is cut."""
    text = " ".join(text.split())
    found: list[Setting] = []
    for size in sizes:
        lines = balanced(text, size, room)
        if lines is None or len(lines) * size * LEADING > height:
            continue
        found.append(Setting(tuple(lines), size))
        if not has_orphan(found[-1]) or len(found) == 3:
            break
    if found:
        return found[0] if has_orphan(found[-1]) else found[-1]
    size = sizes[-1]
    most = max(1, int(height / (size * LEADING)))
    lines = []
    for space, piece in pieces(text):
        if width(piece, size) > room:  # a word wider than the cover is cut into parts
            if not lines or width(lines[-1] + space + "MM", size) > room:
                lines.append("")
            elif space:
                lines[-1] += space
            for cluster in clusters(piece):
                if width(lines[-1] + cluster, size) <= room:
                    lines[-1] += cluster
                else:
                    lines.append(cluster)
        elif lines and width(lines[-1] + space + piece, size) <= room:
            lines[-1] += space + piece
        else:
            lines.append(piece)
    if len(lines) > most:
        lines = [*lines[: most - 1], cut(lines[most - 1] + " " + lines[most], size, room)]
        if not lines[-1].endswith(ELLIPSIS):
            lines[-1] = cut(lines[-1] + ELLIPSIS, size, room)
    return Setting(tuple(lines), size)
