"""People and other servers, looked after from the command line."""

import re
from pathlib import Path

import pytest

from tests.server.cli.conftest import Terminal

LINK = re.compile(r"https://nantucket\.example/sign-in/[\w-]{20,}")
HEADER = "#domain,#severity,#reject_media,#reject_reports,#public_comment,#obfuscate"


def test_an_account_is_opened_promoted_and_let_in_again(nantucket: Terminal) -> None:
    created = nantucket.done("user", "create", "ada", "--email", "ada@mail.example", "--name", "Ada")
    promoted = nantucket.done("user", "promote", "ada", "moderator")
    reset = nantucket.done("user", "reset", "ada@mail.example")

    assert LINK.fullmatch(created.last) and LINK.fullmatch(reset.last)
    assert created.last != reset.last
    assert promoted.last == "ada was a reader and is a moderator now."


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("create", "ada", "--email", "ben@mail.example"), "e-mail address already"),
        (("create", "Ada B.", "--email", "ada@mail.example"), "small letters"),
        (("create", "ada", "--email", "ada"), "not an e-mail address"),
        (("create", "library", "--email", "ada@mail.example"), "taken"),
        (("create", "support", "--email", "ada@mail.example"), "kept back"),
        (("promote", "cleo", "moderator"), "Nobody here is called cleo"),
        (("reset", "cleo@mail.example"), "Nobody here is called cleo@mail.example"),
    ],
)
def test_what_cannot_be_done_with_people_is_said_in_one_line(nantucket: Terminal, words: tuple[str, ...], why: str) -> None:
    said = nantucket("user", *words)

    assert said.status == 1
    assert said.out == ""
    assert why in said.err and len(said.err.splitlines()) == 1


def test_a_list_of_servers_goes_out_and_comes_in(nantucket: Terminal, tmp_path: Path) -> None:
    nantucket.done("block", "harbour.example", "--reason", "Spam without end")
    nantucket.done("block", "quay.example", "--limit")
    file = tmp_path / "servers.csv"
    nantucket.done("blocklist", "export", file)
    assert file.read_text(encoding="utf-8").splitlines()[:2] == [
        HEADER,
        "harbour.example,suspend,false,false,Spam without end,false",
    ]

    nantucket.done("block", "harbour.example", "--lift", "--reason", "They have cleaned up")
    tried = nantucket.done("blocklist", "import", file, "--dry-run")
    done = nantucket.done("blocklist", "import", file)
    again = nantucket.done("blocklist", "import", file)

    assert tried.last == done.last == "1 new, 0 stricter, 1 unchanged, 0 refused"
    assert again.last == "0 new, 0 stricter, 2 unchanged, 0 refused"
    assert nantucket.done("blocklist", "export", "-").out == file.read_text(encoding="utf-8")


@pytest.mark.parametrize("words", [("block", "nantucket.example"), ("block", "not a server"), ("blocklist", "import", "no-such-file.csv")])
def test_what_cannot_be_done_with_servers_is_said_in_one_line(nantucket: Terminal, words: tuple[str, ...]) -> None:
    said = nantucket(*words)

    assert said.status == 1
    assert len(said.err.splitlines()) == 1 and said.err.startswith("bookmobile: ")


def test_following_needs_a_handle(nantucket: Terminal) -> None:
    said = nantucket("follow", "harbour")

    assert said.status == 1
    assert "@name@server.example" in said.err
