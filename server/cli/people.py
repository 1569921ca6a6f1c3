"""People: who has an account, and what they may do."""

import asyncio
import re
from typing import Annotated

import typer
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from community.errors import NotFound, Unprocessable
from community.library import Library
from community.people import accounts, actors
from community.people.accounts import Account, Role
from community.people.actors import Actor
from federation import keys
from server import sessions
from server.actions import registering
from server.actions.registering import Newcomer
from server.cli import opening

USERNAME = re.compile(r"[a-z0-9_]{1,60}")
EMAIL = re.compile(r"[^@\s]+@[^@\s]+")

app = typer.Typer(help="People: open an account, change a role, let somebody in again.", no_args_is_help=True)
Who = Annotated[str, typer.Argument(help="Their username or e-mail address.", metavar="WHO")]


@app.command()
def create(
    username: Annotated[str, typer.Argument(help="Their name in addresses: small letters, digits and _. It can never change.")],
    email: Annotated[str, typer.Option(help="Their e-mail address; it never leaves this library.")],
    name: Annotated[str, typer.Option(help="The name that people see.")] = "",
    role: Annotated[Role, typer.Option(help="What they may do.")] = Role.reader,
) -> None:
    """Open an account, and print the link with which its owner signs in for the first time."""
    link = opening.run(_create(username.lower(), email.strip().lower(), name, role))
    print(f"{username.lower()} is a {role} now, and signs in once, within {registering.MINUTES} minutes, with this link:")
    print(link)


@app.command()
def promote(who: Who, role: Annotated[Role, typer.Argument(help="What they may do from now on.")]) -> None:
    """Give somebody a role; the one they had ends."""
    former = opening.run(_promote(who, role))
    print(f"{who} was a {former} and is a {role} now.")


@app.command()
def reset(who: Who) -> None:
    """Forget somebody's password, sign them out everywhere, and print a link that lets them in once."""
    link = opening.run(_reset(who))
    print(f"Every browser of {who} is signed out. Within {registering.MINUTES} minutes this link lets them in, once:")
    print(link)


def check(username: str, email: str) -> None:
    """Raises Unprocessable for what cannot be a username or an e-mail address."""
    if not USERNAME.fullmatch(username):
        raise Unprocessable("A username has small letters, digits and _ only, 60 at most.")
    if not EMAIL.fullmatch(email):
        raise Unprocessable(f"{email} is not an e-mail address.")


async def find(session: AsyncSession, who: str) -> Account:
    """The open account with this username or e-mail address; raises NotFound."""
    if "@" in who.lstrip("@"):
        account = await accounts.by_email(session, who)
    else:
        query = select(Account).join(Actor, Actor.id == Account.actor_id).where(Account.closed_at.is_(None), Actor.domain.is_(None))
        account = (await session.scalars(query.where(Actor.username == who.lstrip("@").lower()))).first()
    if account is None:
        raise NotFound(f"Nobody here is called {who}.")
    return account


async def _create(username: str, email: str, name: str, role: Role) -> str:
    check(username, email)
    pair = await asyncio.to_thread(keys.new_pair)
    async with opening.library() as library, library.database.transaction() as session:
        if username in registering.RESERVED and await actors.local(session, username) is None:
            raise Unprocessable(f"The name {username} is kept back, so that nobody can pass for the library.")
        newcomer = Newcomer(email, username, name, library.settings.language, role=role)
        await registering.open_account(session, library, newcomer, pair)
        return await link(session, library, email)


async def link(session: AsyncSession, library: Library, email: str) -> str:
    """The address that signs the owner of this mailbox in, once."""
    return f"{library.uris.root}/sign-in/{await registering.make_link(session, email)}"


async def _promote(who: str, role: Role) -> Role:
    async with opening.library() as library, library.database.transaction() as session:
        account = await find(session, who)
        former, account.role = account.role, role
        return former


async def _reset(who: str) -> str:
    async with opening.library() as library, library.database.transaction() as session:
        account = await find(session, who)
        account.password_hash = None
        await sessions.end_all(session, account.id)
        return await link(session, library, account.email)
