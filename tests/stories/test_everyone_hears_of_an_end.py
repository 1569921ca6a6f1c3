"""Whoever has a copy of our words hears when they end: also those who only saw a boost, or found them by themselves."""

from pathlib import Path

import aiohttp
from sqlalchemy import select

from community.due import Owed
from community.people.accounts import Account, Role
from community.posts.kinds import Announcement, Review
from community.posts.post import Post
from federation.tables import Delivery
from moderation import reports
from moderation.tables import Action, Case, Decision, Origin
from server.actions import moderating, publishing, registering
from tests.remote_server import RemoteServer, Wire, remote_server
from tests.world import Town, town

ACTIVITY = {"Accept": "application/activity+json"}


async def review(here: Town, account: Account) -> Post:
    """What this person thinks of Moby-Dick, told to everyone."""
    book = await here.book()
    words = Review(about_id=book.id, title="A whale of a book", html="<p>Convinced.</p>", source="Convinced.", half_stars=9, language="en")
    async with here.database.transaction() as session:
        await publishing.publish(session, here.library, account.actor, words)
    await here.settle()
    return words


async def decide(here: Town, action: Action, post: Post) -> None:
    """Somebody reports a post, and Ben decides at once."""
    ben = await here.person("ben", Role.moderator)
    async with here.database.transaction() as session:
        known = await session.get_one(Post, post.id)
        report = await reports.open_report(session, post=known, origin=Origin.form, reason="Rude", rule="harassment")
        case = await session.get_one(Case, report.case_id)
        await moderating.decide(session, here.library, case, ben, action, "harassment", "It is rude.", case.version)
    await here.settle()


def heard(harbour: RemoteServer, kind: str) -> list[Wire]:
    return [wire for wire in harbour.received if wire["type"] == kind]


async def test_who_saw_only_a_boost_hears_that_its_author_has_left(tmp_path: Path) -> None:
    async with town(tmp_path) as here, remote_server() as harbour:
        ada = await here.person("ada")
        await harbour.says(here, harbour.activity("Follow", "cleo", here.library.uris.library))
        await here.settle()
        await review(here, ada)
        assert heard(harbour, "Announce") and not heard(harbour, "Create")

        async with here.database.transaction() as session:
            await registering.close_account(session, here.library, await session.get_one(Account, ada.id))
        await here.settle()
        assert [(wire["actor"], wire["object"]) for wire in heard(harbour, "Delete")] == [(ada.actor.uri, ada.actor.uri)]


async def test_who_leaves_the_delete_of_a_person_alone_is_told_of_each_post(tmp_path: Path) -> None:
    async with town(tmp_path) as here, remote_server() as harbour:
        harbour.software = "snac"
        ada = await here.person("ada")
        await harbour.says(here, harbour.activity("Follow", "cleo", here.library.uris.library))
        await here.settle()
        post = await review(here, ada)

        async with here.database.transaction() as session:
            await registering.close_account(session, here.library, await session.get_one(Account, ada.id))
        await here.settle()
        farewell, delete = heard(harbour, "Delete")
        assert farewell["object"] == ada.actor.uri
        assert (delete["actor"], delete["object"]["id"]) == (ada.actor.uri, post.uri)


async def test_a_signer_who_is_doubted_keeps_nobody_else_waiting(tmp_path: Path) -> None:
    async with town(tmp_path) as here, remote_server() as harbour:
        ada = await here.person("ada")
        await harbour.says(here, harbour.activity("Follow", "cleo", here.library.uris.library))
        await here.settle()
        post = await review(here, ada)
        harbour.doubts.add(ada.actor.uri)

        async with here.database.transaction() as session:
            await publishing.take_back(session, here.library, await session.get_one(Post, post.id))
        await here.settle()
        async with here.database.transaction() as session:
            await publishing.announce(session, here.library, Announcement(title="Open", html="", source="", language="en"))
        await here.settle()
        assert [wire["type"] for wire in harbour.received[-1:]] == ["Create"]

        async with here.database.snapshot() as session:
            waiting = (await session.scalars(select(Delivery).where(Delivery.state == Owed.waiting))).one()
        assert (waiting.attempts, waiting.why) == (1, "401: HTTP 401")


async def test_who_found_and_liked_a_review_hears_that_it_was_removed(tmp_path: Path) -> None:
    async with town(tmp_path) as here, remote_server() as harbour:
        post = await review(here, await here.person("ada"))
        await harbour.says(here, harbour.activity("Like", "cleo", post.uri))
        await here.settle()

        await decide(here, Action.remove, post)
        [delete] = heard(harbour, "Delete")
        assert (delete["object"]["id"], delete["object"]["type"]) == (post.uri, "Tombstone")


async def test_who_is_suspended_is_said_to_be_so_and_can_come_back(tmp_path: Path) -> None:
    async with town(tmp_path) as here, remote_server() as harbour, aiohttp.ClientSession() as browser:
        ada = await here.person("ada")
        await harbour.says(here, harbour.activity("Follow", "cleo", here.library.uris.library))
        await here.settle()
        post = await review(here, ada)

        await decide(here, Action.suspend, post)
        [update] = heard(harbour, "Update")
        assert (update["object"]["id"], update["object"]["suspended"]) == (ada.actor.uri, True)
        async with browser.get(ada.actor.uri, headers=ACTIVITY) as answer:
            assert (answer.status, (await answer.json(content_type=None))["suspended"]) == (200, True)
        async with browser.get(post.uri, headers=ACTIVITY) as answer:
            assert answer.status == 404

        async with here.database.transaction() as session:
            [decision] = await session.scalars(select(Decision))
            ben = (await session.scalars(select(Account).where(Account.role == Role.moderator))).one()
            await moderating.undo(session, here.library, decision, ben, "They said sorry.")
        await here.settle()
        assert "suspended" not in heard(harbour, "Update")[-1]["object"]
        async with browser.get(post.uri, headers=ACTIVITY) as answer:
            assert answer.status == 200
