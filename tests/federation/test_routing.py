"""The table of dialects: one place in the code, one in FEDERATION.md, a rendition for each."""

from pathlib import Path

from federation import routing
from federation.renditions.table import RENDITIONS
from federation.routing import DIALECTS, Dialect
from federation.tables import Instance
from tests.world import town

PAGE = (Path(__file__).resolve().parents[2] / "FEDERATION.md").read_text()


def test_every_dialect_has_a_rendition_and_a_line() -> None:
    assert set(RENDITIONS) == set(Dialect)
    for dialect in Dialect:
        line = next(line for line in PAGE.splitlines() if line.startswith(f"| {dialect} |"))
        listed = [software for software, spoken in DIALECTS.items() if spoken is dialect]
        assert all(software in line for software in listed), dialect


def test_a_server_that_nobody_knows_is_spoken_to_plainly() -> None:
    assert {routing.of(name) for name in (None, "", "mastodon", "neodb", "takahe", "bookmobile", "gotosocial")} == {Dialect.plain}
    assert routing.of("BookWyrm") is Dialect.bookwyrm


async def test_inboxes_are_sorted_with_one_statement(tmp_path: Path) -> None:
    async with town(tmp_path) as here:
        async with here.database.transaction() as session:
            session.add_all([Instance(host="bw.example", software="bookwyrm"), Instance(host="m.example", software="mastodon")])
        inboxes = {"https://bw.example/inbox", "https://m.example/inbox", "https://new.example/inbox"}
        async with here.database.snapshot() as session:
            assert await routing.sort(session, inboxes) == {
                Dialect.bookwyrm: {"https://bw.example/inbox"},
                Dialect.plain: {"https://m.example/inbox", "https://new.example/inbox"},
            }
            assert await routing.sort(session, set()) == {}
