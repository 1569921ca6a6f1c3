"""Pictures of other servers: copied, never hot-linked; made small and anew; and gone when nobody may or wants to see them."""

import io
import os
import struct
import time
import zlib
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from sqlalchemy import select, update

from community import shelves
from community.clock import days, now
from community.due import Owed
from community.people.accounts import Role
from community.posts.pictures import Picture
from community.posts.post import Post, Standing
from federation import darkroom, media
from federation.wire import Wire
from moderation import domains, reports
from moderation.tables import Origin
from tests.remote_server import RemoteServer, remote_server, stamp
from tests.server.client import browser
from tests.world import Town, town

SECRET = b"Elm Street 4, second floor"


def photo(width: int = 64, height: int = 48, colour: str = "teal", form: str = "JPEG") -> bytes:
    """A picture with something in it that is nobody's business."""
    exif = Image.Exif()
    exif[0x010E] = SECRET.decode()
    made = io.BytesIO()
    Image.new("RGB", (width, height), colour).save(made, form, exif=exif)
    return made.getvalue()


def bomb(width: int, height: int) -> bytes:
    """A PNG of a few bytes that says that it is huge."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"\0" * 100_000)) + chunk(b"IEND", b"")


def shows(harbour: RemoteServer, name: str, body: bytes, kind: str = "image/jpeg") -> str:
    """Let a picture stand on the other server; its address."""
    harbour.files[f"/files/{name}"] = (body, kind)
    return f"{harbour.root}/files/{name}"


def picture(url: str, alt: str = "A whale", **more: Any) -> Wire:
    return {"type": "Document", "mediaType": "image/jpeg", "url": url, "name": alt, **more}


async def says(here: Town, harbour: RemoteServer, *pictures: Wire, **more: Any) -> Wire:
    """Cleo writes to our library, with pictures."""
    to = ["https://www.w3.org/ns/activitystreams#Public", here.library.uris.library]
    note = harbour.note("cleo", "<p>Look at this.</p>", to=to, attachment=list(pictures), **more)
    assert await harbour.says(here, harbour.activity("Create", "cleo", note)) == 202
    await here.settle()
    return note


async def post_of(here: Town, note: Wire) -> Post:
    async with here.database.snapshot() as session:
        return (await session.scalars(select(Post).where(Post.uri == note["id"]))).one()


async def rows(here: Town) -> list[Picture]:
    async with here.database.snapshot() as session:
        return list(await session.scalars(select(Picture).order_by(Picture.id)))


def on_the_shelf(here: Town) -> set[str]:
    return {copy.name for copy in shelves.copies(here.library.settings.data_dir)}


def long_ago(here: Town) -> None:
    """Nobody has looked at any copy for some weeks."""
    for place, copy in enumerate(sorted(shelves.copies(here.library.settings.data_dir), key=lambda one: one.looked_at)):
        moment = time.time() - 30 * 86400 + place
        os.utime(shelves.path(here.library.settings.data_dir, copy.name), (moment, moment))


async def test_pages_show_our_own_small_copies_and_what_the_writer_says_is_on_them(tmp_path: Path) -> None:
    async with town(tmp_path) as here, remote_server() as harbour, browser(here) as someone:
        harbour.actor("cleo", icon={"type": "Image", "url": shows(harbour, "cleo.png", photo(300, 200, form="PNG"), "image/png")})
        note = await says(here, harbour, picture(shows(harbour, "whale.jpg", photo(2000, 1000))))

        post = await post_of(here, note)
        page = await someone.get(f"/posts/{post.token}")
        assert post.pictures is not None
        (shown,) = post.pictures
        assert (shown["alt"], shown["width"], shown["height"]) == ("A whale", 1280, 640)
        assert f'src="/media/{shown["content"]}.webp" alt="A whale"' in page.text
        cleo = await here.actor(note["attributedTo"])
        assert cleo is not None and f'<img src="/media/{cleo.face}.webp" alt=""' in page.text
        assert f"/media/{cleo.face}.webp" in (await someone.get(f"/{cleo.handle}")).text
        assert f'src="{harbour.root}' not in page.text

        copy = await someone.get(f"/media/{shown['content']}.webp")
        assert copy.headers["Content-Type"] == "image/webp"
        assert copy.headers["Cache-Control"] == "public, max-age=31536000, immutable"
        assert copy.headers["X-Content-Type-Options"] == "nosniff"
        assert copy.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
        assert SECRET not in copy.body
        with Image.open(shelves.path(str(tmp_path), cleo.face or "")) as face:
            assert (face.format, face.size) == ("WEBP", (160, 160))


async def test_until_there_is_a_copy_a_letter_stands_for_the_face_and_words_for_the_picture(tmp_path: Path) -> None:
    async with town(tmp_path) as here, remote_server() as harbour, browser(here) as someone:
        harbour.actor("cleo", icon={"type": "Image", "url": f"{harbour.root}/files/nowhere.png"})
        note = await says(here, harbour, picture(f"{harbour.root}/files/nowhere.jpg"))

        page = await someone.get(f"/posts/{(await post_of(here, note)).token}")
        assert 'aria-hidden="true">C</span>' in page.text
        assert "A picture that we have no copy of." in page.text and "A whale" in page.text
        assert {row.state for row in await rows(here)} == {Owed.given_up}

        await says(here, harbour)
        assert (await rows(here))[0].state is Owed.given_up  # not again so soon
        async with here.database.transaction() as session:
            await session.execute(update(Picture).values(due_at=now() - days(8)))
        shows(harbour, "nowhere.png", photo(form="PNG"), "image/png")
        await says(here, harbour)
        cleo = await here.actor(note["attributedTo"])
        assert cleo is not None and cleo.face is not None


async def test_what_is_no_picture_or_too_large_is_given_up_and_harms_nobody(tmp_path: Path) -> None:
    async with town(tmp_path) as here, remote_server() as harbour:
        drawing = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
        await says(
            here,
            harbour,
            picture(shows(harbour, "a.jpg", b"GIF89a no picture at all")),
            picture(shows(harbour, "b.jpg", bomb(8_000, 8_000), "image/png")),
            picture(shows(harbour, "c.svg", drawing, "image/svg+xml")),
            picture(shows(harbour, "d.jpg", b"\0" * (media.BYTES + 1))),
        )

        found = await rows(here)
        assert [row.state for row in found] == [Owed.given_up] * 4
        assert "8000 x 8000 points are too many" in (found[1].why or "")
        assert on_the_shelf(here) == set()


async def test_only_four_pictures_are_taken_and_nothing_else(tmp_path: Path) -> None:
    wire: Wire = {"type": "Note", "sensitive": True, "attachment": [picture(f"https://harbour.example/{n}.jpg") for n in range(9)]}
    found = media.attached(wire)
    assert [one.url.rpartition("/")[2] for one in found] == ["0.jpg", "1.jpg", "2.jpg", "3.jpg"]
    assert all(one.sensitive for one in found)

    odd: list[Any] = [
        "https://harbour.example/a.jpg",
        None,
        {"type": "Link", "href": "https://harbour.example/b"},
        picture("javascript:alert(1)"),
        picture("https://harbour.example/ü.jpg"),
        picture("https://harbour.example/c.mp4", mediaType="video/mp4"),
        picture("https://harbour.example/" + "d" * 1000),
        {"type": "PropertyValue", "name": "x", "value": "y"},
        {"type": "Image", "url": [{"type": "Link", "href": "https://harbour.example/good.png"}], "name": "<b>bold</b>"},
    ]
    (good,) = media.attached({"type": "Note", "attachment": odd})
    assert (good.url, good.alt) == ("https://harbour.example/good.png", "bold")


async def test_the_cover_that_other_book_servers_attach_is_not_shown_again(tmp_path: Path) -> None:
    wire = {"type": "Note", "inReplyToBook": "https://wyrm.example/book/1", "attachment": [picture("https://wyrm.example/cover.jpg")]}
    assert media.attached(wire) == ()


async def test_sensitive_pictures_stand_behind_a_veil(tmp_path: Path) -> None:
    async with town(tmp_path) as here, remote_server() as harbour, browser(here) as someone:
        note = await says(here, harbour, picture(shows(harbour, "whale.jpg", photo())), sensitive=True)

        page = await someone.get(f"/posts/{(await post_of(here, note)).token}")
        veil = page.text.index("the writer marks it as sensitive")
        assert page.text.rindex("<details", 0, veil) < veil < page.text.index("/media/")


async def test_new_words_keep_the_copies_of_the_same_pictures(tmp_path: Path) -> None:
    async with town(tmp_path) as here, remote_server() as harbour:
        one, two = shows(harbour, "1.jpg", photo()), shows(harbour, "2.jpg", photo(colour="red"))
        note = await says(here, harbour, picture(one))
        before = (await rows(here))[0].content
        harbour.asked.clear()

        changed = note | {"attachment": [picture(two, "Red"), picture(one, "Blue")], "updated": stamp()}
        await harbour.says(here, harbour.activity("Update", "cleo", changed))
        await here.settle()

        pictures = (await post_of(here, note)).pictures or []
        assert [one["alt"] for one in pictures] == ["Red", "Blue"]
        assert pictures[1]["content"] == before
        assert [path for path in harbour.asked if path.startswith("/files/")] == ["/files/2.jpg"]


async def test_what_its_writer_takes_back_is_cleared_away(tmp_path: Path) -> None:
    async with town(tmp_path) as here, remote_server() as harbour:
        note = await says(here, harbour, picture(shows(harbour, "whale.jpg", photo())))
        await harbour.says(here, harbour.activity("Delete", "cleo", note["id"]))
        await here.settle()
        assert (await post_of(here, note)).pictures is None
        assert len(on_the_shelf(here)) == 1

        await media.clear_away(here.hub)
        assert len(on_the_shelf(here)) == 1  # it might have been put there just now
        long_ago(here)
        await media.clear_away(here.hub)

        assert on_the_shelf(here) == set()


async def test_pictures_of_removed_words_go_and_come_back_with_them(tmp_path: Path) -> None:
    async with town(tmp_path) as here, remote_server() as harbour:
        note = await says(here, harbour, picture(shows(harbour, "whale.jpg", photo())))
        for standing, copies in ((Standing.removed, 0), (Standing.shown, 1)):
            async with here.database.transaction() as session:
                (await session.scalars(select(Post).where(Post.uri == note["id"]))).one().move(standing)
            long_ago(here)

            await media.clear_away(here.hub)
            await here.settle()

            assert len(on_the_shelf(here)) == copies
            assert [bool(one["content"]) for one in (await post_of(here, note)).pictures or []] == [bool(copies)]


async def test_what_nobody_looked_at_for_longest_makes_room(tmp_path: Path) -> None:
    async with town(tmp_path, media_megabytes=0) as here, remote_server() as harbour, browser(here) as someone:
        harbour.actor("cleo", icon={"type": "Image", "url": shows(harbour, "cleo.jpg", photo())})
        note = await says(here, harbour, picture(shows(harbour, "whale.jpg", photo())))
        assert len(on_the_shelf(here)) == 2

        await media.clear_away(here.hub)

        assert on_the_shelf(here) == set()
        cleo = await here.actor(note["attributedTo"])
        assert cleo is not None and cleo.face is None
        page = await someone.get(f"/posts/{(await post_of(here, note)).token}")
        assert "/media/" not in page.text and "A whale" in page.text

        await says(here, harbour)
        cleo = await here.actor(note["attributedTo"])
        assert cleo is not None and cleo.face is not None  # who speaks again shows their face again


async def test_somebody_who_leaves_takes_their_face_and_pictures_along(tmp_path: Path) -> None:
    async with town(tmp_path) as here, remote_server() as harbour:
        uri = harbour.actor("cleo", icon={"type": "Image", "url": shows(harbour, "cleo.jpg", photo())})
        note = await says(here, harbour, picture(shows(harbour, "whale.jpg", photo())))

        await harbour.says(here, harbour.activity("Delete", "cleo", uri))
        await here.settle()

        cleo = await here.actor(uri)
        assert cleo is not None and cleo.face is None
        assert (await post_of(here, note)).pictures is None
        assert await rows(here) == []


async def test_nothing_is_fetched_from_a_server_that_we_refuse(tmp_path: Path) -> None:
    async with town(tmp_path) as here, remote_server() as harbour, remote_server() as spam:
        async with here.database.transaction() as session:
            await domains.refuse(session, spam.root.removeprefix("http://"), "spam", who="ben", own_domain="library.example")
        await says(here, harbour, picture(shows(spam, "whale.jpg", photo())))

        assert spam.asked == []
        assert [row.state for row in await rows(here)] == [Owed.given_up]


async def test_ben_sees_reported_pictures_grey_and_only_when_he_asks(tmp_path: Path) -> None:
    async with town(tmp_path) as here, remote_server() as harbour, browser(here) as ben:
        await ben.sign_in(await here.person("ben", Role.moderator))
        note = await says(here, harbour, picture(shows(harbour, "whale.jpg", photo())))
        async with here.database.transaction() as session:
            known = (await session.scalars(select(Post).where(Post.uri == note["id"]))).one()
            case = await reports.open_report(session, post=known, origin=Origin.form, reason="Look at this")

        page = await ben.get(f"/moderation/cases/{case.case_id}")
        asked = page.text.index("Show 1 picture, in grey")
        assert asked < page.text.index('class="grey"') < page.text.index("/media/")


async def test_addresses_that_are_no_copies_lead_nowhere(tmp_path: Path) -> None:
    async with town(tmp_path) as here, browser(here) as someone:
        for name in ("0" * 64, "a", "..%2f..%2fbookmobile.sqlite", "A" * 64):
            assert (await someone.get(f"/media/{name}.webp")).status == 404


async def test_pictures_from_a_server_of_their_own_are_let_through_by_pages(tmp_path: Path) -> None:
    elsewhere = "https://media.library.example"
    async with town(tmp_path, media_url=f"{elsewhere}/copies/") as here, remote_server() as harbour, browser(here) as someone:
        note = await says(here, harbour, picture(shows(harbour, "whale.jpg", photo())))

        page = await someone.get(f"/posts/{(await post_of(here, note)).token}")
        assert f'src="{elsewhere}/copies/' in page.text
        assert f"img-src 'self' {elsewhere}" in page.headers["Content-Security-Policy"]


async def test_the_darkroom_ends_what_takes_too_much(monkeypatch: pytest.MonkeyPatch) -> None:
    made = await darkroom.develop(photo(30, 20), 1280)
    assert (made.width, made.height) == (30, 20)  # what is small stays so
    for raw in (b"", bomb(60_000, 60_000), bomb(6_000, 6_000)):
        with pytest.raises(darkroom.Undeveloped, match="status 1"):
            await darkroom.develop(raw, 1280)
    monkeypatch.setattr(darkroom, "PATIENCE", 0.0)
    with pytest.raises(darkroom.Undeveloped, match="takes too long"):
        await darkroom.develop(photo(), 1280)
