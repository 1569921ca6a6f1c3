"""Whole servers: refused, limited, allowed; and lists of them."""

import csv
import io

import pytest
from sqlalchemy import func, select

from community.database import Database
from community.errors import TooLarge, Unprocessable
from community.people.accounts import Account
from community.people.actors import Actor
from community.people.follows import Follow, FollowState
from community.posts.post import Standing
from moderation import blocklist, domains, hosts
from moderation.blocklist import Fate, Preview
from moderation.effects import RejectFollow
from moderation.tables import DomainAnswer, DomainRule, LogEntry, Lowered
from tests.moderation.people import now_of, say

OWN = "library.town.example"
HEADER = "#domain,#severity,#reject_media,#reject_reports,#public_comment,#obfuscate\n"


async def look_at(database: Database, file: str) -> Preview:
    async with database.snapshot() as session:
        return await blocklist.preview(session, file, OWN)


async def test_a_server_is_refused_limited_and_let_in_again(database: Database, ada: Account, cleo: Actor) -> None:
    post = await say(database, cleo)
    async with database.transaction() as session:
        session.add(Follow(follower_id=cleo.id, followed_id=ada.actor_id, uri="https://harbour.example/f/1", state=FollowState.granted))
    standings = []
    for treat in (domains.limit, domains.refuse, domains.limit, domains.lift):
        async with database.transaction() as session:
            effects = await treat(session, "Harbour.Example.", "Spam", who="ben", own_domain=OWN)
        assert [type(effect) for effect in effects] == ([RejectFollow] if treat is domains.refuse else [])
        standings.append((await now_of(database, post)).standing)
    assert standings == [Standing.limited, Standing.hidden, Standing.limited, Standing.shown]
    async with database.snapshot() as session:
        assert list(await session.scalars(select(LogEntry.what).order_by(LogEntry.id))) == ["limit", "refuse", "limit", "lift"]
        assert await session.scalar(select(func.count()).select_from(Lowered)) == 0
        assert await session.scalar(select(func.count()).select_from(DomainRule)) == 0


NO_NAMES = ("com", "", "*.example", "a b.example", "-a.example", "x" * 300, "a..example")


@pytest.mark.parametrize("name", [OWN, "town.example", "example", "LIBRARY.town.example.", *NO_NAMES])
async def test_a_rule_cannot_speak_of_us_or_of_everybody_or_of_nonsense(database: Database, name: str) -> None:
    with pytest.raises(Unprocessable):
        async with database.transaction() as session:
            await domains.refuse(session, name, "Spam", who="ben", own_domain=OWN)


async def test_a_rule_needs_a_reason(database: Database) -> None:
    with pytest.raises(Unprocessable):
        async with database.transaction() as session:
            await domains.refuse(session, "harbour.example", " ", who="ben", own_domain=OWN)


def test_names_of_servers_are_written_in_one_way() -> None:
    assert hosts.plain(" HTTPS://Harbour.Example/ ") == "harbour.example"
    assert hosts.plain("Bücher.example") == "xn--bcher-kva.example"
    assert hosts.candidates("127.0.0.1:8001") == ["127.0.0.1:8001", "127.0.0.1"]
    assert hosts.candidates("[::1]:8001") == ["[::1]:8001", "[::1]"]
    assert hosts.candidates("harbour.example.") == ["harbour.example", "example"]
    assert len(hosts.candidates("a." * 5000 + "example")) <= 22


async def test_a_list_is_looked_at_before_it_is_taken_over(database: Database, ada: Account, cleo: Actor) -> None:
    await say(database, cleo)
    async with database.transaction() as session:
        session.add(Follow(follower_id=cleo.id, followed_id=ada.actor_id, uri="https://harbour.example/f/1", state=FollowState.granted))
        session.add(DomainRule(domain="quay.example", answer=DomainAnswer.limit))
        session.add(DomainRule(domain="dock.example", answer=DomainAnswer.refuse))
        session.add(DomainRule(domain="friend.example", answer=DomainAnswer.allow))
    file = HEADER + "\n".join(
        [
            "harbour.example,suspend,false,false,Spam,false",
            "quay.example,suspend,false,false,,false",
            "dock.example,silence,false,false,,false",
            "friend.example,suspend,false,false,,false",
            "images.example,noop,true,false,,false",
            f"{OWN},suspend,false,false,,false",
            "town.example,suspend,false,false,,false",
            "*.wild.example,suspend,false,false,,false",
            "har*****.example,suspend,false,false,,true",
            "com,suspend,false,false,,false",
            "strange.example,explode,false,false,,false",
            "harbour.example,silence,false,false,,false",
        ]
    )
    found = await look_at(database, file)
    assert [line.fate for line in found.lines] == [
        Fate.new, Fate.stricter, Fate.same, Fate.kept, Fate.nothing, *[Fate.refused] * 7
    ]  # fmt: skip
    assert (found.lines[0].posts, found.lines[0].follows) == (1, 1)
    assert all(line.why for line in found.lines if line.fate is Fate.refused)
    async with database.snapshot() as session:
        assert await session.scalar(select(func.count()).select_from(DomainRule)) == 3

    async with database.transaction() as session:
        effects = await blocklist.take_over(session, found, who="ben")
    assert [type(effect) for effect in effects] == [RejectFollow]
    async with database.snapshot() as session:
        rules = dict((await session.execute(select(DomainRule.domain, DomainRule.answer))).all())
        written = list(await session.scalars(select(LogEntry.about).order_by(LogEntry.id)))
    assert rules == {
        "harbour.example": DomainAnswer.refuse,
        "quay.example": DomainAnswer.refuse,
        "dock.example": DomainAnswer.refuse,
        "friend.example": DomainAnswer.allow,
    }
    assert written == ["harbour.example", "quay.example"]
    assert (await look_at(database, file)).changes == ()


async def test_a_list_of_bare_names_refuses_them(database: Database) -> None:
    found = await look_at(database, "\ufeffharbour.example\r\n\r\nquay.example\r\n")
    assert [(line.domain, line.answer) for line in found.lines] == [
        ("harbour.example", DomainAnswer.refuse),
        ("quay.example", DomainAnswer.refuse),
    ]


async def test_columns_may_stand_in_any_order(database: Database) -> None:
    found = await look_at(database, "severity,public_comment,domain\nsilence,Loud,harbour.example\n")
    assert [(line.domain, line.answer, line.reason) for line in found.lines] == [("harbour.example", DomainAnswer.limit, "Loud")]


@pytest.mark.parametrize("file", ["", "\n\n", '"unclosed', "a\x00b\rc"])
async def test_what_is_no_list_is_refused(database: Database, file: str) -> None:
    try:
        found = await look_at(database, file)
    except Unprocessable:
        return
    assert found.changes == ()


async def test_a_list_without_end_is_refused(database: Database) -> None:
    with pytest.raises(TooLarge):
        await look_at(database, "a.example\n" * (blocklist.MOST_LINES + 1))
    with pytest.raises(TooLarge):
        await look_at(database, "x" * (blocklist.MOST_CHARACTERS + 1))


@pytest.mark.parametrize("formula", ['=HYPERLINK("https://harbour.example")', "+1", "-1", "@SUM(A1)", "\t=1"])
async def test_a_spreadsheet_runs_nothing_of_what_we_export(database: Database, formula: str) -> None:
    async with database.transaction() as session:
        session.add(DomainRule(domain="harbour.example", answer=DomainAnswer.refuse, reason=formula))
        session.add(DomainRule(domain="quay.example", answer=DomainAnswer.limit, reason='Loud, "very"\nloud'))
        session.add(DomainRule(domain="friend.example", answer=DomainAnswer.allow))
    async with database.snapshot() as session:
        file = await blocklist.export(session)
    rows = list(csv.reader(io.StringIO(file)))
    assert rows[0] == HEADER.strip().split(",")
    assert [row[:2] for row in rows[1:]] == [["harbour.example", "suspend"], ["quay.example", "silence"]]
    assert all(not cell.startswith(("=", "+", "-", "@", "\t", "\r")) for row in rows[1:] for cell in row)
    back = await look_at(database, file)
    assert [line.fate for line in back.lines] == [Fate.same, Fate.same]
    assert [line.reason for line in back.lines] == [formula.strip(), 'Loud, "very"\nloud']


async def test_a_long_list_is_taken_over_quickly(database: Database) -> None:
    async with database.transaction() as session:
        found = await blocklist.preview(session, "\n".join(f"pirate{number}.example" for number in range(5000)), OWN)
        await blocklist.take_over(session, found, who="ben")
    assert await domains.refuses(database, "deck.pirate4999.example")
