"""What is queued for other servers: the newest words win, an end comes before everything else, nothing is said twice or too early."""

from pathlib import Path

import pytest
from sqlalchemy import func, select, update

from community.clock import days, minutes, now, seconds
from community.due import Owed
from community.people.accounts import Account
from community.posts.kinds import Review
from community.posts.post import Post
from federation import delivery, outbox
from federation.handlers import table
from federation.tables import Delivery, Instance, Outgoing
from federation.wire import Wire
from server.actions import publishing
from tests.remote_server import RemoteServer, remote_server
from tests.world import Town, town

NOTE = "https://library.example/ap/notes/1"


def said(here: Town, verb: str, uri: str = NOTE, content: str = "") -> Wire:
    """An activity of the library about this object."""
    name = f"{verb.lower()}-{content or 'words'}-{uri.rpartition('/')[2]}"
    return {"id": here.library.uris.activity(verb.lower(), name), "type": verb, "object": {"id": uri, "content": content}}


async def owe(here: Town, ada: Account, wire: Wire, *inboxes: str) -> None:
    async with here.database.transaction() as session:
        await outbox.owe(session, ada.actor, wire | {"actor": ada.actor.uri}, set(inboxes))


async def owed(here: Town) -> list[tuple[str, str]]:
    """Verb and inbox of what waits."""
    query = select(Outgoing.kind, Delivery.inbox).join(Outgoing, Outgoing.id == Delivery.outgoing_id)
    async with here.database.snapshot() as session:
        return [(kind, inbox) for kind, inbox in await session.execute(query.where(Delivery.state == Owed.waiting).order_by(Delivery.id))]


async def everything_is_due(here: Town) -> None:
    async with here.database.transaction() as session:
        await session.execute(update(Delivery).where(Delivery.state == Owed.waiting).values(due_at=now()))
        await session.execute(update(Instance).values(not_before=None))


def heard(harbour: RemoteServer) -> list[str]:
    """Verbs and words in the order in which they came."""
    return [f"{wire['type']} {wire['object']['content']}".strip() for wire in harbour.received]


async def test_a_delete_cancels_what_is_queued_of_the_same_object_for_each_inbox(tmp_path: Path) -> None:
    async with town(tmp_path) as here:
        ada = await here.person("ada")
        one, two = "https://harbour.example/inbox", "https://quay.example/inbox"
        await owe(here, ada, said(here, "Create"), one, two)
        await owe(here, ada, said(here, "Announce"), one, two)
        await owe(here, ada, said(here, "Create", NOTE + "1"), one)

        await owe(here, ada, said(here, "Delete"), one)

        assert await owed(here) == [("Create", two), ("Announce", two), ("Create", one), ("Delete", one)]
        async with here.database.snapshot() as session:
            assert set(await session.scalars(select(Delivery.why).where(Delivery.state == Owed.done))) == {
                "it was taken back before it was sent"
            }


async def test_the_newest_words_replace_older_ones_that_wait_but_not_the_first(tmp_path: Path) -> None:
    async with town(tmp_path) as here, remote_server() as harbour:
        ada, inbox = await here.person("ada"), f"{harbour.root}/inbox"
        await owe(here, ada, said(here, "Create", content="first"), inbox)
        for words in ("second", "third"):
            await owe(here, ada, said(here, "Update", content=words), inbox)

        assert [verb for verb, _ in await owed(here)] == ["Create", "Update"]
        await here.settle()

        assert heard(harbour) == ["Create first", "Update third"]


async def test_a_delete_is_sent_before_what_waits_for_the_same_server(tmp_path: Path) -> None:
    async with town(tmp_path) as here, remote_server() as harbour:
        ada, inbox = await here.person("ada"), f"{harbour.root}/inbox"
        for number in range(5):
            await owe(here, ada, said(here, "Create", f"{NOTE}{number}", str(number)), inbox)
        await owe(here, ada, said(here, "Delete", "https://library.example/ap/notes/old"), inbox)

        await delivery.work_off(here.hub, limit=1)
        assert heard(harbour) == ["Delete"]
        await here.settle()

        assert heard(harbour)[1:] == [f"Create {number}" for number in range(5)]


async def test_new_words_wait_until_the_first_ones_are_there(tmp_path: Path) -> None:
    async with town(tmp_path) as here, remote_server() as harbour:
        ada, inbox = await here.person("ada"), f"{harbour.root}/inbox"
        await owe(here, ada, said(here, "Create", content="first"), inbox)
        async with here.database.transaction() as session:  # the server was in trouble when we tried
            await session.execute(update(Delivery).values(due_at=now() + minutes(10), attempts=2))
        await owe(here, ada, said(here, "Update", content="second"), inbox)

        await here.settle()
        assert heard(harbour) == []
        async with here.database.snapshot() as session:
            assert (await session.scalars(select(func.min(Delivery.due_at)))).one() > now() + minutes(9)
        await everything_is_due(here)
        await here.settle()

        assert heard(harbour) == ["Create first", "Update second"]


async def test_an_end_waits_for_words_that_another_worker_is_just_sending(tmp_path: Path) -> None:
    async with town(tmp_path) as here, remote_server() as harbour:
        ada, inbox = await here.person("ada"), f"{harbour.root}/inbox"
        await owe(here, ada, said(here, "Create", content="first"), inbox)
        async with here.database.transaction() as session:
            await session.execute(update(Delivery).values(claimed_until=now() + seconds(60)))
        await owe(here, ada, said(here, "Delete"), inbox)

        await here.settle()
        assert heard(harbour) == []
        async with here.database.transaction() as session:  # the other one is done
            await session.execute(update(Delivery).values(claimed_until=None, due_at=now()))
        await here.settle()

        assert heard(harbour) == ["Delete"]
        assert await owed(here) == []


async def test_followers_of_one_shared_inbox_get_one_delivery(tmp_path: Path) -> None:
    async with town(tmp_path) as here, remote_server() as harbour:
        ada = await here.person("ada")
        for name in ("cleo", "cora", "carl"):
            await harbour.says(here, harbour.activity("Follow", name, ada.actor.uri))
        await here.settle()
        words = Review(about_id=(await here.book()).id, html="<p>Fine.</p>", source="Fine.", language="en")
        async with here.database.transaction() as session:
            await publishing.publish(session, here.library, ada.actor, words)
        await here.settle()

        assert [wire["type"] for wire in harbour.received].count("Create") == 1


async def test_a_reader_who_thinks_again_while_a_server_is_away_leaves_one_line_there(tmp_path: Path) -> None:
    async with town(tmp_path) as here, remote_server() as harbour:
        ada = await here.person("ada")
        await harbour.says(here, harbour.activity("Follow", "cleo", ada.actor.uri))
        await here.settle()
        harbour.received.clear()
        async with here.database.transaction() as session:
            await session.execute(update(Instance).values(not_before=now() + days(1)))
        words = Review(about_id=(await here.book()).id, html="<p>One.</p>", source="One.", language="en")
        async with here.database.transaction() as session:
            await publishing.publish(session, here.library, ada.actor, words)
        for text in ("Two.", "Three."):
            async with here.database.transaction() as session:
                known = await session.get_one(Post, words.id)
                await publishing.edit(session, here.library, ada.actor, known, {"html": f"<p>{text}</p>", "source": text})
        async with here.database.transaction() as session:
            await publishing.take_back(session, here.library, await session.get_one(Post, words.id))

        await everything_is_due(here)
        await here.settle()

        assert [wire["type"] for wire in harbour.received] == ["Delete"]


async def test_whoever_makes_up_new_types_does_not_fill_our_log(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO", logger="bookmobile.inbox")
    async with town(tmp_path) as here, remote_server() as harbour:
        for number in range(table.MOST_TYPES + 5):
            assert await harbour.says(here, harbour.activity(f"Frobnicate{number}", "cleo", "https://music.example/1")) == 202
        await harbour.says(here, harbour.activity("Frobnicate0", "cleo", "https://music.example/2"))
        await here.settle()

    assert len([line for line in caplog.messages if "Frobnicate" in line]) == table.MOST_TYPES
