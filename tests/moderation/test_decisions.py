"""Moderators decide: every step and its way back, who may, and what others must be told."""

import asyncio
import re

import pytest
from sqlalchemy import func, select

from community.catalog.tables import Work
from community.clock import minutes, now
from community.database import Database
from community.errors import Conflict, Refusal, Unprocessable, Unwelcome
from community.people.accounts import Account, Role
from community.people.actors import Actor, ActorState
from community.people.follows import Follow, FollowState
from community.posts.kinds import Comment, Discussion, Event
from community.posts.post import Post, Standing, Tombstone
from moderation import decisions, domains, judge, reports
from moderation.effects import AnswerReporter, DeletePost, EndFollow, Notify, PublishPost, RejectFollow, UpdateActor
from moderation.tables import Action, Case, CaseState, Decision, DomainAnswer, DomainRule, LogEntry, Lowered, Origin, Snapshot
from moderation.verdicts import ALLOWED, Answer, Submission, Verdict
from tests.moderation.people import OURS, actor_now, case_of, decide, elsewhere, keep_account, now_of, ours, report, report_actor, say, undo


async def log_of(database: Database) -> list[tuple[str, str, str]]:
    async with database.snapshot() as session:
        entries = await session.scalars(select(LogEntry).order_by(LogEntry.id))
        return [(entry.who, entry.what, entry.reason) for entry in entries]


async def test_dismissing_leaves_the_words_and_settles_the_case(database: Database, ben: Account, cleo: Actor) -> None:
    post = await say(database, cleo)
    told = await report(database, post)
    outcome = await decide(database, told, ben, Action.dismiss, reason="Blunt, not rude")
    case = await case_of(database, told)
    assert (case.state, case.version, outcome.effects) == (CaseState.settled, 2, ())
    assert (await now_of(database, post)).standing is Standing.shown
    await undo(database, outcome.decision, ben)
    assert (await case_of(database, told)).state is CaseState.open
    assert await log_of(database) == [("ben", "dismiss", "Blunt, not rude"), ("ben", "undo dismiss", "A mistake of mine")]


@pytest.mark.parametrize("action", [Action.dismiss, Action.release])
async def test_what_was_held_appears_when_nothing_is_wrong_and_waits_again_when_that_is_undone(
    database: Database, ben: Account, ada: Account, action: Action
) -> None:
    post = await say(database, ada.actor, standing=Standing.held)
    told = await report(database, post, origin=Origin.policy, policy="words")
    outcome = await decide(database, told, ben, action)
    assert (await now_of(database, post)).standing is Standing.shown
    assert [type(effect) for effect in outcome.effects] == [PublishPost]
    await undo(database, outcome.decision, ben)
    assert (await now_of(database, post)).standing is Standing.held


async def test_what_a_stranger_wrote_appears_without_being_sent_by_us(database: Database, ben: Account, cleo: Actor) -> None:
    post = await say(database, cleo, standing=Standing.held)
    outcome = await decide(database, await report(database, post, origin=Origin.policy, policy="newcomers"), ben, Action.release)
    assert outcome.effects == ()
    assert (await now_of(database, post)).standing is Standing.shown


async def test_a_warning_tells_the_author_the_rule_and_the_reason_in_their_language(database: Database, ben: Account) -> None:
    adela = await keep_account(database, "adela", Role.reader)
    async with database.transaction() as session:
        (await session.get_one(Account, adela.id)).language = "it"
    post = await say(database, adela.actor, "<p>Whales are fish!</p>")
    outcome = await decide(database, await report(database, post), ben, Action.warn, rule="H2", reason="Please be kind")
    (notice,) = outcome.effects
    assert isinstance(notice, Notify)
    assert "Incitamento all'odio, H2: Paragoni disumanizzanti" in notice.text
    assert "Please be kind" in notice.text
    assert "Whales are fish!" in notice.text
    assert (await now_of(database, post)).standing is Standing.shown
    (back,) = (await undo(database, outcome.decision, ben)).effects
    assert isinstance(back, Notify)


async def test_hiding_is_here_only_and_comes_back(database: Database, ben: Account, ada: Account) -> None:
    post = await say(database, ada.actor, standing=Standing.limited)
    outcome = await decide(database, await report(database, post), ben, Action.hide)
    assert (await now_of(database, post)).standing is Standing.hidden
    assert [type(effect) for effect in outcome.effects] == [Notify]
    outcome = await undo(database, outcome.decision, ben)
    assert (await now_of(database, post)).standing is Standing.limited
    assert [type(effect) for effect in outcome.effects] == [Notify]


async def test_a_held_post_that_was_hidden_is_held_again_when_that_is_undone(database: Database, ben: Account, cleo: Actor) -> None:
    post = await say(database, cleo, standing=Standing.held)
    outcome = await decide(database, await report(database, post, origin=Origin.policy, policy="words"), ben, Action.hide)
    await undo(database, outcome.decision, ben)
    assert (await now_of(database, post)).standing is Standing.held


async def test_removing_a_post_of_ours_leaves_a_tombstone_and_undoing_gives_it_a_new_address(
    database: Database, ben: Account, ada: Account
) -> None:
    post = await say(database, ada.actor)
    outcome = await decide(database, await report(database, post), ben, Action.remove, rule="spam")
    deletion = outcome.effects[0]
    assert isinstance(deletion, DeletePost)
    assert (deletion.uri, deletion.former_type, deletion.author.username) == (post.uri, "Note", "ada")
    async with database.snapshot() as session:
        assert (await session.get_one(Tombstone, post.uri)).former_type == "Note"
        assert (await session.get_one(Post, post.id)).standing is Standing.removed

    outcome = await undo(database, outcome.decision, ben)
    back = await now_of(database, post)
    assert back.standing is Standing.shown
    assert back.uri == OURS.note(back.token) != post.uri
    assert back.url == OURS.post_page(back.token)
    assert isinstance(outcome.effects[0], PublishPost)
    async with database.snapshot() as session:
        assert await session.get(Tombstone, post.uri) is not None
    again = await decide(database, await report(database, back, reason="Really"), ben, Action.remove)
    assert isinstance(again.effects[0], DeletePost)
    assert again.effects[0].uri == back.uri


async def test_an_event_leaves_the_tombstone_of_an_event(database: Database, ben: Account) -> None:
    async with database.transaction() as session:
        event = Event(author=ours("library", "Organization"), token="e1", uri=OURS.event("e1"), source="Come", starts_at=now())
        session.add(event)
    outcome = await decide(database, await report(database, event), ben, Action.remove)
    assert isinstance(outcome.effects[0], DeletePost)
    assert outcome.effects[0].former_type == "Event"
    await undo(database, outcome.decision, ben)
    back = await now_of(database, event)
    assert back.uri == OURS.event(back.token)


async def test_removing_a_post_from_elsewhere_is_for_us_alone(database: Database, ben: Account, cleo: Actor) -> None:
    post = await say(database, cleo)
    outcome = await decide(database, await report(database, post), ben, Action.remove)
    assert outcome.effects == ()
    async with database.snapshot() as session:
        assert await session.scalar(select(func.count()).select_from(Tombstone)) == 0
    await undo(database, outcome.decision, ben)
    back = await now_of(database, post)
    assert (back.standing, back.uri) == (Standing.shown, post.uri)


async def test_the_post_that_opens_a_conversation_about_a_title_cannot_be_removed(database: Database, ben: Account) -> None:
    async with database.transaction() as session:
        post = Discussion(author=ours("library", "Organization"), uri=OURS.discussion(1), source="")
        session.add(post)
    told = await report(database, post)
    with pytest.raises(Conflict):
        await decide(database, told, ben, Action.remove)
    await decide(database, told, ben, Action.hide)


@pytest.mark.parametrize(
    ("action", "state", "standing"),
    [(Action.limit, ActorState.limited, Standing.limited), (Action.suspend, ActorState.suspended, Standing.hidden)],
)
async def test_limiting_or_suspending_an_author_reaches_what_they_wrote_and_can_be_undone(
    database: Database, ben: Account, ada: Account, action: Action, state: ActorState, standing: Standing
) -> None:
    stands = [Standing.shown, Standing.limited, Standing.held, Standing.hidden, Standing.removed]
    posts = [await say(database, ada.actor, standing=one) for one in stands]
    told = await report(database, posts[0])
    outcome = await decide(database, told, ben, action)
    assert (await actor_now(database, ada.actor)).state is state
    assert [type(effect) for effect in outcome.effects] == [UpdateActor, Notify]
    assert (await now_of(database, posts[0])).standing is standing
    assert [(await now_of(database, post)).standing for post in posts[3:]] == stands[3:]
    await undo(database, outcome.decision, ben)
    assert (await actor_now(database, ada.actor)).state is ActorState.active
    assert [(await now_of(database, post)).standing for post in posts] == stands
    async with database.snapshot() as session:
        assert await session.scalar(select(func.count()).select_from(Lowered)) == 0


async def test_suspending_somebody_elsewhere_cuts_the_follows(database: Database, ben: Account, ada: Account, cleo: Actor) -> None:
    async with database.transaction() as session:
        session.add(Follow(follower_id=cleo.id, followed_id=ada.actor_id, uri="https://harbour.example/f/1", state=FollowState.granted))
        session.add(Follow(follower_id=ada.actor_id, followed_id=cleo.id, uri=OURS.activity("follow", "1"), state=FollowState.granted))
    outcome = await decide(database, await report_actor(database, cleo), ben, Action.suspend)
    rejected, ended = outcome.effects
    assert isinstance(rejected, RejectFollow)
    assert isinstance(ended, EndFollow)
    assert (rejected.follower.username, ended.follower.username) == ("cleo", "ada")
    async with database.snapshot() as session:
        states = set(await session.scalars(select(Follow.state)))
    assert states == {FollowState.refused, FollowState.ended}


async def test_refusing_a_server_hides_what_came_from_it_and_undoing_brings_it_back(database: Database, ben: Account, cleo: Actor) -> None:
    async with database.transaction() as session:
        dana, eve = elsewhere("dana", "social.harbour.example"), elsewhere("eve", "safeharbour.example")
        session.add_all([dana, eve])
    said = {name: await say(database, author) for name, author in {"cleo": cleo, "dana": dana, "eve": eve}.items()}
    outcome = await decide(database, await report(database, said["cleo"]), ben, Action.refuse_server, reason="Spam without end")
    assert {name: (await now_of(database, post)).standing for name, post in said.items()} == {
        "cleo": Standing.hidden,
        "dana": Standing.hidden,
        "eve": Standing.shown,
    }
    assert await domains.refuses(database, "harbour.example")
    await undo(database, outcome.decision, ben)
    assert [(await now_of(database, post)).standing for post in said.values()] == [Standing.shown] * 3
    assert not await domains.refuses(database, "harbour.example")
    assert [entry[:2] for entry in await log_of(database)] == [("ben", "refuse"), ("ben", "undo refuse")]


async def test_undoing_a_refusal_restores_the_milder_rule_that_was_there(database: Database, ben: Account, cleo: Actor) -> None:
    post = await say(database, cleo)
    async with database.transaction() as session:
        await domains.limit(session, "harbour.example", "Loud", who="ben", own_domain="our.example")
    assert (await now_of(database, post)).standing is Standing.limited
    outcome = await decide(database, await report(database, post), ben, Action.refuse_server)
    assert (await now_of(database, post)).standing is Standing.hidden
    await undo(database, outcome.decision, ben)
    assert (await now_of(database, post)).standing is Standing.limited
    async with database.snapshot() as session:
        rule = (await session.scalars(select(DomainRule))).one()
    assert (rule.answer, rule.reason) == (DomainAnswer.limit, "Loud")


async def test_causes_that_lie_over_one_another_are_taken_away_in_any_order(database: Database, ben: Account, cleo: Actor) -> None:
    post = await say(database, cleo)
    limited = await decide(database, await report_actor(database, cleo), ben, Action.limit)
    refused = await decide(database, await report(database, post), ben, Action.refuse_server)
    await undo(database, limited.decision, ben)
    assert (await now_of(database, post)).standing is Standing.hidden
    await undo(database, refused.decision, ben)
    assert (await now_of(database, post)).standing is Standing.shown

    suspended = await decide(database, await report_actor(database, cleo, reason="Again"), ben, Action.suspend)
    refused = await decide(database, await report(database, post, reason="Again", rule="H1"), ben, Action.refuse_server)
    await undo(database, suspended.decision, ben)
    assert (await now_of(database, post)).standing is Standing.hidden
    await undo(database, refused.decision, ben)
    assert (await now_of(database, post)).standing is Standing.shown


async def test_a_hidden_post_stays_out_of_sight_while_its_author_is_suspended(database: Database, ben: Account, ada: Account) -> None:
    post = await say(database, ada.actor)
    hidden = await decide(database, await report(database, post), ben, Action.hide)
    suspended = await decide(database, await report_actor(database, ada.actor), ben, Action.suspend)
    await undo(database, hidden.decision, ben)
    assert (await now_of(database, post)).standing is Standing.hidden
    await undo(database, suspended.decision, ben)
    assert (await now_of(database, post)).standing is Standing.shown


async def test_an_earlier_decision_cannot_be_undone_under_a_later_one(database: Database, ben: Account, cleo: Actor) -> None:
    told = await report(database, await say(database, cleo))
    hidden = await decide(database, told, ben, Action.hide)
    removed = await decide(database, told, ben, Action.remove)
    with pytest.raises(Conflict, match="later decision"):
        await undo(database, hidden.decision, ben)
    await undo(database, removed.decision, ben)
    await undo(database, hidden.decision, ben)
    with pytest.raises(Conflict, match="already"):
        await undo(database, hidden.decision, ben)


async def test_a_case_can_be_decided_after_its_words_are_gone(database: Database, ben: Account, cleo: Actor) -> None:
    post = await say(database, cleo)
    told = await report(database, post)
    async with database.transaction() as session:
        (await session.get_one(Post, post.id)).move(Standing.deleted)
    for action in (Action.hide, Action.remove, Action.release):
        with pytest.raises(Conflict):
            await decide(database, told, ben, action)
    await decide(database, told, ben, Action.suspend)


async def test_the_decision_keeps_the_words_that_were_judged(database: Database, ben: Account, cleo: Actor) -> None:
    post = await say(database, cleo, "<p>As reported</p>")
    told = await report(database, post)
    async with database.transaction() as session:
        (await session.get_one(Post, post.id)).html = "<p>As judged</p>"
    outcome = await decide(database, told, ben, Action.hide)
    async with database.snapshot() as session:
        assert (await session.get_one(Snapshot, outcome.decision.snapshot_id)).html == "<p>As judged</p>"


async def test_who_reported_with_an_address_hears_what_came_of_it(database: Database, ben: Account, cleo: Actor) -> None:
    post = await say(database, cleo)
    told = await report(database, post, reporter_email="dana@mail.example")
    await report(database, post, reason="Nobody's")
    outcome = await decide(database, told, ben, Action.hide)
    assert outcome.effects == (AnswerReporter("dana@mail.example", told.code or "", True),)


@pytest.mark.parametrize("reason", ["", "   ", "\u202e\x00"])
async def test_a_decision_needs_a_reason(database: Database, ben: Account, cleo: Actor, reason: str) -> None:
    told = await report(database, await say(database, cleo))
    with pytest.raises(Unprocessable):
        await decide(database, told, ben, Action.hide, reason=reason)
    outcome = await decide(database, told, ben, Action.hide)
    with pytest.raises(Unprocessable):
        await undo(database, outcome.decision, ben, reason)


async def test_a_decision_cites_a_rule_that_exists(database: Database, ben: Account, cleo: Actor) -> None:
    told = await report(database, await say(database, cleo))
    with pytest.raises(Unprocessable):
        await decide(database, told, ben, Action.hide, rule="H99")
    assert (await decide(database, told, ben, Action.hide, rule="H4")).decision.rule == "H4"


async def test_only_moderators_decide(database: Database, cleo: Actor) -> None:
    told = await report(database, await say(database, cleo))
    for username, role in (("ada", Role.reader), ("lea", Role.librarian)):
        with pytest.raises(Unwelcome):
            await decide(database, told, await keep_account(database, username, role), Action.dismiss)
    gone = await keep_account(database, "gus", Role.moderator)
    gone.closed_at = now()
    with pytest.raises(Unwelcome):
        await decide(database, told, gone, Action.dismiss)
    suspended = await keep_account(database, "sam", Role.moderator)
    async with database.transaction() as session:
        (await session.get_one(Actor, suspended.actor_id)).state = ActorState.suspended
    with pytest.raises(Unwelcome):
        await decide(database, told, suspended, Action.dismiss)
    assert await log_of(database) == []
    await decide(database, told, await keep_account(database, "amy", Role.administrator), Action.dismiss)


async def test_nobody_decides_about_themselves(database: Database, ben: Account) -> None:
    told = await report(database, await say(database, ben.actor))
    with pytest.raises(Unwelcome):
        await decide(database, told, ben, Action.dismiss)
    other = await keep_account(database, "bea", Role.moderator)
    outcome = await decide(database, told, other, Action.hide)
    with pytest.raises(Unwelcome):
        await undo(database, outcome.decision, ben)


async def test_a_moderator_cannot_suspend_an_administrator_nor_anybody_the_library(database: Database, ben: Account) -> None:
    amy, zoe = await keep_account(database, "amy", Role.administrator), await keep_account(database, "zoe", Role.administrator)
    told = await report_actor(database, amy.actor)
    with pytest.raises(Unwelcome):
        await decide(database, told, ben, Action.suspend)
    await decide(database, told, zoe, Action.suspend)
    async with database.transaction() as session:
        library = ours("library", "Organization")
        session.add(library)
    with pytest.raises(Refusal):
        await decide(database, await report_actor(database, library), zoe, Action.suspend)


async def test_steps_that_do_not_fit_are_refused(database: Database, ben: Account, ada: Account, cleo: Actor) -> None:
    about_ada, about_cleo = await report_actor(database, ada.actor), await report_actor(database, cleo)
    for told, action in (
        (about_ada, Action.refuse_server),
        (about_ada, Action.hide),
        (about_cleo, Action.remove),
        (about_cleo, Action.release),
    ):
        with pytest.raises(Conflict):
            await decide(database, told, ben, action)
    await decide(database, about_cleo, ben, Action.suspend)
    with pytest.raises(Conflict):
        await decide(database, about_cleo, ben, Action.suspend)


async def test_of_two_moderators_the_second_is_told(database: Database, ben: Account, cleo: Actor) -> None:
    bea = await keep_account(database, "bea", Role.moderator)
    post = await say(database, cleo)
    told = await report(database, post)
    case = await case_of(database, told)

    async def decide_as(moderator: Account, action: Action) -> str:
        try:
            async with database.transaction() as session:
                mine = await session.get_one(Case, case.id)
                await asyncio.sleep(0)
                await decisions.decide(session, mine, moderator, action, None, "Because", case.version)
        except Conflict:
            return "too late"
        return action.value

    said = await asyncio.gather(*(decide_as(ben if n % 2 else bea, Action.hide if n % 2 else Action.remove) for n in range(20)))
    (winner,) = [one for one in said if one != "too late"]
    async with database.snapshot() as session:
        assert [one.action.value for one in await session.scalars(select(Decision))] == [winner]
        assert len((await session.scalars(select(LogEntry))).all()) == 1
    assert (await now_of(database, post)).standing is (Standing.hidden if winner == "hide" else Standing.removed)


async def test_of_two_who_undo_the_second_is_told(database: Database, ben: Account, ada: Account) -> None:
    post = await say(database, ada.actor)
    outcome = await decide(database, await report(database, post), ben, Action.remove)
    said = await asyncio.gather(*(undo(database, outcome.decision, ben) for _ in range(5)), return_exceptions=True)
    assert sum(isinstance(one, Conflict) for one in said) == 4
    assert sum(isinstance(one, decisions.Outcome) for one in said) == 1


async def test_a_decision_that_fails_leaves_no_trace(database: Database, ben: Account, cleo: Actor) -> None:
    post = await say(database, cleo)
    told = await report(database, post)
    with pytest.raises(RuntimeError):
        async with database.transaction() as session:
            case = await session.get_one(Case, told.case_id)
            await decisions.decide(session, case, ben, Action.suspend, None, "Because", case.version)
            raise RuntimeError("the roof fell in")
    assert (await now_of(database, post)).standing is Standing.shown
    assert (await case_of(database, told)).state is CaseState.open
    assert await log_of(database) == []


async def test_a_case_is_taken_for_half_an_hour(database: Database, ben: Account, ada: Account, cleo: Actor) -> None:
    told = await report(database, await say(database, cleo))
    async with database.transaction() as session:
        await decisions.take(session, await session.get_one(Case, told.case_id), ben)
    case = await case_of(database, told)
    assert case.taken_by_id == ben.id
    assert case.version == 1
    with pytest.raises(Unwelcome):
        async with database.transaction() as session:
            await decisions.take(session, await session.get_one(Case, told.case_id), ada)


async def test_pages_that_show_the_post_are_told_that_they_have_changed(database: Database, ben: Account, cleo: Actor) -> None:
    long_ago = now() - minutes(60)
    async with database.transaction() as session:
        work = Work(key="moby", title="Moby-Dick", sort_title="moby-dick", form="book", touched_at=long_ago)
        session.add(work)
    post = await say(database, cleo, about=work)
    told = await report(database, post)
    touched = []
    for action in (Action.hide, Action.suspend):
        await decide(database, told, ben, action)
        async with database.transaction() as session:
            kept = await session.get_one(Work, work.id)
            touched.append(kept.touched_at > long_ago)
            kept.touched_at = long_ago
    assert touched == [True, False]  # what is hidden already is not hidden again
    assert (await now_of(database, post)).changed_at > long_ago


async def test_what_a_limited_author_writes_now_comes_back_with_the_rest(database: Database, ben: Account, cleo: Actor) -> None:
    outcome = await decide(database, await report_actor(database, cleo), ben, Action.limit)
    async with database.transaction() as session:
        author = await session.get_one(Actor, cleo.id)
        post = Comment(author=author, uri=f"{cleo.uri}/late", html="<p>Still here</p>")
        submission = Submission(actor=author, actor_uri=author.uri, host=author.domain, kind="create", uri=post.uri)
        verdict = await judge.judge(session, submission, ["domains"])
        await judge.apply(session, post, verdict)
    assert verdict.answer is Answer.limit
    assert (await now_of(database, post)).standing is Standing.limited
    await undo(database, outcome.decision, ben)
    assert (await now_of(database, post)).standing is Standing.shown


async def test_an_edit_of_a_shown_post_can_make_it_wait(database: Database, cleo: Actor) -> None:
    post = await say(database, cleo)
    async with database.transaction() as session:
        kept = await session.get_one(Post, post.id)
        await judge.apply(session, kept, Verdict(Answer.hold, "words", "Listed word: landlubber"))
    assert (await now_of(database, post)).standing is Standing.held
    async with database.transaction() as session:
        kept = await session.get_one(Post, post.id)
        await judge.apply(session, kept, ALLOWED)
    assert (await now_of(database, post)).standing is Standing.held
    async with database.snapshot() as session:
        assert len((await session.scalars(select(Case))).all()) == 1


def test_codes_are_long_enough_not_to_be_guessed() -> None:
    assert re.fullmatch(r"[0-9a-z]{20}", reports.meant("ABCDE-fghjk-mnpqr-stvwx"))
