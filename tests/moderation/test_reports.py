"""Reports become one case, keep the words, and cannot be used as a weapon."""

import asyncio

import pytest
from sqlalchemy import func, select

from community.clock import now
from community.database import Database
from community.errors import TooFast, Unprocessable
from community.people.accounts import Account
from community.people.actors import Actor
from community.posts.post import Post, Standing
from moderation import reports
from moderation.tables import Action, Case, CaseState, Origin, Report, Snapshot
from tests.moderation.people import actor_now, case_of, decide, elsewhere, now_of, report, report_actor, say, undo


async def test_a_visitor_reports_a_post_and_can_follow_the_report(database: Database, cleo: Actor) -> None:
    post = await say(database, cleo)
    told = await report(database, post, reason="Rude to whales", rule="harassment")
    assert told.code is not None
    async with database.snapshot() as session:
        found = await reports.by_code(session, f" {told.code[:4].upper()}-{told.code[4:]} ")
    assert found is not None
    assert found.case.state is CaseState.open
    assert (found.case.rule, found.case.severity) == ("harassment", 2)
    async with database.snapshot() as session:
        assert await reports.by_code(session, "no such code") is None
        assert await reports.by_code(session, "") is None


async def test_nothing_is_hidden_by_a_report(database: Database, cleo: Actor) -> None:
    post = await say(database, cleo)
    await report(database, post, rule="H1")
    await report_actor(database, cleo, rule="H1")
    assert (await now_of(database, post)).standing is Standing.shown
    assert (await actor_now(database, cleo)).state == "active"


async def test_a_thousand_reports_of_one_post_are_one_case(database: Database, cleo: Actor) -> None:
    post = await say(database, cleo)
    async with database.transaction() as session:
        about = await session.get_one(Post, post.id)
        for number in range(1000):
            host = f"port{number % 50}.example"
            await reports.open_report(
                session, post=about, origin=Origin.flag, host=host, uri=f"https://{host}/flags/{number}", reason=f"Rude, says {number}"
            )
    async with database.snapshot() as session:
        assert await session.scalar(select(func.count()).select_from(Case)) == 1
        assert await session.scalar(select(func.count()).select_from(Report)) == 1000
        assert await session.scalar(select(func.count()).select_from(Snapshot)) == 1
        assert (await session.scalars(select(Case.version))).one() == 1  # a flood does not stop a moderator


async def test_two_who_report_at_the_same_moment_meet_in_one_case(database: Database, cleo: Actor) -> None:
    post = await say(database, cleo)
    told = await asyncio.gather(*(report(database, post, reason=f"Rude {number}") for number in range(6)))
    assert len({one.case_id for one in told}) == 1
    assert len({one.id for one in told}) == 6


async def test_a_flag_that_is_told_twice_is_kept_once(database: Database, cleo: Actor) -> None:
    post = await say(database, cleo)
    flag = {"origin": Origin.flag, "host": "harbour.example", "uri": "https://harbour.example/flags/1"}
    first, again = await report(database, post, **flag), await report(database, post, **flag)
    another = await report(database, post, **{**flag, "uri": "https://harbour.example/flags/2"})
    assert again.id == first.id
    assert another.id == first.id  # the same server, words and reason, while it still waits


async def test_a_post_and_its_author_are_two_cases(database: Database, cleo: Actor) -> None:
    post = await say(database, cleo)
    about_post, about_cleo = await report(database, post), await report_actor(database, cleo)
    assert about_post.case_id != about_cleo.case_id
    assert (await report_actor(database, cleo, reason="And again")).case_id == about_cleo.case_id


async def test_the_words_survive_an_edit_and_a_deletion(database: Database, cleo: Actor) -> None:
    post = await say(database, cleo, "<p>A terrible thing</p>")
    first = await report(database, post)
    async with database.transaction() as session:
        kept = await session.get_one(Post, post.id)
        kept.html, kept.edited_at = "<p>A kind thing</p>", now()
    second = await report(database, post, reason="They changed it")
    async with database.transaction() as session:
        kept = await session.get_one(Post, post.id)
        kept.html = ""
        kept.move(Standing.deleted)
    async with database.snapshot() as session:
        then = [(await session.get_one(Snapshot, one.snapshot_id)).html for one in (first, second)]
    assert then == ["<p>A terrible thing</p>", "<p>A kind thing</p>"]
    assert first.case_id == second.case_id


async def test_a_reason_is_plain_text_that_every_database_can_keep(database: Database, cleo: Actor) -> None:
    post = await say(database, cleo)
    typed = await report(database, post, reason="<b>Rude</b>\r\nto\x00 whales\x1b[31m \u202eelahw \ud800")
    told = await report(database, post, origin=Origin.flag, host="harbour.example", reason="<p>Rude<script>x</script></p><p>twice</p>")
    long = await report(database, post, reason="x" * 20_000_000)
    async with database.snapshot() as session:
        kept = {one.id: one.reason for one in await session.scalars(select(Report))}
    assert kept[typed.id] == "<b>Rude</b>\nto whales[31m elahw"
    assert kept[told.id] == "Rudex\ntwice"
    assert kept[long.id] == "x" * 5_000


async def test_a_rule_that_nobody_knows_is_not_kept(database: Database, cleo: Actor) -> None:
    told = await report(database, await say(database, cleo), rule="the-code-of-pirates")
    assert told.rule is None
    assert (await case_of(database, told)).severity == 3


async def test_the_gravest_report_says_how_urgent_a_case_is(database: Database, cleo: Actor) -> None:
    post = await say(database, cleo)
    told = await report(database, post, rule="other")
    assert (await case_of(database, told)).severity == 4
    await report(database, post, rule="H1", reason="A threat")
    await report(database, post, rule="spam", reason="Spam")
    case = await case_of(database, told)
    assert (case.rule, case.severity) == ("H1", 1)


async def test_a_report_about_nothing_is_refused(database: Database) -> None:
    with pytest.raises(Unprocessable):
        async with database.transaction() as session:
            await reports.open_report(session, origin=Origin.form, reason="Rude")


@pytest.mark.parametrize("source", ["reader", "email", "host", "unnamed"])
async def test_a_source_that_reports_too_much_is_slowed_down_and_others_are_not(
    database: Database, ada: Account, cleo: Actor, source: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("PER_READER", "PER_EMAIL", "PER_HOST", "UNNAMED"):
        monkeypatch.setattr(reports, name, 3)
    dana = elsewhere("dana")
    sources: dict[str, dict[str, object]] = {
        "reader": {"reporter": ada.actor},
        "email": {"reporter_email": "Dana@Mail.example"},
        "host": {"origin": Origin.flag, "host": dana.domain},
        "unnamed": {},
    }
    posts = [await say(database, cleo) for _ in range(4)]
    for post in posts[:3]:
        await report(database, post, **sources[source])
    with pytest.raises(TooFast):
        await report(database, posts[3], **sources[source])
    if source != "unnamed":
        await report(database, posts[0], **sources[source])  # the same again costs nothing
    for other in sources:
        if other != source:
            await report(database, posts[3], **sources[other])
    await report(database, posts[3], origin=Origin.policy, policy="words")


async def test_a_settled_case_is_opened_again_by_a_new_report(database: Database, ben: Account, cleo: Actor) -> None:
    post = await say(database, cleo)
    told = await report(database, post, rule="harassment")
    await decide(database, told, ben, Action.dismiss)
    assert (await case_of(database, told)).state is CaseState.settled
    again = await report(database, post, reason="Still rude", rule="spam")
    case = await case_of(database, again)
    assert (case.id, case.state, case.rule, case.severity) == (told.case_id, CaseState.open, "spam", 3)


async def test_what_was_dismissed_three_times_stays_settled_until_the_words_change_or_it_is_graver(
    database: Database, ben: Account, cleo: Actor
) -> None:
    post = await say(database, cleo)
    for number in range(3):
        await decide(database, await report(database, post, reason=f"Rude {number}", rule="harassment"), ben, Action.dismiss)
    told = await report(database, post, reason="Rude 4", rule="harassment")
    assert (await case_of(database, told)).state is CaseState.settled
    await report(database, post, reason="A threat", rule="H1")
    assert (await case_of(database, told)).state is CaseState.open
    await decide(database, told, ben, Action.dismiss)
    async with database.transaction() as session:
        (await session.get_one(Post, post.id)).html = "<p>Something new</p>"
    await report(database, post, reason="Rude 5", rule="harassment")
    assert (await case_of(database, told)).state is CaseState.open


async def test_a_report_of_what_nobody_sees_does_not_open_the_case_again(database: Database, ben: Account, cleo: Actor) -> None:
    post = await say(database, cleo)
    told = await report(database, post)
    outcome = await decide(database, told, ben, Action.hide)
    late = await report(database, post, reason="Rude, too late")
    assert (await case_of(database, late)).state is CaseState.settled
    await undo(database, outcome.decision, ben)
    assert (await case_of(database, late)).state is CaseState.open


async def test_what_a_policy_holds_always_opens_the_case_again(database: Database, ben: Account, cleo: Actor) -> None:
    post = await say(database, cleo)
    for number in range(3):
        await decide(database, await report(database, post, reason=f"Rude {number}"), ben, Action.dismiss)
    told = await report(database, post, origin=Origin.policy, policy="words", reason="Listed word: landlubber")
    assert (await case_of(database, told)).state is CaseState.open
    same = await report(database, post, origin=Origin.policy, policy="words", reason="Listed word: landlubber")
    assert same.id == told.id
