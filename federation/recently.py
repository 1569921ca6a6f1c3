"""What happened a moment ago, kept in memory and within bounds."""

import asyncio
import time
from collections import OrderedDict
from hashlib import sha256
from weakref import WeakValueDictionary

from community import uris
from community.errors import Refusal
from federation.publickeys import Key, Keyring
from federation.received import KeyUnreachable

MOST_KEYS = 4096
MOST_HOSTS = 4096
MOST_SIGNATURES = 100_000
KEY_HOLDS = 300.0  # a key that we just fetched is not fetched again for a forgery
FAILURE_HOLDS = 60.0
MOST_FAILURES = 20  # of one host within that time; then we stop asking it


class Fetches:
    """Keys that we asked for lately, so that a flood of forgeries never becomes a flood of questions to others."""

    def __init__(self) -> None:
        self._outcomes: OrderedDict[str, tuple[float, Key | Refusal]] = OrderedDict()
        self._failures: OrderedDict[str, tuple[float, int]] = OrderedDict()
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    def clear(self) -> None:
        """Know nothing."""
        self._outcomes.clear()
        self._failures.clear()

    async def fetch(self, keyring: Keyring, key_id: str) -> Key:
        """The key as its server gives it now, or gave it moments ago. Whoever asks at the same time shares one question."""
        lock = self._locks.get(key_id)
        if lock is None:
            lock = self._locks[key_id] = asyncio.Lock()
        async with lock:
            known = self._recall(key_id)
            if known is not None:
                return known
            try:
                key = await keyring.fetch(key_id)
            except Refusal as refusal:
                self._count_failure(uris.host(key_id))
                self._keep(key_id, refusal, FAILURE_HOLDS)
                raise
            self._keep(key_id, key, KEY_HOLDS)
            return key

    def _recall(self, key_id: str) -> Key | None:
        now = time.monotonic()
        ends, outcome = self._outcomes.get(key_id, (0.0, None))
        if outcome is not None and ends > now:
            if isinstance(outcome, Key):
                return outcome
            if isinstance(outcome, KeyUnreachable):
                raise KeyUnreachable(outcome.public, outcome.private, retry_after=outcome.retry_after)
            raise type(outcome)(outcome.public, outcome.private)
        began, failures = self._failures.get(uris.host(key_id), (0.0, 0))
        if failures >= MOST_FAILURES and now < began + FAILURE_HOLDS:
            raise KeyUnreachable("Too many keys of your server could not be fetched. Try again later.", key_id[:200])
        return None

    def _keep(self, key_id: str, outcome: Key | Refusal, holds: float) -> None:
        self._outcomes[key_id] = (time.monotonic() + holds, outcome)
        self._outcomes.move_to_end(key_id)
        if len(self._outcomes) > MOST_KEYS:
            self._outcomes.popitem(last=False)

    def _count_failure(self, host: str) -> None:
        now = time.monotonic()
        began, failures = self._failures.get(host, (now, 0))
        self._failures[host] = (began, failures + 1) if now < began + FAILURE_HOLDS else (now, 1)
        self._failures.move_to_end(host)
        if len(self._failures) > MOST_HOSTS:
            self._failures.popitem(last=False)


class Replay:
    """Signatures that were here already, as long as they would count again."""

    def __init__(self, most: int = MOST_SIGNATURES) -> None:
        self._most = most
        self._seen: OrderedDict[bytes, float] = OrderedDict()

    def is_new(self, signature: bytes, until: float) -> bool:
        """Whether this signature comes for the first time; remembers it until it is worth nothing any more."""
        mark = sha256(signature).digest()[:16]
        if mark in self._seen:
            return False
        self._seen[mark] = until
        self._forget(time.time())
        return True

    def _forget(self, now: float) -> None:
        while self._seen:
            mark, until = next(iter(self._seen.items()))
            if until > now and len(self._seen) <= self._most:
                return
            del self._seen[mark]
