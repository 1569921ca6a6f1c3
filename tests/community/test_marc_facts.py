"""The nine facts that real MARC records taught, each as a test."""

import gzip
import io
import logging
from itertools import islice

import pytest

from community.catalog.folding import fold
from community.catalog.marc.reading import read_records
from community.catalog.record import Record, Refused, content_hash
from tests.community.marc_samples import WHALE, iso2709, marcxml, needs_shelf, one, read, records, refusal, shelf

SBN = [
    ("001", "IT\\ICCU\\ANA\\0019370"),
    ("100", "  $a19961119d1996    ||||0itac50      ba"),
    ("101", "  $aita"),
    ("200", "1 $a\x88L'\x89altra città$fIsaac Asimov"),
    ("210", "  $aMilano$cA. Mondadori$d1996"),
    ("700", " 1$aAsimov$b, Isaac$4070"),
]


def test_unimarc_is_read_in_the_encoding_that_its_field_100_tells(capsys: pytest.CaptureFixture[str]) -> None:
    record = one(iso2709(SBN, leader="     nam0 22     3i 4500"))

    assert record.raw_format == "unimarc"
    assert record.title == "L'altra città"
    assert capsys.readouterr().err == ""


@needs_shelf
def test_a_real_record_of_the_italian_national_service_reads_right() -> None:
    [record] = records("pymarc-tests/testunimarc.dat")

    assert record.title == "L'altra faccia della spirale"
    assert record.sort_title == "altra faccia della spirale"
    assert record.uniform_title == "Second foundation"
    assert [(agent.name, agent.sort_name, agent.role) for agent in record.agents][:2] == [
        ("Isaac Asimov", "Asimov, Isaac", "aut"),
        ("Carlo Fruttero", "Fruttero, Carlo", ""),
    ]
    assert record.series == (("Bestsellers", "641"), ("Il ciclo delle fondazioni", "4"))
    assert record.values("isbn") == ["9788804406822"]
    assert record.values("sbn") == ["IT\\ICCU\\ANA\\0019370"]


def test_a_refused_record_keeps_its_place_its_bytes_and_a_reason_in_plain_words() -> None:
    broken = bytearray(iso2709(WHALE))
    broken[24 + 12 + 3 : 24 + 12 + 7] = b"9999"
    broken = bytearray(broken.replace(b"OCoLC\x1e", b"OCoLC ", 1))

    entries = read(iso2709(WHALE) + bytes(broken) + iso2709(WHALE))

    assert [type(entry) for entry in entries] == [Record, Refused, Record]
    assert entries[1] == Refused(2, "The record's directory points outside the record.", bytes(broken))


def test_a_record_that_ends_too_early_costs_only_itself() -> None:
    cut = iso2709(WHALE)[:200] + b"\x1d"

    entries = read(iso2709(WHALE) + cut + iso2709(WHALE) + iso2709(WHALE)[:-40])

    assert [type(entry) for entry in entries] == [Record, Refused, Record, Refused]


def test_a_lost_terminator_between_two_records_costs_neither() -> None:
    entries = read(iso2709(WHALE)[:-1] + iso2709(WHALE))

    assert [type(entry) for entry in entries] == [Record, Record]


def test_one_bad_record_does_not_spoil_an_xml_file() -> None:
    good = marcxml(WHALE)
    bad = good.replace("</leader>", "", 1).replace("Melville, Herman", "\x00Melville & Herman")
    file = f"<collection>{good}{marcxml(WHALE, leader='')}{bad}{good}</collection>".encode()

    entries = read(file)

    assert len([entry for entry in entries if isinstance(entry, Record)]) >= 3
    assert isinstance(entries[-1], Record)


@pytest.mark.parametrize(
    ("prefix", "namespace"),
    [
        ("", ""),
        ("", "http://www.loc.gov/MARC21/slim"),
        ("marc", "http://www.loc.gov/MARC21/slim"),
        ("mxc", "info:lc/xmlns/marcxchange-v1"),
        ("mxc", "info:lc/xmlns/marcxchange-v2"),
    ],
)
def test_xml_is_read_in_any_namespace_and_inside_an_answer_to_a_search(prefix: str, namespace: str) -> None:
    inner = marcxml(WHALE, prefix=prefix, namespace=namespace)
    answer = (
        '<s:searchRetrieveResponse xmlns:s="http://www.loc.gov/zing/srw/"><s:records>'
        + f"<s:record><s:recordData>{inner}</s:recordData><s:recordPosition>1</s:recordPosition></s:record>" * 2
        + "</s:records></s:searchRetrieveResponse>"
    )

    assert one(inner.encode()).title == "The whale"
    assert [entry.title for entry in read(answer.encode()) if isinstance(entry, Record)] == ["The whale", "The whale"]


def test_an_answer_without_marc_inside_is_refused_once() -> None:
    deleted = '<OAI-PMH><ListRecords><record><header status="deleted"/></record><record><metadata/></record></ListRecords></OAI-PMH>'

    reasons = [entry.reason for entry in read(deleted.encode()) if isinstance(entry, Refused)]

    assert reasons == ["The source has deleted this record.", "There is no MARC record inside."]


def test_xml_in_other_encodings_is_read_and_in_unknown_ones_refused() -> None:
    xml = marcxml([("001", "1"), ("245", "00$aCittà")])

    assert one(f'<?xml version="1.0" encoding="ISO-8859-1"?>{xml}'.encode("latin-1")).title == "Città"
    assert one(f'<?xml version="1.0" encoding="UTF-16"?>{xml}'.encode("utf-16")).title == "Città"
    assert [type(entry) for entry in read(f'<?xml version="1.0" encoding="klingon"?>{xml}'.encode())] in ([Record], [Refused])


def test_a_title_cannot_turn_the_page_around_it() -> None:
    assert one(iso2709([("245", "00$aHar\u202ebour\u2066")])).title == "Harbour"


def test_an_xml_bomb_stays_small_and_no_entity_is_fetched() -> None:
    bomb = (
        '<!DOCTYPE c [<!ENTITY a "lol"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;">'
        '<!ENTITY x SYSTEM "file:///etc/hostname">]>'
        + marcxml(WHALE).replace("A captain follows a whale.", "&c;&c;&x;").replace("Harper &amp; Brothers", "Harper")
    )

    record = one(bomb.encode())

    assert record.title == "The whale"
    assert record.description == ""


@needs_shelf
def test_nothing_is_written_to_the_screen_and_odd_subfield_codes_are_understood(
    capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        [record] = records("pymarc-tests/bad_subfield_code.dat")
        records("pymarc-tests/bad_marc8_escape.dat")
        records("pymarc-tests/bad_eacc_encoding.dat")

    assert record.title == "ActivePerl with ASP and ADO"
    assert capsys.readouterr() == ("", "")
    assert caplog.records == []


def test_records_that_outgrew_the_digits_of_their_directory_are_read() -> None:
    long = [*WHALE[:-2], ("520", "  $a" + "whale " * 20_000), ("856", "41$uhttps://harbour.example/whale$yRead it online")]

    record = one(iso2709(long))

    assert record.title == "The whale"
    assert record.links == (("https://harbour.example/whale", "Read it online"),)
    assert len(record.description) > 100_000


@needs_shelf
def test_a_real_record_of_two_hundred_kilobytes_is_read() -> None:
    [record] = records("marc4j/datos-20161010-slice.mrc")

    assert len(record.raw) > 200_000
    assert record.source_key == "u101755"


def test_a_record_without_a_key_gets_the_same_one_each_time_and_another_edition_another() -> None:
    spec = [entry for entry in WHALE if entry[0] != "001"]
    other = [(tag, value.replace("0142437247", "0393285006")) for tag, value in spec]

    first, again, second = one(iso2709(spec)), one(marcxml(spec).encode()), one(iso2709(other))

    assert first.source_key.startswith("derived:")
    assert first.source_key == again.source_key != second.source_key
    assert content_hash(first) == content_hash(again)


def test_the_same_content_has_the_same_hash_whatever_it_is_wrapped_in() -> None:
    plain, xml = one(iso2709(WHALE)), one(marcxml(WHALE).encode())
    changed = one(iso2709([(tag, value.replace("captain", "crew")) for tag, value in WHALE]))

    assert content_hash(plain) == content_hash(xml)
    assert content_hash(plain) != content_hash(changed)
    assert len(content_hash(plain)) == 64


def test_the_punctuation_of_cataloguing_rules_is_taken_off() -> None:
    record = one(iso2709(WHALE))

    assert (record.title, record.sort_title) == ("The whale", "whale")
    assert record.responsibility == "by Herman Melville ; illustrated by Ada"
    assert (record.place, record.publisher) == ("New York", "Harper & Brothers")
    assert (record.year, record.year_text) == (1851, "c1851")
    assert record.pages == 634
    assert ("isbn", "9780142437247") in record.identifiers


def test_a_year_that_nobody_knows_stays_text() -> None:
    spec = [(tag, value) for tag, value in WHALE if tag not in ("008", "260")]

    record = one(iso2709([*spec, ("260", "  $a[S.l. :$bs.n.,$c19--?]")]))

    assert (record.year, record.year_text) == (None, "19--?")
    assert (record.place, record.publisher) == (None, None)


def test_a_wrong_isbn_is_kept_as_text() -> None:
    record = one(iso2709([("245", "00$aHarbour"), ("020", "  $a0142437248 (pbk.)")]))

    assert record.identifiers == (("isbn-invalid", "0142437248 (pbk.)"),)


def test_letters_are_composed_for_display_and_bare_for_search() -> None:
    record = one(iso2709([("245", "00$aCafe\u0301 A\u030angstro\u0308m")]))

    assert record.title == "Café Ångström"
    assert fold(record.title) == "cafe angstrom"


@pytest.mark.parametrize("flag", [" ", "a"])
@pytest.mark.parametrize(
    "octets",
    [
        pytest.param("Città è".encode(), id="utf-8"),
        pytest.param(b"Citt\xe1a \xe1e", id="marc8"),
        pytest.param(b"Citt\xe0 \xe8", id="latin-1"),
    ],
)
def test_leaders_lie_both_ways_about_the_encoding(flag: str, octets: bytes) -> None:
    spec = [("001", "1"), ("245", "00$a" + octets.decode("latin-1")), ("260", "  $aRoma")]

    record = one(iso2709(spec, leader=f"     nam {flag}22     4a 4500", encoding="latin-1"))

    assert record.title == "Città è"


def test_a_title_in_no_known_encoding_is_refused() -> None:
    raw = iso2709([("001", "1"), ("245", "00$aPLACE-OF-IT$cÅ")])

    refused = refusal(raw.replace(b"PLACE-OF-IT", b"\xff\xfe\xfd\x81\x8d\x8f\xff\xfe\xff\xff\xff"))

    assert refused.reason == "The title's characters are in no encoding that we know."
    assert refused.raw


def test_marc8_escapes_and_character_references_are_understood() -> None:
    spec = [("001", "1"), ("245", "00$aM\xe8obius \x1b(NVOJN\x1b(B &#x2014; end")]

    record = one(iso2709(spec, leader="     nam  22     4a 4500", encoding="latin-1"))

    assert record.title == "Möbius жойн — end"


def test_packed_files_are_unpacked_on_the_way_and_a_damaged_one_ends_with_a_refusal() -> None:
    packed = gzip.compress(iso2709(WHALE) * 200)

    assert len(read(packed)) == 200
    assert len(read(gzip.compress(packed))) == 200

    damaged = read(packed[:-20])
    assert isinstance(damaged[-1], Refused)
    assert damaged[-1].reason == "The compressed file is damaged or cut off here."


def test_a_stream_that_gives_little_at_a_time_is_read_whole() -> None:
    class Trickle(io.RawIOBase):
        def __init__(self, octets: bytes) -> None:
            self.rest = io.BytesIO(octets)

        def readable(self) -> bool:
            return True

        def read(self, size: int = -1) -> bytes:
            return self.rest.read(min(size, 7) if size > 0 else 7)

    entries = list(read_records(Trickle(iso2709(WHALE) * 3), "pipe"))  # type: ignore[arg-type]

    assert [type(entry) for entry in entries] == [Record] * 3


@pytest.mark.parametrize(
    ("beginning", "again"),
    [(b"", iso2709(WHALE)), (b"<collection>", marcxml(WHALE).encode()), (b"title,isbn\n", b"The whale,9780142437247\n")],
    ids=["iso2709", "xml", "csv"],
)
def test_a_file_without_end_is_read_as_it_comes(beginning: bytes, again: bytes) -> None:
    class Endless(io.RawIOBase):
        rest = beginning

        def readable(self) -> bool:
            return True

        def readinto(self, buffer: object) -> int:
            view = memoryview(buffer)  # type: ignore[arg-type]
            while len(self.rest) < len(view):
                self.rest += again
            view[:] = self.rest[: len(view)]
            self.rest = self.rest[len(view) :]
            return len(view)

    entries = list(islice(read_records(io.BufferedReader(Endless())), 3000))

    assert len(entries) == 3000
    assert {entry.title for entry in entries if isinstance(entry, Record)} == {"The whale"}


def test_files_of_unknown_kinds_are_refused_with_words() -> None:
    assert refusal(b"%PDF-1.7 a poster").reason == "This is none of the kinds of file that we read."
    assert read(b"") == []
    with pytest.raises(ValueError, match="Unknown format"):
        read(b"", format="fax")


@needs_shelf
def test_shelf_reader_reads_both_kinds_of_entries() -> None:
    entries = shelf("marc4j/sample1.mrc")

    assert {entry.reason for entry in entries if isinstance(entry, Refused)} == {"This is a holdings record, not a book's."}
    assert any(isinstance(entry, Record) for entry in entries)
