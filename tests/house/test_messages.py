"""Every word that people read is in the catalogue, and Italian is complete."""

import re

import pytest
from babel.messages.pofile import read_po

from community.messages import FOLDER, NAMES
from tests import collecting

HOLES = re.compile(r"%\((\w+)\)s")
BEGUN = [language for language in NAMES if (FOLDER / language / "LC_MESSAGES" / "bookmobile.po").exists()]
COMPLETE = ("it",)


@pytest.mark.parametrize("language", BEGUN)
def test_a_catalogue_holds_exactly_what_code_and_templates_say(language: str) -> None:
    file = FOLDER / language / "LC_MESSAGES" / "bookmobile.po"
    with file.open("rb") as source:
        kept = {message.id for message in read_po(source, locale=language) if message.id}
    said = {message.id for message in collecting.template() if message.id}
    assert said - kept == set(), "run `make messages`"
    assert kept - said == set(), "run `make messages`"


@pytest.mark.parametrize("language", COMPLETE)
def test_a_complete_language_leaves_nothing_untranslated(language: str) -> None:
    with (FOLDER / language / "LC_MESSAGES" / "bookmobile.po").open("rb") as source:
        catalogue = read_po(source, locale=language)
    empty = [message.id for message in catalogue if message.id and not all(_strings(message.string))]
    assert empty == []


@pytest.mark.parametrize("language", BEGUN)
def test_translations_fill_the_same_holes(language: str) -> None:
    with (FOLDER / language / "LC_MESSAGES" / "bookmobile.po").open("rb") as source:
        catalogue = read_po(source, locale=language)
    for message in catalogue:
        if not message.id:
            continue
        wanted = set(HOLES.findall(_strings(message.id)[-1]))
        for string in filter(None, _strings(message.string)):
            assert set(HOLES.findall(string)) <= wanted, message.id
            assert set(HOLES.findall(string)) >= wanted - {"num"}, message.id


def _strings(value: object) -> tuple[str, ...]:
    return tuple(map(str, value)) if isinstance(value, list | tuple) else (str(value),)
