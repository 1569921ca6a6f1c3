"""Someone pastes the address of a title into the search box of their server, and finds the post that they can answer."""

from pathlib import Path

import pytest

from server.actions import following
from tests.remote_server import remote_server
from tests.server.client import browser
from tests.world import town

JSON_ONLY = 'application/activity+json, application/ld+json; profile="https://www.w3.org/ns/activitystreams"'
MASTODON = 'application/ld+json; profile="https://www.w3.org/ns/activitystreams", application/activity+json, text/html;q=0.1'


@pytest.mark.parametrize("program", ["gotosocial/0.20.0 (+https://harbour.example)", "snac/2.94; +https://harbour.example/"])
async def test_who_knows_only_posts_is_led_from_a_title_to_its_discussion(tmp_path: Path, program: str) -> None:
    async with town(tmp_path) as here, browser(here) as search_box:
        book = await here.book()
        for path in (f"/catalog/works/{book.id}", "/catalog/editions/1"):
            found = await search_box.get(path, {"Accept": JSON_ONLY, "User-Agent": program})

            assert (found.status, found.onward) == (303, here.library.uris.discussion(book.id))
            assert "User-Agent" in found.headers["Vary"] and "Accept" in found.headers["Vary"]


async def test_who_knows_catalogues_gets_the_document_whoever_asked_before(tmp_path: Path) -> None:
    async with town(tmp_path) as here, browser(here) as search_box:
        book = await here.book()
        path = f"/catalog/works/{book.id}"
        for _ in range(2):
            led_on = await search_box.get(path, {"Accept": JSON_ONLY, "User-Agent": "snac/2.94"})
            document = await search_box.get(
                path, {"Accept": JSON_ONLY, "User-Agent": "http.rb/5.1 (BookWyrm/0.7.5; +https://harbour.example/)"}
            )
            assert (led_on.status, document.status) == (303, 200)
            assert '"type":"Work"' in document.text and "User-Agent" in document.headers["Vary"]


async def test_mastodon_reads_in_the_page_which_post_to_answer(tmp_path: Path) -> None:
    async with town(tmp_path) as here, browser(here) as search_box:
        book = await here.book()
        page = await search_box.get(f"/catalog/works/{book.id}", {"Accept": MASTODON})

        assert page.status == 200 and page.headers["Content-Type"].startswith("text/html")
        assert f'<{here.library.uris.discussion(book.id)}>; rel="alternate"; type="application/activity+json"' in page.headers["Link"]


async def test_a_server_that_names_no_way_is_shown_by_its_front_page_and_a_silent_one_by_the_usual_address(tmp_path: Path) -> None:
    async with town(tmp_path) as here, remote_server() as harbour:
        harbour.documents["/.well-known/webfinger"] = {"subject": "acct:cleo@harbour.example", "links": []}
        server = harbour.root.removeprefix("http://")
        title = here.library.uris.work((await here.book()).id)

        assert await following.way_home(here.hub, "cleo", server, title) == f"{harbour.root}/"
        del harbour.documents["/.well-known/webfinger"]
        assert (await following.way_home(here.hub, "cleo", server, title)).startswith(f"{harbour.root}/authorize_interaction?uri=http%3A")
