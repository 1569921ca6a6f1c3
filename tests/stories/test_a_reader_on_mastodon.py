"""Someone on another server follows the library, answers a title, changes their mind, likes, boosts, reports and leaves."""

from pathlib import Path

from sqlalchemy import func, select

from community.people.actors import ActorState
from community.people.follows import Follow, FollowState
from community.posts.kinds import Announcement
from community.posts.post import Post, Reaction, Standing
from federation.tables import InboxMessage
from moderation.tables import Case, Report
from server.actions import publishing
from tests.remote_server import RemoteServer, remote_server, stamp
from tests.server.client import browser
from tests.world import Town, settle, town


async def outcome(here: Town) -> str:
    """What became of the last activity."""
    async with here.database.snapshot() as session:
        return await session.scalar(select(InboxMessage.why).order_by(InboxMessage.id.desc()).limit(1)) or ""


async def only_post(here: Town, kind: str | None = None) -> Post:
    async with here.database.snapshot() as session:
        query = select(Post).where(Post.kind != "discussion") if kind is None else select(Post).where(Post.kind == kind)
        return (await session.scalars(query)).one()


async def answer(harbour: RemoteServer, here: Town, parent: str, words: str) -> dict[str, object]:
    note = harbour.note("cleo", f"<p>{words}</p>", inReplyTo=parent)
    assert await harbour.says(here, harbour.activity("Create", "cleo", note)) == 202
    await here.settle()
    return note


async def test_a_follow_is_answered_and_its_undo_ends_it(tmp_path: Path) -> None:
    async with town(tmp_path) as here, remote_server() as harbour:
        follow = harbour.activity("Follow", "cleo", here.library.uris.library)
        assert await harbour.says(here, follow) == 202
        await here.settle()

        assert [(wire["type"], wire["object"]["id"]) for wire in harbour.received] == [("Accept", follow["id"])]
        assert await harbour.says(here, harbour.activity("Undo", "cleo", follow)) == 202
        await here.settle()
        async with here.database.snapshot() as session:
            assert (await session.scalars(select(Follow.state))).all() == [FollowState.ended]


async def test_a_plain_answer_with_stars_is_a_review_and_can_be_changed_and_deleted(tmp_path: Path) -> None:
    async with town(tmp_path) as here, remote_server() as harbour:
        book = await here.book()
        note = await answer(harbour, here, here.library.uris.discussion(book.id), "@library ★★★★☆ A fine opening.")
        review = await only_post(here)
        assert (review.kind, review.half_stars, review.about_id, review.html) == ("review", 8, book.id, "<p>A fine opening.</p>")

        changed = note | {"content": "<p>★★★★★</p>", "updated": stamp()}
        assert await harbour.says(here, harbour.activity("Update", "cleo", changed)) == 202
        await here.settle()
        rating = await only_post(here)
        assert (rating.kind, rating.half_stars, rating.html) == ("rating", 10, "")

        assert await harbour.says(here, harbour.activity("Delete", "cleo", {"id": note["id"], "type": "Tombstone"})) == 202
        await here.settle()
        gone = await only_post(here)
        assert (gone.standing, gone.half_stars, gone.html) == (Standing.deleted, None, "")


async def test_a_delete_that_overtakes_its_create_wins(tmp_path: Path) -> None:
    async with town(tmp_path) as here, remote_server() as harbour:
        book = await here.book()
        harbour.actor("cleo")
        await harbour.says(here, harbour.activity("Like", "cleo", here.library.uris.discussion(book.id)))
        note = harbour.note("cleo", "<p>Too late</p>", inReplyTo=here.library.uris.discussion(book.id))
        await harbour.says(here, harbour.activity("Delete", "cleo", note["id"]))
        await here.settle()
        await harbour.says(here, harbour.activity("Create", "cleo", note))
        await here.settle()

        assert await outcome(here) == "left: it has been deleted already"


async def test_likes_and_boosts_count_once_and_can_be_taken_back(tmp_path: Path) -> None:
    async with town(tmp_path) as here, remote_server() as harbour:
        book = await here.book()
        discussion = here.library.uris.discussion(book.id)
        like, boost = harbour.activity("Like", "cleo", discussion), harbour.activity("Announce", "cleo", discussion)
        for wire in (like, like, boost):
            assert await harbour.says(here, wire) == 202
        await here.settle()
        async with here.database.snapshot() as session:
            assert await session.scalar(select(func.count()).select_from(Reaction)) == 2

        await harbour.says(here, harbour.activity("Undo", "cleo", like))
        await harbour.says(here, harbour.activity("Undo", "cleo", boost["id"]))
        await here.settle()
        async with here.database.snapshot() as session:
            assert await session.scalar(select(func.count()).select_from(Reaction)) == 0


async def test_a_like_is_seen_at_once_on_a_page_that_was_looked_at_before(tmp_path: Path) -> None:
    async with town(tmp_path) as here, remote_server() as harbour, browser(here) as anyone:
        here.app.cache.fresh = 0.0
        news = Announcement(title="Open at night", html="<p>Bring a lamp.</p>", source="Bring a lamp.", language="en")
        async with here.database.transaction() as session:
            await publishing.announce(session, here.library, news)
        page = f"/announcements/{news.token}"
        assert "1 like" not in (await anyone.get(page)).text

        like = harbour.activity("Like", "cleo", news.uri)
        await harbour.says(here, like)
        await here.settle()
        assert "1 like" in (await anyone.get(page)).text

        await harbour.says(here, harbour.activity("Undo", "cleo", like))
        await here.settle()
        assert "1 like" not in (await anyone.get(page)).text


async def test_a_like_that_was_taken_back_can_be_given_again_under_the_same_id(tmp_path: Path) -> None:
    async with town(tmp_path) as here, remote_server() as harbour:
        discussion = here.library.uris.discussion((await here.book()).id)
        like = harbour.activity("Like", "cleo", discussion, published="2026-11-21T20:00:00Z")
        again = like | {"published": "2026-11-21T20:05:00Z"}
        for wire in (like, harbour.activity("Undo", "cleo", like), again):
            assert await harbour.says(here, wire) == 202
            await here.settle()

        async with here.database.snapshot() as session:
            assert (await session.scalars(select(Reaction.kind))).all() == ["like"]


async def test_a_note_cannot_come_again_under_the_same_id_with_other_words(tmp_path: Path) -> None:
    async with town(tmp_path) as here, remote_server() as harbour:
        note = harbour.note("cleo", "<p>Mine</p>", inReplyTo=here.library.uris.discussion((await here.book()).id))
        create = harbour.activity("Create", "cleo", note)

        assert await harbour.says(here, create) == 202
        assert await harbour.says(here, create) == 202
        assert await harbour.says(here, create | {"object": note | {"content": "<p>Not mine</p>"}}) == 400
        await here.settle()
        assert (await only_post(here)).html == "<p>Mine</p>"


async def test_a_flag_opens_a_case_that_keeps_the_words(tmp_path: Path) -> None:
    async with town(tmp_path) as here, remote_server() as harbour:
        book = await here.book()
        note = await answer(harbour, here, here.library.uris.discussion(book.id), "Readers from Ostrava should stay out.")
        flag = {**harbour.activity("Flag", "ben", [harbour.actor("cleo"), note["id"]]), "content": "Contempt"}
        assert await harbour.says(here, flag) == 202
        assert await harbour.says(here, flag) == 202
        await here.settle()

        async with here.database.snapshot() as session:
            case = (await session.scalars(select(Case))).one()
            report = (await session.scalars(select(Report))).one()
        assert case.post_id == (await only_post(here)).id
        assert report.reason == "Contempt"


async def test_whoever_leaves_takes_their_words_along(tmp_path: Path) -> None:
    async with town(tmp_path) as here, remote_server() as harbour:
        book = await here.book()
        await answer(harbour, here, here.library.uris.discussion(book.id), "I was here.")
        cleo = harbour.actor("cleo")
        assert await harbour.says(here, harbour.activity("Delete", "cleo", cleo)) == 202
        await here.settle()

        assert (await only_post(here)).standing is Standing.deleted
        actor = await here.actor(cleo)
        assert actor is not None and actor.state is ActorState.gone


async def test_cleo_cannot_change_what_ben_wrote(tmp_path: Path) -> None:
    async with town(tmp_path) as here, remote_server() as harbour:
        book = await here.book()
        note = harbour.note("ben", "<p>Mine</p>", inReplyTo=here.library.uris.discussion(book.id))
        await harbour.says(here, harbour.activity("Create", "ben", note))
        await here.settle()

        forged = note | {"content": "<p>Not his</p>", "attributedTo": harbour.actor("cleo"), "updated": stamp()}
        assert await harbour.says(here, harbour.activity("Update", "cleo", forged)) == 202
        assert await harbour.says(here, harbour.activity("Delete", "cleo", note["id"])) == 202
        await here.settle()
        assert (await only_post(here)).html == "<p>Mine</p>"


async def test_the_address_of_a_title_leads_to_a_post_that_can_be_answered(tmp_path: Path) -> None:
    async with town(tmp_path) as here, remote_server() as harbour, town(tmp_path / "b") as other:
        book = await here.book()
        wire = (await other.hub.remote.get_document(here.library.uris.discussion(book.id), sign_as=await other.hub.instance_signer())).json

        assert wire["type"] == "Note"
        assert "Moby-Dick" in wire["content"] and "Herman Melville" in wire["content"]
        assert wire["tag"][0]["type"] == "Edition"
        assert harbour.root
        await settle(here, other)
