"""Let series have pages and be followed."""

import sqlalchemy as sa
from alembic import op

from community.catalog.rows import fit, series_key

revision = "0008"
down_revision: str | None = "0007"
branch_labels: str | None = None
depends_on: str | None = None


def upgrade() -> None:
    """To here."""
    op.create_table(
        "series",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("key", sa.String(length=500), nullable=False),
        sa.Column("title", sa.String(length=500), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_series")),
        sa.UniqueConstraint("key", name=op.f("uq_series_key")),
    )
    with op.batch_alter_table("series", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_series_title"), ["title"], unique=False)

    op.create_table(
        "series_parts",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("work_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("edition_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("series_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("volume", sa.String(length=100), nullable=False),
        sa.ForeignKeyConstraint(["edition_id"], ["editions.id"], name=op.f("fk_series_parts_edition_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["series_id"], ["series.id"], name=op.f("fk_series_parts_series_id")),
        sa.ForeignKeyConstraint(["work_id"], ["works.id"], name=op.f("fk_series_parts_work_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_series_parts")),
        sa.UniqueConstraint("edition_id", "series_id", name="uq_series_parts_once"),
    )
    with op.batch_alter_table("series_parts", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_series_parts_series_id"), ["series_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_series_parts_work_id"), ["work_id"], unique=False)
    # A check has to be made anew to let another word in; SQLite forgets it when the table is copied.
    about = "kind IN ('work', 'author', 'subject', 'series', 'search')"
    if op.get_bind().dialect.name == "sqlite":
        with op.batch_alter_table("topics", recreate="always") as batch_op:
            batch_op.create_check_constraint(op.f("ck_topics_about"), about)
    else:
        op.drop_constraint(op.f("ck_topics_about"), "topics", type_="check")
        op.create_check_constraint(op.f("ck_topics_about"), "topics", about)

    _series_of_old_editions()


def _series_of_old_editions() -> None:
    """What editions say of their series as rows, too: "Title ; volume"."""
    connection = op.get_bind()
    number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    editions = sa.table("editions", sa.column("id", number), sa.column("work_id", number), sa.column("series", sa.JSON()))
    series = sa.table("series", sa.column("id", number), sa.column("key", sa.String()), sa.column("title", sa.String()))
    columns = [sa.column(name, number) for name in ("work_id", "edition_id", "series_id")]
    parts = sa.table("series_parts", *columns, sa.column("volume", sa.String()))
    known: dict[str, int] = {}
    last = 0
    while rows := connection.execute(sa.select(editions).where(editions.c.id > last).order_by(editions.c.id).limit(2000)).all():
        last = rows[-1].id
        told: dict[tuple[int, str], tuple[int, str, str]] = {}
        for edition_id, work_id, names in rows:
            for name in names or ():
                title, _, volume = name.partition(" ; ")
                if key := series_key(title):
                    told.setdefault((edition_id, key), (work_id, fit(title, 500), fit(volume, 100)))
        for (_, key), (_, title, _) in told.items():
            if key not in known:
                made = connection.execute(sa.insert(series).values(key=key, title=title).returning(series.c.id))
                known[key] = made.scalar_one()
        found = [
            {"work_id": work_id, "edition_id": edition_id, "series_id": known[key], "volume": volume}
            for (edition_id, key), (work_id, _, volume) in told.items()
        ]
        if found:
            connection.execute(sa.insert(parts), found)
