"""Integrity proofs: ours hold everywhere, others' let words be brought by anybody, and none is bent (FEP-8b32, FEP-521a)."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from sqlalchemy import select, update

from community.clock import now
from community.database import table_of
from community.people.actors import Actor, ActorKey
from community.posts.post import Post, Reaction
from federation import keys, proofs, publickeys, residents
from federation.proofs import BadProof
from federation.tables import Outgoing
from tests.remote_server import RemoteServer, Wire, remote_server
from tests.stories.test_a_review_travels import write_review
from tests.world import Town, town

PEM, MULTIBASE = keys.new_proof_pair()
KEY = keys.proof_key(PEM)
PUBLIC_KEY = KEY.public_key()
WIRE: Wire = {
    "@context": "https://www.w3.org/ns/activitystreams",
    "id": "https://harbour.example/1",
    "type": "Like",
    "actor": "https://harbour.example/cleo",
    "object": "https://library.example/1",
    "value": 4.50,
}


def signed(wire: Wire = WIRE, key_id: str = "https://harbour.example/cleo#key") -> Wire:
    return proofs.sign(wire, key_id, KEY, now())


def cleo(harbour: RemoteServer) -> str:
    """Cleo's actor lists a key for proofs."""
    uri = harbour.actor("cleo")
    entry = {"id": f"{uri}#ed25519-key", "type": "Multikey", "controller": uri, "publicKeyMultibase": MULTIBASE}
    harbour.actors["cleo"]["assertionMethod"] = [entry]
    return uri


async def brings(harbour: RemoteServer, here: Town, wire: Wire, name: str) -> int:
    """Somebody brings an activity that may be another's."""
    return await harbour.sends(here.library.uris.shared_inbox, json.dumps(wire).encode(), name)


def test_a_proof_holds_for_what_was_signed_however_it_is_written() -> None:
    wire = signed()
    shuffled = json.loads(json.dumps({name: wire[name] for name in reversed(wire)}).replace("4.5", "4.50"))

    proofs.check(shuffled, PUBLIC_KEY)
    assert proofs.method(shuffled) == "https://harbour.example/cleo#key"


@pytest.mark.parametrize(
    "bend",
    [
        lambda wire: wire | {"object": "https://library.example/2"},
        lambda wire: wire | {"more": 1},
        lambda wire: {name: value for name, value in wire.items() if name != "object"},
        lambda wire: wire | {"@context": ["https://evil.example"]},
        lambda wire: wire | {"proof": wire["proof"] | {"proofPurpose": "authentication"}},
        lambda wire: wire | {"proof": wire["proof"] | {"created": "2999-01-01T00:00:00Z"}},
        lambda wire: wire | {"proof": wire["proof"] | {"created": None}},
        lambda wire: wire | {"proof": wire["proof"] | {"expires": "2001-01-01T00:00:00Z"}},
        lambda wire: wire | {"proof": wire["proof"] | {"proofValue": "z" + "1" * 88}},
        lambda wire: wire | {"proof": wire["proof"] | {"proofValue": "u" + wire["proof"]["proofValue"][1:]}},
        lambda wire: wire | {"proof": wire["proof"] | {"proofValue": "z" + "1" * 10_000}},
        lambda wire: wire | {"proof": wire["proof"] | {"proofValue": None}},
        lambda wire: wire | {"proof": wire["proof"] | {"verificationMethod": "https://harbour.example/dora#key"}},
        lambda wire: wire | {"number": 2**60},
    ],
)
def test_no_bent_document_or_proof_holds(bend: Any) -> None:
    with pytest.raises(BadProof):
        proofs.check(bend(signed()), PUBLIC_KEY)


def test_another_key_and_an_old_proof() -> None:
    other = keys.proof_key(keys.new_proof_pair()[0]).public_key()
    with pytest.raises(BadProof):
        proofs.check(signed(), other)
    proofs.check(proofs.sign(WIRE, "https://harbour.example/cleo#key", KEY, now() - timedelta(days=900)), PUBLIC_KEY)


@pytest.mark.parametrize(
    "proof", [None, [], "x", {}, {"type": "DataIntegrityProof", "cryptosuite": "ecdsa-jcs-2019", "verificationMethod": "x"}]
)
def test_what_is_no_proof_of_a_kind_that_we_read_is_none(proof: Any) -> None:
    assert proofs.method({**WIRE, "proof": proof}) is None


async def test_what_we_say_to_everyone_is_proven_with_the_key_that_our_actor_lists(tmp_path: Path) -> None:
    async with town(tmp_path) as here, remote_server() as harbour:
        await here.person("ada")
        await harbour.says(here, harbour.activity("Follow", "cleo", here.library.uris.actor("ada")))
        await here.settle()
        await write_review(here, "ada", (await here.book()).id, "Convinced.")
        await here.settle()

        accept, create = harbour.received
        async with here.database.snapshot() as session:
            ada = (await session.scalars(select(Actor).where(Actor.username == "ada"))).one()
            assert len((await session.scalars(select(Outgoing).where(Outgoing.kind == "Create"))).all()) == 1
        key = publickeys.public_key(publickeys.pem_of_multikey(ada.multikey or ""))
        assert isinstance(key, Ed25519PublicKey)
        assert create["proof"]["verificationMethod"] == f"{ada.uri}#ed25519-key"
        proofs.check(create, key)
        assert "proof" not in accept  # said to one


async def test_one_library_believes_anothers_proof_whoever_brings_it(tmp_path: Path) -> None:
    async with town(tmp_path / "a") as nantucket, town(tmp_path / "b") as harbour, remote_server() as carrier:
        book = await nantucket.book()
        await harbour.book()
        await harbour.person("ada")
        await carrier.says(harbour, carrier.activity("Follow", "relay", harbour.library.uris.actor("ada")))
        await harbour.settle()
        uri = await write_review(harbour, "ada", 1, "Convinced.")
        await harbour.settle()
        create = carrier.received[-1]

        assert await brings(carrier, nantucket, create | {"to": []}, "relay") == 401
        assert await brings(carrier, nantucket, create, "relay") == 202
        await nantucket.settle()

        async with nantucket.database.snapshot() as session:
            kept = (await session.scalars(select(Post).where(Post.uri == uri))).one()
        assert kept.about_id == book.id


async def test_a_forwarded_activity_counts_only_with_a_proof_of_its_actor(tmp_path: Path) -> None:
    async with town(tmp_path) as here, remote_server() as harbour, remote_server() as shoal:
        uri = cleo(harbour)
        like = harbour.activity("Like", "cleo", here.library.uris.discussion((await here.book()).id))

        assert await brings(shoal, here, like, "relay") == 401
        assert await brings(shoal, here, proofs.sign(like, f"{uri}#other-key", KEY, now()), "relay") == 401
        stolen = {**like, "actor": harbour.actor("dora")}
        assert await brings(shoal, here, proofs.sign(stolen, f"{uri}#ed25519-key", KEY, now()), "relay") == 401
        proven = proofs.sign(like, f"{uri}#ed25519-key", KEY, now())
        assert await brings(shoal, here, {**proven, "object": "https://x.example"}, "relay") == 401
        assert await brings(shoal, here, proven, "relay") == 202


async def test_what_was_taken_back_is_not_said_again_by_a_stranger(tmp_path: Path) -> None:
    async with town(tmp_path) as here, remote_server() as harbour, remote_server() as shoal:
        uri = cleo(harbour)
        work = await here.book()
        like = harbour.activity("Like", "cleo", here.library.uris.discussion(work.id))
        proven = proofs.sign(like, f"{uri}#ed25519-key", KEY, now())

        async def likes() -> int:
            await here.settle()
            async with here.database.snapshot() as session:
                return len((await session.scalars(select(Reaction))).all())

        assert await brings(harbour, here, proven, "cleo") == 202
        assert await likes() == 1
        assert await harbour.says(here, harbour.activity("Undo", "cleo", like)) == 202
        assert await likes() == 0

        for name in ("relay", "other"):
            assert await brings(shoal, here, proven, name) == 202
            assert await likes() == 0
        old = proofs.sign({**like, "id": f"{like['id']}-old"}, f"{uri}#ed25519-key", KEY, now() - timedelta(days=4))
        nameless = proofs.sign({name: one for name, one in like.items() if name != "id"}, f"{uri}#ed25519-key", KEY, now())
        for wire in (old, nameless):
            assert await brings(shoal, here, wire, "relay") == 401


async def test_a_key_that_somebody_else_controls_is_nobodys(tmp_path: Path) -> None:
    async with town(tmp_path) as here, remote_server() as harbour, remote_server() as shoal:
        uri = cleo(harbour)
        harbour.actors["cleo"]["assertionMethod"][0]["controller"] = shoal.actor("eve")
        like = harbour.activity("Like", "cleo", here.library.uris.discussion((await here.book()).id))

        assert await brings(shoal, here, proofs.sign(like, f"{uri}#ed25519-key", KEY, now()), "relay") == 401


async def test_who_was_here_before_gets_a_key(tmp_path: Path) -> None:
    async with town(tmp_path) as here:
        await here.person("ada")
        async with here.database.transaction() as session:
            await session.execute(update(table_of(ActorKey)).values(proof_key=None))
            await session.execute(update(table_of(Actor)).values(multikey=None))

        await residents.give_proof_keys(here.library, most=2)

        async with here.database.snapshot() as session:
            assert None not in set(await session.scalars(select(Actor.multikey).where(Actor.domain.is_(None))))
            assert None not in set(await session.scalars(select(ActorKey.proof_key)))
