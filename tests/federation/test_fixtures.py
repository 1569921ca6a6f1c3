"""What other programs really say, told to a running library by a sender whose signature is good: nothing may break it."""

import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

from sqlalchemy import select

from federation.tables import InboxMessage
from tests.remote_server import AS, RemoteServer, remote_server
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
            text = text.replace(home[0] + "/", harbour.root + "/").replace(f'"{home[0]}"', f'"{harbour.root}"')
    told: dict[str, Any] = json.loads(text)
    told["actor"] = uri
    return told


def _author(wire: dict[str, Any]) -> Any:
    return wire.get("attributedTo") or wire.get("actor") or wire.get("id")


async def outcomes(here: Town) -> dict[str, str]:
    async with here.database.snapshot() as session:
        return {row.signer.rpartition("/")[2]: f"{row.state}: {row.why}" for row in await session.scalars(select(InboxMessage))}


async def test_every_document_of_other_programs_is_taken_in_or_left(tmp_path: Path, shared: Path) -> None:
    files = sorted((shared / "fixtures").rglob("*.json"))
    assert len(files) >= FEWEST
    async with town(tmp_path) as here, remote_server() as harbour:
        await here.book()
        statuses: dict[Path, int] = {}
        for number, file in enumerate(files):
            activity = retold(json.loads(file.read_text()), harbour, number)
            statuses[file] = await harbour.sends(here.library.uris.shared_inbox, json.dumps(activity).encode(), f"teller{number}")
        for _ in range(5):
            await here.settle()
        became = await outcomes(here)

    table = []
    for number, file in enumerate(files):
        what = became.get(f"teller{number}", "done: dropped at the door" if statuses[file] == 202 else "")
        table.append((f"{file.parent.name}/{file.stem}", statuses[file], what))
        print(f"{table[-1][0]:70} {statuses[file]} {what[:110]}")
    print(dict(Counter(f"{status} {' '.join(what.split()[1:2])}" for _, status, what in table)))
    assert all(status in {202, 400, 401} for _, status, _ in table)
    assert all(what.startswith("done: ") for _, status, what in table if status == 202 and what)
    assert sum(status == 202 for _, status, _ in table) > FEWEST * 0.9
