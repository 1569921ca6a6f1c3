"""Run the tests on a real PostgreSQL that lives only as long as they do: `python -m tests.postgresql [pytest arguments]`."""

import os
import pwd
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

FOLDERS = ("/usr/lib/postgresql/*/bin", "/usr/local/pgsql/bin")
USER = "postgres"


def programs() -> Path:
    """Where PostgreSQL's programs are; exits with words when there are none."""
    for pattern in FOLDERS:
        found = sorted(Path("/").glob(pattern.lstrip("/")), reverse=True)
        for folder in found:
            if (folder / "initdb").exists():
                return folder
    on_path = shutil.which("initdb")
    if on_path:
        return Path(on_path).resolve().parent
    sys.exit("PostgreSQL is not on this machine: install Debian's package `postgresql`, or set BOOKMOBILE_TEST_DATABASE_URL.")


def main(arguments: list[str]) -> int:
    """Make a cluster in a temporary folder, run pytest with its address, and take it down again."""
    if os.environ.get("BOOKMOBILE_TEST_DATABASE_URL"):
        return subprocess.call([sys.executable, "-m", "pytest", *arguments])
    folder = programs()
    with tempfile.TemporaryDirectory(prefix="bookmobile-pg-") as where:
        data = Path(where) / "data"
        data.mkdir()
        # PostgreSQL refuses to run as root: give the folder to its own user then.
        as_user: dict[str, str] = {}
        if os.getuid() == 0:
            entry = pwd.getpwnam(USER)
            for path in (Path(where), data):
                os.chown(path, entry.pw_uid, entry.pw_gid)
            as_user = {"user": USER, "group": USER}
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        run = {"check": True, "cwd": where, "stdout": subprocess.DEVNULL, **as_user}
        subprocess.run([folder / "initdb", "-D", data, "-U", USER, "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8"], **run)  # type: ignore[call-overload]
        options = f"-c port={port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={where} -c max_connections=300 -c fsync=off"
        subprocess.run([folder / "pg_ctl", "-D", data, "-w", "-l", f"{where}/log", "-o", options, "start"], **run)  # type: ignore[call-overload]
        try:
            address = f"postgresql+asyncpg://{USER}@127.0.0.1:{port}/postgres"
            began = time.monotonic()
            status = subprocess.call(
                [sys.executable, "-m", "pytest", *arguments], env=os.environ | {"BOOKMOBILE_TEST_DATABASE_URL": address}
            )
            print(f"on PostgreSQL: {time.monotonic() - began:.0f} s")
            return status
        finally:
            subprocess.run([folder / "pg_ctl", "-D", data, "-m", "immediate", "stop"], **run)  # type: ignore[call-overload]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
