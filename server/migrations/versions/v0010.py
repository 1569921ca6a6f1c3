"""Posters, places on a map, reminders and news for guests."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision: str | None = "0009"
branch_labels: str | None = None
depends_on: str | None = None


def upgrade() -> None:
    """To here."""
    with op.batch_alter_table("guests", schema=None) as batch_op:
        batch_op.add_column(sa.Column("news_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.create_index(batch_op.f("ix_guests_news_at"), ["news_at"], unique=False)

    with op.batch_alter_table("posts", schema=None) as batch_op:
        batch_op.add_column(sa.Column("latitude", sa.Float(), nullable=True))
        batch_op.add_column(sa.Column("longitude", sa.Float(), nullable=True))
        batch_op.add_column(sa.Column("online_url", sa.String(length=500), nullable=True))
        batch_op.add_column(sa.Column("poster", sa.String(length=64), nullable=True))
        batch_op.add_column(sa.Column("poster_alt", sa.String(length=500), nullable=True))
        batch_op.add_column(sa.Column("poster_width", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("poster_height", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("revision", sa.Integer(), server_default="0", nullable=False))
        batch_op.add_column(sa.Column("reminds", sa.Boolean(), server_default=sa.true(), nullable=False))
