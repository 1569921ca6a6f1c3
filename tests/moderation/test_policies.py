"""Each policy does what its examples say, and the strictest answer stands."""

import time

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from community.clock import hours, now, seconds
from community.database import Database
from community.errors import Misconfigured
from community.people.actors import Actor, ActorState
from community.posts.post import Post, Standing
from moderation import domains, folding, judge
from moderation.policies import pace, registry
from moderation.policies.words import Listed
from moderation.tables import Case, DomainAnswer, DomainRule, Judged, ListedWord, LogEntry, Origin, Report
from moderation.verdicts import ALLOWED, Answer, Example, Policy, Submission, Verdict
from tests.moderation.people import elsewhere, words

EXAMPLES = [(policy, example) for policy in registry.chosen(tuple(registry.OURS)) for example in policy.examples]


def by_cleo(**more: object) -> Submission:
    uri = "https://harbour.example/users/cleo"
    said = {"actor": None, "actor_uri": uri, "host": "harbour.example", "text": "Hi", "kind": "create", "uri": f"{uri}/1", **more}
    return Submission(**said)  # type: ignore[arg-type]


class Says:
    """A policy that always says the same."""

    examples: tuple[Example, ...] = ()

    def __init__(self, name: str, answer: Answer) -> None:
        self.name = name
        self.answer = answer

    async def judge(self, session: AsyncSession, submission: Submission) -> Verdict:
        return Verdict(self.answer, self.name, "because")


class Breaks(Says):
    """A policy with a mistake in it."""

    async def judge(self, session: AsyncSession, submission: Submission) -> Verdict:
        raise ValueError("a mistake")


@pytest.mark.parametrize(("policy", "example"), EXAMPLES, ids=[f"{policy.name}: {example.title}" for policy, example in EXAMPLES])
async def test_a_policy_does_what_its_example_says(database: Database, policy: Policy, example: Example) -> None:
    submission, rows = example.make()
    async with database.transaction() as session:
        session.add_all(rows)
        await session.flush()
        verdict = await policy.judge(session, submission)
    assert verdict.answer is example.answer
    assert verdict == ALLOWED or verdict.policy == policy.name


@pytest.mark.parametrize("policy", registry.chosen(tuple(registry.OURS)), ids=lambda policy: policy.name)
def test_every_policy_shows_what_it_stops_and_what_it_lets_through(policy: Policy) -> None:
    answers = {example.answer for example in policy.examples}
    assert Answer.allow in answers
    assert answers - {Answer.allow}


async def test_the_strictest_answer_stands_and_of_two_alike_the_first(database: Database) -> None:
    milder, first, second = Says("milder", Answer.limit), Says("first", Answer.hold), Says("second", Answer.hold)
    async with database.transaction() as session:
        verdict = await judge.judge(session, by_cleo(), [milder, first, second, Says("kind", Answer.allow)])
    assert (verdict.answer, verdict.policy) == (Answer.hold, "first")


async def test_what_is_not_allowed_is_written_into_the_log_and_what_is_allowed_is_not(database: Database) -> None:
    async with database.transaction() as session:
        await judge.judge(session, by_cleo(), [Says("kind", Answer.allow)])
        await judge.judge(session, by_cleo(), [Says("stern", Answer.hold)])
    async with database.snapshot() as session:
        entry = (await session.scalars(select(LogEntry))).one()
    assert (entry.who, entry.what, entry.about) == ("policy stern", "hold", "https://harbour.example/users/cleo/1")


async def test_a_refused_server_cannot_fill_the_log(database: Database) -> None:
    async with database.transaction() as session:
        session.add(DomainRule(domain="harbour.example", answer=DomainAnswer.refuse))
        for number in range(50):
            await judge.judge(session, by_cleo(uri=f"https://harbour.example/{number}"), ["domains"])
    async with database.snapshot() as session:
        assert [entry.about for entry in await session.scalars(select(LogEntry))] == ["harbour.example"]


async def test_a_policy_that_breaks_makes_a_person_look(database: Database, caplog: pytest.LogCaptureFixture) -> None:
    async with database.transaction() as session:
        verdict = await judge.judge(session, by_cleo(), [Breaks("broken", Answer.allow)])
    assert (verdict.answer, verdict.reason) == (Answer.hold, "The policy failed: ValueError")
    assert "the policy broken failed" in caplog.text


async def test_a_suspended_author_is_refused_before_any_policy_but_may_take_back(database: Database) -> None:
    cleo = elsewhere("cleo")
    cleo.state = ActorState.suspended
    async with database.transaction() as session:
        said = await judge.judge(session, by_cleo(actor=cleo), [])
        taken_back = await judge.judge(session, by_cleo(actor=cleo, kind="delete", activity_type="Delete"), [])
    assert (said.answer, said.policy) == (Answer.refuse, "author")
    assert taken_back == ALLOWED


def test_an_unknown_policy_is_named() -> None:
    with pytest.raises(Misconfigured, match="'wards', which is unknown"):
        registry.chosen(("domains", "wards"))


def test_a_policy_of_somebody_else_is_an_entry_point(monkeypatch: pytest.MonkeyPatch) -> None:
    class Point:
        name = "kraken"

        def load(self) -> object:
            return lambda: Says("kraken", Answer.hold)

    monkeypatch.setattr(registry, "entry_points", lambda group, name="kraken": [Point()] if name == "kraken" else [])
    policies = registry.chosen(("words", "kraken"))
    registry.chosen.cache_clear()
    assert [policy.name for policy in policies] == ["words", "kraken"]


async def test_a_change_to_the_servers_is_seen_at_once_here_and_within_a_second_elsewhere(database: Database) -> None:
    other = Database(database.url.render_as_string(hide_password=False))  # as another process would open it
    assert not await domains.refuses(other, "harbour.example")
    async with database.transaction() as session:
        await domains.refuse(session, "harbour.example", "Spam", who="ben", own_domain="our.example")
    assert await domains.refuses(database, "social.harbour.example")
    # Another process has no sign of the change but the table: forget the one that this process had.
    domains.REMEMBERED._careful_until = 0.0
    deadline = time.monotonic() + 1.0
    while not await domains.refuses(other, "harbour.example"):
        assert time.monotonic() < deadline
        time.sleep(0.02)  # noqa: ASYNC251 - nothing else runs here
    async with database.transaction() as session:
        await domains.lift(session, "harbour.example", "Settled", who="ben", own_domain="our.example")
    assert not await domains.refuses(database, "harbour.example")
    await other.close()


async def test_a_held_post_becomes_a_case_with_its_words(database: Database, cleo: Actor) -> None:
    async with database.transaction() as session:
        session.add(ListedWord(phrase="landlubber"))
        author = await session.get_one(Actor, cleo.id)
        post = words(author, "<p>You landlubber!</p>")
        session.add(post)
        verdict = await judge.judge(session, by_cleo(actor=author, text="You landlubber!", uri=post.uri), ["domains", "words"])
        await judge.apply(session, post, verdict)
    async with database.snapshot() as session:
        kept = (await session.scalars(select(Post))).one()
        case = (await session.scalars(select(Case))).one()
        report = (await session.scalars(select(Report))).one()
    assert kept.standing is Standing.held
    assert case.post_id == kept.id
    assert (report.origin, report.policy, report.reason) == (Origin.policy, "words", "Listed word: landlubber")


async def test_an_edit_that_is_allowed_does_not_show_what_a_moderator_hid(database: Database, cleo: Actor) -> None:
    async with database.transaction() as session:
        post = words(await session.get_one(Actor, cleo.id), standing=Standing.hidden)
        session.add(post)
        await judge.apply(session, post, ALLOWED)
        assert post.standing is Standing.hidden


async def test_pace_counts_what_another_process_wrote_and_forgets_after_a_day(database: Database) -> None:
    policy, cleo = pace.Pace(), "https://harbour.example/users/cleo"
    async with database.transaction() as session:
        session.add_all(Judged(actor_uri=cleo, host="harbour.example", at=now() - hours(25)) for _ in range(200))
    async with database.transaction() as session:
        assert (await policy.judge(session, by_cleo())).answer is Answer.allow
        session.add_all(Judged(actor_uri=cleo, host="harbour.example", at=now() - hours(n / 5)) for n in range(100))
    async with database.transaction() as session:
        verdict = await policy.judge(session, by_cleo())
    assert verdict.reason == "More than 100 posts of this author within 24 hours"
    async with database.transaction() as session:
        session.add_all(Judged(actor_uri="x", at=now() - hours(25)) for _ in range(pace.FORGET_EVERY))
        await session.flush()
        for _ in range(pace.FORGET_EVERY):
            await policy.judge(session, by_cleo(actor_uri="y", host=None))
    async with database.snapshot() as session:
        assert (await session.scalars(select(Judged).where(Judged.at < now() - hours(24) - seconds(1)))).all() == []


def test_folding_is_the_same_for_a_phrase_and_a_text_that_quotes_it() -> None:
    for phrase in ("Straße", "Ελλάδα", "сухопутная крыса", "हिन्दी", "海盗", "1488", "№ 5", "naïve café", "\N{PILE OF POO}"):
        assert Listed.of({folding.tokens(phrase): DomainAnswer.hold}).find(f"He said: {phrase}, and left.") is not None


@pytest.mark.parametrize("noise", ["a", "a ", "a1!", "\u0301", "\ufdfa", "ﷺ ", "w4h4l3 ", "x\u200b", "а", "🐋", "aaa bbb "])
def test_long_and_hostile_text_is_read_in_linear_time(noise: str) -> None:
    listed = Listed.of({("whale", *["a"] * length): DomainAnswer.hold for length in range(11)} | {("a",) * 12: DomainAnswer.hold})
    start = time.process_time()  # of this process alone: others share the machine
    listed.find(noise * (100_000 // len(noise)))
    assert time.process_time() - start < 2


async def test_an_edit_of_what_stands_here_is_not_counted_by_pace(database: Database, cleo: Actor) -> None:
    async with database.transaction() as session:
        author = await session.get_one(Actor, cleo.id)
        post = words(author)
        session.add(post)
        for _ in range(30):
            edit = by_cleo(actor=author, kind="update", activity_type="Update", uri=post.uri)
            assert await pace.Pace().judge(session, edit) == ALLOWED


async def test_a_new_profile_is_not_a_post_of_a_stranger(database: Database) -> None:
    uri = "https://harbour.example/users/cleo"
    async with database.transaction() as session:
        verdict = await judge.judge(session, by_cleo(kind="update", activity_type="Update", uri=uri), ["pace", "newcomers"])
    assert verdict == ALLOWED
