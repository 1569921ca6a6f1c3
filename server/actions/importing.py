"""Imports that librarians start from their browser: they go on while the page shows how far they are."""

import asyncio
import logging
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import func, select

from community import uris
from community.catalog import importing
from community.catalog.importing import Tally
from community.catalog.marc.reading import read_records
from community.catalog.tables import ImportRun
from community.clock import days, now
from community.errors import Refusal
from community.library import Library

log = logging.getLogger("bookmobile.import")

FOLDER = "uploads"
PATIENCE = 5.0  # seconds to wait for the first sign of a run
KEPT = days(7)  # an upload stays so long, should anybody ask what was in it


@dataclass(frozen=True)
class Upload:
    """A file that a librarian gave us, and how to read it."""

    path: Path
    name: str
    format: str
    source: str


@dataclass
class Imports:
    """The imports of this process."""

    library: Library
    running: set[asyncio.Task[Tally | None]] = field(default_factory=set)

    def place(self, name: str) -> Path:
        """A fresh file in the data folder; old ones are thrown away."""
        folder = Path(self.library.settings.data_dir) / FOLDER
        folder.mkdir(parents=True, exist_ok=True)
        for old in folder.iterdir():
            if old.is_file() and old.stat().st_mtime < (now() - KEPT).timestamp():
                old.unlink()
        return folder / f"{uris.token()}{Path(name).suffix[:10]}"

    async def start(self, upload: Upload) -> int:
        """Begin an import and return the number of its run, or 0 when it ended before it began."""
        async with self.library.database.snapshot() as session:
            last = await session.scalar(select(func.max(ImportRun.id))) or 0
        task = asyncio.create_task(self._merge(upload))
        self.running.add(task)
        task.add_done_callback(self.running.discard)
        begun = asyncio.get_running_loop().time()
        while asyncio.get_running_loop().time() - begun < PATIENCE:
            async with self.library.database.snapshot() as session:
                query = select(func.min(ImportRun.id)).where(ImportRun.id > last, ImportRun.source == upload.source)
                if (run_id := await session.scalar(query)) is not None:
                    return run_id
            await asyncio.sleep(0.05)
        return 0

    async def look(self, upload: Upload) -> Tally:
        """Say what an import would do, and change nothing."""
        with upload.path.open("rb") as stream:
            records = read_records(stream, upload.name, upload.format)
            return await importing.merge(self.library.database, records, source=upload.source, file=upload.name, dry_run=True)

    async def close(self) -> None:
        """Stop what is running: what was merged stays, and the file can be given again."""
        for task in tuple(self.running):
            task.cancel()
        if self.running:
            await asyncio.wait(tuple(self.running))

    async def _merge(self, upload: Upload) -> Tally | None:
        try:
            with upload.path.open("rb") as stream:
                records = read_records(stream, upload.name, upload.format)
                return await importing.merge(self.library.database, records, source=upload.source, file=upload.name)
        except Refusal as cause:
            log.info("the import of %s stopped: %s", upload.name, cause)  # its run keeps the reason, and the page shows it
            return None
        except Exception:  # nobody waits for this task; its run says "failed" on the page, the log says why
            log.exception("the import of %s broke", upload.name)
            return None
