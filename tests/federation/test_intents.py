"""Ways between servers for people: where one of ours follows or answers something, and where somebody else does (FEP-3b86)."""

from pathlib import Path
from urllib.parse import quote

import pytest

from server.actions import following
from tests.remote_server import remote_server
from tests.server.client import browser
from tests.world import town

FOLLOW, LOOK, SUBSCRIBE = (
    "https://w3id.org/fep/3b86/Follow",
    "https://w3id.org/fep/3b86/Object",
    "http://ostatus.org/schema/1.0/subscribe",
)


async def test_our_readers_say_by_webfinger_where_they_follow_and_answer(tmp_path: Path) -> None:
    async with town(tmp_path) as here, browser(here) as cleo:
        await here.person("ada")

        page = await cleo.get(f"/.well-known/webfinger?resource=acct:ada@{here.library.settings.domain}")

        for intent in (FOLLOW, LOOK):
            assert f'{{"rel": "{intent}", "template": "{here.root}/authorize_interaction?uri={{object}}"}}' in page.text


@pytest.mark.parametrize(
    ("rels", "is_actor", "expected"),
    [
        (
            {FOLLOW: "/intents/follow?o={object}", LOOK: "/intents/see?o={object}", SUBSCRIBE: "/subscribe?u={uri}"},
            True,
            "/intents/follow?o=",
        ),
        (
            {FOLLOW: "/intents/follow?o={object}", LOOK: "/intents/see?o={object}", SUBSCRIBE: "/subscribe?u={uri}"},
            False,
            "/intents/see?o=",
        ),
        ({FOLLOW: "/intents/follow?o={object}", SUBSCRIBE: "/subscribe?u={uri}"}, False, "/subscribe?u="),
        ({SUBSCRIBE: "/subscribe?u={uri}"}, True, "/subscribe?u="),
        ({LOOK: "/intents/see"}, True, "/"),
        ({LOOK: "javascript:{object}"}, True, "/"),
        ({}, True, "/"),
    ],
)
async def test_the_most_exact_way_home_is_taken(tmp_path: Path, rels: dict[str, str], is_actor: bool, expected: str) -> None:
    async with town(tmp_path) as here, remote_server() as harbour:
        links = [{"rel": rel, "template": way if way.startswith("java") else harbour.root + way} for rel, way in rels.items()]
        harbour.documents["/.well-known/webfinger"] = {"subject": "acct:cleo@harbour", "links": links}
        about = here.library.uris.library

        way = await following.way_home(here.hub, "cleo", harbour.root.removeprefix("http://"), about, is_actor=is_actor)

        assert way == harbour.root + expected + (quote(about, safe="") if expected != "/" else "")
