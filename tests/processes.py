"""Libraries as real processes: started, asked, killed."""

import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PATIENCE = 150.0  # seconds in which a server must answer


@dataclass
class Process:
    """One library with its own folder and port. It can be started again after it was killed."""

    folder: Path
    port: int
    database_url: str = ""
    more: dict[str, str] = field(default_factory=dict)
    running: list[subprocess.Popen[bytes]] = field(default_factory=list)

    @property
    def domain(self) -> str:
        return f"127.0.0.1:{self.port}"

    @property
    def root(self) -> str:
        return f"http://{self.domain}"

    @property
    def environment(self) -> dict[str, str]:
        # Some machines forbid bytecode: then every start compiles the house anew, which takes longer than most tests.
        unwanted = ("BOOKMOBILE_", "PYTHONDONTWRITEBYTECODE")
        inherited = {name: value for name, value in os.environ.items() if not name.startswith(unwanted)}
        chosen = {
            "BOOKMOBILE_DOMAIN": self.domain,
            "BOOKMOBILE_BASE_URL": self.root,
            "BOOKMOBILE_NAME": "Nantucket Library",
            "BOOKMOBILE_DATA_DIR": str(self.folder / "data"),
            "BOOKMOBILE_SECRET_KEY": "only-for-tests-only-for-tests-only-for-tests",
            "BOOKMOBILE_ALLOW_PRIVATE_NETWORK": "true",
            "BOOKMOBILE_POLICIES": "domains words",
        }
        if self.database_url:
            chosen["BOOKMOBILE_DATABASE_URL"] = self.database_url
        return {**inherited, **chosen, **self.more}

    def command(self, *words: str) -> str:
        """Run a command of ours to its end; what it said."""
        done = subprocess.run(
            [sys.executable, "-m", "server.cli", *words], cwd=self.folder, env=self.environment | {"PYTHONPATH": str(ROOT)},
            capture_output=True, timeout=120, check=False,
        )  # fmt: skip
        if done.returncode:
            raise AssertionError(f"bookmobile {' '.join(words)} exited with {done.returncode}: {done.stderr.decode()[-2000:]}")
        return done.stdout.decode()

    def start(self, *words: str, wait: bool = True) -> subprocess.Popen[bytes]:
        """Start serving (or another command), and wait until it answers."""
        words = words or ("serve", "--port", str(self.port))
        with (self.folder / "log").open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "server.cli", *words], cwd=self.folder, env=self.environment | {"PYTHONPATH": str(ROOT)},
                stdout=log, stderr=log,
            )  # fmt: skip
        self.running.append(process)
        if wait:
            self.wait(process)
        return process

    def wait(self, process: subprocess.Popen[bytes]) -> None:
        """Return when it answers; raises with its last words when it never does."""
        ends = time.monotonic() + PATIENCE
        while time.monotonic() < ends and process.poll() is None:
            try:
                with urllib.request.urlopen(f"{self.root}/actor", timeout=2) as answer:
                    if answer.status == 200:
                        return
            except (urllib.error.URLError, OSError):
                time.sleep(0.05)
        raise AssertionError(f"the server does not answer: {self.log()[-3000:]}")

    def log(self) -> str:
        """What it wrote so far."""
        file = self.folder / "log"
        return file.read_text(errors="replace") if file.exists() else ""

    def kill(self, process: subprocess.Popen[bytes]) -> None:
        """End it without any warning."""
        process.send_signal(signal.SIGKILL)
        process.wait(timeout=30)

    def stop(self) -> None:
        """End what still runs."""
        for process in self.running:
            if process.poll() is None:
                process.terminate()
                try:
                    process.wait(timeout=20)
                except subprocess.TimeoutExpired:
                    self.kill(process)
