"""What a librarian lets flow between us and a partner library."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from federation.tables import Partner


async def takes_from(session: AsyncSession, host: str | None) -> bool:
    """Whether what is said of titles on this server is taken in: anybody's, but no partner's that a librarian stopped."""
    stopped = select(Partner.id).where(Partner.host == (host or ""), ~Partner.takes)
    return await session.scalar(stopped) is None


async def gives_to(session: AsyncSession, host: str) -> bool:
    """Whether what our readers say is given to this server: to anybody, but to no partner that a librarian stopped."""
    stopped = select(Partner.id).where(Partner.host == host, ~Partner.gives)
    return await session.scalar(stopped) is None
