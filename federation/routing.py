"""Which rendition a server understands: by the software that its NodeInfo names (interop 8.3)."""

from collections import defaultdict
from collections.abc import Iterable
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from community import uris
from federation.tables import Instance


class Dialect(StrEnum):
    """How a server wants to be spoken to."""

    plain = "plain"  # a Note that everyone can read, with the data for those who understand more
    bookwyrm = "bookwyrm"  # typed reviews of books; nothing else that does not answer somebody there
    forum = "forum"  # what a Group announces, and answers to what was said there
    events = "events"  # events, and answers to what was said there
    gancio = "gancio"  # the same, but a cancelled event must be deleted


# Whatever is not here is spoken to plainly: Mastodon, GoToSocial, NeoDB, Takahē, Misskey, Pleroma, our own software ...
DIALECTS: dict[str, Dialect] = {
    "bookwyrm": Dialect.bookwyrm,
    "lemmy": Dialect.forum,
    "piefed": Dialect.forum,
    "mbin": Dialect.forum,
    "kbin": Dialect.forum,
    "nodebb": Dialect.forum,
    "discourse": Dialect.forum,
    "mobilizon": Dialect.events,
    "gancio": Dialect.gancio,
}

HEAR_BOOSTS = frozenset({Dialect.plain, Dialect.bookwyrm})  # what an Announce of a review means something to
HEAR_PROFILES = frozenset(Dialect) - {Dialect.bookwyrm}  # BookWyrm answers 500 to the Update of a library


def of(software: str | None) -> Dialect:
    """The dialect of a software, by the name in its NodeInfo."""
    return DIALECTS.get((software or "").lower(), Dialect.plain)


async def sort(session: AsyncSession, inboxes: Iterable[str]) -> dict[Dialect, set[str]]:
    """These inboxes by what their servers understand; one statement, however many."""
    hosts: dict[str, set[str]] = defaultdict(set)
    for inbox in inboxes:
        hosts[uris.host(inbox)].add(inbox)
    other = Instance.software.in_(DIALECTS)  # most servers are plain, and need not come along
    known = await session.execute(select(Instance.host, Instance.software).where(Instance.host.in_(hosts), other)) if hosts else ()
    dialects = {host: of(software) for host, software in known}
    sorted_: dict[Dialect, set[str]] = defaultdict(set)
    for host, theirs in hosts.items():
        sorted_[dialects.get(host, Dialect.plain)] |= theirs
    return sorted_


async def hearing(session: AsyncSession, inboxes: Iterable[str], dialects: frozenset[Dialect]) -> set[str]:
    """Those of the inboxes whose servers speak one of these dialects."""
    return {inbox for dialect, theirs in (await sort(session, inboxes)).items() if dialect in dialects for inbox in theirs}
