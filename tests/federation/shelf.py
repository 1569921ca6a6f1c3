"""A keyring for tests."""

import asyncio

from community.errors import Refusal
from federation.publickeys import Key
from federation.received import KeyUnreachable, Received
from federation.recently import Fetches, Replay
from federation.signatures import verify
from tests.federation.letters import ADA_KEY, CLEO_KEY, ROOT, Letter, key_of


class Shelf:
    """Some keys are kept here, some can be had from their servers, the rest cannot be reached."""

    def __init__(self, *kept: Key, there: dict[str, Key | Refusal] | None = None) -> None:
        self.kept = {key.id: key for key in kept}
        self.there = there or {}
        self.fetched: list[str] = []

    async def find(self, key_id: str) -> Key | None:
        return self.kept.get(key_id)

    async def fetch(self, key_id: str) -> Key:
        self.fetched.append(key_id)
        await asyncio.sleep(0.01)
        found = self.there.get(key_id)
        if found is None:
            raise KeyUnreachable("Your server did not answer.", retry_after=77)
        if isinstance(found, Refusal):
            raise found
        self.kept[key_id] = found
        return found


def everybodys() -> Shelf:
    """The keys of Ada and Cleo, kept and to be had."""
    ada, cleo = key_of("ada", ADA_KEY), key_of("cleo", CLEO_KEY)
    return Shelf(ada, cleo, there={ADA_KEY: ada, CLEO_KEY: cleo})


async def come(letter: Letter | Received, shelf: Shelf | None = None, *, root: str = ROOT, replay: Replay | None = None) -> Key:
    """Knock with this letter at a door that remembers nothing of other tests."""
    request = letter.received() if isinstance(letter, Letter) else letter
    return await verify(request, shelf or everybodys(), root, replay=replay, fetches=Fetches())
