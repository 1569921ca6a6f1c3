"""Write the next step: what differs between the last one and the tables of the code.

`python -m server.migrations "What it lets us do"`; with `--afresh`, until the first release, all steps become one again.
"""

import argparse
import asyncio
import subprocess
import sys
import tempfile
from pathlib import Path

from alembic import command
from alembic.util import CommandError
from sqlalchemy import Connection

from community.database import Database
from server import schema

VERSIONS = schema.STEPS / "versions"


async def write(message: str) -> Path:
    """The next step as a file, from an empty database that has taken all the steps before."""
    with tempfile.TemporaryDirectory() as folder:
        database = Database(f"sqlite+aiosqlite:///{folder}/steps.sqlite")
        try:
            if any(VERSIONS.glob("v*.py")):
                await schema.upgrade(database)
            async with database.engine.begin() as connection:
                return await connection.run_sync(_write, message)
        finally:
            await database.close()


def _write(connection: Connection, message: str) -> Path:
    name = f"{len(list(VERSIONS.glob('v*.py'))) + 1:04}"
    made = command.revision(schema.config(connection), message.rstrip("."), autogenerate=True, rev_id=name)
    if made is None or isinstance(made, list):
        raise CommandError("Nothing was written.")
    return Path(made.path)


def main() -> None:
    """Write it, bring it into our form, and say where it is."""
    parser = argparse.ArgumentParser(prog="python -m server.migrations", description=__doc__)
    parser.add_argument("message", nargs="?", default="Lay all tables")
    parser.add_argument("--afresh", action="store_true", help="drop all steps first, and write one that makes every table")
    chosen = parser.parse_args()
    if chosen.afresh:
        for old in VERSIONS.glob("v*.py"):
            old.unlink()
    path = asyncio.run(write(chosen.message))
    kept = [line for line in path.read_text(encoding="utf-8").splitlines() if not line.lstrip().startswith("# ###")]
    path.write_text("\n".join(kept) + "\n", encoding="utf-8")
    for verb in ("format", "check --fix", "format"):
        subprocess.run([sys.executable, "-m", "ruff", *verb.split(), "--quiet", str(path)], check=True)
    print(f"{path}: please read it before you commit it.")


if __name__ == "__main__":
    main()
