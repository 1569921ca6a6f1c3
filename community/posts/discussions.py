"""The library's post about a title, made when somebody first needs it."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from community.catalog.tables import Work
from community.library import Library
from community.people import actors
from community.posts.kinds import Discussion
from community.posts.post import Post
from community.uris import LIBRARY


async def find(session: AsyncSession, library: Library, work_id: int) -> Post | None:
    """The discussion of a work, made now if nobody needed it before. None when there is no such work."""
    uri = library.uris.discussion(work_id)
    found = (await session.scalars(select(Post).where(Post.uri == uri))).first()
    if found is not None:
        return found
    work = await session.get(Work, work_id)
    host = await actors.local(session, LIBRARY)
    if work is None or host is None or work.removed_at is not None:
        return None
    made = Discussion(
        token=f"work-{work_id}",
        uri=uri,
        url=library.uris.work(work_id),
        author_id=host.id,
        about_id=work_id,
        source="",
        language=library.settings.language,
        published_at=work.created_at,
    )
    session.add(made)
    await session.flush()
    return made
