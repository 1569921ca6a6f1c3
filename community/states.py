"""A state, and the moves it allows."""

from collections.abc import Mapping, Set
from enum import StrEnum
from typing import Protocol, TypeVar

from community.errors import Conflict

S = TypeVar("S", bound=StrEnum)


class Stateful(Protocol[S]):
    """A row that is in one state at a time."""

    state: S


def move(row: Stateful[S], to: S, moves: Mapping[S, Set[S]]) -> None:
    """Go to a state, if the table allows it from here. Raises Conflict otherwise."""
    if to not in moves[row.state]:
        raise Conflict(f"This cannot go from {row.state} to {to}.")
    row.state = to
