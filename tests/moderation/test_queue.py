"""What moderators see: in the right order, with all that is needed, and never who reported it."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncEngine

from community.catalog.tables import Work
from community.clock import hours, minutes, now
from community.database import Database
from community.people.accounts import Account
from community.people.actors import Actor
from community.posts.post import Post, Standing
from moderation import decisions, queue
from moderation.queue import Filter
from moderation.tables import Action, Case, CaseState, DomainAnswer, DomainRule, Origin
from tests.moderation.people import decide, report, report_actor, say, undo


@contextmanager
def counted(engine: AsyncEngine) -> Iterator[list[str]]:
    """The statements that are made meanwhile."""
    said: list[str] = []

    def listen(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        if not statement.startswith(("BEGIN", "PRAGMA")):
            said.append(statement)

    event.listen(engine.sync_engine, "before_cursor_execute", listen)
    yield said
    event.remove(engine.sync_engine, "before_cursor_execute", listen)


async def test_urgent_cases_come_first_and_older_ones_before_younger(database: Database, cleo: Actor) -> None:
    ids = {}
    for name, rule, age in (("young", "spam", 1), ("old", "spam", 9), ("threat", "threat", 0), ("minor", "other", 99)):
        told = await report(database, await say(database, cleo), rule=rule, reason=f"The {name} one")
        async with database.transaction() as session:
            (await session.get_one(Case, told.case_id)).opened_at = now() - hours(age)
        ids[told.case_id] = name
    rows = await database.read(lambda session: queue.queue(session, Filter()))
    assert [ids[row.id] for row in rows] == ["threat", "old", "young", "minor"]
    assert [row.urgent for row in rows] == [True, False, False, False]
    assert rows[0].summary == "The threat one"
    paged = []
    before = None
    while page := await database.read(lambda session, before=before: queue.queue(session, Filter(), 3, before)):  # type: ignore[misc]
        paged += page
        before = page[-1].id
    assert paged == rows


async def test_the_queue_can_be_narrowed_and_counted(database: Database, ben: Account, ada: Account, cleo: Actor) -> None:
    held = await report(database, await say(database, cleo, standing=Standing.held), origin=Origin.policy, policy="words", reason="Listed")
    flag = await report(database, await say(database, ada.actor), origin=Origin.flag, host="harbour.example", rule="H4")
    form = await report(database, await say(database, ada.actor), rule="spam")
    done = await report(database, await say(database, cleo))
    await decide(database, done, ben, Action.hide)
    async with database.transaction() as session:
        await decisions.take(session, await session.get_one(Case, form.case_id), ben)

    async def ids(wanted: Filter) -> set[int]:
        return {row.id for row in await database.read(lambda session: queue.queue(session, wanted))}

    assert await ids(Filter()) == {held.case_id, flag.case_id, form.case_id}
    assert await ids(Filter(state=CaseState.settled)) == {done.case_id}
    assert await ids(Filter(state=None)) == {held.case_id, flag.case_id, form.case_id, done.case_id}
    assert await ids(Filter(origin=Origin.flag)) == {flag.case_id}
    assert await ids(Filter(rule="spam")) == {form.case_id}
    assert await ids(Filter(host="harbour.example")) == {held.case_id}
    assert await ids(Filter(author_id=ada.actor_id)) == {flag.case_id, form.case_id}
    assert await ids(Filter(taken_by_id=ben.id)) == {form.case_id}
    counts = await database.read(lambda session: queue.counts(session, ben.id))
    assert (counts.open, counts.settled, counts.mine, counts.held) == (3, 1, 1, 1)
    assert counts.by_source == {"policy": 1, "flag": 1, "report": 1}
    assert counts.by_rule == {"H4": 1, "spam": 1}
    (row,) = await database.read(lambda session: queue.queue(session, Filter(taken_by_id=ben.id)))
    assert row.taken_by == "ben"
    async with database.transaction() as session:
        (await session.get_one(Case, form.case_id)).taken_at = now() - minutes(31)
    assert await ids(Filter(taken_by_id=ben.id)) == set()


@pytest.mark.parametrize("size", [1, 12])
async def test_a_long_queue_takes_no_more_statements_than_a_short_one(database: Database, ben: Account, cleo: Actor, size: int) -> None:
    for _ in range(size):
        told = await report(database, await say(database, cleo))
        async with database.transaction() as session:
            await decisions.take(session, await session.get_one(Case, told.case_id), ben)
    async with database.snapshot() as session:
        with counted(database.engine) as said:
            rows = await session.run_sync(lambda sync: queue.queue(sync, Filter()))
    assert len(rows) == size
    assert len(said) == 4


async def test_a_case_shows_all_that_is_needed_to_decide_it(database: Database, ben: Account, ada: Account, cleo: Actor) -> None:
    async with database.transaction() as session:
        work = Work(key="moby", title="Moby-Dick", sort_title="moby-dick", form="book")
        session.add_all([work, DomainRule(domain="harbour.example", answer=DomainAnswer.limit)])
    earlier = await report(database, await say(database, cleo, "<p>Earlier</p>"), reason="Rude before")
    await decide(database, earlier, ben, Action.hide)
    parent = await say(database, ada.actor, "<p>I liked it.</p>", published_at=now() - hours(2))
    post = await say(
        database, cleo, "<p>You pig.</p>", about=work, title="No", warning="Rude", reply_to_id=parent.id, published_at=now() - hours(1)
    )
    await say(database, ada.actor, "<p>Please.</p>", reply_to_id=post.id)
    told = await report(database, post, reason="Insult", rule="H4", reporter=ada.actor)
    await report(database, post, reason="Rude", reporter_email="dana@mail.example")
    await report(database, post, origin=Origin.flag, host="quay.example", reason="Rude")
    async with database.transaction() as session:
        kept = await session.get_one(Post, post.id)
        kept.html, kept.edited_at = "<p>You whale.</p>", now()
    hidden = await decide(database, told, ben, Action.hide, rule="H4", reason="An insult")
    await undo(database, hidden.decision, ben, "Edited since")

    page = await database.read(lambda session: queue.case_page(session, told.case_id))

    assert page is not None
    assert page.then is not None
    assert page.now is not None
    assert (page.then.html, page.then.title, page.then.warning) == ("<p>You pig.</p>", "No", "Rude")
    assert (page.now.html, page.now.state) == ("<p>You whale.</p>", "edited")
    assert (page.where, page.work_id, page.kind, page.version, page.state) == ("Moby-Dick", work.id, "comment", 3, "open")
    assert [(one.source, one.via, one.reason, one.rule) for one in page.reports] == [
        ("reader", "", "Insult", "H4"),
        ("visitor", "", "Rude", ""),
        ("server", "quay.example", "Rude", ""),
    ]
    assert [(one.summary, one.outcome) for one in page.earlier] == [("Rude before", "hide")]
    assert [(one.action, one.by, one.reason, one.undone_reason, one.can_undo) for one in page.history] == [
        ("hide", "ben", "An insult", "Edited since", False)
    ]
    assert page.versions[page.history[0].snapshot].html == "<p>You whale.</p>"
    assert [(said.html, said.is_this) for said in page.conversation] == [
        ("<p>I liked it.</p>", False),
        ("<p>You whale.</p>", True),
        ("<p>Please.</p>", False),
    ]
    assert (page.server, page.server_answer, page.author_posts) == ("harbour.example", "limit", 1)
    assert page.actions == ("dismiss", "warn", "hide", "remove", "limit", "suspend", "refuse")
    assert "dana" not in repr(page)
    assert "ada@" not in repr(page)


async def test_a_case_about_somebody_and_a_case_about_what_is_gone(database: Database, cleo: Actor) -> None:
    post = await say(database, cleo)
    told, about_cleo = await report(database, post), await report_actor(database, cleo)
    async with database.transaction() as session:
        (await session.get_one(Post, post.id)).move(Standing.deleted)
    gone = await database.read(lambda session: queue.case_page(session, told.case_id))
    person = await database.read(lambda session: queue.case_page(session, about_cleo.case_id))
    assert gone is not None
    assert gone.now is None
    assert "hide" not in gone.actions
    assert person is not None
    assert (person.kind, person.conversation, person.uri) == ("actor", (), cleo.uri)
    assert person.actions == ("dismiss", "warn", "limit", "suspend", "refuse")
    assert await database.read(lambda session: queue.case_page(session, 4711)) is None


async def test_a_reporter_can_follow_what_becomes_of_it(database: Database, ben: Account, cleo: Actor) -> None:
    told = await report(database, await say(database, cleo), reason="Rude")
    code = told.code or ""
    waiting = await database.read(lambda session: queue.tracked(session, code))
    outcome = await decide(database, told, ben, Action.hide, rule="H4", reason="An insult")
    settled = await database.read(lambda session: queue.tracked(session, code))
    await undo(database, outcome.decision, ben)
    again = await database.read(lambda session: queue.tracked(session, code))
    assert waiting is not None
    assert settled is not None
    assert again is not None
    assert [(one.state, one.action, one.rule) for one in (waiting, settled, again)] == [
        ("open", "", ""),
        ("settled", "hide", "H4"),
        ("open", "", ""),
    ]
    assert await database.read(lambda session: queue.tracked(session, "wrong")) is None


async def test_the_log_for_moderators_names_who_and_which_case(database: Database, ben: Account, cleo: Actor) -> None:
    post = await say(database, cleo)
    told = await report(database, post)
    await decide(database, told, ben, Action.hide, rule="H4", reason="An insult")
    (row,) = await database.read(queue.log_rows)
    assert (row.by, row.action, row.about, row.case_id, row.rule, row.reason) == ("ben", "hide", post.uri, told.case_id, "H4", "An insult")
