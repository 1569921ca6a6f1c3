"""A terminal: what somebody types, what they read, and the status that is left."""

import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from server import cli


@dataclass(frozen=True)
class Said:
    """What a command left behind."""

    status: int
    out: str
    err: str

    @property
    def last(self) -> str:
        """The last line that was written."""
        return self.out.strip().splitlines()[-1]


@dataclass
class Terminal:
    """Commands of one library, in a folder of its own."""

    folder: Path
    type: Callable[..., Said]

    @property
    def data(self) -> Path:
        return self.folder / "data"

    def __call__(self, *words: str | Path) -> Said:
        return self.type(*(str(word) for word in words))

    def done(self, *words: str | Path) -> Said:
        """The same for what must succeed."""
        said = self(*words)
        assert said.status == 0, said.err
        return said


@pytest.fixture
def terminal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Terminal:
    """An empty folder, and a terminal in it; the environment says nothing of any library."""
    for name in list(os.environ):
        if name.startswith("BOOKMOBILE_"):
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)

    def type(*words: str) -> Said:
        monkeypatch.setattr(sys, "argv", ["bookmobile", *words])
        capfd.readouterr()
        status: object = 0
        try:
            cli.main()
        except SystemExit as end:
            status = end.code
        said = capfd.readouterr()
        assert isinstance(status, int | None)
        return Said(status or 0, said.out, said.err)

    return Terminal(tmp_path, type)


@pytest.fixture
def nantucket(terminal: Terminal, monkeypatch: pytest.MonkeyPatch, database_url: str) -> Terminal:
    """The same, with a library whose settings are in the environment, and which `init` has made."""
    settings = {
        "DOMAIN": "nantucket.example",
        "NAME": "Nantucket Library",
        "DATA_DIR": str(terminal.data),
        "DATABASE_URL": database_url,
    }
    for name, value in settings.items():
        monkeypatch.setenv(f"BOOKMOBILE_{name}", value)
    terminal.done("init", "--admin-email", "ben@mail.example")
    return terminal
