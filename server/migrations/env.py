"""What alembic runs: the steps, on the connection that server/schema.py has opened. Nothing here connects or commits."""

from typing import Any, Literal

import sqlalchemy as sa
from alembic import context
from alembic.autogenerate.api import AutogenContext

from community.database import Moment
from server.tables import METADATA


def render(kind: str, item: Any, _context: AutogenContext) -> str | Literal[False]:
    """Steps know plain columns only: our own types may change, a step may not."""
    if kind == "type" and isinstance(item, Moment):
        return "sa.DateTime(timezone=True)"
    return False


connection: sa.Connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=METADATA,
    # SQLite cannot alter much: a table is copied, changed, and put in the place of the old one.
    render_as_batch=True,
    render_item=render,
    compare_type=True,
    compare_server_default=True,
)
with context.begin_transaction():
    context.run_migrations()
