"""The one client, bringing activities to inboxes: it signs, knocks once or twice, and says how it went."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from community.settings import Settings
from federation import remote as client
from federation.remote import Remote, Signer
from tests.federation.letters import ADA_KEY, rsa_of
from tests.federation.listener import Listener, listening, owner_of, reply

ADA = Signer(ADA_KEY, rsa_of("ada"))


@pytest.fixture
async def remote() -> AsyncIterator[Remote]:
    """A client as in the demo: it may call loopback."""
    made = Remote(Settings(domain="library.example", allow_private_network=True))
    yield made
    await made.close()


@pytest.fixture
async def harbour() -> AsyncIterator[Listener]:
    async with listening() as listener:
        yield listener


async def test_an_activity_is_brought_signed(remote: Remote, harbour: Listener) -> None:
    harbour.says("/inbox", b"", status="202 Accepted")

    answer = await remote.post(f"{harbour.root}/inbox", b'{"type":"Like"}', sign_as=ADA)

    assert (answer.status, answer.ok, answer.gone, answer.permanent, answer.scheme) == (202, True, False, False, "cavage")
    (asked,) = harbour.asked
    assert (asked.method, asked.body, asked.headers["content-type"]) == ("POST", b'{"type":"Like"}', "application/activity+json")
    assert await owner_of(harbour, asked) == "https://harbour.example/users/ada"


async def test_the_line_is_kept_open(remote: Remote, harbour: Listener) -> None:
    harbour.says("/inbox", b"thank you", status="202 Accepted")

    for _ in range(5):
        assert (await remote.post(f"{harbour.root}/inbox", b"{}", sign_as=ADA)).ok

    assert harbour.connections == 1


async def test_a_line_that_died_meanwhile_is_opened_again(remote: Remote, harbour: Listener) -> None:
    async def once(writer: asyncio.StreamWriter) -> None:
        writer.write(reply(b"", status="202 Accepted"))  # and hang up, without a word

    harbour.replies["/inbox"] = once

    assert (await remote.post(f"{harbour.root}/inbox", b"{}", sign_as=ADA)).ok
    assert (await remote.post(f"{harbour.root}/inbox", b"{}", sign_as=ADA)).ok


@pytest.mark.parametrize("refusal", ["401 Unauthorized", "400 Bad Request"])
async def test_whoever_does_not_like_the_old_signature_gets_the_new_one(remote: Remote, harbour: Listener, refusal: str) -> None:
    harbour.replies["/inbox"] = [reply(b"", status=refusal), reply(b"", status="202 Accepted")]

    answer = await remote.post(f"{harbour.root}/inbox", b"{}", sign_as=ADA)

    assert (answer.ok, answer.scheme) == (True, "rfc9421")
    assert await owner_of(harbour, harbour.asked[1]) == "https://harbour.example/users/ada"


async def test_whoever_does_not_like_the_new_one_gets_the_old_one(remote: Remote, harbour: Listener) -> None:
    harbour.replies["/inbox"] = [reply(b"", status="401 No"), reply(b"", status="202 Accepted")]

    answer = await remote.post(f"{harbour.root}/inbox", b"{}", sign_as=ADA, scheme="rfc9421")

    assert (answer.ok, answer.scheme) == (True, "cavage")


async def test_whoever_likes_neither_is_asked_twice_and_no_more(remote: Remote, harbour: Listener) -> None:
    harbour.says("/inbox", b"who are you?", status="401 Unauthorized")

    answer = await remote.post(f"{harbour.root}/inbox", b"{}", sign_as=ADA)

    assert (answer.ok, answer.permanent, answer.scheme, answer.reason) == (False, False, "cavage", "HTTP 401 who are you?")
    assert len(harbour.asked) == 2


@pytest.mark.parametrize(
    ("status", "gone", "permanent"),
    [
        ("410 Gone", True, True),
        ("404 Not Found", False, True),
        ("403 Forbidden", False, True),
        ("501 Not Implemented", False, True),
        ("401 Unauthorized", False, False),
        ("408 Timeout", False, False),
        ("429 Too Many", False, False),
        ("500 Oh", False, False),
        ("503 Busy", False, False),
    ],
)
async def test_an_answer_says_whether_to_try_again(remote: Remote, harbour: Listener, status: str, gone: bool, permanent: bool) -> None:
    harbour.says("/inbox", b"", status=status)

    answer = await remote.post(f"{harbour.root}/inbox", b"{}", sign_as=ADA)

    assert (answer.ok, answer.gone, answer.permanent) == (False, gone, permanent)


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        ("90", 90),
        ("Wed, 21 Oct 2015 07:28:00 GMT", 0),
        ("Wed, 21 Oct 2099 07:28:00 GMT", 7 * 86400),
        ("99999999999", 7 * 86400),
        ("soon", None),
        ("", None),
    ],
)
async def test_an_answer_says_when(remote: Remote, harbour: Listener, said: str, seconds: int | None) -> None:
    harbour.says("/inbox", b"", status="503 Busy", more=f"Retry-After: {said}\r\n")

    assert (await remote.post(f"{harbour.root}/inbox", b"{}", sign_as=ADA)).retry_after == seconds


async def test_a_signed_post_is_never_redirected(remote: Remote, harbour: Listener) -> None:
    async with listening() as other:
        other.says("/inbox", b"", status="202 Accepted")
        for status in ("301 Moved", "302 Found", "307 Temporary Redirect", "308 Permanent Redirect"):
            harbour.redirects("/inbox", f"{other.root}/inbox", status)
            answer = await remote.post(f"{harbour.root}/inbox", b"{}", sign_as=ADA)
            assert (answer.ok, answer.permanent) == (False, False)

        assert other.connections == 0


async def test_nobody_there_is_an_answer_too(remote: Remote, free_port: int) -> None:
    answer = await remote.post(f"http://127.0.0.1:{free_port}/inbox", b"{}", sign_as=ADA)

    assert (answer.status, answer.ok, answer.permanent) == (0, False, False)
    assert answer.reason


async def test_a_long_answer_is_not_read_to_its_end(remote: Remote, harbour: Listener) -> None:
    harbour.says("/inbox", b"x" * 900_000, status="202 Accepted")

    async with asyncio.timeout(5):
        assert (await remote.post(f"{harbour.root}/inbox", b"{}", sign_as=ADA)).ok


async def test_a_deadline_ends_a_knock(remote: Remote, harbour: Listener, monkeypatch: pytest.MonkeyPatch) -> None:
    async def silent(writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(5)

    monkeypatch.setattr(client, "TOTAL_SECONDS", 0.3)
    harbour.replies["/inbox"] = silent

    async with asyncio.timeout(3):
        answer = await remote.post(f"{harbour.root}/inbox", b"{}", sign_as=ADA)
    assert (answer.status, answer.permanent) == (0, False)
