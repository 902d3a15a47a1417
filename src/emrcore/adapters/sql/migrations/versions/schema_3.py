"""A digest in every row that the journal's chain does not cover."""

import sqlalchemy as sa
from alembic import op

from emrcore.adapters.sql import row_digests

revision = "emrcore_3"
down_revision = "emrcore_2"
branch_labels = None
depends_on = None

_TEXT: sa.types.TypeEngine[str] = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """Add the columns, and the digest of what stands in each row now."""
    connection = op.get_bind()
    for name in ("emrcore_states", "emrcore_outbox", "emrcore_documents"):
        op.add_column(name, sa.Column("digest", _TEXT, nullable=False, server_default=""))
        table = sa.Table(name, sa.MetaData(), autoload_with=connection)
        row_digests.write(connection, table, row_digests.Digests())
