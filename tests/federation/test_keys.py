"""Keys at the door: kept, renewed when a signature fails, and never asked for in a flood."""

import asyncio

import base58
import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1
from cryptography.hazmat.primitives.asymmetric.ec import generate_private_key as generate_ec
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from federation.publickeys import UnusableKey, pem_of_multikey, public_key
from federation.received import KeyUnreachable
from federation.recently import MOST_FAILURES, MOST_KEYS, Fetches
from federation.signatures import Forged, verify
from tests.federation.letters import ADA, ADA_KEY, ROOT, Letter, cavage, ed25519_of, key_of, pem, rsa_of
from tests.federation.shelf import Shelf, come


async def knock(letter: Letter, shelf: Shelf, fetches: Fetches) -> str:
    return (await verify(letter.received(), shelf, ROOT, fetches=fetches)).owner


async def test_an_unknown_key_is_fetched_from_its_own_server() -> None:
    shelf = Shelf(there={ADA_KEY: key_of("ada", ADA_KEY)})

    assert (await come(cavage(), shelf)).owner == ADA
    assert shelf.fetched == [ADA_KEY]


async def test_a_kept_key_is_not_fetched() -> None:
    shelf = Shelf(key_of("ada", ADA_KEY))

    await come(cavage(), shelf)

    assert shelf.fetched == []


async def test_a_key_that_was_changed_is_fetched_once_more() -> None:
    shelf = Shelf(key_of("ada", ADA_KEY), there={ADA_KEY: key_of("ada's new one", ADA_KEY)})
    fetches = Fetches()

    assert await knock(cavage(private=rsa_of("ada's new one")), shelf, fetches) == ADA
    assert await knock(cavage(private=rsa_of("ada's new one")), shelf, fetches) == ADA
    assert shelf.fetched == [ADA_KEY]


async def test_a_flood_of_forgeries_fetches_the_key_once() -> None:
    shelf = Shelf(key_of("ada", ADA_KEY), there={ADA_KEY: key_of("ada", ADA_KEY)})
    fetches = Fetches()

    for _ in range(20):
        with pytest.raises(Forged):
            await knock(cavage(private=rsa_of("cleo")), shelf, fetches)

    assert shelf.fetched == [ADA_KEY]
    assert await knock(cavage(), shelf, fetches) == ADA


async def test_many_at_once_share_one_question() -> None:
    shelf = Shelf(there={ADA_KEY: key_of("ada", ADA_KEY)})
    fetches = Fetches()

    owners = await asyncio.gather(*(knock(cavage(), shelf, fetches) for _ in range(50)))

    assert owners == [ADA] * 50
    assert shelf.fetched == [ADA_KEY]


async def test_whoever_asks_first_and_leaves_does_not_hold_up_the_others() -> None:
    shelf = Shelf(there={ADA_KEY: key_of("ada", ADA_KEY)})
    fetches = Fetches()
    first = asyncio.create_task(knock(cavage(), shelf, fetches))
    await asyncio.sleep(0)
    second = asyncio.create_task(knock(cavage(), shelf, fetches))
    await asyncio.sleep(0)

    first.cancel()

    assert await second == ADA


async def test_a_silent_server_is_not_asked_again_at_once_and_the_sender_is_told_when() -> None:
    shelf = Shelf()
    fetches = Fetches()

    for _ in range(5):
        with pytest.raises(KeyUnreachable) as refusal:
            await knock(cavage(), shelf, fetches)
        assert refusal.value.retry_after == 77

    assert shelf.fetched == [ADA_KEY]


async def test_a_key_that_its_owner_does_not_list_is_refused_by_the_name_that_the_keyring_gave() -> None:
    shelf = Shelf(there={ADA_KEY: Forged("The actor does not list the key that signed this.")})
    fetches = Fetches()

    for _ in range(3):
        with pytest.raises(Forged, match="does not list"):
            await knock(cavage(), shelf, fetches)

    assert shelf.fetched == [ADA_KEY]


async def test_invented_keys_cannot_make_us_flood_a_server() -> None:
    shelf = Shelf()
    fetches = Fetches()

    for n in range(MOST_FAILURES * 3):
        with pytest.raises(KeyUnreachable):
            await knock(cavage(key_id=f"https://victim.example/{n}#key"), shelf, fetches)

    assert len(shelf.fetched) == MOST_FAILURES


async def test_the_memory_of_fetches_is_bounded() -> None:
    fetches = Fetches()
    shelf = Shelf()
    shelf.there = {f"https://s{n}.example/k": key_of("ada", f"https://s{n}.example/k") for n in range(3)}
    for n in range(MOST_KEYS + 10):
        fetches._keep(f"https://x{n}.example/k", key_of("ada", ADA_KEY), 60)

    assert len(fetches._outcomes) == MOST_KEYS
    assert (await fetches.fetch(shelf, "https://s1.example/k")).owner == "https://s1.example/k"
    fetches.clear()
    assert len(fetches._outcomes) == 0


def test_rsa_and_ed25519_keys_are_read() -> None:
    for private in (rsa_of("ada"), ed25519_of("ada")):
        assert public_key(pem(private)) == private.public_key()
        assert public_key(f"\n{pem(private)}\n\n") == private.public_key()
    pkcs1 = rsa_of("ada").public_key().public_bytes(Encoding.PEM, PublicFormat.PKCS1).decode()
    assert public_key(pkcs1) == rsa_of("ada").public_key()


def test_keys_that_are_too_short_too_odd_or_none_are_refused() -> None:
    short = pem(generate_private_key(65537, 1024))
    elliptic = generate_ec(SECP256R1()).public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    for text in (short, elliptic, "", "no key", pem(rsa_of("ada"))[:200], "x" * 100_000):
        with pytest.raises(UnusableKey):
            public_key(text)


def test_a_multikey_is_read() -> None:
    ed25519 = ed25519_of("ada").public_key()
    multikey = "z" + base58.b58encode(b"\xed\x01" + ed25519.public_bytes_raw()).decode()
    rsa = rsa_of("ada").public_key()
    rsa_multikey = "z" + base58.b58encode(b"\x85\x24" + rsa.public_bytes(Encoding.DER, PublicFormat.PKCS1)).decode()

    assert public_key(pem_of_multikey(multikey)) == ed25519
    assert public_key(pem_of_multikey(rsa_multikey)) == rsa
    for broken in ("", "u" + multikey, multikey[:20], "z0OIl", "z" + base58.b58encode(b"\x80\x24" + b"1" * 33).decode()):
        with pytest.raises(UnusableKey):
            pem_of_multikey(broken)
