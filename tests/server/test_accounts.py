"""Coming in, staying in, going out for good."""

import json
import re
from pathlib import Path

from sqlalchemy import func, select

from community.people.accounts import Account, SignInLink, Visit
from community.people.actors import ActorKey
from community.posts.post import Post, Standing
from server import passwords
from server.letters import Letter
from tests.server.client import browser
from tests.world import Town, town

MAIL = "smtp://127.0.0.1:1"  # nobody listens there; letters stay owed, and the tests read them
PASSWORD = "call me ishmael"


async def letter(here: Town) -> Letter:
    """The last letter that is owed."""
    async with here.database.snapshot() as session:
        return (await session.scalars(select(Letter).order_by(Letter.id.desc()).limit(1))).one()


async def link_in(here: Town) -> str:
    """The path of the link in the last letter."""
    found = re.search(r"/sign-in/[\w-]+", (await letter(here)).body)
    assert found is not None
    return found[0]


async def set_password(here: Town, account: Account) -> None:
    """Let this account sign in with the password of the tests."""
    kept = await passwords.digest(PASSWORD)
    async with here.database.transaction() as session:
        (await session.get_one(Account, account.id)).password_hash = kept


async def test_ada_opens_an_account_with_the_link_in_her_letter(tmp_path: Path) -> None:
    async with town(tmp_path, smtp_url=MAIL) as here, browser(here) as ada:
        asked = await ada.send("/sign-up", name="Ada", username="ada", email="Ada@Mail.example", password=PASSWORD, agree="1")
        assert asked.status == 200
        async with here.database.snapshot() as session:
            assert await session.scalar(select(func.count()).select_from(Account)) == 0  # nothing before the mailbox is proved
        link = await link_in(here)

        arrived = await ada.send(link)

        assert arrived.onward == "/me"
        assert "@ada@" in (await ada.get("/me")).text
        async with here.database.snapshot() as session:
            account = (await session.scalars(select(Account))).one()
            assert account.email == "ada@mail.example"
            assert await session.get(ActorKey, account.actor_id) is not None
        assert (await ada.get(link)).status == 404


async def test_a_link_signs_in_once_and_opening_it_is_not_using_it(tmp_path: Path) -> None:
    async with town(tmp_path, smtp_url=MAIL) as here, browser(here) as ada, browser(here) as scanner, browser(here) as cleo:
        await here.person("ada")
        await ada.send("/sign-in/link", "/sign-in", email="ada@mail.example")
        link = await link_in(here)

        assert (await scanner.get(link)).status == 200  # a program that looks at mail
        assert (await ada.send(link)).status == 303
        assert (await ada.get("/me")).status == 200

        token = (await cleo.get("/sign-in")).token
        assert (await cleo.post(link, {"csrf": token})).status == 404
        assert (await cleo.get("/me")).status == 303


async def test_nobody_learns_who_has_an_account(tmp_path: Path) -> None:
    async with town(tmp_path, smtp_url=MAIL) as here, browser(here) as cleo:
        await here.person("ada")
        known = await cleo.send("/sign-in/link", "/sign-in", email="ada@mail.example")
        unknown = await cleo.send("/sign-in/link", "/sign-in", email="eva@mail.example")

        assert known.text.replace("ada@mail.example", "") == unknown.text.replace("eva@mail.example", "")
        async with here.database.snapshot() as session:
            assert await session.scalar(select(func.count()).select_from(SignInLink)) == 1


async def test_the_right_password_lets_in_and_wrong_ones_shut_the_door_for_a_while(tmp_path: Path) -> None:
    async with town(tmp_path, smtp_url=MAIL) as here, browser(here) as ada, browser(here) as cleo:
        await set_password(here, await here.person("ada"))

        right = await ada.send("/sign-in", who="ada@mail.example", password=PASSWORD, next="/events")
        assert (right.status, right.onward) == (303, "/events")

        token = (await cleo.get("/sign-in")).token
        tries = [await cleo.post("/sign-in", {"csrf": token, "who": "ada", "password": f"guess {n}"}) for n in range(10)]
        assert [page.status for page in tries] == [422] * 8 + [429] * 2
        assert tries[-1].headers["Retry-After"]
        assert (await cleo.post("/sign-in", {"csrf": token, "who": "ada", "password": PASSWORD})).status == 429


async def test_after_signing_in_one_never_goes_to_another_site(tmp_path: Path) -> None:
    async with town(tmp_path) as here, browser(here) as ada:
        await set_password(here, await here.person("ada"))
        for where in ("https://evil.example/", "//evil.example/", "/\\evil.example"):
            assert (await ada.send("/sign-in", who="ada", password=PASSWORD, next=where)).onward == "/"
            await ada.send("/sign-out", "/me/settings")


async def test_signing_out_ends_the_visit_here_and_in_the_database(tmp_path: Path) -> None:
    async with town(tmp_path) as here, browser(here) as ada:
        await ada.sign_in(await here.person("ada"))

        await ada.send("/sign-out", "/me/settings")

        assert (await ada.get("/me")).status == 303
        async with here.database.snapshot() as session:
            assert await session.scalar(select(func.count()).select_from(Visit)) == 0


async def test_a_cookie_is_for_this_host_only_and_no_script_reads_it(tmp_path: Path) -> None:
    async with town(tmp_path) as here, browser(here) as ada:
        await set_password(here, await here.person("ada"))
        page = await ada.send("/sign-in", who="ada", password=PASSWORD)
        cookies = [value for name, value in page.headers.items() if name == "Set-Cookie" and "visit" in value]
        assert len(cookies) == 1
        assert {"HttpOnly", "Path=/", "SameSite=Lax"} <= set(cookies[0].split("; "))


async def test_a_new_password_signs_every_other_browser_out(tmp_path: Path) -> None:
    async with town(tmp_path) as here, browser(here) as desk, browser(here) as phone:
        account = await here.person("ada")
        await desk.sign_in(account)
        await phone.sign_in(account)

        await desk.send("/me/settings/password", "/me/settings", new="a much better one")

        assert (await desk.get("/me")).status == 200
        assert (await phone.get("/me")).status == 303


async def test_ada_takes_everything_with_her_and_leaves_nothing(tmp_path: Path) -> None:
    async with town(tmp_path) as here, browser(here) as ada, browser(here) as cleo:
        book = await here.book()
        await ada.sign_in(await here.person("ada"))
        await ada.send(f"/catalog/works/{book.id}/review", title="Farewell", text="So long.", rating="7")

        taken = await ada.send("/me/export", "/me/settings")
        said = json.loads(taken.text)
        assert [(post["title"], post["text"], post["stars"]) for post in said["posts"]] == [("Farewell", "So long.", 3.5)]

        assert (await ada.send("/me/delete", "/me/settings", username="somebody")).status == 422
        assert (await ada.send("/me/delete", "/me/settings", username="ada")).status == 303

        assert (await ada.get("/me")).status == 303
        assert "Farewell" not in (await cleo.get(f"/catalog/works/{book.id}")).text
        assert (await cleo.get("/@ada")).status == 410
        assert (await cleo.get("/ap/actors/ada", {"Accept": "application/activity+json"})).status == 410
        async with here.database.snapshot() as session:
            assert {post.standing for post in await session.scalars(select(Post))} == {Standing.deleted}
            assert "ada@mail.example" not in [account.email for account in await session.scalars(select(Account))]


async def test_the_name_of_somebody_who_left_is_not_given_again(tmp_path: Path) -> None:
    async with town(tmp_path, demo=True) as here, browser(here) as ada, browser(here) as cleo:
        await ada.sign_in(await here.person("ada"))
        await ada.send("/me/delete", "/me/settings", username="ada")

        again = await cleo.send("/sign-up", name="Ada", username="ada", email="cleo@mail.example", agree="1")

        assert again.status == 422
        assert "This name is taken" in again.text


async def test_one_click_signs_in_only_in_the_demo(tmp_path: Path) -> None:
    async with town(tmp_path / "a", demo=True) as demo, town(tmp_path / "b") as real:
        for here, status in ((demo, 303), (real, 404)):
            await here.person("ada")
            async with browser(here) as cleo:
                page = await cleo.get("/sign-in")
                assert ('value="ada"' in page.text) is (status == 303)
                assert (await cleo.post("/sign-in/demo", {"csrf": page.token, "who": "ada"})).status == status
                assert (await cleo.get("/me")).status == (200 if status == 303 else 303)
