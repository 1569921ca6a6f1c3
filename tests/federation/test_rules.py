"""The rules that others learned the hard way, each with the attack that taught it (interop 7): 1 to 12."""

import json
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from community.people.actors import Actor
from community.posts.post import Post, Reaction
from community.settings import Settings
from federation import resolving, threads
from federation.remote import Refused, Remote, Unreachable
from federation.tables import InboxMessage
from tests.federation.attacks import count, knock, look, signed, strange_posts, tell
from tests.federation.forgeries import FORGERIES
from tests.federation.listener import listening
from tests.federation.shelf import come
from tests.federation.test_places_we_never_go import ADA, DISGUISES, HOSTS, OTHER_PORTS, OTHER_SCHEMES
from tests.remote_server import RemoteServer, remote_server, stamp
from tests.server.client import browser
from tests.world import Town, town


async def answer_to_us(here: Town, there: RemoteServer, name: str, words: str = "<p>Mine</p>", **more: Any) -> dict[str, Any]:
    """A note about a title of ours, which the library has taken in."""
    note = there.note(name, words, inReplyTo=here.library.uris.discussion(1), **more)
    assert await tell(here, there, there.activity("Create", name, note)) == "kept as comment"
    return note


async def test_rule_01_a_document_speaks_only_from_its_own_address_and_host(tmp_path: Path) -> None:
    async with town(tmp_path) as here, remote_server() as harbour, remote_server() as evil:
        await here.book()
        victim = harbour.note("ada", "<p>True</p>", inReplyTo=here.library.uris.discussion(1))
        good = evil.note("mallory", "<p>False</p>", inReplyTo=here.library.uris.discussion(1))
        create = evil.activity("Create", "mallory", good)

        assert await tell(here, evil, create | {"id": f"{harbour.root}/creates/1"}) == "401"
        assert await tell(here, evil, create | {"object": good | {"id": victim["id"]}}) == "401"
        assert await tell(here, evil, create | {"object": good | {"attributedTo": victim["attributedTo"]}}) == "401"
        assert await tell(here, evil, create | {"actor": harbour.actor("ada")}, name="mallory") == "401"
        evil.documents["/planted"] = victim | {"content": "<p>False</p>"}
        assert await tell(here, evil, create | {"object": f"{evil.root}/planted"}) == "left: its object could not be read"
        evil.documents["/planted"] = good | {"id": f"{evil.root}/elsewhere"}
        assert await tell(here, evil, create | {"id": f"{create['id']}2", "object": f"{evil.root}/planted"}) == (
            "left: its object could not be read"
        )
        assert await strange_posts(here) == {}


async def test_rule_02_an_uploaded_file_is_no_document_and_ours_are_served_as_what_they_are(tmp_path: Path) -> None:
    async with town(tmp_path) as here, remote_server() as harbour:
        await here.book()
        harbour.actor("mallory")
        planted = json.dumps(harbour.actors["mallory"]).encode()
        for kind in ("application/json", "text/plain", "text/html", "image/png", "application/octet-stream"):
            name = f"mallory{kind.replace('/', '')}"
            uri = harbour.actor(name)
            harbour.files[f"/users/{name}"] = (planted.replace(b"/users/mallory", f"/users/{name}".encode()), kind)
            assert await harbour.says(here, harbour.activity("Like", name, here.library.uris.discussion(1))) in {401, 503}, kind
            assert await here.actor(uri) is None

        for path in ("/covers/1.png", "/covers/1.svg", "/media/none.webp"):
            _, _, headers = await look(here.root + path)
            assert headers["X-Content-Type-Options"] == "nosniff"
            assert "html" not in headers["Content-Type"] and "activity" not in headers["Content-Type"]


async def test_rule_03_only_its_author_changes_deletes_or_takes_back_something(tmp_path: Path) -> None:
    async with town(tmp_path) as here, remote_server() as harbour:
        await here.book()
        note = await answer_to_us(here, harbour, "ada")
        like = harbour.activity("Like", "ada", here.library.uris.discussion(1))
        await tell(here, harbour, like)

        for forged in (
            harbour.activity("Update", "mallory", note | {"content": "<p>Bent</p>", "updated": stamp()}),
            harbour.activity("Update", "mallory", note | {"content": "<p>Bent</p>", "attributedTo": harbour.actor("mallory")}),
            harbour.activity("Update", "mallory", note | {"to": [], "updated": stamp()}),
            harbour.activity("Delete", "mallory", note["id"]),
            harbour.activity("Delete", "mallory", {"id": note["id"], "type": "Tombstone"}),
            harbour.activity("Delete", "mallory", harbour.actor("ada")),
            harbour.activity("Undo", "mallory", like),
            harbour.activity("Undo", "mallory", like["id"]),
            harbour.activity("Update", "mallory", harbour.actors["ada"] | {"name": "Bent"}),
        ):
            assert (await tell(here, harbour, forged)).startswith("left: ")

        assert await strange_posts(here) == {note["id"]: "<p>Mine</p>"}
        assert await count(here, Reaction) == 1
        ada = await here.actor(harbour.actor("ada"))
        assert ada is not None and (ada.name, ada.state) == ("Ada", "active")


@pytest.mark.parametrize("trick", ["@graph", "@included", "@reverse"])
async def test_rule_04_a_linked_data_signature_vouches_for_nothing(tmp_path: Path, trick: str) -> None:
    async with town(tmp_path) as here, remote_server() as harbour, remote_server() as relay:
        await here.book()
        note = harbour.note("ada", "<p>Relayed</p>", inReplyTo=here.library.uris.discussion(1))
        create = harbour.activity("Create", "ada", note)
        create["signature"] = {"type": "RsaSignature2017", "creator": f"{harbour.actor('ada')}#main-key", "signatureValue": "YQ=="}

        assert await tell(here, relay, create, name="relay") == "401"
        assert await tell(here, harbour, create | {trick: [note]}) == "400"
        assert await strange_posts(here) == {}


async def test_rule_05_a_key_counts_only_for_the_actor_who_lists_it(tmp_path: Path) -> None:
    async with town(tmp_path) as here, remote_server() as harbour, remote_server() as evil:
        await here.book()
        ada, mallory = harbour.actor("ada"), evil.actor("mallory")
        forged = harbour.activity("Like", "ada", here.library.uris.discussion(1))

        evil.actors["mallory"]["publicKey"]["owner"] = ada  # "this key is hers"
        assert await tell(here, evil, forged, name="mallory") == "401"
        evil.documents["/key"] = {"id": f"{evil.root}/key", "type": "Key", "owner": ada, "publicKeyPem": evil.public}
        body = json.dumps(forged).encode()
        assert await knock(here, body, signed(here, evil, body, "mallory", f"{evil.root}/key")) == 401
        evil.documents["/key2"] = {"id": f"{evil.root}/key2", "type": "Key", "owner": mallory, "publicKeyPem": evil.public}
        own = json.dumps(forged | {"actor": mallory, "id": f"{mallory}#1"}).encode()
        assert await knock(here, own, signed(here, evil, own, "mallory", f"{evil.root}/key2")) == 401  # she does not list it

        assert await count(here, InboxMessage) == 0  # nothing was looked into before


@pytest.mark.parametrize("number", range(4))
async def test_rule_06_no_request_gets_in_with_less_than_everything_signed(tmp_path: Path, number: int) -> None:
    for _what, letter, name in FORGERIES[number::4]:
        with pytest.raises(name):
            await come(letter())
    if number:
        return
    async with town(tmp_path) as here, remote_server() as harbour:
        body = json.dumps(harbour.activity("Like", "cleo", here.library.uris.library)).encode()
        good = signed(here, harbour, body, "cleo")
        assert await knock(here, body.replace(b"Like", b"Flag"), good) == 401
        assert await knock(here, body, {name: value for name, value in good.items() if name != "Digest"}) == 401
        assert await knock(here, body, good | {"Signature": good["Signature"].replace(" digest", "")}) == 401
        assert await knock(here, body, good) == 202


async def test_rule_07_no_address_leads_us_inside(tmp_path: Path) -> None:
    remote = Remote(Settings(domain="library.example"))
    try:
        for url in [*(f"https://{host}/" for host in HOSTS), *DISGUISES, *OTHER_SCHEMES, *OTHER_PORTS]:
            for question in (remote.get_document(url, sign_as=ADA), remote.get_json(url), remote.get_picture(url, 1000)):
                with pytest.raises((Refused, Unreachable)):
                    await question
            assert not (await remote.post(url, b"{}", sign_as=ADA)).ok
    finally:
        await remote.close()


async def test_rule_08_slow_endless_and_circling_servers_are_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("federation.remote.TOTAL_SECONDS", 0.3)
    remote = Remote(Settings(domain="library.example", allow_private_network=True))

    async def endless(writer: Any) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/activity+json\r\n\r\n")
        while not writer.is_closing():
            writer.write(b" " * 65536)
            await writer.drain()

    async with listening() as harbour:
        harbour.redirects("/loop", f"{harbour.root}/loop")
        harbour.replies["/endless"] = endless
        harbour.says("/large", b'{"x":"' + b"x" * 1_000_001 + b'"}')
        try:
            for path in ("/loop", "/endless", "/large"):
                with pytest.raises((Refused, Unreachable)):
                    await remote.get_document(harbour.root + path, sign_as=ADA)
        finally:
            await remote.close()
        assert harbour.connections < 10 and len(harbour.asked) < 10


async def test_rule_09_what_is_sent_has_bounds_in_every_direction(tmp_path: Path) -> None:
    async with town(tmp_path) as here, remote_server() as harbour:
        await here.book()
        like = harbour.activity("Like", "cleo", here.library.uris.discussion(1))
        plain = json.dumps(like)[:-1]
        for tail in (
            ',"x":' + "[" * 40 + "]" * 40 + "}",
            ',"x":[' + "0," * 1001 + "0]}",
            ",".join(f',"k{n}":0'[bool(n) :] for n in range(1001)) + "}",
            ',"type":"Flag"}',
            ',"x":NaN}',
            ',"x":1e999}',
            ',"x":-Infinity}',
            ',"x":9223372036854775808}',
            ',"x":"\\u0000"}',
        ):
            assert await harbour.sends(here.library.uris.shared_inbox, (plain + tail).encode(), "cleo") == 400, tail[:40]
        big = (plain + ',"x":"' + "x" * 1_100_000 + '"}').encode()
        assert await knock(here, big, signed(here, harbour, big, "cleo")) == 413

        long = "x" * 50_000
        harbour.actor("dora", summary=long, alsoKnownAs=[f"https://x.example/{n}" for n in range(900)])
        harbour.actors["dora"]["name"] = long
        note = harbour.note("dora", long, summary=long, inReplyTo=here.library.uris.discussion(1))
        await tell(here, harbour, harbour.activity("Create", "dora", note))
        dora = await here.actor(harbour.actor("dora"))
        assert dora is not None and (len(dora.name), len(dora.also_known_as)) == (300, 20) and len(dora.summary) <= 20_000
        async with here.database.snapshot() as session:
            kept = (await session.scalars(select(Post).where(Post.uri == note["id"]))).one()
        assert len(kept.warning or "") <= 500 and len(kept.html) <= 100_000


async def test_rule_10_a_conversation_without_end_is_left_at_its_limits(tmp_path: Path) -> None:
    async with town(tmp_path) as here, remote_server() as harbour:
        above = "https://x.example/none"
        for _ in range(threads.HIGHEST + 20):
            above = harbour.note("cleo", "<p>And then?</p>", inReplyTo=above)["id"]
        pages = f"{harbour.root}/replies"
        harbour.documents["/replies"] = {"id": pages, "type": "OrderedCollection", "first": f"{pages}/0"}
        for n in range(40):
            page = {"id": f"{pages}/{n}", "type": "OrderedCollectionPage", "items": [], "next": f"{pages}/{(n + 1) % 40}"}
            harbour.documents[f"/replies/{n}"] = page
        tag = [{"type": "Mention", "href": here.library.uris.library, "name": "@library"}]
        last = harbour.note("dora", "<p>@library</p>", inReplyTo=above, tag=tag, replies=pages)

        await tell(here, harbour, harbour.activity("Create", "dora", last))

        asked = [path for path in harbour.asked if "/statuses/" in path or "/replies" in path]
        assert len(asked) <= threads.HIGHEST + 10


async def test_rule_11_a_handle_is_shown_only_as_its_own_server_gives_it(tmp_path: Path) -> None:
    async with town(tmp_path) as here, remote_server() as harbour, remote_server() as evil:
        host = evil.root.removeprefix("http://")
        for name, target in (("cleo", harbour.actor("cleo")), ("dora", harbour.actor("dora", preferredUsername="pope"))):
            link = {"rel": "self", "type": "application/activity+json", "href": target}
            evil.documents["/.well-known/webfinger"] = {"subject": f"acct:{name}@{host}", "links": [link]}
            found = await resolving.find_handle(here.hub, f"@{name}@{host}")
            assert found.handle.endswith(f"@{harbour.root.removeprefix('http://')}")  # not the server that says it is theirs

        await here.book()
        for number, spoof in enumerate(
            ("pope@vatican.example", "pope@", "a b", "a/b", "pope\u202e", "<b>pope</b>", "", "pope\n", "\u200bpope")
        ):
            name = f"mallory{number}"
            evil.actor(name, preferredUsername=spoof)
            await tell(here, evil, evil.activity("Like", name, here.library.uris.discussion(1)))
            assert await here.actor(evil.actor(name)) is None, spoof
        assert await count(here, Actor, Actor.domain == host) == 0


async def test_rule_12_nothing_that_a_stranger_writes_runs_on_our_pages(tmp_path: Path) -> None:
    async with town(tmp_path) as here, remote_server() as harbour, browser(here) as ada:
        await here.book()
        evil = (
            '<p onclick="x()">Hi</p><script>alert(1)</script><svg onload=alert(1)><img src=x onerror=alert(1)><iframe srcdoc="x"></iframe>'
            '<a href="javascript:alert(1)">a</a><a href="data:text/html,x">b</a><a href="JaVa&#09;script:alert(1)">c</a>'
            '<style>*{}</style><form action="//evil"></form><math><mi xlink:href="javascript:x">d</mi></math><base href="//evil">'
        )
        harbour.actor("cleo")
        harbour.actors["cleo"] |= {"name": "<script>alert(2)</script>Cleo", "url": "javascript:alert(3)", "summary": evil}
        work = here.library.uris.work(1)
        note = harbour.note("cleo", evil, type="Review", inReplyToBook=work, rating=4, url="javascript:x")
        note["name"] = '"><img src=x onerror=alert(4)>'

        assert await tell(here, harbour, harbour.activity("Create", "cleo", note)) == "kept as review"

        page = await ada.get("/catalog/works/1", {"Accept": "text/html"})
        assert page.status == 200 and "Hi" in page.text
        lower = page.text.lower()
        for mark in (
            "<script>alert",
            "javascript:",
            "onclick=",
            "<svg onload",
            "<iframe",
            "<img src=x",
            "data:text/html",
            "<base",
            "<style>*",
            "//evil",
        ):
            assert mark not in lower, mark
        policy = page.headers["Content-Security-Policy"]
        assert "unsafe-inline" not in policy and "default-src" in policy and "script-src *" not in policy
