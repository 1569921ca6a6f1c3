"""Many rows in one statement, on SQLite and on PostgreSQL."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, TypeVar

from sqlalchemy import Table, bindparam, select, update
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

T = TypeVar("T")
Rows = Sequence[dict[str, Any]]
Filler = Callable[[Any, Any], Any]
AT_ONCE = 500  # values in one IN (...): a statement has a limit of variables


async def add_new(session: AsyncSession, table: Table, rows: Rows, *, unique: Sequence[str]) -> None:
    """Add those of the rows whose `unique` columns are not there yet. In order of these, so that two imports never wait in a circle."""
    if rows:
        rows = sorted(rows, key=lambda row: tuple(row[name] for name in unique))
        statement: Any = _insert(session)(table).on_conflict_do_nothing(index_elements=list(unique))
        await session.execute(statement, rows)


async def put(session: AsyncSession, table: Table, rows: Rows, *, unique: Sequence[str], keep: Sequence[str] = ()) -> None:
    """Add the rows, or overwrite the ones that are there, except what the columns `keep` say."""
    if rows:
        rows = sorted(rows, key=lambda row: tuple(row[name] for name in unique))
        statement: Any = _insert(session)(table)
        changes = {name: statement.excluded[name] for name in rows[0] if name not in unique and name not in keep}
        await session.execute(statement.on_conflict_do_update(index_elements=list(unique), set_=changes), rows)


async def add(session: AsyncSession, table: Table, rows: Rows) -> None:
    """Add the rows."""
    if rows:
        await session.execute(_insert(session)(table), rows)


async def change(session: AsyncSession, table: Table, rows: Rows, *, unless: Mapping[str, Filler] | None = None) -> None:
    """Set the columns that the rows name, where `id` is theirs; `unless` tells for a column how old and told value make the new one."""
    if not rows:
        return
    values: dict[str, Any] = {}
    for name in rows[0]:
        if name != "id":
            told = bindparam(f"told_{name}", type_=table.c[name].type)
            values[name] = unless[name](table.c[name], told) if unless and name in unless else told
    statement = update(table).where(table.c.id == bindparam("told_id")).values(values)
    await (await session.connection()).execute(statement, [{f"told_{name}": value for name, value in row.items()} for row in rows])


def portions(values: Sequence[T]) -> Iterator[Sequence[T]]:
    """The values, as many at a time as one statement takes."""
    for start in range(0, len(values), AT_ONCE):
        yield values[start : start + AT_ONCE]


async def look_up(session: AsyncSession, columns: Sequence[InstrumentedAttribute[Any]], values: Iterable[Any], *where: Any) -> list[Any]:
    """The rows whose first column is one of the values."""
    found: list[Any] = []
    for some in portions(list(values)):
        found += (await session.execute(select(*columns).where(columns[0].in_(some), *where))).all()
    return found


def _insert(session: AsyncSession) -> Any:
    return postgresql_insert if session.get_bind().dialect.name == "postgresql" else sqlite_insert
