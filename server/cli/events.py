"""Events, from a terminal."""

from pathlib import Path
from typing import Annotated

import typer

from community.errors import Refusal
from server.actions import calendars
from server.actions.calendars import Tally
from server.cli import opening

app = typer.Typer(help="Bring in events.", no_args_is_help=True, rich_markup_mode=None)


@app.command("import")
def import_(file: Annotated[Path, typer.Argument(help="An iCalendar file (.ics).", metavar="FILE")]) -> None:
    """Publish the coming events of a calendar file; told again, only what changed is told on."""
    try:
        read = file.read_bytes()
    except OSError as cause:
        raise Refusal(f"{file} cannot be read: {cause.strerror}.") from cause
    tally = opening.run(_take_over(read))
    for line in tally.refused:
        print(f"refused: {line}")
    print(f"{tally.new} new, {tally.changed} changed, {tally.unchanged} unchanged, {len(tally.refused)} refused")


async def _take_over(file: bytes) -> Tally:
    async with opening.library(opening.settings()) as library:
        return await calendars.take_over(library, file)
