"""A report is decided: the words go here and elsewhere, it can be undone, and a refused server is not heard."""

from pathlib import Path

import aiohttp
from sqlalchemy import select

from community.people.accounts import Role
from community.posts.post import Post, Standing
from moderation import listed, reports
from moderation.tables import Action, Case, Decision, DomainAnswer, Origin
from server.actions import moderating
from tests.remote_server import remote_server
from tests.stories.test_a_review_travels import found, write_review
from tests.world import Town, settle, town


async def report(here: Town, uri: str, rule: str = "hate") -> Case:
    async with here.database.transaction() as session:
        post = (await session.scalars(select(Post).where(Post.uri == uri))).one()
        made = await reports.open_report(session, post=post, origin=Origin.form, reason="Contempt for a whole town", rule=rule)
        return await session.get_one(Case, made.case_id)


async def decide(here: Town, case: Case, action: Action) -> Decision:
    ben = here.staff.get("ben") or await here.person("ben", Role.moderator)
    here.staff["ben"] = ben
    async with here.database.transaction() as session:
        fresh = await session.get_one(Case, case.id)
        return await moderating.decide(session, here.library, fresh, ben, action, "hate", "It breaks our first rule.", fresh.version)


async def test_a_removal_disappears_at_the_partner_and_answers_gone(tmp_path: Path) -> None:
    async with town(tmp_path / "a") as nantucket, town(tmp_path / "b") as harbour, aiohttp.ClientSession() as browser:
        await nantucket.person("ada")
        book = await nantucket.book()
        await harbour.book()
        await harbour.follow(nantucket)
        await settle(harbour, nantucket)
        uri = await write_review(nantucket, "ada", book.id, "People from Ostrava should not be let in.")
        await settle(nantucket, harbour)
        assert await found(harbour, uri) is not None

        case = await report(nantucket, uri)
        decision = await decide(nantucket, case, Action.remove)
        await settle(nantucket, harbour)

        there = await found(harbour, uri)
        assert there is not None and (there.standing, there.html) == (Standing.deleted, "")
        async with browser.get(uri, headers={"Accept": "application/activity+json"}) as answer:
            assert answer.status == 410
            assert (await answer.json(content_type=None))["type"] == "Tombstone"

        async with nantucket.database.transaction() as session:
            fresh = await session.get_one(Decision, decision.id)
            await moderating.undo(session, nantucket.library, fresh, nantucket.staff["ben"], "It was a quotation.")
        await settle(nantucket, harbour)
        async with nantucket.database.snapshot() as session:
            back = (await session.scalars(select(Post).where(Post.kind == "review"))).one()
        assert back.standing is Standing.shown
        assert back.uri != uri  # peers keep tombstones for ever, so it comes back under a new address
        again = await found(harbour, back.uri)
        assert again is not None and again.standing is Standing.shown


async def test_a_refused_server_is_answered_politely_and_not_heard(tmp_path: Path) -> None:
    async with town(tmp_path) as here, remote_server() as harbour:
        book = await here.book()
        note = harbour.note("cleo", "<p>Stay out.</p>", inReplyTo=here.library.uris.discussion(book.id))
        assert await harbour.says(here, harbour.activity("Create", "cleo", note)) == 202
        await here.settle()
        case = await report(here, str(note["id"]))
        await decide(here, case, Action.refuse_server)

        later = harbour.note("dora", "<p>And me?</p>", inReplyTo=here.library.uris.discussion(book.id))
        assert await harbour.says(here, harbour.activity("Create", "dora", later)) == 202
        await here.settle()

        assert await found(here, str(later["id"])) is None
        first = await found(here, str(note["id"]))
        assert first is not None and not first.is_seen


async def test_a_listed_word_holds_a_remark_from_elsewhere_until_a_person_looked(tmp_path: Path) -> None:
    async with town(tmp_path, policies=("words",)) as here, remote_server() as harbour:
        book = await here.book()
        async with here.database.transaction() as session:
            await listed.add(session, "vermin", DomainAnswer.hold, "Dehumanising", who="ben")
        note = harbour.note("cleo", "<p>They are VÉRMIN.</p>", inReplyTo=here.library.uris.discussion(book.id))
        await harbour.says(here, harbour.activity("Create", "cleo", note))
        await here.settle()

        held = await found(here, str(note["id"]))
        assert held is not None and held.standing is Standing.held
        async with here.database.snapshot() as session:
            case = (await session.scalars(select(Case))).one()
        await decide(here, case, Action.dismiss)
        shown = await found(here, str(note["id"]))
        assert shown is not None and shown.standing is Standing.shown


async def test_words_that_come_by_a_bare_address_are_judged_too(tmp_path: Path) -> None:
    async with town(tmp_path, policies=("words",)) as here, remote_server() as harbour:
        book = await here.book()
        async with here.database.transaction() as session:
            await listed.add(session, "vermin", DomainAnswer.hold, "Dehumanising", who="ben")
        note = harbour.note("cleo", "<p>They are vermin.</p>", inReplyTo=here.library.uris.discussion(book.id))
        await harbour.says(here, harbour.activity("Create", "cleo", note["id"]))
        await here.settle()

        held = await found(here, str(note["id"]))
        assert held is not None and held.standing is Standing.held


async def test_a_strangers_first_answer_waits_but_a_followers_does_not(tmp_path: Path) -> None:
    async with town(tmp_path, policies=("newcomers",)) as here, remote_server() as harbour:
        book = await here.book()
        discussion = here.library.uris.discussion(book.id)
        stranger = harbour.note("cleo", "<p>Hello?</p>", inReplyTo=discussion)
        await harbour.says(here, harbour.activity("Create", "cleo", stranger))
        await harbour.says(here, harbour.activity("Follow", "dora", here.library.uris.library))
        await here.settle()
        follower = harbour.note("dora", "<p>★★★★ Hello!</p>", inReplyTo=discussion)
        await harbour.says(here, harbour.activity("Create", "dora", follower))
        await here.settle()

        standing = [post.standing for post in (await found(here, str(stranger["id"])), await found(here, str(follower["id"]))) if post]
        assert standing == [Standing.held, Standing.shown]
