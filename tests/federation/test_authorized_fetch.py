"""Documents for those who may see them: signed or not, welcome or not (authorized fetch)."""

from pathlib import Path
from typing import Any

import aiohttp
import pytest

from community.clock import now
from community.people.actors import Actor, ActorState
from community.people.blocks import Block
from community.posts import post as posts
from federation import keys
from federation.cavage import sign
from moderation import domains
from tests.remote_server import RemoteServer, remote_server
from tests.stories.test_a_review_travels import write_review
from tests.world import Town, town

JSON = "application/activity+json"


async def get(address: str, harbour: RemoteServer | None = None, name: str = "cleo", **more: str) -> tuple[int, Any]:
    """Ask for a document, signed by somebody at harbour or by nobody."""
    headers = {"Accept": JSON}
    if harbour is not None:
        uri = harbour.actor(name)
        headers |= sign("GET", address, b"", f"{uri}#main-key", keys.private_key(harbour.private), now())
    async with aiohttp.ClientSession() as session, session.get(address, headers=headers | more, allow_redirects=False) as answer:
        return answer.status, answer.headers


async def review(here: Town) -> str:
    await here.person("ada")
    return await write_review(here, "ada", (await here.book()).id, "Convinced.")


async def addresses(here: Town) -> list[str]:
    post = await review(here)
    ada = here.library.uris.actor("ada")
    return [post, f"{post}/replies", f"{post}/likes", ada, f"{ada}/outbox", f"{ada}/followers"]


async def met(here: Town, harbour: RemoteServer, name: str = "cleo") -> Actor:
    await harbour.says(here, harbour.activity("Like", name, here.library.uris.discussion(1)))
    await here.settle()
    known = await here.actor(harbour.actor(name))
    assert known is not None
    return known


async def test_everything_public_is_open_to_everybody_by_default(tmp_path: Path) -> None:
    async with town(tmp_path) as here, remote_server() as harbour:
        for address in await addresses(here):
            status, headers = await get(address)
            assert status == 200 and "Signature" in headers["Vary"] and headers["Cache-Control"].startswith("public")
            status, headers = await get(address, harbour)
            assert status == 200 and headers["Cache-Control"].startswith("private")


async def test_where_signatures_are_asked_for_nobody_sees_anything_without_one(tmp_path: Path) -> None:
    async with town(tmp_path, authorized_fetch=True) as here, remote_server() as harbour:
        for address in await addresses(here):
            assert (await get(address))[0] == 401
            assert (await get(address, Signature='keyId="x",signature="x"'))[0] == 401
            assert (await get(address, Accept=f"{JSON}, text/html"))[0] in {303, 401}  # a browser is led on, and reads no document
            assert (await get(address, harbour))[0] == 200
        status, headers = await get(f"{here.root}/@ada")
        assert (status, headers["Location"]) == (303, here.library.uris.actor("ada"))


async def test_the_server_itself_and_the_catalogue_are_always_open(tmp_path: Path) -> None:
    async with town(tmp_path, authorized_fetch=True) as here:
        await here.book()
        domain = here.library.settings.domain
        for path in (
            "/actor",
            "/catalog/works/1",
            "/catalog/editions/1",
            "/nodeinfo/2.1",
            f"/.well-known/webfinger?resource=acct:library@{domain}",
        ):
            assert (await get(here.root + path))[0] == 200
        status, headers = await get(here.library.uris.library, Accept="text/html")
        assert (status, headers["Location"]) == (303, f"{here.root}/@library")


@pytest.mark.parametrize("why", ["blocked", "suspended", "refused"])
async def test_whoever_is_not_welcome_finds_what_nobody_finds(tmp_path: Path, why: str) -> None:
    async with town(tmp_path) as here, remote_server() as harbour:
        listed = await addresses(here)
        cleo = await met(here, harbour)
        ada = await here.actor(here.library.uris.actor("ada"))
        assert ada is not None
        async with here.database.transaction() as session:
            match why:
                case "blocked":
                    session.add(Block(blocker_id=ada.id, blocked_id=cleo.id, uri="https://x.example/1"))
                case "suspended":
                    (await session.get_one(Actor, cleo.id)).state = ActorState.suspended
                case _:
                    host = harbour.root.removeprefix("http://")
                    await domains.refuse(session, host, "spam", who="ben", own_domain=here.library.settings.domain)

        missing = await get(here.library.uris.note("nothing"), harbour)
        for address in listed:
            status, headers = await get(address, harbour)
            assert (status, headers["Cache-Control"]) == (missing[0], missing[1]["Cache-Control"]) == (404, "no-store")
        if why == "blocked":
            assert (await get(here.library.uris.library, harbour))[0] == 200  # Ada blocks; the library does not


async def test_two_closed_libraries_read_each_other(tmp_path: Path) -> None:
    async with town(tmp_path / "a", authorized_fetch=True) as nantucket, town(tmp_path / "b", authorized_fetch=True) as harbour:
        await nantucket.person("ada")
        await harbour.book()
        book = await nantucket.book()
        await harbour.follow(nantucket)
        for _ in range(4):
            await harbour.settle()
            await nantucket.settle()
        uri = await write_review(nantucket, "ada", book.id, "Convinced.")
        for _ in range(4):
            await nantucket.settle()
            await harbour.settle()

        async with harbour.database.snapshot() as session:
            assert await posts.by_uri(session, uri) is not None
