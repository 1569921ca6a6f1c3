"""Our objects as they travel, held against what real servers need (interop 8.2 and D)."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sqlalchemy import select

from community.posts.post import Post
from community.uris import PUBLIC
from federation import documents, items
from federation.renditions.note import tombstone
from tests.stories.test_a_review_travels import write_review
from tests.world import Town, town


def walk(value: Any) -> Iterator[dict[str, Any]]:
    """Every object inside."""
    if isinstance(value, dict):
        yield value
        for inner in value.values():
            yield from walk(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from walk(inner)


async def review(here: Town) -> dict[str, Any]:
    book = await here.book()
    uri = await write_review(here, "ada", book.id, "Call me *convinced*.")
    async with here.database.snapshot() as session:
        row = (await session.scalars(select(Post).where(Post.uri == uri))).one()
        return await documents.post(session, here.library, row)


async def test_a_review_says_the_same_to_people_to_neodb_and_to_bookwyrm(tmp_path: Path) -> None:
    async with town(tmp_path) as here:
        await here.person("ada")
        wire = await review(here)

        edition = f"{here.root}/catalog/editions/1"
        assert wire["type"] == "Note"
        assert "A whale of a book" in wire["content"] and "★★★★½" in wire["content"] and "<em>convinced</em>" in wire["content"]
        pieces = {piece["type"]: piece for piece in wire["relatedWith"]}
        assert (pieces["Rating"]["value"], pieces["Rating"]["best"], pieces["Rating"]["withRegardTo"]) == (9, 10, edition)
        assert (pieces["Review"]["name"], pieces["Review"]["content"]) == ("A whale of a book", "<p>Call me <em>convinced</em>.</p>")
        assert (wire["inReplyToBook"], wire["rating"]) == (edition, 4.5)
        assert [tag["type"] for tag in wire["tag"]] == ["Edition"]
        assert wire["attachment"][0]["url"].endswith("/covers/1.png")


async def test_what_every_server_needs_of_a_post_is_there(tmp_path: Path) -> None:
    async with town(tmp_path) as here:
        await here.person("ada")
        wire = await review(here)

        assert wire["@context"][0] == "https://www.w3.org/ns/activitystreams"
        assert wire["to"] == [PUBLIC]  # BookWyrm takes any other for private
        assert wire["interactionPolicy"] == {"canQuote": {"automaticApproval": [PUBLIC]}}
        assert "updated" not in wire and "name" not in wire
        assert wire["published"].endswith("Z")
        assert wire["id"] == wire["id"].lower() and len(wire["id"]) <= 255 and "?" not in wire["id"]
        assert wire["url"].startswith(here.root)
        for thing in walk(wire):
            assert not isinstance(thing.get("type"), list)
            assert all(thing[name] is not None for name in ("to", "cc", "tag", "attachment") if name in thing)
        for tag in wire["tag"]:
            assert {"type", "href", "name"} <= set(tag)
        for attachment in wire["attachment"]:
            assert {"type", "url", "mediaType", "name"} <= set(attachment)


async def test_an_edition_carries_the_keys_of_bookwyrm_and_neodb(tmp_path: Path) -> None:
    async with town(tmp_path) as here:
        await here.book()
        async with here.database.snapshot() as session:
            edition = await items.edition(session, here.library, 1)
            work = await items.work(session, here.library, 1)
            author = await items.author(session, here.library, 1)

        assert (edition["type"], edition["isbn13"], edition["isbn"]) == ("Edition", "9780142437247", "9780142437247")
        assert edition["work"] == work["id"] and work["editions"] == [edition["id"]]
        assert edition["authors"] == [author["id"]] and author["name"] == "Herman Melville"
        assert edition["author"] == ["Herman Melville"]
        assert all(isinstance(edition[name], list) for name in ("languages", "publishers", "subjects", "authors", "external_resources"))


async def test_a_film_is_none_of_bookwyrms_business(tmp_path: Path) -> None:
    async with town(tmp_path) as here:
        await here.person("ada")
        film = await here.book("The Cremator", "Juraj Herz", None, "film")
        uri = await write_review(here, "ada", film.id, "Dark.")
        async with here.database.snapshot() as session:
            row = (await session.scalars(select(Post).where(Post.uri == uri))).one()
            wire = await documents.post(session, here.library, row)

        assert wire["tag"][0]["type"] == "Movie"
        assert "inReplyToBook" not in wire
        assert wire["relatedWith"]


def test_what_is_left_of_a_deleted_post_names_what_it_was() -> None:
    left = tombstone("https://library.example/ap/events/1", "Event")
    assert (left["type"], left["formerType"]) == ("Tombstone", "Event")
