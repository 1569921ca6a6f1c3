"""A cover for every title that has none: type, colour and a few plain shapes, always the same for the same seed."""

import math
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from hashlib import blake2b

from markupsafe import escape

from themes.typesetting import LEADING, Setting, fit, is_right_to_left, width

WIDTH, HEIGHT = 400, 600
SERIF = "'Iowan Old Style','Palatino Linotype',Palatino,'Book Antiqua',Georgia,'Noto Serif',serif"
SANS = "'Gill Sans','Avenir Next','Segoe UI','Noto Sans',Roboto,Helvetica,Arial,sans-serif"
SIZES = (84.0, 74.0, 66.0, 58.0, 52.0, 46.0, 41.0, 37.0, 33.0, 29.0, 26.0, 23.0)
SMALL = (23.0, 20.0, 18.0, 16.0)


@dataclass(frozen=True)
class Palette:
    """The ground, what is written on it, and two colours for the shapes."""

    ground: str
    ink: str
    first: str
    second: str


PALETTES = (
    Palette("#12343b", "#f6ecd8", "#e1a95f", "#2d5a63"),
    Palette("#f2e8d8", "#2b2118", "#b5442e", "#dcb98f"),
    Palette("#27315f", "#f5f0e6", "#f0a35e", "#4d5ba0"),
    Palette("#e6ede3", "#1c3a2b", "#5b8c5a", "#bfd4b6"),
    Palette("#5b1a2e", "#f9ebe0", "#e39f8a", "#82364d"),
    Palette("#f4d06f", "#2a2420", "#c4512d", "#e3a93a"),
    Palette("#20252d", "#eef0f2", "#8fb7c9", "#3b4552"),
    Palette("#dde7ef", "#1b2e45", "#3f6f9f", "#b0c6d9"),
    Palette("#a8432a", "#fff4e8", "#f5c38b", "#8a3320"),
    Palette("#f3dfdc", "#3d1f2b", "#a4506a", "#e0b3b3"),
    Palette("#2d4a2e", "#f4f0dc", "#d3bd62", "#47693f"),
    Palette("#ece6f3", "#2d2145", "#6f57a5", "#cbbbe0"),
)


@dataclass(frozen=True)
class Box:
    """Where words may stand: from x, y, so wide and so high; set from its left, or in its middle; from its top, middle or foot."""

    x: float
    y: float
    width: float
    height: float
    anchor: str = "start"
    fall: str = "top"


@dataclass(frozen=True)
class Design:
    """The shapes of a cover, where the words go, and in which colour."""

    art: str
    title: Box
    author: Box
    ink: str
    family: str = SERIF
    weight: int = 600
    plate: str = ""  # what lies under the author, where there is one


class Dice:
    """Numbers that are always the same for the same seed."""

    def __init__(self, seed: str) -> None:
        self._bytes = self._thrown(seed)

    @staticmethod
    def _thrown(seed: str) -> Iterator[int]:
        turn = 0
        while True:
            yield from blake2b(f"{turn} {seed}".encode(), digest_size=32).digest()
            turn += 1

    def of(self, many: int) -> int:
        """One number below this many."""
        return (next(self._bytes) * 256 + next(self._bytes)) % many

    def between(self, low: float, high: float) -> float:
        """A number between the two."""
        return low + (high - low) * (next(self._bytes) * 256 + next(self._bytes)) / 65535


def cover_svg(title: str, author: str, year: int | None, form: str, seed: str) -> str:
    """A whole SVG document, 400 by 600; nothing in it comes from elsewhere, and no word leaves its cover."""
    dice = Dice(seed)
    palette = PALETTES[dice.of(len(PALETTES))]
    layouts = FOR_FORM.get(form, LAYOUTS)
    design = layouts[dice.of(len(layouts))](palette, dice)
    said = ", ".join(part for part in (title, author) if part)
    words = _words(title or "…", design.title, SIZES, design.ink, design.family, design.weight)
    below = " · ".join(part for part in (author, str(year) if year else "") if part)
    if below:
        words += design.plate + _words(below, design.author, SMALL, design.ink, SANS, 400)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}" role="img" '
        f'aria-labelledby="t"><title id="t">{_clean(said)}</title>'
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="{palette.ground}"/>{design.art}{words}'
        f'<path d="M11 0V{HEIGHT}" stroke="#000" stroke-opacity=".13" stroke-width="2.5"/>'
        f'<path d="M13.500 0V{HEIGHT}" stroke="#fff" stroke-opacity=".13" stroke-width="1.5"/></svg>'
    )


def _clean(text: str) -> str:
    """Text that may stand in XML."""
    kept = (letter for letter in text if letter >= " " and letter not in "\ufffe\uffff" and unicodedata.category(letter) != "Cs")
    return str(escape("".join(kept)))


def _words(text: str, box: Box, sizes: tuple[float, ...], ink: str, family: str, weight: int) -> str:
    """The words set into their box, one text element for each line."""
    text = "".join(letter if letter.isprintable() else " " for letter in text)
    in_one = next((size for size in sizes if width(text, size) <= box.width), None) if sizes is SMALL else None
    setting = Setting((text,), in_one) if in_one else fit(text, box.width, box.height, sizes)
    spare = max(0.0, box.height - setting.height)
    top = box.y + {"top": 0.0, "middle": spare / 2, "foot": spare}[box.fall]
    backwards = is_right_to_left(text)
    x = box.x + box.width / 2 if box.anchor == "middle" else box.x + (box.width if backwards else 0)
    way = ' direction="rtl"' if backwards else ""
    style = f'font-family="{family}" font-size="{setting.size:g}" font-weight="{weight}" fill="{ink}" text-anchor="{box.anchor}"{way}'
    lines = "".join(
        f'<text x="{x:g}" y="{top + number * setting.size * LEADING + setting.size * 0.88:.1f}">{_clean(line)}</text>'
        for number, line in enumerate(setting.lines)
    )
    return f"<g {style}>{lines}</g>"


def _frame(p: Palette, dice: Dice) -> Design:
    """Two rules around, the title in the middle, a small ornament: a classic."""
    leaf = '<ellipse cx="200" cy="412" rx="5.5" ry="17" transform="rotate({} 200 430)"/>'
    flower = f'<g fill="{p.first}">{"".join(leaf.format(turn) for turn in range(0, 360, 45))}</g>'
    diamond = f'<path d="M200 408l22 22-22 22-22-22zM70 429h92v2H70zM238 429h92v2h-92z" fill="{p.first}"/>'
    art = (
        f'<rect x="30" y="24" width="346" height="552" fill="none" stroke="{p.first}" stroke-width="5"/>'
        f'<rect x="41" y="35" width="324" height="530" fill="none" stroke="{p.first}" stroke-width="1.5"/>'
        + (flower if dice.of(2) else diamond)
    )
    return Design(art, Box(62, 86, 280, 290, "middle", "middle"), Box(62, 476, 280, 62, "middle", "middle"), p.ink)


def _label(p: Palette, dice: Dice) -> Design:
    """Cloth with a paper label on it."""
    step = 26 + dice.of(3) * 8
    bars = "".join(f'<path d="M{x} 0V{HEIGHT}" stroke="{p.second}" stroke-width="{step / 3:.1f}"/>' for x in range(step, WIDTH, step))
    paper, ink = ("#fbf7ee", "#221d18")
    art = (
        bars + f'<rect x="52" y="76" width="304" height="272" fill="{paper}"/>'
        f'<rect x="61" y="85" width="286" height="254" fill="none" stroke="{p.first}" stroke-width="2"/>'
    )
    plate = f'<rect x="52" y="452" width="304" height="84" fill="{paper}"/>'
    return Design(art, Box(76, 98, 256, 228, "middle", "middle"), Box(70, 464, 268, 60, "middle", "middle"), ink, plate=plate)


def _spines(p: Palette, dice: Dice) -> Design:
    """A row of books on a shelf below the title."""
    colours = (p.first, p.second, p.ink)
    art, x = "", 34.0
    while x < 350:
        thick = min(dice.between(16, 42), 372 - x)
        tall = dice.between(96, 190)
        colour = colours[dice.of(3)]
        art += f'<rect x="{x:.1f}" y="{560 - tall:.1f}" width="{thick:.1f}" height="{tall:.1f}" fill="{colour}"/>'
        if thick > 22:
            rings = f"M{x:.1f} {560 - tall * 0.82:.1f}h{thick:.1f}M{x:.1f} {560 - tall * 0.76:.1f}h{thick:.1f}"
            art += f'<path d="{rings}" stroke="{p.ground}" stroke-width="2.5"/>'
        x += thick + 3
    art += f'<path d="M24 562h352" stroke="{p.ink}" stroke-width="4"/>'
    return Design(art, Box(38, 46, 328, 226), Box(38, 288, 328, 56), p.ink)


def _hills(p: Palette, dice: Dice) -> Design:
    """Land under a low sun."""
    art = f'<circle cx="{dice.between(120, 290):.0f}" cy="{dice.between(362, 396):.0f}" r="{dice.between(44, 68):.0f}" fill="{p.first}"/>'
    for number, (colour, opacity) in enumerate(((p.second, 0.65), (p.second, 1.0), (p.first, 0.55), (p.ink, 0.16))):
        base, phase, swing = 420 + number * 44, dice.between(0, 6.3), dice.between(13, 28)
        points = " ".join(f"{x} {base + swing * math.sin(phase + x / (62 + 20 * (number % 2))):.1f}" for x in range(0, 401, 20))
        art += f'<path d="M0 600L{points} 400 600z" fill="{colour}" fill-opacity="{opacity}"/>'
    return Design(art, Box(40, 46, 326, 218), Box(40, 276, 326, 54), p.ink)


def _tiles(p: Palette, dice: Dice) -> Design:
    """Quarter circles in a grid, each turned by chance."""
    art, side = "", 64
    for row in range(4):
        for column in range(5):
            x, y = 40 + column * side, 296 + row * side
            turn, colour, ground = dice.of(4), (p.first, p.ink, p.second)[dice.of(3)], (p.ground, p.second)[dice.of(2)]
            if colour == ground:
                colour = p.first
            art += f'<rect x="{x}" y="{y}" width="{side}" height="{side}" fill="{ground}"/>'
            art += (
                f'<circle cx="{x + 32}" cy="{y + 32}" r="20" fill="{colour}"/>'
                if dice.of(6) == 0
                else f'<path d="M{x} {y}h64a64 64 0 0 1-64 64z" fill="{colour}" transform="rotate({turn * 90} {x + 32} {y + 32})"/>'
            )
    return Design(art, Box(40, 36, 322, 184), Box(40, 228, 322, 52, fall="middle"), p.ink)


def _rings(p: Palette, dice: Dice) -> Design:
    """Rings that meet, cut by the edge."""
    art = ""
    cx, cy = dice.between(250, 380), dice.between(420, 520)
    for number, r in enumerate(range(260, 20, -34)):
        art += f'<circle cx="{cx:.0f}" cy="{cy:.0f}" r="{r}" fill="{(p.second, p.ground, p.first)[number % 3]}"/>'
    cover = f'<rect width="400" height="312" fill="{p.ground}"/><path d="M40 312h320" stroke="{p.ink}" stroke-width="2"/>'
    return Design(art + cover, Box(40, 40, 322, 196), Box(40, 246, 322, 52, fall="middle"), p.ink)


def _column(p: Palette, dice: Dice) -> Design:
    """A broad coloured back, and lines as of a page."""
    left = 96
    dots = "".join(f'<circle cx="56" cy="{y}" r="9" fill="{p.first if dice.of(3) else p.ground}"/>' for y in range(60, 580, 48))
    rules = "".join(f"M{left + 34} {y}h{dice.between(90, 230):.0f}" for y in range(400, 472, 18))
    lines = f'<path d="{rules}" stroke="{p.second}" stroke-width="5"/>'
    art = f'<rect width="{left}" height="{HEIGHT}" fill="{p.second}"/>{dots}{lines}'
    return Design(art, Box(left + 32, 52, 240, 318), Box(left + 32, 496, 240, 66, fall="foot"), p.ink)


def _beam(p: Palette, dice: Dice) -> Design:
    """Light that falls through the cover."""
    art = ""
    x0 = 60 + dice.of(280)
    for number in range(7):
        a, b = number * 96 - 130, number * 96 - 82
        art += f'<path d="M{x0} 250L{a} 600H{b}z" fill="{(p.first, p.second)[number % 2]}" fill-opacity=".9"/>'
    art += f'<circle cx="{x0}" cy="262" r="24" fill="{p.first}"/>'
    plate = f'<rect x="40" y="470" width="320" height="82" fill="{p.ground}"/>'
    return Design(art, Box(40, 40, 322, 182), Box(54, 480, 292, 62, "middle", "middle"), p.ink, plate=plate)


def _record(p: Palette, dice: Dice) -> Design:
    """A disc, for what one listens to."""
    grooves = "".join(f'<circle cx="200" cy="414" r="{r}"/>' for r in range(66, 146, 11))
    turn = dice.of(180)
    art = (
        f'<circle cx="200" cy="414" r="152" fill="{p.ink}"/>'
        f'<g fill="none" stroke="{p.ground}" stroke-opacity=".35" stroke-width="1.5">{grooves}</g>'
        f'<circle cx="200" cy="414" r="52" fill="{p.first}"/>'
        f'<path d="M148 414a52 52 0 0 1 104 0z" fill="{p.second}" transform="rotate({turn} 200 414)"/>'
        f'<circle cx="200" cy="414" r="7" fill="{p.ground}"/>'
    )
    return Design(art, Box(38, 34, 326, 152, fall="top"), Box(38, 194, 326, 52, fall="middle"), p.ink, SANS, 700)


def _screen(p: Palette, dice: Dice) -> Design:
    """A strip of film, for what one watches."""
    at = ((x, y) for x in (34, 350) for y in range(292, 590, 42))
    holes = "".join(f'<rect x="{x}" y="{y}" width="16" height="22" rx="4" fill="{p.ground}"/>' for x, y in at)
    frames = ""
    for number, y in enumerate((300, 402, 504)):
        frames += f'<rect x="66" y="{y}" width="268" height="90" fill="{(p.first, p.second)[(number + dice.of(2)) % 2]}"/>'
        x, r = dice.between(110, 290), dice.between(16, 34)
        frames += f'<circle cx="{x:.0f}" cy="{y + 45}" r="{r:.0f}" fill="{p.ground}" fill-opacity=".8"/>'
    art = f'<rect x="22" y="280" width="356" height="320" fill="{p.ink}"/>{holes}{frames}'
    return Design(art, Box(38, 34, 326, 166, fall="top"), Box(38, 208, 326, 52, fall="middle"), p.ink, SANS, 700)


def _contours(p: Palette, dice: Dice) -> Design:
    """Lines of height, for maps."""
    art, phase = "", dice.between(0, 6.3)
    for number in range(9):
        r = 24 + number * 26
        points = []
        for step in range(48):
            angle = step * math.tau / 48
            far = r * (1 + 0.14 * math.sin(3 * angle + phase) + 0.07 * math.sin(5 * angle + 2 * phase))
            points.append(f"{210 + far * 1.15 * math.cos(angle):.1f} {440 + far * math.sin(angle):.1f}")
        art += f'<path d="M{"L".join(points)}z" fill="none" stroke="{(p.first, p.second)[number % 2]}" stroke-width="3"/>'
    cover = f'<rect width="400" height="284" fill="{p.ground}"/><path d="M40 284h320" stroke="{p.ink}" stroke-width="2"/>'
    return Design(art + cover, Box(40, 40, 322, 166), Box(40, 216, 322, 52, fall="middle"), p.ink)


Layout = Callable[[Palette, Dice], Design]
LAYOUTS: tuple[Layout, ...] = (_frame, _label, _spines, _hills, _tiles, _rings, _column, _beam)
FOR_FORM: dict[str, tuple[Layout, ...]] = {
    "music": (_record,),
    "audiobook": (_record, _rings),
    "film": (_screen,),
    "map": (_contours,),
}
