"""Quotations on other servers: asked for, granted, refused, looked up, taken back (FEP-044f)."""

from pathlib import Path
from typing import Any

import aiohttp

from community.people.accounts import Account
from community.people.actors import Actor, ActorState
from community.people.blocks import Block
from community.posts.kinds import Review
from community.posts.post import Post
from moderation import domains
from server.actions import publishing
from tests.remote_server import RemoteServer, remote_server
from tests.server.client import browser
from tests.world import Town, town


async def review(here: Town, author: Account) -> Post:
    book = await here.book()
    async with here.database.transaction() as session:
        actor = await session.get_one(Actor, author.actor_id)
        post = Review(about_id=book.id, title="Whale", source="A whale of a book.", html="<p>A whale of a book.</p>", half_stars=9)
        await publishing.publish(session, here.library, actor, post)
    await here.settle()
    return post


async def asks(harbour: RemoteServer, here: Town, quoted: str, name: str = "cleo", **more: Any) -> dict[str, Any]:
    """Cleo quotes; what the library answered."""
    instrument = more.pop("instrument", None) or harbour.note(name, "<p>Look at this</p>")["id"]
    before = len(harbour.received)
    request = harbour.activity("QuoteRequest", name, quoted, instrument=instrument, **more)
    assert await harbour.says(here, request) == 202
    await here.settle()
    answers = harbour.received[before:]
    return answers[-1] if answers else {}


async def get(address: str) -> tuple[int, Any]:
    headers = {"Accept": "application/activity+json"}
    async with aiohttp.ClientSession() as session, session.get(address, headers=headers) as answer:
        return answer.status, await answer.json(content_type=None)


async def test_a_quotation_is_granted_and_its_authorisation_can_be_looked_up(tmp_path: Path) -> None:
    async with town(tmp_path) as here, remote_server() as harbour:
        post = await review(here, await here.person("ada"))

        answer = await asks(harbour, here, post.uri)

        assert (answer["type"], answer["object"]["type"], answer["object"]["object"]) == ("Accept", "QuoteRequest", post.uri)
        status, document = await get(answer["result"])
        assert status == 200
        assert (document["type"], document["interactionTarget"]) == ("QuoteAuthorization", post.uri)
        assert document["interactingObject"] == answer["object"]["instrument"]
        assert document["attributedTo"] == here.library.uris.actor("ada")


async def test_asked_again_the_answer_names_the_same_authorisation(tmp_path: Path) -> None:
    async with town(tmp_path) as here, remote_server() as harbour:
        post = await review(here, await here.person("ada"))
        note = harbour.note("cleo", "<p>Look</p>")

        first = await asks(harbour, here, post.uri, instrument=note)
        second = await asks(harbour, here, post.uri, instrument=note["id"])

        assert first["result"] == second["result"]


async def test_the_discussion_of_a_title_may_be_quoted_too(tmp_path: Path) -> None:
    async with town(tmp_path) as here, remote_server() as harbour:
        book = await here.book()

        answer = await asks(harbour, here, here.library.uris.discussion(book.id))

        assert (answer["type"], answer["actor"]) == ("Accept", here.library.uris.library)


async def test_whoever_is_blocked_or_limited_may_not_quote(tmp_path: Path) -> None:
    async with town(tmp_path) as here, remote_server() as harbour:
        ada = await here.person("ada")
        post = await review(here, ada)
        granted = await asks(harbour, here, post.uri)
        cleo = await here.actor(harbour.actor("cleo"))
        assert granted["type"] == "Accept"
        assert cleo is not None
        async with here.database.transaction() as session:
            session.add(Block(blocker_id=ada.actor_id, blocked_id=cleo.id, uri="https://x.example/block"))
        assert (await asks(harbour, here, post.uri))["type"] == "Reject"

        dora = await asks(harbour, here, post.uri, "dora")
        assert dora["type"] == "Accept"
        async with here.database.transaction() as session:
            known = await session.get_one(Actor, (await here.actor(harbour.actor("dora"))).id)  # type: ignore[union-attr]
            known.state = ActorState.limited
        assert (await asks(harbour, here, post.uri, "dora"))["type"] == "Reject"


async def test_a_refused_server_hears_nothing(tmp_path: Path) -> None:
    async with town(tmp_path) as here, remote_server() as harbour:
        post = await review(here, await here.person("ada"))
        async with here.database.transaction() as session:
            await domains.refuse(session, harbour.root.removeprefix("http://"), "spam", who="ben", own_domain=here.library.settings.domain)

        assert await asks(harbour, here, post.uri) == {}


async def test_a_quoting_post_on_another_server_than_its_author_is_left(tmp_path: Path) -> None:
    async with town(tmp_path) as here, remote_server() as harbour:
        post = await review(here, await here.person("ada"))

        assert await asks(harbour, here, post.uri, instrument="https://elsewhere.example/notes/1") == {}


async def test_the_author_sees_who_quotes_and_takes_the_consent_back(tmp_path: Path) -> None:
    async with town(tmp_path) as here, remote_server() as harbour:
        ada, dan = await here.person("ada"), await here.person("dan")
        post = await review(here, ada)
        answer = await asks(harbour, here, post.uri)
        async with browser(here) as hers, browser(here) as his:
            await hers.sign_in(ada)
            await his.sign_in(dan)
            assert "Quoted by 1 person elsewhere" in (await hers.get(f"/posts/{post.token}")).text
            page = await hers.get(f"/posts/{post.token}/quotes")
            assert "cleo" in page.text
            assert "withdraw" not in (await his.get(f"/posts/{post.token}/quotes")).text

            assert (await his.post(f"/posts/{post.token}/quotes/1/withdraw", {"csrf": await his.token()})).status == 403
            assert (await hers.post(f"/posts/{post.token}/quotes/1/withdraw", {"csrf": page.token})).status == 303
            await here.settle()
            told = harbour.received[-1]

            assert (told["type"], told["object"], told["actor"]) == ("Delete", answer["result"], here.library.uris.actor("ada"))
            assert (await get(answer["result"]))[0] == 410
            assert "Quoted by" not in (await hers.get(f"/posts/{post.token}")).text
        again = await asks(harbour, here, post.uri, instrument=answer["object"]["instrument"])
        assert again["type"] == "Reject"


async def test_what_was_deleted_can_be_quoted_no_more(tmp_path: Path) -> None:
    async with town(tmp_path) as here, remote_server() as harbour:
        post = await review(here, await here.person("ada"))
        answer = await asks(harbour, here, post.uri)
        async with here.database.transaction() as session:
            await publishing.take_back(session, here.library, await session.get_one(Post, post.id))

        assert (await get(answer["result"]))[0] == 410
        assert await asks(harbour, here, post.uri, "dora") == {}


async def test_a_quoting_post_that_is_deleted_is_forgotten(tmp_path: Path) -> None:
    async with town(tmp_path) as here, remote_server() as harbour:
        post = await review(here, await here.person("ada"))
        answer = await asks(harbour, here, post.uri)

        await harbour.says(here, harbour.activity("Delete", "cleo", answer["object"]["instrument"]))
        await here.settle()

        assert (await get(answer["result"]))[0] == 404
