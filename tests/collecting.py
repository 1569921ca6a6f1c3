"""Collect every message of code and templates into the catalogues: `python -m tests.collecting` (or `make messages`)."""

import io
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from babel.messages.catalog import Catalog
from babel.messages.extract import extract
from babel.messages.pofile import read_po, write_po

from community import errors
from community.messages import FOLDER, NAMES

ROOT = Path(__file__).resolve().parents[1]
ROOMS = ("community", "moderation", "search", "federation", "server", "themes")
# Which argument of a call is the message. What is refused is said in the reader's language, so refusals are messages, too.
REFUSALS = {name: (1,) for name, kind in vars(errors).items() if isinstance(kind, type) and issubclass(kind, Exception)}
ELSEWHERE = {
    "Unreadable": (1,),
    "Unreachable": (1,),
    "Refused": (1,),
    "GoneThere": (1,),
    "NotAnActor": (1,),
    "Wrong": (1,),
    "Verdict": (3,),
}
PYTHON: dict[str, Any] = {"gettext": (2,), "ngettext": (2, 3), "say": (2,), "N_": (1,), "refuse": (2,), **REFUSALS, **ELSEWHERE}
TEMPLATES: dict[str, Any] = {"_": None, "gettext": None, "ngettext": (1, 2)}


def messages() -> Iterator[tuple[str, int, Any]]:
    """Every message with the file and line where it stands."""
    for room in ROOMS:
        for file in sorted((ROOT / room).rglob("*")):
            name = str(file.relative_to(ROOT))
            if file.suffix == ".py" and "migrations" not in file.parts:
                yield from ((name, line, said) for line, said, *_ in _read("python", file, PYTHON))
            elif file.suffix in {".html", ".txt", ".xml", ".css"} and "templates" in file.parts:
                yield from ((name, line, said) for line, said, *_ in _read("jinja2", file, TEMPLATES))


def _read(method: str, file: Path, keywords: dict[str, Any]) -> Iterator[tuple[int, Any]]:
    options = {"newstyle_gettext": "true", "silent": "false"} if method == "jinja2" else {}
    source = io.BytesIO(file.read_bytes())
    for line, said, _comments, _context in extract(method, source, keywords=keywords, options=options):
        if all(isinstance(part, str) for part in (said if isinstance(said, tuple) else (said,))) and said:
            yield line, said


def template() -> Catalog:
    """All messages, without translations."""
    catalogue = Catalog(project="Bookmobile", charset="utf-8")
    for name, line, said in messages():
        catalogue.add(said, locations=[(name, line)])
    return catalogue


def updated(language: str, found: Catalog) -> Catalog:
    """The catalogue of a language with exactly today's messages: translations are kept, new ones are empty, old ones go."""
    file = FOLDER / language / "LC_MESSAGES" / "bookmobile.po"
    kept = Catalog(locale=language, project="Bookmobile", charset="utf-8")
    if file.exists():
        with file.open("rb") as source:
            kept = read_po(source, locale=language)
    kept.update(found, no_fuzzy_matching=True)
    kept.obsolete.clear()
    return kept


def main() -> int:
    """Bring the catalogues of all languages but English up to date; says what is not translated."""
    found = template()
    print(f"{len(found)} messages")
    for language in NAMES:
        if language == "en":
            continue
        file = FOLDER / language / "LC_MESSAGES" / "bookmobile.po"
        if language != "it" and not file.exists():
            continue  # a language begins when somebody brings its file
        catalogue = updated(language, found)
        file.parent.mkdir(parents=True, exist_ok=True)
        with file.open("wb") as target:
            target.write(f"# {NAMES[language]}. `make messages` collects; translations are written here.\n\n".encode())
            write_po(target, catalogue, width=140, sort_output=True, no_location=True, omit_header=True)
        print(f"{language}: {sum(not one.string or one.string == ('', '') for one in catalogue if one.id)} without translation")
    return 0


if __name__ == "__main__":
    sys.exit(main())
