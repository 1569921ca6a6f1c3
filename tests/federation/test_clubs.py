"""Book clubs across servers: joined, talked in, passed on twice, kept a good place (FEP-1b12, interop 5, D.8)."""

from pathlib import Path
from typing import Any

import aiohttp
from sqlalchemy import select

from community.people.accounts import Account, Role
from community.people.actors import Actor
from community.people.follows import Follow, FollowState
from community.posts.kinds import Comment, Thread
from community.posts.post import Post, Standing
from community.uris import PUBLIC
from moderation import listed
from moderation.tables import Action, Case, DomainAnswer
from server.actions import gathering, publishing
from tests.remote_server import RemoteServer, Wire, remote_server
from tests.server.client import browser
from tests.stories.test_a_moderator_at_work import decide, report
from tests.world import Town, town


async def get(address: str) -> Any:
    headers = {"Accept": "application/activity+json"}
    async with aiohttp.ClientSession() as session, session.get(address, headers=headers) as answer:
        return await answer.json(content_type=None)


async def club(here: Town, *, hosts_only: bool = False) -> tuple[str, Account]:
    """A club, and the librarian who keeps it."""
    karin = await here.person("karin", Role.librarian)
    await gathering.found(
        here.library, "northport", "Northport reads", "One book a month.", reading=None, hosts_only=hosts_only, host=karin.actor_id
    )
    await here.settle()
    return here.library.uris.actor("northport"), karin


async def subscribe(server: RemoteServer, here: Town, group: str, name: str) -> None:
    assert await server.says(here, server.activity("Follow", name, group)) == 202
    await here.settle()
    server.received.clear()


async def says(here: Town, author: Account, post: Post) -> Post:
    async with here.database.transaction() as session:
        await publishing.publish(session, here.library, await session.get_one(Actor, author.actor_id), post)
    await here.settle()
    return post


def thread(club_id: int = 1) -> Thread:
    return Thread(
        club_id=club_id, title="September: Moby-Dick", source="What shall we ask?", html="<p>What shall we ask?</p>", language="en"
    )


async def tells(server: RemoteServer, here: Town, wire: Wire, verb: str = "Create") -> str:
    """Somebody elsewhere says something; what became of it is seen in the database."""
    name = (wire["attributedTo"] if "attributedTo" in wire else wire["actor"]).rpartition("/")[2]
    assert await server.says(here, server.activity(verb, name, wire, to=[PUBLIC], cc=wire.get("cc", []))) == 202
    await here.settle()
    return str(wire["id"])


async def posts(here: Town) -> dict[str, Post]:
    async with here.database.snapshot() as session:
        return {post.uri: post for post in await session.scalars(select(Post))}


def told(server: RemoteServer) -> list[tuple[str, str]]:
    """What came, and what was inside: an activity of its own, or an address."""
    return [(wire["type"], wire["object"]["type"] if isinstance(wire["object"], dict) else "address") for wire in server.received]


async def test_a_club_is_a_group_with_all_that_forums_ask_for(tmp_path: Path) -> None:
    async with town(tmp_path) as here:
        uri, _ = await club(here)

        group = await get(uri)

        assert (group["type"], group["preferredUsername"], group["name"]) == ("Group", "northport", "Northport reads")
        assert group["attributedTo"] == group["moderators"] == f"{uri}/moderators"
        assert (group["postingRestrictedToMods"], group["source"]["content"]) == (False, "One book a month.")
        assert {group[name] for name in ("inbox", "outbox", "followers", "featured")} == {
            f"{uri}/{name}" for name in ("inbox", "outbox", "followers", "featured")
        }
        assert (await get(f"{uri}/moderators"))["orderedItems"] == [here.library.uris.actor("karin")]
        assert (await get(f"{uri}/outbox"))["type"] == "OrderedCollection"


async def test_what_a_member_here_says_is_announced_twice(tmp_path: Path) -> None:
    async with town(tmp_path) as here, remote_server() as lemmy, remote_server() as mastodon:
        lemmy.software = "lemmy"
        uri, karin = await club(here)
        await subscribe(lemmy, here, uri, "cleo")
        await subscribe(mastodon, here, uri, "dora")

        post = await says(here, karin, thread())

        assert (told(lemmy), told(mastodon)) == ([("Announce", "Create")], [("Announce", "address")])
        announce = lemmy.received[0]
        create, note = announce["object"], announce["object"]["object"]
        assert (announce["actor"], create["actor"], create["to"]) == (uri, here.library.uris.actor("karin"), [PUBLIC])
        assert (note["type"], note["name"], note["audience"]) == ("Note", "September: Moby-Dick", uri)
        assert note["cc"][0] == uri and note["tag"][0] == {
            "type": "Mention",
            "href": uri,
            "name": f"@northport@{here.library.settings.domain}",
        }
        assert mastodon.received[0]["object"] == post.uri
        assert announce["id"] != mastodon.received[0]["id"]
        first = (await get(f"{uri}/outbox?page=true"))["orderedItems"]
        assert {one["type"] for one in first} == {"Announce"}


async def test_a_member_on_mastodon_begins_a_thread_by_mentioning_the_club(tmp_path: Path) -> None:
    async with town(tmp_path) as here, remote_server() as mastodon, remote_server() as lemmy:
        lemmy.software = "lemmy"
        uri, _ = await club(here)
        await subscribe(mastodon, here, uri, "cleo")
        await subscribe(lemmy, here, uri, "dora")
        mention = {"tag": [{"type": "Mention", "href": uri, "name": "@northport"}], "cc": [uri]}
        note = mastodon.note("cleo", "<p>@northport What about the whale?</p><p>I was bored.</p>", **mention)

        await tells(mastodon, here, note)

        kept = (await posts(here))[note["id"]]
        assert (kept.kind, kept.title, kept.club_id) == ("thread", "What about the whale?", 1)
        assert told(lemmy) == [("Announce", "Create")]
        assert lemmy.received[0]["object"]["object"]["id"] == note["id"]
        assert told(mastodon) == [("Announce", "address")]


async def test_a_page_from_a_forum_is_a_thread_and_its_answer_an_answer(tmp_path: Path) -> None:
    async with town(tmp_path) as here, remote_server() as lemmy:
        lemmy.software = "lemmy"
        uri, _ = await club(here)
        await subscribe(lemmy, here, uri, "cleo")
        page = lemmy.note("cleo", "<p>It is long.</p>", audience=uri, cc=[uri], to=[PUBLIC, uri])
        page |= {"type": "Page", "name": "Is it a novel?"}
        await tells(lemmy, here, page)
        answer = lemmy.note("dora", "<p>It is an encyclopaedia.</p>", inReplyTo=page["id"], audience=uri, cc=[uri])
        await tells(lemmy, here, answer)

        found = await posts(here)
        assert (found[page["id"]].kind, found[page["id"]].title, found[page["id"]].html) == (
            "thread",
            "Is it a novel?",
            "<p>It is long.</p>",
        )
        assert (found[answer["id"]].kind, found[answer["id"]].club_id) == ("comment", 1)
        assert told(lemmy) == [("Announce", "Create"), ("Announce", "Create")]


async def test_changes_ends_and_likes_are_relayed_to_forums_only(tmp_path: Path) -> None:
    async with town(tmp_path) as here, remote_server() as lemmy, remote_server() as mastodon:
        lemmy.software = "lemmy"
        uri, karin = await club(here)
        await subscribe(lemmy, here, uri, "cleo")
        await subscribe(mastodon, here, uri, "dora")
        post = await says(here, karin, thread())
        lemmy.received.clear()
        mastodon.received.clear()

        await lemmy.says(here, lemmy.activity("Like", "cleo", post.uri))
        await here.settle()
        async with here.database.transaction() as session:
            author = await session.get_one(Actor, karin.actor_id)
            row = await session.get_one(Post, post.id)
            await publishing.edit(session, here.library, author, row, {"source": "And why?", "html": "<p>And why?</p>"})
        await here.settle()
        async with here.database.transaction() as session:
            await publishing.take_back(session, here.library, await session.get_one(Post, post.id))
        await here.settle()

        assert [pair for pair in told(lemmy) if pair[0] == "Announce"] == [
            ("Announce", "Like"),
            ("Announce", "Update"),
            ("Announce", "Delete"),
        ]
        assert "Announce" not in {kind for kind, _ in told(mastodon)}


async def test_strangers_begin_no_thread_and_nobody_whom_the_club_shut_out_answers(tmp_path: Path) -> None:
    async with town(tmp_path) as here, remote_server() as harbour, browser(here) as staff:
        uri, karin = await club(here)
        await staff.sign_in(karin)
        stranger = harbour.note(
            "eve", "<p>@northport Buy shoes</p>", cc=[uri], tag=[{"type": "Mention", "href": uri, "name": "@northport"}]
        )
        assert await tells(harbour, here, stranger) not in await posts(here)
        await subscribe(harbour, here, uri, "cleo")
        post = await says(here, karin, thread())

        answer = await staff.send("/groups/northport/shut-out", "/groups/northport", uri=harbour.actor("cleo"))
        await here.settle()

        assert answer.status == 303
        assert [wire["type"] for wire in harbour.received if wire["type"] == "Reject"] == ["Reject"]
        late = harbour.note("cleo", "<p>Still here</p>", inReplyTo=post.uri, cc=[uri])
        assert await tells(harbour, here, late) not in await posts(here)
        await harbour.says(here, harbour.activity("Follow", "cleo", uri))
        await here.settle()
        async with here.database.snapshot() as session:
            assert FollowState.granted not in set(
                await session.scalars(select(Follow.state).join(Actor, Actor.id == Follow.follower_id).where(Actor.username == "cleo"))
            )


async def test_a_reader_here_whom_the_club_shut_out_answers_no_more(tmp_path: Path) -> None:
    async with town(tmp_path) as here, browser(here) as staff, browser(here) as reader:
        _, karin = await club(here)
        ada = await here.person("ada")
        await staff.sign_in(karin)
        await reader.sign_in(ada)
        post = await says(here, karin, thread())
        await staff.send("/groups/northport/shut-out", "/groups/northport", uri=here.library.uris.actor("ada"))

        answer = await reader.send(f"/posts/{post.token}/reply", f"/posts/{post.token}/reply", text="Still here", language="en")

        assert answer.status == 403
        assert len(await posts(here)) == 1


async def test_only_hosts_begin_threads_where_the_club_says_so(tmp_path: Path) -> None:
    async with town(tmp_path) as here, remote_server() as harbour, browser(here) as reader:
        uri, karin = await club(here, hosts_only=True)
        await subscribe(harbour, here, uri, "cleo")
        note = harbour.note("cleo", "<p>@northport May I?</p>", cc=[uri], tag=[{"type": "Mention", "href": uri, "name": "@northport"}])
        assert await tells(harbour, here, note) not in await posts(here)
        await reader.sign_in(await here.person("ada"))
        assert (await reader.send("/groups/northport/join", "/groups/northport")).status == 303
        page = await reader.get("/groups/northport/begin")
        assert (await reader.post("/groups/northport/begin", {"csrf": page.token, "title": "Me", "text": "Too"})).status == 403
        assert (await says(here, karin, thread())).standing is Standing.shown


async def test_a_reader_joins_talks_and_leaves_on_the_pages(tmp_path: Path) -> None:
    async with town(tmp_path) as here, browser(here) as reader, browser(here) as cleo:
        await club(here)
        await reader.sign_in(await here.person("ada"))
        await reader.send("/groups/northport/join", "/groups/northport")

        begun = await reader.send("/groups/northport/begin", title="Why whales?", text="Tell me.", language="en")
        assert begun.status == 303
        await reader.send(begun.onward + "/reply", text="Because.", language="en")

        page = await cleo.get("/groups/northport")
        assert "Why whales?" in page.text and "Because." in page.text and "2 members" in page.text
        assert "Why whales?" in (await cleo.get("/feeds/groups/northport")).text
        assert (await cleo.get("/@northport")).onward == "/groups/northport"
        assert "Northport reads" in (await cleo.get("/groups")).text
        async with here.database.snapshot() as session:
            assert set(await session.scalars(select(Post.club_id).where(Post.kind.in_(["thread", "comment"])))) == {1}
        await reader.send("/groups/northport/leave", "/groups/northport")
        assert "1 member" in (await cleo.get("/groups/northport")).text


async def test_what_a_moderator_removes_goes_from_the_forums_too(tmp_path: Path) -> None:
    async with town(tmp_path) as here, remote_server() as lemmy:
        lemmy.software = "lemmy"
        uri, karin = await club(here)
        await subscribe(lemmy, here, uri, "cleo")
        post = await says(here, karin, thread())
        announced = lemmy.received[0]["id"]
        assert (await get(announced))["object"]["object"]["id"] == post.uri
        assert len((await get(f"{uri}/outbox?page=true"))["orderedItems"]) > 0
        lemmy.received.clear()

        await decide(here, await report(here, post.uri), Action.remove)
        await here.settle()

        assert ("Announce", "Delete") in told(lemmy)
        assert "What shall we ask" not in str(await get(announced))
        assert (await get(f"{uri}/outbox?page=true"))["orderedItems"] == []


async def test_held_words_are_passed_on_to_nobody(tmp_path: Path) -> None:
    async with town(tmp_path) as here, remote_server() as lemmy:
        lemmy.software = "lemmy"
        uri, _ = await club(here)
        async with here.database.transaction() as session:
            await listed.add(session, "vermin", DomainAnswer.hold, "contempt", who="ben")
        await subscribe(lemmy, here, uri, "cleo")
        page = lemmy.note("cleo", "<p>They are vermin.</p>", audience=uri, cc=[uri])
        page |= {"type": "Page", "name": "Hello"}
        await tells(lemmy, here, page)

        assert (await posts(here))[page["id"]].standing is Standing.held
        assert told(lemmy) == []


async def test_held_words_of_ours_reach_the_members_once_a_moderator_lets_them_stand(tmp_path: Path) -> None:
    async with town(tmp_path) as here, remote_server() as lemmy:
        lemmy.software = "lemmy"
        uri, karin = await club(here)
        async with here.database.transaction() as session:
            await listed.add(session, "what shall we ask", DomainAnswer.hold, "a trial", who="ben")
        await subscribe(lemmy, here, uri, "cleo")
        post = await says(here, karin, thread())
        assert (await posts(here))[post.uri].standing is Standing.held and told(lemmy) == []

        async with here.database.snapshot() as session:
            case = (await session.scalars(select(Case).where(Case.post_id == post.id))).one()
        await decide(here, case, Action.release)
        await here.settle()

        assert ("Announce", "Create") in told(lemmy)


async def test_an_answer_here_to_a_member_elsewhere_is_announced_and_told(tmp_path: Path) -> None:
    async with town(tmp_path) as here, remote_server() as lemmy:
        lemmy.software = "lemmy"
        uri, karin = await club(here)
        await subscribe(lemmy, here, uri, "cleo")
        page = lemmy.note("cleo", "<p>It is long.</p>", audience=uri, cc=[uri])
        page |= {"type": "Page", "name": "Is it a novel?"}
        await tells(lemmy, here, page)
        parent = (await posts(here))[page["id"]]
        lemmy.received.clear()

        await says(here, karin, Comment(club_id=1, reply_to_id=parent.id, reply_to_uri=parent.uri, source="Yes.", html="<p>Yes.</p>"))

        assert sorted(told(lemmy)) == [("Announce", "Create"), ("Create", "Note")]
        announced = next(wire for wire in lemmy.received if wire["type"] == "Announce")["object"]["object"]
        assert (announced["inReplyTo"], announced["audience"], "name" in announced) == (page["id"], uri, False)
