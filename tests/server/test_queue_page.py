"""The page of the administrator for what is owed to other servers."""

import re
from pathlib import Path

from sqlalchemy import func, select, update

from community.clock import days, hours, now
from community.due import Owed
from community.people.accounts import Role
from community.uris import host
from federation import health, instances, outbox, routing
from federation.routing import Dialect
from federation.tables import Delivery, Instance, Outgoing
from moderation.tables import LogEntry
from server import understanding
from tests.house.test_guards import ROOT
from tests.remote_server import remote_server
from tests.server.client import Browser, browser
from tests.world import Town, town

PAGE = "/moderation/deliveries"


async def owed(here: Town, *inboxes: str, number: int = 1) -> None:
    """Owe these inboxes something in Ada's name."""
    ada = await here.actor(here.library.uris.actor("ada")) or (await here.person("ada")).actor
    for one in range(number):
        wire = {"id": here.library.uris.activity("create", f"x{one}"), "type": "Create", "actor": ada.uri, "object": f"{here.root}/{one}"}
        async with here.database.transaction() as session:
            await outbox.owe(session, ada, wire, set(inboxes))


async def agatha(here: Town, someone: Browser) -> Browser:
    """An administrator."""
    return await someone.sign_in(await here.person("agatha", Role.administrator))


async def in_trouble(here: Town, name: str) -> None:
    """This server has not answered for three days."""
    async with here.database.transaction() as session:
        row = await instances.meet(session, name)
        row.failing_since, row.failures, row.not_before = now() - days(3), 9, now() + hours(12)
        why = "503: the other server has troubles"
        await session.execute(update(Delivery).where(Delivery.host == name).values(attempts=3, due_at=now() + hours(6), why=why))


async def log_of(here: Town) -> list[tuple[str, str, str, str]]:
    async with here.database.snapshot() as session:
        return [(one.who, one.what, one.about, one.reason) for one in await session.scalars(select(LogEntry).order_by(LogEntry.id))]


async def states(here: Town) -> dict[Owed, int]:
    async with here.database.snapshot() as session:
        return {state: count for state, count in await session.execute(select(Delivery.state, func.count()).group_by(Delivery.state))}


async def test_the_page_says_who_is_well_who_is_not_and_why(tmp_path: Path) -> None:
    async with town(tmp_path) as here, remote_server() as harbour, browser(here) as someone:
        await agatha(here, someone)
        harbour.software = "bookwyrm"
        ada = await here.person("ada")
        await harbour.says(here, harbour.activity("Follow", "cleo", ada.actor.uri))
        await here.settle()
        await owed(here, "https://quay.example/inbox", number=2)
        await in_trouble(here, "quay.example")

        page = await someone.get(PAGE)
        assert page.text.index("quay.example") < page.text.index(host(harbour.root))
        assert "does not answer" in page.text and "503: the other server has troubles" in page.text
        assert "bookwyrm 1" in page.text and "draft-cavage" in page.text

        trouble = await someone.get(f"{PAGE}?state=trouble")
        assert "quay.example" in trouble.text and host(harbour.root) not in trouble.text


async def test_trying_again_sends_what_waited_and_says_so_in_the_log(tmp_path: Path) -> None:
    async with town(tmp_path) as here, remote_server() as harbour, browser(here) as someone:
        await agatha(here, someone)
        name = host(harbour.root)
        await owed(here, f"{harbour.root}/inbox", number=3)
        await in_trouble(here, name)
        await here.settle()
        assert harbour.received == []

        sent = await someone.send(f"{PAGE}/{name}/try-again", form=f"{PAGE}/{name}")
        assert (sent.status, sent.onward) == (303, f"{PAGE}/{name}")
        await here.settle()

        assert len(harbour.received) == 3
        assert await log_of(here) == [("agatha", "retry", name, "3 deliveries")]
        async with here.database.snapshot() as session:
            row = await session.get_one(Instance, name)
        assert row.failing_since is None and row.last_success_at is not None
        assert "Try to deliver again" in (await someone.get("/moderation/log")).text


async def test_giving_up_owes_nothing_more_until_somebody_thinks_again(tmp_path: Path) -> None:
    async with town(tmp_path) as here, browser(here) as someone:
        await agatha(here, someone)
        await owed(here, "https://quay.example/inbox", "https://harbour.example/inbox")

        await someone.send(f"{PAGE}/quay.example/give-up", form=f"{PAGE}/quay.example")
        assert await states(here) == {Owed.given_up: 1, Owed.waiting: 1}
        await someone.send(f"{PAGE}/quay.example/owe-again", form=f"{PAGE}/quay.example")

        assert await states(here) == {Owed.waiting: 2}
        assert [what for _, what, _, _ in await log_of(here)] == ["abandon", "owe"]


async def test_what_is_too_old_is_not_owed_again(tmp_path: Path) -> None:
    async with town(tmp_path) as here:
        await owed(here, "https://quay.example/inbox")
        async with here.database.transaction() as session:
            await session.execute(update(Outgoing).values(created_at=now() - days(40)))
            assert await health.give_up(session, "quay.example", "no") == 1
            assert await health.owe_again(session, "quay.example") == 0


async def test_a_servers_page_tells_what_its_program_shows_of_ours(tmp_path: Path) -> None:
    async with town(tmp_path) as here, browser(here) as someone:
        await agatha(here, someone)
        async with here.database.transaction() as session:
            for name, software in (("wyrm.example", "bookwyrm"), ("odd.example", None)):
                row = await instances.meet(session, name)
                row.software = software

        wyrm, odd = await someone.get(f"{PAGE}/wyrm.example"), await someone.get(f"{PAGE}/odd.example")

        assert "a review on the page of the book" in wyrm.text
        assert "like BookWyrm" in wyrm.text and "plainly" in odd.text
        assert "the stars are part of its text" in odd.text
        assert "It has not told us what it runs" in odd.text


async def test_a_long_list_has_pages(tmp_path: Path) -> None:
    async with town(tmp_path) as here, browser(here) as someone:
        await agatha(here, someone)
        await owed(here, *(f"https://s{number:03}.example/inbox" for number in range(60)))

        first, second = await someone.get(PAGE), await someone.get(f"{PAGE}?page=2")

        shown = re.compile(r">(s\d{3}\.example)</a>")
        assert (len(shown.findall(first.text)), len(shown.findall(second.text))) == (50, 10)
        assert not set(shown.findall(first.text)) & set(shown.findall(second.text))


async def test_ben_the_moderator_is_not_let_in_and_sees_no_way_there(tmp_path: Path) -> None:
    async with town(tmp_path) as here, browser(here) as ben:
        await ben.sign_in(await here.person("ben", Role.moderator))

        assert (await ben.get(PAGE)).status == 403
        assert PAGE not in (await ben.get("/moderation/log")).text


def test_every_program_in_the_table_says_something_of_everything() -> None:
    for software, cells in understanding.SHOWN.items():
        assert cells.keys() == understanding.THINGS.keys(), software
        assert {level for level, _ in cells.values()} <= {understanding.WHOLE, understanding.PART, understanding.NONE}
    assert understanding.of("BookWyrm") is understanding.SHOWN["bookwyrm"]
    assert understanding.of("unheard-of") is understanding.ORDINARY
    assert understanding.OTHERS.keys() == understanding.SPOKEN.keys() == set(Dialect)
    assert [software for software in routing.DIALECTS if understanding.of(software) is understanding.ORDINARY] == []


def test_federation_md_has_the_same_table() -> None:
    assert understanding.written() in (ROOT / "FEDERATION.md").read_text()
