"""${message}."""

import sqlalchemy as sa
from alembic import op
% if "create_table('log_entries'" in (upgrades or "").replace('"', "'"):

from moderation.tables import APPEND_ONLY
% endif
${imports if imports else ""}
revision = ${repr(up_revision)}
down_revision: str | None = ${repr(down_revision)}
branch_labels: str | None = ${repr(branch_labels)}
depends_on: str | None = ${repr(depends_on)}


def upgrade() -> None:
    """To here."""
    ${upgrades if upgrades else "pass"}
% if "create_table('log_entries'" in (upgrades or "").replace('"', "'"):
    for statement in APPEND_ONLY[op.get_bind().dialect.name]:
        op.execute(statement)
% endif
