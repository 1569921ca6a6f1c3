"""The rules that others learned the hard way, each with the attack that taught it (interop 7): 13 to 24, and replays."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update

from community import text
from community.database import table_of
from community.people import actors, follows
from community.people.actors import Actor, ActorState
from community.people.blocks import Block
from community.people.follows import Follow, FollowState
from community.posts.pictures import Picture
from community.posts.post import Audience, Post, Reaction, Standing
from federation import outbox, tidying
from federation.handlers import table
from federation.received import LONGEST_LIFE, SKEW
from federation.recently import Replay
from federation.tables import Delivery, InboxMessage
from moderation import domains, reports
from moderation.tables import Case, Report
from tests.federation.attacks import count, knock, listen_to, look, signed, strange_posts, tell
from tests.federation.test_media import bomb, photo, picture, says, shows
from tests.federation.test_quotes import asks
from tests.remote_server import remote_server
from tests.server.client import browser
from tests.server.test_accounts import PASSWORD, set_password
from tests.stories.test_a_review_travels import write_review
from tests.world import town


def beginnings(folder: Path) -> list[tuple[str, bytes]]:
    """The names of all files, and how they begin."""
    return [(file.name, file.read_bytes()[:200]) for file in folder.rglob("*") if file.is_file()]


async def test_rule_13_a_picture_is_made_anew_or_not_kept_and_its_name_is_ours(tmp_path: Path) -> None:
    async with town(tmp_path) as here, remote_server() as harbour:
        svg = b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>'
        pictures = [
            shows(harbour, "..%2F..%2Fevil.html", photo()),
            shows(harbour, "a.svg", svg, "image/svg+xml"),
            shows(harbour, "b.jpg", svg),
            shows(harbour, "c.jpg", b"<script>alert(1)</script>" + photo()),
            shows(harbour, "d.png", bomb(60_000, 60_000), "image/png"),
        ]
        for url in pictures:
            await says(here, harbour, picture(url))

        async with here.database.snapshot() as session:
            kept = [row.content for row in await session.scalars(select(Picture)) if row.content]
        assert len(kept) <= 1 and all(name.isalnum() for name in kept)
    assert not [name for name, head in await asyncio.to_thread(beginnings, tmp_path) if "evil" in name or b"<svg" in head]


async def test_rule_14_only_who_was_asked_can_say_yes_and_only_a_yes_of_ours_opens(tmp_path: Path) -> None:
    async with town(tmp_path) as here, remote_server() as harbour:
        await here.book()
        ada = (await here.person("ada")).actor
        for name in ("cleo", "mallory"):
            await tell(here, harbour, harbour.activity("Like", name, here.library.uris.discussion(1)))
        asked = here.library.uris.activity("follow", "one")
        async with here.database.transaction() as session:
            cleo = await actors.by_uri(session, harbour.actor("cleo"))
            assert cleo is not None
            await follows.ask(session, await session.get_one(Actor, ada.id), cleo, asked)
        whole = {"type": "Follow", "id": asked, "actor": ada.uri, "object": harbour.actor("cleo")}
        invented = {"type": "Follow", "id": f"{here.root}/x", "actor": ada.uri, "object": harbour.actor("mallory")}
        for target in (asked, whole, invented, ada.uri):
            assert await tell(here, harbour, harbour.activity("Accept", "mallory", target)) == "left: we did not ask for that"
        async with here.database.snapshot() as session:
            assert (await session.scalars(select(Follow.state))).all() == [FollowState.asked]

        uri = await write_review(here, "ada", 1, "Only for those who follow me.")
        async with here.database.transaction() as session:
            (await session.get_one(Actor, ada.id)).manually_approves = True
            await session.execute(update(table_of(Post)).where(table_of(Post).c.uri == uri).values(audience=Audience.followers))
        assert (await tell(here, harbour, harbour.activity("Follow", "mallory", ada.uri))).startswith("asked: ")
        assert (await look(uri, harbour, "mallory"))[0] == 404


@pytest.mark.parametrize("author", ["1", "library", "ours", "both", "none", "object"])
async def test_rule_15_nobody_becomes_one_of_ours_by_saying_so(tmp_path: Path, author: str) -> None:
    async with town(tmp_path) as here, remote_server() as harbour:
        await here.book()
        me, ours = harbour.actor("mallory"), here.library.uris.library
        named: Any = {
            "1": "1", "library": "library", "ours": ours, "both": [ours, me], "none": None, "object": {"id": ours, "type": "Person"},
        }[author]  # fmt: skip
        note = harbour.note("mallory", "<p>We close for ever.</p>", inReplyTo=here.library.uris.discussion(1)) | {"attributedTo": named}

        await tell(here, harbour, harbour.activity("Create", "mallory", note))
        for forged in (
            harbour.activity("Create", "mallory", note) | {"actor": ours, "id": f"{here.root}/ap/activities/create/1"},
            harbour.activity(
                "Update", "mallory", {"id": ours, "type": "Organization", "preferredUsername": "library", "inbox": f"{ours}/inbox"}
            ),
            harbour.activity("Create", "mallory", note | {"id": f"{here.root}/ap/notes/new"}),
        ):
            assert await tell(here, harbour, forged, name="mallory") == "401"

        async with here.database.snapshot() as session:
            query = select(Post.uri).join(Actor, Actor.id == Post.author_id).where(Actor.domain.is_(None), Post.kind != "discussion")
            assert (await session.scalars(query)).all() == []
            library = await actors.by_uri(session, ours)
        assert library is not None and library.is_local
        assert set(await strange_posts(here)) <= ({note["id"]} if author == "both" else set())


@pytest.mark.parametrize("how", ["suspended", "refused"])
async def test_rule_16_who_is_not_welcome_comes_in_by_nobodys_hand(tmp_path: Path, how: str) -> None:
    async with town(tmp_path) as here, remote_server() as harbour, remote_server() as evil:
        await here.book()
        discussion = here.library.uris.discussion(1)
        await tell(here, harbour, harbour.activity("Like", "dora", discussion))
        await tell(here, evil, evil.activity("Like", "mallory", discussion))
        await listen_to(here, harbour.actor("dora"))
        note = evil.note("mallory", "<p>Me again</p>", inReplyTo=discussion, type="Review", inReplyToBook=here.library.uris.work(1))
        async with here.database.transaction() as session:
            if how == "suspended":
                mallory = await actors.by_uri(session, evil.actor("mallory"))
                assert mallory is not None
                mallory.state = ActorState.suspended
            else:
                host = evil.root.removeprefix("http://")
                await domains.refuse(session, host, "spam", who="ben", own_domain=here.library.settings.domain)

        create = evil.activity("Create", "mallory", note)
        await tell(here, harbour, harbour.activity("Announce", "dora", note["id"]))
        await tell(here, harbour, harbour.activity("Announce", "dora", note))
        await tell(here, harbour, harbour.activity("Announce", "dora", create))
        harbour.actors["dora"]["alsoKnownAs"] = [evil.actor("mallory")]
        move = harbour.activity("Move", "dora", harbour.actor("dora")) | {"target": evil.actor("mallory")}
        await tell(here, harbour, move)
        await tell(here, evil, create)

        assert await strange_posts(here) == {}
        async with here.database.snapshot() as session:
            followed = select(Actor.uri).join(Follow, Follow.followed_id == Actor.id).where(Actor.domain.is_not(None))
            assert (await session.scalars(followed)).all() == [harbour.actor("dora")]


async def test_rule_17_an_answer_for_one_reader_is_kept_for_no_other_and_no_shows_nothing(tmp_path: Path) -> None:
    async with town(tmp_path) as here, remote_server() as harbour:
        await here.book()
        ada = (await here.person("ada")).actor
        public, private = [await write_review(here, "ada", 1, words) for words in ("Open.", "Closed.")]
        async with here.database.transaction() as session:
            await session.execute(update(table_of(Post)).where(table_of(Post).c.uri == private).values(audience=Audience.followers))

        _, _, open_headers = await look(public)
        _, _, signed_headers = await look(public, harbour)
        assert {"Accept", "Signature"} <= set(open_headers["Vary"].replace(" ", "").split(","))
        assert signed_headers["Cache-Control"].startswith("private")
        await tell(here, harbour, harbour.activity("Like", "cleo", public))
        async with here.database.transaction() as session:
            cleo = await actors.by_uri(session, harbour.actor("cleo"))
            assert cleo is not None
            session.add(Block(blocker_id=ada.id, blocked_id=cleo.id, uri="https://x.example/1"))
        answers = [await look(uri, harbour) for uri in (public, private, here.library.uris.note("nothing"))]
        assert {(status, body, headers.get("Cache-Control")) for status, body, headers in answers} == {(*answers[2][:2], "no-store")}
        assert answers[0][0] == 404


async def test_rule_18_a_claim_about_two_holds_when_both_say_it(tmp_path: Path) -> None:
    async with town(tmp_path) as here, remote_server() as harbour, remote_server() as evil:
        await here.book()
        await here.person("ada")
        review = await write_review(here, "ada", 1, "Convinced.")
        await tell(here, harbour, harbour.activity("Like", "cleo", review))
        target = evil.actor("mallory", alsoKnownAs=[evil.actor("somebody")])

        move = harbour.activity("Move", "cleo", harbour.actor("cleo")) | {"target": target}
        assert await tell(here, harbour, move) == "left: the new account does not say that it is theirs"
        thief = harbour.actor("mallory", alsoKnownAs=[harbour.actor("cleo")])
        other = harbour.activity("Move", "mallory", harbour.actor("cleo")) | {"target": thief}
        assert (await tell(here, harbour, other)).startswith("left: only an account itself")
        assert await asks(harbour, here, review, instrument=evil.note("mallory", "<p>x</p>")["id"]) == {}  # her own posts only
        assert (await asks(harbour, here, review))["type"] == "Accept"


async def test_rule_19_no_way_out_to_strangers_and_no_endless_tries(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reports, "PER_HOST", 3)
    async with town(tmp_path) as here, browser(here) as ada, browser(here) as cleo, remote_server() as harbour:
        await here.book()
        await set_password(here, await here.person("ada"))
        for where in ("https://evil.example/", "//evil.example/", "/\\evil.example", "javascript:alert(1)", "\t//evil.example"):
            assert (await ada.send("/sign-in", who="ada", password=PASSWORD, next=where)).onward == "/"
            await ada.send("/sign-out", "/me/settings")
        token = (await cleo.get("/sign-in")).token
        tries = [(await cleo.post("/sign-in", {"csrf": token, "who": "ada", "password": f"guess {n}"})).status for n in range(10)]
        assert tries[-1] == 429

        posts = [await write_review(here, "ada", 1, f"Convinced {n}.") for n in range(6)]
        for n, uri in enumerate(posts):
            await tell(here, harbour, harbour.activity("Flag", f"cleo{n}", uri, content=f"I do not like it {n}"))
        assert await count(here, Report) == 3


def test_rule_20_what_a_stranger_writes_is_read_in_a_time_that_grows_no_faster_than_it_does() -> None:
    # Before, the first took minutes and the third grew to gigabytes: here the time limit of all tests would end them.
    for mark in ("<", "<h1", "<br ", "&#", "</p", "<a href="):
        assert len(text.plain(mark * (1_000_000 // len(mark)))) <= 1_000_000
        assert len(text.safe_html(mark * (1_000_000 // len(mark)))) <= 1_000_000
    for number_of in ("<b id={}><p>", "<i lang=x{}><p>", "<b/id={}><p>x", "<font size={}><li>", "<a id={}><p>"):
        strange = "".join(number_of.format(n) for n in range(8000))
        assert len(text.safe_html(strange)) <= 5 * len(strange)
    assert text.safe_html('<p><em lang="fr">Oui</em></p>') == '<p><em lang="fr">Oui</em></p>'


def test_rule_20_what_is_remembered_of_each_server_is_bounded() -> None:
    replay = Replay(most=50)
    for number in range(500):
        assert replay.is_new(f"signature {number}".encode(), until=4e9)
    assert len(replay._seen) <= 50
    assert table.MOST_SERVERS * table.MOST_TYPES <= 100_000


async def test_rule_21_a_review_counts_as_its_own_server_tells_it(tmp_path: Path) -> None:
    async with town(tmp_path) as here, remote_server() as harbour, remote_server() as relay:
        await here.book()
        work = here.library.uris.work(1)
        await tell(here, relay, relay.activity("Like", "partner", here.library.uris.discussion(1)))
        await listen_to(here, relay.actor("partner"))
        true = harbour.note("ada", "<p>Good.</p>", type="Review", inReplyToBook=work, rating=4)
        false = true | {"content": "<p>Bad.</p>", "rating": 1}
        invented = false | {"id": f"{harbour.root}/users/ada/statuses/invented"}

        await tell(here, relay, relay.activity("Announce", "partner", false))
        await tell(here, relay, relay.activity("Announce", "partner", invented))
        await tell(here, relay, relay.activity("Announce", "partner", harbour.activity("Create", "ada", invented)))

        assert await strange_posts(here) == {true["id"]: "<p>Good.</p>"}


async def test_rule_21_what_a_group_passes_on_is_read_at_its_own_address(tmp_path: Path) -> None:
    async with town(tmp_path) as here, remote_server() as harbour, remote_server() as lemmy:
        await here.book()
        group = lemmy.actor("books", type="Group")
        await tell(here, lemmy, lemmy.activity("Like", "books", here.library.uris.discussion(1)))
        await listen_to(here, group)
        note = harbour.note("ada", "<p>Good.</p>", type="Page", inReplyToBook=here.library.uris.work(1))
        create = harbour.activity("Create", "ada", note | {"content": "<p>Bad.</p>"})

        said = await tell(here, lemmy, lemmy.activity("Announce", "books", create))

        assert said == "kept as comment; kept a boost"
        assert await strange_posts(here) == {note["id"]: "<p>Good.</p>"}


async def test_rule_22_farewells_of_strangers_cost_nothing(tmp_path: Path) -> None:
    async with town(tmp_path) as here, remote_server() as harbour:
        for number in range(20):
            uri = f"{harbour.root}/users/gone{number}"
            body = json.dumps({"id": f"{uri}#delete", "type": "Delete", "actor": uri, "object": uri}).encode()
            assert await knock(here, body, signed(here, harbour, body, "somebody", f"{uri}#main-key")) == 202
        await here.settle()

        assert harbour.asked == []
        assert await count(here, InboxMessage) == 0


async def test_rule_23_reports_hide_nothing_run_nothing_and_name_nobody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reports, "PER_HOST", 5)
    async with town(tmp_path) as here, remote_server() as harbour:
        await here.book()
        await here.person("ada")
        uri = await write_review(here, "ada", 1, "Convinced.")
        for number in range(9):
            words = f"<script>alert({number})</script><b>Bad</b> {number}"
            await tell(here, harbour, harbour.activity("Flag", f"cleo{number}", [here.library.uris.actor("ada"), uri], content=words))

        async with here.database.snapshot() as session:
            assert (await session.scalars(select(Post.standing).where(Post.uri == uri))).one() is Standing.shown
            reasons = (await session.scalars(select(Report.reason))).all()
        assert await count(here, Case) == 1
        assert 0 < len(reasons) <= 5 and not any("<" in reason for reason in reasons)
        cleo = await here.actor(harbour.actor("cleo0"))
        assert cleo is not None
        async with here.database.transaction() as session:
            await outbox.flag(session, here.library, cleo, [], "Spam")
        await here.settle()
        flag = harbour.received[-1]
        assert (flag["type"], flag["actor"], flag["object"]) == ("Flag", here.library.uris.instance, [cleo.uri])
        assert "ada" not in json.dumps(flag)


async def test_rule_24_a_reader_is_quiet_until_they_speak_and_gone_when_they_go(tmp_path: Path) -> None:
    async with town(tmp_path) as here, remote_server() as harbour, browser(here) as ada:
        await here.book()
        account = await here.person("ada")
        uri = account.actor.uri
        await tell(here, harbour, harbour.activity("Follow", "cleo", uri))
        harbour.received.clear()
        profile = json.loads((await look(uri))[1])
        assert (profile["discoverable"], profile["indexable"]) == (False, False)
        assert "mail.example" not in json.dumps(profile)
        assert json.loads((await look(f"{uri}/outbox"))[1])["totalItems"] == 0

        await ada.sign_in(account)
        await ada.get("/catalog/works/1")  # to look something up is nobody's business
        before = await count(here, Delivery)
        await ada.get("/search?q=whale")
        await here.settle()
        assert harbour.received == [] and await count(here, Delivery) == before

        await write_review(here, "ada", 1, "Convinced.")
        await here.settle()
        page = await ada.send("/me/delete", "/me/settings", username="ada")
        await here.settle()
        assert page.status == 303
        assert [wire["object"] for wire in harbour.received if wire["type"] == "Delete"][-1] == uri
        assert (await look(uri))[0] == 410


async def test_the_rule_of_replays_the_same_request_twice_and_the_same_id_with_other_words(tmp_path: Path) -> None:
    async with town(tmp_path) as here, remote_server() as harbour:
        await here.book()
        discussion = here.library.uris.discussion(1)
        note = harbour.note("cleo", "<p>Once</p>", inReplyTo=discussion)
        create = harbour.activity("Create", "cleo", note)
        body = json.dumps(create).encode()
        headers = signed(here, harbour, body, "cleo")
        assert [await knock(here, body, headers) for _ in range(3)] == [202, 202, 202]  # heard already: no news, and no clue
        await here.settle()
        assert await harbour.says(here, create) == 202  # told again honestly: kept once
        assert await harbour.says(here, create | {"object": note | {"content": "<p>Twice</p>"}}) == 400
        await here.settle()
        assert await strange_posts(here) == {note["id"]: "<p>Once</p>"}
        assert await count(here, InboxMessage) == 1

        like = harbour.activity("Like", "cleo", discussion)
        body = json.dumps(like).encode()
        headers = signed(here, harbour, body, "cleo")
        assert await knock(here, body, headers) == 202
        await here.settle()
        await tell(here, harbour, harbour.activity("Undo", "cleo", like))
        await knock(here, body, headers)  # what was taken back does not come back by somebody's echo
        await here.settle()
        assert await count(here, Reaction) == 0
        assert tidying.REMEMBER_MESSAGES.total_seconds() > LONGEST_LIFE + SKEW


def test_every_rule_has_its_test() -> None:
    here = Path(__file__).parent
    written = "".join((here / name).read_text() for name in ("test_rules.py", "test_rules_of_trust.py"))

    assert [number for number in range(1, 25) if f"test_rule_{number:02}_" not in written] == []
