"""The library itself: made, and its database brought to this version."""

import asyncio
import os
import re
from dataclasses import fields
from pathlib import Path
from typing import Annotated

import typer
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from community import settings as knobs
from community.errors import Conflict, Misconfigured
from community.library import Library, open_library
from community.people import accounts
from community.people.accounts import Account, Role
from community.people.actors import Actor
from community.settings import CONFIG, PREFIX, Settings
from federation import keys, residents
from server import schema
from server.actions import registering
from server.actions.registering import Newcomer
from server.cli import opening, people


def init(
    admin_email: Annotated[str, typer.Option(help="E-mail address of the first administrator.")],
    domain: Annotated[str, typer.Option(help="The library's host name, for ever: library.example.org.")] = "",
    name: Annotated[str, typer.Option(help="The library's name, as people read it.")] = "",
    admin_username: Annotated[str, typer.Option(help="The administrator's name in addresses; made of the e-mail address if missing.")] = "",
) -> None:
    """Make a library: settings, secret key, database, its keys, and the first administrator, who gets a link to sign in."""
    file = Path(os.environ.get(CONFIG) or "bookmobile.toml")
    written = _write_settings(file, domain, name)
    chosen = _agreed(knobs.read(), domain=domain, name=name)
    secret = opening.make_secret(chosen)
    chosen = opening.with_secret(chosen)
    for made, what in ((written, "settings"), (secret, "secret key; keep it out of sight, and in your backup")):
        if made is not None:
            print(f"Wrote {made} ({what}).")
    username, link = opening.run(_make(chosen, admin_email.strip().lower(), admin_username.strip().lower()))
    print(f"{chosen.name} is ready at {chosen.root}")
    print(f"Next: `bookmobile serve`. Then {username} signs in, once and within {registering.MINUTES} minutes, with this link:")
    print(link)


def migrate() -> None:
    """Bring the database to this version of the program."""
    if opening.run(bring_up(opening.settings())):
        print(f"The database is now at step {schema.newest()}.")
    else:
        print(f"The database is at step {schema.newest()} already.")


async def bring_up(chosen: Settings) -> bool:
    """Bring the database, and the library's profile in it, to where this version and its settings are; says whether steps were taken."""
    library = open_library(chosen)
    try:
        done = await schema.upgrade(library.database)
        await residents.settle(library)
        return done
    finally:
        await library.close()


async def _make(chosen: Settings, email: str, username: str) -> tuple[str, str]:
    """Database, keys and administrator; returns the administrator's name and link."""
    library = open_library(chosen)
    try:
        await schema.upgrade(library.database)
        await residents.settle(library)
        pair = await asyncio.to_thread(keys.new_pair)
        async with library.database.transaction() as session:
            account = await accounts.by_email(session, email)
            if account is None:
                account = await _open_administrator(session, library, email, username, pair)
            account.role = Role.administrator
            found = (await session.get_one(Actor, account.actor_id)).username
            return found, await people.link(session, library, email)
    finally:
        await library.close()


async def _open_administrator(session: AsyncSession, library: Library, email: str, username: str, pair: tuple[str, str]) -> Account:
    people.check(username or "first", email)
    first = (await session.scalars(select(Account).where(Account.role == Role.administrator, Account.closed_at.is_(None)))).first()
    if first is not None:
        raise Conflict(f"This library has an administrator already ({first.email}). See `bookmobile user create --help`.")
    made_up = re.sub(r"[^a-z0-9_]", "", email.partition("@")[0])[:50] or "first"
    names = [username] if username else [made_up, f"{made_up}1", "first_librarian"]
    for name in names:
        if await registering.is_free(session, name):
            newcomer = Newcomer(email, name, "", library.settings.language, role=Role.administrator)
            return await registering.open_account(session, library, newcomer, pair)
    raise Conflict(f"The name {names[0]} cannot be had; choose another one with --admin-username.")


def _write_settings(file: Path, domain: str, name: str) -> Path | None:
    """A settings file that explains every knob, unless there is one or the environment has said it all."""
    said = {key.removeprefix(PREFIX).lower(): value for key, value in os.environ.items() if key.startswith(PREFIX)}
    if file.exists() or ("domain" in said and ("name" in said or not name)):
        return None
    domain = domain or said.get("domain", "")
    if not domain:
        raise Misconfigured("The setting DOMAIN is missing: give --domain, for example --domain library.example.org.")
    told = {"domain": domain} | ({"name": name} if name else {})
    others = {key: value for key, value in os.environ.items() if key != CONFIG}
    knobs.read(others | {f"{PREFIX}{key.upper()}": value for key, value in told.items()}, Path(os.devnull))  # refuse before we write
    lines = ["# The settings of one Bookmobile library. What the environment says (BOOKMOBILE_NAME and so on) wins.", ""]
    for one in fields(Settings):
        if one.metadata["secret"]:
            continue  # these belong into the environment
        default = told.get(one.name, None if one.name == "domain" else one.default)
        lines += [f"# {one.metadata['help']}", f"{'' if one.name in told else '# '}{one.name} = {toml(default)}", ""]
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("\n".join(lines), encoding="utf-8")
    return file


def toml(value: object) -> str:
    """A value as TOML writes it."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple):
        return "[" + ", ".join(toml(one) for one in value) + "]"
    escaped = str(value).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _agreed(chosen: Settings, **told: str) -> Settings:
    """The settings, if they say what was said on the command line."""
    for name, value in told.items():
        if value and value != getattr(chosen, name):
            raise Misconfigured(f"The settings say that {name.upper()} is {getattr(chosen, name)}, and you say {value}.")
    return chosen
