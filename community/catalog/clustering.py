"""Which work an edition belongs to."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, cast

from sqlalchemy import Table, case, delete, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from community.catalog import bulk
from community.catalog.folding import words
from community.catalog.rows import FOR_EVER, Pair, Prepared
from community.catalog.tables import Agent, Contribution, Edition, Identifier, Work, WorkSubject

TITLING = ("title", "sort_title", "language")  # columns of a work that go with its title


@dataclass(frozen=True)
class Held:
    """An edition that we have, and where it stands."""

    edition_id: int
    work_id: int


@dataclass
class Placing:
    """Where each record of a batch goes."""

    works: dict[str, int] = field(default_factory=dict)  # source key -> work
    fresh: set[int] = field(default_factory=set)  # works that this batch has made
    rewritten: set[int] = field(default_factory=set)  # works whose only edition has changed
    left: set[int] = field(default_factory=set)  # works that lost an edition to another

    @property
    def touched(self) -> set[int]:
        """Works that were there and have changed."""
        return (set(self.works.values()) | self.left) - self.fresh


@dataclass(frozen=True)
class _Bearer:
    """An edition that bears a number, and what it says of itself."""

    edition_id: int | None
    work: int | str  # its id, or the key of one to be made
    title: str
    surnames: frozenset[str]


@dataclass
class _Known:
    by_key: dict[str, int]
    keys: dict[int, str]
    by_number: dict[Pair, list[_Bearer]]
    editions: dict[int, int]  # work -> how many editions it has


async def place(session: AsyncSession, records: Sequence[Prepared], held: Mapping[str, Held], moment: datetime) -> Placing:
    """Find or make the work of each record: by its work key, else by a number that it shares, never by title alone.

    An edition stays with its work as long as it can: readers' words hang on it, and to join two works is a librarian's decision.
    """
    known = await _known(session, records, held)
    placing = Placing()
    new: dict[str, dict[str, Any]] = {}
    renamed: dict[int, str] = {}
    wanted: dict[str, str | int] = {}
    for record in records:
        goal = _goal(record, held.get(record.source_key), known, new, renamed)
        if isinstance(goal, str):
            work = new.setdefault(goal, {"key": goal, "created_at": moment, "changed_at": moment, "touched_at": moment, **record.work})
            _earlier(work, record.work)
        wanted[record.source_key] = goal
        bearer = _Bearer(None, goal, record.work["title"], _surnames(record.agents))
        for number in record.joining:
            known.by_number[number].append(bearer)
    table = cast(Table, Work.__table__)
    await bulk.add_new(session, table, list(new.values()), unique=["key"])
    ids = {row.key: row for row in await bulk.look_up(session, (Work.key, Work.id, Work.created_at), new)}
    # Somebody else may have made the same work a moment ago; then it is theirs, and we touch it as any other.
    placing.fresh = {row.id for row in ids.values() if row.created_at == moment}
    placing.works = {key: ids[goal].id if isinstance(goal, str) else goal for key, goal in wanted.items()}
    for key, one in held.items():
        if key in placing.works and placing.works[key] != one.work_id:
            placing.left.add(one.work_id)
        elif key in placing.works and known.editions.get(one.work_id) == 1:
            placing.rewritten.add(one.work_id)
    rows = [{"id": work_id, "key": key} for work_id, key in sorted(renamed.items())]
    await bulk.change(session, table, rows)
    return placing


def _goal(record: Prepared, held: Held | None, known: _Known, new: Mapping[str, Any], renamed: dict[int, str]) -> str | int:
    """The id of a work that is there, or the key of one to be made."""
    key = record.work_key
    bearers = [one for number in record.joining for one in known.by_number[number] if held is None or one.edition_id != held.edition_id]
    if held is not None:
        if known.keys[held.work_id] == key:
            return held.work_id
        if known.editions[held.work_id] == 1:
            if key not in known.by_key and key not in new and key not in renamed.values():
                renamed[held.work_id] = key
            return held.work_id
        if any(one.work == held.work_id for one in bearers):
            return held.work_id
    if key in known.by_key:
        return known.by_key[key]
    if key in new:
        return key
    surnames = _surnames(record.agents)
    return next((one.work for one in bearers if _may_be_one(one, record.work["title"], surnames)), key)


def _may_be_one(bearer: _Bearer, title: str, surnames: frozenset[str]) -> bool:
    """Whether two that share a number can be one book: publishers use a number twice, and cataloguers mistype."""
    if bearer.surnames & surnames:
        return True
    here, there = set(words(title).split()), set(words(bearer.title).split())
    # In different scripts nothing can be compared, and the number is believed.
    return bool(here & there) or title.isascii() != bearer.title.isascii()


def _surnames(agents: Iterable[str]) -> frozenset[str]:
    return frozenset(key.split("|")[0].split(" ")[0] for key in agents)


def _earlier(work: dict[str, Any], other: Mapping[str, Any]) -> None:
    years = [year for year in (work["first_year"], other["first_year"]) if year is not None]
    work["first_year"] = min(years, default=None)
    work["description"] = work["description"] or other["description"]
    work["original_title"] = work["original_title"] or other["original_title"]


async def _known(session: AsyncSession, records: Sequence[Prepared], held: Mapping[str, Held]) -> _Known:
    keyed = await bulk.look_up(session, (Work.key, Work.id), {record.work_key for record in records})
    by_key = {row.key: int(row.id) for row in keyed}
    theirs = {held[record.source_key].work_id for record in records if record.source_key in held}
    keys = {int(row.id): row.key for row in await bulk.look_up(session, (Work.id, Work.key), theirs)}
    return _Known(by_key, keys, await _by_number(session, records), await _sizes(session, sorted(theirs)))


async def _by_number(session: AsyncSession, records: Sequence[Prepared]) -> dict[Pair, list[_Bearer]]:
    values: dict[str, set[str]] = defaultdict(set)
    for record in records:
        for scheme, value in record.joining:
            values[scheme].add(value)
    rows: list[tuple[str, str, int]] = []
    for scheme in FOR_EVER:
        columns = (Identifier.value, Identifier.edition_id)
        rows += [
            (scheme, row.value, row.edition_id) for row in await bulk.look_up(session, columns, values[scheme], Identifier.scheme == scheme)
        ]
    bearers = await _bearers(session, {edition for _, _, edition in rows})
    found: dict[Pair, list[_Bearer]] = defaultdict(list)
    for scheme, value, edition in rows:
        if edition in bearers:
            found[scheme, value].append(bearers[edition])
    for several in found.values():
        several.sort(key=lambda one: int(one.work))
    return found


async def _bearers(session: AsyncSession, editions: Iterable[int]) -> dict[int, _Bearer]:
    ids = sorted(editions)
    makers: dict[int, list[str]] = defaultdict(list)
    for some in bulk.portions(ids):
        named = select(Contribution.edition_id, Agent.key).join(Agent, Agent.id == Contribution.agent_id)
        for edition_id, key in await session.execute(named.where(Contribution.edition_id.in_(some))):
            makers[edition_id].append(key)
    rows = await bulk.look_up(session, (Edition.id, Edition.work_id, Edition.title), ids, Edition.removed_at.is_(None))
    return {row.id: _Bearer(row.id, row.work_id, row.title, _surnames(makers[row.id])) for row in rows}


async def _sizes(session: AsyncSession, works: Sequence[int]) -> dict[int, int]:
    found: dict[int, int] = {}
    for some in bulk.portions(works):
        sizes = select(Edition.work_id, func.count()).where(Edition.work_id.in_(some)).group_by(Edition.work_id)
        found |= {work_id: count for work_id, count in await session.execute(sizes)}
    return found


async def refresh(session: AsyncSession, records: Sequence[Prepared], placing: Placing, moment: datetime) -> None:
    """Let works say what their editions now say, and when that changed."""
    await _retitle(session, records, placing)
    touched = sorted(placing.touched)
    if not touched:
        return
    years = await _first_years(session, touched)
    saying: dict[int, dict[str, Any]] = {}
    for record in records:
        saying.setdefault(placing.works[record.source_key], record.work)
    table = cast(Table, Work.__table__)
    times = {"changed_at": moment, "touched_at": moment, "removed_at": None}
    added = [
        {
            "id": work_id,
            "first_year": years.get(work_id),
            "description": saying.get(work_id, {}).get("description", ""),
            "original_title": saying.get(work_id, {}).get("original_title"),
            **times,
        }
        for work_id in touched
        if work_id not in placing.rewritten
    ]
    await bulk.change(session, table, added, unless={"description": _if_empty, "original_title": func.coalesce})
    await bulk.change(session, table, [{"id": work_id, **saying[work_id], **times} for work_id in sorted(placing.rewritten)])
    # Of a work with one edition we know which subjects are no longer said.
    for some in bulk.portions(sorted(placing.rewritten)):
        await session.execute(delete(WorkSubject).where(WorkSubject.work_id.in_(some)).execution_options(synchronize_session=False))


def _if_empty(old: Any, told: Any) -> Any:
    return case((old == "", told), else_=old)


async def _retitle(session: AsyncSession, records: Sequence[Prepared], placing: Placing) -> None:
    """Let a work bear the title that most of its editions bear."""
    told: dict[int, dict[str, dict[str, Any]]] = defaultdict(dict)
    for record in records:
        told[placing.works[record.source_key]].setdefault(record.work["title"], record.work)
    works = [work_id for work_id, titles in sorted(told.items()) if work_id not in placing.fresh or len(titles) > 1]
    present = {row.id: row.title for row in await bulk.look_up(session, (Work.id, Work.title), works)}
    leading: dict[int, tuple[int, str]] = {}
    for some in bulk.portions(works):
        counts = select(Edition.work_id, Edition.title, func.count()).where(Edition.work_id.in_(some), Edition.removed_at.is_(None))
        for work_id, title, count in await session.execute(counts.group_by(Edition.work_id, Edition.title)):
            leading[work_id] = max(leading.get(work_id, (0, "")), (2 * count + (title == present[work_id]), title))
    # The lead can only have passed to a title that was told just now.
    better = [
        {"id": work_id, **{name: told[work_id][title][name] for name in TITLING}}
        for work_id, (_, title) in leading.items()
        if title != present[work_id] and title in told[work_id]
    ]
    await bulk.change(session, cast(Table, Work.__table__), better)


async def _first_years(session: AsyncSession, works: Sequence[int]) -> dict[int, int | None]:
    found: dict[int, int | None] = {}
    for some in bulk.portions(works):
        years = select(Edition.work_id, func.min(Edition.year)).where(Edition.work_id.in_(some), Edition.removed_at.is_(None))
        found |= {work_id: year for work_id, year in await session.execute(years.group_by(Edition.work_id))}
    return found
