"""A title, an author, a subject or any search, followed from another server: found, followed, heard of once a day."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from sqlalchemy import select, update

from community.catalog.tables import Work
from community.clock import days, now
from community.database import table_of
from community.people.accounts import Account
from community.people.actors import Actor, ActorKey
from community.people.follows import Follow, FollowState
from community.posts import topics
from community.posts.kinds import Review
from community.posts.topics import Topic
from federation.cavage import sign
from search import indexer
from server.actions import followed, publishing
from tests.remote_server import RemoteServer, remote_server
from tests.server.client import browser
from tests.world import Town, town

NOW = timedelta(0)


async def get(address: str, accept: str = "application/activity+json") -> tuple[int, Any]:
    async with aiohttp.ClientSession() as session, session.get(address, headers={"Accept": accept}) as answer:
        return answer.status, await answer.json(content_type=None)


async def follows(harbour: RemoteServer, here: Town, uri: str, name: str = "cleo") -> dict[str, Any]:
    follow = harbour.activity("Follow", name, uri)
    assert await harbour.says(here, follow) == 202
    await here.settle()
    harbour.received.clear()
    return follow


async def tell(here: Town) -> int:
    """Let the night come: the index is fed, and what is followed tells what is new."""
    await indexer.sweep(here.database, here.app.here.index)
    made = await followed.tell_titles(here.library, here.app.here.index, quiet=NOW)
    await here.settle()
    return made


async def tomorrow(here: Town) -> None:
    """Since what is followed last told something, a day has gone by."""
    async with here.database.transaction() as session:
        await session.execute(update(table_of(Topic)).values(told_at=now() - days(1)))


@pytest.mark.parametrize("name", ["work-1", "author-1", "subject-1"])
async def test_a_thing_is_an_actor_before_anybody_follows_it(tmp_path: Path, name: str) -> None:
    async with town(tmp_path) as here:
        await here.book()
        uri = here.library.uris.actor(name)

        status, actor = await get(uri)
        _, found = await get(f"{here.root}/.well-known/webfinger?resource=acct:{name}@{here.library.settings.domain}", "*/*")

        assert (status, actor["id"], actor["type"], actor["preferredUsername"]) == (200, uri, "Service", name)
        assert (actor["inbox"], actor["outbox"]) == (f"{uri}/inbox", f"{uri}/outbox")
        assert (actor["publicKey"]["id"], actor["publicKey"]["owner"]) == (f"{uri}#main-key", uri)
        assert actor["url"].startswith(f"{here.root}/catalog/")
        assert next(link["href"] for link in found["links"] if link["rel"] == "self") == uri
        for side in ("outbox", "followers", "following", "featured"):
            assert (await get(f"{uri}/{side}"))[1]["totalItems"] == 0
        async with here.database.snapshot() as session:
            assert (await session.scalars(select(Topic))).all() == []


@pytest.mark.parametrize("name", ["work-99", "author-0", "subject-999999999999999999", "search-0123456789", "series-1"])
async def test_nothing_of_ours_is_no_actor(tmp_path: Path, name: str) -> None:
    async with town(tmp_path) as here, remote_server() as harbour:
        assert (await get(here.library.uris.actor(name)))[0] == 404
        await follows(harbour, here, here.library.uris.actor(name))
        async with here.database.snapshot() as session:
            assert (await session.scalars(select(Follow))).all() == []


async def test_a_follow_makes_the_actor_and_it_signs_with_the_librarys_key(tmp_path: Path) -> None:
    async with town(tmp_path) as here, remote_server() as harbour:
        await here.book()
        uri = here.library.uris.actor("author-1")
        follow = harbour.activity("Follow", "cleo", uri)
        assert await harbour.says(here, follow) == 202
        await here.settle()

        assert [(wire["type"], wire["actor"], wire["object"]["id"]) for wire in harbour.received] == [("Accept", uri, follow["id"])]
        async with here.database.snapshot() as session:
            actor = (await session.scalars(select(Actor).where(Actor.uri == uri))).one()
            assert (await session.scalars(select(ActorKey).where(ActorKey.actor_id == actor.id))).all() == []
            signer = await here.hub.signer(session, actor)
            library = await here.hub.signer(session, (await session.scalars(select(Actor).where(Actor.username == "library"))).one())
            assert (await session.scalars(select(Follow.state))).one() is FollowState.granted
        assert (signer.key_id, signer.key.private_numbers()) == (f"{uri}#main-key", library.key.private_numbers())  # type: ignore[union-attr]
        assert sign("POST", uri, b"{}", signer.key_id, signer.key, now())


async def test_new_titles_of_a_followed_author_are_one_digest_a_day(tmp_path: Path) -> None:
    async with town(tmp_path) as here, remote_server() as harbour:
        await here.book()
        await follows(harbour, here, here.library.uris.actor("author-1"))
        assert await tell(here) == 0
        for title in ("Typee", "Omoo"):
            await here.book(title, isbn=None)
        await here.book("Middlemarch", "George Eliot", isbn=None)

        assert await tell(here) == 1
        assert await tell(here) == 0

        (create,) = harbour.received
        note = create["object"]
        assert (create["type"], note["type"], note["attributedTo"]) == ("Create", "Note", here.library.uris.actor("author-1"))
        assert "Typee" in note["content"] and "Omoo" in note["content"] and "Middlemarch" not in note["content"]
        assert {picture["name"] for picture in note["attachment"]} == {"Cover of Typee", "Cover of Omoo"}
        assert (await get(note["id"]))[0] == 200

        await here.book("Mardi", isbn=None)
        assert await tell(here) == 0  # tomorrow
        await tomorrow(here)
        assert await tell(here) == 1
        assert "Mardi" in harbour.received[-1]["object"]["content"] and "Typee" not in harbour.received[-1]["object"]["content"]


async def test_hundreds_of_new_titles_are_still_one_post(tmp_path: Path) -> None:
    async with town(tmp_path) as here, remote_server() as harbour:
        await here.book()
        await follows(harbour, here, here.library.uris.actor("author-1"))
        for number in range(30):
            await here.book(f"Volume {number}", isbn=None)

        await tell(here)

        (create,) = harbour.received
        assert "30 new titles" in create["object"]["content"] and "and 22 more" in create["object"]["content"]
        assert len(create["object"]["attachment"]) == 4


async def test_reviews_of_a_followed_title_are_passed_on_as_they_come(tmp_path: Path) -> None:
    async with town(tmp_path) as here, remote_server() as harbour:
        book, other = await here.book(), await here.book("Typee", isbn=None)
        ada = await here.person("ada")
        await says(here, ada, book.id)
        await follows(harbour, here, here.library.uris.actor("work-1"))
        uri = await says(here, ada, book.id)
        await says(here, ada, other.id)

        assert await followed.tell_reviews(here.library) == 1
        assert await followed.tell_reviews(here.library) == 0
        await here.settle()

        assert [(wire["type"], wire["actor"], wire["object"]) for wire in harbour.received] == [
            ("Announce", here.library.uris.actor("work-1"), uri)
        ]


async def says(here: Town, author: Account, work_id: int) -> str:
    async with here.database.transaction() as session:
        post = Review(about_id=work_id, title="Whale", source="Good.", html="<p>Good.</p>", half_stars=9)
        await publishing.publish(session, here.library, await session.get_one(Actor, author.actor_id), post)
    return post.uri


async def test_an_undone_follow_is_heard(tmp_path: Path) -> None:
    async with town(tmp_path) as here, remote_server() as harbour:
        await here.book()
        follow = await follows(harbour, here, here.library.uris.actor("author-1"))
        await harbour.says(here, harbour.activity("Undo", "cleo", follow))
        await here.settle()
        await here.book("Typee", isbn=None)

        assert await tell(here) == 0
        assert harbour.received == []


async def test_any_search_can_be_followed_and_tells_what_it_finds(tmp_path: Path) -> None:
    async with town(tmp_path) as here, remote_server() as harbour, browser(here) as cleo:
        await here.book()
        await indexer.sweep(here.database, here.app.here.index)
        assert "/feeds/search?q=melville&amp;format=book" in (await cleo.get("/search?q=Melville&format=book")).text
        page = await cleo.get("/follow/search?q=Melville&format=book")
        led = await cleo.post("/follow/search", {"csrf": page.token, "query": "q=melville&format=book"})
        again = await cleo.post("/follow/search", {"csrf": page.token, "query": "format=book&q=Melville+&sort=new"})
        assert led.status == 303 and led.onward == again.onward
        uri = led.onward.partition("about=")[2].replace("%3A", ":").replace("%2F", "/")
        assert (await get(uri))[1]["url"] == f"{here.root}/search?q=melville&format=book"
        await follows(harbour, here, uri)

        for title, author in (("Typee", "Herman Melville"), ("Omoo", "Herman Melville"), ("Middlemarch", "George Eliot")):
            await here.book(title, author, isbn=None)
        assert await tell(here) == 1

        (create,) = harbour.received
        assert "2 new titles" in create["object"]["content"] and "Middlemarch" not in create["object"]["content"]


async def test_a_search_that_nobody_followed_is_forgotten(tmp_path: Path) -> None:
    async with town(tmp_path) as here:
        async with here.database.transaction() as session:
            await topics.search(session, "q=whale")
        await followed.forget(here.library)
        async with here.database.transaction() as session:
            assert len((await session.scalars(select(Topic))).all()) == 1
            await session.execute(update(table_of(Topic)).values(created_at=now() - days(8)))
        await followed.forget(here.library)
        async with here.database.snapshot() as session:
            assert (await session.scalars(select(Topic))).all() == []
            assert (await session.scalars(select(Work))).all() == []


@pytest.mark.parametrize("query", ["", "sort=new&page=3", "q=" + "x" * 600])
async def test_no_search_is_no_thing_to_follow(tmp_path: Path, query: str) -> None:
    async with town(tmp_path) as here, browser(here) as cleo:
        assert (await cleo.send("/follow/search", "/follow/search?q=x", query=query)).status == 422
