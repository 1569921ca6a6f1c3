"""Records come in from the command line."""

import csv
from pathlib import Path

from tests.server.cli.conftest import Terminal

TABLE = 'title,creators,isbn,year\nMoby-Dick,"Melville, Herman (aut)",9780142437247,2003\n,,,\nTypee,"Melville, Herman (aut)",,1846\n'


def test_a_real_file_comes_in_once_and_is_unchanged_the_second_time(nantucket: Terminal, shared: Path) -> None:
    file = shared / "marc" / "pymarc-tests" / "marc.dat"

    first, second = nantucket.done("import", file), nantucket.done("import", file)

    assert first.last == "20 new, 0 changed, 0 unchanged, 0 refused"
    assert second.last == "0 new, 0 changed, 20 unchanged, 0 refused"


def test_a_dry_run_tells_the_same_and_changes_nothing(nantucket: Terminal, tmp_path: Path) -> None:
    file = tmp_path / "books.csv"
    file.write_text(TABLE, encoding="utf-8")

    tried = nantucket.done("import", "--dry-run", file)
    done = nantucket.done("import", file)

    assert tried.last == done.last == "2 new, 0 changed, 0 unchanged, 0 refused"
    assert "Nothing was changed" in tried.out


def test_refused_records_are_kept_with_their_reason_and_stop_nothing(nantucket: Terminal, tmp_path: Path) -> None:
    file = tmp_path / "books.csv"
    file.write_text(TABLE.replace("Typee", ""), encoding="utf-8")

    said = nantucket.done("import", file)

    assert said.last == "1 new, 0 changed, 0 unchanged, 1 refused"
    (kept,) = (nantucket.data / "refused").iterdir()
    assert str(kept) in said.out
    with kept.open(encoding="utf-8", newline="") as opened:
        (row,) = csv.DictReader(opened)
    assert row["reason"]
    assert "Melville, Herman (aut)" in row["record"]


def test_a_file_that_cannot_be_read_is_status_one_and_the_others_come_in(nantucket: Terminal, tmp_path: Path) -> None:
    file = tmp_path / "books.csv"
    file.write_text(TABLE, encoding="utf-8")

    said = nantucket("import", tmp_path / "no-such-file.mrc", file)

    assert said.status == 1
    assert "no-such-file.mrc cannot be read" in said.err
    assert said.last == "2 new, 0 changed, 0 unchanged, 0 refused"


def test_an_unknown_format_is_wrong_usage(nantucket: Terminal, tmp_path: Path) -> None:
    assert nantucket("import", "--format", "papyrus", tmp_path).status == 2


def test_reindex_makes_what_check_missed(nantucket: Terminal, tmp_path: Path) -> None:
    (tmp_path / "books.csv").write_text(TABLE, encoding="utf-8")
    nantucket.done("import", tmp_path / "books.csv")
    assert "search index" in nantucket("check").out

    assert nantucket.done("reindex").last == "2 titles can be found."

    assert "search index" not in nantucket("check").out
