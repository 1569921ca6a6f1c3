"""Libraries that follow each other: their readers' words are fetched, kept in step, judged here, and stopped by a librarian."""

from pathlib import Path
from typing import Any

import aiohttp
import pytest
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from community.catalog.tables import Identifier
from community.clock import now, seconds
from community.database import table_of
from community.errors import TryLater
from community.library import Library
from community.people.accounts import Role
from community.people.actors import Actor
from community.posts.kinds import Review
from community.posts.post import Post, Standing
from federation import documents, partners, sharing
from federation.tables import Partner, Suggestion
from federation.wire import Wire
from moderation import listed
from moderation.tables import DomainAnswer, LogEntry
from server.actions import publishing
from tests.server.client import browser
from tests.world import Town, settle, town


@pytest.fixture(autouse=True)
def settled(monkeypatch: pytest.MonkeyPatch) -> None:
    """Changes may be told at once: here, every transaction is over when the next thing happens."""
    monkeypatch.setattr(sharing, "SETTLES", seconds(0))
    monkeypatch.setattr(sharing.changes, "__defaults__", (seconds(0),))


async def says(here: Town, name: str, work_id: int, words: str = "Good.") -> str:
    post = Review(about_id=work_id, title="Whale", source=words, html=f"<p>{words}</p>", half_stars=9, language="en")
    async with here.database.transaction() as session:
        actor = (await session.scalars(select(Actor).where(Actor.username == name))).one()
        await publishing.publish(session, here.library, actor, post)
    return post.uri


async def one_turn(here: Town) -> None:
    """Be due, and keep in step with every partner until there is no more."""
    for _ in range(6):
        async with here.database.transaction() as session:
            await session.execute(update(table_of(Partner)).values(due_at=now()))
        await partners.work_off(here.hub)


async def words(here: Town) -> dict[str, str]:
    """What stands here of others' reviews, by address."""
    async with here.database.snapshot() as session:
        query = select(Post.uri, Post.html).where(Post.kind == "review", Post.source.is_(None), Post.standing == Standing.shown)
        return {uri: html for uri, html in await session.execute(query)}


async def get(address: str) -> tuple[int, Any]:
    headers = {"Accept": "application/activity+json"}
    async with aiohttp.ClientSession() as session, session.get(address, headers=headers) as answer:
        return answer.status, await answer.json(content_type=None)


async def followed(harbour: Town, nantucket: Town) -> None:
    """Nantucket follows Harbour, which has agreed; nothing was fetched yet."""
    await nantucket.follow(harbour)
    await settle(nantucket, harbour)


async def test_what_was_said_before_we_met_is_fetched(tmp_path: Path) -> None:
    async with town(tmp_path / "a") as nantucket, town(tmp_path / "b") as harbour:
        await harbour.person("ada")
        book, other = await harbour.book(), await harbour.book("Typee", isbn="9780140434880")
        await nantucket.book()
        uri = await says(harbour, "ada", book.id)
        await says(harbour, "ada", other.id)
        await followed(harbour, nantucket)

        await one_turn(nantucket)

        assert await words(nantucket) == {uri: "<p>Good.</p>"}


async def test_edits_and_deletions_that_we_missed_are_caught_up_with(tmp_path: Path) -> None:
    async with town(tmp_path / "a") as nantucket, town(tmp_path / "b") as harbour:
        await harbour.person("ada")
        book = await harbour.book()
        await nantucket.book()
        kept, gone = await says(harbour, "ada", book.id), await says(harbour, "ada", book.id, "Bad.")
        await followed(harbour, nantucket)
        await one_turn(nantucket)
        assert set(await words(nantucket)) == {kept, gone}

        async with harbour.database.transaction() as session:  # nobody tells us: no worker runs over there
            ada = (await session.scalars(select(Actor).where(Actor.username == "ada"))).one()
            changes = {"source": "Better.", "html": "<p>Better.</p>"}
            await publishing.edit(
                session, harbour.library, ada, (await session.scalars(select(Post).where(Post.uri == kept))).one(), changes
            )
            await publishing.take_back(session, harbour.library, (await session.scalars(select(Post).where(Post.uri == gone))).one())
        await one_turn(nantucket)

        assert await words(nantucket) == {kept: "<p>Better.</p>"}


async def test_an_edit_within_the_second_of_its_post_is_news_too(tmp_path: Path) -> None:
    async with town(tmp_path / "a") as nantucket, town(tmp_path / "b") as harbour:
        await harbour.person("ada")
        book = await harbour.book()
        await nantucket.book()
        review = await says(harbour, "ada", book.id)
        await followed(harbour, nantucket)
        await one_turn(nantucket)

        async with harbour.database.transaction() as session:
            ada = (await session.scalars(select(Actor).where(Actor.username == "ada"))).one()
            post = (await session.scalars(select(Post).where(Post.uri == review))).one()
            await publishing.edit(session, harbour.library, ada, post, {"source": "Better.", "html": "<p>Better.</p>"})
            post.edited_at = post.published_at
        await one_turn(nantucket)

        assert await words(nantucket) == {review: "<p>Better.</p>"}


async def test_a_title_that_comes_later_is_asked_about(tmp_path: Path) -> None:
    async with town(tmp_path / "a") as nantucket, town(tmp_path / "b") as harbour:
        await harbour.person("ada")
        uri = await says(harbour, "ada", (await harbour.book()).id)
        await followed(harbour, nantucket)
        await one_turn(nantucket)
        assert await words(nantucket) == {}

        await nantucket.book()
        await one_turn(nantucket)

        assert set(await words(nantucket)) == {uri}


async def test_our_own_moderation_judges_what_is_fetched(tmp_path: Path) -> None:
    async with town(tmp_path / "a") as nantucket, town(tmp_path / "b") as harbour:
        await harbour.person("ada")
        book = await harbour.book()
        await nantucket.book()
        async with nantucket.database.transaction() as session:
            await listed.add(session, "vermin", DomainAnswer.hold, "contempt", who="ben")
        await says(harbour, "ada", book.id, "They are vermin.")
        await followed(harbour, nantucket)

        await one_turn(nantucket)

        assert await words(nantucket) == {}
        async with nantucket.database.snapshot() as session:
            assert (await session.scalars(select(Post.standing).where(Post.kind == "review"))).all() == [Standing.held]


async def test_a_partner_that_is_down_is_put_off_and_caught_up_with(tmp_path: Path) -> None:
    async with town(tmp_path / "a") as nantucket, town(tmp_path / "b") as harbour:
        await harbour.person("ada")
        await nantucket.book()
        uri = await says(harbour, "ada", (await harbour.book()).id)
        await followed(harbour, nantucket)
        await partners.meet(nantucket.hub)
        async with nantucket.database.transaction() as session:
            row = (await session.scalars(select(Partner))).one()
            host, row.host = row.host, "127.0.0.1:9"
        await partners.work_off(nantucket.hub)
        async with nantucket.database.transaction() as session:
            row = (await session.scalars(select(Partner))).one()
            assert (row.failures, row.contact_at) == (1, None) and row.due_at > now() and row.why
            row.host = host

        await one_turn(nantucket)

        assert set(await words(nantucket)) == {uri}


async def test_stopped_nothing_flows_in_nor_out(tmp_path: Path) -> None:
    async with town(tmp_path / "a") as nantucket, town(tmp_path / "b") as harbour:
        await harbour.person("ada")
        await nantucket.person("dan")
        ours, theirs = await nantucket.book(), await harbour.book()
        await followed(harbour, nantucket)
        await followed(nantucket, harbour)
        await partners.meet(nantucket.hub)
        async with nantucket.database.transaction() as session:
            row = (await session.scalars(select(Partner))).one()
            row.takes = row.gives = False

        await says(harbour, "ada", theirs.id)
        await says(nantucket, "dan", ours.id)
        await settle(harbour, nantucket)
        await one_turn(nantucket)

        assert await words(nantucket) == {}
        async with harbour.database.snapshot() as session:
            sent = await session.scalars(select(Post.uri).where(Post.source.is_(None), Post.kind == "review"))
            assert all(uri.startswith(harbour.root) for uri in sent)


async def test_stopped_a_partner_reads_nothing_but_what_is_gone_and_the_rest_when_it_is_given_again(tmp_path: Path) -> None:
    async with town(tmp_path / "a") as nantucket, town(tmp_path / "b") as harbour:
        await harbour.person("ada")
        book = await harbour.book()
        await nantucket.book()
        gone = await says(harbour, "ada", book.id)
        await followed(harbour, nantucket)
        await followed(nantucket, harbour)
        await one_turn(nantucket)
        await partners.meet(harbour.hub)
        await gives(harbour, False)

        new = await says(harbour, "ada", book.id, "New.")
        async with harbour.database.transaction() as session:
            await publishing.take_back(session, harbour.library, (await session.scalars(select(Post).where(Post.uri == gone))).one())
        await one_turn(nantucket)
        stopped = await words(nantucket)
        await gives(harbour, True)
        await one_turn(nantucket)

        assert (stopped, set(await words(nantucket))) == ({}, {new})


async def gives(here: Town, yes: bool) -> None:
    async with here.database.transaction() as session:
        (await session.scalars(select(Partner))).one().gives = yes


async def test_long_reviews_and_many_of_a_title_that_comes_later_are_all_fetched(tmp_path: Path) -> None:
    async with town(tmp_path / "a") as nantucket, town(tmp_path / "b") as harbour:
        await harbour.person("ada")
        book = await harbour.book()
        said = {await says(harbour, "ada", book.id, f"{number} " + "whale " * 3300) for number in range(45)}
        await followed(harbour, nantucket)
        await one_turn(nantucket)  # read, and about no title here
        await nantucket.book()

        await one_turn(nantucket)

        assert set(await words(nantucket)) == said


async def test_what_hangs_on_a_third_server_holds_up_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with town(tmp_path / "a") as nantucket, town(tmp_path / "b") as harbour:
        await harbour.person("ada")
        book = await harbour.book()
        await nantucket.book()
        strange, fine = await says(harbour, "ada", book.id), await says(harbour, "ada", book.id)
        await followed(harbour, nantucket)
        told = documents.post

        async def elsewhere(session: AsyncSession, library: Library, post: Post) -> Wire:
            wire = await told(session, library, post)
            if post.uri == strange:
                wire |= {"tag": [], "inReplyToBook": "http://127.0.0.1:9/book/1"}
            return wire

        monkeypatch.setattr(documents, "post", elsewhere)

        await one_turn(nantucket)

        assert set(await words(nantucket)) == {fine}


async def test_what_they_cannot_show_us_now_is_not_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with town(tmp_path / "a") as nantucket, town(tmp_path / "b") as harbour:
        await harbour.person("ada")
        book = await harbour.book()
        await nantucket.book()
        uri = await says(harbour, "ada", book.id)
        await followed(harbour, nantucket)
        with monkeypatch.context() as broken:
            broken.setattr(documents, "actor_by_name", in_trouble)
            await one_turn(nantucket)
            assert await words(nantucket) == {}

        await one_turn(nantucket)

        assert set(await words(nantucket)) == {uri}


async def in_trouble(*_: object) -> Wire:
    raise TryLater("We are in trouble.")


async def test_numbers_of_a_partner_are_suggested_and_a_librarian_decides(tmp_path: Path) -> None:
    async with town(tmp_path / "a") as nantucket, town(tmp_path / "b") as harbour, browser(nantucket) as karin:
        await karin.sign_in(await nantucket.person("karin", Role.librarian))
        await harbour.person("ada")
        await nantucket.book()
        book = await harbour.book()
        async with harbour.database.transaction() as session:
            session.add_all(
                [Identifier(edition_id=1, scheme="oclc", value="24668901"), Identifier(edition_id=1, scheme="wikidata", value="Q174596")]
            )
        await says(harbour, "ada", book.id)
        await followed(harbour, nantucket)
        await one_turn(nantucket)

        page = await karin.get("/desk/partners")
        assert "24668901" in page.text and "Q174596" in page.text and "1 remark of their readers" in page.text
        assert (await karin.post("/desk/suggestions/1", {"csrf": page.token, "act": "accept"})).status == 303
        assert (await karin.post("/desk/suggestions/2", {"csrf": page.token, "act": "refuse"})).status == 303
        assert (await karin.post("/desk/suggestions/2", {"csrf": page.token, "act": "accept"})).status == 409

        async with nantucket.database.snapshot() as session:
            numbers = {scheme: value for scheme, value in await session.execute(select(Identifier.scheme, Identifier.value))}
            decided = {one.scheme: one.state for one in await session.scalars(select(Suggestion))}
        assert len(numbers) == 2 and set(decided.values()) == {"accepted", "refused"}
        assert "Nothing at the moment" in (await karin.get("/desk/partners")).text


async def test_a_librarian_stops_a_partner_and_it_is_written_down(tmp_path: Path) -> None:
    async with town(tmp_path / "a") as nantucket, town(tmp_path / "b") as harbour, browser(nantucket) as karin:
        await karin.sign_in(await nantucket.person("karin", Role.librarian))
        await followed(harbour, nantucket)
        await partners.meet(nantucket.hub)
        page = await karin.get("/desk/partners")

        for act in ("stop-taking", "stop-giving"):
            assert (await karin.post("/desk/partners/1", {"csrf": page.token, "act": act})).status == 303

        async with nantucket.database.snapshot() as session:
            row = (await session.scalars(select(Partner))).one()
            lines = (await session.scalars(select(LogEntry.what).where(LogEntry.about == row.host))).all()
        assert (row.takes, row.gives, sorted(lines)) == (False, False, ["stop-giving", "stop-taking"])


async def test_nobody_vouches_for_words_of_another_server(tmp_path: Path) -> None:
    page = {
        "orderedItems": [
            {"id": "https://harbour.example/1", "type": "Note", "attributedTo": "https://harbour.example/ada"},
            {"id": "https://evil.example/2", "type": "Note", "attributedTo": "https://harbour.example/ada"},
            {"id": "https://harbour.example/3", "type": "Note", "attributedTo": "https://evil.example/eve"},
            {"id": "https://evil.example/4", "type": "Tombstone"},
            "https://harbour.example/5",
        ]
    }
    assert [wire["id"] for wire in partners._items(page, "harbour.example")] == ["https://harbour.example/1"]


async def test_what_we_share_is_public_and_can_be_asked_for_by_number(tmp_path: Path) -> None:
    async with town(tmp_path) as here:
        await here.person("ada")
        book = await here.book()
        shown, hidden = await says(here, "ada", book.id), await says(here, "ada", book.id, "Hidden.")
        async with here.database.transaction() as session:
            (await session.scalars(select(Post).where(Post.uri == hidden))).one().move(Standing.hidden)

        status, found = await get(f"{here.root}/ap/lookup?isbn=9780142437247&oclc=7")
        assert (status, [wire["id"] for wire in found["items"]]) == (200, [shown])
        assert (await get(f"{here.root}/ap/lookup?isbn=9780140434880"))[1]["items"] == []
        for address in (f"{here.root}/catalog/works/1/reviews", f"{here.root}/catalog/editions/1/reviews"):
            collection = (await get(address))[1]
            assert (collection["totalItems"], collection["first"]["orderedItems"]) == (1, [shown])
        changes = (await get(f"{here.root}/ap/changes"))[1]
        assert [wire["id"] for wire in changes["orderedItems"]] == [shown]
        assert (await get(changes["next"]))[1]["orderedItems"] == []


@pytest.mark.parametrize(
    "path",
    [
        "/ap/lookup",
        "/ap/lookup?isbn=9780142437247&before=x",
        "/ap/lookup?isbn=",
        "/ap/lookup?" + "&".join(f"isbn={n}" for n in range(60)),
        "/ap/changes?after=x",
    ],
)
async def test_a_question_that_makes_no_sense_is_refused(tmp_path: Path, path: str) -> None:
    async with town(tmp_path) as here:
        status, answer = await get(here.root + path)
        assert status == 422 and answer["error"]
