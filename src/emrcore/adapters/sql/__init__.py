"""States, messages, the journal and documents in SQLite or PostgreSQL, through SQLAlchemy Core."""

from emrcore.adapters.sql.clauses import Columns, Where, where
from emrcore.adapters.sql.engines import WRITES, journal_mode, prepare, sqlite_engine, store_engine
from emrcore.adapters.sql.fitness import check_store
from emrcore.adapters.sql.keying import rewrite_digests
from emrcore.adapters.sql.migrating import migrate
from emrcore.adapters.sql.moving import (
    Difference,
    back_up,
    copy,
    differences,
    restore,
    verify,
    verify_backup,
)
from emrcore.adapters.sql.plain import PlainWhere, plain_where
from emrcore.adapters.sql.schema import SCHEMA, VERSION_TABLE, Labels, Moment, metadata
from emrcore.adapters.sql.storage import SqlStorage

__all__ = [
    "SCHEMA",
    "VERSION_TABLE",
    "WRITES",
    "Columns",
    "Difference",
    "Labels",
    "Moment",
    "PlainWhere",
    "SqlStorage",
    "Where",
    "back_up",
    "check_store",
    "copy",
    "differences",
    "journal_mode",
    "metadata",
    "migrate",
    "plain_where",
    "prepare",
    "restore",
    "rewrite_digests",
    "sqlite_engine",
    "store_engine",
    "verify",
    "verify_backup",
    "where",
]
