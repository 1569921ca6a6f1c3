"""What is wrong with how this library is set up, in words."""

import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from zoneinfo import ZoneInfo

import typer
from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError

from community.catalog.tables import Work
from community.database import Database
from community.errors import Misconfigured, Refusal
from community.messages import NAMES
from community.people import actors
from community.settings import Settings
from community.uris import LIBRARY
from moderation.policies import registry
from search.engines import open_index
from server import mail, schema
from server.cli import opening
from server.renderer import Renderer
from themes.manifest import ThemeError

LEAST_SPACE = 200 << 20  # bytes


def check() -> None:
    """Say what is misconfigured; status 1 if anything is."""
    found = opening.run(problems())
    for words in found:
        print(f"- {words}")
    if found:
        raise typer.Exit(1)
    print("All is well.")


async def problems() -> list[str]:
    """Everything that we can find, the gravest first."""
    try:
        chosen = opening.settings()
    except Misconfigured as cause:
        return [cause.public]
    found = [words async for words in _database(chosen)]
    for look in LOOKS:
        found += look(chosen)
    return found


async def _database(chosen: Settings) -> AsyncIterator[str]:
    try:
        database = Database(chosen.database)
    except (SQLAlchemyError, OSError, ImportError) as cause:
        yield f"DATABASE_URL cannot be used: {_words(cause)}."
        return
    try:
        await schema.check(database)
        if await schema.missing_triggers(database):
            yield "The moderation log is not guarded: its triggers are gone from the database, and its lines could be changed."
        async with database.snapshot() as session:
            if await actors.local(session, LIBRARY) is None:
                yield "The library has no keys yet: run `bookmobile migrate`."
            titles = await session.scalar(select(func.count()).select_from(Work)) or 0
        index = open_index(chosen, read_only=True)
        found = await index.health()
        await index.close()
        if titles and not (found.ok and found.documents):
            yield f"The search index does not answer, or is empty: run `bookmobile reindex`. {found.detail}".rstrip()
    except Refusal as cause:
        yield cause.public
    except (SQLAlchemyError, OSError) as cause:
        yield f"The database does not answer: {_words(cause)}."
    finally:
        await database.close()


def _address(chosen: Settings) -> Iterator[str]:
    if not chosen.root.startswith("https://"):
        yield f"BASE_URL is {chosen.root}: without https other servers will not talk with this library."
    if chosen.allow_private_network:
        yield "ALLOW_PRIVATE_NETWORK is on: for tests and the demo only, it lets others make this server call machines behind your wall."
    if chosen.demo:
        yield "DEMO is on: anybody may sign in as anyone with one click."


def _secret(chosen: Settings) -> Iterator[str]:
    file = Path(chosen.data_dir) / opening.SECRET
    if not chosen.secret_key:
        yield "SECRET_KEY is missing: run `bookmobile init`, which makes one, or set it to at least 32 random characters."
    elif len(chosen.secret_key) < 32:
        yield "SECRET_KEY is too short: it must have at least 32 characters."
    if file.exists() and file.stat().st_mode & 0o077:
        yield f"{file} can be read by others on this machine: chmod 600 it."


def _mail(chosen: Settings) -> Iterator[str]:
    if not mail.works(chosen):
        yield "SMTP_URL is not set: nobody can sign in by mail or confirm an address, and reporters get no answer."
    elif chosen.smtp_url and not chosen.mail_from:
        yield "MAIL_FROM is not set: many mail servers refuse letters from an address that they do not know."


def _disk(chosen: Settings) -> Iterator[str]:
    folder = Path(chosen.data_dir)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as cause:
        yield f"DATA_DIR ({folder}) cannot be written: {cause.strerror}."
        return
    if shutil.disk_usage(folder).free < LEAST_SPACE:
        yield f"The disk under DATA_DIR ({folder}) is nearly full."


def _looks(chosen: Settings) -> Iterator[str]:
    try:
        Renderer(chosen)
    except (Misconfigured, ThemeError) as cause:
        yield str(cause)
    try:
        ZoneInfo(chosen.timezone)
    except (ValueError, OSError, KeyError):
        yield f"TIMEZONE is {chosen.timezone!r}, which is not the name of a time zone such as Europe/Rome."
    if unknown := [one for one in chosen.languages if one not in NAMES]:
        yield f"LANGUAGES names {', '.join(unknown)}; we speak {', '.join(NAMES)}."


def _policies(chosen: Settings) -> Iterator[str]:
    try:
        registry.chosen(chosen.policies)
    except Misconfigured as cause:
        yield cause.public


def _contact(chosen: Settings) -> Iterator[str]:
    if not chosen.contact:
        yield "CONTACT is not set: readers and authorities must know whom to write to."


LOOKS: tuple[Callable[[Settings], Iterator[str]], ...] = (_secret, _address, _disk, _looks, _policies, _mail, _contact)


def _words(cause: Exception) -> str:
    """The first line of what went wrong, without the addresses that libraries add to it."""
    told = str(getattr(cause, "orig", None) or cause).strip().splitlines()
    return (told[0] if told else type(cause).__name__).rstrip(".").replace(os.linesep, " ")
