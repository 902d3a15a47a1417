"""Every version of a document: its number by arrival, the source's own number, its standing."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "emrcore_2"
down_revision = "emrcore_1"
branch_labels = None
depends_on = None

_TABLE, _OLD = "emrcore_documents", "emrcore_documents_1"
_TEXT: sa.types.TypeEngine[str] = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
_KEY = ("patient", "source", "id", "number")


def upgrade() -> None:
    """What is there is the first version of its document, and the current one."""
    if op.get_bind().dialect.name == "sqlite":
        _made_anew()
    else:
        _changed()


def _changed() -> None:
    op.add_column(_TABLE, _number(server_default="1"))
    op.add_column(_TABLE, sa.Column("version", sa.BigInteger))
    op.add_column(_TABLE, _standing(server_default="current"))
    for column in ("number", "standing"):
        op.alter_column(_TABLE, column, server_default=None)
    op.drop_constraint(f"{_TABLE}_pkey", _TABLE, type_="primary")
    op.create_primary_key(f"{_TABLE}_pkey", _TABLE, list(_KEY))


def _made_anew() -> None:
    """SQLite changes no primary key."""
    op.drop_index("emrcore_documents_newest", _TABLE)
    op.rename_table(_TABLE, _OLD)
    columns = _columns()
    names = [column.name for column in columns]
    op.create_table(
        _TABLE,
        *columns,
        _number(),
        sa.Column("version", sa.BigInteger),
        _standing(),
        sa.PrimaryKeyConstraint(*_KEY, name=f"{_TABLE}_pkey"),
    )
    old = _named(_OLD, *names)
    new = _named(_TABLE, *names, "number", "standing")
    kept = sa.select(*old.columns, sa.literal(1), sa.literal("current"))
    op.execute(new.insert().from_select(list(new.columns.keys()), kept))
    op.drop_table(_OLD)
    newest = [sa.text(f"{column} DESC") for column in ("dated", "source", "id")]
    op.create_index("emrcore_documents_newest", _TABLE, ["patient", *newest])


def _named(table: str, *columns: str) -> sa.TableClause:
    """*table* with *columns* of whatever type."""
    made: list[sa.ColumnClause[Any]] = [sa.column(name) for name in columns]
    return sa.table(table, *made)


def _number(*, server_default: str | None = None) -> sa.Column[int]:
    return sa.Column(
        "number",
        sa.BigInteger,
        autoincrement=False,
        nullable=False,
        server_default=server_default,
    )


def _standing(*, server_default: str | None = None) -> sa.Column[str]:
    return sa.Column("standing", _TEXT, nullable=False, server_default=server_default)


def _columns() -> list[sa.Column[Any]]:
    """Those of schema 1."""
    made: list[sa.Column[Any]] = [
        *(sa.Column(name, _TEXT, nullable=False) for name in ("patient", "source", "id")),
        sa.Column("dated", sa.Date, nullable=False),
        sa.Column("section", _TEXT, nullable=False),
        sa.Column("kind", _TEXT),
        sa.Column("occurred_on", sa.Date),
        sa.Column("signed_on", sa.Date),
        sa.Column("published_at", sa.DateTime, nullable=False),
        sa.Column("acknowledged_at", sa.DateTime),
        sa.Column("labels", sa.Text, nullable=False),
        sa.Column("title", _TEXT, nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
    ]
    return made
