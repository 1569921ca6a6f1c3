"""Coming to an event from other servers: by Join, by a word, in line, and not after all (interop 4.2, FEP-8a8e)."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update

from community.clock import days, now
from community.database import table_of
from community.people.actors import Actor
from community.posts import attendances
from community.posts.attendances import Attendance, Guest
from community.posts.kinds import Event
from community.posts.post import Door, Post
from federation import documents, happenings
from server.actions import publishing
from tests.remote_server import RemoteServer, Wire, remote_server
from tests.world import Town, town


async def evening(here: Town, door: Door = Door.open, capacity: int | None = None, **more: Any) -> Event:
    """The library invites."""
    chosen = {"starts_at": now() + days(3), "timezone": "UTC", "language": "en", **more}
    event = Event(title="Reading aloud", source="", html="<p>Bring a book.</p>", door=door, capacity=capacity, **chosen)
    async with here.database.transaction() as session:
        await publishing.announce(session, here.library, event)
    await here.settle()
    return event


async def joins(harbour: RemoteServer, here: Town, event: Post, name: str, verb: str = "Join", **more: Any) -> Wire:
    activity = harbour.activity(verb, name, event.uri, **more)
    assert await harbour.says(here, activity) == 202
    await here.settle()
    return activity


async def says(harbour: RemoteServer, here: Town, event: Post, name: str, words: str, **more: Any) -> None:
    note = harbour.note(name, f"<p>{words}</p>", inReplyTo=event.uri, **more)
    assert await harbour.says(here, harbour.activity("Create", name, note)) == 202
    await here.settle()


async def stand(here: Town) -> dict[str, Attendance]:
    async with here.database.snapshot() as session:
        rows = await session.execute(select(Actor.username, Guest.state).join(Guest, Guest.actor_id == Actor.id))
        return {name: state for name, state in rows}


def answers(harbour: RemoteServer) -> list[tuple[str, str]]:
    """What was answered, and to whom."""
    return [(wire["type"], wire["to"][0].rpartition("/")[2]) for wire in harbour.received]


async def test_a_join_is_accepted_at_once_while_there_are_places(tmp_path: Path) -> None:
    async with town(tmp_path) as here, remote_server() as mobilizon:
        event = await evening(here, capacity=2)

        join = await joins(mobilizon, here, event, "rosa", participationMessage="I bring my own copy")

        accept = mobilizon.received[-1]
        assert (accept["type"], accept["actor"], accept["to"]) == ("Accept", here.library.uris.library, [join["actor"]])
        assert accept["object"] == {"id": join["id"], "type": "Join", "actor": join["actor"], "object": event.uri}
        async with here.database.snapshot() as session:
            assert (await session.scalars(select(Guest.message))).one() == "I bring my own copy"
            document = await documents.post_by_uri(session, here.library, event.uri)
        assert (document["joinMode"], document["participantCount"], document["remainingAttendeeCapacity"]) == ("free", 1, 1)


async def test_told_twice_they_come_once(tmp_path: Path) -> None:
    async with town(tmp_path) as here, remote_server() as mobilizon:
        event = await evening(here)
        await joins(mobilizon, here, event, "rosa")
        await joins(mobilizon, here, event, "rosa")

        assert await stand(here) == {"rosa": Attendance.coming}
        assert answers(mobilizon) == [("Accept", "rosa"), ("Accept", "rosa")]


async def test_who_waits_longest_gets_the_place_that_becomes_free(tmp_path: Path) -> None:
    async with town(tmp_path) as here, remote_server() as mobilizon:
        event = await evening(here, capacity=1)
        for name in ("rosa", "sam", "tove"):
            await joins(mobilizon, here, event, name)
        assert await stand(here) == {"rosa": Attendance.coming, "sam": Attendance.waiting, "tove": Attendance.waiting}
        assert answers(mobilizon) == [("Accept", "rosa"), ("Create", "sam"), ("Create", "tove")]
        assert "waiting list" in mobilizon.received[-1]["object"]["content"]

        await joins(mobilizon, here, event, "rosa", "Leave")

        assert await stand(here) == {"rosa": Attendance.left, "sam": Attendance.coming, "tove": Attendance.waiting}
        assert answers(mobilizon)[-1] == ("Accept", "sam")


async def test_an_undone_join_is_a_leave(tmp_path: Path) -> None:
    async with town(tmp_path) as here, remote_server() as mobilizon:
        event = await evening(here)
        join = await joins(mobilizon, here, event, "rosa")
        await mobilizon.says(here, mobilizon.activity("Undo", "rosa", join))
        await here.settle()

        assert await stand(here) == {"rosa": Attendance.left}


async def test_at_an_approved_door_a_librarian_decides(tmp_path: Path) -> None:
    async with town(tmp_path) as here, remote_server() as mobilizon:
        event = await evening(here, Door.approved)
        await joins(mobilizon, here, event, "rosa")

        assert await stand(here) == {"rosa": Attendance.asked}
        assert [kind for kind, _ in answers(mobilizon)] == ["Create"]  # a word, and no Accept yet


@pytest.mark.parametrize(
    ("door", "changes", "expected"),
    [
        (Door.none, {}, "Ignore"),
        (Door.external, {"door_url": "https://tickets.example/1"}, "Ignore"),
        (Door.open, {"cancelled": True}, "Reject"),
        (Door.open, {"starts_at": now() - days(2)}, "Reject"),
    ],
)
async def test_where_nobody_signs_up_the_answer_says_so(tmp_path: Path, door: Door, changes: dict[str, Any], expected: str) -> None:
    async with town(tmp_path) as here, remote_server() as mobilizon:
        event = await evening(here, door, **changes)
        await joins(mobilizon, here, event, "rosa")

        assert answers(mobilizon) == [(expected, "rosa")]
        assert await stand(here) == {}


async def test_a_reader_on_mastodon_comes_by_a_word_and_stays_away_by_another(tmp_path: Path) -> None:
    async with town(tmp_path) as here, remote_server() as harbour:
        event = await evening(here)

        await says(harbour, here, event, "cleo", "@library I'm coming!")
        assert await stand(here) == {"cleo": Attendance.coming}
        word = harbour.received[-1]
        assert (word["type"], word["to"], word["object"]["cc"]) == ("Create", [harbour.actor("cleo")], [])
        assert "You are on the list" in word["object"]["content"]
        assert word["object"]["tag"][0]["href"] == harbour.actor("cleo")

        await says(harbour, here, event, "cleo", "Sorry, I can't make it")
        assert await stand(here) == {"cleo": Attendance.left}
        assert "not on the list" in harbour.received[-1]["object"]["content"]


async def test_what_is_said_in_private_is_heard_and_not_kept(tmp_path: Path) -> None:
    async with town(tmp_path) as here, remote_server() as harbour:
        event = await evening(here)
        private = {"to": [here.library.uris.library], "cc": []}
        await says(harbour, here, event, "cleo", "@library vengo!", **private)
        assert await stand(here) == {"cleo": Attendance.coming}
        whisper = harbour.received[-1]["object"]["id"]

        note = harbour.note("cleo", "<p>non posso venire</p>", inReplyTo=whisper, **private)
        await harbour.says(here, harbour.activity("Create", "cleo", note))
        await here.settle()

        assert await stand(here) == {"cleo": Attendance.left}
        async with here.database.snapshot() as session:
            assert [post.kind for post in await session.scalars(select(Post).where(Post.kind != "event"))] == []


async def test_plain_talk_puts_nobody_on_a_list(tmp_path: Path) -> None:
    async with town(tmp_path) as here, remote_server() as harbour:
        event = await evening(here)
        await says(harbour, here, event, "cleo", "Is anybody coming?")

        assert await stand(here) == {}
        assert harbour.received == []


async def test_calendars_hear_how_many_come_once_things_have_settled(tmp_path: Path) -> None:
    async with town(tmp_path) as here, remote_server() as mobilizon:
        mobilizon.software = "mobilizon"
        await mobilizon.says(here, mobilizon.activity("Follow", "group", here.library.uris.library))
        await here.settle()
        event = await evening(here, capacity=10)
        for name in ("rosa", "sam"):
            await joins(mobilizon, here, event, name)
        mobilizon.received.clear()

        await happenings.tell_counts(here.hub)
        await here.settle()
        assert mobilizon.received == []

        async with here.database.transaction() as session:
            await session.execute(update(table_of(Post)).values(guests_changed_at=now() - timedelta(minutes=5)))
        await happenings.tell_counts(here.hub)
        await happenings.tell_counts(here.hub)
        await here.settle()
        assert [(wire["type"], wire["object"]["participantCount"]) for wire in mobilizon.received] == [("Update", 2)]


async def test_guests_are_forgotten_a_while_after_the_event(tmp_path: Path) -> None:
    async with town(tmp_path) as here, remote_server() as mobilizon:
        event = await evening(here)
        await joins(mobilizon, here, event, "rosa")
        await happenings.forget(here.hub)
        assert await stand(here) == {"rosa": Attendance.coming}

        async with here.database.transaction() as session:
            row = await session.get_one(Post, event.id)
            row.starts_at = now() - attendances.FORGET_AFTER - days(1)
        await happenings.forget(here.hub)
        assert await stand(here) == {}


async def test_a_cancelled_event_is_deleted_at_gancio_and_changed_elsewhere(tmp_path: Path) -> None:
    async with town(tmp_path) as here, remote_server() as gancio, remote_server() as harbour:
        gancio.software = "gancio"
        for server in (gancio, harbour):
            await server.says(here, server.activity("Follow", "events", here.library.uris.library))
        await here.settle()
        event = await evening(here)
        async with here.database.transaction() as session:
            await publishing.correct(session, here.library, await session.get_one(Post, event.id), {"cancelled": True})
        await here.settle()

        assert [wire["type"] for wire in gancio.received] == ["Accept", "Create", "Delete"]
        assert gancio.received[-1]["object"]["formerType"] == "Event"
        assert harbour.received[-1]["object"]["name"] == "Cancelled: Reading aloud"
