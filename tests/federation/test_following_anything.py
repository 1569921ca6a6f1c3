"""A title, an author, a subject, a series or any search, followed from another server: found, followed, heard of once a day."""

import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from sqlalchemy import func, select, update

from community.catalog.tables import Edition, ImportRun, RunState, Series, SeriesPart, Work
from community.clock import days, now
from community.database import table_of
from community.people.accounts import Account, Role
from community.people.actors import Actor, ActorKey
from community.people.follows import Follow, FollowState
from community.posts import topics
from community.posts.kinds import Review
from community.posts.post import Post, Standing
from community.posts.topics import Topic
from federation import resolving
from federation.cavage import sign
from search import indexer
from server.actions import followed, following, publishing
from tests.remote_server import RemoteServer, remote_server
from tests.server.client import browser
from tests.world import Town, settle, town

NOW = timedelta(0)
MASTODON_NAME = re.compile(r"[a-z0-9_]+([.-]+[a-z0-9_]+)*", re.IGNORECASE)


async def get(address: str, accept: str = "application/activity+json") -> tuple[int, Any]:
    async with aiohttp.ClientSession() as session, session.get(address, headers={"Accept": accept}) as answer:
        return answer.status, await answer.json(content_type=None)


async def is_picture(address: str) -> bool:
    """Whether there is a PNG."""
    async with aiohttp.ClientSession() as session, session.get(address) as answer:
        return answer.status == 200 and (await answer.read()).startswith(b"\x89PNG")


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


@pytest.mark.parametrize("name", ["work-1", "author-1", "subject-1", "series-1"])
async def test_a_thing_is_an_actor_before_anybody_follows_it(tmp_path: Path, name: str) -> None:
    async with town(tmp_path) as here:
        await in_series(here, await here.book())
        uri = here.library.uris.actor(name)

        status, actor = await get(uri)
        _, found = await get(f"{here.root}/.well-known/webfinger?resource=acct:{name}@{here.library.settings.domain}", "*/*")

        assert (status, actor["id"], actor["type"], actor["preferredUsername"]) == (200, uri, "Service", name)
        assert (actor["inbox"], actor["outbox"]) == (f"{uri}/inbox", f"{uri}/outbox")
        assert (actor["publicKey"]["id"], actor["publicKey"]["owner"]) == (f"{uri}#main-key", uri)
        assert actor["url"].startswith(f"{here.root}/catalog/") and await is_picture(actor["icon"]["url"])
        assert MASTODON_NAME.fullmatch(name) and actor["webfinger"] == f"{name}@{here.library.settings.domain}"
        assert next(link["href"] for link in found["links"] if link["rel"] == "self") == uri
        for side in ("outbox", "followers", "following", "featured"):
            assert (await get(f"{uri}/{side}"))[1]["totalItems"] == 0
        async with here.database.snapshot() as session:
            assert (await session.scalars(select(Topic))).all() == []


@pytest.mark.parametrize("name", ["work-99", "author-0", "subject-999999999999999999", "search-0123456789", "series-1", "branch-1"])
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
        [picture] = note["attachment"]
        assert picture["name"] == "Covers: Omoo, Typee" and await is_picture(picture["url"])
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
        assert create["object"]["attachment"][0]["name"].count("Volume") == 4


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


async def in_series(here: Town, *works: Work) -> None:
    """These titles appear in one series."""
    async with here.database.transaction() as session:
        series = (await session.scalars(select(Series))).first() or Series(key="sea stories", title="Sea stories")
        session.add(series)
        await session.flush()
        for volume, work in enumerate(works, start=1):
            edition = await session.scalar(select(Edition.id).where(Edition.work_id == work.id))
            session.add(SeriesPart(work_id=work.id, edition_id=edition, series_id=series.id, volume=str(volume)))


async def test_another_library_believes_the_signature_of_a_thing(tmp_path: Path) -> None:
    async with town(tmp_path / "here") as here, town(tmp_path / "there", "Harbour Library") as there:
        await here.book()
        cleo = await there.person("cleo")
        thing = await resolving.find_handle(there.hub, f"@work-1@{here.library.settings.domain}")
        async with there.database.transaction() as session:
            follower = await session.get_one(Actor, cleo.actor_id)
            await following.follow(session, there.library, follower, await session.get_one(Actor, thing.id))
        await settle(there, here, rounds=3)

        async with there.database.snapshot() as session:
            assert await session.scalar(select(Follow.state)) is FollowState.granted  # so its Accept was verified


async def test_who_follows_enough_is_told_no(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(topics, "MOST_FOLLOWED", 1)
    async with town(tmp_path) as here, remote_server() as harbour:
        await here.book()
        for name, thing in (("ben", "work-1"), ("cleo", "author-1")):
            await follows(harbour, here, here.library.uris.actor(thing), name)
        for thing in ("work-1", "subject-1", "author-1"):  # it has a row: a no; it has none, and gets none; they follow it already
            assert await harbour.says(here, harbour.activity("Follow", "cleo", here.library.uris.actor(thing))) == 202
            await here.settle()

        assert [wire["type"] for wire in harbour.received] == ["Reject", "Accept"]
        async with here.database.snapshot() as session:
            assert await session.scalar(select(func.count()).select_from(Topic)) == 2


async def stands(here: Town, uri: str, standing: Standing) -> None:
    """A moderator decides about a post."""
    async with here.database.transaction() as session:
        (await session.scalars(select(Post).where(Post.uri == uri))).one().move(standing)


async def test_a_review_that_is_hidden_is_taken_back_and_shown_again_passed_on_again(tmp_path: Path) -> None:
    async with town(tmp_path) as here, remote_server() as harbour:
        book, ada = await here.book(), await here.person("ada")
        await follows(harbour, here, here.library.uris.actor("work-1"))
        uri = await says(here, ada, book.id)
        assert await followed.tell_reviews(here.library) == 1
        for standing in (Standing.hidden, Standing.shown):
            await stands(here, uri, standing)
            assert await followed.tell_reviews(here.library) == 1
            await here.settle()

        assert [wire["type"] for wire in harbour.received] == ["Announce", "Undo", "Announce"]
        assert harbour.received[1]["object"]["id"] == harbour.received[0]["id"]


async def test_a_held_review_is_passed_on_when_it_is_let_through_also_after_later_ones(tmp_path: Path) -> None:
    async with town(tmp_path) as here, remote_server() as harbour:
        book, ada, ben = await here.book(), await here.person("ada"), await here.person("ben")
        await follows(harbour, here, here.library.uris.actor("work-1"))
        held = await says(here, ada, book.id)
        await stands(here, held, Standing.held)
        later = await says(here, ben, book.id)
        await followed.tell_reviews(here.library)
        await stands(here, held, Standing.shown)
        await followed.tell_reviews(here.library)
        await here.settle()

        assert sorted(wire["object"] for wire in harbour.received) == sorted([later, held])


async def test_a_review_from_elsewhere_is_passed_on_too(tmp_path: Path) -> None:
    async with town(tmp_path) as here, remote_server() as harbour:
        await here.book()
        await follows(harbour, here, here.library.uris.actor("work-1"))
        note = harbour.note("dora", "<p>★★★★☆ Wonderful, and wet.</p>", inReplyTo=here.library.uris.discussion(1))
        assert await harbour.says(here, harbour.activity("Create", "dora", note)) == 202
        await here.settle()
        await followed.tell_reviews(here.library)
        await here.settle()

        assert [wire["object"] for wire in harbour.received if wire["type"] == "Announce"] == [note["id"]]


async def test_of_one_title_no_more_than_ten_reviews_a_day_are_passed_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(followed, "MOST_A_DAY", 2)
    async with town(tmp_path) as here, remote_server() as harbour:
        book = await here.book()
        await follows(harbour, here, here.library.uris.actor("work-1"))
        for name in ("ada", "ben", "dora"):
            await says(here, await here.person(name), book.id)

        assert await followed.tell_reviews(here.library) == 2
        assert await followed.tell_reviews(here.library) == 0


async def test_however_many_have_changed_at_once_none_is_forgotten(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(followed, "BATCH", 1)
    async with town(tmp_path) as here, remote_server() as harbour:
        book = await here.book()
        await follows(harbour, here, here.library.uris.actor("work-1"))
        for name in ("ada", "ben", "dora"):
            await says(here, await here.person(name), book.id)

        async with here.database.transaction() as session:
            await session.execute(update(table_of(Post)).values(changed_at=now()))

        assert [await followed.tell_reviews(here.library) for _ in range(2)] == [3, 0]


async def test_a_series_tells_of_its_new_titles_each_counted_once(tmp_path: Path) -> None:
    async with town(tmp_path) as here, remote_server() as harbour:
        await in_series(here, await here.book())
        await follows(harbour, here, here.library.uris.actor("series-1"))
        new = await here.book("Typee", isbn=None)
        await in_series(here, new, await here.book("Omoo", isbn=None))
        async with here.database.transaction() as session:  # a second edition
            edition = Edition(work_id=new.id, source="test", source_key="again", source_hash="0", title="Typee", form="book")
            session.add(edition)
            await session.flush()
            session.add(SeriesPart(work_id=new.id, edition_id=edition.id, series_id=1))

        assert await tell(here) == 1
        assert "2 new titles: Sea stories" in harbour.received[-1]["object"]["content"]


async def test_nothing_is_told_while_an_import_runs_or_the_index_lags_behind(tmp_path: Path) -> None:
    async with town(tmp_path) as here, remote_server() as harbour:
        await here.book()
        await indexer.sweep(here.database, here.app.here.index)
        async with here.database.transaction() as session:
            token = (await topics.search(session, "q=typee")).token
            session.add(ImportRun(source="t", file="t.mrc"))
        await follows(harbour, here, here.library.uris.actor(f"search-{token}"))
        await here.book("Typee", isbn=None)
        assert await tell(here) == 0
        async with here.database.transaction() as session:
            await session.execute(update(ImportRun).values(state=RunState.done))
        await here.book("Typee again", isbn=None)
        assert await followed.tell_titles(here.library, here.app.here.index, quiet=NOW) == 0  # not swept yet
        assert await tell(here) == 1
        assert "2 new titles" in harbour.received[-1]["object"]["content"]


def test_what_no_search_has_is_no_part_of_one() -> None:
    assert topics.normal([("q", "Typee"), ("utm_source", "x"), ("csrf", "y")]) == "q=typee"


async def test_there_are_only_so_many_searches(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(topics, "MOST_SEARCHES", 1)
    async with town(tmp_path) as here, browser(here) as cleo:
        assert (await cleo.send("/follow/search", "/follow/search?q=x", query="q=x")).status == 303
        assert (await cleo.send("/follow/search", "/follow/search?q=x", query="q=x")).status == 303
        assert (await cleo.send("/follow/search", "/follow/search?q=y", query="q=y")).status == 409


async def test_what_people_answer_to_a_digest_stands_on_its_page(tmp_path: Path) -> None:
    async with town(tmp_path) as here, remote_server() as harbour, browser(here) as visitor:
        await here.book()
        await follows(harbour, here, here.library.uris.actor("author-1"))
        await here.book("Typee", isbn=None)
        await tell(here)
        digest = harbour.received[-1]["object"]
        answer = harbour.note("cleo", "<p>At last, the cannibals!</p>", inReplyTo=digest["id"])
        assert await harbour.says(here, harbour.activity("Create", "cleo", answer)) == 202
        await here.settle()

        page = await visitor.get(digest["url"].removeprefix(here.root))
        assert page.status == 200 and "Typee" in page.text and "At last, the cannibals!" in page.text


async def test_a_member_who_comes_from_elsewhere_with_a_thing_is_shown_its_page(tmp_path: Path) -> None:
    async with town(tmp_path) as here, browser(here) as visitor:
        await here.book()
        ada = await visitor.sign_in(await here.person("ada"))
        for name, path in (("author-1", "/catalog/authors/1"), ("work-1", "/catalog/works/1"), ("subject-1", "/catalog/subjects/1")):
            for uri in (here.library.uris.actor(name), f"acct:{name}@{here.library.settings.domain}"):
                assert (await ada.get(f"/authorize_interaction?uri={uri}")).onward == path
            assert (await ada.get(f"/@{name}")).onward.removeprefix(here.root) == path


async def test_things_are_not_listed_among_people(tmp_path: Path) -> None:
    async with town(tmp_path) as here, remote_server() as harbour, browser(here) as visitor:
        await here.book()
        await follows(harbour, here, here.library.uris.actor("author-1"))
        ben = await visitor.sign_in(await here.person("ben", Role.moderator))
        people = await ben.get("/moderation/people")

        assert "cleo@" in people.text and "author-1@" not in people.text
