"""What MARC 21 and UNIMARC fields become."""

import pytest

from community.catalog.record import Agent, Record, Subject, work_key
from tests.community.marc_samples import WHALE, Spec, iso2709, one, read, refusal

TITLE = ("245", "00$aHarbour")
FIXED = "850320s1851    nyu           000 1 eng  "


def coded(position: int, letter: str) -> str:
    """Field 008 with one letter at one position."""
    return FIXED[:position] + letter + FIXED[position + 1 :]


def marc(*fields: tuple[str, str], kind: str = "am", fixed: str = FIXED) -> Record:
    """A MARC 21 record with these fields and a title."""
    spec: Spec = [("001", "1"), ("008", fixed), *fields]
    if not any(tag == "245" for tag, _ in fields):
        spec.append(TITLE)
    return one(iso2709(spec, leader=f"     c{kind} a22     4a 4500"))


def unimarc(*fields: tuple[str, str], kind: str = "am", general: str = "19961119d1996    k  y0itay50      ba") -> Record:
    """A UNIMARC record with these fields and a title."""
    spec: Spec = [("001", "1"), ("100", f"  $a{general}"), *fields]
    if not any(tag == "200" for tag, _ in fields):
        spec.append(("200", "1 $aPorto"))
    return one(iso2709(spec, leader=f"     n{kind}0 22     3i 450 "))


def test_a_whole_record_is_read() -> None:
    record = one(iso2709(WHALE))

    assert record.source_key == "ocm00012345"
    assert record.agents == (
        Agent("Herman Melville", "Melville, Herman", "1819-1891", "aut", (("viaf", "27068555"),)),
        Agent("Ada Lovelace", "Lovelace, Ada", None, "ill"),
    )
    assert record.identifiers == (("isbn", "9780142437247"), ("lccn", "68009306"), ("oclc", "12345"))
    assert (record.languages, record.original_languages) == (("eng",), ("ger",))
    assert record.subjects == (Subject("Whaling -- Fiction", "topic", "lcsh"), Subject("Nantucket", "place", "fast", "fast 1218437"))
    assert record.series == (("Sea stories", "v. 3"),)
    assert record.classification == (("ddc", "813.3"),)
    assert record.description == "A captain follows a whale."
    assert record.extent == "xxiii, 634 p. : ill. ; 20 cm"


def test_only_addresses_of_the_web_become_links() -> None:
    assert one(iso2709(WHALE)).links == (("https://harbour.example/whale", "Read it online"),)


@pytest.mark.parametrize(
    ("kind", "fixed", "fields", "form"),
    [
        ("am", "", [], "book"),
        ("am", coded(23, "o"), [], "ebook"),
        ("am", "", [("007", "cr un|"), ("338", "  $aonline resource$bcr")], "ebook"),
        ("am", "", [("245", "00$aHarbour$h[sound recording]")], "audiobook"),
        ("im", "", [], "audiobook"),
        ("jm", "", [], "music"),
        ("cm", "", [], "score"),
        ("em", "", [], "map"),
        ("gm", coded(33, "v"), [], "film"),
        ("gm", coded(33, "s"), [], "other"),
        ("gm", coded(33, "d"), [("245", "00$aHarbour$h[videorecording]")], "film"),
        ("mm", coded(26, "g"), [], "game"),
        ("rm", coded(33, "g"), [], "game"),
        ("om", "", [], "kit"),
        ("tm", "", [], "manuscript"),
        ("as", "", [], "periodical"),
        ("ai", "", [("338", "  $bcr")], "website"),
        ("am", "", [("655", " 7$aGraphic novels.$2lcgft")], "comic"),
        ("am", coded(24, "6"), [], "comic"),
        ("am", coded(18, "6"), [], "book"),
    ],
)
def test_leader_and_coded_fields_tell_the_form(kind: str, fixed: str, fields: list[tuple[str, str]], form: str) -> None:
    record = marc(*fields, kind=kind, fixed=fixed or FIXED)

    assert record.form == form


@pytest.mark.parametrize(("letter", "audience"), [("j", "child"), ("a", "child"), ("d", "teen"), ("e", "adult"), ("g", None), (" ", None)])
def test_the_audience_is_told_in_one_letter(letter: str, audience: str | None) -> None:
    assert marc(fixed=coded(22, letter)).audience == audience


@pytest.mark.parametrize(
    ("field", "name", "sort_name", "role"),
    [
        (("100", "0 $aHomer."), "Homer", "Homer", "aut"),
        (("100", "0 $aJohn Paul$bII,$cPope,$d1920-2005."), "John Paul II, Pope", "John Paul II, Pope", "aut"),
        (("100", "1 $aKing, Martin Luther,$cJr.,$d1929-1968."), "Martin Luther King, Jr.", "King, Martin Luther, Jr.", "aut"),
        (("100", "1 $aBolton, S. J."), "S. J. Bolton", "Bolton, S. J.", "aut"),
        (("700", "1 $aScaglia, Cesare,$etraduttore"), "Cesare Scaglia", "Scaglia, Cesare", "trl"),
        (("700", "1 $aMunari, Bruno.$4http://id.loc.gov/vocabulary/relators/ill"), "Bruno Munari", "Munari, Bruno", "ill"),
        (("110", "1 $aItaly.$bMinistero della cultura."), "Italy. Ministero della cultura", "Italy. Ministero della cultura", ""),
        (("710", "2 $aHarbour Press,$epublisher."), "Harbour Press", "Harbour Press", "pbl"),
        (("700", "1 $aDoe, Jo."), "Jo Doe", "Doe, Jo", ""),
    ],
)
def test_names_are_read_as_people_say_them_and_as_they_sort(field: tuple[str, str], name: str, sort_name: str, role: str) -> None:
    [agent] = marc(field).agents

    assert (agent.name, agent.sort_name, agent.role) == (name, sort_name, role)


def test_somebody_with_two_parts_in_it_is_named_for_each() -> None:
    agents = marc(("700", "1 $aFellini, Federico$4drt$4aus")).agents

    assert [(agent.name, agent.role) for agent in agents] == [("Federico Fellini", "drt"), ("Federico Fellini", "aus")]


def test_the_author_of_a_related_work_did_not_make_this_one() -> None:
    assert marc(("700", "1 $aHomer.$tOdyssey.")).agents == ()


@pytest.mark.parametrize(
    ("fields", "uniform"),
    [
        ([("240", "10$aMoby Dick.$lItalian")], "Moby Dick"),
        ([("130", "0 $aBible.$pN.T.$lSwedish")], "Bible N.T."),
        ([("730", "0 $aBeowulf.")], "Beowulf"),
        ([("730", "02$aContained work.")], None),
        ([("765", "0 $aMelville, Herman.$tMoby Dick.")], "Moby Dick"),
        ([("500", "  $aTranslation of: Moby Dick.")], "Moby Dick"),
        ([("500", "  $aTit. orig.: Moby Dick")], "Moby Dick"),
        ([("500", "  $aIncludes index.")], None),
    ],
)
def test_the_original_title_is_found_where_cataloguers_put_it(fields: list[tuple[str, str]], uniform: str | None) -> None:
    assert marc(*fields).uniform_title == uniform


def test_languages_packed_into_one_subfield_are_taken_apart() -> None:
    assert marc(("041", "0 $aengfreger$hlat")).languages == ("eng", "fre", "ger")


@pytest.mark.parametrize(
    ("leader", "reason"),
    [
        ("     nz  a22     n  4500", "This is an authority record, not a book's."),
        ("     cx  a22     1n 4500", "This is a holdings record, not a book's."),
    ],
)
def test_records_of_other_things_are_refused_with_words(leader: str, reason: str) -> None:
    assert refusal(iso2709([("001", "1"), TITLE], leader=leader)).reason == reason


def test_a_record_without_a_title_is_refused_with_words() -> None:
    assert refusal(iso2709([("001", "1"), ("100", "1 $aDoe, Jo")])).reason == "The record has no title (neither field 245 nor 200)."
    assert refusal(iso2709([("001", "1"), ("245", "00$a / $cJo Doe")])).reason == "The record's title is empty."


def test_archives_are_named_by_their_form_and_parts_of_a_work_by_number_and_name() -> None:
    assert marc(("245", "00$kPapers,$f1850-1900.")).title == "Papers, 1850-1900"
    assert marc(("245", "14$aThe sea.$n2,$pStorms :$bessays")).title == "The sea. 2, Storms"


@pytest.mark.parametrize(
    ("title", "shown", "sorting"),
    [
        ("\x88Il \x89nome della rosa", "Il nome della rosa", "nome della rosa"),
        ("\x98Il \x9cnome della rosa", "Il nome della rosa", "nome della rosa"),
        ("\x1bHIl \x1bInome della rosa", "Il nome della rosa", "nome della rosa"),
        ("<<The >>sweetest fig", "The sweetest fig", "sweetest fig"),
        ("Il *nome della rosa", "Il nome della rosa", "nome della rosa"),
        ("HThe Iblood harvest", "The blood harvest", "blood harvest"),
        ("L'isola", "L'isola", "isola"),
        ("Isola", "Isola", "Isola"),
    ],
)
def test_what_does_not_sort_is_shown_but_not_sorted_by(title: str, shown: str, sorting: str) -> None:
    record = unimarc(("101", "0 $aita"), ("200", f"1 $a{title}"))

    assert (record.title, record.sort_title) == (shown, sorting)


def test_italian_unimarc_is_read() -> None:
    record = unimarc(
        ("010", "  $a88-04-40682-8"),
        ("101", "1 $aita$ceng"),
        ("200", "1 $aIl porto$eromanzo$fS. J. Bolton$gtraduzione di Anna Verdi$hVol. 2$iLa tempesta"),
        ("210", "  $aMilano$cA. Mondadori$d2001"),
        ("215", "  $a201 p.$cill.$d20 cm"),
        ("225", "| $aGialli$v12"),
        ("330", "  $aUna tempesta in porto."),
        ("500", "10$aHarbour"),
        ("606", "  $aNavi$xStoria$2FIR$3IT\\ICCU\\CFIC\\123456"),
        ("676", "  $a853.914$v21"),
        ("700", " 1$aBolton$b , S. J.$f <1960-    >$3IT\\ICCU\\CFIV\\1$4070"),
        ("702", " 1$aVerdi$b, Anna$4730"),
        ("712", "02$aMondadori$4650"),
    )

    assert record.title == "Il porto. Vol. 2, La tempesta"
    assert (record.subtitle, record.responsibility) == ("romanzo", "S. J. Bolton ; traduzione di Anna Verdi")
    assert [(agent.name, agent.sort_name, agent.role) for agent in record.agents] == [
        ("S. J. Bolton", "Bolton, S. J.", "aut"),
        ("Anna Verdi", "Verdi, Anna", "trl"),
        ("Mondadori", "Mondadori", "pbl"),
    ]
    assert record.agents[0].identifiers == (("sbn", "IT\\ICCU\\CFIV\\1"),)
    assert record.uniform_title == "Harbour"
    assert record.subjects == (Subject("Navi -- Storia", "topic", "nuovo soggettario", "sbn IT\\ICCU\\CFIC\\123456"),)
    assert (record.classification, record.pages, record.audience) == ((("ddc", "853.914"),), 201, "adult")
    assert record.series == (("Gialli", "12"),)
    assert work_key(record) == "text|harbour|bolton s"


@pytest.mark.parametrize(
    ("kind", "fields", "form"),
    [
        ("am", [], "book"),
        ("as", [], "periodical"),
        ("im", [], "audiobook"),
        ("jm", [], "music"),
        ("gm", [], "film"),
        ("cm", [], "score"),
        ("lm", [], "ebook"),
        ("bm", [], "manuscript"),
        ("am", [("608", "  $aFumetti")], "comic"),
        ("am", [("200", "1 $aPorto$b[Risorsa elettronica]")], "ebook"),
    ],
)
def test_unimarc_tells_the_form(kind: str, fields: list[tuple[str, str]], form: str) -> None:
    assert unimarc(*fields, kind=kind).form == form


def test_an_unimarc_authority_is_refused_with_words() -> None:
    spec: Spec = [("001", "1"), ("100", "  $a19961119aitay50      ba0"), ("200", " 1$aEco$bUmberto")]

    assert refusal(iso2709(spec, leader="     nx  a22     3  450 ")).reason == "This is an authority record, not a book's."


def test_older_unimarc_in_iso_5426_is_read() -> None:
    spec: Spec = [
        ("001", "1"),
        ("100", "  $a19961119d1996    k  y0itay0103    ba"),
        ("101", "0 $aita"),
        ("200", "1 $aLa citt\xc1a dell'\xc2etranger"),
    ]

    record = one(iso2709(spec, leader="     nam0 22     3i 450 ", encoding="latin-1"))

    assert record.title == "La città dell'étranger"


def test_a_format_that_is_named_is_believed() -> None:
    spec: Spec = [("001", "1"), ("200", "1 $aPorto"), ("245", "00$aHarbour")]

    assert one(iso2709(spec), format="unimarc").title == "Porto"
    assert one(iso2709(spec), format="marc21").title == "Harbour"


def test_lines_of_marc_are_read() -> None:
    text = (
        "=LDR  00714cam a2200205 a 4500\n=001  12345\n=008  850320s1851\\\\\\\\nyu\\\\\\\\\\\\\\\\\\\\\\000\\1\\eng\\\\\n"
        "=100  1\\$aMelville, Herman\n=245  14$aThe whale {dollar}5 /$cHerman Melville.\n\n"
        "=LDR  00714cam a2200205 a 4500\n=245  00$aHarbour\n"
    )

    record, second = (entry for entry in read(text.encode()) if isinstance(entry, Record))

    assert second.title == "Harbour"
    assert (record.title, record.year, record.languages, record.raw_format) == ("The whale $5", 1851, ("eng",), "marctext")
    assert record.agents[0].sort_name == "Melville, Herman"
