"""Whatever a file holds, reading it never raises and never loses count."""

import gzip
import random
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from community.catalog.marc.reading import FORMATS
from community.catalog.record import Record, Refused, content_hash, work_key
from tests.community.marc_samples import SHELF, WHALE, iso2709, marcxml, needs_shelf, read

QUIET = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
CSV = b'title,creators,isbn\nThe whale,"Melville, Herman (aut)",9780142437247\n'


def read_safely(octets: bytes, format: str = "auto") -> int:
    """Read all entries, ask everything of each, and say how many there were."""
    entries = read(octets, "fuzz", format)
    for position, entry in enumerate(entries, start=1):
        if isinstance(entry, Record):
            assert work_key(entry).count("|") == 2
            assert len(content_hash(entry)) == 64
            assert "\0" not in entry.title
            entry.title.encode()
        else:
            assert isinstance(entry, Refused)
            assert entry.position == position
            assert entry.reason
    return len(entries)


@QUIET
@given(st.binary(max_size=3000), st.sampled_from(FORMATS))
@example(b"\x1f\x8b", "auto")
@example(b"PK\x03\x04", "auto")
@example(b"\xff\xfe\x00", "csv")
@example(b"title\n\x00\xff\n", "csv")
def test_random_bytes_are_read_or_refused(octets: bytes, format: str) -> None:
    read_safely(octets, format)


@QUIET
@given(st.data())
def test_mutated_records_of_ours_are_read_or_refused(data: st.DataObject) -> None:
    source = data.draw(st.sampled_from([iso2709(WHALE) * 2, marcxml(WHALE).encode(), CSV, b"=LDR  00000nam\n=245  10$aWhale\n"]))
    octets = bytearray(source)
    for _ in range(data.draw(st.integers(1, 12))):
        at = data.draw(st.integers(0, len(octets) - 1))
        match data.draw(st.sampled_from(["set", "cut", "put"])):
            case "set":
                octets[at] = data.draw(st.integers(0, 255))
            case "cut":
                del octets[at : at + data.draw(st.integers(1, 20))]
            case _:
                octets[at:at] = data.draw(st.binary(min_size=1, max_size=12))
        if not octets:
            break
    read_safely(bytes(octets))


def samples() -> list[Path]:
    return [path for path in sorted(SHELF.glob("*/*")) if path.is_file() and path.stat().st_size < 300_000][::4]


@needs_shelf
@pytest.mark.parametrize("path", samples(), ids=lambda path: path.name)
def test_mutated_real_files_are_read_or_refused(path: Path) -> None:
    octets = path.read_bytes()
    octets = gzip.decompress(octets) if octets[:2] == b"\x1f\x8b" else octets
    octets = octets[:60_000]
    chance = random.Random(path.name)
    for _ in range(6):
        damaged = bytearray(octets)
        for _ in range(chance.randint(1, 40)):
            at = chance.randrange(len(damaged))
            damaged[at] = chance.choice([0x1D, 0x1E, 0x1F, 0x1B, 0x30, 0x3C, 0xFF, 0x00, chance.randrange(256)])
        del damaged[chance.randrange(len(damaged)) :]
        read_safely(bytes(damaged))
