"""A prepared statement answers what the same statement answers when it is asked the ordinary way."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import BindParameter, Select, bindparam, select
from sqlalchemy.orm import Session

from community.catalog.tables import Edition, Work
from community.database import Database, table_of
from community.prepared import Prepared
from tests.world import town

EDITIONS = table_of(Edition).c
WHALES = datetime(1851, 10, 18, 12, 30, tzinfo=UTC)


@pytest.fixture
async def catalogue(tmp_path: Path) -> Any:
    async with town(tmp_path) as here:
        for title in ("Moby-Dick", "Typee", "Omoo"):
            await here.book(title, isbn=None)
        async with here.database.transaction() as session:
            work = await session.get_one(Work, 1)
            work.removed_at = WHALES
        yield here.database


def ordinary(session: Session, statement: Select[Any], values: dict[str, Any]) -> list[tuple[Any, ...]]:
    return [tuple(row) for row in session.execute(statement, values)]


async def test_values_have_the_types_of_their_columns(catalogue: Database) -> None:
    statement = select(*EDITIONS).where(EDITIONS.work_id == bindparam("work"))

    def both(session: Session) -> tuple[Any, Any]:
        return Prepared(statement).rows(session, {"work": 2}), ordinary(session, statement, {"work": 2})

    prepared, expected = await catalogue.read(both)
    assert prepared == expected
    assert len(prepared) == 1
    assert [type(value) for value in prepared[0]] == [type(value) for value in expected[0]]


async def test_moments_keep_their_zone_both_ways(catalogue: Database) -> None:
    works = table_of(Work).c
    statement = Prepared(select(works.title, works.removed_at).where(works.removed_at == bindparam("when", type_=works.removed_at.type)))

    found = await catalogue.read(lambda session: statement.records(session, {"when": WHALES}))

    assert found == [{"title": "Moby-Dick", "removed_at": WHALES}]


async def test_lists_of_any_length_are_asked_beside_constants_of_the_statement(catalogue: Database) -> None:
    some: BindParameter[Any] = bindparam("ids", expanding=True)
    statement = select(EDITIONS.title).where(EDITIONS.work_id.in_(some), EDITIONS.form.in_(["book", "film"])).order_by(EDITIONS.id)
    prepared = Prepared(statement)

    def ask(session: Session) -> list[Any]:
        return [prepared.rows(session, {"ids": ids}) for ids in ([1, 2, 3], [2], [], [3, 1])]

    assert await catalogue.read(ask) == [[("Moby-Dick",), ("Typee",), ("Omoo",)], [("Typee",)], [], [("Moby-Dick",), ("Omoo",)]]


async def test_the_first_row_and_its_first_value_may_be_missing(catalogue: Database) -> None:
    statement = Prepared(select(EDITIONS.title).where(EDITIONS.work_id == bindparam("work")))

    def ask(session: Session) -> list[Any]:
        return [statement.first(session, {"work": 3}), statement.scalar(session, {"work": 3}), statement.scalar(session, {"work": 99})]

    assert await catalogue.read(ask) == [("Omoo",), "Omoo", None]
