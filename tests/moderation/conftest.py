"""A database of its own for every test, and the people whom these tests are about."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from community import uris
from community.database import Database
from community.people.accounts import Account, Role
from community.people.actors import Actor
from community.posts.kinds import Comment
from community.posts.post import Post
from moderation import reports
from moderation.tables import Case, Origin, Report
from server.tables import METADATA

OURS = uris.Uris("https://our.example")


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    """An empty library."""
    database = Database(f"sqlite+aiosqlite:///{tmp_path}/library.sqlite")
    async with database.engine.begin() as connection:
        await connection.run_sync(METADATA.create_all)
    yield database
    await database.close()


def ours(username: str, kind: str = "Person") -> Actor:
    """An actor of our library."""
    uri = OURS.actor(username)
    return Actor(uri=uri, kind=kind, username=username, name=username.capitalize(), inbox=f"{uri}/inbox")


def elsewhere(username: str, domain: str = "harbour.example", kind: str = "Person") -> Actor:
    """An actor of another server."""
    uri = f"https://{domain}/users/{username}"
    return Actor(uri=uri, kind=kind, username=username, name=username.capitalize(), domain=domain, inbox=f"{uri}/inbox")


def account(actor: Actor, role: Role = Role.reader) -> Account:
    """How somebody of ours signs in."""
    return Account(actor=actor, email=f"{actor.username}@our.example", role=role)


def words(author: Actor, html: str = "<p>Too long, and too much whale.</p>", **more: object) -> Post:
    """A comment of somebody, with the addresses that it would have."""
    token = uris.token()
    if author.domain is None:
        return Comment(author=author, token=token, uri=OURS.note(token), url=OURS.post_page(token), html=html, source=html, **more)
    return Comment(author=author, token=token, uri=f"{author.uri}/{token}", html=html, **more)


@pytest.fixture
async def ben(database: Database) -> Account:
    """Ben moderates."""
    return await keep_account(database, "ben", Role.moderator)


@pytest.fixture
async def ada(database: Database) -> Account:
    """Ada reads and writes here."""
    return await keep_account(database, "ada", Role.reader)


@pytest.fixture
async def cleo(database: Database) -> Actor:
    """Cleo is on harbour.example; nobody here knows her."""
    async with database.transaction() as session:
        cleo = elsewhere("cleo")
        session.add(cleo)
    return cleo


async def keep_account(database: Database, username: str, role: Role) -> Account:
    """Somebody of ours with a role."""
    async with database.transaction() as session:
        kept = account(ours(username), role)
        session.add(kept)
    return kept


async def say(database: Database, author: Actor, html: str = "<p>Too long, and too much whale.</p>", **more: object) -> Post:
    """Let somebody say something, so that it stands here."""
    async with database.transaction() as session:
        post = words(await session.get_one(Actor, author.id), html, **more)
        session.add(post)
    return post


async def report(database: Database, post: Post, **more: object) -> tuple[Case, Report]:
    """Somebody without an account reports a post."""
    async with database.transaction() as session:
        told = await reports.open_report(
            session,
            **{"post": await session.get_one(Post, post.id), "origin": Origin.form, "reason": "Rude", **more},  # type: ignore[arg-type]
        )
        case = await session.get_one(Case, told.case_id)
    return case, told
