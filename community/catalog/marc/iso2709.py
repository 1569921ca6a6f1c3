"""ISO 2709: cut a stream into records, and a record into fields, however much its numbers lie."""

import re
from collections.abc import Collection, Iterator
from typing import BinaryIO

from community.catalog.folding import fold
from community.catalog.marc.encodings import decode, decoder, looks_encoded_twice, mend
from community.catalog.marc.fields import Fields, Unreadable

RECORD_END = b"\x1d"
FIELD_END = 0x1E
BLOCK = 1 << 20
# No record is as long as this: a file without terminators must not fill the memory.
LONGEST = 16 << 20
LEADER = re.compile(rb"\d{5}[\x20-\x7e]{19}")
# How many digits a directory's lengths and starts can have, and whether the starts began again at 100,000.
DIGITS = ((4, 5, False), (4, 6, False), (5, 5, False), (5, 6, False), (6, 5, False), (6, 6, False), (4, 5, True))
BETWEEN = b" \r\n\t\x00\x1a\xef\xbb\xbf"


def chunks(stream: BinaryIO) -> Iterator[bytes]:
    """Cut at every record terminator and keep it; what is between records is dropped. Holds one record at a time."""
    rest = b""
    while block := stream.read(BLOCK):
        pieces = (rest + block).split(RECORD_END)
        rest = pieces.pop()
        for piece in pieces:
            yield from _apart(piece.lstrip(BETWEEN) + RECORD_END)
        if len(rest) > LONGEST:
            yield rest
            rest = b""
    if rest.strip(BETWEEN):
        yield from _apart(rest.lstrip(BETWEEN))


def _apart(chunk: bytes) -> Iterator[bytes]:
    """Part records whose terminator was lost: the leader says where one ends, and another leader stands there."""
    while chunk[:5].isdigit() and 0 < (length := int(chunk[:5])) < len(chunk) - 24:
        for end in (length, length - 1):
            if end > 24 and LEADER.match(chunk, end) and chunk[end - 1] == FIELD_END:
                yield chunk[:end]
                chunk = chunk[end:]
                break
        else:
            break
    if chunk.strip(BETWEEN + RECORD_END):
        yield chunk


def parse(raw: bytes, wanted: Collection[str]) -> Fields:
    """The wanted fields of a record, as text.

    Raises Unreadable with words when leader, directory and data do not fit together at all.
    """
    body = raw.rstrip(RECORD_END)
    if len(body) < 26:
        raise Unreadable("The record is too short to be one.")
    leader = body[:24].decode("ascii", "replace")
    fields = Fields(leader)
    plain = body.isascii()
    if entries := _plainly(body):
        for tag, text in entries:
            if tag in wanted:
                _keep(fields, tag, text.split("\x1f"), plain=plain)
        return fields
    tags, octets = _slices(body)
    if not tags:
        raise Unreadable("The record has no fields.")
    chosen = [(tag, part) for tag, part in zip(tags, octets, strict=True) if tag in wanted]
    for (tag, _), parts in zip(chosen, _texts(body, leader, chosen), strict=True):
        _keep(fields, tag, parts, plain=plain)
    return fields


def _keep(fields: Fields, tag: str, parts: list[str], *, plain: bool) -> None:
    """Put one field's parts to the others; `plain` says that all is ASCII."""
    if tag < "010":
        fields.put(tag, parts[0])
    elif len(parts) > 1:
        subfields = parts[1:]
        if not plain and not all(part[:1].isascii() for part in subfields):
            # A letter with an accent where a code should be: the accent is the mistake.
            subfields = [fold(part[:1])[:1] + part[1:] for part in subfields]
        fields.add(tag, parts[0] if len(parts[0]) == 2 else parts[0].ljust(2)[:2], subfields)


def _plainly(body: bytes) -> list[tuple[str, str]] | None:
    """Tags and texts of a record as it should be: UTF-8 without escapes, as many fields as entries, in order. None for others.

    Most records are like that, and are read at once instead of field by field.
    """
    base = body.find(FIELD_END, 24) + 1
    if base < 37 or (base - 25) % 12 or b"\x1b" in body or b"&#x" in body:
        return None
    try:
        texts = body[base:].decode("utf-8").split("\x1e")
    except UnicodeDecodeError:
        return None
    directory = body[24 : base - 1].decode("latin-1")
    starts = [directory[at + 7 : at + 12] for at in range(0, len(directory), 12)]
    if texts[-1]:
        return None
    texts.pop()
    if (
        len(texts) != len(starts)
        or starts != sorted(starts)
        or not directory.isascii()
        or (not body.isascii() and looks_encoded_twice(texts))
    ):
        return None
    return [(directory[at * 12 : at * 12 + 3], text) for at, text in enumerate(texts)]


def _texts(body: bytes, leader: str, chosen: list[tuple[str, bytes]]) -> list[list[str]]:
    """The fields as text, each as lists of parts."""
    if body.isascii() and b"\x1b" not in body:
        parts = [part.decode("ascii").split("\x1f") for _, part in chosen]
        return [[mend(text) for text in texts] for texts in parts] if b"&#x" in body else parts
    characters, language = _general(chosen)
    fallback = decoder([part for _, part in chosen], says_utf8=leader[9:10] == "a", characters=characters, language=language)
    return [[mend(text) for text in decode(part, fallback)] for _, part in chosen]


def _general(chosen: list[tuple[str, bytes]]) -> tuple[str, str]:
    """What the record says about its characters (UNIMARC 100 $a/26-29) and its language."""
    tags = {tag for tag, _ in chosen}
    for tag, part in chosen:
        if tag == "100" and "245" not in tags and part[2:4] == b"\x1fa" and part[4:12].strip().isdigit():
            return part[30:34].decode("ascii", "replace"), part[26:29].decode("ascii", "replace")
        if tag == "008" and "245" in tags:
            return "", part[35:38].decode("ascii", "replace")
    return "", ""


def _slices(body: bytes) -> tuple[list[str], list[bytes]]:
    """Tags and bytes of all fields: by the directory if it tells the truth, else one after the other."""
    end = body.find(FIELD_END, 24)
    if end < 0:
        raise Unreadable("The record's directory has no end.")
    begin = _begin_of_directory(body, end)
    if begin is None:
        return _one_after_the_other(body, end + 1, _walk(body[24:end]), [])
    base = end + 1
    tags: list[str] = []
    octets: list[bytes] = []
    starts: list[int] = []
    truthful = True
    for at in range(begin, end, 12):
        numbers = body[at + 3 : at + 12]
        if not numbers.isdigit():
            raise Unreadable("The record's directory is damaged.")
        start = base + int(numbers[4:])
        last = start + int(numbers[:4]) - 1
        # The last field may have lost its terminator.
        if start > last or last > len(body) or (last < len(body) and body[last] != FIELD_END):
            truthful = False
        tags.append(body[at : at + 3].decode("latin-1"))
        octets.append(body[start:last])
        starts.append(start)
    return (tags, octets) if truthful else _one_after_the_other(body, base, tags, starts)


def _begin_of_directory(body: bytes, end: int) -> int | None:
    """Where the directory begins: behind the leader, which may have lost or gained a character; None if nothing fits."""
    for begin in (24, 23, 25, 22, 26):
        if (end - begin) % 12 == 0 and body[begin + 3 : begin + 12].isdigit():
            return begin
    return None


def _walk(directory: bytes) -> list[str]:
    """The tags of a directory whose numbers outgrew their digits: each field begins where the one before it ended."""
    tags: list[str] = []
    at = expected = 0
    while at < len(directory):
        for length, start, wrapped in DIGITS:
            begins = expected % 100_000 if wrapped else expected
            entry = directory[at + 3 : at + 3 + length + start]
            if len(entry) == length + start and entry.isdigit() and int(entry[length:]) == begins:
                tags.append(directory[at : at + 3].decode("latin-1"))
                expected += int(entry[:length])
                at += 3 + length + start
                break
        else:
            raise Unreadable("The record's directory is damaged.")
    return tags


def _one_after_the_other(body: bytes, base: int, tags: list[str], starts: list[int]) -> tuple[list[str], list[bytes]]:
    """Fields in the order of their starts, if there are as many of them as the directory lists.

    Lengths counted in letters instead of bytes, or beyond their digits, are mended that way.
    """
    parts = body[base:].split(bytes((FIELD_END,)))
    if parts and not parts[-1].strip(BETWEEN):
        parts.pop()
    if len(parts) != len(tags):
        raise Unreadable("The record's directory points outside the record.")
    if len(set(starts)) == len(tags):
        tags = [tag for _, tag in sorted(zip(starts, tags, strict=True))]
    return tags, parts
