"""bovine as an independent peer: it signs and we verify, we sign and it verifies, over real sockets."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
from aiohttp import web
from bovine import BovineActor
from bovine.activitystreams import Actor as BovineProfile
from bovine.activitystreams import factories_for_actor_object
from bovine.crypto import build_validate_http_signature_raw, generate_rsa_public_private_key
from bovine.crypto.types import CryptographicIdentifier
from sqlalchemy import select

from community import text, uris
from community.people.follows import Follow, FollowState
from community.posts.kinds import Announcement
from community.posts.post import Post
from federation import outbox
from tests.world import Town, town


@dataclass
class Cow:
    """A bovine actor with an inbox that believes nothing but bovine's own verifier."""

    uri: str
    private: str
    public: str
    profile: dict[str, Any] = field(default_factory=dict)
    believed: list[dict[str, Any]] = field(default_factory=list)
    doubted: list[str] = field(default_factory=list)

    async def receive(self, request: web.Request) -> web.Response:
        body = await request.read()
        validate = build_validate_http_signature_raw(self._key)
        signer = await validate(request.method, str(request.url), request.headers, request.read)
        wire = json.loads(body)
        if signer is None or signer != wire["actor"]:
            self.doubted.append(f"{wire['type']} by {signer}")
            return web.Response(status=401)
        self.believed.append(wire)
        return web.Response(status=202)

    async def _key(self, key_id: str) -> CryptographicIdentifier:
        headers = {"Accept": "application/activity+json"}
        async with aiohttp.ClientSession() as session, session.get(key_id.partition("#")[0], headers=headers) as answer:
            document = json.loads(await answer.read())
        key = document["publicKey"]
        return CryptographicIdentifier.from_pem(key["publicKeyPem"], key["owner"])

    async def show(self, _request: web.Request) -> web.Response:
        return web.Response(text=json.dumps(self.profile), content_type="application/activity+json")


@asynccontextmanager
async def cow() -> AsyncIterator[Cow]:
    public, private = generate_rsa_public_private_key()
    moo = Cow("", private, public)
    app = web.Application()
    app.router.add_post("/moo/inbox", moo.receive)
    app.router.add_get("/moo", moo.show)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    moo.uri = f"http://127.0.0.1:{runner.addresses[0][1]}/moo"
    moo.profile = BovineProfile(
        id=moo.uri, preferred_username="moo", name="Moo", inbox=f"{moo.uri}/inbox", outbox=f"{moo.uri}/outbox",
        public_key=public, public_key_name="serverKey", followers=f"{moo.uri}/followers", following=f"{moo.uri}/following",
    ).build()  # fmt: skip
    try:
        yield moo
    finally:
        await runner.cleanup()


async def ours(here: Town, cowherd: BovineActor, moo: Cow) -> None:
    """bovine's client follows the library."""
    activities, _ = factories_for_actor_object(moo.profile)
    follow = activities.follow(here.library.uris.library).build()
    follow["id"] = f"{moo.uri}/activities/{uris.token()}"
    await cowherd.post(f"{here.library.uris.library}/inbox", follow)
    await here.settle()


async def test_bovine_follows_hears_an_announcement_and_answers_a_title(tmp_path: Path) -> None:
    async with town(tmp_path) as here, cow() as moo, aiohttp.ClientSession() as session:
        book = await here.book()
        cowherd = BovineActor(actor_id=moo.uri, public_key_url=moo.profile["publicKey"]["id"], secret=moo.private)
        await cowherd.init(session=session)

        await ours(here, cowherd, moo)
        assert [wire["type"] for wire in moo.believed] == ["Accept"]
        async with here.database.snapshot() as database:
            assert (await database.scalars(select(Follow.state))).all() == [FollowState.granted]

        token = uris.token()
        async with here.database.transaction() as database:
            host = await database.scalar(select(Follow.followed_id))
            assert host is not None
            said = Announcement(
                token=token, uri=here.library.uris.note(token), url=f"{here.root}/announcements/{token}", author_id=host,
                title="Open late on Thursdays", source="Until 22.", html=text.render("Until 22."), category="news", language="en",
            )  # fmt: skip
            database.add(said)
            await database.flush()
            await outbox.publish(database, here.library, said)
        await here.settle()
        assert [wire["type"] for wire in moo.believed] == ["Accept", "Create"]
        assert "Open late on Thursdays" in moo.believed[1]["object"]["content"]
        assert moo.doubted == []

        activities, objects = factories_for_actor_object(moo.profile)
        note = objects.note(content="<p>★★★★☆ More whales!</p>", in_reply_to=here.library.uris.discussion(book.id)).as_public().build()
        note["id"] = f"{moo.uri}/notes/{uris.token()}"
        create = activities.create(note).build()
        create["id"] = f"{note['id']}/create"
        await cowherd.post(f"{here.library.uris.library}/inbox", create)
        await here.settle()
        async with here.database.snapshot() as database:
            review = (await database.scalars(select(Post).where(Post.uri == note["id"]))).one()
        assert (review.kind, review.half_stars, review.about_id) == ("review", 8, book.id)


async def test_what_a_bovine_actor_signs_for_another_path_is_refused(tmp_path: Path) -> None:
    async with town(tmp_path) as here, cow() as moo, aiohttp.ClientSession() as session:
        cowherd = BovineActor(actor_id=moo.uri, public_key_url=moo.profile["publicKey"]["id"], secret=moo.private)
        await cowherd.init(session=session)
        activities, _ = factories_for_actor_object(moo.profile)
        follow = activities.follow(here.library.uris.library).build()
        follow["actor"] = f"{moo.uri}-somebody-else"

        try:
            answer = await cowherd.post(here.library.uris.shared_inbox, follow)
            status = answer.status
        except aiohttp.ClientResponseError as cause:
            status = cause.status
        assert status == 401
