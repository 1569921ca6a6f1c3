"""The benches run, what they check is true, and their checks can fail."""

import sqlite3
from pathlib import Path

import pytest

from bench import fanout, inbox, page
from bench.contest import Check, Result
from bench.inbox import RIGHT, Door, right
from bench.letters import Kind

pytestmark = [pytest.mark.processes, pytest.mark.timeout(600)]


def wrong(result: Result) -> list[str]:
    return [f"{check.name} ({check.seen})" for check in result.checks if not check.ok]


async def test_the_inbox_is_measured_and_every_answer_was_right(tmp_path: Path) -> None:
    result = await inbox.run(tmp_path, 2, size=200)
    assert wrong(result) == []
    assert result.ratio > 0


async def test_fan_out_is_measured_and_everything_arrived(tmp_path: Path) -> None:
    result = await fanout.run(tmp_path, 2, servers=5, posts=2, troubled=1)
    assert wrong(result) == []
    assert result.ratio > 0


async def test_a_page_is_measured_and_the_bound_renders_the_same_one(tmp_path: Path) -> None:
    result = await page.run(tmp_path, 2, size=10)
    assert wrong(result) == []
    assert result.ratio > 0


def test_an_empty_inbox_is_found_out(tmp_path: Path) -> None:
    file = tmp_path / "empty.sqlite"
    with sqlite3.connect(file) as connection:
        connection.execute("CREATE TABLE inbox (activity_id TEXT)")
    checks: list[Check] = right(Door(1, file, "inbox.activity_id"), {Kind.good: RIGHT[Kind.good]})
    assert not all(check.ok for check in checks)
