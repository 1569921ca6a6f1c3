"""What we read as JSON, and what we turn away unread."""

import json
from pathlib import Path

import pytest

from federation.wire import MAX_ITEMS, Malformed, read_json

FIXTURES = Path(__file__).resolve().parents[3] / "shared" / "fixtures"


def nested(depth: int) -> bytes:
    return b'{"a":' * (depth - 1) + b"{}" + b"}" * (depth - 1)


def test_an_activity_is_read_as_it_was_written() -> None:
    body = '{"type": "Create", "object": {"content": "a \\"key\\": \\u00e9 ★", "tag": [1, 2.5, null, true]}}'.encode()

    assert read_json(body) == {"type": "Create", "object": {"content": 'a "key": é ★', "tag": [1, 2.5, None, True]}}


@pytest.mark.parametrize(
    "body",
    [
        b'{"id": "a", "id": "b"}',
        b'{"object": {"actor": "a", "type": "Note", "actor": "b"}}',
        b'[{"a": 1, "a": 2}]'.join([b'{"l": ', b"}"]),
        b'{"id" : "a","id":"b"}',
        b'{"id"\n\t:"a", "id" :"b", "x": "a \\": b"}',
        b'{"id": 1, "\\u0069d": 2}',
        b'{"x\\\\": 1, "x\\\\": 2}',
    ],
)
def test_a_key_that_appears_twice_is_refused(body: bytes) -> None:
    with pytest.raises(Malformed, match="twice"):
        read_json(body)


@pytest.mark.parametrize("body", [b'{"x\\": y": "a\\":b"}', b'{"a": "\\" :", "b": "\\":"}', b'{"\\\\": "\\\\\\":"}'])
def test_a_text_that_looks_like_a_key_is_no_doubled_key(body: bytes) -> None:
    assert read_json(body) == json.loads(body)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"null",
        b"[]",
        b'"text"',
        b"{} {}",
        b'{"a": NaN}',
        b'{"a": Infinity}',
        b'{"a": -Infinity}',
        b'{"a": 1e999}',
        b"{'a': 1}",
        b'{"a": "\xff"}',
        b'{"a": "\\ud800"}',
        b'{"a": "\x01"}',
        b"\xef\xbb\xbf{}",
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b'{"a": 9223372036854775808}',
        b'{"a": {"b": [-9223372036854775809]}}',
        b'{"a": 1' + b"0" * 5000 + b"}",
        b'{"name": "a\\u0000b"}',
        b'{"a": [{"a\\u0000b": 1}]}',
    ],
)
def test_what_is_not_plain_json_is_refused(body: bytes) -> None:
    with pytest.raises(Malformed):
        read_json(body)


def test_a_backslash_before_u0000_is_only_text() -> None:
    assert read_json(b'{"a": "\\\\u0000"}') == {"a": "\\u0000"}


def test_depth_is_bounded() -> None:
    assert read_json(nested(32))
    with pytest.raises(Malformed, match="deep"):
        read_json(nested(33))
    with pytest.raises(Malformed, match="deep"):
        read_json(b'{"a": ' + b"[" * 32 + b"]" * 32 + b"}")


def test_lists_and_objects_are_bounded() -> None:
    assert len(read_json(json.dumps({"to": ["x"] * MAX_ITEMS}).encode())["to"]) == MAX_ITEMS
    with pytest.raises(Malformed, match="entries"):
        read_json(json.dumps({"to": ["x"] * (MAX_ITEMS + 1)}).encode())
    with pytest.raises(Malformed, match="entries"):
        read_json(json.dumps({str(n): n for n in range(MAX_ITEMS + 1)}).encode())


def test_real_documents_of_other_servers_are_read() -> None:
    if not FIXTURES.is_dir():
        pytest.skip("the shared folder of real documents is not here")
    refused = []
    read = 0
    for path in sorted(FIXTURES.rglob("*.json")):
        body = path.read_bytes()
        try:
            assert read_json(body) == json.loads(body)
            read += 1
        except Malformed as refusal:
            refused.append(f"{path.relative_to(FIXTURES)}: {refusal.public} {refusal.private}")
    assert read > 100
    assert refused == []
