"""Spreadsheets: what a small library can export today."""

import csv
import io
from pathlib import Path

import pytest
from openpyxl import Workbook

from community.catalog.record import Agent, Record, Refused, Subject, work_key
from tests.community.marc_samples import one, read, refusal

DEMO = Path(__file__).resolve().parents[2] / "server" / "demo"
HEADER = (
    "key,title,subtitle,creators,publisher,year,languages,original_title,format,pages,isbn,"
    "identifiers,subjects,series,audience,shelf_mark\n"
)
BALENA = (
    'balena,La balena,romanzo,"Melville, Herman (aut); Verdi, Anna (trl)",Einaudi,2015,ita,The Whale,book,720,9788806222796,'
    'wikidata:Q174596,"Baleniere; Storie di mare","Classici del mare, 4",adults,N MEL\n'
)


def test_a_row_becomes_a_record() -> None:
    record = one((HEADER + BALENA).encode())

    assert record.source_key == "balena"
    assert (record.title, record.sort_title, record.subtitle) == ("La balena", "balena", "romanzo")
    assert record.agents == (Agent("Herman Melville", "Melville, Herman", None, "aut"), Agent("Anna Verdi", "Verdi, Anna", None, "trl"))
    assert (record.year, record.languages, record.form, record.pages, record.audience) == (2015, ("ita",), "book", 720, "adult")
    assert record.identifiers == (("isbn", "9788806222796"), ("wikidata", "Q174596"))
    assert record.subjects == (Subject("Baleniere"), Subject("Storie di mare"))
    assert record.series == (("Classici del mare", "4"),)
    assert record.shelf_mark == "N MEL"
    assert work_key(record) == "text|whale|melville h"


def test_the_row_is_kept_so_that_it_can_be_read_again() -> None:
    record = one((HEADER + BALENA).encode())

    assert record.raw_format == "csv"
    assert one(record.raw) == record


@pytest.mark.parametrize(
    ("header", "row"),
    [
        (
            "Titolo;Autore;Editore;Anno;Lingua;Pagine;Soggetti;Collocazione",
            "La balena;Melville, Herman;Einaudi;2015;italiano;720;Mare;N MEL",
        ),
        (
            "Titel;Författare;Förlag;Utgivningsår;Språk;Sidor;Ämnesord;Hylla",
            "La balena;Melville, Herman;Einaudi;2015;italienska;720;Mare;N MEL",
        ),
        ("Titlu;Autor;Editura;Anul;Limba;Pagini;Subiecte;Cota", "La balena;Melville, Herman;Einaudi;2015;italiana;720;Mare;N MEL"),
        (
            "Title\tAuthor\tPublisher\tYear\tLanguage\tPages\tSubjects\tCall number",
            "La balena\tMelville, Herman\tEinaudi\t2015\tit\t720\tMare\tN MEL",
        ),
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
def test_headers_in_four_languages_and_encodings_of_many_programs_are_understood(header: str, row: str, encoding: str) -> None:
    record = one(f"{header}\r\n{row}\r\n".encode(encoding))

    assert (record.title, record.publisher, record.year, record.languages, record.pages) == ("La balena", "Einaudi", 2015, ("ita",), 720)
    assert record.agents == (Agent("Herman Melville", "Melville, Herman", None, "aut"),)
    assert [subject.label for subject in record.subjects] == ["Mare"]
    assert record.shelf_mark == "N MEL"


def test_accents_survive_what_windows_writes() -> None:
    entries = read("Titolo;Autore\nPerché no;Eco, Umberto\nCittà;Šalda, F. X.\n".encode("cp1252"))

    assert [entry.title for entry in entries if isinstance(entry, Record)] == ["Perché no", "Città"]


@pytest.mark.parametrize(
    ("cell", "agents"),
    [
        ("Herman Melville", [("Melville, Herman", "aut")]),
        ("Herman Melville; Anna Verdi (translator)", [("Melville, Herman", "aut"), ("Verdi, Anna", "trl")]),
        ("Neil Gaiman and Terry Pratchett", [("Gaiman, Neil", "aut"), ("Pratchett, Terry", "aut")]),
        ("Ursula K. Le Guin", [("Le Guin, Ursula K.", "aut")]),
        ("Melville, Herman, 1819-1891", [("Melville, Herman", "aut")]),
        ("Homer", [("Homer", "aut")]),
        ("Ferrer, Ibrahim (prf); Europa Galante (prf)", [("Ferrer, Ibrahim", "prf"), ("Europa Galante", "prf")]),
    ],
)
def test_names_are_understood_the_way_people_type_them(cell: str, agents: list[tuple[str, str]]) -> None:
    record = one(f'title,creators\nHarbour,"{cell}"\n'.encode())

    assert [(agent.sort_name, agent.role) for agent in record.agents] == agents


@pytest.mark.parametrize(
    ("word", "form"),
    [
        ("DVD", "film"),
        ("Libro", "book"),
        ("ljudbok", "audiobook"),
        ("Paperback", "book"),
        ("gioco da tavolo", "game"),
        ("CD", "music"),
        ("e-book", "ebook"),
    ],
)
def test_formats_are_understood_in_the_words_of_the_house(word: str, form: str) -> None:
    assert one(f"title,format\nHarbour,{word}\n".encode()).form == form


def test_columns_for_one_kind_of_contributor_give_the_role() -> None:
    record = one(b"title,regista,attori,format\nPorto,Federico Fellini,Anna Verdi; Ada Bianchi,DVD\n")

    assert [(agent.name, agent.role) for agent in record.agents] == [
        ("Federico Fellini", "drt"),
        ("Anna Verdi", "act"),
        ("Ada Bianchi", "act"),
    ]
    assert work_key(record) == "film|porto|fellini f"


def test_a_row_without_a_title_is_refused_and_the_others_are_not() -> None:
    entries = read(b"title,isbn\nHarbour,9780142437247\n,9780142437247\n\nWhale,\n")

    assert [type(entry) for entry in entries] == [Record, Refused, Record]
    assert isinstance(entries[1], Refused)
    assert (entries[1].position, entries[1].reason) == (2, "The row has no title.")


def test_a_table_without_a_column_for_titles_is_refused_with_words() -> None:
    assert refusal(b"colour,size\nred,3\n", format="csv").reason.startswith("No column is called title")


def test_a_workbook_is_read() -> None:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["Titolo", "Autore", "Anno", "ISBN", "Pagine"])
    sheet.append(["La balena", "Melville, Herman", 2015, 9788806222796, 720.0])
    sheet.append([None, None, None, None, None])
    written = io.BytesIO()
    book.save(written)

    record = one(written.getvalue(), "libri.xlsx")

    assert (record.title, record.year, record.pages, record.values("isbn")) == ("La balena", 2015, 720, ["9788806222796"])
    assert refusal(written.getvalue()[:-400], "libri.xlsx").reason.startswith("The spreadsheet is damaged")


def test_an_endless_cell_breaks_its_row_only() -> None:
    endless = b'title,description\nHarbour,"' + b"x" * 300_000 + b'"\nWhale,short\n'

    entries = read(endless)

    assert isinstance(entries[0], Refused)
    assert [entry.title for entry in entries if isinstance(entry, Record)] == ["Whale"]


@pytest.mark.skipif(not DEMO.is_dir(), reason="the demo's data are not here")
@pytest.mark.parametrize("name", ["library_a.csv", "library_b.csv"])
def test_the_demo_libraries_read_well(name: str) -> None:
    octets = (DEMO / name).read_bytes()
    rows = list(csv.DictReader(io.StringIO(octets.decode())))
    entries = read(octets, name)

    assert len(entries) == len(rows) >= 150
    for row, entry in zip(rows, entries, strict=True):
        assert isinstance(entry, Record), entry
        assert (entry.source_key, entry.title, entry.form) == (row["key"], row["title"], row["format"])
        assert [agent.sort_name for agent in entry.agents] == [text.rpartition(" (")[0] for text in row["creators"].split("; ") if text]
        assert all(agent.role for agent in entry.agents)
        assert entry.values("isbn") == ([row["isbn"]] if row["isbn"] else [])
        assert len(entry.subjects) == len({text.casefold() for text in row["subjects"].split("; ") if text})


@pytest.mark.skipif(not DEMO.is_dir(), reason="the demo's data are not here")
def test_translations_in_both_demo_libraries_meet_in_one_work() -> None:
    keys = {}
    for name in ("library_a.csv", "library_b.csv"):
        keys[name] = {
            entry.title: work_key(entry)
            for entry in read((DEMO / name).read_bytes(), name)
            if isinstance(entry, Record) and entry.form == "book"
        }

    assert keys["library_a.csv"]["Stolthet och fördom"] == keys["library_b.csv"]["Pride and Prejudice"]
    assert keys["library_b.csv"]["The Baron in the Trees"] == keys["library_b.csv"]["Il barone rampante"]
