"""An evening with two places: Ada by the button, Cleo by a word, Rosa by her calendar, and a librarian at the door."""

from pathlib import Path

from sqlalchemy import select, update

from community.clock import hours, now
from community.database import table_of
from community.people.accounts import Role
from community.posts.attendances import Attendance, Guest
from community.posts.kinds import Event
from server.actions import inviting, reminding
from server.letters import Letter
from tests.federation.test_joins import says, stand
from tests.remote_server import remote_server
from tests.server.client import browser
from tests.world import town


async def test_two_places_and_three_who_want_to_come(tmp_path: Path) -> None:
    async with (
        town(tmp_path) as here,
        remote_server() as harbour,
        remote_server() as mobilizon,
        browser(here) as staff,
        browser(here) as hers,
    ):
        mobilizon.software = "mobilizon"
        for server, name in ((harbour, "cleo"), (mobilizon, "relay")):
            await server.says(here, server.activity("Follow", name, here.library.uris.library))
        await staff.sign_in(await here.person("karin", Role.librarian))
        await hers.sign_in(await here.person("ada"))
        await here.settle()

        # Karin invites; Mastodon and Mobilizon hear of it.
        words = {"title": "Moby-Dick aloud", "text": "Bring a lamp.", "language": "en", "door": "open", "capacity": "2"}
        when = {"date": "2999-03-14", "time": "18:30", "end_time": "20:00"}
        page = (await staff.send("/events/new", **words, **when)).onward
        await here.settle()
        async with here.database.snapshot() as session:
            event = (await session.scalars(select(Event))).one()
        for server in (harbour, mobilizon):
            assert [wire["object"]["name"] for wire in server.received if wire["type"] == "Create"] == ["Moby-Dick aloud"]

        # Ada presses the button, Cleo answers on Mastodon, Rosa joins in Mobilizon and waits.
        await hers.send(f"{page}/join", page)
        await says(harbour, here, event, "cleo", "@library Count me in!")
        assert await mobilizon.says(here, mobilizon.activity("Join", "rosa", event.uri)) == 202
        await here.settle()
        assert await stand(here) == {"ada": Attendance.coming, "cleo": Attendance.coming, "rosa": Attendance.waiting}
        assert "You are on the list" in harbour.received[-1]["object"]["content"]
        assert "2 of 2 places taken · 1 waits" in (await hers.get(page)).text
        assert "cleo" not in (await staff.get("/events")).text
        assert "@cleo@" in (await staff.get(f"{page}/guests")).text

        # Cleo cannot come: Rosa's calendar says that she does.
        await says(harbour, here, event, "cleo", "Sorry, I can't make it")
        assert mobilizon.received[-1]["type"] == "Accept"
        assert await stand(here) == {"ada": Attendance.coming, "cleo": Attendance.left, "rosa": Attendance.coming}

        # The evening falls out: both guests are told, and Cleo is not.
        harbour.received.clear()
        mobilizon.received.clear()
        await staff.send(f"{page}/edit", **words, **when, cancelled="1")
        async with here.database.transaction() as session:
            await session.execute(update(table_of(Guest)).where(table_of(Guest).c.news_at.is_not(None)).values(news_at=now() - hours(1)))
        await reminding.tell_guests(here.library)
        await inviting.tell(here.library)
        await here.settle()
        assert [wire["type"] for wire in harbour.received] == ["Update"]
        assert sorted(wire["type"] for wire in mobilizon.received) == ["Create", "Update"]
        async with here.database.snapshot() as session:
            assert [(one.recipient, "does not take place" in one.subject) for one in await session.scalars(select(Letter))] == [
                ("ada@mail.example", True)
            ]
        assert (await hers.send(f"{page}/join", page)).status == 409
