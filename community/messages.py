"""What we say to people, in their language: one catalogue of messages for pages, mail and posts."""

import io
from collections.abc import Iterable
from functools import cache
from gettext import GNUTranslations, NullTranslations
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

FOLDER = Path(__file__).parent / "locale"
NAMES = {"en": "English", "it": "Italiano", "ro": "Română", "sv": "Svenska"}


@cache
def translations(language: str) -> NullTranslations:
    """The catalogue of one language, compiled from its .po file; English is the text itself."""
    file = FOLDER / language / "LC_MESSAGES" / "bookmobile.po"
    if not file.exists():
        return NullTranslations()
    with file.open("rb") as source:
        catalogue = read_po(source, locale=language)
    compiled = io.BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    return GNUTranslations(compiled)


def gettext(language: str, message: str, **values: object) -> str:
    """A message in a language, with its `%(name)s` filled in."""
    said = translations(language).gettext(message) if message else ""
    return said % values if values else said


def ngettext(language: str, one: str, many: str, count: int, **values: object) -> str:
    """A message about a number of things; `%(num)s` is the number."""
    return translations(language).ngettext(one, many, count) % {"num": count, **values}


def best(wanted: str | None, offered: Iterable[str]) -> str:
    """The offered language that an Accept-Language header likes best; the first one offered when none fits.

    >>> best("de;q=0.9, it-IT;q=0.8, en;q=0.5", ("en", "it"))
    'it'
    """
    offered = list(offered)
    liked: list[tuple[float, str]] = []
    for part in (wanted or "").split(",")[:20]:
        name, _, rest = part.strip().partition(";")
        try:
            weight = float(rest.strip().removeprefix("q=")) if rest.strip().startswith("q=") else 1.0
        except ValueError:
            continue
        liked.append((-weight, name.strip().lower().partition("-")[0]))
    for _, name in sorted(liked, key=lambda one: one[0]):
        if name in offered:
            return name
    return offered[0]
