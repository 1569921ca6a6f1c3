"""Conversations read whole, whatever way and in whatever order their parts come (FEP-7888, FEP-f228)."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from sqlalchemy import select, update

from community.database import table_of
from community.people.actors import Actor, ActorState
from community.posts.kinds import Comment
from community.posts.post import Post
from federation import threads
from federation.tables import Look, ThreadErrand
from moderation import domains
from tests.remote_server import RemoteServer, Wire, remote_server
from tests.world import Town, town


async def tells(harbour: RemoteServer, here: Town, note: Wire) -> None:
    """The author sends this note to the library."""
    assert await harbour.says(here, harbour.activity("Create", note["attributedTo"].rpartition("/")[2], note)) == 202
    await here.settle()


async def kept(here: Town) -> dict[str, Post]:
    async with here.database.snapshot() as session:
        return {post.uri: post for post in await session.scalars(select(Post))}


async def in_time(here: Town) -> str:
    """Let the errands come due, and work on them; what became of the last one below a post."""
    async with here.database.transaction() as session:
        await session.execute(update(table_of(ThreadErrand)).values(due_at=datetime.now(UTC) - timedelta(minutes=1)))
    await here.settle()
    async with here.database.snapshot() as session:
        query = select(ThreadErrand.why).where(ThreadErrand.look == Look.below).order_by(ThreadErrand.id)
        return (await session.scalars(query)).first() or ""


def mention(here: Town) -> dict[str, Any]:
    return {"tag": [{"type": "Mention", "href": here.library.uris.library, "name": "@library"}]}


async def get(address: str) -> Any:
    headers = {"Accept": "application/activity+json"}
    async with aiohttp.ClientSession() as session, session.get(address, headers=headers) as answer:
        return await answer.json(content_type=None) if answer.status == 200 else answer.status


async def test_the_posts_between_an_answer_and_our_title_are_fetched(tmp_path: Path) -> None:
    async with town(tmp_path) as here, remote_server() as harbour:
        book = await here.book()
        first = harbour.note("cleo", "<p>I liked the whale.</p>", inReplyTo=here.library.uris.discussion(book.id))
        second = harbour.note("dora", "<p>I did not.</p>", inReplyTo=first["id"])
        third = harbour.note("emil", "<p>@library who is right?</p>", inReplyTo=second["id"], **mention(here))

        await tells(harbour, here, third)

        posts = await kept(here)
        assert posts[third["id"]].reply_to_id == posts[second["id"]].id
        assert posts[second["id"]].reply_to_id == posts[first["id"]].id
        assert {posts[note["id"]].about_id for note in (first, second, third)} == {book.id}


async def test_a_conversation_about_nothing_here_is_not_kept(tmp_path: Path) -> None:
    async with town(tmp_path) as here, remote_server() as harbour:
        first = harbour.note("cleo", "<p>Nice weather.</p>")
        second = harbour.note("dora", "<p>Is it, @library?</p>", inReplyTo=first["id"], **mention(here))

        await tells(harbour, here, second)

        assert first["id"] not in await kept(here)


async def test_nobody_climbs_an_endless_conversation(tmp_path: Path) -> None:
    async with town(tmp_path) as here, remote_server() as harbour:
        above = "https://x.example/none"
        for _ in range(threads.HIGHEST + 10):
            above = harbour.note("cleo", "<p>And then?</p>", inReplyTo=above)["id"]
        last = harbour.note("dora", "<p>@library</p>", inReplyTo=above, **mention(here))
        await tells(harbour, here, last)

        fetched = [path for path in harbour.asked if "/statuses/" in path]
        assert len(fetched) <= threads.HIGHEST

        round_ = harbour.note("cleo", "<p>a</p>")
        harbour.documents[round_["id"].removeprefix(harbour.root)]["inReplyTo"] = round_["id"]
        await tells(harbour, here, harbour.note("emil", "<p>@library</p>", inReplyTo=round_["id"], **mention(here)))
        assert round_["id"] not in await kept(here)


async def test_an_answer_that_came_first_joins_what_it_answers(tmp_path: Path) -> None:
    async with town(tmp_path) as here, remote_server() as harbour:
        book = await here.book()
        first = harbour.note("cleo", "<p>I liked it.</p>", inReplyTo=here.library.uris.discussion(book.id))
        document = harbour.documents.pop(first["id"].removeprefix(harbour.root))  # its server does not show it yet
        second = harbour.note("dora", "<p>@library me too</p>", inReplyTo=first["id"], **mention(here))
        await tells(harbour, here, second)
        assert (await kept(here))[second["id"]].reply_to_id is None

        harbour.documents[first["id"].removeprefix(harbour.root)] = document
        await tells(harbour, here, first)

        posts = await kept(here)
        assert (posts[second["id"]].reply_to_id, posts[second["id"]].about_id) == (posts[first["id"]].id, book.id)


async def test_two_posts_that_answer_each_other_make_no_ring(tmp_path: Path) -> None:
    async with town(tmp_path) as here, remote_server() as harbour:
        one = harbour.note("cleo", "<p>@library one</p>", **mention(here))
        two = harbour.note("dora", "<p>@library two</p>", inReplyTo=one["id"], **mention(here))
        one["inReplyTo"] = two["id"]
        saved = {path: harbour.documents.pop(path) for path in list(harbour.documents)}
        await tells(harbour, here, two)
        await tells(harbour, here, one)
        harbour.documents |= saved

        posts = await kept(here)
        parents = {posts[one["id"]].reply_to_id, posts[two["id"]].reply_to_id}
        assert None in parents


async def test_answers_that_nobody_sent_us_are_fetched_from_their_server(tmp_path: Path) -> None:
    async with town(tmp_path) as here, remote_server() as harbour, remote_server() as shoal:
        book = await here.book()
        note = harbour.note("cleo", "<p>★★★★ A whale.</p>", inReplyTo=here.library.uris.discussion(book.id))
        answers = [harbour.note("dora", f"<p>Answer {number}</p>", inReplyTo=note["id"])["id"] for number in range(3)]
        foreign = shoal.note("emil", "<p>From elsewhere</p>", inReplyTo=note["id"])["id"]
        note["replies"] = {
            "id": f"{note['id']}/replies",
            "type": "Collection",
            "first": {"type": "CollectionPage", "items": answers[:2], "next": f"{note['id']}/more"},
        }
        harbour.documents[f"{note['id']}/more".removeprefix(harbour.root)] = {
            "id": f"{note['id']}/more",
            "type": "CollectionPage",
            "items": [answers[2], foreign],
        }
        await tells(harbour, here, note)

        assert await in_time(here) == "kept 3 of 3 answers"

        posts = await kept(here)
        assert {uri for uri, post in posts.items() if post.reply_to_id == posts[note["id"]].id} == set(answers)
        assert foreign not in posts


async def test_no_more_answers_are_fetched_than_the_limit(tmp_path: Path) -> None:
    async with town(tmp_path) as here, remote_server() as harbour:
        book = await here.book()
        note = harbour.note("cleo", "<p>★★★★ A whale.</p>", inReplyTo=here.library.uris.discussion(book.id))
        items = [harbour.note("dora", "<p>x</p>", inReplyTo=note["id"])["id"] for _ in range(threads.ANSWERS + 5)]
        address = f"{note['id']}/replies"
        note["replies"] = address
        harbour.documents[address.removeprefix(harbour.root)] = {"id": address, "type": "Collection", "items": items, "next": address}
        await tells(harbour, here, note)

        assert await in_time(here) == f"kept {threads.ANSWERS} of {threads.ANSWERS} answers"


@pytest.mark.parametrize("how", ["suspended", "refused", "private", "another author's name"])
async def test_what_is_not_welcome_when_sent_is_not_fetched_either(tmp_path: Path, how: str) -> None:
    async with town(tmp_path) as here, remote_server() as harbour, remote_server() as shoal:
        book = await here.book()
        await harbour.says(here, harbour.activity("Like", "dora", here.library.uris.library))
        await here.settle()
        first = harbour.note("dora", "<p>Buy shoes.</p>", inReplyTo=here.library.uris.discussion(book.id))
        async with here.database.transaction() as session:
            match how:
                case "suspended":
                    await session.execute(update(table_of(Actor)).where(Actor.username == "dora").values(state=ActorState.suspended))
                case "refused":
                    host = harbour.root.removeprefix("http://")
                    await domains.refuse(session, host, "spam", who="ben", own_domain=here.library.settings.domain)
                case "private":
                    first["to"], first["cc"] = [f"{first['attributedTo']}/followers"], []
                case _:
                    first["attributedTo"] = shoal.actor("dora")
        second = shoal.note("emil", "<p>@library look</p>", inReplyTo=first["id"], **mention(here))

        await tells(shoal, here, second)

        assert first["id"] not in await kept(here)


async def test_our_conversations_are_told_whole_page_by_page(tmp_path: Path) -> None:
    async with town(tmp_path) as here:
        book = await here.book()
        root = here.library.uris.discussion(book.id)
        ada = await here.person("ada")
        await get(root)
        async with here.database.transaction() as session:
            rows = [
                Comment(uri=f"https://x.example/{number}", author_id=ada.actor_id, about_id=book.id, html="<p>x</p>", source="x")
                for number in range(250)
            ]
            session.add_all(rows)

        collection = await get(here.library.uris.context(book.id))
        found = list(collection["first"]["items"])
        following = collection["first"].get("next")
        while following:
            page = await get(following)
            found += page["items"]
            following = page.get("next")

        assert collection["totalItems"] == len(found) == len(set(found)) == 251
        assert found[0] == root
        assert await get(f"{here.library.uris.context(book.id)}?page=0") == 404
        assert await get(f"{here.library.uris.context(book.id)}?page=x") == 404
