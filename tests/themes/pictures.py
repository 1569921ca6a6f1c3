"""Render every sample into a folder and photograph it: python -m tests.themes.pictures FOLDER [--theme NAME] [--only PART] [--shot]."""

import argparse
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

from playwright.sync_api import Route, ViewportSize, sync_playwright

from tests.themes.samples import SAMPLES
from tests.themes.shelf import TITLES
from themes import manifest
from themes.covers import cover_svg
from themes.environment import environment

MODES = (("phone", 390), ("desk", 1280))
KINDS = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
STRICT = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'"
TOO_WIDE = """[...document.querySelectorAll('body *')].filter((part) => document.documentElement.scrollWidth > innerWidth
  && part.getBoundingClientRect().right > document.documentElement.clientWidth + 1
  && getComputedStyle(part).clipPath === 'none').map((part) => part.tagName + '.' + part.className)"""


def rendered(theme: str) -> dict[str, str]:
    """Every sample page of a theme as text."""
    chain = manifest.chain(theme)
    env = environment(*manifest.template_folders(chain))
    context = {"scheme": manifest.scheme(chain)}
    return {name: env.get_template(name.split("#")[0]).render({**SAMPLES[name], **context}) for name in SAMPLES}


def answers(theme: str, pages: dict[str, str]) -> Callable[[Route], None]:
    """What a library with nothing but these pages, their style sheets and covers would answer."""
    chain = manifest.chain(theme)

    def answer(route: Route) -> None:
        path = urlsplit(route.request.url).path
        if path.startswith("/covers/"):
            title, author, year, form, _ = TITLES[int(Path(path).stem) - 1]
            route.fulfill(body=cover_svg(title, author, year, form, path), content_type="image/svg+xml")
        elif path.startswith(("/media/", "/events/")):
            route.fulfill(body=cover_svg("A picture", "", None, "map", path), content_type="image/svg+xml")
        elif path == "/static/library.css":
            route.fulfill(body=pages["library.css"], content_type="text/css")
        elif path.startswith("/static/"):
            file = manifest.static_file(chain, path.removeprefix("/static/"))
            route.fulfill(status=200 if file else 404, body=file.read_bytes() if file else b"", content_type=KINDS[Path(path).suffix])
        elif path.startswith("/page/"):
            body = pages[path.removeprefix("/page/").replace("~", "#")]
            route.fulfill(body=body, content_type="text/html; charset=utf-8", headers={"content-security-policy": STRICT})
        else:
            route.fulfill(status=404, body="")

    return answer


def main() -> None:
    """Take the pictures."""
    said = argparse.ArgumentParser()
    said.add_argument("folder", type=Path)
    said.add_argument("--theme", default="default")
    said.add_argument("--only", default="")
    said.add_argument("--chromium", default="/usr/bin/chromium")
    said.add_argument("--mode", choices=("light", "dark"), action="append")
    said.add_argument("--no-script", action="store_true")
    wanted = said.parse_args()
    wanted.folder.mkdir(parents=True, exist_ok=True)
    pages = rendered(wanted.theme)
    answer = answers(wanted.theme, pages)
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=wanted.chromium, args=["--no-sandbox"])
        for mode in wanted.mode or ("light", "dark"):
            for kind, width in MODES:
                size: ViewportSize = {"width": width, "height": 900}
                context = browser.new_context(viewport=size, color_scheme=mode, java_script_enabled=not wanted.no_script)
                context.route("**/*", answer)
                page = context.new_page()
                page.on("console", lambda message: print("console:", message.text))
                for name in pages:
                    if not name.split("#")[0].endswith(".html") or wanted.only not in name:
                        continue
                    page.goto("http://library.test/page/" + name.replace("#", "~"))
                    for found in page.evaluate(TOO_WIDE):
                        print(f"{name} at {width}: {found} is wider than its window")
                    page.evaluate("document.querySelectorAll('img').forEach((image) => { image.loading = 'eager'; })")
                    page.wait_for_load_state("networkidle")
                    file = wanted.folder / f"{name.replace('/', '-').replace('.html', '').replace('#', '-')}-{kind}-{mode}.png"
                    page.screenshot(path=file, full_page=True)
                context.close()
        browser.close()


if __name__ == "__main__":
    main()
