"""What the demo tells: the data of this folder, read and typed."""

import hashlib
import tomllib
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from itertools import groupby
from pathlib import Path
from typing import Any, TypeVar

from babel.dates import get_day_names

from community.clock import days, hours
from community.people.accounts import Role
from community.posts.post import Door
from community.uris import ALPHABET
from moderation.tables import Action, Origin

T = TypeVar("T")

FOLDER = Path(__file__).parent
LIBRARIES = ("a", "b")
WEEK = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


@dataclass(frozen=True, kw_only=True)
class House:
    """A library and its town."""

    name: str
    town: str
    country: str
    language: str
    languages: list[str]
    timezone: str
    colour: str
    tagline: str
    description: str
    description_en: str
    address: str
    email: str
    telephone: str
    opening_hours: list[dict[str, str]]

    @property
    def hours(self) -> str:
        """The opening hours in one line, days with the same hours together."""
        names = get_day_names("abbreviated", locale=self.language)
        times = {one["day"]: f"{one['open']}–{one['close']}" for one in self.opening_hours}
        spans: list[str] = []
        for time, group in groupby(WEEK, times.get):
            same = [names[WEEK.index(day)] for day in group]
            if time is not None:
                spans.append(f"{same[0] if len(same) == 1 else f'{same[0]}–{same[-1]}'} {time}")
        return ", ".join(spans)


@dataclass(frozen=True, kw_only=True)
class Person:
    """Somebody who works or reads there."""

    library: str
    username: str
    name: str
    role: Role
    language: str
    bio: str


@dataclass(frozen=True, kw_only=True)
class Entry:
    """A review, a rating or a comment. `about` is a key of the catalogue, `reply_to` the id of another entry."""

    id: str
    library: str
    by: str
    about: str
    kind: str
    language: str
    days_ago: float
    half_stars: int | None = None
    title: str | None = None
    text: str = ""
    cw: str | None = None
    reply_to: str | None = None


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What a member answers in a book club."""

    id: str
    by: str
    text: str


@dataclass(frozen=True, kw_only=True)
class Begun:
    """A conversation in a book club."""

    id: str
    by: str
    days_ago: float
    title: str
    text: str
    answers: tuple[Answer, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Gathering:
    """A book club of a library."""

    library: str
    username: str
    name: str
    host: str
    reading: str
    members: list[str]
    about: str
    threads: tuple[Begun, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Happening:
    """Something that takes place, counted in days from when the demo is made."""

    id: str
    library: str
    title: str
    in_days: int
    start: str
    minutes: int
    place: str
    address: str
    category: str
    language: str
    by: str
    description: str
    about: str | None = None
    door: Door = Door.none
    door_url: str | None = None
    capacity: int | None = None
    online_url: str | None = None
    guests: tuple[str, ...] = ()  # who wants to come, the first one first; whoever finds no place waits for one


@dataclass(frozen=True, kw_only=True)
class News:
    """Something that the library tells its readers."""

    id: str
    library: str
    by: str
    category: str
    language: str
    days_ago: float
    title: str
    text: str


@dataclass(frozen=True, kw_only=True)
class Complaint:
    """A report: by a reader, by somebody without an account, or by another server."""

    origin: Origin
    ago: timedelta
    reason: str
    rule: str | None = None
    by: str | None = None
    host: str | None = None
    policy: str | None = None


@dataclass(frozen=True, kw_only=True)
class Ruling:
    """What a moderator decided, and why."""

    by: str
    action: Action
    ago: timedelta
    reason: str
    rule: str | None = None


@dataclass(frozen=True, kw_only=True)
class Trouble:
    """A case for the moderators: about an entry of the story, or about one that was only written to be removed."""

    id: str
    library: str
    entry: str
    complaints: tuple[Complaint, ...]
    ruling: Ruling | None


@cache
def houses() -> dict[str, House]:
    """Both libraries."""
    return {key: House(**said) for key, said in _read("libraries").items()}


def people(library: str) -> list[Person]:
    """Who works and reads in a library, staff first."""
    return [Person(**one | {"role": Role(one["role"])}) for one in _read("people")["person"] if one["library"] == library]


def entries(library: str) -> list[Entry]:
    """What its readers say, in the order of the file; what the moderators had to look at comes last."""
    told = [Entry(**one) for one in _read("reviews")["entry"] if one["library"] == library]
    return [*told, *(_bad_entry(case) for case in _cases(library) if "post" in case)]


def happenings(library: str) -> list[Happening]:
    """Its events."""
    told = (one | {"door": Door(one.get("door", "none"))} for one in _read("events")["event"] if one["library"] == library)
    return [Happening(**one) for one in told]


def gatherings(library: str) -> list[Gathering]:
    """Its book clubs, with what is said in them."""
    found = []
    for one in _read("clubs")["club"]:
        if one["library"] == library:
            threads = tuple(_begun(thread) for thread in one.get("thread", ()))
            found.append(Gathering(**{name: value for name, value in one.items() if name != "thread"}, threads=threads))
    return found


def _begun(thread: dict[str, Any]) -> Begun:
    answers = tuple(Answer(**answer) for answer in thread.get("answer", ()))
    return Begun(**{name: value for name, value in thread.items() if name != "answer"}, answers=answers)


def news(library: str) -> list[News]:
    """Its announcements."""
    return [News(**one) for one in _read("announcements")["announcement"] if one["library"] == library]


def troubles(library: str) -> list[Trouble]:
    """Its cases, those that were settled first."""
    found = [
        Trouble(
            id=case["id"],
            library=library,
            entry=case.get("entry") or _bad_entry(case).id,
            complaints=tuple(Complaint(**_dated(one) | {"origin": Origin(one["origin"])}) for one in case["reports"]),
            ruling=Ruling(**_dated(case["decision"]) | {"action": Action(case["decision"]["action"])}) if "decision" in case else None,
        )
        for case in _cases(library)
    ]
    return sorted(found, key=lambda case: case.ruling is None)


def catalogue(library: str) -> Path:
    """Its titles, one row for each edition."""
    return FOLDER / f"library_{library}.csv"


def token(name: str) -> str:
    """The name of a post in addresses: the same each time, so that what was told once is not told again."""
    number = int.from_bytes(hashlib.sha256(name.encode()).digest()[:10])
    return "".join(ALPHABET[number >> 5 * place & 31] for place in range(16))


@cache
def _read(name: str) -> dict[str, Any]:
    return tomllib.loads((FOLDER / f"{name}.toml").read_text(encoding="utf-8"))


def _cases(library: str) -> list[dict[str, Any]]:
    return [one for one in _read("moderation")["case"] if one["library"] == library]


def _bad_entry(case: dict[str, Any]) -> Entry:
    said = {key: value for key, value in case["post"].items() if key not in {"hours_ago", "days_ago"}}
    return Entry(id=f"{case['id']}-post", library=case["library"], days_ago=_ago(case["post"]) / days(1), **said)


def _dated(said: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in said.items() if key not in {"hours_ago", "days_ago"}} | {"ago": _ago(said)}


def _ago(said: dict[str, Any]) -> timedelta:
    return days(said.get("days_ago", 0)) + hours(said.get("hours_ago", 0))
