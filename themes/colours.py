"""One library colour, worked out until everything can be read on everything it stands on."""

import colorsys
import re
from collections.abc import Mapping
from dataclasses import dataclass

COLOUR = re.compile(r"#[0-9a-f]{6}")

# What is written on what, and how much they must differ (WCAG 2.2: 4.5 for text, 3 for the edges of controls and for signs).
PAIRS: tuple[tuple[str, str, float], ...] = (
    ("ink", "paper", 7.0),
    ("ink", "card", 7.0),
    ("ink", "tint", 4.5),
    ("ink", "mark", 4.5),
    ("muted", "paper", 4.5),
    ("muted", "card", 4.5),
    ("muted", "tint", 4.5),
    ("accent", "paper", 4.5),
    ("accent", "card", 4.5),
    ("accent", "tint", 4.5),
    ("on-accent", "accent", 4.5),
    ("on-band", "band", 4.5),
    ("danger", "paper", 4.5),
    ("danger", "card", 4.5),
    ("danger", "danger-tint", 4.5),
    ("ink", "danger-tint", 4.5),
    ("on-danger", "danger", 4.5),
    ("edge", "paper", 3.0),
    ("edge", "card", 3.0),
    ("star", "paper", 3.0),
    ("star", "card", 3.0),
)

LIGHT = {
    "paper": "#fbfaf7", "card": "#ffffff", "ink": "#1c1b19", "muted": "#5f5b54", "line": "#dedad1", "edge": "#85807a",
    "danger": "#a3261c", "danger-tint": "#fbecea", "star": "#a86a00", "mark": "#fdeeb5",
}  # fmt: skip
DARK = {
    "paper": "#15171a", "card": "#1d2024", "ink": "#ece9e3", "muted": "#b3aea5", "line": "#33373c", "edge": "#7d828a",
    "danger": "#ff9d92", "danger-tint": "#3a1f1d", "star": "#f0b84a", "mark": "#574713",
}  # fmt: skip
PRINT = {
    "paper": "#ffffff", "card": "#ffffff", "ink": "#000000", "muted": "#333333", "line": "#999999", "edge": "#666666",
    "danger": "#000000", "danger-tint": "#ffffff", "star": "#000000", "mark": "#ffffff", "accent": "#000000",
    "on-accent": "#ffffff", "tint": "#ffffff", "band": "#ffffff", "on-band": "#000000", "on-danger": "#ffffff",
}  # fmt: skip

Tones = Mapping[str, str]


@dataclass(frozen=True)
class Scheme:
    """Every colour of a page, by day, by night, and on paper."""

    light: Tones
    dark: Tones
    print: Tones


def is_colour(value: object) -> bool:
    """Whether this is written like #1d5c63."""
    return isinstance(value, str) and COLOUR.fullmatch(value.lower()) is not None


def parts(colour: str) -> tuple[float, float, float]:
    """Red, green and blue, each from 0 to 1."""
    return (int(colour[1:3], 16) / 255, int(colour[3:5], 16) / 255, int(colour[5:7], 16) / 255)


def joined(red: float, green: float, blue: float) -> str:
    """The colour with these parts, as style sheets write it."""
    return "#" + "".join(f"{round(max(0.0, min(1.0, part)) * 255):02x}" for part in (red, green, blue))


def luminance(colour: str) -> float:
    """How light a colour is to the eye, from 0 to 1, as WCAG reckons it."""
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts(colour))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """How well one colour can be read on the other, from 1 to 21."""
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def mixed(one: str, other: str, share: float) -> str:
    """One colour with a share of the other stirred in."""
    red, green, blue = (a * (1 - share) + b * share for a, b in zip(parts(one), parts(other), strict=True))
    return joined(red, green, blue)


def fitted(colour: str, backgrounds: tuple[str, ...], ratio: float) -> str:
    """The nearest shade of this colour that can be read on all of these."""
    hue, _, saturation = colorsys.rgb_to_hls(*parts(colour))
    lightness = colorsys.rgb_to_hls(*parts(colour))[1]
    step = -0.01 if luminance(backgrounds[0]) > 0.4 else 0.01
    while min(contrast(colour, background) for background in backgrounds) < ratio and 0 <= lightness <= 1:
        lightness += step
        colour = joined(*colorsys.hls_to_rgb(hue, max(0.0, min(1.0, lightness)), saturation))
    return colour


def readable_on(background: str, dark: str, light: str) -> str:
    """Whichever of the two reads better here."""
    return max((dark, light), key=lambda colour: contrast(colour, background))


def tones(base: Tones, library: str) -> dict[str, str]:
    """All tones of one mode, from what the theme says and the library's colour."""
    is_light = luminance(base["paper"]) > 0.4
    tint = base.get("tint", mixed(base["paper"], library, 0.08 if is_light else 0.16))
    accent = fitted(base.get("accent", library), (base["paper"], base["card"], tint), 4.6)
    # The band carries white words by day and by night, so it is darkened against white; at night it also steps back a little.
    band = base.get("band", library)
    band = fitted(band if is_light else mixed(band, base["paper"], 0.3), ("#ffffff",), 6.0)
    made = {
        "tint": tint,
        "accent": accent,
        "on-accent": readable_on(accent, "#111111", "#ffffff"),
        "band": band,
        "on-band": "#ffffff",
        "on-danger": readable_on(base["danger"], "#111111", "#ffffff"),
    }
    return dict(base) | made


def scheme(library: str, light: Tones | None = None, dark: Tones | None = None) -> Scheme:
    """Every tone for this library colour; a theme may bring its own paper and ink."""
    return Scheme(tones(LIGHT | dict(light or {}), library), tones(DARK | dict(dark or {}), library), PRINT)


def unreadable(tone: Tones) -> list[str]:
    """What cannot be read on what, in words; empty when all is well."""
    return [
        f"{text} {tone[text]} on {ground} {tone[ground]}: {contrast(tone[text], tone[ground]):.2f}, needs {ratio}"
        for text, ground, ratio in PAIRS
        if contrast(tone[text], tone[ground]) < ratio
    ]
