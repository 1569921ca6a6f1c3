"""Fedify, a program that we did not write: it reads our signatures and we read its, and its reader uses a whole library of ours."""

import asyncio
import os
import shutil
import socket
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, cast

import aiohttp
import msgspec
import pytest
from aiohttp import web

from community.errors import Refusal
from community.settings import Settings
from federation import keys, signatures
from federation.publickeys import Key
from federation.received import Received
from federation.remote import Remote
from federation.signers import Signer
from federation.wire import Wire, read_json
from tests.processes import Process
from tests.visitor import Visitor, visitor

pytestmark = [pytest.mark.peer, pytest.mark.processes]

FEDIFY = Path(__file__).parent / "fedify"
FIRST_KNOCKS = {"cavage": "draft-cavage-http-signatures-12", "rfc9421": "rfc9421"}
CONTEXT = ["https://www.w3.org/ns/activitystreams", "https://w3id.org/security/v1"]
PATIENCE = 30.0


class Fedify:
    """Cleo's server, and the calls by which we tell her what to do."""

    def __init__(self, root: str, http: aiohttp.ClientSession) -> None:
        self.cleo = f"{root}/users/cleo"
        self.inbox = f"{self.cleo}/inbox"
        self._control = f"{root}/control"
        self._http = http

    async def told(self, verb: str, **what: str) -> dict[str, Any]:
        async with self._http.post(f"{self._control}/{verb}", json=what) as answer:
            said = cast(dict[str, Any], await answer.json())
        assert "problem" not in said, said["problem"]
        return said

    async def heard(self) -> dict[str, list[Any]]:
        async with self._http.get(f"{self._control}/heard") as answer:
            return cast(dict[str, list[Any]], await answer.json())

    async def received(self, kind: str) -> list[Wire]:
        """What came that was verified, of one type."""
        return [wire for wire in (await self.heard())["received"] if wire["type"] == kind]


class Door:
    """Ada's address on a real socket: her document, and an inbox that lets in what is signed."""

    def __init__(self, root: str) -> None:
        self.ada = f"{root}/ada"
        private, self._public = keys.new_pair()
        self.signer = Signer(f"{self.ada}#main-key", keys.private_key(private))
        self.remote = Remote(Settings(domain=root.partition("://")[2], base_url=root, allow_private_network=True), self.signer)
        self.heard: asyncio.Queue[tuple[str, bool, Wire]] = asyncio.Queue()
        self.turned_away: list[Refusal] = []
        self._root = root

    async def document(self, request: web.Request) -> web.Response:
        key = {"id": self.signer.key_id, "owner": self.ada, "publicKeyPem": self._public}
        actor = {"@context": CONTEXT, "id": self.ada, "type": "Person", "preferredUsername": "ada", "inbox": f"{self.ada}/inbox"}
        return web.Response(body=msgspec.json.encode(actor | {"publicKey": key}), content_type="application/activity+json")

    async def inbox(self, request: web.Request) -> web.Response:
        headers = [(name.lower(), value) for name, value in request.raw_headers]
        received = Received("POST", request.raw_path, request.headers["Host"], headers, await request.read())
        try:
            signed_by = await signatures.verify(received, self, self._root)
        except Refusal as refusal:
            self.turned_away.append(refusal)
            return web.Response(status=401)
        self.heard.put_nowait((signed_by.owner, b"signature-input" in received.fields, read_json(received.body)))
        return web.Response(status=202)

    async def find(self, key_id: str) -> Key | None:
        return None

    async def fetch(self, key_id: str) -> Key:
        owner = (await self.remote.get_document(key_id.partition("#")[0])).json
        return Key.read(key_id, owner["id"], owner["publicKey"]["publicKeyPem"])

    async def next(self) -> tuple[str, bool, Wire]:
        return await asyncio.wait_for(self.heard.get(), PATIENCE)

    async def send(self, inbox: str, scheme: str, **activity: object) -> int:
        wire = {"@context": CONTEXT[0], "actor": self.ada} | activity
        return (await self.remote.post(inbox, msgspec.json.encode(wire), sign_as=self.signer, scheme=scheme)).status


@pytest.fixture(scope="module")
def node() -> Path:
    """A Node that is new enough for Fedify, with Fedify beside it."""
    if not (FEDIFY / "node_modules" / "@fedify" / "fedify").is_dir():
        missing("Fedify is not installed: run `npm install` in tests/peers/fedify.")
    brought = next(FEDIFY.glob("node_modules/node-linux-*/bin/node"), None)
    own = shutil.which("node")
    if brought is None and own is None:
        missing("There is no Node on this machine.")
    return brought or Path(cast(str, own))


def missing(what: str) -> None:
    """Without npm one can do without Fedify at one's desk; where all is checked, one cannot."""
    (pytest.fail if os.environ.get("CI") else pytest.skip)(what)


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Process]:
    """A library that runs by itself, with one title on its shelves."""
    place = Process(tmp_path_factory.mktemp("library"), free_port())
    place.command("migrate")
    (place.folder / "books.csv").write_text("title,creators,isbn\nMoby-Dick,Herman Melville,9780142437247\n")
    place.command("import", "books.csv")
    place.start()
    yield place
    place.stop()


def invite(library: Process, username: str, role: str) -> str:
    """A new account; the link with which its owner signs in."""
    return library.command("user", "create", username, "--email", f"{username}@mail.example", "--role", role).split()[-1]


async def soon(question: Callable[[], Awaitable[bool]]) -> float:
    """Return when it is so, with the seconds that took; raises when it does not come to be."""
    began = time.monotonic()
    while not await question():
        assert time.monotonic() - began < PATIENCE, "it never came to be"
        await asyncio.sleep(0.1)
    return time.monotonic() - began


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return cast(int, probe.getsockname()[1])


@asynccontextmanager
async def fedify(node: Path, first_knock: str) -> AsyncIterator[Fedify]:
    """Cleo's server, running for as long as we need it."""
    port = free_port()
    process = await asyncio.create_subprocess_exec(
        node, FEDIFY / "app.mjs", str(port), FIRST_KNOCKS[first_knock], stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    try:
        assert b"ready" in await asyncio.wait_for(process.stdout.readline(), 60)
        async with aiohttp.ClientSession() as http:
            yield Fedify(f"http://127.0.0.1:{port}", http)
    finally:
        process.terminate()
        await process.communicate()


@asynccontextmanager
async def door() -> AsyncIterator[Door]:
    """Ada's address, open for as long as we need it."""
    port = free_port()
    opened = Door(f"http://127.0.0.1:{port}")
    app = web.Application()
    app.add_routes([web.get("/ada", opened.document), web.post("/ada/inbox", opened.inbox)])
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    try:
        yield opened
    finally:
        await opened.remote.close()
        await runner.cleanup()


@pytest.mark.parametrize("theirs", FIRST_KNOCKS)
@pytest.mark.parametrize("ours", FIRST_KNOCKS)
async def test_cleo_accepts_what_ada_asks_and_each_knows_who_signed(node: Path, ours: str, theirs: str) -> None:
    async with fedify(node, theirs) as peer, door() as ada:
        status = await ada.send(peer.inbox, ours, type="Follow", id=f"{ada.ada}/follow", object=peer.cleo)
        signed_by, is_rfc9421, accept = await ada.next()

        assert status == 202
        assert (signed_by, accept["type"], accept["object"]["id"]) == (peer.cleo, "Accept", f"{ada.ada}/follow")
        assert is_rfc9421 == (theirs == "rfc9421")
        assert ada.turned_away == []
        assert (await peer.heard())["followers"] == [ada.ada]


async def test_cleo_turns_away_what_ada_did_not_sign(node: Path) -> None:
    async with fedify(node, "rfc9421") as peer, door() as ada, door() as mallory:
        mallory.signer = Signer(ada.signer.key_id, mallory.signer.key)

        status = await mallory.send(peer.inbox, "cavage", type="Like", id=f"{ada.ada}/like", object=peer.cleo, actor=ada.ada)
        heard = await peer.heard()

        assert status == 401
        assert heard["received"] == []
        assert [one["reason"] for one in heard["refused"]] == ["invalidSignature", "invalidSignature"]


async def test_cleo_follows_hears_news_and_rates_a_title_from_her_own_server(node: Path, library: Process) -> None:
    lena = invite(library, "lena", "librarian")
    host, discussion, title = f"{library.root}/ap/actors/library", f"{library.root}/ap/notes/work-1", "/catalog/works/1"
    async with fedify(node, "rfc9421") as peer, visitor(library.root, lena) as desk, visitor(library.root) as anyone:
        follow = await peer.told("follow", object=host)
        await soon(lambda: accepted(peer, follow["id"]))

        page = await desk.send("/announcements/new", title="Open at night", category="News", language="en", text="Bring a **lamp**.")
        await soon(lambda: came(peer, "Create", "Bring a <strong>lamp</strong>."))
        [create] = await peer.received("Create")
        assert create["object"]["url"] == library.root + page

        answer = await peer.told("reply", object=discussion, text="<p>★★★★ A fine opening.</p>")
        await soon(lambda: shows(anyone, title, "A fine opening."))
        await peer.told("edit", object=answer["object"], author=host, text="<p>★★ It drags on.</p>")
        await soon(lambda: shows(anyone, title, "It drags on."))
        assert not await shows(anyone, title, "A fine opening.")

        await peer.told("like", object=create["object"]["id"])
        await peer.told("boost", object=create["object"]["id"])
        await soon(lambda: shows(anyone, page, "1 like"))
        await soon(lambda: shows(anyone, page, "1 boost"))
        await peer.told("unlike", object=create["object"]["id"])
        await soon(lambda: lacks(anyone, page, "1 like"))

        await peer.told("delete", object=answer["object"], author=host)
        await soon(lambda: lacks(anyone, title, "It drags on."))
        assert (await peer.heard())["refused"] == []


async def test_cleo_reports_a_review_and_its_removal_reaches_her_server(node: Path, library: Process) -> None:
    ada, ben = invite(library, "ada", "reader"), invite(library, "ben", "moderator")
    title = "/catalog/works/1"
    async with fedify(node, "cavage") as peer, visitor(library.root, ada) as reader, visitor(library.root, ben) as moderator:
        follow = await peer.told("follow", object=f"{library.root}/ap/actors/library")
        await soon(lambda: accepted(peer, follow["id"]))
        await reader.send(f"{title}/review", rating="9", title="A whale", text="Ahab dies.", language="en", warning="")
        await soon(lambda: came(peer, "Announce", "/ap/notes/"))
        [boost] = await peer.received("Announce")
        review = boost["object"]
        assert "Ahab dies." in (await peer.told("look", object=review))["content"]

        await peer.told("flag", object=review, text="Gives away the end")
        await soon(lambda: shows(moderator, "/moderation", "Gives away the end"))
        case = "/moderation/cases/1"
        assert "Ahab dies." in await moderator.get(case)
        await moderator.send(f"{case}/decide", case, version="1", action="remove", rule="other", reason="It gives away the end.")

        await soon(lambda: came(peer, "Delete", review))
        [delete] = await peer.received("Delete")
        assert (delete["actor"], delete["object"]["type"]) == (f"{library.root}/ap/actors/ada", "Tombstone")
        await soon(lambda: lacks(reader, title, "Ahab dies."))
        async with aiohttp.request("GET", review, headers={"Accept": "application/activity+json"}) as answer:
            assert answer.status == 410


async def accepted(peer: Fedify, follow: str) -> bool:
    return [accept["object"]["id"] for accept in await peer.received("Accept")] == [follow]


async def came(peer: Fedify, kind: str, words: str) -> bool:
    return any(words in msgspec.json.encode(wire).decode() for wire in await peer.received(kind))


async def shows(visitor: Visitor, path: str, words: str) -> bool:
    return words in await visitor.get(path)


async def lacks(visitor: Visitor, path: str, words: str) -> bool:
    return not await shows(visitor, path, words)
