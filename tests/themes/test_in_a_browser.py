"""What only a browser can tell: every page can be used with little sight, on a small screen, and without a script."""

from collections.abc import Iterator
from pathlib import Path
from shutil import which

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from tests.themes.pictures import TOO_WIDE, answers, rendered
from tests.themes.samples import SAMPLES

CHROMIUM = which("chromium") or which("chromium-browser") or which("google-chrome")
pytestmark = [
    pytest.mark.browser,
    pytest.mark.timeout(600),
    pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium on this machine"),
]
PAGES = [name for name in SAMPLES if name.split("#")[0].endswith(".html")]
MAIN = ["home/show.html", "work/show.html", "search/show.html", "moderation/case.html", "review/write.html#wrong", "event/show.html"]
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


def window(browser: Browser, theme: str, width: int, mode: str = "light", *, scripts: bool = True) -> BrowserContext:
    context = browser.new_context(
        viewport={"width": width, "height": 900},
        color_scheme="dark" if mode == "dark" else "light",
        java_script_enabled=scripts,
        bypass_csp=True,  # for the checker itself; that pages obey a strict policy is tried by the first test
    )
    context.route("**/*", answers(theme, rendered(theme)))
    return context


def visit(page: Page, name: str) -> None:
    page.goto("http://library.test/page/" + name.replace("#", "~"))


@pytest.mark.parametrize(
    ("theme", "mode", "names"),
    [("default", "light", PAGES), ("default", "dark", MAIN), ("harbour", "light", MAIN), ("harbour", "dark", MAIN)],
)
def test_axe_finds_nothing_to_complain_about(browser: Browser, theme: str, mode: str, names: list[str]) -> None:
    context = window(browser, theme, 1000, mode)
    page = context.new_page()
    complaints = []

    for name in names:
        visit(page, name)
        page.evaluate("document.querySelectorAll('details').forEach((part) => { part.open = true; })")
        for found in Axe().run(page, options=RULES).response["violations"]:
            complaints += [f"{name}: {found['id']}: {node['target']} {node['failureSummary']}" for node in found["nodes"]]
    context.close()

    assert not complaints, "\n".join(complaints)


@pytest.mark.parametrize("theme", ["default", "harbour"])
def test_no_page_is_wider_than_its_window(browser: Browser, theme: str) -> None:
    context = window(browser, theme, 1280)
    page = context.new_page()
    wide = []

    for name in PAGES:
        visit(page, name)
        for width in (1280, 768, 390, 320):
            page.set_viewport_size({"width": width, "height": 900})
            wide += [f"{name} at {width}: {part}" for part in page.evaluate(TOO_WIDE)]
    context.close()

    assert wide == []


def test_pages_keep_to_a_policy_without_inline_scripts_or_styles(browser: Browser) -> None:
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    context.route("**/*", answers("default", rendered("default")))
    page = context.new_page()
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: said.append(str(error)))

    for name in PAGES:
        visit(page, name)
    context.close()

    assert said == []


def test_stars_are_given_with_the_keyboard_and_shown_as_they_will_look(browser: Browser) -> None:
    context = window(browser, "default", 1280)
    page = context.new_page()
    visit(page, "review/write.html")

    page.get_by_label("no stars").focus()
    page.get_by_label("3.5 of 5 stars").focus()
    page.keyboard.press("Space")
    page.keyboard.press("ArrowRight")
    page.get_by_label("What did you think of it?").fill("**Loud** and *long*.")

    assert page.locator("input[name=rating]:checked").get_attribute("value") == "8"
    assert page.locator(".toot-stars").inner_text() == "★★★★"
    assert page.locator(".toot-text").inner_text() == "Loud and long."
    context.close()


def test_without_a_script_everything_that_matters_is_still_there(browser: Browser) -> None:
    context = window(browser, "default", 390, scripts=False)
    page = context.new_page()

    visit(page, "review/write.html")
    page.locator("label", has_text="4.5 of 5 stars").click()
    assert page.locator("input[name=rating]:checked").get_attribute("value") == "9"

    visit(page, "search/show.html")
    assert not page.get_by_role("link", name="Book 812").is_visible()
    page.locator(".facets-fold > summary").click()
    assert page.get_by_role("link", name="Book 812").is_visible()

    visit(page, "moderation/case.html")
    assert not page.get_by_text("should not be let into").first.is_visible()
    page.get_by_text("Show the words").first.click()
    assert page.get_by_text("should not be let into").first.is_visible()
    context.close()


def test_follow_us_opens_where_one_stands_and_goes_away_again(browser: Browser) -> None:
    context = window(browser, "default", 1280)
    pages = rendered("default")
    page = context.new_page()
    page.route("**/follow", lambda route: route.fulfill(body=pages["follow/anywhere.html"], content_type="text/html; charset=utf-8"))
    visit(page, "about/privacy.html")

    page.get_by_role("link", name="Follow us").click()
    dialog = page.get_by_role("dialog", name="Follow us from anywhere")
    dialog.get_by_label("Your address in the fediverse").wait_for()
    assert dialog.is_visible()
    page.keyboard.press("Escape")

    assert page.get_by_role("dialog").count() == 0
    assert page.url.endswith("about/privacy.html")
    context.close()


def test_a_page_on_paper_has_its_words_and_none_of_its_buttons(browser: Browser) -> None:
    context = window(browser, "default", 800)
    page = context.new_page()
    visit(page, "work/show.html")
    page.emulate_media(media="print")

    assert page.get_by_text("A schoolmaster goes to sea").is_visible()
    assert not page.get_by_role("link", name="Write a review").is_visible()
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    context.close()


def test_the_first_view_is_light(browser: Browser) -> None:
    pages = rendered("default")
    assets = sum(file.stat().st_size for file in (Path(__file__).parents[2] / "themes" / "default" / "static").glob("*.[cj]s*"))

    assert len(pages["home/show.html"].encode()) + assets < 100_000
