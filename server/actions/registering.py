"""Opening and closing accounts, and the links that let people in."""

import secrets
from dataclasses import dataclass

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from community.clock import minutes, now
from community.errors import Conflict
from community.library import Library
from community.people import accounts, actors
from community.people.accounts import Account, Role, SignInLink
from community.people.actors import Actor, ActorState
from community.people.follows import Follow, FollowState
from community.posts import attendances
from community.posts import post as posts
from community.posts.post import Post, Standing
from federation import doors, outbox, residents
from server import sessions
from server.letters import PendingPassword

MINUTES = 30  # a sign-in link lives so long
_KEPT_BACK = (
    "library instance actor admin administrator root postmaster webmaster abuse security moderator moderation support help "
    "info contact mail noreply no_reply system bookmobile everyone all here public"
)
RESERVED = frozenset(_KEPT_BACK.split())


@dataclass(frozen=True)
class Newcomer:
    """Somebody who wants an account."""

    email: str
    username: str
    name: str
    language: str
    password_hash: str | None = None
    role: Role = Role.reader


async def is_free(session: AsyncSession, username: str) -> bool:
    """Whether an account of this name can be opened. A name that was used once is never given to somebody else."""
    return username not in RESERVED and await actors.local(session, username) is None


async def open_account(session: AsyncSession, library: Library, newcomer: Newcomer, pair: tuple[str, str]) -> Account:
    """Make the account and its actor with this pair of keys. Raises Conflict when the name or the address is taken."""
    if await actors.local(session, newcomer.username) is not None:
        raise Conflict("This name is taken. Please choose another one.")
    if await accounts.by_email(session, newcomer.email) is not None:
        raise Conflict("There is an account with this e-mail address already.")
    actor = await residents.add_person(session, library, newcomer.username, newcomer.name, pair)
    account = Account(
        actor_id=actor.id,
        email=newcomer.email,
        password_hash=newcomer.password_hash,
        role=newcomer.role,
        language=newcomer.language,
    )
    session.add(account)
    await session.flush()
    return account


async def make_link(session: AsyncSession, email: str, newcomer: Newcomer | None = None) -> str:
    """A secret that signs the owner of this mailbox in, once; with a newcomer, it opens their account first."""
    secret = secrets.token_urlsafe(24)
    link = SignInLink(
        secret_hash=sessions.digest(secret),
        email=email,
        username=newcomer.username if newcomer else None,
        name=newcomer.name if newcomer else "",
        expires_at=now() + minutes(MINUTES),
    )
    session.add(link)
    await session.flush()
    if newcomer is not None and newcomer.password_hash is not None:
        session.add(PendingPassword(link_id=link.id, password_hash=newcomer.password_hash))
    return secret


async def find_link(session: AsyncSession, secret: str) -> SignInLink | None:
    """The link with this secret, if it can still be used."""
    query = select(SignInLink).where(SignInLink.secret_hash == sessions.digest(secret))
    return (await session.scalars(query.where(SignInLink.used_at.is_(None), SignInLink.expires_at > now()))).first()


async def use_link(session: AsyncSession, library: Library, secret: str, language: str, pair: tuple[str, str] | None) -> Account | None:
    """The account that this link opens, once; None when it is used up. `pair`: keys for a new account."""
    spend = (
        update(SignInLink)
        .where(SignInLink.secret_hash == sessions.digest(secret), SignInLink.used_at.is_(None), SignInLink.expires_at > now())
        .values(used_at=now())
        .returning(SignInLink)
        .execution_options(synchronize_session=False)
    )
    link = (await session.scalars(spend)).first()
    if link is None:
        return None
    account = await accounts.by_email(session, link.email)
    if account is not None or link.username is None or pair is None:
        return account
    pending = await session.get(PendingPassword, link.id)
    kept = pending.password_hash if pending else None
    if pending is not None:
        await session.delete(pending)
    return await open_account(session, library, Newcomer(link.email, link.username, link.name, language, kept), pair)


async def close_account(session: AsyncSession, library: Library, account: Account) -> None:
    """Take back everything that somebody said here, tell every server that heard of them, and forget who they were.

    The name stays taken and answers 410: nobody else shall ever speak with it.
    """
    actor = await session.get_one(Actor, account.actor_id)
    query = select(Post).where(Post.author_id == actor.id, Post.standing != Standing.deleted)
    for post in await session.scalars(query):
        await posts.touch(session, post)
        await posts.bury(session, post.uri, "Event" if post.kind == "event" else "Note")
        post.move(Standing.deleted)
        post.title, post.html, post.source, post.warning, post.half_stars = None, "", "", None, None
    for event, guest in await attendances.leave_all(session, actor):
        await doors.tell(session, library, event, guest)
    await outbox.delete_actor(session, library, actor)
    await posts.bury(session, actor.uri, "Person")
    actor.state = ActorState.gone
    actor.name, actor.summary, actor.icon_url = "", "", None
    ended = update(Follow).where((Follow.follower_id == actor.id) | (Follow.followed_id == actor.id)).values(state=FollowState.ended)
    await session.execute(ended.execution_options(synchronize_session=False))
    account.closed_at = now()
    account.email = f"closed-{account.id}@invalid"
    account.password_hash = None
    await sessions.end_all(session, account.id)
    await session.flush()
