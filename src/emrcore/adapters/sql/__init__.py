"""States, messages, the journal and documents in SQLite or PostgreSQL, through SQLAlchemy Core."""

from emrcore.adapters.sql.engines import WRITES, journal_mode, prepare, sqlite_engine, store_engine
from emrcore.adapters.sql.fitness import check_store
from emrcore.adapters.sql.migrating import migrate
from emrcore.adapters.sql.moving import back_up, copy, restore, verify, verify_backup
from emrcore.adapters.sql.schema import SCHEMA, VERSION_TABLE, metadata
from emrcore.adapters.sql.storage import SqlStorage

__all__ = [
    "SCHEMA",
    "VERSION_TABLE",
    "WRITES",
    "SqlStorage",
    "back_up",
    "check_store",
    "copy",
    "journal_mode",
    "metadata",
    "migrate",
    "prepare",
    "restore",
    "sqlite_engine",
    "store_engine",
    "verify",
    "verify_backup",
]
