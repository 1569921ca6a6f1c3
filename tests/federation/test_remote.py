"""The one client: what it fetches and what it refuses."""

import asyncio
import gzip
import json
import zlib
from collections.abc import AsyncIterator
from typing import Any

import pytest

from community.settings import Settings
from federation import remote as client
from federation.remote import GoneThere, Refused, Remote, Signer, Unreachable
from tests.federation.letters import ADA_KEY, rsa_of
from tests.federation.listener import Listener, listening, owner_of, reply

ADA = Signer(ADA_KEY, rsa_of("ada"))
SETTINGS = Settings(domain="library.example", allow_private_network=True)
LD = "application/ld+json"
PROFILE = '; profile="https://www.w3.org/ns/activitystreams"'


@pytest.fixture
async def remote() -> AsyncIterator[Remote]:
    """A client as in the demo: it may call loopback."""
    made = Remote(SETTINGS)
    yield made
    await made.close()


@pytest.fixture
async def harbour() -> AsyncIterator[Listener]:
    async with listening() as listener:
        yield listener


def note(url: str, **more: Any) -> str:
    return json.dumps({"id": url, "type": "Note", **more})


# Documents


async def test_a_document_is_fetched_from_where_it_lives(remote: Remote, harbour: Listener) -> None:
    url = harbour.says("/notes/1", note(f"{harbour.root}/notes/1"))

    document = await remote.get_document(url)

    assert document.url == url
    assert document.json["type"] == "Note"
    (asked,) = harbour.asked
    assert asked.headers["accept"] == f"application/activity+json, {LD}{PROFILE}"
    assert asked.headers["user-agent"] == "Bookmobile/0.1.0 (+https://library.example/)"
    assert "cookie" not in asked.headers
    assert "signature" not in asked.headers


async def test_a_fetch_is_signed_over_its_query_too(remote: Remote, harbour: Listener) -> None:
    url = harbour.says("/notes?id=1&b=%2F", note(f"{harbour.root}/notes?id=1&b=%2F"))

    await remote.get_document(url, sign_as=ADA)

    assert await owner_of(harbour, harbour.asked[0]) == "https://harbour.example/users/ada"


async def test_whoever_is_named_at_the_beginning_signs_when_nobody_else_does(harbour: Listener) -> None:
    remote = Remote(SETTINGS, ADA)
    await remote.get_document(harbour.says("/1", note(f"{harbour.root}/1")))
    await remote.close()

    assert await owner_of(harbour, harbour.asked[0]) == "https://harbour.example/users/ada"


async def test_a_server_that_reads_only_the_new_signatures_gets_one(remote: Remote, harbour: Listener) -> None:
    url = harbour.says("/1", b"")
    harbour.replies["/1"] = [reply(b"", status="401 Unauthorized"), reply(note(url))]

    await remote.get_document(url, sign_as=ADA)

    assert "signature-input" in harbour.asked[1].headers
    assert await owner_of(harbour, harbour.asked[1]) == "https://harbour.example/users/ada"


@pytest.mark.parametrize(
    "kind", ["application/activity+json; charset=utf-8", "Application/Activity+JSON", LD + PROFILE, f"{LD}; charset=utf-8{PROFILE}"]
)
async def test_documents_of_the_right_type_are_read(remote: Remote, harbour: Listener, kind: str) -> None:
    url = harbour.says("/1", note(f"{harbour.root}/1"), kind=kind)

    assert (await remote.get_document(url)).url == url


@pytest.mark.parametrize(
    "kind",
    [
        "",
        "text/html",
        "text/plain",
        "application/json",
        LD,
        LD + '; profile="https://example.org/other"',
        "image/png",
        "application/activity+json2",
        "x; application/activity+json",
    ],
)
async def test_anything_else_might_be_an_uploaded_file_and_is_refused(remote: Remote, harbour: Listener, kind: str) -> None:
    url = harbour.says("/media/1.json", note(f"{harbour.root}/media/1.json"), kind=kind)

    with pytest.raises(Refused, match="media"):
        await remote.get_document(url)


async def test_a_document_that_names_another_home_is_asked_for_there_once(remote: Remote, harbour: Listener) -> None:
    home = harbour.says("/users/ada", note(f"{harbour.root}/users/ada"))
    alias = harbour.says("/@ada", note(home))

    assert (await remote.get_document(alias)).url == home
    assert [asked.target for asked in harbour.asked] == ["/@ada", "/users/ada"]


async def test_a_planted_document_does_not_speak_for_its_victim(remote: Remote, harbour: Listener) -> None:
    async with listening() as evil:
        victim = harbour.says("/users/ada", note(f"{harbour.root}/users/ada", name="Ada"))
        planted = evil.says("/upload", note(victim, name="Not Ada"))

        assert (await remote.get_document(planted)).json["name"] == "Ada"


@pytest.mark.parametrize("claimed", ["https://127.0.0.1/other", "other", "", None, 5, {"id": "x"}, "http://10.0.0.1/x"])
async def test_a_document_without_a_home_of_its_own_is_refused(remote: Remote, harbour: Listener, claimed: Any) -> None:
    url = harbour.says("/1", json.dumps({"id": claimed, "type": "Note"}))

    with pytest.raises((Refused, Unreachable)):
        await remote.get_document(url)


async def test_two_documents_that_point_at_each_other_are_refused(remote: Remote, harbour: Listener) -> None:
    harbour.says("/a", note(f"{harbour.root}/b"))
    harbour.says("/b", note(f"{harbour.root}/a"))

    with pytest.raises(Refused, match="claims"):
        await remote.get_document(f"{harbour.root}/a")
    assert len(harbour.asked) == 2


async def test_a_fragment_and_the_case_of_a_host_make_no_other_home(remote: Remote, harbour: Listener) -> None:
    harbour.says("/users/ada", note(f"HTTP://LOCALHOST:{harbour.port}/users/ada"))

    document = await remote.get_document(f"http://localhost.:{harbour.port}/users/ada#main-key")

    assert document.url == f"http://localhost:{harbour.port}/users/ada"


# Redirects


async def test_redirects_are_followed_and_signed_anew(remote: Remote, harbour: Listener) -> None:
    async with listening() as other:
        harbour.redirects("/old", "/older?x=1")
        harbour.redirects("/older?x=1", f"{other.root}/new", "308 Permanent Redirect")
        url = other.says("/new", note(f"{other.root}/new"))

        assert (await remote.get_document(f"{harbour.root}/old", sign_as=ADA)).url == url
        assert await owner_of(harbour, harbour.asked[1])
        assert await owner_of(other, other.asked[0])


async def test_three_redirects_are_enough(remote: Remote, harbour: Listener) -> None:
    for n in range(3):
        harbour.redirects(f"/{n}", f"/{n + 1}")
    harbour.says("/3", note(f"{harbour.root}/3"))
    assert (await remote.get_document(f"{harbour.root}/0")).url == f"{harbour.root}/3"

    harbour.redirects("/start", "/0")
    with pytest.raises(Refused, match="start"):
        await remote.get_document(f"{harbour.root}/start")


async def test_a_redirect_to_itself_ends(remote: Remote, harbour: Listener) -> None:
    harbour.redirects("/loop", "/loop")

    with pytest.raises(Refused):
        await remote.get_document(f"{harbour.root}/loop")
    assert len(harbour.asked) == 4


# Status


@pytest.mark.parametrize(("status", "for_good"), [("404 Not Found", False), ("410 Gone", True)])
async def test_gone_has_two_kinds(remote: Remote, harbour: Listener, status: str, for_good: bool) -> None:
    url = harbour.says("/1", b"", status=status)

    with pytest.raises(GoneThere) as gone:
        await remote.get_document(url)
    assert gone.value.for_good is for_good


@pytest.mark.parametrize("status", ["500 Oh", "502 Bad", "503 Busy", "429 Slow down", "408 Timeout"])
async def test_troubles_pass(remote: Remote, harbour: Listener, status: str) -> None:
    url = harbour.says("/1", b"", status=status, more="Retry-After: 120\r\n")

    with pytest.raises(Unreachable) as trouble:
        await remote.get_document(url)
    assert trouble.value.retry_after == 120


@pytest.mark.parametrize("status", ["401 No", "403 No", "204 Nothing", "206 Part", "304 Same", "400 Bad"])
async def test_no_is_no(remote: Remote, harbour: Listener, status: str) -> None:
    with pytest.raises(Refused):
        await remote.get_document(harbour.says("/1", b"", status=status), sign_as=ADA)


# Too long, too slow, too clever


async def test_a_document_of_more_than_a_megabyte_is_refused_before_it_is_read(remote: Remote, harbour: Listener) -> None:
    url = harbour.says("/1", note(f"{harbour.root}/1", content="x" * 1_000_001))

    with pytest.raises(Refused, match="/1"):
        await remote.get_document(url)


async def test_a_body_without_end_is_cut_off(remote: Remote, harbour: Listener) -> None:
    sent = 0

    async def endless(writer: asyncio.StreamWriter) -> None:
        nonlocal sent
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/activity+json\r\nTransfer-Encoding: chunked\r\n\r\n")
        while sent < 500_000_000:
            writer.write(b"10000\r\n" + b" " * 65536 + b"\r\n")
            await writer.drain()
            sent += 65536

    harbour.replies["/1"] = endless

    with pytest.raises(Refused, match="/1"):
        await remote.get_document(f"{harbour.root}/1")
    assert sent < 20_000_000


async def test_a_packed_bomb_does_not_go_off(remote: Remote, harbour: Listener) -> None:
    bomb = gzip.compress(b'{"id": "' + b" " * 300_000_000 + b'"}', compresslevel=9)
    assert len(bomb) < 1_000_000

    with pytest.raises(Refused, match="/1"):
        await remote.get_document(harbour.says("/1", bomb, more="Content-Encoding: gzip\r\n"))


async def test_a_packed_document_is_unpacked(remote: Remote, harbour: Listener) -> None:
    packed = gzip.compress(note(f"{harbour.root}/1").encode())

    assert (await remote.get_document(harbour.says("/1", packed, more="Content-Encoding: gzip\r\n"))).json["type"] == "Note"
    assert "gzip" in harbour.asked[0].headers["accept-encoding"]


@pytest.mark.parametrize("packing", ["br", "zstd", "deflate", "gzip, gzip"])
async def test_packings_that_we_did_not_ask_for_are_refused(remote: Remote, harbour: Listener, packing: str) -> None:
    with pytest.raises(Refused):
        await remote.get_document(harbour.says("/1", zlib.compress(b"{}"), more=f"Content-Encoding: {packing}\r\n"))


@pytest.mark.parametrize("body", [b"not packed at all", gzip.compress(b'{"id": "x"}')[:-12]], ids=["plain", "torn"])
async def test_what_is_packed_badly_is_refused(remote: Remote, harbour: Listener, body: bytes) -> None:
    with pytest.raises(Refused):
        await remote.get_document(harbour.says("/1", body, more="Content-Encoding: gzip\r\n"))


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b'{"id": "a", "id": "b"}', b'{"a": NaN}', b'{"a":' * 40 + b"1" + b"}" * 40])
async def test_what_is_no_plain_json_is_refused(remote: Remote, harbour: Listener, body: bytes) -> None:
    with pytest.raises(Refused):
        await remote.get_document(harbour.says("/1", body))


async def test_a_slow_server_costs_little_time(remote: Remote, harbour: Listener, monkeypatch: pytest.MonkeyPatch) -> None:
    async def dripping(writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/activity+json\r\nContent-Length: 1000\r\n\r\n")
        for _ in range(1000):
            writer.write(b" ")
            await writer.drain()
            await asyncio.sleep(0.05)

    monkeypatch.setattr(client, "TOTAL_SECONDS", 0.4)
    harbour.replies["/1"] = dripping

    async with asyncio.timeout(3):
        with pytest.raises(Unreachable):
            await remote.get_document(f"{harbour.root}/1")


async def test_a_chain_of_slow_servers_has_one_deadline(remote: Remote, harbour: Listener, monkeypatch: pytest.MonkeyPatch) -> None:
    async def sleeping(writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(0.3)
        writer.write(reply(b"", status="302 Found", more="Location: /1\r\n"))
        await writer.drain()

    monkeypatch.setattr(client, "ABSOLUTE_SECONDS", 0.5)
    harbour.replies["/1"] = sleeping

    async with asyncio.timeout(3):
        with pytest.raises(Unreachable, match="long"):
            await remote.get_document(f"{harbour.root}/1")


async def test_nobody_there_is_unreachable(remote: Remote, free_port: int) -> None:
    with pytest.raises(Unreachable):
        await remote.get_document(f"http://127.0.0.1:{free_port}/1")


async def test_a_server_that_speaks_nonsense_is_unreachable(remote: Remote, harbour: Listener) -> None:
    harbour.replies["/1"] = b"SSH-2.0-OpenSSH_9.2\r\n\r\n"

    with pytest.raises(Unreachable):
        await remote.get_document(f"{harbour.root}/1")


# Other JSON


async def test_webfinger_and_nodeinfo_are_read(remote: Remote, harbour: Listener) -> None:
    url = harbour.says("/.well-known/webfinger?resource=acct:a@b", b'{"subject": "acct:a@b"}', kind="application/jrd+json; charset=utf-8")
    info = harbour.says(
        "/nodeinfo/2.0", b'{"version": "2.0"}', kind='application/json; profile="http://nodeinfo.diaspora.software/ns/schema/2.0#"'
    )

    assert await remote.get_json(url) == {"subject": "acct:a@b"}
    assert await remote.get_json(info, "application/json") == {"version": "2.0"}
    with pytest.raises(Refused):
        await remote.get_json(harbour.says("/x", b"{}", kind="text/html"))
    with pytest.raises(Refused):
        await remote.get_json(harbour.says("/y", b'{"a": "' + b"x" * 200 + b'"}', kind="application/json"), max_bytes=100)
