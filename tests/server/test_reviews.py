"""A member says what they think of a title."""

from pathlib import Path

from sqlalchemy import select

from community.posts.post import Post
from tests.server.client import browser
from tests.world import town


async def test_ada_signs_up_in_the_demo_and_reviews_moby_dick(tmp_path: Path) -> None:
    async with town(tmp_path, demo=True) as here, browser(here) as ada:
        book = await here.book()

        arrived = await ada.send("/sign-up", name="Ada", username="ada", email="ada@mail.example", password="call me ishmael", agree="1")
        assert arrived.status == 303
        written = await ada.send(f"/catalog/works/{book.id}/review", title="A whale of a book", text="Call me *convinced*.", rating="9")

        assert written.status == 303, written.text
        page = await ada.follow(written)
        assert "A whale of a book" in page.text
        assert "Call me <em>convinced</em>." in page.text
        assert "Published." in page.text


async def test_stars_alone_are_a_rating_and_become_a_review_when_words_are_added(tmp_path: Path) -> None:
    async with town(tmp_path) as here, browser(here) as ada:
        book = await here.book()
        await ada.sign_in(await here.person("ada"))

        await ada.send(f"/catalog/works/{book.id}/review", rating="8")
        await ada.send(f"/catalog/works/{book.id}/review", rating="6", text="Second thoughts.")

        async with here.database.snapshot() as session:
            posts = list(await session.scalars(select(Post).where(Post.about_id == book.id, Post.kind != "discussion")))
        assert [(post.kind, post.half_stars, post.source) for post in posts] == [("review", 6, "Second thoughts.")]


async def test_neither_stars_nor_words_is_nothing(tmp_path: Path) -> None:
    async with town(tmp_path) as here, browser(here) as ada:
        book = await here.book()
        await ada.sign_in(await here.person("ada"))

        page = await ada.send(f"/catalog/works/{book.id}/review", title="Only a title")

        assert page.status == 422
        assert "Please write a few words" in page.text
        assert "Only a title" in page.text
