"""Statements that are composed and compiled once, and asked on every page."""

from collections.abc import Callable, Mapping
from typing import Any, cast

from sqlalchemy import Dialect, Select
from sqlalchemy.orm import Session

MOST_SHAPES = 200  # compiled forms of one statement: lists of other lengths are other statements to the database

Row = tuple[Any, ...]
Step = tuple[str, int | None, Callable[[Any], Any] | None]  # the name of a value, its place in a list, what the driver wants of it


class Prepared:
    """One SELECT with named parameters.

    What SQLAlchemy does for each statement that it runs costs more than SQLite does: there, the words go to the driver itself. Other
    databases are asked the ordinary way.
    """

    def __init__(self, statement: Select[Any]) -> None:
        self.statement = statement
        self.names = tuple(statement.selected_columns.keys())
        self._shapes: dict[tuple[int, ...], _Shape] = {}

    def rows(self, session: Session, values: Mapping[str, Any]) -> list[Row]:
        """All rows, their values of the types of the columns. `values` are the parameters; those of lists are lists."""
        dialect = session.get_bind().dialect
        if dialect.driver != "pysqlite":  # the asynchronous driver has no words to be given to
            return [tuple(row) for row in session.execute(self.statement, dict(values))]
        lengths = tuple(len(value) for value in values.values() if isinstance(value, list))
        shape = self._shapes.get(lengths)
        if shape is None:
            if len(self._shapes) >= MOST_SHAPES:
                self._shapes.clear()
            shape = self._shapes[lengths] = _Shape(self.statement, dialect, values)
        return shape.rows(session, values)

    def records(self, session: Session, values: Mapping[str, Any]) -> list[dict[str, Any]]:
        """The same rows by the names of their columns."""
        return [dict(zip(self.names, row, strict=True)) for row in self.rows(session, values)]

    def first(self, session: Session, values: Mapping[str, Any]) -> Row | None:
        """The first row, if there is one."""
        return next(iter(self.rows(session, values)), None)

    def scalar(self, session: Session, values: Mapping[str, Any]) -> Any:
        """The first value of the first row, or None."""
        found = self.first(session, values)
        return found[0] if found is not None else None


class _Shape:
    """A statement as the driver gets it, for lists of certain lengths."""

    def __init__(self, statement: Select[Any], dialect: Dialect, values: Mapping[str, Any]) -> None:
        compiled = statement.compile(dialect=dialect)
        expanded = compiled.construct_expanded_state(dict(values))
        self._words = expanded.statement
        given: dict[str, tuple[str, int | None]] = {}
        for name, value in values.items():
            given |= (
                {f"{name}_{place + 1}": (name, place) for place in range(len(value))} if isinstance(value, list) else {name: (name, None)}
            )
        processors = cast(Mapping[str, Callable[[Any], Any]], {**compiled._bind_processors, **expanded.processors})
        self._constants: list[Any] = []
        self._steps: list[tuple[int, Step]] = []
        for number, name in enumerate(expanded.positiontup or ()):
            convert = processors.get(name)
            value = expanded.parameters[name]
            self._constants.append(convert(value) if convert else value)
            if name in given:
                self._steps.append((number, (*given[name], convert)))
        columns = (column.type.dialect_impl(dialect).result_processor(dialect, None) for column in statement.selected_columns)
        self._converters = [(number, convert) for number, convert in enumerate(columns) if convert is not None]

    def rows(self, session: Session, values: Mapping[str, Any]) -> list[Row]:
        parameters = self._constants.copy()
        for number, (name, place, convert) in self._steps:
            value = values[name] if place is None else values[name][place]
            parameters[number] = convert(value) if convert else value
        driver: Any = session.connection().connection.driver_connection
        found: list[Row] = driver.execute(self._words, parameters).fetchall()
        if not self._converters or not found:
            return found
        return [self._converted(row) for row in found]

    def _converted(self, row: Row) -> Row:
        made = list(row)
        for number, convert in self._converters:
            made[number] = convert(made[number])
        return tuple(made)
