"""A copy of everything, and everything from a copy."""

import io
import json
import shutil
import sqlite3
import tarfile
import tempfile
import time
from pathlib import Path
from typing import Annotated

import typer

from community.clock import now
from community.database import Database
from community.errors import Conflict, Refusal
from community.settings import Settings
from server import schema
from server.actions import exporting
from server.cli import opening

DATABASE, LABEL, DATA = "bookmobile.sqlite", "label.json", "data"
# The index is made again from the database; what was uploaded for an import has been imported.
LEFT_OUT = frozenset({"search", "uploads"})


def backup(file: Annotated[Path, typer.Argument(help="The archive to write, for example library.tar.gz.")]) -> None:
    """Copy the database and the data folder into one file, while the library is open. It holds keys: keep it where only you can read it."""
    chosen = opening.settings()
    database = _sqlite(chosen)
    opening.run(_check(chosen))
    began = time.monotonic()
    with tempfile.TemporaryDirectory(dir=chosen.data_dir, prefix=".backup-") as folder:
        copy = Path(folder) / DATABASE
        _copy(database, copy)
        try:
            file.touch(mode=0o600, exist_ok=False)
            _pack(file, chosen, copy)
        except FileExistsError as cause:
            raise Conflict(f"{file} is there already; give another name.") from cause
        except OSError as cause:
            raise Refusal(f"{file} cannot be written: {cause.strerror}.") from cause
    print(f"{file}: {file.stat().st_size / 1e6:.1f} MB in {time.monotonic() - began:.1f} s. It holds the library's keys: keep it safe.")


def restore(
    file: Annotated[Path, typer.Argument(help="An archive that `bookmobile backup` has written.")],
    force: Annotated[bool, typer.Option("--force", help="Put it in the place of the library that is here; stop the server first.")] = False,
) -> None:
    """Make the library again from such a file: its database, its keys, its data folder."""
    chosen = opening.settings()
    database = _sqlite(chosen)
    if database.exists() and not force:
        raise Conflict(f"There is a library in {database} already. Stop its server, and say --force to replace it.")
    made_at = _unpack(file, chosen, database)
    print(f"{chosen.name} is as it was on {made_at}. Run `bookmobile migrate` if this version is newer, then `bookmobile reindex`.")


def _sqlite(chosen: Settings) -> Path:
    database = Database(chosen.database)
    if not database.is_sqlite or not database.url.database:
        raise Refusal("This library is on PostgreSQL: use pg_dump and pg_restore for its database, and copy DATA_DIR.")
    return Path(database.url.database)


async def _check(chosen: Settings) -> None:
    async with opening.library(chosen):
        pass


def _copy(database: Path, copy: Path) -> None:
    """SQLite copies a database that is in use, page by page, without keeping anybody waiting."""
    source, target = sqlite3.connect(database), sqlite3.connect(copy)
    try:
        source.backup(target, pages=1000, sleep=0.01)
        if (said := target.execute("PRAGMA integrity_check").fetchone()[0]) != "ok":
            raise Refusal(f"The database is damaged ({said}): the copy would be too.")
    finally:
        target.close()
        source.close()


def _pack(file: Path, chosen: Settings, copy: Path) -> None:
    folder = Path(chosen.data_dir).resolve()
    label = json.dumps({"domain": chosen.domain, "step": schema.newest(), "made_at": now().isoformat(timespec="seconds")})
    with tarfile.open(file, "w:gz", compresslevel=6) as archive:
        entry = tarfile.TarInfo(LABEL)
        entry.size, entry.mtime = len(label), int(now().timestamp())
        archive.addfile(entry, io.BytesIO(label.encode()))
        archive.add(copy, DATABASE)
        for path in sorted(folder.iterdir()):
            if path.name not in LEFT_OUT and not path.name.startswith((".backup-", DATABASE)) and path.resolve() != file.resolve():
                archive.add(path, f"{DATA}/{path.name}")


def _unpack(file: Path, chosen: Settings, database: Path) -> str:
    """All is unpacked and looked at before anything is replaced."""
    folder = Path(chosen.data_dir)
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder, prefix=".restore-") as aside:
        try:
            with tarfile.open(file, "r:gz") as archive:
                for entry in archive:
                    _put(archive, entry, Path(aside))
            label = json.loads((Path(aside) / LABEL).read_text(encoding="utf-8"))
        except (tarfile.TarError, EOFError, ValueError, FileNotFoundError) as cause:
            raise Refusal(f"{file} is not a backup that we can read: {cause}.") from cause
        except OSError as cause:
            raise Refusal(f"{file} cannot be read: {cause.strerror}.") from cause
        if label["domain"] != chosen.domain:
            raise Refusal(f"This is a backup of {label['domain']}, and the settings say {chosen.domain}: names can never change.")
        database.parent.mkdir(parents=True, exist_ok=True)
        for old in ("", "-wal", "-shm"):
            database.with_name(database.name + old).unlink(missing_ok=True)
        shutil.move(Path(aside) / DATABASE, database)
        if (Path(aside) / DATA).is_dir():
            shutil.copytree(Path(aside) / DATA, folder, dirs_exist_ok=True)
    return str(label["made_at"])


def _put(archive: tarfile.TarFile, entry: tarfile.TarInfo, folder: Path) -> None:
    """One file of an archive, and never outside of the folder; links and devices are none of ours."""
    target = folder / entry.name
    if not target.resolve().is_relative_to(folder.resolve()):
        raise Refusal(f"This archive wants to write {entry.name}: we did not make it.")
    if entry.isdir():
        target.mkdir(parents=True, exist_ok=True)
    elif entry.isfile() and (opened := archive.extractfile(entry)) is not None:
        target.parent.mkdir(parents=True, exist_ok=True)
        with opened, target.open("wb") as written:
            shutil.copyfileobj(opened, written)
        target.chmod(entry.mode & 0o700)


def export(folder: Annotated[Path, typer.Argument(help="A folder that does not exist yet, or is empty.", metavar="DIR")]) -> None:
    """Write everything of the library into a folder, in open formats."""
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise Refusal(f"{folder} is there already and not empty.")
    folder.mkdir(parents=True, exist_ok=True)
    opening.run(_export(folder))


async def _export(folder: Path) -> None:
    async with opening.library(opening.settings()) as library:
        await exporting.export(library, folder, lambda name, count: print(f"{name}: {count}"))
