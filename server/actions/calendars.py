"""Events out of somebody's calendar file (iCalendar, RFC 5545)."""

import asyncio
import hashlib
import warnings
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from icalendar import Calendar
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from community import text
from community.clock import now
from community.errors import Unprocessable
from community.library import Library
from community.posts.kinds import Event
from community.posts.post import Post, Standing
from community.uris import ALPHABET
from server.actions import publishing

CATEGORY = "event"
MOST = 5000  # events in one file


@dataclass
class Tally:
    """What came of a file."""

    new: int = 0
    changed: int = 0
    unchanged: int = 0
    refused: list[str] = field(default_factory=list)  # title and reason


async def take_over(library: Library, file: bytes) -> Tally:
    """Publish the coming events of a calendar. Told again, only what changed is told on. Raises Unprocessable for what is no calendar."""
    tally = Tally()
    for token, columns in await asyncio.to_thread(_read, library, file, tally):
        async with library.database.transaction() as session:
            await _keep(session, library, token, columns, tally)
    return tally


def _read(library: Library, file: bytes, tally: Tally) -> list[tuple[str, dict[str, Any]]]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it warns of every time zone that it has to guess
        try:
            calendars = Calendar.from_ical(file, multiple=True)
        except (ValueError, IndexError, KeyError, TypeError) as cause:
            raise Unprocessable("This is not a calendar that we can read (iCalendar, .ics).", private=str(cause)) from cause
        entries = [entry for calendar in calendars for entry in calendar.walk("VEVENT")]
        if len(entries) > MOST:
            raise Unprocessable("This calendar has too many events: 5,000 at most.")
        found = []
        for entry in entries:
            try:
                columns = _columns(library, entry)
            except Unprocessable as cause:
                tally.refused.append(f"{str(entry.get('summary', '?'))[:100]}: {cause.public}")
            else:
                found.append((_token(entry, columns), columns))
        return found


async def _keep(session: AsyncSession, library: Library, token: str, columns: dict[str, Any], tally: Tally) -> None:
    known = (await session.scalars(select(Post).where(Post.uri == library.uris.event(token)))).first()
    if known is None:
        await publishing.announce(session, library, Event(token=token, **columns))
        tally.new += 1
    elif known.standing is not Standing.shown or all(getattr(known, name) == value for name, value in columns.items()):
        tally.unchanged += 1  # what we took away ourselves does not come back with the next file
    else:
        await publishing.correct(session, library, known, columns)
        tally.changed += 1


def _token(entry: Any, columns: dict[str, Any]) -> str:
    """The same event has the same address, however often its file is read."""
    name = str(entry.get("uid") or f"{columns['title']} {columns['starts_at'].isoformat()}")
    digest = hashlib.sha256(name.encode()).digest()
    return "".join(ALPHABET[byte % len(ALPHABET)] for byte in digest[:16])


def _columns(library: Library, entry: Any) -> dict[str, Any]:
    title = text.plain(text.escape(str(entry.get("summary", "")).strip()))[:300]
    if not title:
        raise Unprocessable("It has no title.")
    if entry.get("rrule") is not None:
        raise Unprocessable("It repeats. Give each date as an event of its own.")
    zone = ZoneInfo(library.settings.timezone)
    starts, ends = _moment(entry, "dtstart", zone), _moment(entry, "dtend", zone)
    if starts is None:
        raise Unprocessable("It has no beginning.")
    if (ends or starts) < now():
        raise Unprocessable("It is over.")
    source = str(entry.get("description", "")).strip()[:20_000]
    return {
        "title": title,
        "source": source,
        "html": text.render(source),
        "starts_at": starts,
        "ends_at": ends if ends and ends > starts else None,
        "timezone": zone.key,
        "place": str(entry.get("location", "")).strip()[:300] or None,
        "category": CATEGORY,
        "language": library.settings.language,
        "cancelled": str(entry.get("status", "")).upper() == "CANCELLED",
    }


def _moment(entry: Any, name: str, zone: ZoneInfo) -> datetime | None:
    """A time of an event; a whole day begins at midnight, a time without zone is the library's."""
    try:
        value = entry.decoded(name, None)
    except (ValueError, TypeError, KeyError) as cause:
        raise Unprocessable("Its time cannot be read.", private=str(cause)) from cause
    if isinstance(value, datetime):
        return (value if value.tzinfo else value.replace(tzinfo=zone)).astimezone(UTC)
    if isinstance(value, date):
        return datetime.combine(value, time(), zone).astimezone(UTC)
    return None
