"""The inbox: what another server posts is verified and on the disk before it hears 202."""

import asyncio
import json
import sqlite3
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path

from bench import library
from bench.contest import Check, Contestant, Result, play
from bench.elsewhere import harbour
from bench.letters import Kind, Letter, Sender, senders, write
from bench.load import LINES, Load
from bench.processes import Program, free_port, listening, running

GOAL = 0.35  # of the ASGI bound
NAIVE_SHARE = 10  # the straightforward stack gets a tenth of the letters: a microsecond is a microsecond
FEWEST = 100

# What must be answered to each kind. Whoever says anything else is not measured but wrong.
RIGHT: dict[Kind, frozenset[int]] = {
    Kind.good: frozenset({202}),
    Kind.forged: frozenset({401}),
    Kind.altered: frozenset({401}),
    Kind.stale: frozenset({401}),
    Kind.repeat: frozenset({202}),
    Kind.other_words: frozenset({400, 409, 422}),
}
BOUND_ASKS = frozenset({Kind.good, Kind.forged, Kind.altered, Kind.repeat})  # the bound looks at no clock, and at no older words


@dataclass
class Door:
    """An inbox that is measured, and everything that it answered."""

    port: int
    database: Path
    column: str  # table.column where it keeps the ids
    letters: list[Letter] = field(default_factory=list)
    statuses: list[int] = field(default_factory=list)

    async def take(self, letters: list[Letter]) -> int:
        """Post these letters."""
        after = {number: letter.after for number, letter in enumerate(letters) if letter.after is not None}
        load = Load([letter.data for letter in letters], after=after)
        self.letters += letters
        self.statuses += await load.send(self.port)
        return len(letters)

    def kept(self) -> list[str]:
        """The ids in its database."""
        table, _, column = self.column.partition(".")
        with sqlite3.connect(self.database) as connection:
            return [row[0] for row in connection.execute(f"SELECT {column} FROM {table}")]


class Post:
    """Letters for everyone: written once for each round, so that all contestants read the same."""

    def __init__(self, actors: list[Sender], target: str, size: int) -> None:
        self._actors, self._target, self._size = actors, target, size
        self._round, self._letters = -1, list[Letter]()

    def of(self, number: int) -> list[Letter]:
        """The letters of this round."""
        if number != self._round:
            self._round, self._letters = number, write(self._actors, self._target, self._size)
        return self._letters

    def to(self, door: Door, share: int = 1) -> Callable[[int], Awaitable[int]]:
        """What a contestant does in a round: take its share of the letters."""

        async def work(number: int) -> int:
            letters = self.of(number)
            return await door.take(letters[: max(len(letters) // share, FEWEST)])

        return work


async def run(folder: Path, rounds: int, size: int = 1500) -> Result:
    """Measure the inbox against its bound and against the straightforward stack."""
    async with AsyncExitStack() as stack:
        enter = stack.enter_async_context
        actors = list(await enter(harbour(senders)))
        place = library.place(folder)
        async with library.opened(place) as inside:
            await library.know(inside, actors)
        (folder / "keys.json").write_text(json.dumps({one.key_id: one.pem for one in actors}))
        post = Post(actors, place.root, size)
        ours = Door(place.port, place.file, "inbox_messages.activity_id")
        doors = {name: Door(free_port(), folder / f"{name}.sqlite", "inbox.activity_id") for name in ("bound", "naive")}
        subject = await enter(library.serving(place))
        contestants = [Contestant("subject", subject, post.to(ours))]
        for name, door in doors.items():
            program = await enter(running(folder, name, f"bench.{name}", "inbox", str(door.port), str(folder)))
            await listening(program, door.port)
            contestants.append(Contestant(name, program, post.to(door, NAIVE_SHARE if name == "naive" else 1)))
        await play(contestants, rounds)
        answered = [all(door.statuses) for door in (ours, *doors.values())]
        await _cut_the_power(subject, ours, post.of(rounds))
    checks = [
        Check("every letter was answered", all(answered)),
        *right(ours, RIGHT),
        *right(doors["bound"], {kind: RIGHT[kind] for kind in BOUND_ASKS}, "the bound: "),
        *right(doors["naive"], RIGHT, "the straightforward stack: "),
    ]
    notes = [f"{size} letters a round, of {len(actors)} actors, over {LINES} open connections; one in twenty must not get in"]
    return Result("inbox", "activity", GOAL, contestants, checks, notes)


async def _cut_the_power(subject: Program, door: Door, letters: list[Letter]) -> None:
    """Kill the library in the middle of a load that is not measured: whatever was answered by then is checked with the rest."""
    before = len(door.statuses)
    taking = asyncio.create_task(door.take(letters))
    await asyncio.sleep(0.05 + len(letters) / 20_000)
    subject.kill()
    await subject.process.wait()
    await taking
    assert len(door.statuses) == before + len(letters)


def right(door: Door, expected: dict[Kind, frozenset[int]], whose: str = "") -> list[Check]:
    """What must be true afterwards: everyone got the right answer, and what was said 202 to is kept, once, and nothing else is."""
    pairs = list(zip(door.letters, door.statuses, strict=True))
    checks = []
    for kind, statuses in expected.items():
        said = Counter(status for letter, status in pairs if letter.kind is kind and status)
        ok = bool(said) and set(said) <= statuses
        what = "taken" if 202 in statuses else "refused"
        checks.append(Check(f"{whose}{kind} letters are {what}", ok, ", ".join(f"{n} x {status}" for status, n in sorted(said.items()))))
    kept = Counter(door.kept())
    promised = {letter.id for letter, status in pairs if status == 202 and letter.kind in expected}
    lost, doubled = promised - kept.keys(), [one for one, times in kept.items() if times > 1]
    bad = {letter.id for letter, _ in pairs if letter.kind in expected and 202 not in expected[letter.kind]} - promised
    checks.append(Check(f"{whose}every 202 is in the database", bool(promised) and not lost, f"{len(promised)} promised, {len(lost)} lost"))
    checks.append(Check(f"{whose}each is there once", not doubled, f"{len(doubled)} doubled"))
    checks.append(Check(f"{whose}nothing refused is there", not bad & kept.keys(), f"{len(bad & kept.keys())} of {len(bad)}"))
    return checks
