"""Which policies there are, and which of them this library has chosen."""

from collections.abc import Callable, Sequence
from functools import lru_cache
from importlib.metadata import entry_points

from community.errors import Misconfigured
from moderation.policies.domains import Domains
from moderation.policies.newcomers import Newcomers, NewcomersHere
from moderation.policies.pace import Pace
from moderation.policies.words import Words
from moderation.verdicts import Policy

GROUP = "bookmobile.policies"

OURS: dict[str, Callable[[], Policy]] = {made.name: made for made in (Domains, Words, Pace, Newcomers, NewcomersHere)}


@lru_cache(16)
def chosen(names: tuple[str, ...]) -> tuple[Policy, ...]:
    """The policies of these names, in this order: ours, or those that a package offers as an entry point.

    Raises Misconfigured, which names it, for one that nobody knows or that cannot be loaded.
    """
    return tuple(_load(name) for name in names)


def _load(name: str) -> Policy:
    if name in OURS:
        return OURS[name]()
    offered: Sequence[str] = sorted({point.name for point in entry_points(group=GROUP)})
    found = next(iter(entry_points(group=GROUP, name=name)), None)
    if found is None:
        raise Misconfigured(f"POLICIES names {name!r}, which is unknown. Known ones: {', '.join([*OURS, *offered])}.")
    try:
        policy: Policy = found.load()()
    except Exception as cause:  # somebody else's code: whatever it raises, the administrator must read its name
        raise Misconfigured(f"The policy {name!r} of POLICIES could not be loaded: {type(cause).__name__}: {cause}") from cause
    return policy
