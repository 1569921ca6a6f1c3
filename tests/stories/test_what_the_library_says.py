"""The library tells its followers of an event, and a reader answers somebody on another server."""

from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import select

from community.posts.kinds import Comment, Event
from community.posts.post import Post
from server.actions import publishing
from tests.remote_server import RemoteServer, remote_server
from tests.world import Town, town


async def followed(here: Town, harbour: RemoteServer) -> None:
    """Cleo follows the library, and its yes is forgotten."""
    assert await harbour.says(here, harbour.activity("Follow", "cleo", here.library.uris.library)) == 202
    await here.settle()
    harbour.received.clear()


async def test_an_event_tells_day_place_and_name_to_whoever_shows_only_a_part(tmp_path: Path) -> None:
    async with town(tmp_path) as here, remote_server() as harbour:
        await followed(here, harbour)
        event = Event(
            title="Book club: Moby-Dick", html="<p>Bring a lamp.</p>", source="Bring a lamp.", language="en", place="Reading room"
        )
        event.starts_at = datetime(2026, 12, 3, 18, tzinfo=UTC)
        async with here.database.transaction() as session:
            await publishing.announce(session, here.library, event)
        await here.settle()

        [create] = harbour.received
        wire = create["object"]
        assert (wire["type"], wire["name"]) == ("Event", "Book club: Moby-Dick")
        assert wire["summary"].startswith("<p>Thursday, December 3, 2026, ") and "Reading room" in wire["summary"]
        assert wire["content"] == wire["contentMap"]["en"] == "<p><strong>Book club: Moby-Dick</strong></p><p>Bring a lamp.</p>"
        assert "updated" not in wire  # others would show it as edited


async def test_a_changed_event_says_that_it_is_newer(tmp_path: Path) -> None:
    async with town(tmp_path) as here, remote_server() as harbour:
        await followed(here, harbour)
        event = Event(title="Book club", html="", source="", language="en", starts_at=datetime(2026, 12, 3, 18, tzinfo=UTC))
        async with here.database.transaction() as session:
            await publishing.announce(session, here.library, event)
        async with here.database.transaction() as session:
            kept = await session.get_one(Post, event.id)
            await publishing.correct(session, here.library, kept, {"cancelled": True})
        await here.settle()

        update = harbour.received[-1]
        assert (update["type"], update["object"]["name"], update["object"]["status"]) == ("Update", "Cancelled: Book club", "CANCELLED")
        assert update["object"]["updated"] >= update["object"]["published"]


async def test_an_answer_names_whom_it_answers_and_reaches_their_server(tmp_path: Path) -> None:
    async with town(tmp_path) as here, remote_server() as harbour:
        ada = await here.person("ada")
        book = await here.book()
        question = harbour.note("cleo", "<p>Is it long?</p>", inReplyTo=here.library.uris.discussion(book.id))
        await harbour.says(here, harbour.activity("Create", "cleo", question))
        await here.settle()
        async with here.database.transaction() as session:
            asked = (await session.scalars(select(Post).where(Post.uri == question["id"]))).one()
            answer = Comment(
                html="<p>Very.</p>", source="Very.", about_id=book.id, reply_to_id=asked.id, reply_to_uri=asked.uri, language="en"
            )
            await publishing.publish(session, here.library, ada.actor, answer)
        await here.settle()

        [create] = harbour.received
        wire = create["object"]
        cleo = harbour.actor("cleo")
        assert wire["inReplyTo"] == question["id"] and cleo in wire["cc"]
        assert [(tag["type"], tag["href"]) for tag in wire["tag"] if tag["type"] == "Mention"] == [("Mention", cleo)]
        assert wire["content"].endswith('class="u-url mention">@<span>cleo</span></a></span> Very.</p>')
