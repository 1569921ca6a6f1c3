"""Reviews that BookWyrm shows on the pages of its books, and reviews of its readers on our titles (interop 2, D.2, D.4 to D.6)."""

from pathlib import Path
from typing import Any

import aiohttp
from sqlalchemy import select

from community.people.actors import Actor
from community.posts.kinds import Announcement, Comment, Rating, Review
from community.posts.post import Post
from community.uris import PUBLIC
from moderation.tables import Action, Decision
from server.actions import moderating, publishing
from tests.remote_server import RemoteServer, Wire, remote_server
from tests.stories.test_a_moderator_at_work import decide, report
from tests.world import Town, town

AGENT = {"Accept": "application/activity+json", "User-Agent": "python-requests/2 (BookWyrm/0.9.2; +https://bw.example/)"}


async def get(address: str, headers: dict[str, str] | None = None) -> Any:
    asked = headers or {"Accept": "application/activity+json"}
    async with aiohttp.ClientSession() as session, session.get(address, headers=asked) as answer:
        return await answer.json(content_type=None)


async def says(here: Town, name: str, post: Post) -> Post:
    """A reader of ours, or the library, says this."""
    async with here.database.transaction() as session:
        if name == "library":
            await publishing.announce(session, here.library, post)
        else:
            actor = (await session.scalars(select(Actor).where(Actor.username == name))).one()
            await publishing.publish(session, here.library, actor, post)
    await here.settle()
    return post


def review(work_id: int, **more: Any) -> Review:
    chosen = {"title": "Whale", "source": "Newts, and us.", "html": "<p>Newts, and us.</p>", "half_stars": 9, **more}
    return Review(about_id=work_id, language="en", **chosen)


async def mouse_follows(here: Town, bookwyrm: RemoteServer, whom: str) -> None:
    bookwyrm.software = "bookwyrm"
    await bookwyrm.says(here, bookwyrm.activity("Follow", "mouse", here.library.uris.actor(whom)))
    await here.settle()
    bookwyrm.received.clear()


def told(server: RemoteServer) -> list[tuple[str, str]]:
    """What came to a server, and of which type it was."""
    return [(wire["type"], wire["object"]["type"] if isinstance(wire["object"], dict) else "") for wire in server.received]


async def test_a_review_goes_to_bookwyrm_typed_and_to_others_as_a_note(tmp_path: Path) -> None:
    async with town(tmp_path) as here, remote_server() as bookwyrm, remote_server() as harbour:
        book = await here.book()
        await here.person("ada")
        await mouse_follows(here, bookwyrm, "ada")
        await harbour.says(here, harbour.activity("Follow", "cleo", here.library.uris.actor("ada")))
        await here.settle()
        harbour.received.clear()

        post = await says(here, "ada", review(book.id))

        assert (told(bookwyrm), told(harbour)) == ([("Create", "Review")], [("Create", "Note")])
        typed, plain = bookwyrm.received[0], harbour.received[0]
        assert (typed["id"], typed["object"]["id"]) == (plain["id"], plain["object"]["id"])
        status = typed["object"]
        assert (status["name"], status["rating"], status["content"]) == ("Whale", 4.5, "<p>Newts, and us.</p>")
        assert status["inReplyToBook"] == f"{here.root}/catalog/editions/1"
        assert (status["to"], typed["to"], status["attributedTo"]) == ([PUBLIC], [PUBLIC], here.library.uris.actor("ada"))
        assert "relatedWith" not in status and post.uri == status["id"]


async def test_whoever_follows_the_library_on_bookwyrm_gets_its_readers_reviews(tmp_path: Path) -> None:
    async with town(tmp_path) as here, remote_server() as bookwyrm:
        book = await here.book()
        await here.person("ada")
        await mouse_follows(here, bookwyrm, "library")

        await says(here, "ada", review(book.id))

        assert told(bookwyrm) == [("Create", "Review"), ("Announce", "")]


async def test_ratings_and_remarks_on_books_are_typed_and_change_and_go(tmp_path: Path) -> None:
    async with town(tmp_path) as here, remote_server() as bookwyrm:
        book = await here.book()
        await here.person("ada")
        await mouse_follows(here, bookwyrm, "ada")

        await says(here, "ada", Rating(about_id=book.id, half_stars=7, source="", html=""))
        remark = await says(here, "ada", Comment(about_id=book.id, source="Halfway.", html="<p>Halfway.</p>"))
        async with here.database.transaction() as session:
            ada = (await session.scalars(select(Actor).where(Actor.username == "ada"))).one()
            known = await session.get_one(Post, remark.id)
            await publishing.edit(session, here.library, ada, known, {"source": "Done.", "html": "<p>Done.</p>"})
        await here.settle()
        async with here.database.transaction() as session:
            await publishing.take_back(session, here.library, await session.get_one(Post, remark.id))
        await here.settle()

        assert told(bookwyrm) == [("Create", "Rating"), ("Create", "Comment"), ("Update", "Comment"), ("Delete", "Tombstone")]
        assert bookwyrm.received[0]["object"]["rating"] == 3.5
        assert bookwyrm.received[2]["object"]["content"] == "<p>Done.</p>"


async def test_what_bookwyrm_does_not_know_is_not_sent_there(tmp_path: Path) -> None:
    async with town(tmp_path) as here, remote_server() as bookwyrm:
        film = await here.book("The Cremator", "Juraj Herz", None, form="film")
        await here.person("ada")
        await mouse_follows(here, bookwyrm, "ada")
        await mouse_follows(here, bookwyrm, "library")

        await says(here, "library", Announcement(title="We are open", source="x", html="<p>x</p>", category="news", language="en"))
        await says(here, "ada", Rating(about_id=film.id, half_stars=7, source="", html=""))

        assert told(bookwyrm) == []


async def test_an_answer_to_a_reader_of_bookwyrm_is_a_note(tmp_path: Path) -> None:
    async with town(tmp_path) as here, remote_server() as bookwyrm:
        book = await here.book()
        await here.person("ada")
        await mouse_follows(here, bookwyrm, "library")
        note = bookwyrm.note("mouse", "<p>★★★★</p>", inReplyTo=here.library.uris.discussion(book.id))
        await bookwyrm.says(here, bookwyrm.activity("Create", "mouse", note))
        await here.settle()
        async with here.database.snapshot() as session:
            parent = (await session.scalars(select(Post).where(Post.uri == note["id"]))).one()

        await says(
            here, "ada", Comment(about_id=book.id, reply_to_id=parent.id, reply_to_uri=parent.uri, source="Yes.", html="<p>Yes.</p>")
        )

        assert told(bookwyrm) == [("Create", "Note")]
        assert [tag["type"] for tag in bookwyrm.received[0]["object"]["tag"]] == ["Edition", "Mention"]


async def test_bookwyrm_fetches_typed_reviews_and_everyone_else_a_note(tmp_path: Path) -> None:
    async with town(tmp_path) as here:
        book = await here.book()
        await here.person("ada")
        post = await says(here, "ada", review(book.id))

        assert ((await get(post.uri, AGENT))["type"], (await get(post.uri))["type"]) == ("Review", "Note")
        for owner in ("ada", "library"):
            page = await get(f"{here.library.uris.actor(owner)}/outbox?page=true&type=Review")
            assert [(one["type"], one["id"]) for one in page["orderedItems"]] == [("Review", post.uri)]
            assert (await get(here.library.uris.actor(owner)))["bookwyrmUser"] is True


async def test_an_edition_has_every_name_that_bookwyrm_and_neodb_ask_for(tmp_path: Path) -> None:
    async with town(tmp_path) as here:
        book = await here.book()
        for name in ("ada", "dan", "eva"):
            await here.person(name)
            await says(here, name, review(book.id, half_stars=8))

        wire = await get(f"{here.root}/catalog/editions/1")

        assert (wire["isbn13"], wire["isbn10"], wire["isbn"]) == ("9780142437247", "0142437247", "9780142437247")
        assert (wire["languages"], wire["language"]) == (["English"], ["en"])
        assert (wire["rating"], wire["rating_count"]) == (8, 3)
        work = await get(wire["work"])
        author = await get(wire["authors"][0])
        assert (work["type"], work["editions"], author["type"], author["name"]) == ("Work", [wire["id"]], "Author", "Herman Melville")


def from_bookwyrm(bookwyrm: RemoteServer, book: str, kind: str, name: str) -> Wire:
    note = bookwyrm.note("mouse", "<p>Newts, and us.</p>", inReplyToBook=book, rating=4.5)
    note |= {"type": kind, "name": name}
    return note


async def test_a_review_written_on_bookwyrm_stands_on_our_title_with_its_stars(tmp_path: Path) -> None:
    async with town(tmp_path) as here, remote_server() as bookwyrm:
        book = await here.book()
        page = f"{bookwyrm.root}/book/7"
        bookwyrm.documents["/book/7"] = {"id": page, "type": "Edition", "title": "Moby-Dick", "work": page, "isbn10": "0-14-243724-7"}
        pure = from_bookwyrm(bookwyrm, page, "Article", 'Review of "Moby-Dick" (4.5 stars): Still topical')

        await bookwyrm.says(here, bookwyrm.activity("Create", "mouse", pure))
        await here.settle()
        async with here.database.snapshot() as session:
            first = (await session.scalars(select(Post).where(Post.uri == pure["id"]))).one()
        assert (first.kind, first.title, first.half_stars, first.about_id) == ("review", "Still topical", 9, book.id)

        typed = {**pure, "type": "Review", "name": "Less topical", "rating": 3, "updated": "2999-01-01T00:00:00Z"}
        await bookwyrm.says(here, bookwyrm.activity("Update", "mouse", typed))
        await here.settle()
        async with here.database.snapshot() as session:
            second = (await session.scalars(select(Post).where(Post.uri == pure["id"]))).one()
        assert (second.kind, second.title, second.half_stars) == ("review", "Less topical", 6)


async def test_a_review_that_is_hidden_is_passed_on_no_more_and_again_when_it_is_shown(tmp_path: Path) -> None:
    async with town(tmp_path) as here, remote_server() as harbour:
        book = await here.book()
        await here.person("ada")
        await harbour.says(here, harbour.activity("Follow", "cleo", here.library.uris.library))
        await here.settle()
        post = await says(here, "ada", review(book.id))
        assert told(harbour)[-1][0] == "Announce"
        harbour.received.clear()

        decision = await decide(here, await report(here, post.uri), Action.hide)
        await here.settle()
        assert told(harbour) == [("Undo", "Announce")]

        async with here.database.transaction() as session:
            made = await session.get_one(Decision, decision.id)
            await moderating.undo(session, here.library, made, here.staff["ben"], "It was fine")
        await here.settle()
        assert [kind for kind, _ in told(harbour)] == ["Undo", "Announce"]


async def test_the_table_decides_by_software(tmp_path: Path) -> None:
    async with town(tmp_path) as here, remote_server() as lemmy:
        lemmy.software = "lemmy"
        book = await here.book()
        await here.person("ada")
        await lemmy.says(here, lemmy.activity("Follow", "cleo", here.library.uris.library))
        await here.settle()
        lemmy.received.clear()

        await says(here, "ada", review(book.id))
        await says(here, "library", Announcement(title="Open", source="x", html="<p>x</p>", category="news", language="en"))

        assert told(lemmy) == []
