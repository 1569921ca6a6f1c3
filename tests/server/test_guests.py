"""Coming to an event from the library's own pages, and the list that only its people see."""

import json
from pathlib import Path

from sqlalchemy import select

from community.people.accounts import Role
from community.posts.attendances import Attendance
from community.posts.post import Door
from server.actions import inviting
from server.letters import Letter
from tests.federation.test_joins import evening, joins, stand
from tests.remote_server import remote_server
from tests.server.client import browser
from tests.world import town


async def test_a_reader_comes_waits_and_hears_by_letter_of_a_free_place(tmp_path: Path) -> None:
    async with town(tmp_path) as here, browser(here) as hers, browser(here) as his:
        await hers.sign_in(await here.person("ada"))
        await his.sign_in(await here.person("dan"))
        event = await evening(here, capacity=1)
        page = f"/events/{event.token}"

        assert (await hers.send(f"{page}/join", page)).status == 303
        assert (await his.send(f"{page}/join", page)).status == 303
        assert await stand(here) == {"ada": Attendance.coming, "dan": Attendance.waiting}
        assert "1 of 1 places taken · 1 waits" in (await his.get(page)).text
        await inviting.tell(here.library)
        async with here.database.snapshot() as session:
            assert (await session.scalars(select(Letter))).all() == []  # both saw it on the page

        assert (await hers.send(f"{page}/leave", page)).status == 303
        await inviting.tell(here.library)

        assert await stand(here) == {"ada": Attendance.left, "dan": Attendance.coming}
        async with here.database.snapshot() as session:
            letter = (await session.scalars(select(Letter))).one()
        assert (letter.recipient, letter.subject) == ("dan@mail.example", "About “Reading aloud”")
        assert "You are on the list" in letter.body


async def test_a_librarian_lets_in_and_turns_away_and_nobody_else_sees_the_names(tmp_path: Path) -> None:
    async with town(tmp_path) as here, remote_server() as mobilizon, browser(here) as staff, browser(here) as reader:
        await staff.sign_in(await here.person("karin", Role.librarian))
        await reader.sign_in(await here.person("ada"))
        event = await evening(here, Door.approved, capacity=5)
        page = f"/events/{event.token}"
        for name in ("rosa", "sam"):
            await joins(mobilizon, here, event, name)
        mobilizon.received.clear()

        listed = await staff.get(f"{page}/guests")
        assert "rosa" in listed.text and "Let in" in listed.text
        assert (await reader.get(f"{page}/guests")).status == 403
        assert "rosa" not in (await reader.get(page)).text
        assert (await staff.post(f"{page}/guests/1/accept", {"csrf": listed.token})).status == 303
        assert (await staff.post(f"{page}/guests/2/refuse", {"csrf": listed.token})).status == 303
        assert (await staff.post(f"{page}/guests/99/accept", {"csrf": listed.token})).status == 404
        await here.settle()

        assert await stand(here) == {"rosa": Attendance.coming, "sam": Attendance.refused}
        assert [(wire["type"], wire["to"][0].rpartition("/")[2]) for wire in mobilizon.received] == [("Accept", "rosa"), ("Reject", "sam")]


async def test_a_place_that_was_given_can_be_taken_back_and_goes_to_the_next(tmp_path: Path) -> None:
    async with town(tmp_path) as here, remote_server() as mobilizon, browser(here) as staff:
        await staff.sign_in(await here.person("karin", Role.librarian))
        event = await evening(here, capacity=1)
        for name in ("rosa", "sam"):
            await joins(mobilizon, here, event, name)
        mobilizon.received.clear()

        token = (await staff.get(f"/events/{event.token}/guests")).token
        assert (await staff.post(f"/events/{event.token}/guests/1/refuse", {"csrf": token})).status == 303
        await here.settle()
        assert await stand(here) == {"rosa": Attendance.refused, "sam": Attendance.coming}
        assert sorted((wire["type"], wire["to"][0]) for wire in mobilizon.received) == [
            ("Accept", mobilizon.actor("sam")),
            ("Reject", mobilizon.actor("rosa")),
        ]

        await joins(mobilizon, here, event, "rosa")  # asking again does not get her in
        assert await stand(here) == {"rosa": Attendance.refused, "sam": Attendance.coming}
        assert mobilizon.received[-1]["type"] == "Reject"


async def test_more_places_let_in_who_waits(tmp_path: Path) -> None:
    async with town(tmp_path) as here, remote_server() as mobilizon, browser(here) as staff:
        await staff.sign_in(await here.person("karin", Role.librarian))
        event = await evening(here, capacity=1)
        for name in ("rosa", "sam", "tove"):
            await joins(mobilizon, here, event, name)

        form = {"title": "Reading aloud", "date": "2999-03-14", "time": "18:30", "text": "Come.", "language": "en"}
        answer = await staff.send(f"/events/{event.token}/edit", **form, door="open", capacity="2")
        await here.settle()

        assert answer.status == 303
        assert await stand(here) == {"rosa": Attendance.coming, "sam": Attendance.coming, "tove": Attendance.waiting}


async def test_a_reader_finds_and_takes_along_where_they_want_to_go_and_nobody_else_does(tmp_path: Path) -> None:
    async with town(tmp_path) as here, browser(here) as hers, browser(here) as his:
        await hers.sign_in(await here.person("ada"))
        await his.sign_in(await here.person("dan"))
        event = await evening(here)
        await hers.send(f"/events/{event.token}/join", f"/events/{event.token}")

        assert "Where you want to go" in (await hers.get("/me")).text
        assert "Where you want to go" not in (await his.get("/me")).text
        [mine] = json.loads((await hers.send("/me/export", "/me/settings")).text)["events"]
        assert (mine["address"], mine["state"]) == (event.uri, "coming")
        assert json.loads((await his.send("/me/export", "/me/settings")).text)["events"] == []
        assert "@ada" not in (await his.get(f"/events/{event.token}")).text

        await hers.send(f"/events/{event.token}/leave", f"/events/{event.token}")
        assert "Where you want to go" not in (await hers.get("/me")).text


async def test_an_event_with_a_door_elsewhere_leads_there(tmp_path: Path) -> None:
    async with town(tmp_path) as here, browser(here) as staff, browser(here) as cleo:
        await staff.sign_in(await here.person("karin", Role.librarian))
        form = {"title": "Film night", "date": "2999-03-14", "time": "18:30", "text": "Come.", "language": "en", "door": "external"}
        assert (await staff.send("/events/new", **form)).status == 422

        made = await staff.send("/events/new", **form, door_url="https://tickets.example/7")

        page = await cleo.get(made.onward)
        assert 'href="https://tickets.example/7"' in page.text
