"""A block: one actor wants nothing of another."""

from datetime import datetime

from sqlalchemy import ForeignKey, String, UniqueConstraint, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from community.clock import now
from community.database import Base, BigId
from community.people.actors import Actor


class Block(Base):
    """`blocker` does not want to hear from `blocked`, nor to be heard by them."""

    __tablename__ = "blocks"
    __table_args__ = (UniqueConstraint("blocker_id", "blocked_id", name="uq_blocks_pair"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    blocker_id: Mapped[int] = mapped_column(ForeignKey("actors.id"))
    blocked_id: Mapped[int] = mapped_column(ForeignKey("actors.id"), index=True)
    uri: Mapped[str] = mapped_column(String(500))
    created_at: Mapped[datetime] = mapped_column(default=now)


async def stands(session: AsyncSession, blocker: Actor, blocked: Actor) -> bool:
    """Whether the one blocks the other."""
    query = select(Block.id).where(Block.blocker_id == blocker.id, Block.blocked_id == blocked.id)
    return (await session.scalar(query)) is not None
