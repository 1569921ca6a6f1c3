"""A real Chromium, at the width of a phone and of a desk."""

import asyncio
import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, ViewportSize, async_playwright

WIDTHS: dict[str, ViewportSize] = {"phone": {"width": 390, "height": 844}, "desk": {"width": 1280, "height": 900}}
# A closed network must not be knocked at by the browser itself.
QUIET = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-sync"]
PATIENCE = 90_000.0  # milliseconds; a busy machine is no mistake of a page
PICTURES = "BOOKMOBILE_TEST_PICTURES"  # a folder for screenshots, when somebody wants to look


def program() -> str:
    """Where Chromium is; without it CI fails, and a developer's run skips."""
    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if found is None:
        if os.environ.get("CI"):
            raise AssertionError("Chromium is missing: install Debian's package `chromium`.")
        pytest.skip("Chromium is not on this machine: install the package `chromium`")
    return found


@asynccontextmanager
async def chromium() -> AsyncIterator[Browser]:
    """A browser that runs while the block does."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=program(), args=QUIET)
        try:
            yield browser
        finally:
            await browser.close()


@asynccontextmanager
async def visitor(browser: Browser, width: str, *, scripts: bool = True, dark: bool = False) -> AsyncIterator[Page]:
    """Somebody with a fresh browser of this width, who fails the test when a page calls anybody else or breaks."""
    context = await browser.new_context(
        viewport=WIDTHS[width], java_script_enabled=scripts, color_scheme="dark" if dark else "light", locale="en"
    )
    context.set_default_timeout(PATIENCE)
    page = await context.new_page()
    strangers: list[str] = []
    broken: list[str] = []
    page.on(
        "request",
        lambda request: strangers.append(request.url) if "//127.0.0.1" not in request.url and not request.url.startswith("data:") else None,
    )
    page.on("pageerror", lambda cause: broken.append(str(cause)))
    page.on(
        "console",
        lambda message: broken.append(message.text) if message.type == "error" and "Content Security Policy" in message.text else None,
    )
    try:
        yield page
    finally:
        await context.close()
    assert strangers == [], "a page asked somebody else"
    assert broken == [], "a page's script failed"


async def picture(page: Page, name: str) -> None:
    """Keep a screenshot, when somebody wants to look."""
    folder = os.environ.get(PICTURES)
    if folder:
        await asyncio.to_thread(os.makedirs, folder, exist_ok=True)
        await page.screenshot(path=str(Path(folder) / f"{name}.png"), full_page=True)


async def fits(page: Page) -> bool:
    """Whether nothing sticks out to the right."""
    return bool(await page.evaluate("document.documentElement.scrollWidth <= window.innerWidth + 1"))
