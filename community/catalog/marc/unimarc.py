"""UNIMARC as Italy (SBN), France, Romania, Portugal and Russia write it: which field says what."""

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
    "600": ("person", "abcdf", "jxyz"), "601": ("topic", "abcdef", "jxyz"), "602": ("person", "af", "jxyz"), "604": ("title", "at", "jxyz"),
    "605": ("title", "ahi", "jxyz"), "606": ("topic", "a", "jxyz"), "607": ("place", "a", "jxyz"), "608": ("genre", "a", "jxyz"),
    "610": ("topic", "a", ""),
}  # fmt: skip
PERSONS = ("700", "701", "702", "720", "721", "722")
BODIES = ("710", "711", "712")
CLASSIFICATION = (("676", "ddc"), ("675", "udc"), ("680", "lcc"))
# Where libraries keep their call number: BnF, recommendation 995, SBN, Romania, others.
CALL_NUMBERS = (("930", "a"), ("995", "k"), ("960", "g"), ("960", "d"), ("852", "hj"), ("952", "o"), ("090", "a"))
# Whose numbers stand in $3 of names and subjects: by words of 801 $b or 003.
AUTHORITY_FILES = (("FR-751131015", "bnf"), ("catalogue.bnf.fr", "bnf"), ("sudoc.fr", "idref"), ("ABES", "idref"))
NUOVO_SOGGETTARIO = ("nuovo soggettario", "nsogi", "firenze", "fir", "bncf")
BNF_ARK = re.compile(r"ark:/12148/(cb\w+)")

WANTED = frozenset(
    {"001", "003", "010", "011", "013", "017", "020", "033", "035", "071", "073", "100", "101", "182", "183", "200", "205", "210", "214"}
    | {"215", "225", "245", "300", "304", "327", "330", "410", "454", "461", "500", "686", "801", "856", *SUBJECTS, *PERSONS, *BODIES}
    | {entry[0] for table in (CLASSIFICATION, CALL_NUMBERS) for entry in table}
)


def record(fields: Fields, raw: bytes, raw_format: str) -> Record:
    """The record, or Unreadable with words when it describes no edition."""
    if reason := forms.UNIMARC_NOT_BIBLIOGRAPHIC.get(fields.leader[6:7]):
        raise Unreadable(reason)
    general = fields.first("100", "a") or ""
    title, sort_title, subtitle, responsibility = _title(fields)
    form = forms.unimarc(fields)
    agents = _agents(fields, form)
    imprint = next(iter([f for f in fields.of("214") if f.indicators[1] == "0"] or [*fields.of("210"), *fields.of("214")]), None)
    year_text = _clean(imprint.first("d", "h") or "") if imprint else ""
    year = int(general[9:13]) if general[9:13].isascii() and general[9:13].isdigit() and 500 <= int(general[9:13]) <= 2100 else None
    numbers = _identifiers(fields)
    languages = _codes(fields, "a") or values.once(filter(None, [language(general[22:25]) if not fields.data.get("101") else None]))
    return Record(
        source_key=tidy(fields.control.get("001", ""))[:200] or derived_key(title, agents, year, numbers),
        title=title,
        sort_title=values.sort_form(sort_title, 0, languages if sort_title == title else ()),
        subtitle=subtitle,
        responsibility=responsibility,
        uniform_title=_uniform_title(fields),
        agents=agents,
        publisher=values.name_of_place(imprint.first("c")) if imprint else None,
        place=values.name_of_place(imprint.first("a")) if imprint else None,
        year=year if year is not None else values.year(year_text),
        year_text=year_text[:100] or None,
        languages=languages,
        original_languages=_codes(fields, "c"),
        form=form,
        extent=_extent(fields),
        pages=values.pages(fields.first("215", "a") or ""),
        description="\n".join(tidy(text) for field in fields.of("330") for text in field.all("a")),
        contents="\n".join(tidy(text) for field in fields.of("327") for text in field.all("a")),
        audience=forms.unimarc_audience(general),
        subjects=_subjects(fields),
        series=_series(fields),
        identifiers=numbers,
        links=values.once((link, _clean(field.first("2", "z") or "")) for field in fields.of("856") if (link := _link(field))),
        classification=_classification(fields),
        shelf_mark=_shelf_mark(fields),
        raw=raw,
        raw_format=raw_format,
    )


def embedded(field: Field) -> Iterator[tuple[str, Field]]:
    """The fields that a linking field carries in its $1 subfields, as SBN and Russia write them: (tag, field)."""
    tag, current = "", Field("  ", [])
    for part in field.parts:
        if part[:1] == "1" and len(part) >= 4 and part[1:4].isdigit():
            if tag:
                yield tag, current
            tag, current = part[1:4], Field(part[4:6].ljust(2), [])
            if tag < "010":
                current.parts.append("a" + part[4:])
        elif tag:
            current.parts.append(part)
    if tag:
        yield tag, current


# Places, publishers and divisions of subjects come again and again.
@lru_cache(8192)
def _clean(value: str) -> str:
    return strip_isbd(tidy(value)).strip("<> ").lstrip(",;:/= ")


def _title(fields: Fields) -> tuple[str, str, str | None, str | None]:
    """Title, the same without what its marks leave out, subtitle, responsibility."""
    field = next(iter(fields.of("200")), None)
    if field is None:
        raise Unreadable("The record has no title (neither field 245 nor 200).")
    heads = [values.split_title(text, italian=True) for text in field.all("a")]
    if not heads and (only := field.first("i", "e", "c", "h")):
        heads = [values.split_title(only, italian=True)]
    title = strip_brackets("; ".join(strip_isbd(shown) for shown, _ in heads))
    sort_title = strip_brackets("; ".join(strip_isbd(sorting) for _, sorting in heads))
    if not title:
        raise Unreadable("The record's title is empty.")
    if is_lost(title):
        raise Unreadable("The title's characters are in no encoding that we know.")
    if parts := [shown for text in field.all("h", "i") if (shown := _clean(values.split_title(text)[0])) and field.first("a")]:
        title, sort_title = f"{title}. {', '.join(parts)}", f"{sort_title}. {', '.join(parts)}"
    subtitle = " : ".join(shown for text in field.all("e") if (shown := _clean(values.split_title(text)[0])))
    responsibility = " ; ".join(shown for text in field.all("f", "g") if (shown := _clean(values.split_title(text)[0])))
    return title, sort_title, strip_brackets(subtitle) or None, responsibility or None


def _uniform_title(fields: Fields) -> str | None:
    """The original title: the work translated (454), the uniform title (500), or what a note tells."""
    for field in fields.of("454"):
        linked = field.first("t") or next((inner.first("a") for tag, inner in embedded(field) if tag in ("200", "500")), None)
        if linked and (found := _clean(values.split_title(linked, italian=True)[0])):
            return found
    for field in fields.of("500"):
        if found := ". ".join(_clean(values.split_title(text, italian=True)[0]) for text in field.all("a", "h", "i")):
            return found
    return next(filter(None, (originals.title(tidy(text)) for field in fields.all("304", "300") for text in field.all("a"))), None)


def _agents(fields: Fields, form: str) -> tuple[Agent, ...]:
    """Who made it: 700 before 710 before 701 and so on; once for every role that they had."""
    file = _authority_file(fields)
    found: list[Agent] = []
    for tag in sorted((*PERSONS, *BODIES), key=lambda tag: (tag[2], tag)):
        for field in fields.of(tag):
            found.extend(_agent(tag, field, form, file))
    return values.once(found)


def _agent(tag: str, field: Field, form: str, file: str) -> Iterator[Agent]:
    """One Agent per role of a name field."""
    if tag in PERSONS:
        rest = field.first("g") if (field.first("b") or "").endswith(".") and field.first("g") else field.first("b")
        additions = " ".join(field.all("c")) if not rest else ""
        name, sort_name = names.person(
            _clean(field.first("a") or ""),
            _clean(rest or ""),
            field.first("d") or "",
            _clean(additions),
            surname_first=field.indicators[1] != "0" or "," in (field.first("a") or ""),
        )
    else:
        name = sort_name = ". ".join(part for text in field.all("a", "b") if (part := _clean(text)))
    if not name:
        return
    known = [identifiers.authority(text) or ((file, text) if file and text.isalnum() else None) for text in field.all("3")[:1]]
    known += [identifiers.authority(text) for text in field.all("o")]
    roles = values.once(filter(None, map(role, field.all("4")))) or (_unsaid_role(tag, form),)
    for one in roles[:3]:
        yield Agent(
            tidy(name)[:500], tidy(sort_name)[:500], names.dates(tidy(field.first("f") or "")), one, values.once(filter(None, known))
        )


def _unsaid_role(tag: str, form: str) -> str:
    """Primary and alternative responsibility make one the author of a text; of a secondary one we know nothing."""
    if tag in ("700", "701"):
        return {"score": "cmp", "music": "", "film": ""}.get(form, "aut")
    return ""


def _authority_file(fields: Fields) -> str:
    """Whose authority numbers this record uses, empty when nobody tells."""
    said = fields.control.get("003", "") + " " + " ".join(text for field in fields.of("801") for text in field.all("b"))
    return next((scheme for word, scheme in AUTHORITY_FILES if word in said), "")


def _codes(fields: Fields, code: str) -> tuple[str, ...]:
    found = values.once(filter(None, (language(text) for field in fields.of("101") for text in field.all(code))))
    return tuple(one for one in found if one != "mul") if len(found) > 1 else found


def _extent(fields: Fields) -> str | None:
    field = next(iter(fields.of("215")), None)
    if field is None:
        return None
    extent = ", ".join(part for text in field.all("a", "c", "d", "e") if (part := tidy(text)))
    return extent[:300] or None


def _subjects(fields: Fields) -> tuple[Subject, ...]:
    """What it is about; the first of those that read the same."""
    file = _authority_file(fields)
    found: dict[str, Subject] = {}
    for tag, (kind, name, divisions) in SUBJECTS.items():
        for field in fields.of(tag):
            scheme = fold(field.first("2") or "")
            if scheme in NUOVO_SOGGETTARIO:
                scheme = "nuovo soggettario"
            number = field.first("3")
            known = identifiers.authority(number) or ((file, number) if file and number.isalnum() else None) if number else None
            divided = [_clean(text) for text in field.all(*divisions)] if divisions else []
            heads = field.all("a") if tag == "610" else [_subject_head(field, name, kind)]
            for head in heads:
                label = " -- ".join(part for part in [_clean(head), *divided] if part)[:500]
                if label and (key := fold(label)) not in found:
                    found[key] = Subject(label, kind, scheme[:50], " ".join(known) if known else None)
    return tuple(found.values())


def _subject_head(field: Field, codes: str, kind: str) -> str:
    if kind == "person":
        return ", ".join(part for text in field.all(*codes) if (part := _clean(text)))
    return " ".join(_clean(values.split_title(text)[0]) for text in field.all(*codes))


def _series(fields: Fields) -> tuple[tuple[str, str | None], ...]:
    """Series and numbers: linked ones (410, 461), else as printed (225)."""
    found: dict[str, tuple[str, str | None]] = {}
    for tag in ("410", "461", "225"):
        if found and tag == "225":
            break
        for field in fields.of(tag):
            inner = dict(embedded(field)).get("200", field)
            title = _clean(values.split_title(field.first("t") or inner.first("a") or "", italian=True)[0])
            if title and (key := fold(title)) not in found:
                found[key] = (title, _clean(field.first("v") or "") or None)
    return tuple(found.values())


def _identifiers(fields: Fields) -> tuple[Identifier, ...]:
    """All numbers that others may know it by."""
    found: list[Identifier | None] = []
    found.extend(identifiers.isbn(tidy(text)) for field in fields.of("010") for text in field.all("a"))
    found.extend(("issn", number) for field in fields.of("011") for text in field.all("a") if (number := identifiers.issn(text)))
    found.extend(("ismn", tidy(text)) for field in fields.of("013") for text in field.all("a"))
    for number in (number for field in fields.of("073") for text in field.all("a") if (number := identifiers.ean(text))):
        found.append(("isbn", number) if number.startswith(("978", "979")) and identifiers.isbn13(number) else ("ean", number))
    for text in (text for field in fields.of("035") for text in field.all("a")):
        found.append(("oclc", number) if (number := identifiers.oclc(text)) else identifiers.authority(text))
    control, agency = tidy(fields.control.get("001", "")), fields.control.get("003", "")
    if control.startswith("IT\\ICCU\\"):
        found.append(("sbn", control))
    elif "sudoc.fr" in agency:
        found.append(("sudoc", control))
    for text in (agency, *(text for field in fields.of("033") for text in field.all("a"))):
        if match := BNF_ARK.search(text):
            found.append(("bnf", match.group(1)))
    return values.once((scheme, value[:200]) for scheme, value in filter(None, found) if value)


def _link(field: Field) -> str | None:
    return next(filter(None, map(values.address, field.all("u"))), None)


def _classification(fields: Fields) -> tuple[tuple[str, str], ...]:
    """Class numbers and whose they are."""
    found = [(scheme, tidy(text)) for tag, scheme in CLASSIFICATION for field in fields.of(tag) for text in field.all("a")]
    for field in fields.of("686"):
        found += [(fold(field.first("2") or "") or "other", tidy(text)) for text in field.all("a")]
    return values.once((scheme[:50].strip(), number) for scheme, number in found if number)


def _shelf_mark(fields: Fields) -> str | None:
    """Where it stands: the local call number."""
    for tag, codes in CALL_NUMBERS:
        for field in fields.of(tag):
            if mark := tidy(" ".join(field.all(*codes))):
                return mark[:200]
    return None
