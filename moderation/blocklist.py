"""Lists of servers as files: the six columns that Mastodon reads and writes, looked at before they are taken over."""

import csv
import io
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from community.errors import Refusal, TooLarge, Unprocessable
from community.people.actors import Actor
from community.people.follows import Follow, FollowState
from community.posts.post import SEEN_AT_ALL, Post
from moderation import domains, hosts, log, reports
from moderation.effects import Effect
from moderation.tables import DomainAnswer, DomainRule

COLUMNS = ("#domain", "#severity", "#reject_media", "#reject_reports", "#public_comment", "#obfuscate")
SEVERITIES: dict[str, DomainAnswer | None] = {"suspend": DomainAnswer.refuse, "silence": DomainAnswer.limit, "noop": None}
WRITTEN: dict[DomainAnswer, str] = {DomainAnswer.refuse: "suspend", DomainAnswer.limit: "silence", DomainAnswer.hold: "silence"}
STRICTNESS = (DomainAnswer.limit, DomainAnswer.hold, DomainAnswer.refuse)
MOST_LINES = 20_000
MOST_CHARACTERS = 2_000_000
_FORMULA = ("=", "+", "-", "@", "\t", "\r")  # a spreadsheet would run what begins so


class Fate(StrEnum):
    """What an import would do with a line."""

    new = "new"
    stricter = "stricter"  # we have a milder rule
    same = "same"  # we have this rule, or a stricter one
    kept = "kept"  # we allowed this server ourselves: no list overrules that
    nothing = "nothing"  # the list asks for nothing
    refused = "refused"  # we cannot or will not take this line


@dataclass(frozen=True)
class Line:
    """One line of a list, and what would come of it."""

    number: int
    domain: str
    answer: DomainAnswer | None
    reason: str
    fate: Fate
    why: str = ""
    posts: int = 0  # of theirs that are seen here now
    follows: int = 0  # between them and us, that would be cut


@dataclass(frozen=True)
class Preview:
    """What taking over a list would do."""

    lines: tuple[Line, ...]

    @property
    def counts(self) -> dict[Fate, int]:
        """How many lines of each fate."""
        counted = Counter(line.fate for line in self.lines)
        return {fate: counted[fate] for fate in Fate}

    @property
    def changes(self) -> tuple[Line, ...]:
        """The lines that would change something."""
        return tuple(line for line in self.lines if line.fate in {Fate.new, Fate.stricter})


async def preview(session: AsyncSession, file: str, own_domain: str) -> Preview:
    """Read a list without changing anything. Raises TooLarge or Unprocessable for a file that is no such list."""
    read = list(_read(file, own_domain))
    rules = {rule.domain: rule.answer for rule in await session.scalars(select(DomainRule))}
    wanted = {line.domain for line in read if line.fate is Fate.new}
    posts, follows = await _posts(session, wanted), await _follows(session, wanted)
    return Preview(tuple(_weighed(line, rules, posts, follows) for line in read))


async def take_over(session: AsyncSession, found: Preview, *, who: str) -> tuple[Effect, ...]:
    """Make the rules that the preview promised; a line in the log for each."""
    effects: list[Effect] = []
    hosts_met = await session.scalars(select(Actor.domain).where(Actor.domain.is_not(None)).distinct())
    met = {name for host in hosts_met for name in hosts.candidates(host or "")}
    known = set(await session.scalars(select(DomainRule.domain)))
    for line in found.changes:
        if line.answer is None:
            continue
        if line.domain in met or line.domain in known:
            effects += await domains.change(session, line.domain, line.answer, line.reason)
        else:
            # Most servers of a long list were never heard of here: nothing has to be hidden or cut, and the list is quick.
            session.add(DomainRule(domain=line.domain, answer=line.answer, reason=line.reason))
        log.write(session, who, line.answer.value, line.domain, reason=line.reason)
    await session.flush()
    return tuple(effects)


async def export(session: AsyncSession) -> str:
    """Our rules as such a list. What holds is written as the milder of the two words that others know; what allows is ours alone."""
    rows = io.StringIO()
    writer = csv.writer(rows, lineterminator="\n")
    writer.writerow(COLUMNS)
    for rule in await session.scalars(select(DomainRule).order_by(DomainRule.domain)):
        if rule.answer in WRITTEN:
            writer.writerow([_harmless(rule.domain), WRITTEN[rule.answer], "false", "false", _harmless(rule.reason), "false"])
    return rows.getvalue()


def _harmless(cell: str) -> str:
    return f"'{cell}" if cell.startswith(_FORMULA) else cell


def _restored(cell: str) -> str:
    return cell[1:] if cell[:1] == "'" and cell[1:].startswith(_FORMULA) else cell


def _read(file: str, own_domain: str) -> Iterator[Line]:
    if len(file) > MOST_CHARACTERS:
        raise TooLarge("This list is too long to be taken over at once.")
    try:
        reader = csv.reader(io.StringIO(file.removeprefix("\ufeff"), newline=""), strict=True)
        rows = [(number, row) for number, row in enumerate(reader, start=1) if row]
    except csv.Error as cause:
        raise Unprocessable("This file is not a list of servers: it cannot be read as CSV.", private=str(cause)) from cause
    if len(rows) > MOST_LINES:
        raise TooLarge("This list is too long to be taken over at once.")
    if not rows:
        raise Unprocessable("This list is empty.")
    first = [name.strip().lower().removeprefix("#") for name in rows[0][1]]
    columns = first if "domain" in first else [name.removeprefix("#") for name in COLUMNS]
    seen: set[str] = set()
    for number, row in rows[1:] if "domain" in first else rows:
        line = _line(number, dict(zip(columns, row, strict=False)), own_domain)
        if line.domain in seen and line.fate is Fate.new:
            line = Line(number, line.domain, line.answer, line.reason, Fate.refused, "It stands in this list twice.")
        seen.add(line.domain)
        yield line


def _line(number: int, row: dict[str, str], own_domain: str) -> Line:
    name = _restored(row.get("domain", "").strip())
    reason = reports.clean(_restored(row.get("public_comment", "").strip()))
    severity = row.get("severity", "").strip().lower() or "suspend"
    if severity not in SEVERITIES:
        return Line(number, name[:253], None, reason, Fate.refused, "It asks for something that we do not know.")
    answer = SEVERITIES[severity]
    if "*" in name:
        why = "Part of the name is covered, or it is a pattern; subdomains are always meant."
        return Line(number, name[:253], answer, reason, Fate.refused, why)
    try:
        domain = domains.checked(name, own_domain)
    except Refusal as cause:
        return Line(number, name[:253], answer, reason, Fate.refused, cause.public)
    return Line(number, domain, answer, reason, Fate.new if answer else Fate.nothing)


def _weighed(line: Line, rules: dict[str, DomainAnswer], posts: Counter[str], follows: Counter[str]) -> Line:
    if line.fate is not Fate.new or line.answer is None:
        return line
    ours = rules.get(line.domain)
    fate = Fate.new
    if ours is DomainAnswer.allow:
        fate = Fate.kept
    elif ours is not None:
        fate = Fate.same if STRICTNESS.index(ours) >= STRICTNESS.index(line.answer) else Fate.stricter
    cut = follows[line.domain] if line.answer is DomainAnswer.refuse else 0
    return Line(line.number, line.domain, line.answer, line.reason, fate, "", posts[line.domain], cut)


def _gathered(counts: Iterable[tuple[str | None, int]], wanted: set[str]) -> Counter[str]:
    """Counts by server as counts by rule: a rule speaks of subdomains too."""
    gathered: Counter[str] = Counter()
    for host, count in counts:
        for name in set(hosts.candidates(host or "")) & wanted:
            gathered[name] += count
    return gathered


async def _posts(session: AsyncSession, wanted: set[str]) -> Counter[str]:
    query = (
        select(Actor.domain, func.count())
        .join(Post, Post.author_id == Actor.id)
        .where(Actor.domain.is_not(None), Post.standing.in_(SEEN_AT_ALL))
        .group_by(Actor.domain)
    )
    return _gathered((await session.execute(query)), wanted)


async def _follows(session: AsyncSession, wanted: set[str]) -> Counter[str]:
    follower, followed = aliased(Actor), aliased(Actor)
    host = func.coalesce(follower.domain, followed.domain)
    query = (
        select(host, func.count())
        .select_from(Follow)
        .join(follower, follower.id == Follow.follower_id)
        .join(followed, followed.id == Follow.followed_id)
        .where(Follow.state == FollowState.granted, host.is_not(None))
        .group_by(host)
    )
    return _gathered((await session.execute(query)), wanted)
