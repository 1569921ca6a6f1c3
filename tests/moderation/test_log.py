"""The log can be read and added to; nobody can change it, not even with the database in their hands."""

import pytest
from sqlalchemy import delete, select, text, update
from sqlalchemy.exc import DBAPIError

from community.database import Database
from community.people.accounts import Account
from community.people.actors import Actor
from moderation import log, queue
from moderation.tables import Action, LogEntry
from tests.moderation.people import decide, report, say


async def test_lines_are_read_from_the_newest(database: Database) -> None:
    async with database.transaction() as session:
        for number in range(5):
            log.write(session, "ben", "hide", f"https://harbour.example/{number}", reason="Rude")
    async with database.snapshot() as session:
        newest = await log.entries(session, limit=2)
        older = await log.entries(session, limit=2, before=newest[-1].id)
        about = await log.entries(session, about="https://harbour.example/0", who="ben")
    assert [entry.about[-1] for entry in (*newest, *older, *about)] == ["4", "3", "2", "1", "0"]


@pytest.mark.parametrize(
    "crime",
    [
        update(LogEntry).values(reason="Nothing happened"),
        delete(LogEntry),
        text("DELETE FROM log_entries WHERE id = 1"),
        text("UPDATE log_entries SET who = 'nobody'"),
    ],
    ids=str,
)
async def test_a_line_cannot_be_changed_or_dropped(database: Database, crime: object) -> None:
    async with database.transaction() as session:
        log.write(session, "ben", "hide", "https://harbour.example/1", reason="Rude")
    with pytest.raises(DBAPIError, match="append-only"):
        async with database.transaction() as session:
            await session.execute(crime)  # type: ignore[call-overload]
    async with database.snapshot() as session:
        assert (await session.scalars(select(LogEntry))).one().reason == "Rude"


async def test_a_line_cannot_be_replaced_or_cut_off(database: Database) -> None:
    async with database.transaction() as session:
        log.write(session, "ben", "hide", "https://harbour.example/1", reason="Rude")
    crime = "INSERT OR REPLACE INTO log_entries (id, at, who, what, about, reason) VALUES (1, '2026-01-01', 'x', 'x', 'x', 'x')"
    with pytest.raises(DBAPIError, match="append-only"):
        async with database.transaction() as session:
            await session.execute(text(crime if database.is_sqlite else "TRUNCATE log_entries"))
    async with database.snapshot() as session:
        assert (await session.scalars(select(LogEntry))).one().who == "ben"


async def test_a_line_that_changed_in_memory_is_not_saved(database: Database) -> None:
    async with database.transaction() as session:
        log.write(session, "ben", "hide", "https://harbour.example/1", reason="Rude")
    with pytest.raises(DBAPIError, match="append-only"):
        async with database.transaction() as session:
            (await session.scalars(select(LogEntry))).one().reason = "Kind"


async def test_everyone_may_read_what_was_done_but_not_by_whom_to_whom_and_with_which_words(
    database: Database, ben: Account, ada: Account, cleo: Actor
) -> None:
    for author in (cleo, ada.actor):
        await decide(database, await report(database, await say(database, author)), ben, Action.hide, rule="H4", reason="Cleo is a pig")
    own, theirs = await database.read(lambda session: queue.public_log(session, own_host="our.example"))
    assert (theirs.by, theirs.action, theirs.server, theirs.rule) == ("moderator", "hide", "harbour.example", "H4")
    assert own.server == ""
    assert not any(word in repr((own, theirs)) for word in ("ben", "cleo", "ada", "pig"))
