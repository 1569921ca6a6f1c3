"""Keys for integrity proofs."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision: str | None = "0010"
branch_labels: str | None = None
depends_on: str | None = None


def upgrade() -> None:
    """To here."""
    with op.batch_alter_table("actor_keys", schema=None) as batch_op:
        batch_op.add_column(sa.Column("proof_key", sa.Text(), nullable=True))

    with op.batch_alter_table("actors", schema=None) as batch_op:
        batch_op.add_column(sa.Column("multikey", sa.String(length=100), nullable=True))
