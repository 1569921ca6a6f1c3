"""Moving from one account to another, in and out: only when both accounts say that they are one person's (FEP-7628)."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from community.people import follows
from community.people.accounts import Account
from community.people.actors import Actor, ActorState
from community.people.follows import Follow, FollowState
from federation.tables import InboxMessage
from moderation import domains
from server.actions import following
from tests.remote_server import RemoteServer, remote_server
from tests.server.client import Browser, browser
from tests.world import Town, town


async def follows_them(here: Town, harbour: RemoteServer, reader: Account, name: str) -> Actor:
    """A reader of ours follows somebody at harbour, who agrees."""
    harbour.actor(name)
    await harbour.says(here, harbour.activity("Like", name, here.library.uris.library))  # so that we know them
    await here.settle()
    followed = await here.actor(harbour.actor(name))
    assert followed is not None
    async with here.database.transaction() as session:
        follower = await session.get_one(Actor, reader.actor_id)
        them = await session.get_one(Actor, followed.id)
        await following.follow(session, here.library, follower, them)
        row = await follows.find(session, follower, them)
        assert row is not None
        follows.grant(row)
    await here.settle()
    harbour.received.clear()
    return followed


async def states(here: Town) -> dict[str, FollowState]:
    async with here.database.snapshot() as session:
        query = select(Actor.username, Follow.state).join(Follow, Follow.followed_id == Actor.id)
        return {name: state for name, state in await session.execute(query)}


async def outcome(here: Town) -> str:
    async with here.database.snapshot() as session:
        return await session.scalar(select(InboxMessage.why).order_by(InboxMessage.id.desc()).limit(1)) or ""


async def moves(harbour: RemoteServer, here: Town, old: str, target: str) -> str:
    move = {**harbour.activity("Move", old, harbour.actor(old)), "target": target}
    assert await harbour.says(here, move) == 202
    await here.settle()
    return await outcome(here)


async def test_whoever_followed_the_old_account_follows_the_new_one(tmp_path: Path) -> None:
    async with town(tmp_path) as here, remote_server() as harbour:
        await follows_them(here, harbour, await here.person("ada"), "cleo")
        new = harbour.actor("cleo2", alsoKnownAs=[harbour.actor("cleo")])

        said = await moves(harbour, here, "cleo", new)

        assert said == "moved, and 1 of ours follow the new account"
        assert await states(here) == {"cleo": FollowState.ended, "cleo2": FollowState.asked}
        assert [
            (wire["type"], wire["object"] if isinstance(wire["object"], str) else wire["object"]["type"]) for wire in harbour.received
        ] == [
            ("Undo", "Follow"),
            ("Follow", new),
        ]


async def test_told_twice_nothing_happens_twice(tmp_path: Path) -> None:
    async with town(tmp_path) as here, remote_server() as harbour:
        await follows_them(here, harbour, await here.person("ada"), "cleo")
        new = harbour.actor("cleo2", alsoKnownAs=[harbour.actor("cleo")])
        await moves(harbour, here, "cleo", new)
        count = len(harbour.received)

        assert await moves(harbour, here, "cleo", new) == "moved, and 0 of ours follow the new account"
        assert len(harbour.received) == count


@pytest.mark.parametrize("aliases", [[], ["https://elsewhere.example/users/cleo"]])
async def test_an_account_that_does_not_agree_gets_nobody(tmp_path: Path, aliases: list[str]) -> None:
    async with town(tmp_path) as here, remote_server() as harbour:
        await follows_them(here, harbour, await here.person("ada"), "cleo")
        new = harbour.actor("dora", alsoKnownAs=aliases)

        assert await moves(harbour, here, "cleo", new) == "left: the new account does not say that it is theirs"
        assert await states(here) == {"cleo": FollowState.granted}


async def test_nobody_moves_somebody_else(tmp_path: Path) -> None:
    async with town(tmp_path) as here, remote_server() as harbour:
        await follows_them(here, harbour, await here.person("ada"), "cleo")
        new = harbour.actor("dora", alsoKnownAs=[harbour.actor("cleo")])

        move = {**harbour.activity("Move", "dora", harbour.actor("cleo")), "target": new}
        assert await harbour.says(here, move) == 202
        await here.settle()

        assert await outcome(here) == "left: only an account itself can move, and to another one"
        assert await states(here) == {"cleo": FollowState.granted}


async def test_a_suspended_account_does_not_come_back_under_another_name(tmp_path: Path) -> None:
    async with town(tmp_path) as here, remote_server() as harbour:
        cleo = await follows_them(here, harbour, await here.person("ada"), "cleo")
        new = harbour.actor("cleo2", alsoKnownAs=[harbour.actor("cleo")])
        async with here.database.transaction() as session:
            (await session.get_one(Actor, cleo.id)).state = ActorState.suspended

        assert await moves(harbour, here, "cleo", new) == "left: its actor is suspended here"


async def test_nobody_moves_to_a_server_that_we_refuse(tmp_path: Path) -> None:
    async with town(tmp_path) as here, remote_server() as harbour, remote_server() as shoal:
        await follows_them(here, harbour, await here.person("ada"), "cleo")
        new = shoal.actor("cleo", alsoKnownAs=[harbour.actor("cleo")])
        async with here.database.transaction() as session:
            await domains.refuse(session, shoal.root.removeprefix("http://"), "spam", who="ben", own_domain=here.library.settings.domain)

        assert await moves(harbour, here, "cleo", new) == "left: the new account is not welcome here"


async def test_nobody_moves_again_within_a_week(tmp_path: Path) -> None:
    async with town(tmp_path) as here, remote_server() as harbour:
        cleo = await follows_them(here, harbour, await here.person("ada"), "cleo")
        await moves(harbour, here, "cleo", harbour.actor("cleo2", alsoKnownAs=[harbour.actor("cleo")]))
        third = harbour.actor("cleo3", alsoKnownAs=[harbour.actor("cleo")])

        assert await moves(harbour, here, "cleo", third) == "left: they moved only lately"
        async with here.database.transaction() as session:
            (await session.get_one(Actor, cleo.id)).moved_at = datetime.now(UTC) - timedelta(days=8)
        assert (await moves(harbour, here, "cleo", third)).startswith("moved")


async def page(hers: Browser, path: str, **fields: str) -> int:
    token = (await hers.get("/me/move")).token
    return (await hers.post(path, {"csrf": token, **fields})).status


async def test_a_reader_moves_away_with_everyone_who_follows_them(tmp_path: Path) -> None:
    async with town(tmp_path) as here, remote_server() as harbour:
        ada, dan = await here.person("ada"), await here.person("dan")
        uri = here.library.uris.actor("ada")
        await harbour.says(here, harbour.activity("Follow", "cleo", uri))
        await here.settle()
        async with here.database.transaction() as session:
            him, her = await session.get_one(Actor, dan.actor_id), await session.get_one(Actor, ada.actor_id)
            await following.follow(session, here.library, him, her)
        new = harbour.actor("ada")
        async with browser(here) as hers:
            await hers.sign_in(ada)
            assert await page(hers, "/me/move", target=new) == 422  # it does not say yet that it is hers
            harbour.actors["ada"]["alsoKnownAs"] = [uri]
            harbour.received.clear()

            assert await page(hers, "/me/move", target=new) == 303
            await here.settle()

            told = [wire for wire in harbour.received if wire["type"] == "Move"]
            assert [(wire["actor"], wire["object"], wire["target"]) for wire in told] == [(uri, uri, new)]
            assert [wire["object"] for wire in harbour.received if wire["type"] == "Follow"] == [new]  # Dan's
            document = await hers.get("/ap/actors/ada", headers={"Accept": "application/activity+json"})
            assert f'"movedTo":"{new}"' in document.text
            book = await here.book()
            form = await hers.get("/me/move")
            assert (await hers.post(f"/catalog/works/{book.id}/comment", {"csrf": form.token, "text": "Still here"})).status == 403

            assert await page(hers, "/me/move/undo") == 303
            assert await page(hers, "/me/move", target=new) == 422  # not to and fro


async def test_a_reader_says_which_account_they_had_and_is_followed_here(tmp_path: Path) -> None:
    async with town(tmp_path) as here, remote_server() as harbour:
        ada, dan = await here.person("ada"), await here.person("dan")
        old = harbour.actor("ada")
        async with browser(here) as hers:
            await hers.sign_in(ada)
            assert await page(hers, "/me/move/alias", alias=f"{harbour.root}/nobody") == 422
            assert await page(hers, "/me/move/alias", alias=old) == 303
            assert f"ada@{harbour.root.removeprefix('http://')}" in (await hers.get("/me/move")).text
        await follows_them(here, harbour, dan, "ada")

        said = await moves(harbour, here, "ada", here.library.uris.actor("ada"))

        assert said == "moved, and 1 of ours follow the new account"
        async with here.database.snapshot() as session:
            pairs = await session.execute(select(Actor.uri, Follow.state).join(Follow, Follow.followed_id == Actor.id))
            assert {uri: state for uri, state in pairs} == {old: FollowState.ended, here.library.uris.actor("ada"): FollowState.granted}
