"""The library that a command works for: its settings, its secret, its database."""

import os
import secrets
from collections.abc import AsyncIterator, Coroutine, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

import uvloop

from community import settings as knobs
from community.errors import Misconfigured
from community.library import Library, open_library
from community.settings import Settings
from server import schema

T = TypeVar("T")
SECRET = "secret_key"  # the file in DATA_DIR that `init` makes when no setting names a key


def settings() -> Settings:
    """What this library has chosen; its secret key from DATA_DIR when no setting names one. Raises Misconfigured."""
    return with_secret(knobs.read())


def with_secret(chosen: Settings) -> Settings:
    """The same settings with the key that `init` has made, if there is one and no other is set."""
    file = Path(chosen.data_dir) / SECRET
    if chosen.secret_key or not file.exists():
        return chosen
    try:
        return replace(chosen, secret_key=file.read_text(encoding="ascii").strip())
    except OSError as cause:
        raise Misconfigured(f"The secret key in {file} cannot be read: {cause.strerror}.") from cause


def make_secret(chosen: Settings) -> Path | None:
    """Make a key that only this user can read, unless there is one; says where it is."""
    file = Path(chosen.data_dir) / SECRET
    if chosen.secret_key or file.exists():
        return None
    file.parent.mkdir(parents=True, exist_ok=True)
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as opened:
        opened.write(secrets.token_urlsafe(48) + "\n")
    return file


@asynccontextmanager
async def library(chosen: Settings | None = None) -> AsyncIterator[Library]:
    """The library of these settings, whose database has the shape that we need; raises Misconfigured."""
    opened = open_library(chosen or settings())
    try:
        await schema.check(opened.database)
        yield opened
    finally:
        await opened.close()


def environ(more: Mapping[str, str]) -> dict[str, str]:
    """The environment of a child that works for another library: nothing of ours but what is given, by whole names."""
    return {key: value for key, value in os.environ.items() if not key.startswith(knobs.PREFIX)} | dict(more)


def run(work: Coroutine[Any, Any, T]) -> T:
    """Do this, on the loop that serves too."""
    return uvloop.run(work)
