"""A member says what they think of a title."""

import asyncio
import re
from pathlib import Path

from sqlalchemy import select

from community.people.accounts import Role
from community.posts.post import Post
from moderation import listed
from moderation.tables import DomainAnswer
from server import pagecache
from tests.server.client import Browser, Page, browser
from tests.world import town

EVERYWHERE = (
    "/",
    "/catalog/works/{work}",
    "/posts/{token}",
    "/@ada",
    "/feeds/reviews",
    "/feeds/works/{work}",
    "/search?q=utter",
    "/search?q=moby",
    "/report?about=/posts/{token}",
    "/ap/notes/{token}",
    "/ap/actors/ada/outbox?page=1",
    "/ap/contexts/work-{work}",
    "/ap/notes/work-{work}/replies",
)


def version(text: str) -> str:
    """The version of a case that a moderator's form carries."""
    found = re.search(r'name="version" value="(\d+)"', text)
    assert found is not None
    return found[1]


async def fresh(who: Browser, path: str) -> Page:
    """The page once its kept copy has been asked about again."""
    await asyncio.sleep(pagecache.FRESH + 0.1)
    return await who.get(path)


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


async def test_a_change_that_is_refused_changes_nothing(tmp_path: Path) -> None:
    async with town(tmp_path) as here, browser(here) as ada:
        book = await here.book()
        await ada.sign_in(await here.person("ada"))
        await ada.send(f"/catalog/works/{book.id}/review", rating="8")
        async with here.database.transaction() as session:
            await listed.add(session, "kraken", DomainAnswer.refuse, "We do not say that.", who="ben")

        refused = await ada.send(f"/catalog/works/{book.id}/review", rating="6", text="A kraken of a book.")

        assert refused.status == 422
        async with here.database.snapshot() as session:
            known = (await session.scalars(select(Post).where(Post.about_id == book.id, Post.kind != "discussion"))).one()
        assert (known.kind, known.half_stars, known.html) == ("rating", 8, "")


async def test_neither_stars_nor_words_is_nothing(tmp_path: Path) -> None:
    async with town(tmp_path) as here, browser(here) as ada:
        book = await here.book()
        await ada.sign_in(await here.person("ada"))

        page = await ada.send(f"/catalog/works/{book.id}/review", title="Only a title")

        assert page.status == 422
        assert "Please write a few words" in page.text
        assert "Only a title" in page.text


async def test_words_on_the_list_wait_for_a_moderator_and_are_seen_nowhere_until_one_looks(tmp_path: Path) -> None:
    async with town(tmp_path) as here, browser(here) as ada, browser(here) as cleo, browser(here) as ben:
        book = await here.book()
        await ada.sign_in(await here.person("ada"))
        await ben.sign_in(await here.person("ben", Role.moderator))
        async with here.database.transaction() as session:
            await listed.add(session, "barnacle", DomainAnswer.hold, "a test", who="ben")

        sent = await ada.send(f"/catalog/works/{book.id}/review", text="You utter barnacle.", title="Held words", rating="2")
        assert "waiting for a librarian" in (await ada.follow(sent)).text
        async with here.database.snapshot() as session:
            post = (await session.scalars(select(Post).where(Post.kind == "review"))).one()
        await here.app.sweep()

        leaks = []
        for path in EVERYWHERE:
            page = await cleo.get(path.format(work=book.id, token=post.token))
            if "barnacle" in page.text or "Held words" in page.text:
                leaks.append(path)
            as_json = await cleo.get(path.format(work=book.id, token=post.token), {"Accept": "application/activity+json"})
            if "barnacle" in as_json.text or "Held words" in as_json.text:
                leaks.append(f"{path} as JSON")
        assert leaks == []
        assert (await cleo.get(f"/posts/{post.token}")).status == 404
        assert (await cleo.get(f"/ap/notes/{post.token}")).status == 404
        assert "barnacle" in (await ada.get(f"/catalog/works/{book.id}")).text

        case = await ben.get("/moderation/cases/1")
        fields = {"csrf": case.token, "action": "dismiss", "rule": "", "reason": "A sea creature.", "version": version(case.text)}
        decided = await ben.post("/moderation/cases/1/decide", fields)
        assert decided.status == 303, decided.text
        assert "barnacle" in (await fresh(cleo, f"/catalog/works/{book.id}")).text


async def test_ada_changes_and_deletes_what_she_wrote_and_cleo_cannot(tmp_path: Path) -> None:
    async with town(tmp_path) as here, browser(here) as ada, browser(here) as cleo:
        book = await here.book()
        await ada.sign_in(await here.person("ada"))
        await cleo.sign_in(await here.person("cleo"))
        await ada.send(f"/catalog/works/{book.id}/review", text="A good book.", rating="8")
        async with here.database.snapshot() as session:
            post = (await session.scalars(select(Post).where(Post.kind == "review"))).one()

        assert (await cleo.send(f"/posts/{post.token}/edit", "/me/settings", text="Mine now")).status == 403
        assert (await cleo.send(f"/posts/{post.token}/delete", "/me/settings")).status == 403
        edited = await ada.send(f"/posts/{post.token}/edit", text="A *very* good book.", rating="9")
        assert "A <em>very</em> good book." in (await ada.follow(edited)).text

        await ada.send(f"/posts/{post.token}/delete")
        assert (await cleo.get(f"/posts/{post.token}")).status == 410
        assert (await cleo.get(post.uri.removeprefix(here.root), {"Accept": "application/activity+json"})).status == 410
        assert "very</em> good" not in (await ada.get(f"/catalog/works/{book.id}")).text


async def test_an_answer_stands_below_what_it_answers(tmp_path: Path) -> None:
    async with town(tmp_path) as here, browser(here) as ada, browser(here) as cleo:
        book = await here.book()
        await ada.sign_in(await here.person("ada"))
        await cleo.sign_in(await here.person("cleo"))
        await ada.send(f"/catalog/works/{book.id}/review", text="A good book.")
        async with here.database.snapshot() as session:
            post = (await session.scalars(select(Post).where(Post.kind == "review"))).one()

        answered = await cleo.send(f"/posts/{post.token}/reply", text="Too much whale.")

        page = await cleo.follow(answered)
        assert page.text.index("A good book.") < page.text.index("Too much whale.")
        assert "Too much whale." in (await ada.get(f"/catalog/works/{book.id}")).text
