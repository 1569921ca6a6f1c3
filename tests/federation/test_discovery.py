"""How others find us: WebFinger in all its forms, NodeInfo, host-meta."""

from pathlib import Path
from typing import Any

import aiohttp
import pytest

from tests.world import Town, town


async def ask(here: Town, path: str, accept: str = "") -> tuple[int, str, Any]:
    async with aiohttp.ClientSession() as session, session.get(here.root + path, headers={"Accept": accept} if accept else {}) as answer:
        kind = answer.content_type
        return answer.status, kind, await answer.json(content_type=None) if "json" in kind else await answer.text()


async def test_every_way_of_naming_the_library_leads_to_its_actor(tmp_path: Path) -> None:
    async with town(tmp_path) as here:
        domain, root = here.library.settings.domain, here.root
        for resource in (
            f"acct:library@{domain}",
            f"library@{domain}",
            f"acct:LIBRARY@{domain}",
            f"{root}/@library",
            f"{root}/ap/actors/library",
        ):
            status, kind, found = await ask(here, f"/.well-known/webfinger?resource={resource}")
            assert (status, kind, found["subject"]) == (200, "application/jrd+json", f"acct:library@{domain}"), resource
            assert {"rel": "self", "type": "application/activity+json", "href": here.library.uris.library} in found["links"]


async def test_the_server_itself_can_be_found_too(tmp_path: Path) -> None:
    async with town(tmp_path) as here:
        for resource in (f"{here.root}/", here.root, f"acct:{here.library.settings.domain}@{here.library.settings.domain}"):
            _, _, found = await ask(here, f"/.well-known/webfinger?resource={resource}")
            assert found["links"][0]["href"] == here.library.uris.instance


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("", 400),
        ("?resource=", 400),
        ("?resource=acct:nobody@{domain}", 404),
        ("?resource=acct:library@elsewhere.example", 404),
        ("?resource=%00", 404),
    ],
)
async def test_who_is_not_here_is_not_found(tmp_path: Path, query: str, status: int) -> None:
    async with town(tmp_path) as here:
        found, kind, _ = await ask(here, "/.well-known/webfinger" + query.format(domain=here.library.settings.domain))
        assert (found, kind) == (status, "application/json")


async def test_only_the_wanted_links_are_given(tmp_path: Path) -> None:
    async with town(tmp_path) as here:
        _, _, found = await ask(here, f"/.well-known/webfinger?resource=acct:library@{here.library.settings.domain}&rel=self")
        assert [link["rel"] for link in found["links"]] == ["self"]


async def test_nodeinfo_has_its_schema_first_and_names_us(tmp_path: Path) -> None:
    async with town(tmp_path) as here:
        _, _, links = await ask(here, "/.well-known/nodeinfo")
        assert [link["rel"].rpartition("/")[2] for link in links["links"]] == ["2.1", "2.0", "activitystreams#Application"]
        for link in links["links"][:2]:
            status, _, found = await ask(here, link["href"].removeprefix(here.root))
            assert (status, found["software"]["name"], found["protocols"]) == (200, "bookmobile", ["activitypub"])


async def test_an_actor_is_json_for_servers_and_a_page_for_people(tmp_path: Path) -> None:
    async with town(tmp_path) as here:
        status, kind, wire = await ask(here, "/ap/actors/library", "application/activity+json")
        assert (status, kind, wire["type"]) == (200, "application/activity+json", "Organization")
        assert wire["@context"][0] == "https://www.w3.org/ns/activitystreams"
        assert wire["inbox"] != here.library.uris.shared_inbox == wire["endpoints"]["sharedInbox"]
        status, kind, _ = await ask(here, "/ap/actors/library", "text/html")
        assert (status, kind) == (200, "text/html")  # sent on to the profile


async def test_a_reader_is_not_discoverable_until_they_say_so(tmp_path: Path) -> None:
    async with town(tmp_path) as here:
        await here.person("ada")
        _, _, wire = await ask(here, "/ap/actors/ada", "application/activity+json")
        assert (wire["type"], wire["discoverable"], wire["indexable"]) == ("Person", False, False)
        _, _, followers = await ask(here, "/ap/actors/ada/followers", "application/activity+json")
        assert "items" not in followers and "first" not in followers
