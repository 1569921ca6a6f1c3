"""ISO 2709: cut a stream into records, and a record into fields, however much its numbers lie."""

import re
from collections.abc import Collection, Iterator
from typing import BinaryIO

from community.catalog.marc.encodings import decode, decoder, mend
from community.catalog.marc.fields import Fields, Unreadable

RECORD_END = b"\x1d"
FIELD_END = 0x1E
BLOCK = 1 << 20
# No record is as long as this: a file without terminators must not fill the memory.
LONGEST = 16 << 20
LEADER = re.compile(rb"\d{5}[\x20-\x7e]{19}")
BETWEEN = b" \r\n\t\x00\x1a\xef\xbb\xbf"
DIGITS_AND_LETTERS = re.compile(rb"[0-9A-Za-z]{3}\Z")


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
    tags, octets = _slices(body)
    if not tags:
        raise Unreadable("The record has no fields.")
    chosen = [(tag, part) for tag, part in zip(tags, octets, strict=True) if tag in wanted]
    texts = _texts(body, leader, chosen)
    fields = Fields(leader)
    for (tag, _), parts in zip(chosen, texts, strict=True):
        if tag < "010":
            fields.put(tag, parts[0] if parts else "")
        elif len(parts) > 1:
            fields.add(tag, parts[0].ljust(2)[:2], parts[1:])
    return fields


def _texts(body: bytes, leader: str, chosen: list[tuple[str, bytes]]) -> list[list[str]]:
    """The fields as text, each as lists of parts."""
    if body.isascii() and b"\x1b" not in body:
        parts = [part.decode("ascii").split("\x1f") for _, part in chosen]
        return [[mend(text) for text in texts] for texts in parts] if b"&#x" in body else parts
    characters, language = _general(chosen)
    fallback = decoder([part for _, part in chosen], says_utf8=leader[9:10] == "a", characters=characters, language=language)
    return [[mend(text) for text in decode(part, fallback)] for _, part in chosen]


def _general(chosen: list[tuple[str, bytes]]) -> tuple[str, str]:
    """What the record says about its characters (UNIMARC 100 $a/26-27) and its language."""
    tags = {tag for tag, _ in chosen}
    for tag, part in chosen:
        if tag == "100" and "245" not in tags and part[2:4] == b"\x1fa" and part[4:12].strip().isdigit():
            return part[30:32].decode("ascii", "replace"), part[26:29].decode("ascii", "replace")
        if tag == "008" and "245" in tags:
            return "", part[35:38].decode("ascii", "replace")
    return "", ""


def _slices(body: bytes) -> tuple[list[str], list[bytes]]:
    """Tags and bytes of all fields: by the directory if it tells the truth, else one after the other."""
    try:
        base = int(body[12:17])
    except ValueError:
        base = 0
    if not (24 < base <= len(body) and body[base - 1] == FIELD_END and (base - 25) % 12 == 0):
        base = _end_of_directory(body)
    tags: list[str] = []
    octets: list[bytes] = []
    starts: list[int] = []
    truthful = True
    for at in range(24, base - 1, 12):
        tag = body[at : at + 3]
        numbers = body[at + 3 : at + 12]
        if not numbers.isdigit():
            raise Unreadable("The record's directory is damaged.")
        start = base + int(numbers[4:])
        end = start + int(numbers[:4]) - 1
        # The last field may have lost its terminator.
        if start > end or end > len(body) or (end < len(body) and body[end] != FIELD_END):
            truthful = False
        tags.append(tag.decode("latin-1"))
        octets.append(body[start:end])
        starts.append(start)
    if not truthful:
        return _one_after_the_other(body, base, tags, starts)
    return tags, octets


def _end_of_directory(body: bytes) -> int:
    """Where the data begin when the leader does not say it right: behind the first field terminator."""
    base = body.find(FIELD_END, 24) + 1
    if base < 25:
        raise Unreadable("The record's directory has no end.")
    if (base - 25) % 12:
        raise Unreadable("The record's directory is damaged.")
    return base


def _one_after_the_other(body: bytes, base: int, tags: list[str], starts: list[int]) -> tuple[list[str], list[bytes]]:
    """Fields in the order of their starts, if there are as many of them as the directory lists.

    Lengths counted in letters instead of bytes, or beyond their four digits, are mended that way.
    """
    parts = body[base:].split(bytes((FIELD_END,)))
    if parts and not parts[-1].strip(BETWEEN):
        parts.pop()
    if len(parts) != len(tags):
        raise Unreadable("The record's directory points outside the record.")
    if len(set(starts)) == len(starts):
        tags = [tag for _, tag in sorted(zip(starts, tags, strict=True))]
    return tags, parts
