"""Copies of pictures in the library's folder, named by what is in them: what has a name never changes."""

import hashlib
import os
import re
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

FOLDER = "media"
POSTERS = "posters"  # what the library put up itself: never cleared away to make room
ENDING = ".webp"
NAME = re.compile(r"[0-9a-f]{64}")
DAY = 86400  # seconds; so often at most we note that somebody looked


@dataclass(frozen=True)
class Copy:
    """A file, its size, and when somebody last looked at it."""

    name: str
    size: int
    looked_at: float  # seconds since 1970, a day more or less


def path(data_dir: str, name: str, folder: str = FOLDER) -> Path:
    """Where a copy of this name lies, if we have it."""
    return Path(data_dir) / folder / name[:2] / f"{name}{ENDING}"


def keep(data_dir: str, body: bytes, folder: str = FOLDER) -> str:
    """Put a copy on its shelf, whole or not at all; its name."""
    name = hashlib.sha256(body).hexdigest()
    target = path(data_dir, name, folder)
    target.parent.mkdir(parents=True, exist_ok=True)
    if target.exists():
        os.utime(target)  # so that nobody clears it away before it is written down that it is wanted again
        return name
    with tempfile.NamedTemporaryFile(dir=target.parent, prefix=".", delete=False) as file:
        file.write(body)
    os.replace(file.name, target)
    return name


def find(data_dir: str, name: str, folder: str = FOLDER) -> Path | None:
    """The file of this name, if it is one of ours and there. Notes that somebody looked."""
    if not NAME.fullmatch(name):
        return None
    file = path(data_dir, name, folder)
    try:
        if file.stat().st_mtime < time.time() - DAY:
            os.utime(file)
    except FileNotFoundError:
        return None
    return file


def copies(data_dir: str, folder: str = FOLDER) -> Iterator[Copy]:
    """Everything on the shelves."""
    for file in (Path(data_dir) / folder).glob(f"??/*{ENDING}"):
        with suppress(FileNotFoundError):  # cleared away by somebody else meanwhile
            known = file.stat()
            yield Copy(file.stem, known.st_size, known.st_mtime)


def drop(data_dir: str, name: str, folder: str = FOLDER) -> None:
    """Clear a copy away."""
    path(data_dir, name, folder).unlink(missing_ok=True)
