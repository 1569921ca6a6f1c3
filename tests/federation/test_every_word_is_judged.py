"""Whatever is shown was judged before, in whichever property and by whichever way it came."""

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from community.posts.post import Post, Standing
from moderation import listed
from moderation.tables import DomainAnswer
from tests.remote_server import RemoteServer, remote_server, stamp
from tests.world import Town, town


async def list_kraken(here: Town) -> None:
    async with here.database.transaction() as session:
        await listed.add(session, "kraken", DomainAnswer.hold, "We look at that first.", who="ben")


async def standing(here: Town, uri: object) -> Standing:
    async with here.database.snapshot() as session:
        return (await session.scalars(select(Post.standing).where(Post.uri == str(uri)))).one()


async def tell(here: Town, harbour: RemoteServer, verb: str, target: Any) -> None:
    assert await harbour.says(here, harbour.activity(verb, "cleo", target)) == 202
    await here.settle()


@pytest.mark.parametrize("name", ["content", "name"])
async def test_the_pieces_of_a_review_are_judged(tmp_path: Path, name: str) -> None:
    async with town(tmp_path) as here, remote_server() as harbour:
        await list_kraken(here)
        work = here.library.uris.work((await here.book()).id)
        piece = {"type": "Review", "withRegardTo": work, "name": "Fine", "content": "Fine.", name: "A kraken of a book."}
        note = harbour.note("cleo", "<p>Fine.</p>", relatedWith=[piece])

        await tell(here, harbour, "Create", note)

        assert await standing(here, note["id"]) is Standing.held


async def test_a_quotation_is_judged(tmp_path: Path) -> None:
    async with town(tmp_path) as here, remote_server() as harbour:
        await list_kraken(here)
        work = here.library.uris.work((await here.book()).id)
        note = harbour.note("cleo", "<p>Fine.</p>", type="Quotation", inReplyToBook=work, quote="<p>Release the kraken!</p>")

        await tell(here, harbour, "Create", note)

        assert await standing(here, note["id"]) is Standing.held


async def test_new_words_that_are_told_of_only_by_their_address_are_judged(tmp_path: Path) -> None:
    async with town(tmp_path) as here, remote_server() as harbour:
        await list_kraken(here)
        note = harbour.note("cleo", "<p>Fine.</p>", inReplyTo=here.library.uris.discussion((await here.book()).id))
        await tell(here, harbour, "Create", note)
        assert await standing(here, note["id"]) is Standing.shown

        note |= {"content": "<p>A kraken of a book.</p>", "updated": stamp()}
        await tell(here, harbour, "Update", note["id"])

        assert await standing(here, note["id"]) is Standing.held
