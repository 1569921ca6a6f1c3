"""MARC 21 (and its kin: Libris, DNB, RERO): which field says what."""

import re
from collections.abc import Iterator
from functools import lru_cache

from community.catalog import identifiers, names, values
from community.catalog.folding import fold, strip_brackets, strip_isbd, tidy
from community.catalog.identifiers import Identifier
from community.catalog.languages import language
from community.catalog.marc import forms, originals
from community.catalog.marc.encodings import is_lost
from community.catalog.marc.fields import Field, Fields, Unreadable
from community.catalog.record import Agent, Record, Subject, derived_key
from community.catalog.relators import role

# tag: (kind, subfields of the name, subfields of what it is divided by)
SUBJECTS = {
    "600": ("person", "abcdqt", "vxyz"), "610": ("topic", "abnt", "vxyz"), "611": ("topic", "acdnt", "vxyz"),
    "630": ("title", "anp", "vxyz"), "648": ("time", "a", "vxyz"), "650": ("topic", "ab", "vxyz"), "651": ("place", "a", "vxyz"),
    "653": ("topic", "a", ""), "655": ("genre", "a", "xyz"), "690": ("topic", "a", "vxyz"),
}  # fmt: skip
# The second indicator of a subject heading: whose list it is from; 7 points to $2.
THESAURI = {"0": "lcsh", "1": "lcshac", "2": "mesh", "3": "nal", "5": "csh", "6": "rvm"}
# What German bookshops keep in 653: product forms and codes.
NO_HEADING = re.compile(r"\((?:Produktform|VLB-\w+|Zielgruppe|BISAC[^)]*)\)")
AGENTS = ("100", "110", "111", "700", "710", "711", "720")
# tag: subfields of title and number; the headings that catalogues control come first.
SERIES = (("830", "anp", "v"), ("800", "tnp", "v"), ("810", "tnp", "v"), ("490", "a", "v"), ("440", "anp", "v"))
CLASSIFICATION = (("082", "ddc"), ("080", "udc"), ("050", "lcc"), ("060", "nlm"))
CALL_NUMBERS = (("952", "o"), ("852", "khij"), ("852", "c"), ("090", "ab"), ("092", "ab"), ("099", "a"))
UNIFORM = (("240", "amnkpr"), ("130", "anpr"))
# 016 $2 and 003: whose number this is.
AGENCIES = {"DE-101": "dnb", "Uk": "bnb", "SE-LIBR": "libris", "LIBRIS": "libris", "FR-PaBNF": "bnf", "FrPBN": "bnf", "OCoLC": "oclc"}

WANTED = frozenset(
    {"001", "003", "007", "008", "010", "016", "017", "020", "022", "024", "028", "035", "041", "084", "245", "250", "260", "264", "300"}
    | {"338", "505", "508", "511", "520", "534", "500", "730", "765", "856", *SUBJECTS, *AGENTS, *(entry[0] for entry in SERIES)}
    | {entry[0] for table in (CLASSIFICATION, CALL_NUMBERS, UNIFORM) for entry in table}
)


def record(fields: Fields, raw: bytes, raw_format: str) -> Record:
    """The record, or Unreadable with words when it describes no edition."""
    if reason := forms.NOT_BIBLIOGRAPHIC.get(fields.leader[6:7]):
        raise Unreadable(reason)
    title, sort_title, subtitle, responsibility = _title(fields)
    form = forms.marc21(fields)
    agents = _agents(fields, form)
    year_text, year = _years(fields)
    numbers = _identifiers(fields)
    imprint = _imprint(fields)
    languages, original_languages = _languages(fields)
    return Record(
        source_key=_text(fields.control.get("001", ""))[:200] or derived_key(title, agents, year, numbers),
        title=title,
        sort_title=values.sort_form(sort_title, 0 if sort_title != title else _skip(fields), languages),
        subtitle=subtitle,
        responsibility=responsibility,
        uniform_title=_uniform_title(fields),
        agents=agents,
        publisher=values.name_of_place(imprint.first("b")) if imprint else None,
        place=values.name_of_place(imprint.first("a")) if imprint else None,
        year=year,
        year_text=year_text,
        languages=languages,
        original_languages=original_languages,
        form=form,
        extent=_extent(fields),
        pages=values.pages(fields.first("300", "a") or ""),
        description="\n".join(_text(" ".join(field.all("a", "b"))) for field in fields.of("520") if field.indicators[0] != "4"),
        contents="\n".join(_text(" ".join(field.all("a", "g", "t", "r"))) for field in fields.of("505")),
        audience=forms.audience(fields),
        subjects=_subjects(fields),
        series=_series(fields),
        identifiers=numbers,
        links=_links(fields),
        classification=_classification(fields),
        shelf_mark=_shelf_mark(fields),
        raw=raw,
        raw_format=raw_format,
    )


def _text(value: str) -> str:
    return tidy(value)


# Places, publishers and divisions of subjects come again and again.
@lru_cache(8192)
def _clean(value: str) -> str:
    return strip_isbd(tidy(value))


def _title(fields: Fields) -> tuple[str, str, str | None, str | None]:
    """Title, the same without what its marks leave out, subtitle, responsibility."""
    field = next(iter(fields.of("245")), None)
    if field is None:
        raise Unreadable("The record has no title (neither field 245 nor 200).")
    head = field.first("a") or ""
    if not head.strip():
        head = " ".join(field.all("k", "f", "g")) or field.first("p", "n", "b") or ""
    if not head.strip():
        raise Unreadable("The record's title is empty.")
    title, sort_title = values.split_title(head)
    title, sort_title = strip_brackets(strip_isbd(title)), strip_brackets(strip_isbd(sort_title))
    parts = [_clean(part) for part in field.all("n", "p")] if field.first("a") else []
    if parts:
        tail = ". " + ", ".join(part for part in parts if part)
        title, sort_title = title + tail, sort_title + tail
    if not title:
        raise Unreadable("The record's title is empty.")
    if is_lost(title):
        raise Unreadable("The title's characters are in no encoding that we know.")
    subtitle = " : ".join(filter(None, (_clean(part) for part in field.all("b")))) if field.first("a") else ""
    return title, sort_title, strip_brackets(subtitle.lstrip("=:; ")) or None, _clean(" ".join(field.all("c"))) or None


def _skip(fields: Fields) -> int:
    field = fields.of("245")[0]
    return int(field.indicators[1]) if field.indicators[1].isdigit() and field.indicators[1].isascii() else 0


def _uniform_title(fields: Fields) -> str | None:
    """The title that editions share: uniform, or original as told in notes."""
    for tag, codes in UNIFORM:
        for field in fields.of(tag):
            if found := " ".join(_clean(part) for part in field.all(*codes)):
                return values.split_title(found)[0] or None
    for field in fields.of("730"):
        # With an explanation or as an analytical entry it names another work.
        if field.indicators[1] == " " and not field.first("i", "t", "5"):
            return values.split_title(" ".join(_clean(part) for part in field.all("a", "n", "p")))[0] or None
    for tag in ("765", "534"):
        if found := _clean(fields.first(tag, "s", "t") or ""):
            return found
    return next(filter(None, (originals.title(_text(field.first("a") or "")) for field in fields.of("500"))), None)


def _agents(fields: Fields, form: str) -> tuple[Agent, ...]:
    """Who made it, main entry first; once for every role that they had."""
    found: list[Agent] = []
    # A title for the composition tells that the main entry composed it.
    form = "score" if form == "music" and "240" in fields.data else form
    for tag in AGENTS:
        for field in fields.of(tag):
            # With a title it is a related work's author, unless the work is contained here.
            if tag[0] == "7" and field.first("t") and not (field.indicators[1] == "2" and form in ("music", "score")):
                continue
            found.extend(_agent(tag, field, form))
    return values.once(found)


def _agent(tag: str, field: Field, form: str) -> Iterator[Agent]:
    """One Agent per role of a name field."""
    if tag in ("100", "700"):
        name, sort_name = names.person(
            field.first("a") or "",
            numeral=field.first("b") or "",
            addition=" ".join(field.all("c")),
            surname_first=field.indicators[0] != "0",
        )
    elif tag == "720":
        sort_name = _clean(field.first("a") or "")
        name = names.direct(sort_name)
    else:
        pieces = [_clean(part) for part in field.all("a", "b", "n", "c" if tag[1:] == "11" else "b")]
        name = sort_name = ". ".join(part for part in pieces if part)
    if not name:
        return
    known = values.once(filter(None, (identifiers.authority(text) for text in field.all("0", "1"))))
    years = names.dates(_text(field.first("d") or "")) if tag in ("100", "700") else None
    said = [role(text) for text in (*field.all("4"), *field.all("j" if tag[1:] == "11" else "e"))]
    roles = values.once(filter(None, said)) or (_unsaid_role(tag, form),)
    for one in roles[:3]:
        yield Agent(_text(name)[:500], _text(sort_name)[:500], years, one, known)


def _unsaid_role(tag: str, form: str) -> str:
    """What the main entry is when the record does not say it."""
    if tag == "100":
        return {"score": "cmp", "music": "", "film": ""}.get(form, "aut")
    return ""


def _imprint(fields: Fields) -> Field | None:
    """Where it was published: 264 for publication, 260, or any 264."""
    published = [field for field in fields.of("264") if field.indicators[1] == "1"]
    return next(iter([*published, *fields.of("260"), *fields.of("264")]), None)


def _years(fields: Fields) -> tuple[str | None, int | None]:
    """The date as printed, and the year to sort by."""
    imprint = _imprint(fields)
    printed = _clean(" ".join(imprint.all("c"))) if imprint else ""
    if not printed:
        printed = next((_clean(text) for field in fields.all("264", "260") if (text := field.first("c"))), "")
    coded = fields.control.get("008", "")[7:11]
    year = int(coded) if coded.isascii() and coded.isdigit() and 500 <= int(coded) <= 2100 else None
    return strip_brackets(printed)[:100] or None, year if year is not None else values.year(printed)


def _languages(fields: Fields) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The languages it is in, and those it was first written in."""
    coded = [fields.control.get("008", "")[35:38]]
    listed = [code for field in fields.of("041") for text in field.all("a", "d") for code in _packed(text)]
    original = [code for field in fields.of("041") for text in field.all("h") for code in _packed(text)]
    found = values.once(filter(None, map(language, coded + listed)))
    if len(found) > 1:
        found = tuple(code for code in found if code != "mul")
    return found, values.once(filter(None, map(language, original)))


def _packed(text: str) -> list[str]:
    """Language codes, also when several stand in one subfield: engfre."""
    text = text.strip().lower()
    return [text[at : at + 3] for at in range(0, len(text), 3)] if len(text) % 3 == 0 and text.isalpha() else [text]


def _extent(fields: Fields) -> str | None:
    field = next(iter(fields.of("300")), None)
    if field is None:
        return None
    return _clean(" ".join(_text(part) for part in field.all("a", "b", "c", "e", "f", "g")))[:300] or None


def _subjects(fields: Fields) -> tuple[Subject, ...]:
    """What it is about; the first of those that read the same."""
    found: dict[str, Subject] = {}
    for tag, (kind, name, divisions) in SUBJECTS.items():
        if tag not in fields.data:
            continue
        for field in fields.of(tag):
            labels = [" ".join(_text(part) for part in field.all(*name))] if tag != "653" else [_text(part) for part in field.all("a")]
            divided = [_clean(part) for part in field.all(*divisions)] if divisions and len(field.parts) > 1 else []
            scheme = THESAURI.get(field.indicators[1], "")
            if field.indicators[1] == "7":
                scheme = _clean(field.first("2") or "")
            known = next(filter(None, (identifiers.authority(text) for text in field.all("0", "1"))), None)
            for label in labels:
                whole = " -- ".join(part for part in [_clean(label), *divided] if part)[:500]
                if whole and not NO_HEADING.match(whole) and scheme != "gnd-carrier" and (key := fold(whole)) not in found:
                    found[key] = Subject(whole, kind, scheme[:50], " ".join(known) if known else None)
    return tuple(found.values())


def _series(fields: Fields) -> tuple[tuple[str, str | None], ...]:
    """Series and numbers: the controlled headings, else as printed."""
    found: dict[str, tuple[str, str | None]] = {}
    for tag, name, number in SERIES:
        if found and tag in ("490", "440"):
            break
        for field in fields.of(tag):
            title = _clean(" ".join(_text(part) for part in field.all(*name)))
            if title and (key := fold(title)) not in found:
                found[key] = (title, _clean(field.first(number) or "") or None)
    return tuple(found.values())


def _identifiers(fields: Fields) -> tuple[Identifier, ...]:
    """All numbers that others may know it by."""
    found: list[Identifier | None] = []
    found.extend(identifiers.isbn(_text(text)) for field in fields.of("020") for text in field.all("a"))
    found.extend(("issn", number) for field in fields.of("022") for text in field.all("a") if (number := identifiers.issn(text)))
    found.extend(("lccn", number) for field in fields.of("010") for text in field.all("a") if (number := identifiers.lccn(text)))
    found.extend(_standard_number(field) for field in fields.of("024"))
    agency, control = fields.control.get("003", "").strip(), _text(fields.control.get("001", ""))
    if number := identifiers.oclc(control if agency.lower().startswith("oco") or control[:3] in ("ocm", "ocn") else ""):
        found.append(("oclc", number))
    elif agency in AGENCIES and control:
        found.append((AGENCIES[agency], control))
    for field in fields.of("016"):
        if (scheme := AGENCIES.get((field.first("2") or "").strip())) and (number := field.first("a")):
            found.append((scheme, _text(number)))
    for text in (text for field in fields.of("035") for text in field.all("a")):
        found.append(("oclc", number) if (number := identifiers.oclc(text)) else identifiers.authority(_text(text)))
    if control.startswith("IT\\ICCU\\"):
        found.append(("sbn", control))
    links = [text for field in fields.of("856") for text in field.all("u")]
    found.extend(identifiers.authority(text) for text in links if "imdb." in text or "wikidata." in text)
    return values.once((scheme, value[:200]) for scheme, value in filter(None, found))


def _standard_number(field: Field) -> Identifier | None:
    """Field 024: the first indicator, or $2, tells which number it is."""
    text = _text(field.first("a") or "")
    if field.indicators[0] in "13":
        number = identifiers.ean(text)
        if number and number.startswith(("978", "979")) and identifiers.isbn13(number):
            return ("isbn", number)
        return ("ean", number) if number else None
    if field.indicators[0] == "2":
        return ("ismn", text) if text else None
    scheme = fold(field.first("2") or "")
    if known := identifiers.authority(text) or identifiers.authority(f"({scheme}){text}") or identifiers.authority(f"{scheme}:{text}"):
        return known
    return (scheme[:20], text) if scheme in ("doi", "isan", "hdl", "urn", "isrc", "gtin-14") and text else None


def _links(fields: Fields) -> tuple[tuple[str, str], ...]:
    """Web addresses with what the record says about them."""
    found: dict[str, str] = {}
    for field in fields.of("856"):
        label = _clean(field.first("y", "3", "z") or "")
        for text in field.all("u"):
            if link := values.address(text):
                found.setdefault(link, label)
    return tuple(found.items())


def _classification(fields: Fields) -> tuple[tuple[str, str], ...]:
    """Class numbers and whose they are."""
    found = [(scheme, _text(text)) for tag, scheme in CLASSIFICATION for field in fields.of(tag) for text in field.all("a")]
    found += [(fold(field.first("2") or "") or "other", _text(text)) for field in fields.of("084") for text in field.all("a")]
    return values.once((scheme, number.replace("/", "")) for scheme, number in found if number)


def _shelf_mark(fields: Fields) -> str | None:
    """Where it stands: the local call number."""
    for tag, codes in CALL_NUMBERS:
        for field in fields.of(tag):
            if mark := _text(" ".join(field.all(*codes))):
                return mark[:200]
    return None
