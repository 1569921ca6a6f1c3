"""A review written in one library stands on the other's page of the same work, and goes when it goes."""

from pathlib import Path

from sqlalchemy import select

from community import text, uris
from community.clock import now
from community.people.follows import Follow, FollowState
from community.posts.kinds import Review
from community.posts.post import Post, Standing, Tombstone
from federation import outbox
from federation.handlers import posts
from tests.world import Town, settle, town


async def write_review(here: Town, username: str, work_id: int, words: str, half_stars: int | None = 9) -> str:
    """A public review by this person; returns its address."""
    token = uris.token()
    async with here.database.transaction() as session:
        author = (await here.actor(here.library.uris.actor(username))) or (await here.person(username)).actor
        review = Review(
            token=token,
            uri=here.library.uris.note(token),
            url=here.library.uris.post_page(token),
            author_id=author.id,
            about_id=work_id,
            title="A whale of a book",
            source=words,
            html=text.render(words),
            half_stars=half_stars,
            language="en",
        )
        session.add(review)
        await session.flush()
        await outbox.publish(session, here.library, review)
    return review.uri


async def found(there: Town, uri: str) -> Post | None:
    async with there.database.snapshot() as session:
        return (await session.scalars(select(Post).where(Post.uri == uri))).first()


async def test_a_review_written_here_stands_there_and_is_changed_and_deleted_there_too(tmp_path: Path) -> None:
    async with town(tmp_path / "a", "Nantucket Library") as nantucket, town(tmp_path / "b", "Harbour Library") as harbour:
        await nantucket.person("ada")
        await harbour.book("Another title, so that numbers differ", isbn=None)
        ours, theirs = await nantucket.book(), await harbour.book()
        await harbour.follow(nantucket)
        await settle(harbour, nantucket)

        uri = await write_review(nantucket, "ada", ours.id, "Call me *convinced*.")
        await settle(nantucket, harbour)

        there = await found(harbour, uri)
        assert there is not None
        assert (there.kind, there.about_id, there.half_stars, there.title) == ("review", theirs.id, 9, "A whale of a book")
        assert there.html == "<p>Call me <em>convinced</em>.</p>"
        assert there.standing is Standing.shown

        async with nantucket.database.transaction() as session:
            review = (await session.scalars(select(Post).where(Post.uri == uri))).one()
            review.html, review.half_stars, review.edited_at = "<p>On second thoughts.</p>", 4, now()
            await outbox.edit(session, nantucket.library, review)
        await settle(nantucket, harbour)
        there = await found(harbour, uri)
        assert there is not None and (there.html, there.half_stars) == ("<p>On second thoughts.</p>", 4)

        async with nantucket.database.transaction() as session:
            review = (await session.scalars(select(Post).where(Post.uri == uri))).one()
            await posts.erase(session, review)
            await outbox.delete(session, nantucket.library, review)
        await settle(nantucket, harbour)
        there = await found(harbour, uri)
        assert there is not None and (there.standing, there.html, there.half_stars) == (Standing.deleted, "", None)
        async with nantucket.database.snapshot() as session:
            assert (await session.get_one(Tombstone, uri)).former_type == "Note"


async def test_a_library_that_follows_is_told_yes(tmp_path: Path) -> None:
    async with town(tmp_path / "a") as nantucket, town(tmp_path / "b") as harbour:
        await harbour.follow(nantucket)
        await settle(harbour, nantucket)

        for library in (nantucket, harbour):
            async with library.database.snapshot() as session:
                assert [follow.state for follow in await session.scalars(select(Follow))] == [FollowState.granted]


async def test_a_title_that_only_sounds_alike_gets_no_review(tmp_path: Path) -> None:
    async with town(tmp_path / "a") as nantucket, town(tmp_path / "b") as harbour:
        await nantucket.person("ada")
        ours = await nantucket.book(isbn="9780142437247")
        await harbour.book(isbn="9780553213119")
        await harbour.follow(nantucket)
        await settle(harbour, nantucket)

        uri = await write_review(nantucket, "ada", ours.id, "Same title, another book?")
        await settle(nantucket, harbour)

        assert await found(harbour, uri) is None
