"""`bookmobile`: everything that is done from a terminal."""

import sys
from collections.abc import Callable
from importlib.metadata import version
from typing import Annotated

import typer
from sqlalchemy.exc import InterfaceError, OperationalError

from community.errors import Refusal
from server.cli import catalog, checking, demo, events, library, people, running, safekeeping, servers

app = typer.Typer(
    name="bookmobile",
    help="A server that puts a public library into the fediverse.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


def _version(wanted: bool) -> None:
    if wanted:
        print(f"bookmobile {version('bookmobile')}")
        raise typer.Exit


@app.callback()
def _root(
    _version: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help="Say which version this is.")] = False,
) -> None:
    """A server that puts a public library into the fediverse."""


COMMANDS: dict[str, Callable[..., None]] = {
    "demo": demo.demo,
    "init": library.init,
    "serve": running.serve,
    "worker": running.work,
    "migrate": library.migrate,
    "check": checking.check,
    "import": catalog.import_,
    "reindex": catalog.reindex,
    "follow": servers.follow,
    "block": servers.block,
    "export": safekeeping.export,
    "backup": safekeeping.backup,
    "restore": safekeeping.restore,
}
for name, command in COMMANDS.items():
    app.command(name)(command)
app.add_typer(people.app, name="user")
app.add_typer(servers.app, name="blocklist")
app.add_typer(events.app, name="events")


def main() -> None:
    """Do what the command line says: status 0 done, 1 could not be done, 2 wrong usage."""
    try:
        app()
    except Refusal as cause:
        _say(f"{cause.public} ({cause.private})" if cause.private and cause.private != cause.public else cause.public)
    except (OperationalError, InterfaceError) as cause:
        _say(f"The database does not answer: {' '.join(str(cause.orig).split())}.")
    except ConnectionError as cause:
        _say(f"A connection failed: {cause}.")


def _say(words: str) -> None:
    print(f"bookmobile: {words}", file=sys.stderr)
    sys.exit(1)
