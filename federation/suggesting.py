"""Numbers that a partner library knows a title by, and we do not: suggested to a librarian, never written by themselves."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Session, joinedload

from community.catalog.tables import Edition, Identifier, Work
from community.clock import now
from community.database import insert_new, table_of
from community.errors import Conflict
from federation.tables import Answered, Partner, Suggestion

MOST = 12  # numbers of one document that are looked at


async def note(session: AsyncSession, host: str, work_id: int, pairs: Sequence[tuple[str, str]]) -> None:
    """Note what a partner's document adds to the edition of ours that it is about: schemes in which that has no number yet."""
    if await session.scalar(select(Partner.id).where(Partner.host == host)) is None:
        return
    shared = (
        select(Edition.id)
        .join(Identifier, Identifier.edition_id == Edition.id)
        .where(Edition.work_id == work_id, Edition.removed_at.is_(None), Identifier.value.in_([value for _, value in pairs[:MOST]]))
    )
    edition_id = await session.scalar(shared.limit(1))
    if edition_id is None:
        return
    known = set(await session.scalars(select(Identifier.scheme).where(Identifier.edition_id == edition_id)))
    fresh = {scheme: value for scheme, value in reversed(pairs[:MOST]) if scheme not in known and len(value) <= 200}
    if fresh:
        moment = now()
        rows = [
            {"edition_id": edition_id, "scheme": scheme, "value": value, "host": host, "state": Answered.waiting, "created_at": moment}
            for scheme, value in fresh.items()
        ]
        await session.execute(insert_new(session, table_of(Suggestion), rows, unique=["edition_id", "scheme", "value"]))


def waiting(session: Session, limit: int = 100) -> Sequence[Suggestion]:
    """What nobody has answered yet, with its edition and work."""
    query = (
        select(Suggestion)
        .where(Suggestion.state == Answered.waiting)
        .options(joinedload(Suggestion.edition).joinedload(Edition.work))
        .order_by(Suggestion.id)
        .limit(limit)
    )
    return session.scalars(query).all()


async def answer(session: AsyncSession, suggestion: Suggestion, *, accepts: bool) -> None:
    """Write the number into the catalogue, or refuse it for good. Raises Conflict when somebody was faster."""
    if suggestion.state is not Answered.waiting:
        raise Conflict("Somebody has answered this already.")
    suggestion.state = Answered.accepted if accepts else Answered.refused
    if not accepts:
        return
    edition = await session.get_one(Edition, suggestion.edition_id)
    row = {"edition_id": edition.id, "scheme": suggestion.scheme, "value": suggestion.value}
    known = select(Identifier.id).where(Identifier.edition_id == edition.id, Identifier.scheme == suggestion.scheme)
    if await session.scalar(known.where(Identifier.value == suggestion.value)) is None:
        session.add(Identifier(**row))
    edition.changed_at = now()
    work = await session.get_one(Work, edition.work_id)
    work.changed_at = work.touched_at = now()
