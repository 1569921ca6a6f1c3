"""Fedify, a program that we did not write, reads our signatures and we read its."""

import asyncio
import shutil
import socket
from collections.abc import AsyncIterator
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

pytestmark = [pytest.mark.peer, pytest.mark.processes]

FEDIFY = Path(__file__).parent / "fedify"
FIRST_KNOCKS = {"cavage": "draft-cavage-http-signatures-12", "rfc9421": "rfc9421"}
CONTEXT = ["https://www.w3.org/ns/activitystreams", "https://w3id.org/security/v1"]
PATIENCE = 10.0


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
        pytest.skip("Fedify is not installed: run `npm install` in tests/peers/fedify.")
    brought = next(FEDIFY.glob("node_modules/node-linux-*/bin/node"), None)
    own = shutil.which("node")
    if brought is None and own is None:
        pytest.skip("There is no Node on this machine.")
    return brought or Path(cast(str, own))


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
