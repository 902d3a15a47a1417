"""The tables: one schema for SQLite and PostgreSQL, ready to be sharded.

Every primary key begins with the shard (for documents: the patient). Nothing here needs a
sequence, a trigger or a function of the server. Text is ordered by code point everywhere, as
Python orders it, so that a cursor made here means the same place there.
"""

# ruff: noqa: ARG002 - a type is told the dialect, and these need not know it

import datetime as dt
import json

import sqlalchemy as sa

from emrcore.wire import canonical


class Moment(sa.TypeDecorator[dt.datetime]):
    """An aware moment, kept in UTC without its zone: no session's time zone can move it."""

    impl = sa.DateTime
    cache_ok = True

    def process_bind_param(
        self, value: dt.datetime | None, dialect: sa.Dialect
    ) -> dt.datetime | None:
        """To UTC; a naive datetime is refused."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a naive datetime is not stored")
        return value.astimezone(dt.UTC).replace(tzinfo=None)

    def process_result_value(
        self, value: dt.datetime | None, dialect: sa.Dialect
    ) -> dt.datetime | None:
        """Aware again."""
        return None if value is None else value.replace(tzinfo=dt.UTC)


class Labels(sa.TypeDecorator[frozenset[str]]):
    """A set of labels as one text, equal for equal sets: to be within L is to be IN L's subsets."""

    impl = sa.Text
    cache_ok = True

    def process_bind_param(self, value: frozenset[str] | None, dialect: sa.Dialect) -> str | None:
        """To canonical JSON."""
        return None if value is None else canonical(sorted(value))

    def process_result_value(self, value: str | None, dialect: sa.Dialect) -> frozenset[str] | None:
        """A set again."""
        return None if value is None else frozenset(json.loads(value))


Text: sa.types.TypeEngine[str] = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
"""The type of a column. A value it is compared with is a plain ``sa.Text``: with a collation of
its own it could not be sent to a foreign server.
"""

SCHEMA = 3
"""The number of the schema below. Alembic calls it ``emrcore_3``, the last of ``migrations``."""

VERSION_TABLE = "emrcore_schema"
"""Where a database says which schema it has."""

metadata: sa.MetaData = sa.MetaData(naming_convention={"pk": "%(table_name)s_pkey"})
"""The tables of emrcore, for migrations and for hosts that keep them with their own."""


def _key(name: str) -> sa.Column[str]:
    return sa.Column(name, Text, primary_key=True)


def _digest() -> sa.Column[str]:
    """See ``emrcore.adapters.sql.row_digests``; of the empty one no row is as it was written."""
    return sa.Column("digest", Text, nullable=False, server_default="")


shards: sa.Table = sa.Table(
    "emrcore_shards",
    metadata,
    _key("shard_kind"),
    _key("shard_id"),
    sa.Column("turns", sa.BigInteger, nullable=False),
)

states: sa.Table = sa.Table(
    "emrcore_states",
    metadata,
    _key("shard_kind"),
    _key("shard_id"),
    _key("kind"),
    _key("id"),
    sa.Column("version", sa.BigInteger, nullable=False),
    sa.Column("text", Text, nullable=False),
    sa.Column("due", Moment),
    _digest(),
)
sa.Index(
    "emrcore_states_due",
    states.c.kind,
    states.c.due,
    postgresql_where=states.c.due.is_not(None),
    sqlite_where=states.c.due.is_not(None),
)

entries: sa.Table = sa.Table(
    "emrcore_entries",
    metadata,
    _key("shard_kind"),
    _key("shard_id"),
    sa.Column("number", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("previous", Text, nullable=False),
    sa.Column("hash", Text, nullable=False),
    sa.Column("at", Moment, nullable=False),
    sa.Column("actor_kind", Text, nullable=False),
    sa.Column("actor_id", Text, nullable=False),
    sa.Column("actor_organisation", Text),
    sa.Column("action", Text, nullable=False),
    sa.Column("detail", Text, nullable=False),
    sa.Column("subject", Text),
    sa.Column("context", Text),
)

outbox: sa.Table = sa.Table(
    "emrcore_outbox",
    metadata,
    _key("shard_kind"),
    _key("shard_id"),
    _key("id"),
    sa.Column("kind", Text, nullable=False),
    sa.Column("reference", Text, nullable=False),
    sa.Column("not_after", Moment, nullable=False),
    sa.Column("queued", sa.BigInteger, nullable=False),
    sa.Column("attempt", sa.BigInteger, nullable=False),
    sa.Column("leased_until", Moment),
    sa.Column("fate", Text),
    _digest(),
)
sa.Index(
    "emrcore_outbox_waiting",
    outbox.c.queued,
    postgresql_where=outbox.c.fate.is_(None),
    sqlite_where=outbox.c.fate.is_(None),
)

documents: sa.Table = sa.Table(
    "emrcore_documents",
    metadata,
    _key("patient"),
    _key("source"),
    _key("id"),
    sa.Column("dated", sa.Date, nullable=False),
    sa.Column("section", Text, nullable=False),
    sa.Column("kind", Text),
    sa.Column("occurred_on", sa.Date),
    sa.Column("signed_on", sa.Date),
    sa.Column("published_at", Moment, nullable=False),
    sa.Column("acknowledged_at", Moment),
    sa.Column("labels", Labels, nullable=False),
    sa.Column("title", Text, nullable=False),
    sa.Column("body", sa.LargeBinary, nullable=False),
    sa.Column("number", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("version", sa.BigInteger),
    sa.Column("standing", Text, nullable=False),
    _digest(),
)
sa.Index(
    "emrcore_documents_newest",
    documents.c.patient,
    documents.c.dated.desc(),
    documents.c.source.desc(),
    documents.c.id.desc(),
)
