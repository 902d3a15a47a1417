"""Engines set up to keep what the store promises.

SQLite begins a transaction by itself only before the first write, after the reads that decided
about it, and syncs less than it could. So BEGIN is said here, and the level of syncing too.
PostgreSQL needs nothing of the kind.
"""

import os
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event, exc

WRITES = {"emrcore_writes": True}
"""Execution options of a connection whose next transaction takes SQLite's write lock at once."""

_FIXED_SINCE = (3, 51, 3)
_FIXED_IN = ((3, 44, 6), (3, 50, 7))


def store_engine(url: str, *, existing: bool = False) -> sa.Engine:
    """An engine for the database at *url*, prepared; with *existing*, a file must be there already.

    Raises:
        ValueError: it is not, the URL is none of SQLite or PostgreSQL, or its driver is not there.
    """
    try:
        parsed = sa.make_url(url)
        backend = parsed.get_backend_name()
        if backend not in ("sqlite", "postgresql"):
            raise ValueError("neither SQLite nor PostgreSQL")
        if existing and backend == "sqlite" and not Path(parsed.database or "").is_file():
            raise ValueError("there is no such file")
        return prepare(sa.create_engine(parsed, hide_parameters=True))
    except (exc.ArgumentError, exc.NoSuchModuleError, ImportError):
        raise ValueError("no URL of a database whose driver is installed") from None


def sqlite_engine(path: str | os.PathLike[str]) -> sa.Engine:
    """An engine for the SQLite file at *path*, prepared."""
    url = sa.URL.create("sqlite", database=os.fspath(path))
    return prepare(sa.create_engine(url, hide_parameters=True))


def prepare(engine: sa.Engine) -> sa.Engine:
    """Set *engine* up to keep the promises, before its first use; of an async one, its sync engine.

    Transactions on SQLite begin with BEGIN, under ``WRITES`` with BEGIN IMMEDIATE.
    """
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _set_up)
        event.listen(engine, "begin", _begin)
        event.listen(engine, "handle_error", _drop_read_only)
    return engine


def check_prepared(connection: sa.Connection) -> None:
    """Refuse a connection on which SQLite's driver begins transactions, which it does too late.

    Raises:
        ValueError: its engine has not gone through ``prepare``.
    """
    driver: Any = connection.connection.dbapi_connection
    if connection.dialect.name == "sqlite" and driver.isolation_level is not None:
        raise ValueError("prepare the engine first")


def journal_mode(release: str) -> tuple[str, str]:
    """The journal mode and syncing level at which the *release* of SQLite loses no commit.

    WAL syncs least. From 3.7.0 on, until fixed, its reset could corrupt the file (sqlite.org,
    wal.html#walresetbug); there the rollback journal is used, whose removal only EXTRA syncs.
    """
    version = tuple(int(part) for part in release.split("."))
    fixed = version >= _FIXED_SINCE or any(
        version[:2] == fix[:2] and version >= fix for fix in _FIXED_IN
    )
    return ("WAL", "FULL") if fixed else ("DELETE", "EXTRA")


def _set_up(connection: Any, _: object) -> None:
    connection.isolation_level = None  # the driver begins nothing
    cursor = connection.cursor()
    cursor.execute("SELECT sqlite_version()")
    mode, synchronous = journal_mode(cursor.fetchone()[0])
    for pragma in (
        "busy_timeout = 5000",
        f"journal_mode = {mode}",
        f"synchronous = {synchronous}",
        "foreign_keys = ON",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin(connection: sa.Connection) -> None:
    writes = connection.get_execution_options().get("emrcore_writes")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _drop_read_only(context: Any) -> None:
    """What was opened for reading stays so, and is given up once a write is refused (STO-10).

    The next one opens the file anew.
    """
    name = getattr(context.original_exception, "sqlite_errorname", None) or ""
    if name.startswith("SQLITE_READONLY"):
        context.is_disconnect = True
