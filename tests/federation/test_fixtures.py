"""What other programs really say, told to a running library by a sender whose signature is good: nothing may break it."""

import json
import re
from pathlib import Path
from typing import Any

from sqlalchemy import select

from community.people import actors, follows
from federation.activities import first, id_of, type_of
from federation.resolving import identifiers
from federation.tables import InboxMessage
from federation.vocabulary import ACTOR_TYPES, POST_TYPES
from tests.federation.outcomes import MATTER, OUTCOMES
from tests.federation.test_joins import evening
from tests.remote_server import AS, RemoteServer, Wire, remote_server
from tests.stories.test_a_review_travels import write_review
from tests.world import Town, town

ACTIVITIES = {
    "Accept", "Add", "Announce", "Block", "Create", "Delete", "Dislike", "EmojiReact", "Flag", "Follow", "Invite", "Join", "Leave", "Like",
    "Listen", "Lock", "Move", "QuoteRequest", "Read", "Reject", "Remove", "Undo", "Update", "View",
}  # fmt: skip
FEWEST = 120  # documents that must be there, or the folder is not the one we know


def retold(wire: Any, harbour: RemoteServer, number: int) -> dict[str, Any]:
    """The document as an activity of an actor of ours: their address stands wherever its author's stood."""
    if not isinstance(wire, dict):
        wire = {"object": wire}
    name = f"teller{number}"
    uri = harbour.actor(name)
    kind = wire.get("type")
    if kind not in ACTIVITIES:
        is_actor = "inbox" in wire
        wire = {
            "@context": AS,
            "type": "Update" if is_actor else "Create",
            "id": f"{uri}#{number}",
            "actor": wire.get("id") if is_actor else _author(wire),
            "object": wire,
        }
    author = wire.get("actor")
    author = author.get("id") if isinstance(author, dict) else author[0] if isinstance(author, list) else author
    text = json.dumps(wire)
    if isinstance(author, str) and author:
        text = text.replace(json.dumps(author), json.dumps(uri))
        home = re.match(r"https?://[^/]+", author)
        if home:
            text = re.sub(re.escape(home[0]) + '(?=[/?#"])', harbour.root, text)
    told: dict[str, Any] = json.loads(text)
    told["actor"] = uri
    return told


def _author(wire: dict[str, Any]) -> Any:
    return wire.get("attributedTo") or wire.get("actor") or wire.get("id")


class Aims:
    """What of this library the documents are turned towards: as they were told to others, they would concern nobody here."""

    def __init__(self, here: Town, harbour: RemoteServer, review: str, event: str) -> None:
        self.named = here.library.uris
        self.harbour, self.review, self.event = harbour, review, event
        self.here = here
        self.said: set[Any] = set()

    async def take(self, told: Wire, number: int) -> list[Wire]:
        """The activity aimed at us, behind whatever must have been said before it."""
        me, verb, target = told["actor"], told["type"], first(told.get("object"))
        if told.get("id") in self.said:  # many documents are of one captured conversation, here everybody lives on one server
            told["id"] = f"{me}#said"
        self.said.add(told.get("id"))
        kind = type_of(target) if isinstance(target, dict) else None
        if verb in {"Create", "Update"} and kind in POST_TYPES:
            target["inReplyTo"] = self.named.discussion(1)
        elif verb in {"Like", "EmojiReact", "Dislike", "QuoteRequest"} or (verb == "Announce" and kind in {None, *POST_TYPES}):
            told["object"] = self.review
        elif verb == "Follow":
            told["object"] = self.named.library
        elif verb == "Block":
            told["object"] = self.named.actor("ada")
        elif verb == "Flag":
            told["object"] = [self.named.actor("ada"), self.review]
        elif verb == "Join":
            told["object"] = self.event
        elif verb in {"Accept", "Reject"} and kind in {None, "Follow"}:
            told["object"] = await self.asked_for(me, number, target)
        elif verb == "Move":
            told["target"] = self.harbour.actor(f"new{number}", alsoKnownAs=[me])
        elif verb == "Undo":
            return [self.done(told, target, kind), told]
        elif verb == "Delete" and kind in {None, "Tombstone", "Note", "Person"} and (uri := id_of(target)) is not None:
            old = f"{me}/old" if uri == me else uri
            note = {
                "id": old,
                "type": "Note",
                "attributedTo": me,
                "to": [AS + "#Public"],
                "content": "Old",
                "inReplyTo": self.named.discussion(1),
            }
            return [{"@context": AS, "id": f"{me}#before", "type": "Create", "actor": me, "object": note}, told]
        return [told]

    def done(self, told: Wire, target: Any, kind: str | None) -> Wire:
        """What an Undo takes back, as it was said before."""
        objects = {"Follow": self.named.library, "Block": self.named.actor("ada")}
        said = target if isinstance(target, dict) else {"id": target, "type": "Like"}
        said["object"] = objects.get(kind or "", self.review)
        return {"@context": AS, **said, "actor": told["actor"]}

    async def asked_for(self, uri: str, number: int, target: Any) -> Any:
        """The follow of ours that they answer, put there."""
        await self.harbour.says(self.here, self.harbour.activity("Like", f"teller{number}", self.review))
        await self.here.settle()
        name = self.named.activity("follow", f"to{number}")
        async with self.here.database.transaction() as session:
            ada, them = await actors.by_uri(session, self.named.actor("ada")), await actors.by_uri(session, uri)
            assert ada is not None and them is not None
            await follows.ask(session, ada, them, name)
        return {**target, "id": name, "actor": self.named.actor("ada"), "object": uri} if isinstance(target, dict) else name


async def outcomes(here: Town) -> dict[str, str]:
    async with here.database.snapshot() as session:
        query = select(InboxMessage).order_by(InboxMessage.id)
        return {row.signer.rpartition("/")[2]: f"{row.state}: {row.why}" for row in await session.scalars(query)}


def what(told: Wire) -> str:
    """What kind of thing it is: an actor, an activity, or an activity of a post."""
    target = first(told.get("object"))
    kind = type_of(target) if isinstance(target, dict) else None
    if kind in ACTOR_TYPES or told["type"] in {"Create", "Undo"} or (told["type"] == "Announce" and kind == "Create"):
        return f"{told['type']} {kind}" if told["type"] != "Update" else f"Update {kind}"
    return str(told["type"])


async def test_every_document_of_other_programs_becomes_something_or_is_left_for_a_reason(tmp_path: Path, shared: Path) -> None:
    files = sorted((shared / "fixtures").rglob("*.json"))
    assert len(files) >= FEWEST
    async with town(tmp_path) as here, remote_server() as harbour:
        book = await here.book()
        await here.person("ada")
        aims = Aims(here, harbour, await write_review(here, "ada", book.id, "Convinced."), (await evening(here)).uri)
        kinds: dict[str, str] = {}
        refused: dict[str, str] = {}
        for number, file in enumerate(files):
            told = retold(json.loads(file.read_text()), harbour, number)
            kinds[f"teller{number}"] = what(told)
            for wire in await aims.take(told, number):
                status = await harbour.sends(here.library.uris.shared_inbox, json.dumps(wire).encode(), f"teller{number}")
                if status != 202:
                    refused[f"teller{number}"] = f"refused at the door: {status}"
        for _ in range(5):
            await here.settle()
        became = await outcomes(here) | refused

    expected = {name: outcome for outcome, names in OUTCOMES.items() for name in names.split()}
    table = {f"{file.parent.name}/{file.stem}": became[f"teller{number}"].removeprefix("done: ") for number, file in enumerate(files)}
    for number, (name, outcome) in enumerate(table.items()):
        print(f"{name:60} {kinds[f'teller{number}']:24} {outcome[:90]}")
    wrong = {name: outcome for name, outcome in table.items() if not outcome.startswith(expected.get(name, "not in the table"))}
    assert wrong == {}
    assert set(expected) <= set(table)
    used = {kinds[f"teller{number}"] for number, outcome in enumerate(table.values()) if not outcome.startswith(("left", "refused"))}
    print(f"{len(MATTER & used)} of {len(MATTER)} types that matter became something; not: {sorted(MATTER - used)}")
    assert len(MATTER & used) >= len(MATTER) * 0.85


def test_an_item_of_another_catalogue_is_known_by_its_numbers(shared: Path) -> None:
    wire = json.loads((shared / "fixtures/neodb/item-movie.json").read_text())

    assert ("imdb", "tt2513074") in identifiers(wire)
