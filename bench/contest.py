"""Rounds: the same work done by several programs in turn, so that the machine's mood meets all of them alike."""

import statistics
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field

from bench.processes import Program

FEWEST_ROUNDS = 6  # the first is dropped: everything is cold in it


@dataclass(frozen=True)
class Sample:
    """One round of one contestant."""

    items: int
    cpu: float  # seconds
    wall: float

    @property
    def us(self) -> float:
        """Microseconds of CPU for each item."""
        return self.cpu / self.items * 1e6


@dataclass
class Contestant:
    """A program and what it is asked to do in a round; `work` returns how many items that were. `prepare` is not measured."""

    name: str
    program: Program
    work: Callable[[int], Awaitable[int]]
    prepare: Callable[[int], Awaitable[None]] | None = None
    samples: list[Sample] = field(default_factory=list)

    async def play(self, number: int) -> None:
        """One round, measured."""
        if self.prepare is not None:
            await self.prepare(number)
        cpu, wall = self.program.cpu(), time.perf_counter()
        items = await self.work(number)
        self.samples.append(Sample(items, self.program.cpu() - cpu, time.perf_counter() - wall))

    @property
    def kept(self) -> list[Sample]:
        """The rounds that count."""
        return self.samples[1:] if len(self.samples) > 1 else self.samples


@dataclass(frozen=True)
class Spread:
    """Minimum, median and the range of the middle half."""

    least: float
    median: float
    lower: float
    upper: float

    @classmethod
    def of(cls, values: Sequence[float]) -> "Spread":
        if len(values) < 2:
            return cls(values[0], values[0], values[0], values[0])
        lower, _, upper = statistics.quantiles(values, n=4, method="inclusive")
        return cls(min(values), statistics.median(values), lower, upper)


@dataclass(frozen=True)
class Check:
    """Something that must be true of what was measured, or the figures mean nothing."""

    name: str
    ok: bool
    seen: str = ""


@dataclass
class Result:
    """What came of one bench."""

    name: str
    unit: str
    goal: float
    contestants: list[Contestant]  # the subject, its bound, then others
    checks: list[Check]
    notes: list[str] = field(default_factory=list)

    def ratios(self, name: str = "subject") -> list[float]:
        """The bound's microseconds through this contestant's, round by round."""
        bound, other = self._named("bound").kept, self._named(name).kept
        return [one.us / another.us for one, another in zip(bound, other, strict=True)]

    @property
    def ratio(self) -> float:
        """The median of the paired ratios: what the goal is about."""
        return statistics.median(self.ratios())

    @property
    def is_right(self) -> bool:
        """Whether every check held."""
        return all(check.ok for check in self.checks)

    def _named(self, name: str) -> Contestant:
        return next(one for one in self.contestants if one.name == name)


async def play(contestants: Sequence[Contestant], rounds: int) -> None:
    """A B C A B C: so many rounds of each."""
    for number in range(rounds):
        for contestant in contestants:
            await contestant.play(number)
