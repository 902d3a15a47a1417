"""Whether a store may be written to: it loses no commit, and has the tables of this version.

Both are asked before the first write through each connection of the driver, since a setting may be
a session's own; reading needs neither.
"""

from collections.abc import Iterator

import sqlalchemy as sa

from emrcore.adapters.sql import failures
from emrcore.adapters.sql.engines import check_prepared, journal_mode
from emrcore.adapters.sql.schema import SCHEMA, VERSION_TABLE
from emrcore.errors import Unfit

COPYING = "emrcore_copying"
"""The table that a copy of a store has for as long as it is not finished."""

_CHECKED = "emrcore_checked"
_MUST_BE_ON = ("fsync", "full_page_writes", "synchronous_commit")
_SYNCED = {"wal": 2, "delete": 3, "truncate": 3, "persist": 3}
_FILE = sa.text("SELECT file FROM pragma_database_list WHERE name = 'main'")
_VERSION = sa.select(sa.table(VERSION_TABLE, sa.column("version_num", sa.Text)))


def check_store(engine: sa.Engine) -> None:
    """Refuse, at start-up, a store that the first commit would refuse; nothing is written.

    Raises:
        Unfit: a setting loses commits, or the tables are not those of this version.
        ValueError: an engine of SQLite has not gone through ``prepare``.
        StoreError: it cannot be reached.
    """
    with failures.told(), engine.connect() as connection:
        check(connection)


def check(connection: sa.Connection) -> None:
    """Refuse *connection* if it is not fit for writes, which is found out once.

    Raises:
        Unfit: a setting loses commits, or the tables are not those of this version.
    """
    if connection.info.get(_CHECKED):
        return
    check_settings(connection)
    check_schema(connection)
    connection.info[_CHECKED] = True


def check_settings(connection: sa.Connection) -> None:
    """Refuse a database that would lose a commit in a power cut (STO-4).

    Raises:
        Unfit: names each setting.
    """
    check_prepared(connection)
    unsafe = {"postgresql": _unsafe_in_postgresql, "sqlite": _unsafe_in_sqlite}
    found = list(unsafe[connection.dialect.name](connection))
    if found:
        raise Unfit(f"commits may be lost with {', '.join(found)}")


def check_schema(connection: sa.Connection) -> None:
    """Refuse tables that are not those of this version, or not filled wholly.

    Raises:
        Unfit: they are older, newer, not there, or an unfinished copy.
    """
    check_not_newer(connection)
    if sa.inspect(connection).has_table(COPYING):
        raise Unfit("it is an unfinished copy: make the copy again, which goes on with it")
    found = _schema(connection)
    if found != SCHEMA:
        raise Unfit(f"its schema is {found}, not {SCHEMA}: run `emrcore store migrate`")


def check_not_newer(connection: sa.Connection) -> None:
    """Refuse tables made by a later version, which may mean what this one does not know.

    Raises:
        Unfit: they are.
    """
    found = _schema(connection)
    if found > SCHEMA:
        raise Unfit(f"its schema is {found}, newer than {SCHEMA}: run a newer emrcore")


def _schema(connection: sa.Connection) -> int:
    """The number of the schema that the tables are of, 0 without any."""
    if not sa.inspect(connection).has_table(VERSION_TABLE):
        return 0
    revision = connection.execute(_VERSION).scalar()
    return int(revision.rpartition("_")[2]) if revision else 0


def _unsafe_in_postgresql(connection: sa.Connection) -> Iterator[str]:
    asked = sa.select(*(sa.func.current_setting(name).label(name) for name in _MUST_BE_ON))
    for name, value in connection.execute(asked).mappings().one().items():
        if value == "off":
            yield f"{name} off"


def _unsafe_in_sqlite(connection: sa.Connection) -> Iterator[str]:
    def pragma(name: str) -> str:
        return str(connection.exec_driver_sql(f"PRAGMA {name}").scalar_one()).lower()

    if not connection.execute(_FILE).scalar():  # in memory, where nothing is meant to last
        return
    version = connection.exec_driver_sql("SELECT sqlite_version()").scalar_one()
    mode, synced = pragma("journal_mode"), int(pragma("synchronous"))
    if mode == "wal" and journal_mode(version)[0] != "WAL":
        yield f"journal_mode wal in SQLite {version}"
    elif mode not in _SYNCED:
        yield f"journal_mode {mode}"
    elif synced < _SYNCED[mode]:
        yield f"synchronous {synced} under journal_mode {mode}"
