"""How far an index has got."""

from datetime import datetime

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from community.database import Base, BigId


class Bookmark(Base):
    """Everything changed before this moment is in the index."""

    __tablename__ = "bookmarks"

    name: Mapped[str] = mapped_column(String(100), primary_key=True)  # which index, which kind
    changed_at: Mapped[datetime]
    last_id: Mapped[int] = mapped_column(BigId, default=0)
