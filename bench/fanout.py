"""The fan-out: one activity to many servers, signed for each, over connections that stay open."""

import asyncio
import json
import re
import sqlite3
import time
from base64 import b64decode, b64encode
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from sqlalchemy import insert, select

from bench import library
from bench.contest import Check, Contestant, Result, play
from bench.elsewhere import Inboxes, inboxes
from bench.letters import TEXT
from bench.library import Place
from bench.processes import Broken, Program, running
from community.clock import now
from community.database import table_of
from community.due import Owed
from community.library import Library
from community.people.actors import Actor, ActorKey
from community.uris import PUBLIC, token
from federation.tables import Delivery, Outgoing

GOAL = 0.5  # of RSA sign + bare POST
SERVERS = 200
TROUBLED = 10  # more servers, which answer 503: what is owed to them must stay owed
POSTS = 4  # activities in a round, each to every server
NAIVE_POSTS = 1
MOST_SECONDS = 120.0
HEADER = re.compile(rb"\r\n([A-Za-z-]+): *([^\r]*)")


@dataclass
class Sent:
    """What the library owes and to whom, as the bench wrote it down."""

    inside: Library
    place: Place
    world: Inboxes
    posts: int
    owed: set[tuple[int, str]] = field(default_factory=set)  # port, id of the activity

    async def owe(self) -> int:
        """Let the library owe this round's activities to every server; says how many will be taken."""
        uris, moment, number = self.inside.uris, now(), 0
        async with self.inside.database.transaction() as session:
            host = (await session.scalars(select(Actor.id).where(Actor.uri == uris.library))).one()
            for _ in range(self.posts):
                name = token()
                wire = activity(uris.activity("create", name), uris.library, uris.note(name))
                row = Outgoing(uri=wire["id"], kind="Create", object_uri=uris.note(name), signer_id=host, body=json.dumps(wire).encode())
                session.add(row)
                await session.flush()
                rows = [
                    {
                        "outgoing_id": row.id,
                        "inbox": f"http://127.0.0.1:{port}/subject",
                        "host": f"127.0.0.1:{port}",
                        "state": Owed.waiting,
                        "due_at": moment,
                        "attempts": 0,
                    }
                    for port in self.world.ports
                ]
                await session.execute(insert(table_of(Delivery)), rows)
                self.owed |= {(port, row.uri) for port in self.world.ports}
                number += len(self.world.ports) - len(self.world.troubled)
        return number

    async def work(self, _round: int) -> int:
        """One round: owe, and wait until everything is brought and written down."""
        count = await self.owe()
        until = time.monotonic() + MOST_SECONDS
        while self.waiting() > self.hopeless():
            if time.monotonic() > until:
                raise Broken(f"{self.waiting()} deliveries are still waiting after {MOST_SECONDS:.0f} s.")
            await asyncio.sleep(0.02)
        return count

    def waiting(self) -> int:
        """How many deliveries are not done."""
        with sqlite3.connect(f"file:{self.place.file}?mode=ro", uri=True) as connection:
            (found,) = connection.execute("SELECT count(*) FROM deliveries WHERE state = 'waiting'").fetchone()
            return int(found)

    def hopeless(self) -> int:
        """How many cannot be done because their server is in trouble."""
        return sum(1 for port, _ in self.owed if port in self.world.troubled)


def activity(uri: str, actor: str, note: str) -> dict[str, str | list[str] | dict[str, str]]:
    """A Create of a Note of some 2 KB."""
    told = {"id": note, "type": "Note", "attributedTo": actor, "content": f"<p>{TEXT}</p>"}
    return {
        "@context": "https://www.w3.org/ns/activitystreams",
        "id": uri,
        "type": "Create",
        "actor": actor,
        "to": [PUBLIC],
        "object": told,
    }


async def run(folder: Path, rounds: int, servers: int = SERVERS, posts: int = POSTS, troubled: int = TROUBLED) -> Result:
    """Measure the delivery of what is owed against sign + POST and against the straightforward stack."""
    async with AsyncExitStack() as stack:
        enter = stack.enter_async_context
        world = await enter(inboxes(servers, troubled))
        place = library.place(folder)
        inside = await enter(library.opened(place))
        live = [port for port in world.ports if port not in world.troubled]
        public = await _lay_out(inside, folder, live)
        sent = Sent(inside, place, world, posts)
        subject = await enter(library.working(place))
        bound = await enter(running(folder, "bound", "bench.bound", "fanout", str(folder / "bound.json")))
        naive = await enter(running(folder, "naive", "bench.naive", "fanout", str(folder)))
        contestants = [
            Contestant("subject", subject, sent.work),
            Contestant("bound", bound, _told(bound, str(posts), len(live) * posts)),
            Contestant(
                "naive",
                naive,
                _told(naive, "{}", len(live) * NAIVE_POSTS),
                prepare=_prepared(naive, json.dumps({"ports": live, "count": NAIVE_POSTS})),
            ),
        ]
        await play(contestants, rounds)
        checks = right(sent, public, {"inbox": len(live) * posts * rounds, "naive": len(live) * NAIVE_POSTS * rounds})
    notes = [f"{posts} activities a round to each of {len(live)} servers over kept connections; {troubled} more servers answer 503"]
    return Result("fanout", "delivery", GOAL, contestants, checks, notes)


async def _lay_out(inside: Library, folder: Path, live: list[int]) -> RSAPublicKey:
    """Give the others the library's own key and a body; returns the public key."""
    async with inside.database.snapshot() as session:
        actor = (await session.scalars(select(Actor).where(Actor.uri == inside.uris.library))).one()
        private = (await session.scalars(select(ActorKey.private_key).where(ActorKey.actor_id == actor.id))).one()
    body = json.dumps(activity(f"{actor.uri}/1", actor.uri, f"{actor.uri}/note/1"))
    (folder / "sender.pem").write_text(private)
    (folder / "body.json").write_text(body)
    (folder / "bound.json").write_text(json.dumps({"pem": private, "key_id": actor.key_id, "body": body, "ports": live}))
    public = load_pem_public_key((actor.public_key or "").encode())
    assert isinstance(public, RSAPublicKey)
    return public


def _told(program: Program, words: str, count: int) -> Callable[[int], Awaitable[int]]:
    async def work(_round: int) -> int:
        await program.tell(words)
        return count

    return work


def _prepared(program: Program, words: str) -> Callable[[int], Awaitable[None]]:
    async def prepare(_round: int) -> None:
        await program.tell(words)

    return prepare


def right(sent: Sent, public: RSAPublicKey, others: dict[str, int]) -> list[Check]:
    """What must be true afterwards: all that was owed came, once, signed; what nobody took is still owed."""
    came: Counter[tuple[int, str]] = Counter()
    badly_signed = 0
    heads = Counter(head.split(b" ", 2)[1].decode().strip("/") for _, head, _ in sent.world.brought)
    for port, head, body in sent.world.brought:
        if head.startswith(b"POST /subject "):
            came[port, json.loads(body)["id"]] += 1
            badly_signed += not is_signed(head, body, public)
    wanted = {(port, uri) for port, uri in sent.owed if port not in sent.world.troubled}
    lost, doubled = wanted - came.keys(), sum(1 for times in came.values() if times > 1)
    with sqlite3.connect(f"file:{sent.place.file}?mode=ro", uri=True) as connection:
        states = Counter(dict(connection.execute("SELECT state, count(*) FROM deliveries GROUP BY state").fetchall()))
    hopeless = sent.hopeless()
    return [
        Check("all that was owed came", bool(wanted) and not lost, f"{len(wanted)} owed, {len(lost)} lost"),
        Check("each came once", not doubled and not came.keys() - wanted, f"{doubled} doubled"),
        Check("each is signed for its server, with its body", bool(came) and not badly_signed, f"{badly_signed} of {came.total()} badly"),
        Check("what came is written down as done", states["done"] == len(wanted), f"{states['done']} done"),
        Check("what nobody took is still owed", states["waiting"] == hopeless and not states["given_up"], f"{states['waiting']} waiting"),
        *(
            Check(f"what the {'bound' if name == 'inbox' else name} says it brought has come", heads[name] == count, f"{heads[name]}")
            for name, count in others.items()
        ),
    ]


def is_signed(head: bytes, body: bytes, public: RSAPublicKey) -> bool:
    """Whether this request carries a draft-cavage signature of this key over its target, host, date and body; read with nothing of ours."""
    fields = {name.lower(): value for name, value in HEADER.findall(head)}
    given = dict(re.findall(rb'([A-Za-z]+)="([^"]*)"', fields.get(b"signature", b"")))
    names = given.get(b"headers", b"").split()
    if not {b"(request-target)", b"host", b"date", b"digest"} <= set(names):
        return False
    if fields[b"digest"] != b"SHA-256=" + b64encode(sha256(body).digest()):
        return False
    target = b"post " + head.split(b" ", 2)[1]
    message = b"\n".join(name + b": " + (target if name == b"(request-target)" else fields.get(name, b"")) for name in names)
    try:
        public.verify(b64decode(given.get(b"signature", b"")), message, PKCS1v15(), SHA256())
    except InvalidSignature:
        return False
    return True
