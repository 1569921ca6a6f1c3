"""Ada reads, Ben moderates, and Cleo is on harbour.example, where nobody here knows her."""

import pytest

from community.database import Database
from community.people.accounts import Account, Role
from community.people.actors import Actor
from tests.moderation import people


@pytest.fixture
async def ben(database: Database) -> Account:
    """Ben moderates."""
    return await people.keep_account(database, "ben", Role.moderator)


@pytest.fixture
async def ada(database: Database) -> Account:
    """Ada reads and writes here."""
    return await people.keep_account(database, "ada", Role.reader)


@pytest.fixture
async def cleo(database: Database) -> Actor:
    """Cleo writes on harbour.example."""
    async with database.transaction() as session:
        cleo = people.elsewhere("cleo")
        session.add(cleo)
    return cleo
