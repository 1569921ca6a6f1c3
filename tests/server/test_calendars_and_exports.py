"""Events come in from calendar files, and everything goes out in open formats."""

import asyncio
import csv
import json
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from community.clock import now
from community.errors import Unprocessable
from community.posts.post import Post
from server.actions import calendars, exporting
from tests.stories.test_a_review_travels import write_review
from tests.world import town

CALENDAR = """BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//test//EN
BEGIN:VEVENT
UID:whales@example.org
SUMMARY:{title}
DTSTART;TZID=Europe/Rome:{day}T183000
LOCATION:The old rope walk
DESCRIPTION:Bring your *own* harpoon.
END:VEVENT
BEGIN:VEVENT
UID:over@example.org
SUMMARY:Long over
DTSTART:20200101T100000Z
END:VEVENT
BEGIN:VEVENT
UID:again@example.org
SUMMARY:Every week
DTSTART:{day}T100000
RRULE:FREQ=WEEKLY
END:VEVENT
END:VCALENDAR
"""


def calendar(title: str = "An evening of whales") -> bytes:
    return CALENDAR.format(title=title, day=(now() + timedelta(days=30)).strftime("%Y%m%d")).replace("\n", "\r\n").encode()


async def test_the_coming_events_of_a_calendar_are_published_once_and_changes_are_told_on(tmp_path: Path) -> None:
    async with town(tmp_path, timezone="Europe/Rome") as here:
        first = await calendars.take_over(here.library, calendar())
        again = await calendars.take_over(here.library, calendar())
        changed = await calendars.take_over(here.library, calendar("A night of whales"))

        assert (first.new, first.refused) == (
            1,
            ["Long over: It is over.", "Every week: It repeats. Give each date as an event of its own."],
        )
        assert (again.new, again.unchanged) == (0, 1)
        assert (changed.new, changed.changed) == (0, 1)
        async with here.database.snapshot() as session:
            event = (await session.scalars(select(Post).where(Post.kind == "event"))).one()
        assert (event.title, event.place) == ("A night of whales", "The old rope walk")
        assert event.html == "<p>Bring your <em>own</em> harpoon.</p>"
        assert event.edited_at is not None


async def test_what_is_no_calendar_is_refused_in_words(tmp_path: Path) -> None:
    async with town(tmp_path) as here:
        with pytest.raises(Unprocessable) as refused:
            await calendars.take_over(here.library, b"Call me Ishmael.")
        assert "not a calendar" in refused.value.public


async def test_no_real_calendar_breaks_the_import(tmp_path: Path, shared: Path) -> None:
    files = sorted((shared / "events").rglob("*.ics"))
    assert len(files) > 50
    async with town(tmp_path) as here:
        read = 0
        for file in files:
            try:
                await calendars.take_over(here.library, await asyncio.to_thread(file.read_bytes))
            except Unprocessable:
                continue
            read += 1
        assert read > len(files) / 2


async def test_everything_leaves_in_open_formats_and_nobodys_address_with_it(tmp_path: Path) -> None:
    async with town(tmp_path / "a") as here, town(tmp_path / "b") as other:
        await here.person("ada")
        book = await here.book()
        uri = await write_review(here, "ada", book.id, "Call me convinced.")
        await other.follow(here)
        await other.settle()
        await here.settle()
        folder = tmp_path / "out"
        folder.mkdir()
        await exporting.export(here.library, folder, lambda name, count: None)

        read = {file.name: file.read_text() for file in folder.iterdir()}
    assert json.loads(read["editions.jsonl"])["isbn13"] == "9780142437247"
    assert [json.loads(line)["id"] for line in read["posts.jsonl"].splitlines()] == [uri]
    assert [row["followed"] for row in csv.DictReader(read["follows.csv"].splitlines())] == [here.library.uris.library]
    assert "mail.example" not in "".join(read.values())
    assert "PRIVATE" not in "".join(read.values())
