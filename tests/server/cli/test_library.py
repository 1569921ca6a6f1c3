"""Making a library, and being told what is wrong with it."""

import json
import logging
import re
import socket
import sqlite3
import tomllib
from dataclasses import fields
from pathlib import Path

import pytest

from community import settings as knobs
from community.settings import Settings
from server.cli import logs, opening, running
from tests.server.cli.conftest import Terminal

LINK = re.compile(r"https://nantucket\.example/sign-in/[\w-]{20,}")


def test_init_makes_a_library_that_check_finds_whole_once_mail_is_set(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    said = terminal.done("init", "--domain", "nantucket.example", "--name", "Nantucket Library", "--admin-email", "Ben@mail.example")

    assert LINK.fullmatch(said.last)
    assert "Nantucket Library is ready at https://nantucket.example" in said.out
    found = terminal("check")
    assert found.status == 1
    assert [line.split()[1] for line in found.out.splitlines()] == ["SMTP_URL", "CONTACT"]

    monkeypatch.setenv("BOOKMOBILE_SMTP_URL", "smtp://mail.example")
    monkeypatch.setenv("BOOKMOBILE_MAIL_FROM", "desk@nantucket.example")
    monkeypatch.setenv("BOOKMOBILE_CONTACT", "desk@nantucket.example")
    assert terminal.done("check").last == "All is well."


def test_the_settings_file_explains_every_knob_and_holds_no_secret(terminal: Terminal) -> None:
    terminal.done("init", "--domain", "nantucket.example", "--name", 'The "Whale" Library', "--admin-email", "ben@mail.example")

    words = (terminal.folder / "bookmobile.toml").read_text(encoding="utf-8")
    assert tomllib.loads(words) == {"domain": "nantucket.example", "name": 'The "Whale" Library'}
    for one in fields(Settings):
        assert (f"{one.name} = " in words) is not one.metadata["secret"], one.name
    uncommented = re.sub(r"^# (?=\w+ = )", "", words, flags=re.MULTILINE)
    (terminal.folder / "bookmobile.toml").write_text(uncommented, encoding="utf-8")
    assert knobs.read() == Settings(domain="nantucket.example", name='The "Whale" Library')


def test_the_secret_key_is_made_once_and_for_its_owner_only(nantucket: Terminal) -> None:
    file = nantucket.data / opening.SECRET
    key = file.read_text(encoding="ascii")

    assert file.stat().st_mode & 0o777 == 0o600
    assert len(key.strip()) >= 32
    nantucket.done("init", "--admin-email", "ben@mail.example")
    assert file.read_text(encoding="ascii") == key
    assert opening.settings().secret_key == key.strip()

    file.chmod(0o644)
    assert "can be read by others" in nantucket("check").out


def test_nothing_is_written_beside_an_environment_that_says_everything(nantucket: Terminal) -> None:
    assert not (nantucket.folder / "bookmobile.toml").exists()


def test_the_first_administrator_may_ask_for_another_link_and_nobody_else_may(nantucket: Terminal) -> None:
    again = nantucket.done("init", "--admin-email", "ben@mail.example")
    assert LINK.fullmatch(again.last)
    assert "ben signs in" in again.out

    other = nantucket("init", "--admin-email", "cleo@mail.example")
    assert other.status == 1
    assert "has an administrator already" in other.err


def test_init_does_not_rename_a_library(nantucket: Terminal) -> None:
    said = nantucket("init", "--domain", "harbour.example", "--admin-email", "ben@mail.example")

    assert said.status == 1
    assert "DOMAIN is nantucket.example" in said.err


def test_init_refuses_bad_settings_before_it_writes_anything(terminal: Terminal) -> None:
    for words in (("--domain", "No Such Host"), ("--domain", ""), ()):
        said = terminal("init", *words, "--admin-email", "ben@mail.example")
        assert (said.status, said.out) == (1, "")
        assert "DOMAIN" in said.err
    assert list(terminal.folder.iterdir()) == []


def test_an_unknown_setting_is_named(nantucket: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BOOKMOBILE_DOMIAN", "nantucket.example")

    for command in ("check", "serve", "migrate"):
        said = nantucket(command)
        assert said.status == 1
        assert "BOOKMOBILE_DOMIAN" in said.out + said.err


def test_wrong_usage_is_status_two(terminal: Terminal) -> None:
    for words in (
        ("nonsense",),
        ("serve", "--workers", "0"),
        ("init",),
        ("import",),
        ("user", "promote", "ada", "king"),
        ("serve", "--nope"),
    ):
        assert terminal(*words).status == 2, words


def test_serve_refuses_an_empty_database_in_words(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BOOKMOBILE_DOMAIN", "nantucket.example")
    monkeypatch.setenv("BOOKMOBILE_SECRET_KEY", "s" * 32)

    said = terminal("serve", "--port", "0")

    assert said.status == 1
    assert "bookmobile migrate" in said.err.splitlines()[-1]
    assert "Traceback" not in said.err


def test_serve_refuses_without_a_secret_key(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BOOKMOBILE_DOMAIN", "nantucket.example")

    said = terminal("serve", "--port", "0")

    assert said.status == 1
    assert "SECRET_KEY" in said.err


def test_a_port_that_is_taken_is_said_in_one_line(nantucket: Terminal) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()

        said = nantucket("serve", "--port", str(taken.getsockname()[1]))

    assert said.status == 1
    assert said.err.startswith("bookmobile: We cannot listen on 127.0.0.1") and len(said.err.splitlines()) == 1


def test_migrate_says_whether_there_was_anything_to_do(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BOOKMOBILE_DOMAIN", "nantucket.example")

    assert "is now at step" in terminal.done("migrate").last
    assert "already" in terminal.done("migrate").last


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("DATABASE_URL", "postgresql+asyncpg://ada:pw@127.0.0.1:1/none", "does not answer"),
        ("DATABASE_URL", "nonsense", "DATABASE_URL cannot be used"),
        ("THEME", "no-such-theme", "THEME"),
        ("POLICIES", "domains kindness", "'kindness'"),
        ("TIMEZONE", "Sea/Nantucket", "TIMEZONE"),
        ("LANGUAGES", "en tlh", "tlh"),
        ("SECRET_KEY", "short", "SECRET_KEY"),
        ("DATA_DIR", "/dev/null/data", "DATA_DIR"),
        ("DEMO", "true", "DEMO is on"),
        ("ALLOW_PRIVATE_NETWORK", "true", "ALLOW_PRIVATE_NETWORK is on"),
    ],
)
def test_check_names_what_is_wrong(nantucket: Terminal, monkeypatch: pytest.MonkeyPatch, name: str, value: str, words: str) -> None:
    assert words not in nantucket("check").out
    monkeypatch.setenv(f"BOOKMOBILE_{name}", value)

    said = nantucket("check")

    assert said.status == 1
    assert words in said.out
    assert "Traceback" not in said.err
    assert "pw@" not in said.out + said.err


def test_check_misses_the_guards_of_the_log(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BOOKMOBILE_DOMAIN", "nantucket.example")
    monkeypatch.setenv("BOOKMOBILE_DATA_DIR", str(terminal.data))
    terminal.done("init", "--admin-email", "ben@mail.example")
    assert "log" not in terminal("check").out

    database = sqlite3.connect(terminal.data / "bookmobile.sqlite")
    database.execute("DROP TRIGGER log_entries_no_delete")
    database.close()

    assert "moderation log is not guarded" in terminal("check").out


def test_a_copy_becomes_the_same_library_again(terminal: Terminal, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("BOOKMOBILE_DOMAIN", "nantucket.example")
    monkeypatch.setenv("BOOKMOBILE_DATA_DIR", str(terminal.data))
    terminal.done("init", "--admin-email", "ben@mail.example")
    terminal.done("user", "create", "ada", "--email", "ada@mail.example")
    key = (terminal.data / opening.SECRET).read_text(encoding="ascii")
    copy = tmp_path / "copy.tar.gz"

    terminal.done("backup", copy)

    assert copy.stat().st_mode & 0o777 == 0o600
    assert terminal("backup", copy).status == 1  # it would write over a copy
    assert terminal("restore", copy).status == 1  # there is a library
    monkeypatch.setenv("BOOKMOBILE_DATA_DIR", str(tmp_path / "elsewhere"))
    terminal.done("restore", copy)
    assert (tmp_path / "elsewhere" / opening.SECRET).read_text(encoding="ascii") == key
    assert terminal.done("user", "promote", "ada", "librarian").last == "ada was a reader and is a librarian now."

    monkeypatch.setenv("BOOKMOBILE_DOMAIN", "harbour.example")
    monkeypatch.setenv("BOOKMOBILE_DATA_DIR", str(tmp_path / "third"))
    said = terminal("restore", copy)
    assert said.status == 1
    assert "backup of nantucket.example" in said.err


def test_what_is_no_copy_changes_nothing(nantucket: Terminal, tmp_path: Path) -> None:
    (tmp_path / "copy.tar.gz").write_bytes(b"not an archive")

    said = nantucket("restore", tmp_path / "copy.tar.gz", "--force")

    assert said.status == 1
    nantucket.done("migrate")


def test_two_processes_take_turns_with_the_background_work(tmp_path: Path) -> None:
    with running.Turn(tmp_path / "data" / "worker.lock") as first:
        assert first.is_ours()
        with running.Turn(tmp_path / "data" / "worker.lock") as second:
            assert not second.is_ours()
    with running.Turn(tmp_path / "data" / "worker.lock") as third:
        assert third.is_ours()


def test_a_line_of_the_log_is_one_object_with_all_that_was_said() -> None:
    record = logging.makeLogRecord(
        {"name": "bookmobile.inbox", "levelno": logging.INFO, "levelname": "INFO", "msg": "left: %s", "args": ("é",)}
    )
    record.host = "harbour.example"

    told = json.loads(logs.Json().format(record))

    assert (told["message"], told["level"], told["logger"], told["host"]) == ("left: é", "info", "bookmobile.inbox", "harbour.example")
    assert logs.Human().format(record).endswith("inbox       left: é (host: harbour.example)")


def test_the_program_knows_its_version(terminal: Terminal) -> None:
    assert re.fullmatch(r"bookmobile \d+\.\d+\.\d+", terminal.done("--version").last)
