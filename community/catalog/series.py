"""Series as pages and feeds read them, and the newest titles under anything."""

from dataclasses import dataclass
from typing import Any, cast

from sqlalchemy import BindParameter, Select, Table, bindparam, func, select
from sqlalchemy.orm import Session

from community.catalog.facts import WorkCard
from community.catalog.tables import Contribution, Series, SeriesPart, Work, WorkSubject
from community.catalog.works import cards
from community.prepared import Prepared

TIES: dict[str, Any] = {
    "author": (Contribution.work_id, Contribution.agent_id),
    "subject": (WorkSubject.work_id, WorkSubject.subject_id),
    "series": (SeriesPart.work_id, SeriesPart.series_id),
}
_ID: BindParameter[int] = bindparam("id")
_SERIES, _PARTS = (cast(Table, kind.__table__).c for kind in (Series, SeriesPart))
_SERIES_OF_WORK = Prepared(
    select(_SERIES.id, _SERIES.title, func.min(_PARTS.volume).label("volume"))
    .where(_PARTS.work_id == _ID, _SERIES.id == _PARTS.series_id)
    .group_by(_SERIES.id, _SERIES.title)
    .order_by(_SERIES.title)
)


@dataclass(frozen=True, slots=True)
class SeriesPage:
    """A series, and a page of its titles with their volumes."""

    id: int
    title: str
    total: int
    works: tuple[WorkCard, ...]
    volumes: dict[int, str]  # by work


def series_page(session: Session, series_id: int, limit: int = 20, offset: int = 0) -> SeriesPage | None:
    """A series and its titles, in the order of their years, or None."""
    title = session.scalar(select(Series.title).where(Series.id == series_id))
    if title is None:
        return None
    where = (Work.id.in_(under("series", series_id)), Work.removed_at.is_(None))
    total = session.scalar(select(func.count()).select_from(Work).where(*where)) or 0
    order = (Work.first_year.nulls_last(), Work.sort_title, Work.id)
    ids = list(session.scalars(select(Work.id).where(*where).order_by(*order).limit(limit).offset(offset)))
    numbered = select(SeriesPart.work_id, SeriesPart.volume).where(SeriesPart.series_id == series_id, SeriesPart.work_id.in_(ids))
    volumes: dict[int, str] = {}
    for work_id, volume in session.execute(numbered.order_by(SeriesPart.id)):
        if volume:
            volumes.setdefault(work_id, volume)
    return SeriesPage(series_id, title, total, cards(session, ids), volumes)


def of_work(session: Session, work_id: int) -> tuple[tuple[int, str, str], ...]:
    """The series that a title belongs to, each once: number, title, volume."""
    return tuple((one, title, volume) for one, title, volume in _SERIES_OF_WORK.rows(session, {"id": work_id}))


def newest_under(session: Session, kind: str, thing_id: int, limit: int) -> tuple[WorkCard, ...]:
    """The titles that came into the catalogue last, under an author, a subject or a series."""
    where = (Work.id.in_(under(kind, thing_id)), Work.removed_at.is_(None))
    ids = session.scalars(select(Work.id).where(*where).order_by(Work.created_at.desc(), Work.id.desc()).limit(limit))
    return cards(session, list(ids))


def under(kind: str, thing_id: int) -> Select[Any]:
    """The titles tied to such a thing."""
    work_id, tied_to = TIES[kind]
    return select(work_id).where(tied_to == thing_id)
