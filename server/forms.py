"""What somebody typed: read, looked at, and given back with words about what is wrong."""

import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from starlette.datastructures import FormData, UploadFile
from starlette.requests import Request
from starlette.responses import Response

from community.messages import gettext
from server import context, render, sessions
from themes.filters import N_

EMAIL = re.compile(r"[^@\s,;<>\"]{1,64}@[^@\s,;<>\"]+\.[^@\s,;<>\"]{2,}")
TOKEN = "csrf"

Endpoint = Callable[[Request], Awaitable[Response]]
Check = Callable[[str], Any]


class Wrong(Exception):
    """A value that we cannot take; the message is for the person who typed it."""


@dataclass(frozen=True)
class Field:
    """One thing that a form asks for: how long it may be, whether it must be there, and how to read it."""

    most: int = 200
    is_required: bool = False
    read: Check = str
    missing: str = N_("Please fill this in.")


@dataclass
class Form:
    """What was typed (`values`), what was wrong with it (`errors`), and what it means (`given`)."""

    values: Mapping[str, str] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)
    given: dict[str, Any] = field(default_factory=dict)
    files: Mapping[str, UploadFile] = field(default_factory=dict)
    language: str = "en"

    def refuse(self, name: str, message: str, **values: object) -> None:
        """Say what is wrong with a field, or with the whole form when the name is empty."""
        self.errors.setdefault(name, gettext(self.language, message, **values))

    def __getitem__(self, name: str) -> Any:
        return self.given[name]


def required(most: int = 200, read: Check = str, missing: str = N_("Please fill this in.")) -> Field:
    """A field that must be filled in."""
    return Field(most, True, read, missing)


def optional(most: int = 200, read: Check = str) -> Field:
    """A field that may be left empty; then its value is None."""
    return Field(most, False, read)


def email(typed: str) -> str:
    """An e-mail address, in lower case."""
    if not EMAIL.fullmatch(typed):
        raise Wrong(N_("This does not look like an e-mail address."))
    return typed.lower()


def number(least: int, most: int) -> Check:
    """A whole number between two others."""

    def read(typed: str) -> int:
        if not re.fullmatch(r"-?\d{1,9}", typed) or not least <= int(typed) <= most:
            raise Wrong(N_("This is not one of the numbers that we can use here."))
        return int(typed)

    return read


def one_of(*choices: str) -> Check:
    """One of these words."""

    def read(typed: str) -> str:
        if typed not in choices:
            raise Wrong(N_("Please choose one of these."))
        return typed

    return read


def moment(zone: str) -> Check:
    """A date and a time on the library's clock."""

    def read(typed: str) -> datetime:
        try:
            return datetime.fromisoformat(typed).replace(tzinfo=ZoneInfo(zone))
        except ValueError as cause:
            raise Wrong(N_("Please give a date and a time, such as 2027-03-14 18:30.")) from cause

    return read


def username(typed: str) -> str:
    """A name for a new account."""
    wanted = typed.removeprefix("@").lower()
    if not re.fullmatch(r"[a-z0-9_]{2,30}", wanted):
        raise Wrong(N_("Use 2 to 30 letters without accents, digits or _."))
    return wanted


def checkbox(typed: str) -> bool:
    """A box that was ticked."""
    return typed not in {"", "0", "no", "off"}


def blank(request: Request, **values: object) -> Form:
    """A form that nobody has filled in yet, apart from what we know already."""
    shown = {name: "" if value is None else str(value) for name, value in values.items()}
    return Form(shown, language=render.language(request))


async def read(request: Request, **fields: Field) -> Form:
    """Read these fields of what was sent; `errors` says what is wrong with them, in words."""
    sent = await request.form()
    form = Form(values=_typed(sent), files=_files(sent), language=render.language(request))
    for name, asked in fields.items():
        typed = form.values.get(name, "").strip()
        form.given[name] = None
        if "\x00" in typed:
            form.refuse(name, N_("There is a sign in this that we cannot keep."))
        elif not typed:
            if asked.is_required:
                form.refuse(name, asked.missing)
        elif len(typed) > asked.most:
            form.refuse(name, N_("This is too long: %(most)s characters at most."), most=asked.most)
        else:
            try:
                form.given[name] = asked.read(typed)
            except Wrong as cause:
                form.refuse(name, str(cause))
    return form


def _typed(sent: FormData) -> dict[str, str]:
    return {name: value.replace("\r\n", "\n") for name, value in sent.multi_items() if isinstance(value, str) and name != TOKEN}


def _files(sent: FormData) -> dict[str, UploadFile]:
    return {name: value for name, value in sent.multi_items() if isinstance(value, UploadFile)}


def guarded(endpoint: Endpoint) -> Endpoint:
    """The same page, reached only by a form that carries the token of this browser."""

    async def checked(request: Request) -> Response:
        async with request.form(max_files=4, max_fields=100, max_part_size=300_000) as sent:
            token = sent.get(TOKEN)
            sessions.check_token(request.scope, context.of(request).settings, token if isinstance(token, str) else "")
            return await endpoint(request)

    checked.__name__ = endpoint.__name__
    return checked
