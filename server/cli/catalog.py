"""The catalogue: records come in, and can be found."""

import asyncio
import base64
import csv
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, BinaryIO, cast

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeRemainingColumn
from sqlalchemy import func, select

from community.catalog import importing
from community.catalog.importing import Tally
from community.catalog.marc.reading import FORMATS, read_records
from community.catalog.tables import ImportRun, RefusedRecord
from community.clock import now
from community.errors import Refusal
from community.library import Library
from search import indexer
from search.engines import open_index
from server.cli import opening

PAGE = 1000  # refused records fetched at once


class Counted:
    """A file that knows how much of it has been read."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.taken = 0

    def read(self, size: int = -1) -> bytes:
        """The next bytes."""
        piece = self._file.read(size)
        self.taken += len(piece)
        return piece


class Bar:
    """How far the reading of one file is; silent where there is no terminal."""

    def __init__(self, progress: Progress, task: TaskID, file: Counted) -> None:
        self._progress, self._task, self._file = progress, task, file

    def show(self, tally: Tally) -> None:
        """Draw it."""
        told = f"{tally.new:,} new, {tally.changed:,} changed, {tally.refused:,} refused"
        self._progress.update(self._task, completed=self._file.taken, told=told)


def import_(
    files: Annotated[list[Path], typer.Argument(help="MARC 21, UNIMARC, MARCXML, CSV, TSV or XLSX; .gz of each.", metavar="FILE...")],
    format: Annotated[str, typer.Option(help=f"One of {', '.join(FORMATS)}.")] = "auto",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would happen, and change nothing.")] = False,
    source: Annotated[
        str, typer.Option(help="Where the records come from, for their numbers are its own; the file's name if missing.")
    ] = "",
) -> None:
    """Take records into the catalogue; the same ones again change nothing, and a bad one never stops the others."""
    if format not in FORMATS:
        raise typer.BadParameter(f"{format!r} is none of {', '.join(FORMATS)}.", param_hint="--format")
    tally, failed = opening.run(_import(files, format, dry_run, source))
    if tally.repeated:
        print(f"{tally.repeated} came more than once; the last of each counts.")
    if dry_run:
        print("Nothing was changed: this is what would happen.")
    print(f"{tally.new} new, {tally.changed} changed, {tally.unchanged} unchanged, {tally.refused} refused")
    if failed:
        raise typer.Exit(1)


def reindex() -> None:
    """Make the search index anew beside the old one, which answers until the new one takes its place."""
    print(f"{opening.run(_reindex())} titles can be found.")


async def _reindex() -> int:
    async with opening.library() as library:
        index = open_index(library.settings)
        try:
            console = Console(stderr=True)
            with Progress(console=console, disable=not console.is_terminal) as progress:
                task = progress.add_task("reindex", total=None)
                return await indexer.rebuild(
                    library.database, index, lambda done, total: progress.update(task, completed=done, total=total)
                )
        finally:
            await index.close()


async def _import(files: list[Path], format: str, dry_run: bool, source: str) -> tuple[Tally, bool]:
    tally, failed = Tally(), False
    async with opening.library() as library:
        for file in files:
            try:
                tally += await _import_one(library, file, format, dry_run, source or file.name[:100])
            except OSError as cause:
                failed = True
                print(f"bookmobile: {file} cannot be read: {cause.strerror or cause}.", file=sys.stderr)
            except Refusal as cause:
                failed = True
                print(f"bookmobile: {cause.public}", file=sys.stderr)
    return tally, failed


async def _import_one(library: Library, file: Path, format: str, dry_run: bool, source: str) -> Tally:
    with file.open("rb") as opened, _bar(file, counted := Counted(opened)) as bar:
        records = read_records(cast(BinaryIO, counted), file.name, format)
        tally = await importing.merge(
            library.database, records, source=source, file=file.name, progress=bar.show if bar else None, dry_run=dry_run
        )
    if tally.refused and not dry_run:
        kept = await _keep_refused(library, file, source)
        print(f"{tally.refused} of {file} were refused: each with its reason in {kept}")
    return tally


@contextmanager
def _bar(file: Path, counted: Counted) -> Iterator[Bar | None]:
    console = Console(stderr=True)
    if not console.is_terminal:
        yield None
        return
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.percentage:>3.0f}%"), TimeRemainingColumn())
    with Progress(*columns, TextColumn("{task.fields[told]}"), console=console) as progress:
        yield Bar(progress, progress.add_task(file.name, total=file.stat().st_size or None, told=""), counted)


async def _keep_refused(library: Library, file: Path, source: str) -> Path:
    """The refused records of the last run of this file as a table: which one, why, and the record as it came."""
    folder = Path(library.settings.data_dir) / "refused"
    async with library.database.snapshot() as session:
        run_id = await session.scalar(select(func.max(ImportRun.id)).where(ImportRun.source == source, ImportRun.file == file.name))
        rows: list[tuple[int, str, bytes]] = []
        query = select(RefusedRecord.position, RefusedRecord.reason, RefusedRecord.raw).where(RefusedRecord.run_id == run_id)
        rows = [(position, reason, raw) for position, reason, raw in await session.execute(query.order_by(RefusedRecord.position))]
    kept = folder / f"{now():%Y%m%d-%H%M%S}-{run_id}-{file.name}.csv"
    await asyncio.to_thread(_write, kept, rows)
    return kept


def _write(kept: Path, rows: list[tuple[int, str, bytes]]) -> None:
    kept.parent.mkdir(parents=True, exist_ok=True)
    with kept.open("w", encoding="utf-8", newline="") as opened:
        table = csv.writer(opened)
        table.writerow(("position", "reason", "record", "record_base64"))
        for position, reason, raw in rows:
            try:
                table.writerow((position, reason, raw.decode("utf-8").replace("\0", ""), ""))
            except UnicodeDecodeError:
                table.writerow((position, reason, "", base64.b64encode(raw).decode("ascii")))
