"""Covers: valid, whole, always the same, and no word beyond the edge."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some
from lxml import etree

from themes.colours import contrast
from themes.covers import FOR_FORM, HEIGHT, LAYOUTS, PALETTES, WIDTH, cover_svg
from themes.typesetting import cut, fit, is_right_to_left, lines_of, width

TITLES = (
    "It",
    "Moby-Dick; or, The Whale",
    "The strange case of Dr Jekyll and Mr Hyde, with other fables and stories, newly edited with notes, an introduction and an index",
    "Rechtsschutzversicherungsgesellschaften und Donaudampfschifffahrtsgesellschaftskapitän",
    "Война и мир",
    "吾輩は猫である。名前はまだ無い、どこで生れたかとんと見当がつかぬ",
    "ألف ليلة وليلة",
    "गोदान",
    "W" * 300,
    "  \n\t ",
    "<script>alert('&')</script>",
)
FORMS = ("book", "ebook", "audiobook", "film", "music", "map", "object")
SVG = "{http://www.w3.org/2000/svg}"


def lines_on(svg: str) -> list[tuple[float, float, float, float]]:
    """Left, right, top and foot of every line of text, as wide as our tables say."""
    found = []
    for group in etree.fromstring(svg.encode()).iter(f"{SVG}g"):
        if "font-size" not in group.attrib:
            continue
        size, backwards = float(group.attrib["font-size"]), group.attrib.get("direction") == "rtl"
        for line in group.iter(f"{SVG}text"):
            x, y, wide = float(line.attrib["x"]), float(line.attrib["y"]), width(line.text or "", size)
            left = x - wide / 2 if group.attrib["text-anchor"] == "middle" else x - wide if backwards else x
            found.append((left, left + wide, y - size, y + size * 0.3))
    return found


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("title", TITLES)
def test_no_word_leaves_its_cover(title: str, form: str) -> None:
    for seed in range(16):
        lines = lines_on(cover_svg(title, "Ursula K. Le Guin & Friends", 1969, form, f"{title}{seed}"))

        assert lines
        for left, right, top, foot in lines:
            assert left >= 16 and right <= WIDTH - 16, (title, form, seed)
            assert top >= 0 and foot <= HEIGHT, (title, form, seed)


@settings(max_examples=150, deadline=None)
@given(
    some.text(max_size=400), some.text(max_size=120), some.integers(0, 9999) | some.none(), some.sampled_from(FORMS), some.text(max_size=9)
)
def test_whatever_the_catalogue_says_the_cover_is_valid_and_its_words_stay_on_it(
    title: str, author: str, year: int | None, form: str, seed: str
) -> None:
    svg = cover_svg(title, author, year, form, seed)

    document = etree.fromstring(svg.encode())
    assert document.attrib["role"] == "img"
    assert all(left >= 16 and right <= WIDTH - 16 and foot <= HEIGHT for left, right, _, foot in lines_on(svg))


def test_a_cover_stands_alone_and_says_what_it_shows() -> None:
    svg = cover_svg("Moby-Dick", "Herman Melville", 1851, "book", "1")
    document = etree.fromstring(svg.encode())

    title = document.find(f"{SVG}title")
    assert title is not None and title.text == "Moby-Dick, Herman Melville"
    assert document.attrib["aria-labelledby"] == title.attrib["id"]
    assert "href" not in svg and "url(" not in svg and "<script" not in svg and "<style" not in svg
    assert len(svg) < 12_000


def test_the_same_seed_is_the_same_cover_and_others_differ() -> None:
    covers = {cover_svg("Moby-Dick", "Herman Melville", 1851, "book", str(seed)) for seed in range(400)}

    assert cover_svg("Moby-Dick", "Herman Melville", 1851, "book", "7") in covers
    assert len(covers) > 300
    assert len(LAYOUTS) >= 6 and {layout for layouts in FOR_FORM.values() for layout in layouts} - set(LAYOUTS)


def test_a_letter_can_be_read_on_every_ground() -> None:
    for palette in PALETTES:
        assert contrast(palette.ink, palette.ground) >= 4.5, palette


def test_scripts_without_spaces_break_anywhere_but_not_before_a_full_stop() -> None:
    lines = lines_of("吾輩は猫である。名前はまだ無い", 50, 8.2 * 50)

    assert lines is not None and len(lines) == 2
    assert "".join(lines) == "吾輩は猫である。名前はまだ無い"
    assert not any(line.startswith("。") for line in lines)


def test_a_title_that_is_too_long_ends_in_an_ellipsis_and_a_short_one_is_whole() -> None:
    long = fit("word " * 400, 300, 200, (40, 20))
    short = fit("A short one", 300, 200, (40, 20))

    assert long.lines[-1].endswith("…") and long.height <= 200
    assert " ".join(short.lines) == "A short one" and short.size == 40
    assert cut("abcdef", 10, 1000) == "abcdef"


def test_arabic_runs_from_right_to_left_and_numbers_do_not_decide() -> None:
    assert is_right_to_left("1001 ليلة")
    assert not is_right_to_left("1984")
    assert not is_right_to_left("Il mare di البحر")
