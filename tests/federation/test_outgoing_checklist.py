"""Each clause of interop 8.2, walked over all that we send to servers of every dialect and all that we show."""

import asyncio
import contextlib
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from sqlalchemy import select

from community.clock import minutes
from community.people.accounts import Role
from community.people.actors import Actor
from community.posts.kinds import Announcement, Comment, Rating, Review, Thread
from community.posts.post import Post
from federation import outbox
from federation.vocabulary import ACTOR_TYPES, AS, POST_TYPES
from server.actions import gathering, publishing
from tests.federation.attacks import look
from tests.federation.test_joins import evening
from tests.remote_server import RemoteServer, Wire, remote_server
from tests.world import Town, town

SOFTWARE = ("mastodon", "bookwyrm", "neodb", "lemmy", "mobilizon", "gancio")
LISTS = ("to", "cc", "tag", "attachment")
STAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")

Found = list[tuple[str, Wire]]  # what was sent (by the software it went to) and what was shown (by its address)


class Everything:
    """All that one busy day of a library says, kept for all clauses."""

    root = ""
    media = ""
    sent: Found = []
    shown: Found = []


async def a_day(here: Town, servers: dict[str, RemoteServer]) -> None:
    """Everybody is followed by servers of every kind, and everything that can be said is said, changed and taken back."""
    book = await here.book()
    ada = await here.person("ada")
    karin = await here.person("karin", Role.librarian)
    await gathering.found(here.library, "northport", "Northport reads", "Books.", reading=None, hosts_only=False, host=karin.actor_id)
    named = here.library.uris
    for software, server in servers.items():
        server.software = software
        for target in (named.library, named.actor("ada"), named.actor("northport"), named.actor("work-1")):
            assert await server.says(here, server.activity("Follow", "cleo", target)) == 202
    await here.settle()

    async def says(post: Post, actor_id: int | None = None) -> Post:
        async with here.database.transaction() as session:
            if actor_id is None:
                await publishing.announce(session, here.library, post)
            else:
                await publishing.publish(session, here.library, await session.get_one(Actor, actor_id), post)
        await here.settle()
        return post

    words = {"source": "Newts.", "html": "<p>Newts.</p>", "language": "en"}
    note = servers["mastodon"].note("cleo", "<p>What do you think?</p>", inReplyTo=named.discussion(book.id))
    await servers["mastodon"].says(here, servers["mastodon"].activity("Create", "cleo", note))
    await here.settle()
    async with here.database.snapshot() as session:
        asked = (await session.scalars(select(Post).where(Post.uri == note["id"]))).one()
    review = await says(Review(about_id=book.id, title="Whale", half_stars=9, **words), ada.actor_id)
    await says(Rating(about_id=book.id, half_stars=7, html="", source="", language="en"), karin.actor_id)
    await says(Comment(about_id=book.id, reply_to_id=asked.id, reply_to_uri=asked.uri, **words), ada.actor_id)
    await says(Thread(club_id=1, title="September", **words), karin.actor_id)
    news = await says(Announcement(title="Closed on Monday", **words))
    event = await evening(here, capacity=5, place="Reading room")
    async with here.database.transaction() as session:
        actor = await session.get_one(Actor, ada.actor_id)
        fresh = await session.get_one(Post, review.id)
        fresh.published_at -= minutes(1)  # a moment goes by; stamps are of seconds
        await publishing.edit(session, here.library, actor, fresh, {"source": "Better.", "html": "<p>Better.</p>"})
    await servers["mobilizon"].says(here, servers["mobilizon"].activity("Join", "cleo", event.uri))
    quoting = servers["mastodon"].note("cleo", "<p>Look</p>")["id"]
    await servers["mastodon"].says(here, servers["mastodon"].activity("QuoteRequest", "cleo", review.uri, instrument=quoting))
    cleo = await here.actor(servers["mastodon"].actor("cleo"))
    assert cleo is not None
    async with here.database.transaction() as session:
        await outbox.flag(session, here.library, cleo, [note["id"]], "Spam")
    await here.settle()
    await show(here, [review.uri, news.uri, event.uri])
    async with here.database.transaction() as session:
        await publishing.take_back(session, here.library, await session.get_one(Post, review.id))
        await publishing.take_back(session, here.library, await session.get_one(Post, news.id))
    await here.settle()


async def show(here: Town, posts: list[str]) -> None:
    """Everything that can be looked up, and whatever the first pages of collections lead to."""
    named = here.library.uris
    people = [named.library, named.instance, *(named.actor(name) for name in ("ada", "northport", "work-1"))]
    addresses = [*people, *posts, named.discussion(1), named.context(1), named.work(1), named.edition(1), named.author(1)]
    addresses += [f"{uri}/{name}" for uri in people if uri != named.instance for name in ("outbox", "followers", "following", "featured")]
    addresses += [f"{posts[0]}/{name}" for name in ("replies", "likes", "shares")]
    for address in dict.fromkeys(addresses):
        status, body, _ = await look(address)
        assert status == 200, (address, status)
        wire = json.loads(body)
        Everything.shown.append((address, wire))
        first = wire.get("first")
        if isinstance(first, str):
            Everything.shown.append((first, json.loads((await look(first))[1])))


async def _collect(folder: Path) -> None:
    async with contextlib.AsyncExitStack() as stack:
        here = await stack.enter_async_context(town(folder))
        servers = {software: await stack.enter_async_context(remote_server()) for software in SOFTWARE}
        Everything.root, Everything.media = here.root, here.library.settings.media
        await a_day(here, servers)
        Everything.sent.extend((software, wire) for software, server in servers.items() for wire in server.received)


@pytest.fixture(scope="module")
def everything(tmp_path_factory: pytest.TempPathFactory) -> type[Everything]:
    if not Everything.sent:
        asyncio.run(_collect(tmp_path_factory.mktemp("a_day")))
    return Everything


def objects(found: Found) -> Iterator[tuple[str, Wire]]:
    """Every object in all of it."""

    def walk(where: str, value: Any) -> Iterator[tuple[str, Wire]]:
        if isinstance(value, dict):
            yield where, value
        for name, inner in value.items() if isinstance(value, dict) else enumerate(value):
            if name != "@context" and isinstance(inner, dict | list):
                yield from walk(f"{where}/{name}", inner)

    for where, wire in found:
        yield from walk(f"{where} {wire.get('type')}", wire)


def is_ours(wire: Wire) -> bool:
    return str(wire.get("id", "")).startswith(Everything.root)


def is_post(wire: Wire) -> bool:
    """One of ours, whole; the pieces in `relatedWith` follow NeoDB's own rules."""
    return wire.get("type") in {*POST_TYPES, "Event"} and is_ours(wire) and "attributedTo" in wire and "withRegardTo" not in wire


# What is wrong with an object; nothing when the clause does not speak of it.
CLAUSES: dict[str, Callable[[Wire], bool]] = {
    "type is one string": lambda wire: "type" in wire and not isinstance(wire["type"], str),
    "ids are lower-case, without query, of 255 characters at most": lambda wire: (
        is_ours(wire)
        and not str(wire.get("type")).endswith("Page")
        and (wire["id"] != wire["id"].lower() or "?" in wire["id"] or len(wire["id"]) > 255)
    ),
    "to, cc, tag and attachment are arrays": lambda wire: any(not isinstance(wire[name], list) for name in LISTS if name in wire),
    "every tag has an href": lambda wire: any(not {"type", "href", "name"} <= set(tag) for tag in wire.get("tag", [])),
    "every attachment has mediaType, url and name": lambda wire: any(
        not {"type", "mediaType", "name"} <= set(one) or not {"url", "href"} & set(one)
        for one in wire.get("attachment", [])
        if one.get("type") != "PropertyValue"
    ),
    "no null in a list property": lambda wire: any(
        wire[name] is None or None in wire[name] for name in LISTS if name in wire
    ),
    "updated only when edited, and then later": lambda wire: is_post(wire) and "updated" in wire and wire["updated"] <= wire["published"],
    "published is UTC with a Z": lambda wire: is_ours(wire) and "published" in wire and not STAMP.fullmatch(wire["published"]),
    "url is a string on the same host": lambda wire: (
        is_ours(wire)
        and "url" in wire
        and (not isinstance(wire["url"], str) or urlsplit(wire["url"]).netloc != urlsplit(Everything.root).netloc)
    ),
    # The typed renditions go to BookWyrm alone, which knows no quotations.
    "public posts say who may quote": lambda wire: (
        is_post(wire)
        and wire["type"] in {"Note", "Event"}
        and AS + "#Public" in [*wire.get("to", []), *wire.get("cc", [])]
        and "canQuote" not in wire.get("interactionPolicy", {})
    ),
    "a Note has no name except where a forum reads its title": lambda wire: (
        is_post(wire)
        and wire["type"] == "Note"
        and "name" in wire
        and "northport" not in json.dumps([wire.get("audience"), wire["to"], wire["cc"]])
    ),
    "a Delete says what it was": lambda wire: wire.get("type") == "Tombstone" and not wire.get("formerType"),
}  # fmt: skip


@pytest.mark.parametrize("clause", CLAUSES)
def test_everything_keeps_the_clause(everything: type[Everything], clause: str) -> None:
    wrong = [(where, wire) for where, wire in objects([*everything.sent, *everything.shown]) if CLAUSES[clause](wire)]

    assert wrong == []


def test_the_walk_meets_everything_that_there_is(everything: type[Everything]) -> None:
    sent = {wire["type"] for _, wire in everything.sent}
    kinds = {wire.get("type") for _, wire in objects([*everything.sent, *everything.shown])}

    assert {"Accept", "Announce", "Create", "Delete", "Flag", "Update"} <= sent
    assert {
        "Note",
        "Review",
        "Rating",
        "Event",
        "Tombstone",
        "Edition",
        "Work",
        "Author",
        "OrderedCollection",
        "OrderedCollectionPage",
    } <= kinds
    assert {"Application", "Group", "Organization", "Person", "Service"} <= kinds <= {None, *map(str, kinds)}


def test_every_document_begins_its_context_with_the_address_of_activitystreams(everything: type[Everything]) -> None:
    for where, wire in [*everything.sent, *everything.shown]:
        context = wire["@context"]
        assert (context[0] if isinstance(context, list) else context) == AS, where


def test_inboxes_and_outboxes_belong_to_one_actor_each(everything: type[Everything]) -> None:
    people = [wire for _, wire in everything.shown if wire.get("type") in ACTOR_TYPES]

    for name in ("inbox", "outbox"):
        assert len({wire[name] for wire in people}) == len(people) >= 5


def test_bookwyrm_gets_typed_reviews_and_others_get_notes_of_the_same_id(everything: type[Everything]) -> None:
    made = {
        software: {
            wire["object"]["id"]: wire["object"]["type"] for to, wire in everything.sent if to == software and wire["type"] == "Create"
        }
        for software in SOFTWARE
    }
    typed = {uri: kind for uri, kind in made["bookwyrm"].items() if kind in {"Review", "Rating"}}

    assert set(typed.values()) == {"Review"} or set(typed.values()) == {"Review", "Rating"}
    assert all(made["mastodon"].get(uri, "Note") == "Note" and made["neodb"].get(uri, "Note") == "Note" for uri in typed)
    assert set(typed) & set(made["mastodon"])
    assert "Event" not in made["bookwyrm"].values()


def test_a_group_announces_twice_in_the_way_that_each_reads(everything: type[Everything]) -> None:
    announced = {
        software: [wire["object"] for to, wire in everything.sent if to == software and wire["type"] == "Announce"] for software in SOFTWARE
    }

    assert any(isinstance(target, dict) and target["type"] == "Create" for target in announced["lemmy"])
    assert announced["mastodon"] and all(isinstance(target, str) for target in announced["mastodon"])


def test_a_report_names_the_account_first_and_comes_from_the_instance(everything: type[Everything]) -> None:
    (flag,) = [wire for _, wire in everything.sent if wire["type"] == "Flag"]

    assert flag["actor"] == f"{everything.root}/actor"
    assert "/users/" in flag["object"][0] and "/statuses/" in flag["object"][1] and len(flag["object"]) == 2


async def test_nodeinfo_links_its_schema_first_and_media_may_live_on_another_host(tmp_path: Path) -> None:
    async with town(tmp_path, media_url="https://media.example/m") as here:
        links = json.loads((await look(f"{here.root}/.well-known/nodeinfo"))[1])["links"]

        assert links[0]["rel"].startswith("http://nodeinfo.diaspora.software/ns/schema/2.")
        assert here.library.settings.media == "https://media.example/m"
