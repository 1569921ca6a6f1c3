"""The door: who gets in, and by what name everybody else is turned away."""

import logging
from collections.abc import Callable
from time import time

import pytest

from community.errors import Refusal
from federation.signatures import Forged, Received, Replay, Replayed, Stale, Unsigned, claimed_key
from tests.federation.forgeries import CREATED, EXPIRES, FORGERIES, HOURS, OTHER_BODY, get, moment, rewritten, sent_to, swapped
from tests.federation.letters import (
    ADA,
    ADA_KEY,
    BODY,
    CLEO_KEY,
    COVERED,
    HOST,
    Letter,
    cavage,
    digest,
    digest_512,
    ed25519_of,
    http_date,
    key_of,
    rfc9421,
    rsa_of,
)
from tests.federation.shelf import Shelf, come, everybodys


@pytest.mark.parametrize(("letter", "name"), [pytest.param(letter, name, id=what) for what, letter, name in FORGERIES])
async def test_the_door_stays_shut(letter: Callable[[], Letter], name: type[Refusal]) -> None:
    with pytest.raises(Refusal) as refusal:
        await come(letter())

    assert type(refusal.value) is name
    assert refusal.value.status == (503 if name.__name__ == "KeyUnreachable" else 401)
    assert len(refusal.value.public) > 20


def test_the_table_is_long_enough() -> None:
    assert len(FORGERIES) >= 25
    assert len({what for what, _, _ in FORGERIES}) == len(FORGERIES)


@pytest.mark.parametrize(
    "letter",
    [
        pytest.param(lambda: cavage(), id="as Mastodon signs a POST"),
        pytest.param(lambda: cavage(get()), id="as Mastodon signs a GET"),
        pytest.param(lambda: cavage(get("/x?page=1&min_id=0")), id="a GET with a query"),
        pytest.param(lambda: cavage(algorithm="hs2019"), id="hs2019"),
        pytest.param(lambda: cavage(algorithm=None), id="no algorithm named"),
        pytest.param(lambda: cavage(algorithm="rsa-sha512"), id="a wrong name for the right algorithm"),
        pytest.param(lambda: cavage(between=" , "), id="spaces"),
        pytest.param(lambda: cavage(dated_minutes_ago(59)), id="a clock that is an hour late"),
        pytest.param(lambda: cavage(dated_minutes_ago(-59)), id="a clock that is an hour early"),
        pytest.param(lambda: cavage(covered=CREATED, created=moment(), algorithm="hs2019"), id="created instead of date"),
        pytest.param(lambda: cavage(covered=EXPIRES, created=moment(-11 * HOURS), expires=moment(60)), id="made to hold half a day"),
        pytest.param(lambda: cavage(covered=(*COVERED, "content-digest")), id="two digest headers"),
        pytest.param(lambda: cavage(covered=("(request-target)", "host", "date", "content-digest")), id="content-digest"),
        pytest.param(lambda: cavage(Letter(headers={"digest": f"{digest_512(BODY)}, {digest(BODY)}"})), id="two algorithms"),
        pytest.param(lambda: cavage(Letter(headers={"digest": digest(BODY).replace("SHA", "sha")})), id="a lower-case digest"),
        pytest.param(lambda: cavage(Letter(headers={"digest": f"MD5=x,{digest(BODY)}"})), id="a digest we do not know beside one we do"),
        pytest.param(lambda: cavage(Letter(host="Library.Example")), id="the host in other case"),
        pytest.param(lambda: cavage(Letter(host=f"{HOST}:443")), id="the host with its own port"),
        pytest.param(lambda: rfc9421(), id="9421: as Mastodon"),
        pytest.param(lambda: rfc9421(get("/x?page=1")), id="9421: a GET with a query"),
        pytest.param(lambda: rfc9421(more=';alg="rsa-v1_5-sha256"'), id="9421: the algorithm named"),
        pytest.param(lambda: rfc9421(components=("@method", "@authority", "@path", "content-digest")), id="9421: authority and path"),
        pytest.param(lambda: rfc9421(get("/x?p=1"), components=("@method", "@authority", "@path", "@query")), id="9421: and query"),
        pytest.param(lambda: rfc9421(get("/x?p=1"), components=("@method", "@authority", "@request-target")), id="9421: request target"),
        pytest.param(lambda: rfc9421(created=int(time()) - 11 * HOURS, more=f";expires={moment(60)}"), id="9421: half a day"),
    ],
)
async def test_ada_gets_in(letter: Callable[[], Letter]) -> None:
    key = await come(letter())

    assert (key.id, key.owner) == (ADA_KEY, ADA)


def dated_minutes_ago(minutes: float) -> Letter:
    return Letter(headers={"date": http_date(-minutes * 60)})


@pytest.mark.parametrize("sign", [cavage, rfc9421])
async def test_a_key_of_the_other_kind_gets_in_too(sign: Callable[..., Letter]) -> None:
    shelf = Shelf(key_of("ada", ADA_KEY, private=ed25519_of("ada")))

    assert (await come(sign(private=ed25519_of("ada")), shelf)).owner == ADA


async def test_the_key_says_who_it_was_and_nothing_else() -> None:
    assert (await come(cavage(private=rsa_of("cleo"), key_id=CLEO_KEY))).owner == CLEO_KEY.partition("#")[0]


async def test_the_demo_lives_at_http_and_a_port() -> None:
    letter = Letter(host="127.0.0.1:9101")

    assert (await come(cavage(letter), root="http://127.0.0.1:9101")).owner == ADA
    with pytest.raises(Forged, match="Host"):
        await come(cavage(Letter(host="127.0.0.1:9102")), root="http://127.0.0.1:9101")


# What a popular library lets in (docs/stack.md of the plan, V1 to V8), and we do not; and what it turns away without need.


async def test_v1_an_unsigned_digest_beside_a_signed_content_digest_vouches_for_nothing() -> None:
    letter = cavage(covered=("(request-target)", "host", "date", "content-digest"))

    with pytest.raises(Forged, match="digest"):
        await come(swapped(letter, digest=digest(OTHER_BODY)))


async def test_v2_a_signature_that_covers_nothing_or_is_from_2017_is_refused() -> None:
    with pytest.raises(Unsigned):
        await come(rfc9421(components=()))
    with pytest.raises(Unsigned):
        await come(rfc9421(components=("@authority",)))
    with pytest.raises(Stale):
        await come(rfc9421(created=1483444800))
    with pytest.raises(Forged):
        await come(swapped(rfc9421()))


async def test_v3_every_rfc_9421_request_is_judged_and_none_crashes() -> None:
    assert (await come(rfc9421())).owner == ADA
    for broken in (
        "",
        "sig1",
        "sig1=",
        "sig1=()",
        "sig1=();keyid=5",
        'sig1=("@method");created=99999999999999',
        "\xff",
        "sig1=:YQ==:",
        "a=(1 2)",
    ):
        with pytest.raises((Unsigned, Forged, Stale)):
            await come(rewritten(rfc9421(), signature_input=broken))


async def test_v4_what_mastodon_sends_by_rfc_9421_is_verified() -> None:
    assert (await come(rfc9421(components=("@method", "@target-uri", "content-digest")))).owner == ADA


async def test_v5_the_query_belongs_to_the_target() -> None:
    assert (await come(cavage(get("/x?page=1")))).owner == ADA
    path_only = cavage(get("/x"))
    with pytest.raises(Forged):
        await come(sent_to(path_only, target="/x?page=1"))


async def test_v6_what_was_signed_for_another_server_or_for_none_is_refused() -> None:
    with pytest.raises(Unsigned, match="host"):
        await come(cavage(covered=("(request-target)", "date", "digest")))
    with pytest.raises(Forged, match="Host"):
        await come(cavage(Letter(host="other.example")))


async def test_v7_the_usual_ways_of_writing_are_understood() -> None:
    assert await come(cavage(between=", "))
    assert await come(
        rewritten(unquoted := cavage(covered=CREATED, created=moment(), algorithm="hs2019"), signature=_unquote_created(unquoted))
    )
    assert await come(cavage(Letter(headers={"digest": f"{digest(BODY)},{digest_512(BODY)}"})))
    dateless = cavage(covered=CREATED, created=moment(), algorithm="hs2019")
    del dateless.headers["date"]
    assert await come(dateless)
    shouting = cavage()
    assert await come(
        rewritten(shouting, signature=shouting.value("signature").replace("host date", "Host Date").replace("keyId", "keyid"))
    )


def _unquote_created(letter: Letter) -> str:
    before, _, after = letter.value("signature").partition('created="')
    value, _, rest = after.partition('"')
    return f"{before}created={value}{rest}"


async def test_v8_no_header_of_a_refused_request_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    for _, letter, _ in FORGERIES:
        written = letter()
        written.headers |= {"authorization": "Bearer s3cret-of-ada", "cookie": "session=s3cret-of-ada"}
        with pytest.raises(Refusal) as refusal:
            await come(written)
        assert "s3cret" not in refusal.value.public + refusal.value.private
    assert "s3cret" not in caplog.text


# More than one signature


async def test_of_several_labels_the_first_with_a_key_counts() -> None:
    ours, proxy = rfc9421(), rfc9421(key_id="https://proxy.example/key", private=rsa_of("proxy"), label="proxy")
    letter = rewritten(
        ours,
        signature_input=f"{proxy.value('signature-input')}, {ours.value('signature-input')}",
        signature=f"{proxy.value('signature')}, {ours.value('signature')}",
    )

    assert (await come(letter)).owner == ADA


async def test_a_false_signature_is_not_excused_by_a_true_one_after_it() -> None:
    false, true = rfc9421(private=rsa_of("cleo")), rfc9421(key_id=CLEO_KEY, private=rsa_of("cleo"), label="sig2")
    letter = rewritten(
        false,
        signature_input=f"{false.value('signature-input')}, {true.value('signature-input')}",
        signature=f"{false.value('signature')}, {true.value('signature')}",
    )

    with pytest.raises(Forged):
        await come(letter)


async def test_many_labels_do_not_make_us_ask_many_servers() -> None:
    shelf = everybodys()
    strangers = [rfc9421(key_id=f"https://s{n}.example/key", label=f"s{n}") for n in range(20)]
    letter = rewritten(
        strangers[0],
        signature_input=", ".join(stranger.value("signature-input") for stranger in strangers),
        signature=", ".join(stranger.value("signature") for stranger in strangers),
    )

    with pytest.raises(Refusal):
        await come(letter, shelf)
    assert len(shelf.fetched) <= 3


# Told twice


async def test_exactly_the_same_request_is_refused_the_second_time() -> None:
    replay = Replay()
    letter = cavage()

    await come(letter, replay=replay)
    with pytest.raises(Replayed):
        await come(letter, replay=replay)
    assert issubclass(Replayed, Stale)


async def test_a_forgery_does_not_use_up_the_true_request() -> None:
    replay = Replay()
    letter = cavage()

    with pytest.raises(Forged):
        await come(swapped(cavage(), OTHER_BODY), replay=replay)
    assert await come(letter, replay=replay)


async def test_the_memory_of_replays_is_bounded_and_forgets_what_is_stale() -> None:
    replay = Replay(most=10)
    for n in range(50):
        assert replay.is_new(b"%d" % n, time() + 60)
    assert len(replay._seen) == 10
    assert not replay.is_new(b"49", time() + 60)

    short = Replay()
    assert short.is_new(b"old", time() - 1)
    assert len(short._seen) == 0


# What a request claims


def test_the_claimed_key_is_read_without_belief() -> None:
    assert claimed_key(cavage().received()) == ADA_KEY
    assert claimed_key(rfc9421().received()) == ADA_KEY
    assert claimed_key(Letter().received()) is None
    assert claimed_key(rewritten(cavage(), signature="Bearer x").received()) is None
    assert claimed_key(rewritten(rfc9421(), signature_input="((").received()) is None


def test_a_request_is_taken_from_asgi_as_it_was_sent() -> None:
    scope = {
        "method": "POST",
        "path": "/ä b",
        "raw_path": b"/%C3%A4%20b",
        "query_string": b"a=%2F&b",
        "headers": [(b"host", HOST.encode()), (b"x", b"1")],
    }

    request = Received.of(scope, BODY)

    assert (request.method, request.target, request.host, request.body) == ("POST", "/%C3%A4%20b?a=%2F&b", HOST, BODY)
    assert request.headers == [(b"host", HOST.encode()), (b"x", b"1")]


async def test_a_request_with_bytes_that_no_header_should_have_is_refused_and_crashes_nothing() -> None:
    for name in ("date", "digest", "signature", "content-type"):
        letter = cavage()
        request = letter.received()
        raw = [(key, b"\xff\xfe" if key == name.encode() else value) for key, value in request.headers]
        with pytest.raises((Unsigned, Forged)):
            await come(Received(request.method, request.target, request.host, raw, request.body))
    with pytest.raises(Forged):
        await come(sent_to(cavage(), target="/★"))
    with pytest.raises(Forged):
        await come(sent_to(cavage(), host="library.example★"))
