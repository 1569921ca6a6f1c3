"""Doors, places and guests of events."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision: str | None = "0003"
branch_labels: str | None = None
depends_on: str | None = None


def upgrade() -> None:
    """To here."""
    op.create_table(
        "guests",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("event_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("actor_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("uri", sa.String(length=500), nullable=True),
        sa.Column("message", sa.String(length=500), nullable=True),
        sa.Column(
            "state",
            sa.Enum(
                "asked", "waiting", "coming", "refused", "left", name="attendance", native_enum=False, create_constraint=True, length=20
            ),
            nullable=False,
        ),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["actor_id"], ["actors.id"], name=op.f("fk_guests_actor_id")),
        sa.ForeignKeyConstraint(["event_id"], ["posts.id"], name=op.f("fk_guests_event_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_guests")),
        sa.UniqueConstraint("event_id", "actor_id", name="uq_guests_once"),
    )
    with op.batch_alter_table("guests", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_guests_actor_id"), ["actor_id"], unique=False)
        batch_op.create_index("ix_guests_line", ["event_id", "state", "since"], unique=False)

    with op.batch_alter_table("posts", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column(
                "door",
                sa.Enum("none", "open", "approved", "external", name="door", native_enum=False, create_constraint=True, length=20),
                server_default="none",
                nullable=False,
            )
        )
        batch_op.add_column(sa.Column("door_url", sa.String(length=500), nullable=True))
        batch_op.add_column(sa.Column("capacity", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("guests_changed_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("reminded_at", sa.DateTime(timezone=True), nullable=True))
