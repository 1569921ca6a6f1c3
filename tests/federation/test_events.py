"""Events as other calendars read them, posters, reminders, and what guests hear of changes (interop 4, D.7)."""

import asyncio
import io
import json
from pathlib import Path
from typing import Any
from uuid import UUID

import aiohttp
from PIL import Image
from sqlalchemy import select, update

from community import shelves
from community.clock import days, hours, now
from community.database import table_of
from community.people.accounts import Account, Role
from community.people.actors import Actor
from community.posts import attendances
from community.posts.attendances import Attendance, Guest
from community.posts.kinds import Event
from community.posts.post import Post
from federation import documents
from server import pictures
from server.actions import posters, publishing, registering, reminding
from server.letters import Letter
from tests.federation.test_joins import answers, evening, joins, says, stand
from tests.remote_server import Wire, remote_server
from tests.server.client import browser
from tests.world import Town, town

PLACE: dict[str, Any] = {"place": "Reading room", "place_address": "Quay Street 1", "latitude": 41.5, "longitude": 16.0}
# What PieFed reads without looking whether it is there, and what Mobilizon and FEP-8a8e ask for (interop 4.1).
NEEDED = """
id type uuid url actor attributedTo organizers name summary content mediaType published startTime endTime displayEndTime timezone location
status ical:status eventStatus category inLanguage joinMode externalParticipationUrl maximumAttendeeCapacity remainingAttendeeCapacity
participantCount anonymousParticipationEnabled anonymousParticipation isOnline onlineLink buyTicketsLink feeCurrency feeAmount
commentsEnabled repliesModerationOption draft contacts image attachment tag to cc replies
"""


async def document(here: Town, event: Post) -> Wire:
    async with here.database.snapshot() as session:
        return await documents.post_by_uri(session, here.library, event.uri)


async def change(here: Town, event: Post, **changes: Any) -> None:
    async with here.database.transaction() as session:
        await publishing.correct(session, here.library, await session.get_one(Post, event.id), changes)
    await here.settle()


async def let_news_settle(here: Town) -> None:
    """The minutes pass after which guests are told."""
    async with here.database.transaction() as session:
        table = table_of(Guest)
        await session.execute(update(table).where(table.c.news_at.is_not(None)).values(news_at=now() - hours(1)))
    await reminding.tell_guests(here.library)
    await here.settle()


async def test_an_event_has_everything_that_calendars_break_without(tmp_path: Path) -> None:
    async with town(tmp_path) as here:
        event = await evening(here, capacity=20, online_url="https://meet.example/whale", **PLACE)

        wire = await document(here, event)

        assert set(NEEDED.split()) - set(wire) == set()
        UUID(wire["uuid"])  # Mobilizon keeps it in a column that takes nothing else
        assert isinstance(wire["location"], dict)  # it breaks on a list
        place = wire["location"]
        assert (place["latitude"], place["longitude"], type(place["latitude"])) == (41.5, 16.0, float)
        assert place["address"] == {"type": "PostalAddress", "streetAddress": "Quay Street 1"}
        assert (wire["isOnline"], wire["onlineLink"]) == (True, "https://meet.example/whale")
        assert 'href="https://meet.example/whale"' in wire["content"]
        banner, website = wire["attachment"]
        assert (banner["name"], banner["summary"]) == ("Banner", "Poster of Reading aloud")
        assert (website["name"], website["href"]) == ("Website", "https://meet.example/whale")
        assert all(piece["mediaType"] for piece in wire["attachment"])  # Gancio looks for a picture and stumbles over what has none
        assert wire["image"]["url"] == banner["url"]


async def test_an_event_without_more_than_a_time_is_whole_too(tmp_path: Path) -> None:
    async with town(tmp_path) as here:
        wire = await document(here, await evening(here))

        assert set(NEEDED.split()) - set(wire) == set()
        assert "latitude" not in wire["location"]
        assert (wire["isOnline"], wire["onlineLink"], wire["endTime"]) == (False, None, wire["startTime"])


async def test_the_drawn_poster_is_a_picture_and_gets_another_address_with_other_words(tmp_path: Path) -> None:
    async with town(tmp_path) as here, aiohttp.ClientSession() as cleo:
        event = await evening(here, **PLACE)
        address = (await document(here, event))["image"]["url"]

        async with cleo.get(address) as answer:
            body = await answer.read()
        await change(here, event, title="Reading very loud")

        assert (answer.status, answer.headers["Content-Type"]) == (200, "image/png")
        with Image.open(io.BytesIO(body)) as picture:
            assert picture.size == (1000, 560)
        assert (await document(here, event))["image"]["url"] != address


def test_a_drawn_poster_has_no_boxes_where_the_typeface_lacks_a_letter() -> None:
    drawn = [pictures.poster_png(title, "", "", "seed") for title in ("Perché “Språkkafé” – giovedì", 'Perche "Sprakkafe" - giovedi')]

    assert drawn[0] == drawn[1]


async def test_a_poster_is_made_anew_and_shown_with_its_words(tmp_path: Path) -> None:
    async with town(tmp_path) as here, browser(here) as staff, browser(here) as cleo:
        await staff.sign_in(await here.person("karin", Role.librarian))
        event = await evening(here)
        form = await staff.get(f"/events/{event.token}/poster")
        sent = io.BytesIO()
        Image.new("RGB", (2000, 1000), "navy").save(sent, "JPEG", comment=b"taken at home")

        wordless = await staff.upload("/desk/poster", form.token, "p.jpg", sent.getvalue(), event=event.token)
        broken = await staff.upload("/desk/poster", form.token, "p.jpg", b"no picture", event=event.token, alt="A lamp")
        put_up = await staff.upload("/desk/poster", form.token, "p.jpg", sent.getvalue(), event=event.token, alt="A lamp")

        assert (wordless.status, broken.status, put_up.status) == (422, 422, 303)
        banner = (await document(here, event))["attachment"][0]
        assert (banner["mediaType"], banner["summary"]) == ("image/webp", "A lamp")
        shown = await cleo.get(banner["url"].removeprefix(here.root))
        assert b"taken at home" not in shown.body
        with Image.open(io.BytesIO(shown.body)) as picture:
            assert (picture.format, picture.size) == ("WEBP", (1280, 640))
        assert 'alt="A lamp"' in (await cleo.get(f"/events/{event.token}")).text

        await staff.post("/desk/poster", {"csrf": form.token, "event": event.token, "remove": "1"})
        assert (await document(here, event))["attachment"][0]["mediaType"] == "image/png"
        await posters.clear_away(here.library)
        assert (await cleo.get(banner["url"].removeprefix(here.root))).status == 200  # it may have been put up just now
        await posters.clear_away(here.library, settled=0)
        assert (await cleo.get(banner["url"].removeprefix(here.root))).status == 404


async def test_a_poster_that_is_up_stays_and_goes_with_its_event(tmp_path: Path) -> None:
    async with town(tmp_path) as here:
        event = await evening(here)
        kept, folder = shelves.keep(here.library.settings.data_dir, b"a picture", shelves.POSTERS), here.library.settings.data_dir
        await change(here, event, poster=kept)

        await posters.clear_away(here.library, settled=0)
        assert shelves.find(folder, kept, shelves.POSTERS) is not None
        async with here.database.transaction() as session:
            await publishing.take_back(session, here.library, await session.get_one(Post, event.id))
        await posters.clear_away(here.library, settled=0)
        assert shelves.find(folder, kept, shelves.POSTERS) is None


async def test_those_who_follow_are_reminded_once_a_day_before(tmp_path: Path) -> None:
    async with town(tmp_path) as here, remote_server() as harbour:
        await harbour.says(here, harbour.activity("Follow", "cleo", here.library.uris.library))
        await here.settle()
        long_known: dict[str, Any] = {"published_at": now() - days(5)}
        event = await evening(here, starts_at=now() + hours(20), **PLACE, **long_known)
        await evening(here, starts_at=now() + hours(20))  # announced only now
        await evening(here, starts_at=now() + days(3), **long_known)  # not yet
        await evening(here, starts_at=now() + hours(20), reminds=False, **long_known)
        await evening(here, starts_at=now() + hours(20), cancelled=True, **long_known)
        harbour.received.clear()

        for _ in range(2):
            await reminding.remind(here.library)
            await here.settle()

        [create] = harbour.received
        note = create["object"]
        assert (create["type"], note["type"]) == ("Create", "Note")
        assert "Soon: Reading aloud" in note["content"] and "Quay Street 1" in note["content"]
        assert f'href="{event.url}"' in note["content"]


async def test_an_event_that_moves_is_reminded_of_again(tmp_path: Path) -> None:
    async with town(tmp_path) as here:
        event = await evening(here, starts_at=now() + hours(20), published_at=now() - days(5))
        await reminding.remind(here.library)
        await change(here, event, starts_at=now() + days(9))

        async with here.database.snapshot() as session:
            assert (await session.get_one(Post, event.id)).reminded_at is None


async def test_guests_hear_that_an_event_falls_out_wherever_they_are(tmp_path: Path) -> None:
    async with town(tmp_path) as here, remote_server() as harbour, browser(here) as hers:
        await hers.sign_in(await here.person("ada"))
        event = await evening(here)
        await hers.send(f"/events/{event.token}/join", f"/events/{event.token}")
        await says(harbour, here, event, "cleo", "I'm coming")
        await joins(harbour, here, event, "rosa")
        await joins(harbour, here, event, "rosa", "Leave")
        harbour.received.clear()

        await change(here, event, cancelled=True)
        await reminding.tell_guests(here.library)
        assert "Create" not in dict(answers(harbour))  # it may be mended within a minute
        await let_news_settle(here)
        await let_news_settle(here)

        [word] = [wire for wire in harbour.received if wire["type"] == "Create"]
        assert word["to"] == [harbour.actor("cleo")]
        assert "does not take place" in word["object"]["content"]
        async with here.database.snapshot() as session:
            letter = (await session.scalars(select(Letter))).one()
        assert letter.subject == "“Reading aloud” does not take place. We are sorry."


async def test_guests_hear_of_a_new_hour_and_not_of_new_words(tmp_path: Path) -> None:
    async with town(tmp_path) as here, remote_server() as harbour:
        event = await evening(here)
        await joins(harbour, here, event, "rosa")
        harbour.received.clear()

        await change(here, event, html="<p>Bring two books.</p>")
        await let_news_settle(here)
        assert answers(harbour) == []
        await change(here, event, place="The old rope walk", starts_at=now() + days(4))
        await let_news_settle(here)

        assert answers(harbour) == [("Create", "rosa")]
        assert "has changed" in harbour.received[0]["object"]["content"] and "rope walk" in harbour.received[0]["object"]["content"]


async def test_an_event_that_takes_place_after_all_is_made_again_where_it_was_deleted(tmp_path: Path) -> None:
    async with town(tmp_path) as here, remote_server() as gancio, remote_server() as harbour:
        gancio.software = "gancio"
        for server in (gancio, harbour):
            await server.says(here, server.activity("Follow", "events", here.library.uris.library))
        await here.settle()
        event = await evening(here)
        await change(here, event, cancelled=True)
        await change(here, event, cancelled=False)
        await change(here, event, title="Reading very loud")

        assert [wire["type"] for wire in gancio.received] == ["Accept", "Create", "Delete", "Create", "Update"]
        assert [wire["type"] for wire in harbour.received] == ["Accept", "Create", "Update", "Update", "Update"]
        assert gancio.received[-1]["object"]["attachment"][0]["url"]  # it takes the first one for the poster


async def test_gancio_hears_hashtags_and_a_description_and_no_end_that_is_none(tmp_path: Path) -> None:
    async with town(tmp_path) as here, remote_server() as gancio, remote_server() as harbour:
        gancio.software = "gancio"
        for server in (gancio, harbour):
            await server.says(here, server.activity("Follow", "events", here.library.uris.library))
        await here.settle()
        await evening(here, category="book club", about_id=(await here.book()).id)

        theirs, plain = gancio.received[-1]["object"], harbour.received[-1]["object"]
        assert [tag["name"] for tag in plain["tag"]] == ["#bookclub", "Moby-Dick"]
        assert [tag["name"] for tag in theirs["tag"]] == ["#bookclub"]  # it cuts the first letter off each
        assert (plain["attachment"][0]["name"], theirs["attachment"][0]["name"]) == ("Banner", "Poster of Reading aloud")
        assert "endTime" in plain and "endTime" not in theirs


async def test_every_part_of_an_event_has_the_form_that_mobilizon_gives_it(tmp_path: Path, shared: Path) -> None:
    theirs = json.loads((shared / "fixtures" / "mobilizon" / "object-event.json").read_text(encoding="utf-8"))
    async with town(tmp_path) as here:
        ours = await document(here, await evening(here, capacity=5, category="book club", edited_at=now(), **PLACE))

    forms = {name: type(value) for name, value in theirs.items() if value is not None}
    assert {name: type(ours.get(name)) for name in forms} == forms
    assert {name: type(ours["location"].get(name)) for name in ("type", "id", "name", "latitude", "longitude", "address")} == {
        name: type(theirs["location"][name]) for name in ("type", "id", "name", "latitude", "longitude", "address")
    }
    assert set(theirs["attachment"][0]) <= set(ours["attachment"][0])
    assert set(theirs["tag"][0]) <= set(ours["tag"][0])


async def test_two_who_ask_in_the_same_moment_do_not_get_the_same_place(tmp_path: Path) -> None:
    async with town(tmp_path) as here:
        event = await evening(here, capacity=1)
        people = [await here.person(name) for name in ("ada", "ben", "dan", "eva")]

        async def asks(actor_id: int) -> None:
            async with here.database.transaction() as session:
                row, actor = await session.get_one(Post, event.id), await session.get_one(Actor, actor_id)
                await attendances.ask(session, row, actor)

        await asyncio.gather(*(asks(one.actor_id) for one in people))

        assert sorted((await stand(here)).values()) == [Attendance.coming, *[Attendance.waiting] * 3]


async def test_whoever_leaves_for_good_is_forgotten_and_makes_room(tmp_path: Path) -> None:
    async with town(tmp_path) as here, remote_server() as harbour, browser(here) as hers:
        ada = await here.person("ada")
        await hers.sign_in(ada)
        event = await evening(here, capacity=2)
        await hers.send(f"/events/{event.token}/join", f"/events/{event.token}")
        for name in ("rosa", "sam", "tove"):
            await joins(harbour, here, event, name)
        assert await stand(here) == {
            "ada": Attendance.coming,
            "rosa": Attendance.coming,
            "sam": Attendance.waiting,
            "tove": Attendance.waiting,
        }

        await harbour.says(here, harbour.activity("Delete", "rosa", harbour.actor("rosa")))
        await here.settle()
        assert await stand(here) == {"ada": Attendance.coming, "sam": Attendance.coming, "tove": Attendance.waiting}
        async with here.database.transaction() as session:
            await registering.close_account(session, here.library, await session.get_one(Account, ada.id))
        await here.settle()

        assert await stand(here) == {"sam": Attendance.coming, "tove": Attendance.coming}
        assert ("Accept", "sam") in answers(harbour) and ("Accept", "tove") in answers(harbour)


async def test_a_join_of_what_is_no_event_is_ignored_in_so_many_words(tmp_path: Path) -> None:
    async with town(tmp_path) as here, remote_server() as mobilizon:
        gone = await evening(here)
        async with here.database.transaction() as session:
            await publishing.take_back(session, here.library, await session.get_one(Post, gone.id))
        for uri in (gone.uri, here.library.uris.library, "https://elsewhere.example/events/1"):
            await mobilizon.says(here, mobilizon.activity("Join", "rosa", uri))
        await here.settle()

        assert answers(mobilizon) == [("Ignore", "rosa"), ("Ignore", "rosa")]
        assert await stand(here) == {}


async def test_calendars_that_subscribe_see_changes_and_cancellations(tmp_path: Path) -> None:
    async with town(tmp_path) as here, browser(here) as cleo:
        event = await evening(here, online_url="https://meet.example/whale")
        before = (await cleo.get("/events.ics")).text
        await change(here, event, title="Reading very loud")
        await change(here, event, cancelled=True)

        after = (await cleo.get(f"/events/{event.token}.ics")).text

        assert "SEQUENCE:0" in before and "STATUS:CONFIRMED" in before and "https://meet.example/whale" in before
        assert "SEQUENCE:2" in after and "STATUS:CANCELLED" in after and "SUMMARY:Reading very loud" in after


async def test_a_librarian_says_where_it_is_and_how_one_takes_part_from_afar(tmp_path: Path) -> None:
    async with town(tmp_path) as here, browser(here) as staff:
        await staff.sign_in(await here.person("karin", Role.librarian))
        form = {"title": "Film night", "date": "2999-03-14", "time": "18:30", "text": "Come.", "language": "en", "reminds": "1"}
        for wrong in ("here", "91, 16", "41.1; 181"):
            assert (await staff.send("/events/new", **form, coordinates=wrong)).status == 422

        made = await staff.send("/events/new", **form, coordinates="41.1258, 16.8666", online_url="https://meet.example/whale")

        async with here.database.snapshot() as session:
            event = (await session.scalars(select(Event))).one()
        assert (event.latitude, event.longitude, event.online_url, event.reminds) == (41.1258, 16.8666, "https://meet.example/whale", True)
        assert 'value="41.1258, 16.8666"' in (await staff.get(f"{made.onward}/edit")).text
        assert 'href="https://meet.example/whale"' in (await staff.get(made.onward)).text


async def test_whoever_is_told_of_a_free_place_was_next(tmp_path: Path) -> None:
    async with town(tmp_path) as here, remote_server() as harbour:
        event = await evening(here, capacity=1)
        for name in ("rosa", "sam"):
            await says(harbour, here, event, name, "I'm coming")
        await says(harbour, here, event, "rosa", "Sorry, not coming")

        assert await stand(here) == {"rosa": Attendance.left, "sam": Attendance.coming}
        told = [(wire["to"][0].rpartition("/")[2], "You are on the list" in wire["object"]["content"]) for wire in harbour.received]
        assert told == [("rosa", True), ("sam", False), ("rosa", False), ("sam", True)]
