"""States, messages, the journal and documents in SQLite or PostgreSQL, through SQLAlchemy Core."""

from emrcore.adapters.sql.clauses import Columns, Where, where
from emrcore.adapters.sql.engines import (
    WRITES,
    engine_at,
    existing_engine,
    journal_mode,
    prepare,
    sqlite_engine,
)
from emrcore.adapters.sql.plain import PlainWhere, plain_where
from emrcore.adapters.sql.schema import Labels, Moment, create_schema, metadata
from emrcore.adapters.sql.storage import SqlStorage

__all__ = [
    "WRITES",
    "Columns",
    "Labels",
    "Moment",
    "PlainWhere",
    "SqlStorage",
    "Where",
    "create_schema",
    "engine_at",
    "existing_engine",
    "journal_mode",
    "metadata",
    "plain_where",
    "prepare",
    "sqlite_engine",
    "where",
]
