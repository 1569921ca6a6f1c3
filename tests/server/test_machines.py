"""What programs get at the same addresses, and how little we tell about readers."""

import asyncio
import json
from datetime import timedelta
from pathlib import Path

import pytest
from icalendar import Calendar
from lxml import etree

from community.clock import days, now
from community.people.accounts import Role
from community.posts.kinds import Event
from server import pagecache
from server.actions import publishing
from tests.server.client import browser
from tests.world import Town, town

ACTIVITY = "application/activity+json"
MASTODON_SEARCH = 'application/activity+json, application/ld+json; profile="https://www.w3.org/ns/activitystreams", text/html;q=0.1'


async def an_event(here: Town) -> Event:
    """Reading aloud, in three days, in the library's own name."""
    event = Event(title="Reading aloud", source="Come.", html="<p>Come.</p>", timezone="Europe/Rome", place="The reading room")
    event.starts_at = now().replace(microsecond=0) + days(3)
    event.ends_at = event.starts_at + timedelta(hours=2)
    async with here.database.transaction() as session:
        await publishing.announce(session, here.library, event)
    return event


@pytest.mark.parametrize(
    ("accept", "is_json"),
    [
        ("text/html", False),
        ("*/*", False),
        ("application/json", False),
        (MASTODON_SEARCH, False),
        (ACTIVITY, True),
        ('application/ld+json; profile="https://www.w3.org/ns/activitystreams"', True),
    ],
)
async def test_one_address_has_a_page_for_people_and_a_document_for_servers(tmp_path: Path, accept: str, is_json: bool) -> None:
    async with town(tmp_path) as here, browser(here) as someone:
        book = await here.book()
        event = await an_event(here)
        for path in (
            f"/catalog/works/{book.id}",
            "/catalog/editions/1",
            "/catalog/authors/1",
            "/@library",
            f"/events/{event.token}",
        ):
            page = await someone.get(path, {"Accept": accept})
            assert page.status == 200, path
            assert page.headers["Content-Type"].startswith(ACTIVITY if is_json else "text/html"), path
            assert "Accept" in page.headers["Vary"], path
            if is_json:
                assert json.loads(page.text)["id"].startswith(here.root)


async def test_who_asks_for_any_json_does_not_change_what_servers_get(tmp_path: Path) -> None:
    async with town(tmp_path) as here, browser(here) as someone:
        await here.book()
        for path in ("/catalog/editions/1", "/@library"):
            await someone.get(path, {"Accept": "application/json"})
            page = await someone.get(path, {"Accept": ACTIVITY})
            assert page.headers["Content-Type"].startswith(ACTIVITY), path


async def test_the_page_of_a_title_leads_other_servers_to_its_discussion(tmp_path: Path) -> None:
    async with town(tmp_path) as here, browser(here) as mastodon:
        book = await here.book()
        discussion = here.library.uris.discussion(book.id)
        for path in (f"/catalog/works/{book.id}", "/catalog/editions/1"):
            page = await mastodon.get(path, {"Accept": MASTODON_SEARCH})
            assert f'<link rel="alternate" type="application/activity+json" href="{discussion}">' in page.text
            assert page.headers["Link"] == f'<{discussion}>; rel="alternate"; type="application/activity+json"'
        note = await mastodon.get(discussion.removeprefix(here.root), {"Accept": ACTIVITY})
        assert json.loads(note.text)["type"] == "Note"


async def test_a_page_that_one_has_already_is_not_sent_again_until_it_changes(tmp_path: Path) -> None:
    async with town(tmp_path) as here, browser(here) as cleo, browser(here) as ada:
        book = await here.book()
        path = f"/catalog/works/{book.id}"
        first = await cleo.get(path)
        again = await cleo.get(path, {"If-None-Match": first.headers["ETag"]})
        assert (again.status, again.text) == (304, "")

        await ada.sign_in(await here.person("ada"))
        await ada.send(f"{path}/review", text="New words.")
        await asyncio.sleep(pagecache.FRESH + 0.1)

        changed = await cleo.get(path, {"If-None-Match": first.headers["ETag"]})
        assert changed.status == 200
        assert "New words." in changed.text


async def test_a_herd_of_readers_makes_a_page_once(tmp_path: Path) -> None:
    async with town(tmp_path) as here, browser(here) as cleo:
        book = await here.book()
        made = 0
        render = here.app.here.renderer.html

        def counted(*asked: object) -> str:
            nonlocal made
            made += 1
            return render(*asked)  # type: ignore[arg-type]

        here.app.here.renderer.html = counted  # type: ignore[method-assign,assignment]
        pages = await asyncio.gather(*(cleo.get(f"/catalog/works/{book.id}") for _ in range(40)))

        assert {page.status for page in pages} == {200}
        assert made <= 2


async def test_what_a_member_sees_is_kept_by_nobody(tmp_path: Path) -> None:
    async with town(tmp_path) as here, browser(here) as ada, browser(here) as cleo:
        book = await here.book()
        await ada.sign_in(await here.person("ada"))
        for path in ("/", f"/catalog/works/{book.id}", "/me"):
            page = await ada.get(path)
            assert page.headers["Cache-Control"] == "private, no-store"
            assert "ETag" not in page.headers
        assert "Sign out" not in (await cleo.get("/")).text


async def test_pages_speak_the_language_that_a_reader_likes_and_remember_what_they_chose(tmp_path: Path) -> None:
    async with town(tmp_path) as here, browser(here) as cleo:
        assert '<html lang="it"' in (await cleo.get("/about", {"Accept-Language": "it, en;q=0.5"})).text
        assert '<html lang="en"' in (await cleo.get("/about", {"Accept-Language": "de"})).text
        await cleo.get("/language/it?back=/about")
        assert '<html lang="it"' in (await cleo.get("/", {"Accept-Language": "en"})).text
        assert '<html lang="it"' in (await cleo.get("/about", {"Accept-Language": "en"})).text


async def test_every_answer_carries_its_armour_and_nothing_comes_from_elsewhere(tmp_path: Path) -> None:
    async with town(tmp_path) as here, browser(here) as cleo:
        book = await here.book()
        for path in ("/", f"/catalog/works/{book.id}", "/nowhere", "/static/library.css", "/sign-in", "/events.ics"):
            page = await cleo.get(path)
            policy = page.headers["Content-Security-Policy"]
            assert policy.startswith("default-src 'self'"), path
            assert "unsafe" not in policy
            assert page.headers["X-Content-Type-Options"] == "nosniff"
            assert page.headers["Referrer-Policy"]
        for path in ("/", f"/catalog/works/{book.id}", "/about"):
            page = await cleo.get(path)
            assert "<script>" not in page.text
            assert " style=" not in page.text
            assert 'src="http' not in page.text
            assert not [name for name in page.headers if name == "Set-Cookie"]


async def test_more_than_a_form_may_hold_is_not_read(tmp_path: Path) -> None:
    async with town(tmp_path) as here, browser(here) as cleo:
        token = (await cleo.get("/sign-in")).token
        page = await cleo.upload("/sign-in", token, "large", b"a" * 1_200_000, who="cleo", password="x")
        assert page.status == 413


async def test_feeds_are_atom_and_name_what_changed(tmp_path: Path) -> None:
    async with town(tmp_path) as here, browser(here) as ada:
        book = await here.book()
        await ada.sign_in(await here.person("ada"))
        await ada.send(f"/catalog/works/{book.id}/review", title="A whale of a book", text="Ends badly.", warning="The end", rating="9")
        for path in ("/feeds/new", "/feeds/reviews", f"/feeds/works/{book.id}", "/feeds/news", "/feeds/subjects/1"):
            page = await ada.get(path)
            feed = etree.fromstring(page.body)
            assert feed.tag == "{http://www.w3.org/2005/Atom}feed", path
        reviews = await ada.get("/feeds/reviews")
        assert "A whale of a book" in reviews.text
        assert "Ends badly" not in reviews.text  # it stands behind a warning


async def test_an_event_is_a_calendar_entry_too(tmp_path: Path) -> None:
    async with town(tmp_path) as here, browser(here) as cleo:
        event = await an_event(here)
        for path in ("/events.ics", f"/events/{event.token}.ics"):
            page = await cleo.get(path)
            entry = Calendar.from_ical(page.body).walk("VEVENT")[0]
            assert str(entry["SUMMARY"]) == "Reading aloud"
            assert entry.start == event.starts_at  # type: ignore[attr-defined]
            assert str(entry["LOCATION"]) == "The reading room"


async def test_lena_plans_an_event_changes_it_and_calls_it_off(tmp_path: Path) -> None:
    async with town(tmp_path, timezone="Europe/Rome") as here, browser(here) as lena:
        await lena.sign_in(await here.person("lena", Role.librarian))
        fields = {
            "title": "Book club",
            "date": "2031-03-14",
            "time": "18:30",
            "end_time": "20:00",
            "text": "Bring a friend.",
            "category": "Book club",
        }
        backwards = await lena.send("/events/new", **(fields | {"end_date": "2031-03-13"}))
        assert backwards.status == 422
        assert "It cannot end before it begins." in backwards.text

        planned = await lena.send("/events/new", **fields)
        page = await lena.follow(planned)
        assert "Book club" in page.text

        called_off = await lena.send(f"{planned.onward}/edit", **fields, cancelled="1")
        assert "Cancelled" in (await lena.follow(called_off)).text


async def test_the_numbers_are_not_for_everybody(tmp_path: Path) -> None:
    async with town(tmp_path, metrics_token="only for the operator") as here, browser(here) as cleo:
        assert (await cleo.get("/metrics")).status == 403
        page = await cleo.get("/metrics", {"Authorization": "Bearer only for the operator"})
        assert "bookmobile_requests_total" in page.text
    async with town(tmp_path / "two") as here, browser(here) as cleo:
        assert (await cleo.get("/metrics", {"X-Forwarded-For": "203.0.113.9"})).status == 403


async def test_lena_brings_in_titles_from_a_table(tmp_path: Path) -> None:
    async with town(tmp_path) as here, browser(here) as lena:
        await lena.sign_in(await here.person("lena", Role.librarian))
        page = await lena.get("/desk/import")
        table = b"title,author,year,isbn\nWar with the Newts,Karel Capek,1936,9780945774105\n,nobody,,\n,no one,,\n"

        looked = await lena.upload("/desk/import", page.token, "titles.csv", table, dry_run="1")
        assert looked.status == 200
        sent = await lena.upload("/desk/import", page.token, "titles.csv", table)

        assert sent.status == 303
        for _ in range(50):
            run = await lena.follow(sent)
            if "this page renews itself" not in run.text:
                break
            await asyncio.sleep(0.1)
        await here.app.sweep()
        assert "War with the Newts" in (await lena.get("/search?q=newts")).text
        assert (await lena.get(f"{sent.onward}/refused")).text.split() == ["title,author,year,isbn", ",nobody,,", ",no", "one,,"]


async def test_cleo_is_shown_the_way_to_her_own_server(tmp_path: Path) -> None:
    async with town(tmp_path / "a") as here, town(tmp_path / "b") as harbour, browser(here) as cleo:
        book = await here.book()
        uri = here.library.uris.work(book.id)
        page = await cleo.get(f"/follow?about={uri}&handle=@library@{harbour.library.settings.domain}")
        assert page.status == 200
        assert f"{harbour.root}/authorize_interaction?uri=http" in page.text
        assert (await cleo.get("/follow?about=https://evil.example/&handle=@a@b.example")).status == 422


async def test_ada_follows_a_library_elsewhere(tmp_path: Path) -> None:
    async with town(tmp_path / "a") as here, town(tmp_path / "b", "Harbour Library") as harbour, browser(here) as ada:
        await ada.sign_in(await here.person("ada"))
        page = await ada.get(f"/authorize_interaction?uri=@library@{harbour.library.settings.domain}")
        assert "Harbour Library" in page.text

        asked = await ada.post("/follow", {"csrf": page.token, "uri": harbour.library.uris.library})

        assert asked.status == 303
        assert "Harbour Library" in (await ada.follow(asked)).text
