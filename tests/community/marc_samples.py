"""Records to read: small ones that we write ourselves, and the real ones on the shelf."""

import io
from collections.abc import Iterator
from pathlib import Path

import pytest

from community.catalog.marc.reading import read_records
from community.catalog.record import Record, Refused

SHELF = Path(__file__).resolve().parents[3] / "shared" / "marc"
needs_shelf = pytest.mark.skipif(not SHELF.is_dir(), reason="the real MARC records (../shared/marc) are not here")

# tag -> value of a control field, or "indicators$asubfield$bsubfield"
Spec = list[tuple[str, str]]

WHALE: Spec = [
    ("001", "ocm00012345"),
    ("003", "OCoLC"),
    ("008", "850320s1851    nyu           000 1 eng  "),
    ("010", "  $a   68009306 "),
    ("020", "  $a0142437247 (pbk.) : $9.95".replace("$9", "USD9")),
    ("041", "1 $aeng$hger"),
    ("082", "00$a813/.3"),
    ("100", "1 $aMelville, Herman,$d1819-1891.$4aut$0http://viaf.org/viaf/27068555"),
    ("245", "14$aThe whale /$cby Herman Melville ; illustrated by Ada."),
    ("260", "  $aNew York :$bHarper & Brothers,$cc1851."),
    ("300", "  $axxiii, 634 p. :$bill. ;$c20 cm."),
    ("490", "1 $aSea stories ;$vv. 3"),
    ("520", "  $aA captain follows a whale."),
    ("650", " 0$aWhaling$vFiction."),
    ("651", " 7$aNantucket$2fast$0(OCoLC)fst01218437"),
    ("700", "1 $aLovelace, Ada,$eillustrator."),
    ("856", "41$uhttps://harbour.example/whale$yRead it online"),
    ("856", "41$ujavascript:alert(1)$yDo not"),
]


def iso2709(spec: Spec, *, leader: str = "     cam a22     4a 4500", encoding: str = "utf-8") -> bytes:
    """A record in ISO 2709; the dollar signs of the spec are delimiters."""
    directory, data = b"", b""
    for tag, value in spec:
        octets = value.replace("$", "\x1f").encode(encoding) + b"\x1e"
        directory += f"{tag}{len(octets):04}{len(data):05}".encode()
        data += octets
    base = 24 + len(directory) + 1
    whole = f"{min(base + len(data) + 1, 99999):05}{leader[5:12]}{base:05}{leader[17:]}".encode()
    return whole + directory + b"\x1e" + data + b"\x1d"


def marcxml(spec: Spec, *, leader: str = "00000cam a2200000 a 4500", prefix: str = "", namespace: str = "") -> str:
    """The same as XML, with any prefix and namespace."""
    declared = f' xmlns{":" + prefix if prefix else ""}="{namespace}"' if namespace else ""
    p = f"{prefix}:" if prefix else ""
    told = [f"<{p}record{declared}><{p}leader>{leader}</{p}leader>"]
    for tag, value in spec:
        text = value.replace("&", "&amp;").replace("<", "&lt;")
        if tag < "010":
            told.append(f'<{p}controlfield tag="{tag}">{text}</{p}controlfield>')
        else:
            indicators, *parts = text.split("$")
            inner = "".join(f'<{p}subfield code="{part[0]}">{part[1:]}</{p}subfield>' for part in parts)
            told.append(f'<{p}datafield tag="{tag}" ind1="{indicators[0]}" ind2="{indicators[1]}">{inner}</{p}datafield>')
    return "".join(told) + f"</{p}record>"


def read(octets: bytes, name: str = "", format: str = "auto") -> list[Record | Refused]:
    """All entries of a file with this content."""
    return list(read_records(io.BytesIO(octets), name, format))


def one(octets: bytes, name: str = "", format: str = "auto") -> Record:
    """The only record of a file with this content."""
    entries = read(octets, name, format)
    assert len(entries) == 1
    assert isinstance(entries[0], Record), entries[0]
    return entries[0]


def refusal(octets: bytes, name: str = "", format: str = "auto") -> Refused:
    """The only refusal of a file with this content."""
    entries = read(octets, name, format)
    assert len(entries) == 1
    assert isinstance(entries[0], Refused), entries[0]
    return entries[0]


def shelf(path: str) -> list[Record | Refused]:
    """All entries of a real file."""
    with (SHELF / path).open("rb") as stream:
        return list(read_records(stream, path))


def records(path: str) -> list[Record]:
    """All readable records of a real file."""
    return [entry for entry in shelf(path) if isinstance(entry, Record)]


def shelf_files() -> Iterator[Path]:
    """Every real file, folder by folder."""
    yield from sorted(path for path in SHELF.glob("*/*") if path.is_file())
