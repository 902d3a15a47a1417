"""States, messages, the journal and documents in SQLite or PostgreSQL, through SQLAlchemy Core."""

from emrcore.adapters.sql.engines import WRITES, engine_at, journal_mode, prepare, sqlite_engine
from emrcore.adapters.sql.schema import create_schema, metadata
from emrcore.adapters.sql.storage import SqlStorage

__all__ = [
    "WRITES",
    "SqlStorage",
    "create_schema",
    "engine_at",
    "journal_mode",
    "metadata",
    "prepare",
    "sqlite_engine",
]
