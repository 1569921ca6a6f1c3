"""Somebody on another server follows a search; of the next import, what fits it is one post in their timeline."""

import html
import io
import json
import re
from pathlib import Path

from sqlalchemy import update

from community.catalog import importing
from community.catalog.tabular import read_rows
from community.clock import days, now, seconds
from community.database import table_of
from community.posts.topics import Topic
from server import worker
from server.actions import followed
from tests.remote_server import RemoteServer, remote_server
from tests.server.client import Browser, Page, browser
from tests.world import Town, town

SEARCH = "/search?q=Delitto&language=ita"
HEADER = "key,title,creators,year,languages,format,subjects,series\n"
OLD = 'old,Delitto d\'autunno,"Bianchi, Anna (aut)",2001,ita,book,Romanzi gialli,\n'
NEW = (
    'one,Delitto al faro,"Rossi, Ugo (aut)",2020,ita,book,Romanzi gialli,"Notti gialle, 7"\n'
    'two,Un delitto in biblioteca,"Verdi, Pia (aut)",2021,ita,book,Romanzi gialli,"Notti gialle, 8"\n'
    'three,The lighthouse,"Brown, Tom (aut)",2022,eng,book,Crime,\n'
)


async def brings_in(here: Town, rows: str) -> None:
    records = read_rows(io.BytesIO((HEADER + rows).encode()), "csv")
    tally = await importing.merge(here.database, records, source="desk", file="new.csv")
    assert tally.refused == 0
    await worker.settle(here.hub, here.app.sweep)


async def tell(here: Town) -> int:
    return await followed.tell_titles(here.library, here.app.here.index, quiet=seconds(0))


async def a_day_goes_by(here: Town) -> None:
    async with here.database.transaction() as session:
        await session.execute(update(table_of(Topic)).values(told_at=now() - days(1)))


async def clicks(visitor: Browser, page: Page, words: str) -> Page:
    """Follow the link that says this."""
    found = re.search(rf'<a [^>]*href="([^"]+)"[^>]*>{words}</a>', page.text)
    assert found, f"no link {words!r} on {page.path}"
    return await visitor.get(html.unescape(found[1]))


async def fills_in(visitor: Browser, page: Page, **typed: str) -> Page:
    """Send the form of a page that leads to /follow/search."""
    hidden = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', page.text[page.text.index('action="/follow/search"') :])
    fields = {name: html.unescape(value) for name, value in hidden[:10]}
    return await visitor.post("/follow/search", {**fields, **typed})


async def test_two_of_three_new_titles_are_one_post(tmp_path: Path) -> None:
    async with town(tmp_path) as here, remote_server() as harbour, browser(here) as cleo:
        await brings_in(here, OLD)
        harbour.documents["/.well-known/webfinger"] = {
            "links": [
                {"rel": "http://ostatus.org/schema/1.0/subscribe", "template": f"{harbour.root}/authorize_interaction?uri={{uri}}"},
            ]
        }

        # Cleo finds something, and follows the search from her own server.
        found = await cleo.get(SEARCH)
        asked = await clicks(cleo, found, "Follow from your own server")
        led = await fills_in(cleo, asked)
        onward = await cleo.get(f"{led.onward}&handle=cleo@{harbour.root.removeprefix('http://')}")
        assert onward.status == 200 and f"{harbour.root}/authorize_interaction?uri=" in onward.text
        name = re.search(r"search-[0-9a-z]{10}", onward.text)
        assert name, onward.text
        await subscribes(harbour, here, name[0])

        await brings_in(here, NEW)
        assert await tell(here) == 1
        assert await tell(here) == 0
        await a_day_goes_by(here)
        assert await tell(here) == 0
        await here.settle()

        [note] = [wire["object"] for wire in harbour.received if wire["type"] == "Create"]
        assert note["attributedTo"] == here.library.uris.actor(name[0])
        assert "Delitto al faro" in note["content"] and "Un delitto in biblioteca" in note["content"]
        assert "lighthouse" not in note["content"] and "autunno" not in note["content"]
        assert "2 new titles" in note["content"]
        titles = re.findall(r'href="([^"]+/catalog/works/\d+)"', note["content"])
        for title in titles:
            page = await cleo.get(title.removeprefix(here.root), {"Accept": "application/activity+json"})
            assert json.loads(page.text)["type"] == "Work"
        assert len(titles) == 2


async def subscribes(harbour: RemoteServer, here: Town, name: str) -> None:
    assert await harbour.says(here, harbour.activity("Follow", "cleo", here.library.uris.actor(name))) == 202
    await here.settle()
    assert harbour.received[-1]["type"] == "Accept"


async def test_ada_follows_a_search_here_and_leaves_it_again(tmp_path: Path) -> None:
    async with town(tmp_path) as here, browser(here) as visitor:
        await brings_in(here, OLD)
        ada = await visitor.sign_in(await here.person("ada"))
        followed = await fills_in(ada, await ada.get(SEARCH))
        assert followed.status == 303 and "Stop following" in (await ada.follow(followed)).text

        await brings_in(here, NEW)
        assert await tell(here) == 1
        mine = await ada.get("/me/following")
        assert "delitto · Italian" in mine.text and "Un delitto in biblioteca" in mine.text

        uri = re.search(r'name="uri" value="([^"]+)"', mine.text)
        assert uri is not None
        left = await ada.post("/unfollow", {"csrf": mine.token, "uri": uri[1], "back": "/me/following"})
        assert left.onward == "/me/following" and "Nothing yet" in (await ada.get("/me/following")).text


async def test_ada_follows_things_from_their_pages_and_reads_their_feeds(tmp_path: Path) -> None:
    async with town(tmp_path) as here, browser(here) as visitor:
        await brings_in(here, NEW)
        ada = await visitor.sign_in(await here.person("ada"))
        title = await ada.get("/catalog/works/1")
        series = await clicks(ada, title, "Notti gialle")
        assert "Un delitto in biblioteca" in series.text and "7 ·" in series.text
        for kind in ("works", "authors", "subjects", "series"):
            page = await ada.get(f"/catalog/{kind}/1")
            uri = here.library.uris.actor(f"{kind.removesuffix('s') if kind != 'series' else kind}-1")
            answer = await ada.post("/follow", {"csrf": page.token, "uri": uri})
            assert answer.onward == f"/catalog/{kind}/1"
            assert "Stop following" in (await ada.get(answer.onward)).text
            feed = await ada.get(f"/feeds/{kind}/1")
            assert feed.status == 200 and feed.headers["Content-Type"].startswith("application/atom+xml")
        assert "Un delitto in biblioteca" in (await ada.get("/feeds/series/1")).text
        feed = await ada.get("/feeds/search?q=delitto")
        assert "Delitto al faro" in feed.text and "lighthouse" not in feed.text


async def test_who_is_not_signed_in_follows_nothing_here(tmp_path: Path) -> None:
    async with town(tmp_path) as here, browser(here) as visitor:
        assert (await visitor.get("/me/following")).status == 303
        page = await visitor.get("/follow/search?q=delitto")
        assert (await fills_in(visitor, page, here="1")).onward.startswith("/sign-in")
        uri = here.library.uris.actor("work-1")
        assert (await visitor.post("/follow", {"csrf": page.token, "uri": uri})).onward.startswith("/sign-in")
