"""What a theme says about itself: its name, its parent, its colours; checked before it is used."""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from themes import colours

HERE = Path(__file__).parent
KNOWN = {"name", "title", "parent", "colour", "light", "dark"}
NAME = re.compile(r"[a-z][a-z0-9_-]*")


class ThemeError(ValueError):
    """A theme that cannot be used, and why, in words."""


@dataclass(frozen=True)
class Manifest:
    """A theme: a folder with templates and static files, and the folder it falls back on."""

    name: str
    folder: Path
    title: str = ""
    parent: str = ""
    colour: str = ""  # of the library, where the settings name none
    light: Mapping[str, str] = field(default_factory=dict)
    dark: Mapping[str, str] = field(default_factory=dict)


def read(folder: Path) -> Manifest:
    """Read theme.toml of this folder; whatever is wrong is named."""
    try:
        said = tomllib.loads((folder / "theme.toml").read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ThemeError(f"{folder.name} has no theme.toml.") from None
    except tomllib.TOMLDecodeError as broken:
        raise ThemeError(f"theme.toml of {folder.name} cannot be read: {broken}.") from None
    if unknown := sorted(set(said) - KNOWN):
        raise ThemeError(f"theme.toml of {folder.name} says {', '.join(unknown)}, which we do not know.")
    name = said.get("name")
    if not isinstance(name, str) or not NAME.fullmatch(name) or name != folder.name:
        raise ThemeError(f"theme.toml of {folder.name} must have the name of its folder, in small letters.")
    for key in ("title", "parent", "colour"):
        if not isinstance(said.get(key, ""), str):
            raise ThemeError(f"{key} in theme.toml of {name} must be text.")
    if said.get("colour") and not colours.is_colour(said["colour"]):
        raise ThemeError(f"colour in theme.toml of {name} must be written like #1d5c63.")
    return Manifest(
        name=name,
        folder=folder,
        title=said.get("title", name),
        parent=said.get("parent", ""),
        colour=said.get("colour", ""),
        light=_tones(name, "light", said.get("light", {})),
        dark=_tones(name, "dark", said.get("dark", {})),
    )


def chain(name: str, *roots: Path) -> tuple[Manifest, ...]:
    """The theme, its parent, and so on down to ours; themes of the library's own `roots` are found before ours."""
    found: list[Manifest] = []
    while name:
        if any(theme.name == name for theme in found):
            raise ThemeError(f"The themes {', '.join(theme.name for theme in found)} are each other’s parents.")
        folder = next((root / name for root in (*roots, HERE) if (root / name / "theme.toml").is_file()), None)
        if folder is None:
            raise ThemeError(f"There is no theme called {name}.")
        found.append(read(folder))
        name = found[-1].parent or ("default" if found[-1].name != "default" else "")
    return tuple(found)


def template_folders(themes: tuple[Manifest, ...]) -> tuple[Path, ...]:
    """Where templates are looked for, in this order."""
    return tuple(theme.folder / "templates" for theme in themes if (theme.folder / "templates").is_dir())


def static_file(themes: tuple[Manifest, ...], path: str) -> Path | None:
    """The first theme's file of this name; never one outside of a static folder."""
    for theme in themes:
        root = (theme.folder / "static").resolve()
        file = (root / path).resolve()
        if file.is_relative_to(root) and file.is_file():
            return file
    return None


def scheme(themes: tuple[Manifest, ...], colour: str = "") -> colours.Scheme:
    """Every colour of the pages: the theme's paper and ink, and the library's own colour."""
    light: dict[str, str] = {}
    dark: dict[str, str] = {}
    for theme in reversed(themes):
        light |= theme.light
        dark |= theme.dark
    library = colour or next((theme.colour for theme in themes if theme.colour), "#1d5c63")
    if not colours.is_colour(library):
        raise ThemeError(f"The library colour {library} must be written like #1d5c63.")
    return colours.scheme(library.lower(), light, dark)


def _tones(name: str, mode: str, said: object) -> dict[str, str]:
    base = colours.LIGHT if mode == "light" else colours.DARK
    allowed = {*base, "accent", "band", "tint"}
    if not isinstance(said, dict):
        raise ThemeError(f"{mode} in theme.toml of {name} must be a table of colours.")
    for key, value in said.items():
        if key not in allowed:
            raise ThemeError(f"{mode}.{key} in theme.toml of {name} is no colour we know.")
        if not colours.is_colour(value):
            raise ThemeError(f"{mode}.{key} in theme.toml of {name} must be written like #1d5c63.")
    return {key: value.lower() for key, value in said.items()}
