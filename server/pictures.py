"""Covers and posters as PNG, in plain type on one colour: Mastodon and others show no SVG."""

import hashlib
import io
import unicodedata
from functools import lru_cache

from PIL import Image, ImageDraw, ImageFont

WIDTH, HEIGHT, MARGIN = 400, 600, 36
SIZES = (52, 44, 36, 30, 24)  # of the title, the largest that fits
MOST_LINES = 7
POSTER = (1000, 560)
GROUNDS = ((38, 70, 83), (94, 48, 74), (61, 90, 60), (120, 53, 39), (48, 58, 102), (92, 78, 39), (33, 94, 94), (82, 41, 41))
# Signs of fine printing, as a typewriter has them.
PLAIN = str.maketrans("–—‘’“”„\u00a0\u202f\u2009", '--\'\'"""   ')
PAPER = (247, 242, 230)
ICON = 400
BOARD, MOST_COVERS = (222, 214, 198), 4

UNKNOWN = "\uffff"  # no typeface has this: what is drawn for it stands for every letter that is missing

Font = ImageFont.FreeTypeFont | ImageFont.ImageFont


@lru_cache(256)
def cover_png(title: str, author: str, seed: str) -> bytes:
    """A whole PNG, 400 by 600. Letters that our one typeface does not have are left to the ground and the frame."""
    ground = GROUNDS[hashlib.sha256(seed.encode()).digest()[0] % len(GROUNDS)]
    picture = Image.new("RGB", (WIDTH, HEIGHT), ground)
    brush = ImageDraw.Draw(picture)
    brush.rectangle((16, 16, WIDTH - 17, HEIGHT - 17), outline=PAPER, width=2)
    brush.rectangle((22, 22, WIDTH - 23, HEIGHT - 23), outline=PAPER, width=1)
    size, lines = _set(brush, _known(title), SIZES)
    top = 90.0
    for line in lines:
        brush.text((WIDTH / 2, top), line, font=_font(size), fill=PAPER, anchor="ma")
        top += size * 1.2
    brush.line((WIDTH / 2 - 40, top + 20, WIDTH / 2 + 40, top + 20), fill=PAPER, width=2)
    small, names = _set(brush, _known(author), (24, 20))
    foot = HEIGHT - 60 - min(len(names), 3) * small * 1.25
    for number, line in enumerate(names[:3]):
        brush.text((WIDTH / 2, foot + number * small * 1.25), line, font=_font(small), fill=PAPER, anchor="ma")
    made = io.BytesIO()
    picture.quantize(32).save(made, "PNG", optimize=True)
    return made.getvalue()


@lru_cache(64)
def icon_png(label: str, seed: str) -> bytes:
    """A square PNG for somebody's timeline: the first letter of what is followed, on the colour of its seed."""
    ground = GROUNDS[hashlib.sha256(seed.encode()).digest()[0] % len(GROUNDS)]
    picture = Image.new("RGB", (ICON, ICON), ground)
    brush = ImageDraw.Draw(picture)
    letter = next((one for one in _known(label) if one.isalnum()), "?").upper()
    brush.rectangle((16, 16, ICON - 17, ICON - 17), outline=PAPER, width=4)
    brush.text((ICON / 2, ICON / 2), letter, font=_font(ICON // 2), fill=PAPER, anchor="mm")
    made = io.BytesIO()
    picture.quantize(32).save(made, "PNG", optimize=True)
    return made.getvalue()


@lru_cache(64)
def poster_png(title: str, when: str, place: str, seed: str) -> bytes:
    """A whole PNG, 1000 by 560, of what happens, when and where."""
    width, height = POSTER
    picture = Image.new("RGB", POSTER, GROUNDS[hashlib.sha256(seed.encode()).digest()[0] % len(GROUNDS)])
    brush = ImageDraw.Draw(picture)
    brush.rectangle((20, 20, width - 21, height - 21), outline=PAPER, width=3)
    room = width - 4 * MARGIN
    size, lines = _set(brush, _known(title), (72, 60, 50, 42, 34), room, 4)
    top = 80.0
    for line in lines:
        brush.text((2 * MARGIN, top), line, font=_font(size), fill=PAPER)
        top += size * 1.2
    small, facts = _set(brush, _known(when), (34, 28), room, 2)
    _, where = _set(brush, _known(place), (small,), room, 1)
    foot = height - 80 - (len(facts) + len(where)) * small * 1.3
    brush.line((2 * MARGIN, foot - 20, 2 * MARGIN + 80, foot - 20), fill=PAPER, width=3)
    for number, line in enumerate([*facts, *where]):
        brush.text((2 * MARGIN, foot + number * small * 1.3), line, font=_font(small), fill=PAPER)
    made = io.BytesIO()
    picture.quantize(32).save(made, "PNG", optimize=True)
    return made.getvalue()


@lru_cache(64)
def collage_png(covers: tuple[tuple[str, str, str], ...]) -> bytes:
    """A whole PNG with these covers (title, author, seed) in one row, the first four."""
    covers, small = covers[:MOST_COVERS], (WIDTH * 3 // 5, HEIGHT * 3 // 5)
    picture = Image.new("RGB", (len(covers) * (small[0] + MARGIN) + MARGIN, small[1] + 2 * MARGIN), BOARD)
    for number, cover in enumerate(covers):
        with Image.open(io.BytesIO(cover_png(*cover))) as drawn:
            place = (MARGIN + number * (small[0] + MARGIN), MARGIN)
            picture.paste(drawn.convert("RGB").resize(small, Image.Resampling.LANCZOS), place)
    made = io.BytesIO()
    picture.quantize(128).save(made, "PNG", optimize=True)
    return made.getvalue()


@lru_cache(16)
def _font(size: int) -> Font:
    return ImageFont.load_default(size)


@lru_cache(1024)
def _letter(letter: str) -> str:
    """A letter as the typeface can show it: without its accent where it has none, and nothing when it has no such letter at all."""
    if letter == " " or not letter.isprintable() or _drawn(letter) != _drawn(UNKNOWN):
        return letter if letter.isprintable() else ""
    base = unicodedata.normalize("NFD", letter)[0]
    return base if base != letter and _drawn(base) != _drawn(UNKNOWN) else ""


@lru_cache(1024)
def _drawn(letter: str) -> bytes:
    return bytes(_font(24).getmask(letter))


def _known(text: str) -> str:
    """A text in letters that the typeface can show."""
    return "".join(map(_letter, unicodedata.normalize("NFC", text).translate(PLAIN)))


def _set(
    brush: ImageDraw.ImageDraw, text: str, sizes: tuple[int, ...], room: int = WIDTH - 2 * MARGIN, most: int = MOST_LINES
) -> tuple[int, list[str]]:
    """The size at which a text fits into `room` points and `most` lines, and its lines; at the smallest it is cut."""
    for size in sizes:
        lines = _wrap(brush, text, _font(size), room)
        if len(lines) <= most and all(brush.textlength(line, font=_font(size)) <= room for line in lines):
            return size, lines
    return sizes[-1], _wrap(brush, text[:120], _font(sizes[-1]), room)[:most]


def _wrap(brush: ImageDraw.ImageDraw, text: str, font: Font, room: int) -> list[str]:
    lines: list[str] = []
    for word in text.split():
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and brush.textlength(longer, font=font) <= room:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines
