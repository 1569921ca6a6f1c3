"""The story of one library, told through the doors that readers and librarians use. Told again, it is told once."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import event, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from community import text
from community.catalog import importing
from community.catalog.importing import Tally
from community.catalog.marc.reading import read_records
from community.catalog.tables import Edition, Work
from community.clock import days, minutes
from community.errors import Unprocessable
from community.library import Library
from community.people import actors
from community.people.accounts import Account
from community.people.actors import Actor
from community.posts import attendances, clubs
from community.posts.kinds import KINDS, Announcement, Comment, Event, Thread
from community.posts.post import Post
from federation import keys
from moderation import domains, reports
from moderation.tables import Case, Decision, Report, Snapshot
from moderation.tables import LogEntry as Line
from moderation.verdicts import Answer
from server import passwords
from server.actions import gathering, moderating, publishing, registering
from server.actions.registering import Newcomer
from server.demo import story
from server.demo.story import Entry, Gathering, Happening, News, Person, Trouble

SOURCE = "catalogue"
PASSWORD = "a demo of Bookmobile"  # of everybody in both libraries, which are open to this machine only
MAIL = "demo.example"
DATED = {Report: ("created_at",), Snapshot: ("taken_at",), Case: ("opened_at", "changed_at"), Decision: ("decided_at",), Line: ("at",)}


@dataclass
class Teller:
    """Tells the story of one library. `key` is a or b, `began` the moment from which days are counted."""

    library: Library
    key: str
    began: datetime
    works: dict[str, int] = field(default_factory=dict)

    async def import_catalogue(self) -> Tally:
        """The titles, through the same import as anybody's."""
        file = story.catalogue(self.key)
        with await asyncio.to_thread(file.open, "rb") as opened:
            tally = await importing.merge(self.library.database, read_records(opened, file.name), source=SOURCE, file=file.name)
        async with self.library.database.transaction() as session:
            # These were on the shelves when the library opened: no digest announces them.
            await session.execute(update(Work).where(Work.announced_at.is_(None)).values(announced_at=self.began))
            rows = await session.execute(select(Edition.source_key, Edition.work_id).where(Edition.source == SOURCE))
            self.works = {name: work_id for name, work_id in rows}
        return tally

    async def open_accounts(self) -> None:
        """Everybody who works and reads here, each with keys of their own."""
        async with self.library.database.snapshot() as session:
            known = set(await session.scalars(select(Actor.username).where(Actor.domain.is_(None))))
        missing = [one for one in story.people(self.key) if one.username not in known]
        if not missing:
            return
        kept = await passwords.digest(PASSWORD)
        pairs = await asyncio.gather(*(asyncio.to_thread(keys.new_pair) for _ in missing))
        async with self.library.database.transaction() as session:
            for one, pair in zip(missing, pairs, strict=True):
                await self._open(session, one, kept, pair)

    async def trust(self, host: str) -> None:
        """Take the readers of the other library as known, as its moderators would."""
        async with self.library.database.transaction() as session:
            if await domains.rule_for(session, host) is None:
                reason = "The other library of this demo."
                effects = await domains.allow(session, host, reason, who="demo", own_domain=self.library.settings.domain)
                await moderating.carry_out(session, self.library, effects)

    async def tell(self) -> int:
        """Everything that is said here, the oldest first; says how much was new."""
        told: list[tuple[datetime, Entry | Happening | News]] = []
        moments: dict[str, datetime] = {}
        for entry in story.entries(self.key):
            moment = self._moment(entry.id, entry.days_ago)
            if entry.reply_to is not None:
                moment = max(moment, moments[entry.reply_to] + minutes(17))
            moments[entry.id] = moment
            told.append((moment, entry))
        told += [(self._moment(one.id, one.days_ago), one) for one in story.news(self.key)]
        told += [(self._moment(one.id, 3 + number), one) for number, one in enumerate(story.happenings(self.key))]
        return sum([await self._tell(moment, one) for moment, one in sorted(told, key=lambda one: one[0])])

    async def gather(self) -> int:
        """The book clubs, their members, and what they say; says how many there are."""
        for one in story.gatherings(self.key):
            async with self.library.database.snapshot() as session:
                known = await actors.local(session, one.username)
                host = await actors.local(session, one.host)
            if host is None:
                raise Unprocessable(f"The demo names {one.host}, whom nobody knows.")
            if known is None:
                reading = self.works[one.reading]
                await gathering.found(
                    self.library, one.username, one.name, one.about.strip(), reading=reading, hosts_only=False, host=host.id
                )
            async with self.library.database.transaction() as session:
                await self._fill(session, one)
        return len(story.gatherings(self.key))

    async def _fill(self, session: AsyncSession, one: Gathering) -> None:
        group = await actors.local(session, one.username)
        club = await clubs.find(session, group.id) if group is not None else None
        if group is None or club is None:
            raise Unprocessable(f"The demo's club {one.username} could not be made.")
        language = self.library.settings.language
        for name in one.members:
            reader = await actors.local(session, name)
            if reader is None:
                raise Unprocessable(f"The demo names {name}, whom nobody knows.")
            await gathering.join(session, self.library, reader, group)
        for begun in one.threads:
            moment = self._moment(begun.id, begun.days_ago)
            words = {"title": begun.title, "source": begun.text.strip(), "html": text.render(begun.text.strip()), "language": language}
            thread = await self._say(session, begun.by, Thread(club_id=club.id, token=story.token(begun.id), published_at=moment, **words))
            for number, answer in enumerate(begun.answers, start=1):
                said = {"source": answer.text.strip(), "html": text.render(answer.text.strip()), "language": language}
                later = {"token": story.token(answer.id), "published_at": moment + minutes(47 * number)}
                place = {"club_id": club.id, "reply_to_id": thread.id, "reply_to_uri": thread.uri}
                await self._say(session, answer.by, Comment(**said, **later, **place))

    async def _say(self, session: AsyncSession, by: str, post: Post) -> Post:
        """Say it, unless it was said when the demo was told before."""
        known = (await session.scalars(select(Post).where(Post.token == post.token))).first()
        author = await actors.local(session, by)
        if author is None:
            raise Unprocessable(f"The demo names {by}, whom nobody knows.")
        if known is None and await publishing.publish(session, self.library, author, post) is not Answer.allow:
            raise Unprocessable(f"What {by} says in a club of the demo was stopped by a policy.")
        return known or post

    async def report(self) -> None:
        """The cases of the moderators."""
        for case in story.troubles(self.key):
            async with self.library.database.transaction() as session:
                await self._bring(session, case)

    async def _open(self, session: AsyncSession, one: Person, kept: str, pair: tuple[str, str]) -> None:
        email = f"{one.username}@{MAIL}"
        account = await registering.open_account(
            session, self.library, Newcomer(email, one.username, one.name, one.language, kept, one.role), pair
        )
        actor = await session.get_one(Actor, account.actor_id)
        actor.summary, actor.discoverable, actor.indexable = text.render(one.bio), True, True
        actor.created_at = account.created_at = self.began - days(200)

    def _moment(self, name: str, days_ago: float) -> datetime:
        """That many days ago, at an hour of the day that is always the same for the same name."""
        spread = minutes(int(story.token(name), 36) % 300)
        return self.began - days(days_ago) - (spread if days_ago >= 1 else timedelta())

    async def _tell(self, moment: datetime, one: Entry | Happening | News) -> int:
        token = story.token(one.id)
        async with self.library.database.transaction() as session:
            if await session.scalar(select(Post.id).where(Post.token == token)) is not None:
                return 0
            if isinstance(one, Entry):
                await self._publish(session, one, token=token, published_at=moment)
            else:
                make = self._event if isinstance(one, Happening) else self._announcement
                post = make(one, token=token, published_at=moment)  # type: ignore[arg-type]
                await publishing.announce(session, self.library, post)
                if isinstance(one, Happening):
                    await self._invite(session, one, post)
        return 1

    async def _publish(self, session: AsyncSession, one: Entry, **columns: Any) -> None:
        author = await actors.local(session, one.by)
        if author is None:
            raise Unprocessable(f"The demo names {one.by}, whom nobody knows.")
        parent = None
        if one.reply_to is not None:
            parent = (await session.scalars(select(Post).where(Post.token == story.token(one.reply_to)))).one()
        post = KINDS[one.kind](
            about_id=self.works[one.about],
            reply_to_id=parent.id if parent else None,
            reply_to_uri=parent.uri if parent else None,
            title=one.title,
            source=one.text.strip(),
            html=text.render(one.text.strip()) if one.text else "",
            half_stars=one.half_stars,
            warning=one.cw,
            language=one.language,
            **columns,
        )
        if await publishing.publish(session, self.library, author, post) is Answer.refuse:
            raise Unprocessable(f"The demo's entry {one.id} was refused by a policy.")

    def _event(self, one: Happening, **columns: Any) -> Event:
        zone = ZoneInfo(self.library.settings.timezone)
        day = (self.began.astimezone(zone) + days(one.in_days)).date()
        starts = datetime.combine(day, time.fromisoformat(one.start), zone)
        return Event(
            about_id=self.works[one.about] if one.about else None,
            title=one.title,
            category=one.category,
            language=one.language,
            source=one.description.strip(),
            html=text.render(one.description.strip()),
            starts_at=starts,
            ends_at=starts + minutes(one.minutes),
            timezone=self.library.settings.timezone,
            place=one.place,
            place_address=one.address,
            door=one.door,
            door_url=one.door_url,
            capacity=one.capacity,
            online_url=one.online_url,
            **columns,
        )

    async def _invite(self, session: AsyncSession, one: Happening, event: Post) -> None:
        for name in one.guests:
            reader = await actors.local(session, name)
            if reader is None:
                raise Unprocessable(f"The demo names {name}, whom nobody knows.")
            guest = await attendances.ask(session, event, reader)
            guest.told_at = self.began  # on the page, as one who presses the button

    def _announcement(self, one: News, **columns: Any) -> Announcement:
        words = one.text.strip()
        return Announcement(title=one.title, category=one.category, language=one.language, source=words, html=text.render(words), **columns)

    async def _bring(self, session: AsyncSession, trouble: Trouble) -> None:
        post = (await session.scalars(select(Post).where(Post.token == story.token(trouble.entry)))).one()
        if await session.scalar(select(func.count()).select_from(Case).where(Case.post_id == post.id)):
            return
        case: Case | None = None
        for one in trouble.complaints:
            reporter = await actors.local(session, one.by) if one.by else None
            with dated(self.began - one.ago):
                report = await reports.open_report(
                    session,
                    post=post,
                    origin=one.origin,
                    reason=one.reason.strip(),
                    rule=one.rule,
                    reporter=reporter,
                    host=one.host,
                    policy=one.policy,
                )
            case = await session.get_one(Case, report.case_id)
        if case is None:
            return
        case.opened_at = self.began - max(one.ago for one in trouble.complaints)
        case.changed_at = self.began - min(one.ago for one in trouble.complaints)
        if trouble.ruling is None:
            return
        ruling = trouble.ruling
        moderator = (await session.scalars(select(Account).join(Actor).where(Actor.username == ruling.by, Actor.domain.is_(None)))).one()
        with dated(self.began - ruling.ago):
            await moderating.decide(session, self.library, case, moderator, ruling.action, ruling.rule, ruling.reason.strip(), case.version)
        case.changed_at = self.began - ruling.ago


@contextmanager
def dated(moment: datetime) -> Iterator[None]:
    """What moderators write in this block was written then: the log cannot be changed afterwards, not even by the demo."""

    def date(target: Any, _args: Any, values: dict[str, Any]) -> None:
        for column in DATED[type(target)]:
            values.setdefault(column, moment)

    for kind in DATED:
        event.listen(kind, "init", date)
    try:
        yield
    finally:
        for kind in DATED:
            event.remove(kind, "init", date)
