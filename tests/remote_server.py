"""harbour.example: a small real server with keys, that signs what it says and remembers what it was told."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import aiohttp
from aiohttp import web

from community import uris
from community.uris import PUBLIC
from federation import keys
from federation.cavage import sign
from tests.world import Town

Wire = dict[str, Any]
AS = "https://www.w3.org/ns/activitystreams"


@dataclass
class RemoteServer:
    """Another server: actors by name, documents by path, and all that came to its inboxes."""

    root: str
    private: str
    public: str
    actors: dict[str, Wire] = field(default_factory=dict)
    documents: dict[str, Wire] = field(default_factory=dict)
    received: list[Wire] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    software: str = "harbour"
    files: dict[str, tuple[bytes, str]] = field(default_factory=dict)  # by path: what they hold, and what kind they are
    doubts: set[str] = field(default_factory=set)  # actors whose signatures it does not believe

    def actor(self, name: str, **more: Any) -> str:
        """The address of an actor here, made on first use."""
        uri = f"{self.root}/users/{name}"
        if name not in self.actors:
            self.actors[name] = {
                "@context": [AS, "https://w3id.org/security/v1"],
                "id": uri,
                "type": "Person",
                "preferredUsername": name,
                "name": name.capitalize(),
                "inbox": f"{uri}/inbox",
                "outbox": f"{uri}/outbox",
                "followers": f"{uri}/followers",
                "endpoints": {"sharedInbox": f"{self.root}/inbox"},
                "publicKey": {"id": f"{uri}#main-key", "owner": uri, "publicKeyPem": self.public},
                **more,
            }
        return uri

    def note(self, name: str, content: str, **more: Any) -> Wire:
        """A public Note by this actor, which can be fetched here."""
        author = self.actor(name)
        uri = f"{author}/statuses/{uris.token(10)}"
        wire: Wire = {
            "@context": AS,
            "id": uri,
            "type": "Note",
            "attributedTo": author,
            "content": content,
            "published": stamp(),
            "to": [PUBLIC],
            "cc": [f"{author}/followers"],
            **more,
        }
        self.documents[uri.removeprefix(self.root)] = wire
        return wire

    def activity(self, verb: str, name: str, target: Any, **more: Any) -> Wire:
        """An activity of this actor, with an id of its own."""
        author = self.actor(name)
        return {"@context": AS, "id": f"{author}#{verb.lower()}s/{uris.token(10)}", "type": verb, "actor": author, "object": target, **more}

    async def says(self, town: Town, wire: Wire, *, name: str | None = None, inbox: str = "") -> int:
        """Post an activity to a library, signed by its actor; the status that came back."""
        return await self.sends(
            inbox or town.library.uris.shared_inbox, json.dumps(wire).encode(), name or wire["actor"].rpartition("/")[2]
        )

    async def sends(self, inbox: str, body: bytes, name: str) -> int:
        """Post these bytes, signed by this actor."""
        uri = self.actor(name)
        headers = sign("POST", inbox, body, f"{uri}#main-key", keys.private_key(self.private), datetime.now(UTC))
        async with aiohttp.ClientSession() as session, session.post(inbox, data=body, headers=headers) as answer:
            return answer.status

    async def _receive(self, request: web.Request) -> web.Response:
        wire = json.loads(await request.read())
        if wire["actor"] in self.doubts:
            return web.Response(status=401)
        self.received.append(wire)
        return web.Response(status=202)

    async def _show(self, request: web.Request) -> web.Response:
        path = request.path
        self.asked.append(path)
        if path == "/.well-known/nodeinfo":
            return web.json_response(
                {"links": [{"rel": "http://nodeinfo.diaspora.software/ns/schema/2.0", "href": f"{self.root}/nodeinfo"}]}
            )
        if path == "/nodeinfo":
            return web.json_response({"version": "2.0", "software": {"name": self.software, "version": "1"}})
        if path in self.files:
            body, kind = self.files[path]
            return web.Response(body=body, content_type=kind)
        name = path.rpartition("/")[2]
        found = self.actors.get(name) if path == f"/users/{name}" else self.documents.get(path)
        if found is None:
            return web.Response(status=404)
        kind = "application/jrd+json" if path == "/.well-known/webfinger" else "application/activity+json"
        return web.Response(text=json.dumps(found), content_type=kind)


def stamp() -> str:
    """Now, as others write it."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


@asynccontextmanager
async def remote_server() -> AsyncIterator[RemoteServer]:
    """A server that runs while the block does."""
    private, public = keys.new_pair()
    app = web.Application(client_max_size=2_000_000)
    runner = web.AppRunner(app)
    harbour = RemoteServer("", private, public)
    app.router.add_post("/{tail:.*}", harbour._receive)
    app.router.add_get("/{tail:.*}", harbour._show)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = runner.addresses[0][1]
    harbour.root = f"http://127.0.0.1:{port}"
    try:
        yield harbour
    finally:
        await runner.cleanup()
