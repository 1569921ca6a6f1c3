"""Every real file on the shelf is read; nothing that it holds ends a batch."""

from collections import Counter, defaultdict

import pytest

from community.catalog.folding import words
from community.catalog.record import FORMS, Record, Refused, content_hash, work_key
from tests.community.marc_samples import SHELF, needs_shelf, records, shelf, shelf_files

pytestmark = needs_shelf

# folder: how many records must be readable, and how many may be refused
LEAST = {
    "uva-solrmarc": (2140, 2),
    "lcnetdev-dataset": (693, 0),
    "rero": (600, 0),
    "marc4j": (915, 8),
    "traject": (80, 8),
    "ruby-marc": (20, 8),
    "pymarc-tests": (65, 6),
    "unimarc": (155, 8),
}


def test_every_file_is_read_and_hardly_a_record_refused(capsys: pytest.CaptureFixture[str]) -> None:
    read: Counter[str] = Counter()
    refused: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for path in shelf_files():
        folder = path.parent.name
        for entry in shelf(f"{folder}/{path.name}"):
            if isinstance(entry, Record):
                read[folder] += 1
                assert entry.raw
            else:
                refused[folder][entry.reason] += 1

    with capsys.disabled():
        print(f"\n{'folder':20} {'read':>6} {'refused':>8}")
        for folder in sorted(read):
            reasons = "; ".join(f"{count} x {reason}" for reason, count in refused[folder].most_common())
            print(f"{folder:20} {read[folder]:6} {refused[folder].total():8}  {reasons}")
    for folder, (least, most_refused) in LEAST.items():
        assert read[folder] >= least, folder
        assert refused[folder].total() <= most_refused, folder


def test_all_that_is_read_is_fit_to_store() -> None:
    for path in shelf_files():
        for entry in shelf(f"{path.parent.name}/{path.name}"):
            if isinstance(entry, Refused):
                continue
            told = [entry.title, entry.sort_title, entry.description, entry.contents, entry.publisher or "", entry.extent or ""]
            told += [text for agent in entry.agents for text in (agent.name, agent.sort_name)] + [
                subject.label for subject in entry.subjects
            ]
            assert entry.title and entry.sort_title and entry.source_key
            assert entry.form in FORMS
            assert entry.year is None or 500 <= entry.year <= 2100
            assert all(len(code) == 3 for code in (*entry.languages, *entry.original_languages))
            assert not any(c < " " and c != "\n" for text in told for c in text), (path.name, entry.source_key)
            assert all(url.startswith(("http://", "https://")) for url, _ in entry.links)
            assert len(content_hash(entry)) == 64
            assert len(work_key(entry)) <= 500 and work_key(entry).count("|") == 2


def test_the_same_records_in_iso2709_and_in_xml_have_the_same_content() -> None:
    plain, xml = records("traject/test_data.utf8.mrc"), records("traject/test_data.utf8.marc.xml.gz")

    assert len(plain) == len(xml) == 30
    assert [content_hash(record) for record in plain] == [content_hash(record) for record in xml]


def test_the_many_editions_of_pride_and_prejudice_meet_in_a_few_works() -> None:
    editions = [record for record in records("marc4j/pride-and-prejudice-fixed.mrc") if "pride and prejudice" in words(record.title)]
    by_austen = [record for record in editions if record.agents and record.agents[0].sort_name.startswith("Austen, Jane")]
    works = Counter(work_key(record) for record in by_austen)

    assert len(by_austen) > 120
    assert works.most_common(1) == [("text|pride and prejudice|austen j", works["text|pride and prejudice|austen j"])]
    assert works["text|pride and prejudice|austen j"] > 0.9 * len(by_austen)
    assert len(works) < 12


def test_translations_with_an_original_title_meet_their_original() -> None:
    everything = records("marc4j/pride-and-prejudice-fixed.mrc")
    translated = [record for record in everything if record.uniform_title and record.languages == ("chi",)]

    assert translated
    assert {work_key(record).split("|")[1] for record in translated} <= {
        "pride and prejudice", "sense and sensibility", "sence and sensibility",
    }  # fmt: skip


def test_films_books_and_study_guides_of_one_name_stay_apart() -> None:
    keys = {work_key(record) for record in records("marc4j/pride-and-prejudice-fixed.mrc")}

    assert "text|jane austens pride and prejudice|bloom h" in keys
    assert {key.split("|")[0] for key in keys if key.split("|")[1].startswith("pride and prejudice")} >= {"text", "film"}


def test_directories_with_many_kinds_of_damage_are_mended() -> None:
    mended = records("marc4j/pride-and-prejudice-with-many-errors.mrc")

    assert len(mended) == len(records("marc4j/pride-and-prejudice-fixed.mrc"))
    assert "Bibliotek i Gävleborg".encode("latin-1") in b"".join(record.raw for record in mended)


def test_mislabelled_russian_records_are_read_in_their_own_letters() -> None:
    windows, koi8 = records("pymarc-tests/1251.dat"), records("unimarc/simple-rusmarc.mrc")

    assert windows[0].title == "Основы гидравлического расчета инженерных сетей"
    assert koi8[0].title == "Уездное; Мы"
    assert koi8[0].agents[0].sort_name == "Замятин, Евгений Иванович"
    assert len(koi8) == 72


def test_romanian_records_that_were_encoded_twice_are_put_right() -> None:
    [first, second, *_] = records("unimarc/short.bnr.1993.mrc")
    newspaper = records("unimarc/serial.bnr.1993.mrc")[0]

    assert first.title == "3 numarali mühimme defteri (966-968) - (1558-1560)"
    assert (second.title, second.sort_title) == ("The sweetest fig", "sweetest fig")
    assert (newspaper.title, newspaper.place, newspaper.form) == ("24 ore mureşene", "Târgu Mureş", "periodical")


def test_a_french_record_in_marcxchange_tells_its_original() -> None:
    [record] = records("unimarc/bnf_ean_any_9782070541270.xml")

    assert record.title == "Harry Potter à l'école des sorciers"
    assert record.uniform_title == "Harry Potter and the philosopher's stone"
    assert (record.languages, record.original_languages) == (("fre",), ("eng",))
    assert [(agent.name, agent.role) for agent in record.agents] == [("J. K. Rowling", "aut"), ("Jean-François Ménard", "trl")]
    assert ("isni", "0000000069181891") in record.agents[0].identifiers
    assert work_key(record) == "text|harry potter and the philosophers stone|rowling j"
    assert record.audience == "child"


def test_an_italian_record_of_1568_keeps_its_printer() -> None:
    [record] = records("unimarc/bncf_florence_sbn_CFIE000183.xml")

    assert record.title.startswith("Comento sopra la canzone di Guido Caualcanti.")
    assert (record.year, record.pages, record.languages) == (1568, 167, ("ita",))
    assert [(agent.name, agent.role) for agent in record.agents][:2] == [("Paolo Del Rosso", "aut"), ("Guido Cavalcanti", "")]
    assert record.agents[2].role == "pbl"
    assert record.shelf_mark == "NENC.1.3.2.3"


def test_the_shelf_is_the_one_that_these_numbers_are_about() -> None:
    assert {path.name for path in SHELF.iterdir() if path.is_dir()} >= set(LEAST)
