"""Read a file of records of any kind, one after the other, and refuse single ones with words."""

import gzip
import io
import re
import zlib
from collections.abc import Callable, Iterator
from typing import Any, BinaryIO

from community.catalog import tabular
from community.catalog.marc import iso2709, lines, marc21, marcxml, unimarc
from community.catalog.marc.fields import Fields, Unreadable
from community.catalog.record import Record, Refused

FORMATS = ("auto", "marc21", "unimarc", "marcxml", "marctext", "csv", "tsv", "xlsx")
MAPS: dict[str, Callable[[Fields, bytes, str], Record]] = {"marc21": marc21.record, "unimarc": unimarc.record}
WANTED = marc21.WANTED | unimarc.WANTED

HEAD = 4096
GZIP = b"\x1f\x8b"
LEADER = re.compile(rb"[\s\x00]*(?:\xef\xbb\xbf)?\d{5}[ -~]{5}\d\d")
UNREADABLE_STREAM = (EOFError, zlib.error, gzip.BadGzipFile)


def read_records(stream: BinaryIO, name: str = "", format: str = "auto") -> Iterator[Record | Refused]:
    """Yield every record of a file in its order, as a Record or Refused with the reason; never raises for what a file holds.

    `name` is the file's name and helps to tell its kind; `format` is one of FORMATS. Files in gzip are unpacked on the way. At no
    time is more than one record in memory, spreadsheets aside.
    """
    if format not in FORMATS:
        raise ValueError(f"Unknown format {format!r}; we read {', '.join(FORMATS)}.")
    position = 0
    try:
        opened, head = _peek(stream)
        kind = format_of(head, name) if format in ("auto", "marc21", "unimarc") else format
        if kind is None:
            if head.strip():
                yield Refused(1, "This is none of the kinds of file that we read.", head)
            return
        for position, entry in enumerate(_entries(opened, kind, format), start=1):
            yield entry if isinstance(entry, Record) else Refused(position, entry.reason, entry.raw)
    except UNREADABLE_STREAM:
        yield Refused(position + 1, "The compressed file is damaged or cut off here.")


def format_of(head: bytes, name: str = "") -> str | None:
    """The kind of file that begins like this, None for what we do not read.

    >>> format_of(b"00714cam a2200205 a 4500"), format_of(b"<?xml version='1.0'?>"), format_of(b"title,isbn\\n"), format_of(b"%PDF-1.7")
    ('marc21', 'marcxml', 'csv', None)
    """
    start = head.lstrip(b" \r\n\t\x00\xef\xbb\xbf")
    if start.startswith(b"PK\x03\x04"):
        return "xlsx"
    if start.startswith(b"<") or start.startswith((b"\xff\xfe<", b"\xfe\xff\x00<")):
        return "marcxml"
    if LEADER.match(start) or (b"\x1e" in head and b"\x1f" in head):
        return "marc21"
    if lines.BEGINNING.match(start):
        return "marctext"
    if tabular.looks_tabular(head):
        return "tsv" if name.lower().removesuffix(".gz").endswith((".tsv", ".tab")) else "csv"
    return None


def _peek(stream: BinaryIO) -> tuple[BinaryIO, bytes]:
    """The stream from its beginning, unpacked if it is in gzip, and its first bytes."""
    opened: io.BufferedReader[Any] = io.BufferedReader(_Plain(stream), HEAD)
    for _ in range(2):  # some servers send packed files packed once more
        if opened.peek(HEAD).startswith(GZIP):
            opened = io.BufferedReader(gzip.GzipFile(fileobj=opened, mode="rb"), HEAD)
    return opened, opened.peek(HEAD)[:HEAD]


class _Plain(io.RawIOBase):
    """Any readable thing as a raw stream that reads on until the buffer is full: pipes and uploads give short pieces."""

    def __init__(self, source: BinaryIO) -> None:
        self.source = source

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: object) -> int:
        view = memoryview(buffer)  # type: ignore[arg-type]
        filled = 0
        while filled < len(view) and (piece := self.source.read(len(view) - filled)):
            view[filled : filled + len(piece)] = piece
            filled += len(piece)
        return filled


def _entries(stream: BinaryIO, kind: str, format: str) -> Iterator[Record | Refused]:
    """What is in a file of one kind; positions are the caller's business."""
    if kind == "marcxml":
        for raw, found in marcxml.records(stream, WANTED):
            yield _mapped(found, raw, format, "marcxml")
    elif kind == "marctext":
        for raw, found in lines.records(stream):
            yield _mapped(found, raw, format, "marctext")
    elif kind in ("marc21", "unimarc"):
        for raw in iso2709.chunks(stream):
            yield _mapped(_parsed(raw), raw, format, "")
    else:
        yield from tabular.read_rows(stream, kind)


def _parsed(raw: bytes) -> Fields | Unreadable:
    try:
        return iso2709.parse(raw, WANTED)
    except Unreadable as cause:
        return cause


def _mapped(found: Fields | Unreadable, raw: bytes, format: str, raw_format: str) -> Record | Refused:
    """Fields as a Record, by the map of their dialect."""
    if isinstance(found, Unreadable):
        return Refused(0, str(found), raw)
    dialect = format if format in MAPS else "unimarc" if found.is_unimarc else "marc21"
    try:
        return MAPS[dialect](found, raw, raw_format or dialect)
    except Unreadable as cause:
        return Refused(0, str(cause), raw)
