"""The people whom the tests of moderation are about, and what they say."""

from typing import Any

from community import uris
from community.database import Database
from community.people.accounts import Account, Role
from community.people.actors import Actor
from community.posts.kinds import Comment
from community.posts.post import Post
from moderation import decisions, reports
from moderation.decisions import Outcome
from moderation.tables import Action, Case, Decision, Origin, Report

OURS = uris.Uris("https://our.example")


def ours(username: str, kind: str = "Person") -> Actor:
    """An actor of our library."""
    uri = OURS.actor(username)
    return Actor(uri=uri, kind=kind, username=username, name=username.capitalize(), inbox=f"{uri}/inbox")


def elsewhere(username: str, domain: str = "harbour.example", kind: str = "Person") -> Actor:
    """An actor of another server."""
    uri = f"https://{domain}/users/{username}"
    return Actor(uri=uri, kind=kind, username=username, name=username.capitalize(), domain=domain, inbox=f"{uri}/inbox")


def words(author: Actor, html: str = "<p>Too long, and too much whale.</p>", **more: Any) -> Post:
    """A comment of somebody, with the addresses that it would have."""
    token = uris.token()
    if author.domain is None:
        return Comment(author=author, token=token, uri=OURS.note(token), url=OURS.post_page(token), html=html, source=html, **more)
    return Comment(author=author, token=token, uri=f"{author.uri}/{token}", html=html, **more)


async def keep_account(database: Database, username: str, role: Role) -> Account:
    """Somebody of ours with a role."""
    async with database.transaction() as session:
        kept = Account(actor=ours(username), email=f"{username}@our.example", role=role)
        session.add(kept)
    return kept


async def say(database: Database, author: Actor, html: str = "<p>Too long, and too much whale.</p>", **more: Any) -> Post:
    """Let somebody say something, so that it stands here."""
    async with database.transaction() as session:
        post = words(await session.get_one(Actor, author.id), html, **more)
        session.add(post)
    return post


async def report(database: Database, post: Post, **more: Any) -> Report:
    """Somebody reports a post; a visitor without an account, unless `more` says otherwise."""
    told = {"origin": Origin.form, "reason": "Rude", **more}
    async with database.transaction() as session:
        return await reports.open_report(session, post=await session.get_one(Post, post.id), **told)


async def report_actor(database: Database, actor: Actor, **more: Any) -> Report:
    """Somebody reports somebody."""
    told = {"origin": Origin.form, "reason": "Rude", **more}
    async with database.transaction() as session:
        return await reports.open_report(session, actor=await session.get_one(Actor, actor.id), **told)


async def case_of(database: Database, told: Report) -> Case:
    """The case of a report, as it is now."""
    async with database.snapshot() as session:
        return await session.get_one(Case, told.case_id)


async def decide(
    database: Database, told: Report, moderator: Account, action: Action, *, rule: str | None = None, reason: str = "Not here"
) -> Outcome:
    """A moderator looks at the case of a report, and decides."""
    async with database.transaction() as session:
        case = await session.get_one(Case, told.case_id)
        return await decisions.decide(session, case, moderator, action, rule, reason, case.version)


async def undo(database: Database, decision: Decision, moderator: Account, reason: str = "A mistake of mine") -> Outcome:
    """A moderator takes a decision back."""
    async with database.transaction() as session:
        return await decisions.undo(session, decision, moderator, reason)


async def now_of(database: Database, post: Post) -> Post:
    """A post as it is now."""
    async with database.snapshot() as session:
        return await session.get_one(Post, post.id)


async def actor_now(database: Database, actor: Actor) -> Actor:
    """Somebody as they are now."""
    async with database.snapshot() as session:
        return await session.get_one(Actor, actor.id)
