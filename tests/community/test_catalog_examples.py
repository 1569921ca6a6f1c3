"""The examples in the catalogue's docstrings are true."""

import doctest
from types import ModuleType

import pytest

from community.catalog import citations, columns, folding, identifiers, languages, names, record, relators, tabular, values
from community.catalog.marc import encodings, originals, reading


@pytest.mark.parametrize(
    "module",
    [citations, folding, identifiers, languages, names, record, relators, values, encodings, originals, reading],
    ids=lambda module: str(module.__name__),
)
def test_the_examples_of_a_module_are_true(module: ModuleType) -> None:
    result = doctest.testmod(module)

    assert result.attempted > 0
    assert result.failed == 0


def test_no_word_means_two_columns_by_accident() -> None:
    assert columns.COLUMNS["titolo"] == "title"
    assert columns.COLUMNS["autore"] == "creators"
    assert columns.COLUMNS["translator"] == "role trl"
    assert tabular.looks_tabular("Titlu;Autor\n".encode("utf-16"))
    assert not tabular.looks_tabular(b"Dear library, thank you\n")
