"""MARC as lines of text, the way MarcEdit writes it: =245  10$aTitle."""

import re
from collections.abc import Iterator
from typing import BinaryIO

from community.catalog.marc.encodings import mend
from community.catalog.marc.fields import Fields

BEGINNING = re.compile(rb"=(?:LDR|000|001)  ")
LINE = re.compile(r"^=(?P<tag>LDR|[0-9A-Za-z]{3})  (?P<rest>.*)$")
LONGEST_LINE = 1 << 20
# Characters that would mean something else on a line.
MNEMONICS = {"{dollar}": "$", "{lcub}": "{", "{rcub}": "}", "{bsol}": "\\"}


def records(stream: BinaryIO) -> Iterator[tuple[bytes, Fields]]:
    """Every record with its lines; an empty line or a new leader ends one."""
    gathered: list[bytes] = []
    while line := stream.readline(LONGEST_LINE):
        ends = not line.strip()
        if gathered and (ends or line.startswith((b"=LDR", b"=000"))):
            yield b"".join(gathered), _fields(gathered)
            gathered = []
        if not ends:
            gathered.append(line)
    if gathered:
        yield b"".join(gathered), _fields(gathered)


def _fields(lines: list[bytes]) -> Fields:
    """The fields on these lines; a line that is none continues nothing and is left out."""
    fields = Fields(" " * 24)
    for line in lines:
        match = LINE.match(_text(line))
        if match is None:
            continue
        tag, rest = match["tag"], match["rest"]
        if tag in ("LDR", "000"):
            fields.leader = rest.replace("\\", " ").ljust(24)[:24]
        elif tag < "010":
            fields.put(tag, rest.replace("\\", " "))
        elif len(parts := rest.split("$")) > 1:
            fields.add(tag, parts[0].replace("\\", " ").ljust(2)[:2], [_plain(part) for part in parts[1:]])
    return fields


def _text(line: bytes) -> str:
    try:
        return line.decode("utf-8").rstrip("\r\n")
    except UnicodeDecodeError:
        return line.decode("cp1252", "replace").rstrip("\r\n")


def _plain(part: str) -> str:
    if "{" in part:
        for mnemonic, character in MNEMONICS.items():
            part = part.replace(mnemonic, character)
    return mend(part)
