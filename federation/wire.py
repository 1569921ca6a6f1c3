"""JSON as it comes over the wire: read once, with limits, before anybody looks inside."""

import json
import re
from typing import Any

import msgspec

from community.errors import Refusal

Wire = dict[str, Any]

MAX_BYTES = 1_000_000
MAX_DEPTH = 32
MAX_ITEMS = 1000
MAX_INTEGER = 2**63

KEY_MARK = re.compile(rb'"[ \t\r\n]*+:')
DECODER = msgspec.json.Decoder()


class Malformed(Refusal):
    """Not JSON that we are willing to read."""

    status = 400


def read_json(body: bytes, max_depth: int = MAX_DEPTH, max_items: int = MAX_ITEMS) -> Wire:
    """One JSON object without doubled keys, deep nesting, endless lists or numbers that no database can hold."""
    try:
        wire = DECODER.decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as cause:
        raise Malformed("This is not well-formed JSON.", f"not JSON: {cause}") from cause
    if not isinstance(wire, dict):
        raise Malformed("Send one JSON object.")
    keys = _measure(wire, max_depth, max_items)
    # Every key leaves a mark in the text, so as many marks as keys means that none was doubled.
    # A mark inside a text only makes us look twice.
    if len(KEY_MARK.findall(body)) != keys:
        _refuse_doubled_keys(body)
    # PostgreSQL cannot keep this character in a text.
    if b"\\u0000" in body and _holds_nul(wire):
        raise Malformed("A text holds the character U+0000.")
    return wire


def _measure(wire: Wire, max_depth: int, max_items: int) -> int:
    """How many keys there are in all; raises Malformed where something is too deep, too long or too large."""
    keys = 0
    level: list[Any] = [wire]
    for _ in range(max_depth):
        deeper: list[Any] = []
        for value in level:
            if len(value) > max_items:
                raise Malformed(f"A list or an object has more than {max_items} entries.")
            members = value
            if type(value) is dict:
                keys += len(value)
                members = value.values()
            for member in members:
                kind = type(member)
                if kind is dict or kind is list:
                    deeper.append(member)
                elif kind is int and not -MAX_INTEGER <= member < MAX_INTEGER:
                    raise Malformed("A number is too large.")
        if not deeper:
            return keys
        level = deeper
    raise Malformed("This JSON is nested too deeply.")


def _refuse_doubled_keys(body: bytes) -> None:
    def once(pairs: list[tuple[str, Any]]) -> None:
        if len({key for key, _ in pairs}) != len(pairs):
            raise Malformed("A key appears twice in one object.")

    json.loads(body, object_pairs_hook=once)


def _holds_nul(value: Any) -> bool:
    if isinstance(value, str):
        return "\0" in value
    if isinstance(value, dict):
        return any(_holds_nul(part) for pair in value.items() for part in pair)
    return isinstance(value, list) and any(_holds_nul(part) for part in value)
