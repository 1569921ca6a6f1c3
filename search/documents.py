"""What an index holds of a work."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from community.catalog.folding import fold
from community.catalog.identifiers import isbn10
from community.catalog.tables import Agent, Contribution, Edition, Identifier, Subject, Work, WorkSubject
from community.posts.post import SEEN_BY_ALL, Post

MOST_WORDS = 4_000  # characters of descriptions and contents that are searched
FEWEST_RATINGS = 3  # fewer make no mean


@dataclass(frozen=True, slots=True)
class WorkDocument:
    """A work as an index holds it: to be searched, narrowed, ordered and counted. Text is as people read it; engines fold it."""

    id: int
    title: str
    added_at: datetime
    sort_title: str = ""
    subtitles: tuple[str, ...] = ()
    other_titles: tuple[str, ...] = ()  # the original one and those of its editions
    agents: tuple[str, ...] = ()
    subjects: tuple[str, ...] = ()
    series: tuple[str, ...] = ()
    publishers: tuple[str, ...] = ()
    description: str = ""
    isbns: tuple[str, ...] = ()  # thirteen digits
    numbers: tuple[str, ...] = ()  # other numbers, shelf marks
    forms: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    year: int | None = None
    audiences: tuple[str, ...] = ()
    rating: float | None = None  # mean of the half stars
    reviews: int = 0
    is_visible: bool = True  # nothing on our shelves any more: staff find it, readers do not

    @property
    def decade(self) -> str | None:
        """The ten years that it belongs to, as a filter says it: 1990-1999."""
        if self.year is None:
            return None
        first = self.year // 10 * 10
        return f"{first}-{first + 9}"

    @property
    def all_numbers(self) -> tuple[str, ...]:
        """Every number it may be asked for by, an ISBN in both lengths."""
        short = [ten for ten in map(isbn10, self.isbns) if ten]
        return tuple(dict.fromkeys([*self.isbns, *short, *self.numbers]))


def gather(session: Session, work_ids: Sequence[int]) -> list[WorkDocument]:
    """What an index should hold of these works; those that were removed or never were are left out."""
    works = session.execute(
        select(Work.id, Work.title, Work.sort_title, Work.original_title, Work.form, Work.language, Work.first_year, Work.description)
        .add_columns(Work.created_at)
        .where(Work.id.in_(work_ids), Work.removed_at.is_(None))
        .order_by(Work.id)
    ).all()
    ids = [row.id for row in works]
    editions = _editions(session, ids)
    agents = _names(session, select(Contribution.work_id, Agent.name).join(Agent), Contribution, ids)
    subjects = _names(session, select(WorkSubject.work_id, Subject.label).join(Subject), WorkSubject, ids)
    numbers = _numbers(session, ids)
    ratings = _ratings(session, ids)
    return [
        _document(row, editions[row.id], agents[row.id], subjects[row.id], numbers[row.id], ratings.get(row.id, (0, 0, None)))
        for row in works
    ]


def _document(
    row: Any,
    editions: list[Any],
    agents: list[str],
    subjects: list[str],
    numbers: list[tuple[str, str]],
    rating: tuple[int, int, float | None],
) -> WorkDocument:
    titles = dict.fromkeys(one.title for one in editions)
    if row.original_title:
        titles[row.original_title] = None
    titles.pop(row.title, None)
    marks = [one.shelf_mark for one in editions if one.shelf_mark]
    words = " ".join(dict.fromkeys(text for one in editions for text in (one.description, one.contents) if text)) or row.description
    reviews, ratings, mean = rating
    return WorkDocument(
        id=row.id,
        title=row.title,
        added_at=row.created_at,
        sort_title=row.sort_title or fold(row.title),
        subtitles=tuple(dict.fromkeys(one.subtitle for one in editions if one.subtitle)),
        other_titles=tuple(titles),
        agents=tuple(dict.fromkeys(agents)),
        subjects=tuple(dict.fromkeys(subjects)),
        series=tuple(dict.fromkeys(name for one in editions for name in one.series)),
        publishers=tuple(dict.fromkeys(one.publisher for one in editions if one.publisher)),
        description=words[:MOST_WORDS],
        isbns=tuple(dict.fromkeys(value for scheme, value in numbers if scheme == "isbn")),
        numbers=tuple(dict.fromkeys([*(value for scheme, value in numbers if scheme != "isbn"), *marks])),
        forms=tuple(dict.fromkeys([row.form, *(one.form for one in editions)])) if editions else (row.form,),
        languages=tuple(dict.fromkeys(code for one in editions for code in one.languages)) or ((row.language,) if row.language else ()),
        year=row.first_year,
        audiences=tuple(dict.fromkeys(one.audience for one in editions if one.audience)),
        rating=mean if ratings >= FEWEST_RATINGS else None,
        reviews=reviews,
        is_visible=bool(editions),
    )


def _editions(session: Session, ids: Sequence[int]) -> dict[int, list[Any]]:
    found: dict[int, list[Any]] = defaultdict(list)
    e = Edition
    columns = (
        e.work_id,
        e.title,
        e.subtitle,
        e.series,
        e.languages,
        e.form,
        e.audience,
        e.shelf_mark,
        e.publisher,
        e.description,
        e.contents,
    )
    for row in session.execute(select(*columns).where(e.work_id.in_(ids), e.removed_at.is_(None)).order_by(e.id)):
        found[row.work_id].append(row)
    return found


def _names(session: Session, statement: Any, table: Any, ids: Sequence[int]) -> dict[int, list[str]]:
    found: dict[int, list[str]] = defaultdict(list)
    for work_id, name in session.execute(statement.where(table.work_id.in_(ids))):
        found[work_id].append(name)
    return found


def _numbers(session: Session, ids: Sequence[int]) -> dict[int, list[tuple[str, str]]]:
    found: dict[int, list[tuple[str, str]]] = defaultdict(list)
    statement = select(Edition.work_id, Identifier.scheme, Identifier.value).join(Identifier, Identifier.edition_id == Edition.id)
    for work_id, scheme, value in session.execute(statement.where(Edition.work_id.in_(ids), Edition.removed_at.is_(None))):
        found[work_id].append((scheme, value))
    return found


def _ratings(session: Session, ids: Sequence[int]) -> dict[int, tuple[int, int, float | None]]:
    """By work: reviews with words, how many gave stars, and the mean of these."""
    rows = session.execute(
        select(
            Post.about_id,
            func.count().filter(Post.kind == "review"),
            func.count(Post.half_stars),
            func.avg(Post.half_stars),
        )
        .where(Post.about_id.in_(ids), Post.kind.in_(("review", "rating")), Post.standing.in_(SEEN_BY_ALL))
        .group_by(Post.about_id)
    )
    return {int(work_id): (reviews, ratings, None if mean is None else float(mean)) for work_id, reviews, ratings, mean in rows if work_id}
