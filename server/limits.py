"""How often somebody may knock: counted in memory, for each process by itself."""

import time
from collections import OrderedDict, deque
from collections.abc import Callable
from datetime import timedelta

from community.clock import hours, minutes
from community.errors import TooFast

# With N processes a patient attacker has N times as many tries; none of these numbers is so tight that this matters.
RATES: dict[str, tuple[int, timedelta]] = {
    "sign-in address": (20, minutes(15)),  # tries from one address
    "sign-in account": (8, minutes(15)),  # tries for one account, from wherever
    "letter address": (10, hours(1)),  # letters that one address can have us send
    "letter recipient": (4, hours(1)),  # letters to one mailbox
    "sign-up address": (10, hours(1)),
    "report address": (20, hours(1)),
    "follow address": (30, minutes(10)),  # each asks another server something
    "write account": (60, hours(1)),
}
MOST = 20_000  # keys remembered; the ones not seen for longest are forgotten first


class Limits:
    """A window of time for every kind and key, no more than MOST of them."""

    def __init__(self, clock: Callable[[], float] = time.monotonic, rates: dict[str, tuple[int, timedelta]] | None = None) -> None:
        self._clock = clock
        self._rates = RATES if rates is None else rates
        self._seen: OrderedDict[tuple[str, str], deque[float]] = OrderedDict()

    def check(self, kind: str, key: str) -> None:
        """Count one try; raises TooFast when there were too many."""
        most, window = self._rates[kind]
        moment = self._clock()
        tries = self._seen.setdefault((kind, key), deque(maxlen=most))
        self._seen.move_to_end((kind, key))
        while tries and tries[0] <= moment - window.total_seconds():
            tries.popleft()
        if len(tries) >= most:
            raise TooFast("That was too often in a short time. Please wait a while and try again.", private=f"{kind}: {key}")
        tries.append(moment)
        while len(self._seen) > MOST:
            self._seen.popitem(last=False)

    def forgive(self, kind: str, key: str) -> None:
        """Forget the tries of somebody who turned out to be right."""
        self._seen.pop((kind, key), None)
