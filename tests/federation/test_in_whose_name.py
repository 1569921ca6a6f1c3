"""Nobody speaks for somebody else, whatever they send us and wherever their addresses lead."""

from pathlib import Path

import pytest
from sqlalchemy import select, update

from community.clock import days, now
from community.people.accounts import Role
from community.people.actors import Actor, ActorState
from community.posts.post import Post, Standing
from community.uris import PUBLIC
from federation import delivery
from moderation import reports
from moderation.tables import Action, Case, Origin
from server.actions import moderating
from tests.remote_server import RemoteServer, Wire, remote_server, stamp
from tests.server.client import browser
from tests.world import Town, town


async def say(here: Town, there: RemoteServer, *wires: Wire) -> None:
    for wire in wires:
        assert await there.says(here, wire) == 202
        await here.settle()


async def post_at(here: Town, uri: object) -> Post:
    async with here.database.snapshot() as session:
        return (await session.scalars(select(Post).where(Post.uri == str(uri)))).one()


async def set_actor(here: Town, uri: str, **values: object) -> None:
    async with here.database.transaction() as session:
        await session.execute(update(Actor).where(Actor.uri == uri).values(**values))


async def test_an_actor_whose_address_leads_to_somebody_else_speaks_only_for_themselves(tmp_path: Path) -> None:
    async with town(tmp_path) as here, remote_server() as harbour, remote_server() as elsewhere:
        discussion = here.library.uris.discussion((await here.book()).id)
        note = harbour.note("ada", "<p>Mine</p>", inReplyTo=discussion)
        await say(here, harbour, harbour.activity("Create", "ada", note))
        await say(here, elsewhere, elsewhere.activity("Like", "cleo", discussion))  # now we know Cleo and her key
        await set_actor(here, elsewhere.actor("cleo"), fetched_at=now() - days(2))

        elsewhere.actors["cleo"] = harbour.actors["ada"]
        forged = elsewhere.note("cleo", "<p>Not hers</p>", inReplyTo=discussion) | {
            "attributedTo": [elsewhere.root + "/users/cleo", harbour.actor("ada")]
        }
        await say(here, elsewhere, elsewhere.activity("Delete", "cleo", note["id"]), elsewhere.activity("Create", "cleo", forged))

        assert (await post_at(here, note["id"])).html == "<p>Mine</p>"
        async with here.database.snapshot() as session:
            ada = (await session.scalars(select(Actor.id).where(Actor.uri == harbour.actor("ada")))).one()
            assert (await session.scalars(select(Post.uri).where(Post.author_id == ada))).all() == [note["id"]]


async def test_a_delete_cannot_bury_what_lives_on_another_server_or_here(tmp_path: Path) -> None:
    async with town(tmp_path) as here, remote_server() as harbour, remote_server() as elsewhere, browser(here) as cleo:
        discussion = here.library.uris.discussion((await here.book()).id)
        note = harbour.note("ada", "<p>Still on its way</p>", inReplyTo=discussion)
        await say(here, elsewhere, elsewhere.activity("Like", "cleo", here.library.uris.library))
        for target in (discussion, str(note["id"])):
            await say(here, elsewhere, elsewhere.activity("Delete", "cleo", target))

        page = await cleo.get(discussion.removeprefix(here.root), {"Accept": "application/activity+json"})
        assert page.status == 200
        await say(here, harbour, harbour.activity("Create", "ada", note))
        assert (await post_at(here, note["id"])).standing is Standing.shown


async def test_two_posts_cannot_be_made_to_answer_each_other(tmp_path: Path) -> None:
    async with town(tmp_path) as here, remote_server() as harbour, browser(here) as ada:
        await ada.sign_in(await here.person("ada"))
        discussion = here.library.uris.discussion((await here.book()).id)
        first = harbour.note("cleo", "<p>First</p>", inReplyTo=discussion)
        second = harbour.note("cleo", "<p>Second</p>", inReplyTo=first["id"])
        changed = first | {"inReplyTo": second["id"], "updated": stamp()}
        await say(
            here,
            harbour,
            harbour.activity("Create", "cleo", first),
            harbour.activity("Create", "cleo", second),
            harbour.activity("Update", "cleo", changed),
        )

        token = (await post_at(here, first["id"])).token
        assert (await ada.get(f"/posts/{token}")).status == 200
        assert (await ada.send(f"/posts/{token}/reply", text="And a third.")).status == 303


@pytest.mark.parametrize("state", [ActorState.suspended, ActorState.limited])
async def test_a_moderators_decision_outlives_a_farewell(tmp_path: Path, state: ActorState) -> None:
    async with town(tmp_path) as here, remote_server() as harbour:
        note = harbour.note("cleo", "<p>Words</p>", inReplyTo=here.library.uris.discussion((await here.book()).id))
        await say(here, harbour, harbour.activity("Create", "cleo", note))
        cleo = harbour.actor("cleo")
        await set_actor(here, cleo, state=state)

        await say(here, harbour, harbour.activity("Delete", "cleo", cleo))
        async with here.database.transaction() as session:
            await delivery._end_follows(session, f"{cleo}/inbox")

        known = await here.actor(cleo)
        assert known is not None and known.state is state
        assert (await post_at(here, note["id"])).standing is Standing.deleted


async def test_what_is_said_to_one_person_goes_to_no_other_server(tmp_path: Path) -> None:
    async with town(tmp_path) as here, remote_server() as harbour, remote_server() as elsewhere:
        first = harbour.note("ada", "<p>First</p>", inReplyTo=here.library.uris.discussion((await here.book()).id))
        second = elsewhere.note("cleo", "<p>Second</p>", inReplyTo=first["id"])
        await say(here, harbour, harbour.activity("Create", "ada", first))
        await say(here, elsewhere, elsewhere.activity("Create", "cleo", second))

        await warn(here, str(second["id"]))
        await here.settle()

        assert [wire["type"] for wire in elsewhere.received] == ["Create"]
        assert PUBLIC not in elsewhere.received[0]["to"]
        assert harbour.received == []


async def warn(here: Town, uri: str) -> None:
    """Let Ben say a word of warning about what is at this address."""
    ben = await here.person("ben", Role.moderator)
    async with here.database.transaction() as session:
        post = (await session.scalars(select(Post).where(Post.uri == uri))).one()
        report = await reports.open_report(session, post=post, origin=Origin.form, reason="Rude", rule="hate")
        case = await session.get_one(Case, report.case_id)
        await moderating.decide(session, here.library, case, ben, Action.warn, "hate", "Please be kind.", case.version)
