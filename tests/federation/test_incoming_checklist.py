"""The many ways in which others write the same thing: one test for each line of interop 8.1, through the door."""

import json
import logging
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from sqlalchemy import select

from community.clock import now
from community.people import actors, follows
from community.people.actors import Actor, ActorState
from community.people.follows import Follow, FollowState
from community.posts.post import Post, Reaction
from community.uris import PUBLIC
from federation.handlers import table
from moderation.tables import Report
from tests.federation.attacks import count, knock, listen_to, signed, strange_posts, tell
from tests.remote_server import RemoteServer, Wire, remote_server, stamp
from tests.stories.test_a_review_travels import write_review
from tests.world import Town, town

SHAPES: list[Any] = [
    "https://x.example/1",
    {"id": "https://x.example/1"},
    [{"type": "Link", "href": "https://x.example/1"}],
    [],
    {},
    None,
    7,
    [None],
]
NAMES = ["to", "cc", "tag", "attachment", "url", "icon", "image", "object", "attributedTo", "type", "inReplyTo", "context", "replies"]


async def kept(here: Town, uri: str) -> Post:
    async with here.database.snapshot() as session:
        return (await session.scalars(select(Post).where(Post.uri == uri))).one()


async def states(here: Town) -> list[FollowState]:
    async with here.database.snapshot() as session:
        return list(await session.scalars(select(Follow.state).order_by(Follow.id)))


async def create(here: Town, there: RemoteServer, words: str = "<p>Fine.</p>", name: str = "cleo", **more: Any) -> tuple[str, Wire]:
    """Somebody answers our title; what became of it, and the note."""
    note = there.note(name, words, **{"inReplyTo": here.library.uris.discussion(1), **more})
    return await tell(here, there, there.activity("Create", name, note)), note


async def test_line_01_every_property_may_have_every_shape(tmp_path: Path) -> None:
    async with town(tmp_path) as here, remote_server() as harbour:
        await here.book()
        discussion = here.library.uris.discussion(1)
        statuses = set()
        for number, (name, shape) in enumerate((name, shape) for name in NAMES for shape in SHAPES):
            note = harbour.note("cleo", "<p>Fine.</p>", inReplyTo=discussion) | {name: shape}
            wire = harbour.activity("Create", "cleo", shape if name == "object" else note)
            statuses.add(await harbour.says(here, wire))
            without = {key: value for key, value in note.items() if key != name}
            statuses.add(await harbour.says(here, harbour.activity("Create", f"cleo{number}", without)))
        await here.settle()
        assert statuses <= {202, 401}  # attributed to another server: 401; nothing else is anybody's fault
        for one in (discussion, [discussion], {"id": discussion}, [{"type": "Link", "href": discussion}]):
            said, _ = await create(here, harbour, to=PUBLIC, cc=None, inReplyTo=one, type=["Note"], attachment={"type": "Image"}, tag={})
            assert said == "kept as comment"


async def test_line_02_an_author_may_stand_in_a_list_and_moderators_may_stand_for_a_group(tmp_path: Path) -> None:
    async with town(tmp_path) as here, remote_server() as harbour:
        await here.book()
        channel = {"type": "Group", "id": f"{harbour.root}/channels/1"}
        for authors in ([{"type": "Person", "id": harbour.actor("cleo")}, channel], [channel, harbour.actor("cleo")]):
            assert (await create(here, harbour, attributedTo=authors))[0] == "kept as comment"
        group = harbour.actor("books", type="Group", attributedTo=f"{harbour.root}/users/books/moderators")
        await tell(here, harbour, harbour.activity("Like", "books", here.library.uris.discussion(1)))
        known = await here.actor(group)
        assert known is not None and known.kind == "Group"


async def test_line_03_words_may_come_only_as_a_map_of_languages(tmp_path: Path) -> None:
    async with town(tmp_path) as here, remote_server() as harbour:
        await here.book()
        for language, expected in (("de", "de"), ("und", None)):
            note = harbour.note("cleo", "", inReplyTo=here.library.uris.discussion(1), contentMap={language: "<p>Gut.</p>"})
            del note["content"]
            note |= {"summaryMap": {language: "Achtung"}, "summary": None}
            assert await tell(here, harbour, harbour.activity("Create", "cleo", note)) == "kept as comment"
            row = await kept(here, note["id"])
            assert (row.html, row.language, row.warning) == ("<p>Gut.</p>", expected, "Achtung")


async def test_line_04_an_activity_without_id_or_with_a_fragment_is_heard_and_never_fetched(tmp_path: Path) -> None:
    async with town(tmp_path) as here, remote_server() as harbour:
        await here.book()
        _, note = await create(here, harbour)
        harbour.asked.clear()
        like = harbour.activity("Like", "cleo", here.library.uris.discussion(1)) | {"id": f"{harbour.actor('cleo')}#likes/7"}
        assert await tell(here, harbour, like) == "kept a like"
        delete = harbour.activity("Delete", "cleo", note["id"])
        del delete["id"]
        assert await tell(here, harbour, delete) == "deleted a comment"
        assert harbour.asked == []


@pytest.mark.parametrize("embedded", [True, False])
async def test_line_05_what_is_undone_or_answered_is_found_by_its_id_or_by_the_pair(tmp_path: Path, embedded: bool) -> None:
    async with town(tmp_path) as here, remote_server() as harbour:
        await here.book()
        ada = (await here.person("ada")).actor
        follow = harbour.activity("Follow", "cleo", ada.uri)
        like = harbour.activity("Like", "cleo", here.library.uris.discussion(1))
        for act, said in ((follow, "ended a follow"), (like, "took back a like")):
            await tell(here, harbour, act)
            inner = {key: value for key, value in act.items() if key != "id"} if embedded else act["id"]
            assert await tell(here, harbour, harbour.activity("Undo", "cleo", inner)) == said

        for verb, state in (("Accept", FollowState.granted), ("Reject", FollowState.refused)):
            asked = here.library.uris.activity("follow", verb.lower())
            async with here.database.transaction() as session:
                cleo = await actors.by_uri(session, harbour.actor("cleo"))
                assert cleo is not None
                await follows.ask(session, await session.get_one(Actor, ada.id), cleo, asked)
            pair = {"type": "Follow", "actor": ada.uri, "object": harbour.actor("cleo")}
            await tell(here, harbour, harbour.activity(verb, "cleo", pair if embedded else asked))
            assert (await states(here))[-1] is state


async def test_line_06_reactions_of_all_kinds_count_or_are_left(tmp_path: Path) -> None:
    async with town(tmp_path) as here, remote_server() as harbour:
        await here.book()
        emoji = {"type": "Emoji", "name": ":whale:", "icon": {"type": "Image", "url": f"{harbour.root}/whale.png"}}
        reactions: list[tuple[str, Wire, str]] = [
            ("Like", {"content": "❤"}, "kept a like"),
            ("Like", {"content": ":whale:", "tag": [emoji], "_misskey_reaction": ":whale:"}, "kept a like"),
            ("EmojiReact", {"content": "🐳", "tag": emoji}, "kept a like"),
            ("Dislike", {}, "left: we do not handle Dislike"),
            ("View", {}, "left: we do not handle View"),
        ]
        for number, (verb, more, said) in enumerate(reactions):
            act = harbour.activity(verb, f"cleo{number}", here.library.uris.discussion(1), **more)
            assert await tell(here, harbour, act) == said
        assert await count(here, Reaction) == 3


async def test_line_07_what_nobody_knows_is_let_in_dropped_and_logged_once(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "bookmobile.inbox")
    async with town(tmp_path) as here, remote_server() as harbour:
        table._seen.pop(harbour.root.removeprefix("http://"), None)
        for number in range(3):
            said = await tell(here, harbour, harbour.activity("Teleport", f"cleo{number}", "https://x.example/1"))
            assert said == "left: we do not handle Teleport"
        assert (await create(here, harbour, type="Hologram"))[0] == "left: we do not keep Hologram"
        assert sum("Teleport" in record.getMessage() for record in caplog.records) == 1


async def test_line_08_reports_in_six_shapes_and_deletes_in_three(tmp_path: Path) -> None:
    async with town(tmp_path) as here, remote_server() as harbour:
        await here.book()
        ada = (await here.person("ada")).actor
        uri = await write_review(here, "ada", 1, "Convinced.")
        shapes: list[tuple[Any, dict[str, Any]]] = [
            ([ada.uri, uri], {"content": "Mastodon"}),
            (ada.uri, {"content": f"Misskey: Note: {uri}"}),
            ([ada.uri, {"id": uri, "type": "Note", "content": "x"}], {"content": "Pleroma"}),
            (uri, {"summary": "Lemmy", "audience": here.library.uris.library}),
            ([uri], {"summary": "PieFed", "content": None}),
            (ada.uri, {"content": "Mobilizon", "to": [here.library.uris.library]}),
        ]
        for number, (target, more) in enumerate(shapes):
            act = harbour.activity("Flag", f"cleo{number}", target, **more)
            assert await tell(here, harbour, act) == "opened 1 reports", number
        assert await count(here, Report) == 6

        for target in (
            lambda id: id,
            lambda id: {"id": id, "type": "Tombstone"},
            lambda id: {"id": id, "type": "Tombstone", "formerType": "Note"},
        ):
            _, note = await create(here, harbour)
            assert await tell(here, harbour, harbour.activity("Delete", "cleo", target(note["id"]))) == "deleted a comment"
        _, note = await create(here, harbour)
        cleo = harbour.actor("cleo")
        assert await tell(here, harbour, harbour.activity("Delete", "cleo", cleo, to=[PUBLIC])) == "said farewell to an actor and 1 posts"
        gone = await here.actor(cleo)
        assert gone is not None and gone.state is ActorState.gone
        assert set((await strange_posts(here)).values()) == {""}


async def test_line_09_what_is_missing_changed_or_out_of_time_is_put_right(tmp_path: Path) -> None:
    async with town(tmp_path) as here, remote_server() as harbour:
        await here.book()
        said, _ = await create(here, harbour, to=None, cc=None)
        assert said.startswith("left: it was not said to everyone")
        fresh = harbour.note("cleo", "<p>New to you</p>", inReplyTo=here.library.uris.discussion(1))
        assert await tell(here, harbour, harbour.activity("Update", "cleo", fresh)) == "kept as comment"
        old = harbour.note("cleo", "<p>Old</p>", inReplyTo=here.library.uris.discussion(1), published="2020-01-01T00:00:00Z")
        assert await tell(here, harbour, harbour.activity("Update", "cleo", old)) == "left: we do not have what it changes"

        work = here.library.uris.work(1)
        _, article = await create(here, harbour, type="Article", inReplyToBook=work, inReplyTo=None, rating=3)
        typed = article | {"type": "Review", "name": "Fine", "rating": 4, "updated": stamp()}
        assert await tell(here, harbour, harbour.activity("Update", "cleo", typed)) == "changed a review"
        for moment in ("2999-01-01T00:00:00Z", "99999-01-01T00:00:00Z", "-0001-01-01T00:00:00Z", "0000-00-00", "soon", 7, None):
            before = now()
            _, note = await create(here, harbour, published=moment)
            assert before <= (await kept(here, note["id"])).published_at <= now()


async def test_line_10_stars_come_from_structure_or_from_the_documented_grammar_and_never_from_plain_talk(tmp_path: Path) -> None:
    async with town(tmp_path) as here, remote_server() as harbour:
        await here.book()
        work = here.library.uris.work(1)
        pieces = [{"type": "Rating", "withRegardTo": work, "value": 7, "best": 10, "worst": 1}]
        for kind in ("Note", "Article", "Review", "Comment", "Page"):
            for more in ({"inReplyToBook": work, "rating": 3.5}, {"relatedWith": pieces}):
                _, note = await create(here, harbour, type=kind, inReplyTo=None, **more)
                assert (await kept(here, note["id"])).half_stars == 7, (kind, more)
        for words, stars in (("★★★½ Good", 7), ("3.5/5 Good", 7), ("I read 4/5 of it and gave up", None), ("Good, five stars!", None)):
            _, note = await create(here, harbour, f"<p>{words}</p>")
            assert (await kept(here, note["id"])).half_stars == stars, words


@pytest.mark.parametrize(
    ("more", "stars"),
    [
        ({"rating": 0.5}, 1), ({"rating": 5}, 10), ({"rating": 4.5}, 9), ({"rating": 0}, None), ({"rating": 5.5}, None),
        ({"rating": "5"}, None), ({"value": 7, "best": 10, "worst": 1}, 7), ({"value": 4}, 8), ({"value": 100, "best": 100}, 10),
        ({"value": 11, "best": 10}, None),
        ({"value": 3, "best": 0}, None), ({"value": -1, "best": 10}, None), ({"value": "7", "best": 10}, None),
    ],
)  # fmt: skip
async def test_line_11_scales_become_half_stars(tmp_path: Path, more: Wire, stars: int | None) -> None:
    async with town(tmp_path) as here, remote_server() as harbour:
        await here.book()
        work = here.library.uris.work(1)
        told = {"inReplyToBook": work, **more} if "rating" in more else {"relatedWith": [{"type": "Rating", "withRegardTo": work, **more}]}

        _, note = await create(here, harbour, inReplyTo=None, **told)

        assert (await kept(here, note["id"])).half_stars == stars


async def test_line_12_a_vote_is_no_remark(tmp_path: Path) -> None:
    async with town(tmp_path) as here, remote_server() as harbour:
        await here.book()
        vote = harbour.note("cleo", "", inReplyTo=here.library.uris.discussion(1))
        del vote["content"]
        vote["name"] = "apple"
        assert await tell(here, harbour, harbour.activity("Create", "cleo", vote)) == "left: it is not a remark"
        page = vote | {"id": f"{vote['id']}2", "type": "Page"}  # a forum's link without words
        assert await tell(here, harbour, harbour.activity("Create", "cleo", page)) == "kept as comment"


async def test_line_13_everybody_of_ours_can_be_followed_and_asked_again_says_yes_again(tmp_path: Path) -> None:
    async with town(tmp_path) as here, remote_server() as harbour:
        await here.book()
        await here.person("ada")
        named = here.library.uris
        for target in (named.library, named.actor("ada"), named.actor("work-1"), named.instance):
            for _ in range(2):
                assert await tell(here, harbour, harbour.activity("Follow", "cleo", target)) == "granted a follow", target
            answers = [wire for wire in harbour.received if wire["type"] == "Accept" and wire["actor"] == target]
            assert len(answers) == 2
        assert len(await states(here)) == 4


async def test_line_14_a_mention_anywhere_but_only_where_it_is_addressed_or_tagged(tmp_path: Path) -> None:
    async with town(tmp_path) as here, remote_server() as harbour:
        uri = here.library.uris.library
        tag = {"type": "Mention", "href": uri, "name": "@library"}
        html = f'<p><a href="{uri}" class="u-url mention">@library</a> hello</p>'
        for more, said in (
            ({"cc": [uri]}, "kept as comment"),
            ({"tag": [tag]}, "kept as comment"),
            ({"tag": tag}, "kept as comment"),
            ({"tag": [tag | {"type": ["Mention"]}]}, "kept as comment"),
            ({}, "left: it concerns nothing and nobody here"),
        ):
            assert (await create(here, harbour, html, inReplyTo=None, **more))[0] == said, more


async def test_line_15_a_boost_of_an_id_a_post_an_activity_or_a_list(tmp_path: Path) -> None:
    async with town(tmp_path) as here, remote_server() as harbour:
        await here.book()
        await here.person("ada")
        uri = await write_review(here, "ada", 1, "Convinced.")
        note = {"id": uri, "type": "Note"}
        made = {"type": "Create", "id": f"{uri}/activity", "object": note}
        for number, target in enumerate([uri, note, [uri], made, {**made, "type": "Update"}, {**made, "object": uri}]):
            assert await tell(here, harbour, harbour.activity("Announce", f"cleo{number}", target)) == "kept a boost", target
        for verb in ("Like", "Delete", "Undo", "Flag"):  # a group passes these on too
            inner = {"type": verb, "id": f"{harbour.root}/{verb}", "actor": harbour.actor("dora"), "object": uri}
            assert await tell(here, harbour, harbour.activity("Announce", "group", inner)) == "left: we do not have that post"
        assert await count(here, Reaction) == 6
        assert (await kept(here, uri)).html


async def test_line_16_a_move_carries_followers_and_leaves_the_words(tmp_path: Path) -> None:
    async with town(tmp_path) as here, remote_server() as harbour:
        await here.book()
        _, note = await create(here, harbour)
        old = harbour.actor("cleo")
        await listen_to(here, old)
        for target, said in (
            (harbour.actor("dora"), "left: the new account does not say that it is theirs"),
            (harbour.actor("cleo2", alsoKnownAs=old), "moved, and 1 of ours follow the new account"),
        ):
            assert await tell(here, harbour, harbour.activity("Move", "cleo", old) | {"target": target}) == said
        assert [wire["type"] for wire in harbour.received] == ["Undo", "Follow"]
        row = await kept(here, note["id"])
        async with here.database.snapshot() as session:
            assert (await session.get_one(Actor, row.author_id)).uri == old


async def test_line_17_headers_in_all_their_spellings(tmp_path: Path) -> None:
    async with town(tmp_path) as here, remote_server() as harbour, aiohttp.ClientSession() as visitor:
        await here.book()
        profile = 'application/ld+json; profile="https://www.w3.org/ns/activitystreams"'
        # Mastodon's search box asks so; whoever takes pages too is led from the page to the document (decision 005).
        async with visitor.get(here.library.uris.library, headers={"Accept": f"{profile}, text/html;q=0.1"}) as answer:
            assert f'type="application/activity+json" href="{here.library.uris.library}"' in await answer.text()
        for accept in ("application/activity+json", profile, f"{profile}, application/json", "APPLICATION/activity+json; charset=utf-8"):
            async with visitor.get(here.library.uris.library, headers={"Accept": accept}) as answer:
                assert answer.status == 200 and "json" in answer.headers["Content-Type"], accept
        kinds = [
            "application/activity+json",
            profile,
            "application/ld+json",
            "application/activity+json; charset=UTF-8",
            "application/json",
        ]
        for number, kind in enumerate(kinds):
            body = json.dumps(harbour.activity("Like", f"cleo{number}", here.library.uris.discussion(1))).encode()
            headers = signed(here, harbour, body, f"cleo{number}") | {"User-Agent": f"Harbour {datetime.now(UTC).year}"}
            covered = "content-type" in headers["Signature"]
            headers = headers if covered else headers | {"Content-Type": kind}
            assert await knock(here, body, {name.upper(): value for name, value in headers.items()}) == 202, kind
        body = json.dumps(harbour.activity("Like", "dora", here.library.uris.discussion(1))).encode()
        headers = signed(here, harbour, body, "dora")
        without = ",".join(part for part in headers["Signature"].split(",") if not part.startswith("algorithm="))
        assert await knock(here, body, headers | {"Signature": without}) == 202
        await here.settle()
        assert await count(here, Reaction) == len(kinds) + 1
