"""Spreadsheets of books: CSV, TSV and XLSX, in the encodings and with the separators that programs choose."""

import codecs
import csv
import io
import tempfile
import warnings
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from typing import BinaryIO

from openpyxl import load_workbook

from community.catalog.columns import Sheet, meanings
from community.catalog.record import Record, Refused

LONGEST_LINE = 1 << 20
LARGEST_SHEET = 200 << 20
SEPARATORS = ",;\t|"
UTF16 = (b"\xff\xfe", b"\xfe\xff")
NO_TITLE_COLUMN = "No column is called title (titolo, titel, titlu): the first row must name the columns."


def looks_tabular(head: bytes) -> bool:
    """Whether a file that begins like this is a table whose columns we know."""
    text = head.decode("utf-16", "replace") if head.startswith(UTF16) else head.decode("utf-8", "replace")
    first = text.lstrip("\ufeff").splitlines()[:1]
    if not first or any(ord(c) < 32 and c not in "\t\r\n" for c in first[0]):
        return False
    return any(meaning == "title" for meaning, _ in meanings(_cells(first[0], _separator(first[0]))).values())


def read_rows(stream: BinaryIO, kind: str) -> Iterator[Record | Refused]:
    """Every row of a table as a Record or Refused; `kind` is csv, tsv or xlsx. Never raises for what the table holds."""
    if kind == "xlsx":
        yield from _read_xlsx(stream)
    else:
        lines = _lines(stream)
        first = next((line for line in lines if line.strip()), "")
        separator = "\t" if kind == "tsv" else _separator(first)
        yield from _read_table(_cells(first, separator), _rows(lines, separator))


def _read_table(header: Sequence[str], rows: Iterator[list[str] | str]) -> Iterator[Record | Refused]:
    """Rows under a header; a row that is a string could not be read, and the string says why."""
    sheet = Sheet(header)
    if not sheet.has_title:
        yield Refused(0, NO_TITLE_COLUMN, _raw(header))
        return
    for row in rows:
        if isinstance(row, str):
            yield Refused(0, row)
        elif any(cell.strip() for cell in row):
            raw = _raw(header, row)
            try:
                yield sheet.record(row, raw)
            except ValueError as cause:
                yield Refused(0, str(cause), raw)


def _raw(*rows: Sequence[str]) -> bytes:
    """Header and row as a table of their own, which can be read again."""
    written = io.StringIO()
    csv.writer(written).writerows(rows)
    return written.getvalue().encode("utf-8", "replace")


def _lines(stream: BinaryIO) -> Iterator[str]:
    """Lines of text; each by itself is UTF-8 or what Windows writes, the whole is UTF-16 if it says so."""
    start = stream.readline(LONGEST_LINE)
    if start.startswith(UTF16):
        yield from _utf16_lines(start, stream)
        return
    line = start.removeprefix(b"\xef\xbb\xbf")
    while line:
        try:
            yield line.decode("utf-8").replace("\0", "")
        except UnicodeDecodeError:
            yield line.decode("cp1252", "replace").replace("\0", "")
        line = stream.readline(LONGEST_LINE)


def _utf16_lines(start: bytes, stream: BinaryIO) -> Iterator[str]:
    """Lines of a stream in UTF-16, of which some bytes have been taken already."""
    decoder = codecs.getincrementaldecoder("utf-16")("replace")
    text, piece = "", start
    while piece:
        *lines, text = (text + decoder.decode(piece)).split("\n")
        for line in lines:
            yield line + "\n"
        piece = stream.read(LONGEST_LINE)
    yield text


def _separator(line: str) -> str:
    """The character that parts the header's cells."""
    bare = "".join(line.split('"')[::2])
    return max(SEPARATORS, key=bare.count)


def _cells(line: str, separator: str) -> list[str]:
    try:
        return next(csv.reader([line], delimiter=separator), [])
    except csv.Error:
        return []


def _rows(lines: Iterator[str], separator: str) -> Iterator[list[str] | str]:
    """Rows of cells; what breaks one row does not end the table."""
    reader = csv.reader(lines, delimiter=separator)
    while True:
        try:
            yield next(reader)
        except StopIteration:
            return
        except csv.Error as cause:
            yield f"This row cannot be read: {cause}."


def _read_xlsx(stream: BinaryIO) -> Iterator[Record | Refused]:
    """The rows of a workbook's first sheet. It is unpacked on disk, not in memory."""
    with tempfile.SpooledTemporaryFile(max_size=8 << 20) as file:
        while (piece := stream.read(LONGEST_LINE)) and file.tell() <= LARGEST_SHEET:
            file.write(piece)
        if piece:
            yield Refused(0, "The spreadsheet is too large; save it as CSV and try again.")
            return
        file.seek(0)
        try:
            with warnings.catch_warnings():
                # openpyxl warns of decorations that it leaves out.
                warnings.simplefilter("ignore")
                book = load_workbook(file, read_only=True, data_only=True)
                sheet = book[book.sheetnames[0]]
                rows = ([_plain(cell) for cell in row] for row in sheet.iter_rows(values_only=True))
                header = next((row for row in rows if any(row)), [])
                yield from _read_table(header, rows)
        except Exception as cause:  # a damaged workbook raises whatever its damage touches
            yield Refused(0, f"The spreadsheet is damaged: {str(cause)[:200] or type(cause).__name__}.")


def _plain(cell: object) -> str:
    """A cell as somebody would have typed it."""
    if cell is None:
        return ""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    if isinstance(cell, (datetime, date)):
        return str(cell.year)
    return str(cell)
