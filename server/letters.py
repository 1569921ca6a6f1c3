"""Letters that are owed to people, and what waits for a letter to be answered."""

from datetime import datetime

from sqlalchemy import ForeignKey, String, Text, delete
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from community.clock import days, now
from community.database import Base, BigId
from community.due import Due, Owed

KEPT = days(1)  # should anybody ask whether it was sent


class Letter(Due, Base):
    """A letter by e-mail. Its words are dropped when it is sent."""

    __tablename__ = "letters"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    recipient: Mapped[str] = mapped_column(String(320))
    subject: Mapped[str] = mapped_column(String(300))
    body: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(default=now)


async def forget_old(session: AsyncSession) -> None:
    """Drop the letters that were sent, or that never could be."""
    await session.execute(delete(Letter).where(Letter.state != Owed.waiting, Letter.created_at < now() - KEPT))


class PendingPassword(Base):
    """The password that somebody chose when they signed up; theirs once they open the link that we sent."""

    __tablename__ = "pending_passwords"

    link_id: Mapped[int] = mapped_column(ForeignKey("sign_in_links.id", ondelete="CASCADE"), primary_key=True)
    password_hash: Mapped[str] = mapped_column(String(200))


def owe(session: AsyncSession, recipient: str, words: str) -> None:
    """Owe somebody a letter; the first line of its words is the subject."""
    subject, _, body = words.strip().partition("\n")
    session.add(Letter(recipient=recipient, subject=subject.strip()[:300], body=body.strip() + "\n"))
