"""Citations that reference managers can take."""

from community.catalog import citations
from community.catalog.citations import Cited
from tests.community.marc_samples import WHALE, iso2709, one


def test_a_record_is_cited_in_ris() -> None:
    cited = citations.of_record(one(iso2709(WHALE)), "https://library.example/catalog/editions/1")

    lines = citations.ris(cited).split("\r\n")

    assert lines[:4] == ["TY  - BOOK", "AU  - Melville, Herman", "A4  - Lovelace, Ada", "TI  - The whale"]
    assert {"PY  - 1851", "PB  - Harper & Brothers", "CY  - New York", "SN  - 9780142437247", "KW  - Whaling -- Fiction"} <= set(lines)
    assert "UR  - https://library.example/catalog/editions/1" in lines
    assert lines[-2:] == ["ER  - ", ""]


def test_a_record_is_cited_in_bibtex() -> None:
    text = citations.bibtex(citations.of_record(one(iso2709(WHALE))))

    assert text.startswith("@book{melville1851whale,\n  author = {Melville, Herman},\n")
    assert "  publisher = {Harper \\& Brothers},\n" in text
    assert text.endswith("}\n")


def test_a_line_break_in_a_title_cannot_begin_another_field() -> None:
    cited = Cited(title="Harbour\r\nER  - \r\nTY  - BOOK", description="one\ntwo")

    assert citations.ris(cited).count("\r\nER  - ") == 1
    assert "AB  - one two" in citations.ris(cited)


def test_braces_and_backslashes_cannot_end_a_bibtex_entry() -> None:
    text = citations.bibtex(Cited(title="A } @misc{x, \\input", people=(("Società & C.", "aut"),)))

    assert "A \\} @misc\\{x, \\textbackslash{}input" in text
    assert "author = {{Società \\& C.}}" in text


def test_what_has_neither_name_nor_latin_letters_still_gets_a_key() -> None:
    assert citations.bibtex(Cited(title="傲慢與偏見")).startswith("@book{edition,")
