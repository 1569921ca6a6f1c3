"""New titles, told to those who follow the library: one post a day at most, never hundreds."""

from datetime import timedelta

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from community import text
from community.catalog.tables import Agent, Contribution, Work
from community.clock import hours, minutes, now
from community.library import Library
from community.messages import gettext, ngettext
from community.posts.kinds import Announcement
from server.actions import publishing
from themes.filters import N_

QUIET: timedelta = minutes(10)  # an import must have come to rest
EVERY: timedelta = hours(20)
NAMED = 8  # titles in one digest; the rest stands on the page of new titles
CATEGORY = "new"


async def tell(library: Library, *, quiet: timedelta = QUIET, every: timedelta = EVERY) -> int:
    """Announce the titles that nobody has been told of, if it is time; says how many posts were made."""
    moment = now()
    async with library.database.snapshot() as session:
        last, newest = (await session.execute(select(func.max(Work.announced_at), func.max(Work.created_at)))).one()
        waiting = await session.scalar(select(func.count()).where(Work.announced_at.is_(None), Work.removed_at.is_(None)))
    if not waiting or (last is not None and last > moment - every) or newest is None or newest > moment - quiet:
        return 0
    async with library.database.transaction() as session:
        fresh = (Work.announced_at.is_(None), Work.removed_at.is_(None))
        count = await session.scalar(select(func.count()).where(*fresh)) or 0
        works = list(await session.scalars(select(Work).where(*fresh).order_by(Work.id.desc()).limit(NAMED)))
        if not works:
            return 0
        await publishing.announce(session, library, await _digest(session, library, works, count))
        await session.execute(update(Work).where(*fresh).values(announced_at=moment))
    return 1


async def _digest(session: AsyncSession, library: Library, works: list[Work], count: int) -> Announcement:
    language = library.settings.language
    listed = await lines(session, library, works, language)
    ask = gettext(language, N_("Have you read, seen or heard one of them? Open it, and answer its post."))
    more = f'<p><a href="{library.uris.root}/search?sort=new">{text.escape(gettext(language, N_("All new titles")))}</a></p>'
    html = text.safe_html(f"<ul>{listed}</ul><p>{text.escape(ask)}</p>{more}")
    return Announcement(
        title=ngettext(language, "%(num)s new title on our shelves", "%(num)s new titles on our shelves", count),
        html=html,
        source=text.plain(html),
        category=CATEGORY,
        language=language,
    )


async def lines(session: AsyncSession, library: Library, works: list[Work], language: str) -> str:
    """Titles with their makers, a list item each."""
    names = await _makers(session, [work.id for work in works])
    return "".join(_line(library, work, names.get(work.id, ""), language) for work in works)


def _line(library: Library, work: Work, makers: str, language: str) -> str:
    by = f" {text.escape(gettext(language, 'by %(names)s', names=makers))}" if makers else ""
    return f'<li><a href="{library.uris.work(work.id)}">{text.escape(work.title)}</a>{by}</li>'


async def _makers(session: AsyncSession, ids: list[int]) -> dict[int, str]:
    """Whose name stands beside each title: the first of each."""
    query = (
        select(Contribution.work_id, Agent.name)
        .join(Agent, Agent.id == Contribution.agent_id)
        .where(Contribution.work_id.in_(ids))
        .order_by(Contribution.work_id, Contribution.position)
    )
    found: dict[int, str] = {}
    for work_id, name in await session.execute(query):
        found.setdefault(work_id, name)
    return found
