"""Colours: whatever a library chooses can be read."""

import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from themes import colours, manifest
from themes.manifest import ThemeError

THEMES = sorted(folder.parent.name for folder in manifest.HERE.glob("*/theme.toml"))


def test_contrast_is_what_wcag_says() -> None:
    assert colours.contrast("#000000", "#ffffff") == pytest.approx(21)
    assert colours.contrast("#767676", "#ffffff") == pytest.approx(4.54, abs=0.01)
    assert colours.contrast("#123456", "#123456") == 1


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("library", ["", "#ffff00", "#ffffff", "#000000", "#ff0000", "#808080", "#00ff88"])
def test_every_theme_can_be_read_by_day_and_by_night_with_any_library_colour(theme: str, library: str) -> None:
    scheme = manifest.scheme(manifest.chain(theme), library)

    assert colours.unreadable(scheme.light) == []
    assert colours.unreadable(scheme.dark) == []
    assert colours.unreadable(scheme.print) == []


@settings(max_examples=200, deadline=None)
@given(some.integers(0, 0xFFFFFF))
def test_no_colour_at_all_makes_the_pages_unreadable(number: int) -> None:
    scheme = colours.scheme(f"#{number:06x}")

    assert colours.unreadable(scheme.light) + colours.unreadable(scheme.dark) == []


def test_a_library_colour_that_is_readable_already_is_not_touched() -> None:
    assert colours.scheme("#1d5c63").light["accent"] == "#1d5c63"


def test_the_style_sheet_uses_only_colours_that_exist() -> None:
    known = set(colours.scheme("#1d5c63").light)
    for theme in THEMES:
        for file in (manifest.HERE / theme / "static").glob("*.css"):
            text = file.read_text(encoding="utf-8")
            own = set(re.findall(r"--([a-z-]+):", text)) | {"serif", "sans", "mono", "wide", "round", "gap", "room"}
            assert set(re.findall(r"var\(--([a-z-]+)\)", text)) <= known | own, file.name


def test_the_style_sheet_is_small_and_minds_its_readers_settings() -> None:
    text = (manifest.HERE / "default" / "static" / "bookmobile.css").read_bytes()

    assert len(text) <= 35_000
    for wish in (b"prefers-contrast", b"forced-colors", b"prefers-reduced-motion", b"@media print", b":focus-visible"):
        assert wish in text
    assert b"url(" not in text and b"@import" not in text


def theme_of(folder: Path, text: str) -> Path:
    folder.mkdir()
    (folder / "theme.toml").write_text(text, encoding="utf-8")
    return folder


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ('name = "other"', "name of its folder"),
        ('name = "mine"\nfont = "Comic"', "says font"),
        ('name = "mine"\ncolour = "teal"', "written like"),
        ('name = "mine"\n[light]\npaper = "white"', "light.paper"),
        ('name = "mine"\n[dark]\nsparkle = "#ffffff"', "dark.sparkle"),
        ("name = ", "cannot be read"),
    ],
)
def test_a_theme_that_is_wrong_is_told_what(tmp_path: Path, text: str, complaint: str) -> None:
    with pytest.raises(ThemeError, match=complaint):
        manifest.read(theme_of(tmp_path / "mine", text))


def test_a_theme_from_elsewhere_stands_before_ours(tmp_path: Path) -> None:
    theme_of(tmp_path / "mine", 'name = "mine"\nparent = "harbour"\ncolour = "#224466"')
    (tmp_path / "mine" / "templates").mkdir()

    chain = manifest.chain("mine", tmp_path)

    assert [theme.name for theme in chain] == ["mine", "harbour", "default"]
    assert manifest.template_folders(chain)[0] == tmp_path / "mine" / "templates"
    assert manifest.scheme(chain).light["accent"] == "#224466"
    assert manifest.scheme(chain).light["paper"] == "#f5f8fa"


def test_themes_that_are_each_others_parents_are_refused(tmp_path: Path) -> None:
    theme_of(tmp_path / "one", 'name = "one"\nparent = "two"')
    theme_of(tmp_path / "two", 'name = "two"\nparent = "one"')

    with pytest.raises(ThemeError, match="each other’s parents"):
        manifest.chain("one", tmp_path)
    with pytest.raises(ThemeError, match="no theme called"):
        manifest.chain("three", tmp_path)


def test_static_files_come_from_the_first_theme_that_has_them_and_never_from_outside() -> None:
    chain = manifest.chain("harbour")

    own, ours = manifest.static_file(chain, "harbour.css"), manifest.static_file(chain, "bookmobile.css")
    assert own is not None and own.parent.parent.name == "harbour"
    assert ours is not None and ours.parent.parent.name == "default"
    assert manifest.static_file(chain, "../theme.toml") is None
    assert manifest.static_file(chain, "/etc/hostname") is None
    assert manifest.static_file(chain, "nothing.css") is None
