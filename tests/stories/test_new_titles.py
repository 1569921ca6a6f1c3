"""Those who follow the library hear of new titles once a day, in one post."""

from datetime import timedelta
from pathlib import Path

from community.clock import seconds
from server.actions import digests
from tests.remote_server import remote_server
from tests.world import town

AT_ONCE = seconds(0)


async def test_a_hundred_new_titles_are_one_post(tmp_path: Path) -> None:
    async with town(tmp_path) as here, remote_server() as harbour:
        await harbour.says(here, harbour.activity("Follow", "cleo", here.library.uris.library))
        await here.settle()
        for number in range(12):
            await here.book(f"Volume {number}", isbn=None)

        assert await digests.tell(here.library, quiet=AT_ONCE) == 1
        assert await digests.tell(here.library, quiet=AT_ONCE) == 0
        await here.book("Too late for today", isbn=None)
        assert await digests.tell(here.library, quiet=AT_ONCE) == 0
        assert await digests.tell(here.library, quiet=AT_ONCE, every=timedelta(0)) == 1
        await here.settle()

        notes = [wire["object"] for wire in harbour.received if wire["type"] == "Create"]
        assert len(notes) == 2
        assert "12 new titles" in notes[0]["content"] and "Volume 11" in notes[0]["content"]
        assert notes[0]["content"].count("<li>") == digests.NAMED
        assert "Too late for today" in notes[1]["content"]


async def test_an_import_that_still_runs_is_not_announced(tmp_path: Path) -> None:
    async with town(tmp_path) as here:
        await here.book()
        assert await digests.tell(here.library) == 0
