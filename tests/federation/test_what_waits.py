"""Time passes between saying something and hearing it: servers rest, words change, answers are strange."""

from pathlib import Path

from sqlalchemy import select, update

from community.clock import days, now
from community.due import Owed
from community.people.accounts import Account
from community.posts.kinds import Review
from community.posts.post import Post
from community.settings import Settings
from federation import resolving
from federation.remote import Remote, Signer
from federation.tables import Delivery, InboxMessage, Outgoing
from server.actions import publishing
from tests.federation.letters import ADA_KEY, rsa_of
from tests.federation.listener import listening
from tests.remote_server import remote_server, stamp
from tests.server.client import browser
from tests.world import Town, town

ACTIVITY = {"Accept": "application/activity+json"}
NOBODY = "http://127.0.0.1:9"


async def review(here: Town, ada: Account) -> Post:
    words = Review(
        about_id=(await here.book()).id, html="<p>Ada lives in Elm Street.</p>", source="Ada lives in Elm Street.", language="en"
    )
    async with here.database.transaction() as session:
        await publishing.publish(session, here.library, ada.actor, words)
    return words


async def test_what_was_taken_back_while_it_waited_is_not_told_any_more(tmp_path: Path) -> None:
    async with town(tmp_path) as here, remote_server() as harbour:
        ada = await here.person("ada")
        await harbour.says(here, harbour.activity("Follow", "cleo", ada.actor.uri))
        await here.settle()
        post = await review(here, ada)
        creates = Delivery.outgoing_id.in_(select(Outgoing.id).where(Outgoing.kind == "Create"))
        async with here.database.transaction() as session:  # the server was in trouble when we tried
            await session.execute(update(Delivery).where(creates).values(due_at=now() + days(1), attempts=4))

        async with here.database.transaction() as session:
            await publishing.take_back(session, here.library, await session.get_one(Post, post.id))
        await here.settle()
        async with here.database.transaction() as session:
            await session.execute(update(Delivery).where(creates).values(due_at=now()))
        await here.settle()

        assert [wire["type"] for wire in harbour.received] == ["Accept", "Delete"]
        async with here.database.snapshot() as session:
            assert set(await session.scalars(select(Delivery.state))) == {Owed.done}


async def test_an_old_activity_does_not_keep_words_that_were_changed(tmp_path: Path) -> None:
    async with town(tmp_path) as here, remote_server() as harbour, browser(here) as cleo:
        ada = await here.person("ada")
        await harbour.says(here, harbour.activity("Follow", "cleo", ada.actor.uri))
        await here.settle()
        post = await review(here, ada)

        async with here.database.transaction() as session:
            known = await session.get_one(Post, post.id)
            author = await session.get_one(type(ada.actor), known.author_id)
            await publishing.edit(session, here.library, author, known, {"html": "<p>Fine.</p>", "source": "Fine."})

        page = await cleo.get(f"/ap/activities/create/{post.token}", ACTIVITY)
        assert page.status == 200
        assert "Fine." in page.text and "Elm Street" not in page.text


async def test_a_review_of_an_item_that_cannot_be_fetched_now_waits(tmp_path: Path) -> None:
    async with town(tmp_path) as here, remote_server() as harbour:
        note = harbour.note("cleo", "<p>Fine.</p>", inReplyToBook=f"{NOBODY}/book/1", rating=4)
        assert await harbour.says(here, harbour.activity("Create", "cleo", note)) == 202
        await here.settle()

        async with here.database.snapshot() as session:
            assert (await session.scalars(select(InboxMessage.state))).one() is Owed.waiting


async def test_a_changed_review_stays_one_while_its_items_server_is_away(tmp_path: Path) -> None:
    async with town(tmp_path) as here, remote_server() as harbour:
        book = here.library.uris.work((await here.book()).id)
        note = harbour.note("cleo", "<p>Fine.</p>", inReplyToBook=book, rating=4)
        assert await harbour.says(here, harbour.activity("Create", "cleo", note)) == 202
        await here.settle()

        changed = note | {"inReplyToBook": f"{NOBODY}/book/1", "content": "<p>Better.</p>", "updated": stamp()}
        assert await harbour.says(here, harbour.activity("Update", "cleo", changed)) == 202
        await here.settle()

        async with here.database.snapshot() as session:
            known = (await session.scalars(select(Post).where(Post.uri == note["id"]))).one()
        assert (known.kind, known.half_stars) == ("review", 8)


async def test_an_answer_with_signs_that_no_database_keeps_is_written_down_without_them() -> None:
    remote = Remote(Settings(domain="library.example", allow_private_network=True))
    async with listening() as harbour:
        harbour.says("/inbox", b"no\0thing", status="400 Bad Request")
        answer = await remote.post(f"{harbour.root}/inbox", b"{}", sign_as=Signer(ADA_KEY, rsa_of("ada")))
    await remote.close()

    assert answer.reason == "HTTP 400 no thing"


def test_what_is_too_long_of_an_actor_is_left_out() -> None:
    cleo = "https://harbour.example/users/cleo"
    columns = resolving.actor_columns(
        {
            "id": cleo,
            "type": "Person",
            "preferredUsername": "cleo",
            "inbox": f"{cleo}/inbox",
            "followers": cleo + "/f" * 300,
            "outbox": cleo + "/o" * 300,
            "movedTo": cleo + "/m" * 300,
            "endpoints": {"sharedInbox": "https://harbour.example/" + "i" * 600},
            "publicKey": {"id": f"{cleo}#{'k' * 600}"},
            "summary": "x" * (resolving.MOST_SUMMARY - 10) + '<a href="https://harbour.example/">here</a>',
        }
    )
    assert {columns[name] for name in ("followers", "outbox", "moved_to", "shared_inbox", "key_id")} == {None}
    assert str(columns["summary"]).count("<") == str(columns["summary"]).count(">")
