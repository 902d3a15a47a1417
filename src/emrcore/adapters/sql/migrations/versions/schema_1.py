"""The first tables."""

import sqlalchemy as sa
from alembic import op

revision = "emrcore_1"
down_revision = None
branch_labels = ("emrcore",)
depends_on = None

_TEXT: sa.types.TypeEngine[str] = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """Create them."""
    _shards_and_states()
    _entries()
    _outbox()
    _documents()


def _text(name: str, *, nullable: bool = False) -> sa.Column[str]:
    return sa.Column(name, _TEXT, nullable=nullable)


def _number(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger, autoincrement=False, nullable=False)


def _key(table: str, *columns: str) -> sa.PrimaryKeyConstraint:
    return sa.PrimaryKeyConstraint(*columns, name=f"{table}_pkey")


def _shards_and_states() -> None:
    op.create_table(
        "emrcore_shards",
        _text("shard_kind"),
        _text("shard_id"),
        _number("turns"),
        _key("emrcore_shards", "shard_kind", "shard_id"),
    )
    op.create_table(
        "emrcore_states",
        _text("shard_kind"),
        _text("shard_id"),
        _text("kind"),
        _text("id"),
        _number("version"),
        _text("text"),
        sa.Column("due", sa.DateTime),
        _key("emrcore_states", "shard_kind", "shard_id", "kind", "id"),
    )
    op.create_index(
        "emrcore_states_due",
        "emrcore_states",
        ["kind", "due"],
        postgresql_where=sa.text("due IS NOT NULL"),
        sqlite_where=sa.text("due IS NOT NULL"),
    )


def _entries() -> None:
    op.create_table(
        "emrcore_entries",
        _text("shard_kind"),
        _text("shard_id"),
        _number("number"),
        _text("previous"),
        _text("hash"),
        sa.Column("at", sa.DateTime, nullable=False),
        _text("actor_kind"),
        _text("actor_id"),
        _text("actor_organisation", nullable=True),
        _text("action"),
        _text("detail"),
        _text("subject", nullable=True),
        _text("context", nullable=True),
        _key("emrcore_entries", "shard_kind", "shard_id", "number"),
    )


def _outbox() -> None:
    op.create_table(
        "emrcore_outbox",
        _text("shard_kind"),
        _text("shard_id"),
        _text("id"),
        _text("kind"),
        _text("reference"),
        sa.Column("not_after", sa.DateTime, nullable=False),
        _number("queued"),
        _number("attempt"),
        sa.Column("leased_until", sa.DateTime),
        _text("fate", nullable=True),
        _key("emrcore_outbox", "shard_kind", "shard_id", "id"),
    )
    op.create_index(
        "emrcore_outbox_waiting",
        "emrcore_outbox",
        ["queued"],
        postgresql_where=sa.text("fate IS NULL"),
        sqlite_where=sa.text("fate IS NULL"),
    )


def _documents() -> None:
    op.create_table(
        "emrcore_documents",
        _text("patient"),
        _text("source"),
        _text("id"),
        sa.Column("dated", sa.Date, nullable=False),
        _text("section"),
        _text("kind", nullable=True),
        sa.Column("occurred_on", sa.Date),
        sa.Column("signed_on", sa.Date),
        sa.Column("published_at", sa.DateTime, nullable=False),
        sa.Column("acknowledged_at", sa.DateTime),
        sa.Column("labels", sa.Text, nullable=False),
        _text("title"),
        sa.Column("body", sa.LargeBinary, nullable=False),
        _key("emrcore_documents", "patient", "source", "id"),
    )
    newest = [sa.text(f"{column} DESC") for column in ("dated", "source", "id")]
    op.create_index("emrcore_documents_newest", "emrcore_documents", ["patient", *newest])
