"""Find, read, review, report; a moderator removes: in a real browser, on a phone and at a desk, with and without scripts."""

import json
from pathlib import Path

import aiohttp
import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Page
from sqlalchemy import select

from community.people.accounts import Account, Role
from community.posts.post import Post, Standing
from server import passwords
from tests.browser.chromium import chromium, fits, picture, visitor
from tests.remote_server import remote_server
from tests.world import Town, town

pytestmark = [pytest.mark.browser, pytest.mark.timeout(900)]
PASSWORD = "a whale of a password"
SERIOUS = {"serious", "critical"}


async def with_password(here: Town, username: str, role: Role = Role.reader) -> None:
    account = await here.person(username, role)
    hashed = await passwords.digest(PASSWORD)
    async with here.database.transaction() as session:
        (await session.get_one(Account, account.id)).password_hash = hashed


async def sign_in(page: Page, here: Town, username: str) -> None:
    await page.goto(f"{here.root}/sign-in")
    form = page.locator("form", has=page.locator("input[name=password]")).first
    await form.locator("input").nth(1).wait_for(state="attached")
    await form.locator("input:not([type=hidden]):not([type=password])").first.fill(f"{username}@mail.example")
    await form.locator("input[name=password]").fill(PASSWORD)
    await form.locator("button[type=submit]").first.click()
    await page.wait_for_url(lambda url: "/sign-in" not in url)


async def check(page: Page, name: str) -> None:
    """A page that anyone can use: nothing sticks out, and axe finds nothing serious."""
    await picture(page, name)
    assert await fits(page), f"{name} is wider than the screen"
    found = (await Axe().run(page)).response["violations"]
    grave = [f"{one['id']}: {one['nodes'][0]['html'][:200]}" for one in found if one["impact"] in SERIOUS]
    assert grave == [], f"{name}: {json.dumps(grave, indent=1)}"


@pytest.mark.parametrize("width", ["phone", "desk"])
async def test_a_reader_finds_a_title_reviews_it_somebody_reports_it_and_ben_removes_it(tmp_path: Path, width: str) -> None:
    async with town(tmp_path) as here, remote_server() as harbour, chromium() as browser, aiohttp.ClientSession() as server:
        book = await here.book()
        await with_password(here, "ada")
        await with_password(here, "ben", Role.moderator)
        await harbour.says(here, harbour.activity("Follow", "cleo", here.library.uris.actor("ada")))
        await here.settle()
        await here.app.sweep()

        async with visitor(browser, width) as ada:
            await sign_in(ada, here, "ada")
            await ada.goto(f"{here.root}/")
            await check(ada, f"{width}-home")
            await ada.locator("main input[name=q]").fill("melvile moby dick")
            await ada.locator("main form[role=search] button, main form[action='/search'] button").first.click()
            await check(ada, f"{width}-search")
            await ada.get_by_role("link", name="Moby-Dick").first.click()
            await check(ada, f"{width}-title")
            await ada.get_by_role("link", name="Write a review").first.click()
            await ada.locator("input[name=title]").fill("A whale of a book")
            await ada.locator("textarea[name=text]").fill("People from Ostrava would not understand it.")
            await ada.locator("input[name=rating][value='9']").check(force=True)
            await check(ada, f"{width}-review-write")
            await ada.locator("form:has(textarea[name=text]) button[type=submit]").last.click()
            await ada.wait_for_url(f"**/catalog/works/{book.id}**")
            assert "A whale of a book" in await ada.locator("main").inner_text()
            await check(ada, f"{width}-title-with-review")
        await here.settle()

        async with visitor(browser, width, dark=True) as cleo:
            await cleo.goto(f"{here.root}/catalog/works/{book.id}")
            await cleo.locator(f"a[href*='/report?about='][href*='{'notes'}']").first.click()
            await check(cleo, f"{width}-report-dark")
            await cleo.locator("input[name=rule][value=hate]").check()
            await cleo.locator("textarea[name=reason]").fill("Contempt for a whole town")
            await cleo.get_by_role("button", name="Send the report").click()
            await check(cleo, f"{width}-report-done-dark")

        async with visitor(browser, width) as ben:
            await sign_in(ben, here, "ben")
            await ben.goto(f"{here.root}/moderation")
            await check(ben, f"{width}-queue")
            await ben.get_by_role("link", name="Contempt for a whole town").click()
            await check(ben, f"{width}-case")
            assert not await ben.get_by_text("People from Ostrava").first.is_visible()  # blurred until asked for
            await ben.locator("select[name=rule]").select_option("hate")
            await ben.locator("input[name=action][value=remove]").check()
            await ben.locator("form#decide textarea[name=reason]").fill("It is contempt for people because of where they come from.")
            await ben.locator("form#decide button[type=submit]").click()
            await ben.wait_for_load_state()
            await check(ben, f"{width}-case-decided")
            await ben.goto(f"{here.root}/moderation/log")
            await check(ben, f"{width}-log")

        await here.settle()
        async with here.database.snapshot() as session:
            review = (await session.scalars(select(Post).where(Post.kind == "review"))).one()
        assert review.standing is Standing.removed
        async with server.get(review.uri, headers={"Accept": "application/activity+json"}) as answer:
            assert answer.status == 410
        assert [wire["type"] for wire in harbour.received] == ["Accept", "Create", "Delete"]
        async with visitor(browser, width) as cleo:
            await cleo.goto(f"{here.root}/catalog/works/{book.id}")
            assert "A whale of a book" not in await cleo.locator("main").inner_text()


async def test_everything_works_without_scripts(tmp_path: Path) -> None:
    async with town(tmp_path) as here, chromium() as browser:
        book = await here.book()
        await with_password(here, "ada")
        async with visitor(browser, "phone", scripts=False) as ada:
            await sign_in(ada, here, "ada")
            await ada.goto(f"{here.root}/catalog/works/{book.id}/review")
            await ada.locator("textarea[name=text]").fill("Read without any script.")
            await ada.locator("form:has(textarea[name=text]) button[type=submit]").last.click()
            await ada.wait_for_url(f"**/catalog/works/{book.id}**")
            assert "Read without any script." in await ada.locator("main").inner_text()


@pytest.mark.parametrize("language", ["en", "it"])
async def test_a_stranger_is_led_to_their_own_server(tmp_path: Path, language: str) -> None:
    async with town(tmp_path) as here, remote_server() as harbour, chromium() as browser, visitor(browser, "phone") as cleo:
        await cleo.goto(f"{here.root}/language/{language}")
        await cleo.goto(f"{here.root}/follow")
        await check(cleo, f"phone-follow-{language}")
        assert harbour.root
