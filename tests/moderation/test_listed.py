"""The list of words is kept folded, can be tried before it is used, and says who changed it."""

import pytest
from sqlalchemy import select

from community.database import Database
from community.errors import Conflict, Unprocessable
from community.people.actors import Actor
from moderation import listed
from moderation.tables import DomainAnswer, ListedWord, LogEntry
from tests.moderation.people import say


async def test_a_word_is_put_on_the_list_and_taken_off(database: Database) -> None:
    async with database.transaction() as session:
        word = await listed.add(session, "  LÁND-lubber! ", DomainAnswer.hold, "Rude", who="ben")
        assert word.phrase == "land lubber"
        with pytest.raises(Conflict):
            await listed.add(session, "land lubber", DomainAnswer.refuse, "", who="ben")
    async with database.transaction() as session:
        await listed.take_off(session, (await session.scalars(select(ListedWord))).one(), who="bea")
    async with database.snapshot() as session:
        entries = await session.scalars(select(LogEntry).order_by(LogEntry.id))
        written = [(entry.who, entry.what, entry.about) for entry in entries]
        assert written == [("ben", "list", "land lubber"), ("bea", "unlist", "land lubber")]
        assert (await session.scalars(select(ListedWord))).all() == []


@pytest.mark.parametrize("phrase", ["", "...", "e", "\u200b", "a " * 13, "x" * 201])
async def test_a_word_that_says_nothing_or_nearly_everything_is_refused(database: Database, phrase: str) -> None:
    with pytest.raises(Unprocessable):
        async with database.transaction() as session:
            await listed.add(session, phrase, DomainAnswer.hold, "", who="ben")


async def test_a_word_can_be_tried_on_what_was_said_before(database: Database, cleo: Actor) -> None:
    await say(database, cleo, "<p>You <b>land</b>lubber!</p>")
    await say(database, cleo, "<p>Fine.</p>", title="L4ndlubber")
    await say(database, cleo, "<p>I saw the landlubbers.</p>")
    async with database.snapshot() as session:
        assert await listed.would_catch(session, "landlubber") == (2, 3)
