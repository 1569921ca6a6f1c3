"""At the edges: signs that no database keeps, years beyond the calendar, forms sent twice, and what we forget."""

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select

from community.clock import days, now
from community.due import Owed
from community.people.accounts import Role, SignInLink
from community.people.actors import ActorState
from community.people.blocks import Block
from community.people.follows import Follow
from community.posts.post import Post
from server import mail, worker
from server.letters import Letter, PendingPassword
from tests.remote_server import remote_server
from tests.server.client import browser
from tests.world import town


@pytest.mark.parametrize(
    "path",
    [
        "/report?about=%00",
        "/search?q=%00",
        "/posts/%00",
        "/@a%00",
        "/follow?about=%00",
        "/ap/notes/%00",
        "/ap/actors/%00",
    ],
)
async def test_no_address_holds_a_sign_that_no_database_keeps(tmp_path: Path, path: str) -> None:
    async with town(tmp_path) as here, browser(here) as cleo:
        assert (await cleo.get(path)).status == 400


async def test_such_a_sign_is_not_smuggled_in(tmp_path: Path) -> None:
    async with town(tmp_path) as here, browser(here) as cleo:
        for sign in ("%00", "%2500"):
            found = await cleo.get(f"/.well-known/webfinger?resource=acct:a{sign}@{here.library.settings.domain}")
            assert found.status == 404
        reported = await cleo.send("/report", about=f"{here.root}/posts/a\0", rule="other", reason="Rude")
        assert reported.status in {404, 422}


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31"])
async def test_an_event_is_not_planned_beyond_the_calendar(tmp_path: Path, day: str) -> None:
    async with town(tmp_path, timezone="Europe/Rome") as here, browser(here) as librarian:
        await librarian.sign_in(await here.person("ben", Role.librarian))
        page = await librarian.send("/events/new", title="Reading", text="Come.", date=day, time="00:30", end_time="00:15")
        assert page.status == 422


async def test_a_form_that_is_sent_twice_at_once_makes_one_review(tmp_path: Path) -> None:
    async with town(tmp_path) as here, browser(here) as ada:
        book = await here.book()
        await ada.sign_in(await here.person("ada"))
        path = f"/catalog/works/{book.id}/review"
        fields = {"csrf": (await ada.get(path)).token, "text": "Call me twice.", "rating": "8"}

        pages = await asyncio.gather(*(ada.post(path, fields) for _ in range(4)))

        assert {page.status for page in pages} == {303}
        async with here.database.snapshot() as session:
            assert await session.scalar(select(func.count()).select_from(Post).where(Post.kind == "review")) == 1


async def test_old_links_and_sent_letters_are_forgotten_with_their_addresses(tmp_path: Path) -> None:
    async with town(tmp_path) as here:
        long_ago = now() - days(3)
        async with here.database.transaction() as session:
            link = SignInLink(secret_hash="0", email="cleo@mail.example", username="cleo", expires_at=long_ago)
            session.add(link)
            await session.flush()
            session.add(PendingPassword(link_id=link.id, password_hash="x"))
            session.add(SignInLink(secret_hash="1", email="ada@mail.example", expires_at=now() + timedelta(minutes=5)))
            for state in Owed:
                session.add(Letter(recipient=f"{state}@mail.example", subject="x", body="", created_at=long_ago, state=state))

        await worker.forget_visits(here.hub)

        async with here.database.snapshot() as session:
            assert (await session.scalars(select(SignInLink.email))).all() == ["ada@mail.example"]
            assert (await session.scalars(select(Letter.recipient))).all() == ["waiting@mail.example"]
            assert await session.scalar(select(func.count()).select_from(PendingPassword)) == 0


async def test_a_letter_that_cannot_be_written_does_not_hold_up_the_others(tmp_path: Path) -> None:
    async with town(tmp_path, smtp_url="smtp://127.0.0.1:9") as here:
        async with here.database.transaction() as session:
            session.add(Letter(recipient="ada@mail.example", subject="Way\rin", body="Come."))

        assert await mail.work_off(here.library) == 1

        async with here.database.snapshot() as session:
            assert (await session.scalars(select(Letter.attempts))).all() == [1]


async def test_a_block_is_taken_back_by_whom_it_was_about(tmp_path: Path) -> None:
    async with town(tmp_path) as here, remote_server() as harbour:
        ada, ben = await here.person("ada"), await here.person("ben")
        for account in (ada, ben):
            assert await harbour.says(here, harbour.activity("Block", "cleo", account.actor.uri)) == 202
        await here.settle()

        again = {"type": "Block", "actor": harbour.actor("cleo"), "object": ada.actor.uri}
        assert await harbour.says(here, harbour.activity("Undo", "cleo", again)) == 202
        await here.settle()

        async with here.database.snapshot() as session:
            assert (await session.scalars(select(Block.blocked_id))).all() == [ben.actor_id]


async def test_nobody_follows_somebody_who_was_suspended(tmp_path: Path) -> None:
    async with town(tmp_path) as here, remote_server() as harbour:
        ada = await here.person("ada")
        async with here.database.transaction() as session:
            (await session.merge(ada.actor)).state = ActorState.suspended

        assert await harbour.says(here, harbour.activity("Follow", "cleo", ada.actor.uri)) == 202
        await here.settle()

        async with here.database.snapshot() as session:
            assert (await session.scalars(select(Follow.id))).all() == []
        assert harbour.received == []
