"""As much of DB-API 2.0 over apsw as SQLAlchemy's SQLite dialect and this library ask for.

apsw lets Python stand between SQLite and the disk, which the standard driver does not. And it
brings a release of SQLite in which the write-ahead log may be used.
"""

import sqlite3
from collections.abc import Iterable, Sequence
from typing import Any

import apsw

Error = sqlite3.Error
DatabaseError = sqlite3.DatabaseError
OperationalError = sqlite3.OperationalError
IntegrityError = sqlite3.IntegrityError
ProgrammingError = sqlite3.ProgrammingError
NotSupportedError = sqlite3.NotSupportedError
InterfaceError = sqlite3.InterfaceError
DataError = sqlite3.DataError
InternalError = sqlite3.InternalError
Binary = bytes

paramstyle = "qmark"
apilevel = "2.0"
threadsafety = 1
sqlite_version = apsw.sqlite_lib_version()
sqlite_version_info = tuple(int(part) for part in sqlite_version.split("."))
PARSE_DECLTYPES = PARSE_COLNAMES = 0


class Cursor:
    """A cursor that has fetched everything at once."""

    arraysize = 1

    def __init__(self, connection: "Connection") -> None:
        self._connection = connection
        self._rows: list[Any] = []
        self.description: list[tuple[Any, ...]] | None = None
        self.rowcount = -1
        self.lastrowid = 0

    def execute(self, statement: str, parameters: Sequence[Any] = ()) -> "Cursor":
        """Run *statement*."""
        inner = self._connection.inner
        before = inner.total_changes()
        self._names: list[str] = []
        with _told():
            cursor: Any = inner.cursor()
            cursor.exec_trace = self._described
            self._rows = list(cursor.execute(statement, tuple(parameters)))
        self.description = [(name, *[None] * 6) for name in self._names] or None
        self.rowcount = inner.total_changes() - before
        return self

    def _described(self, cursor: apsw.Cursor, statement: str, bindings: object) -> bool:
        del statement, bindings
        self._names = [name for name, *_ in cursor.get_description()]
        return True

    def executemany(self, statement: str, many: Iterable[Sequence[Any]]) -> "Cursor":
        """Run *statement* for each."""
        changed = 0
        for parameters in many:
            self.execute(statement, parameters)
            changed += max(self.rowcount, 0)
        self.rowcount = changed
        return self

    def fetchone(self) -> Any:
        """The next row, or None."""
        return self._rows.pop(0) if self._rows else None

    def fetchmany(self, size: int = 1) -> list[Any]:
        """The next rows."""
        found, self._rows = self._rows[:size], self._rows[size:]
        return found

    def fetchall(self) -> list[Any]:
        """The other rows."""
        found, self._rows = self._rows, []
        return found

    def close(self) -> None:
        """Forget the rows."""
        self._rows = []


class Connection:
    """A connection through which nothing begins by itself."""

    isolation_level: str | None = None

    def __init__(self, path: str, vfs: str) -> None:
        with _told():
            self.inner = apsw.Connection(path, vfs=vfs)

    def cursor(self) -> Cursor:
        """A new cursor."""
        return Cursor(self)

    def execute(self, statement: str, parameters: Sequence[Any] = ()) -> Cursor:
        """Run *statement* in a new cursor."""
        return self.cursor().execute(statement, parameters)

    def create_function(self, name: str, number: int, made: Any, **_: Any) -> None:
        """Let statements call *made*."""
        inner: Any = self.inner
        inner.create_scalar_function(name, made, number)

    def commit(self) -> None:
        """Commit, if there is a transaction."""
        if self.inner.in_transaction:
            self.execute("COMMIT")

    def rollback(self) -> None:
        """Roll back, if there is a transaction."""
        if self.inner.in_transaction:
            self.execute("ROLLBACK")

    def close(self) -> None:
        """Close."""
        self.inner.close()


class _told:  # noqa: N801 - a context
    """Raises as the standard driver does what apsw raises, with the name of the error."""

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if not isinstance(error, apsw.Error):
            return
        kinds: dict[Any, Any] = {
            apsw.ConstraintError: IntegrityError,
            apsw.CorruptError: DatabaseError,
        }
        raised = kinds.get(type(error), OperationalError)(str(error))
        code: int = getattr(error, "extendedresult", 1)
        named = apsw.mapping_extended_result_codes.get(code) or apsw.mapping_result_codes.get(code)
        raised.sqlite_errorname = str(named or "SQLITE_ERROR")
        raise raised from error


def driver(vfs: str) -> Any:
    """This module as a driver whose connections go through *vfs*."""
    return _Driver(vfs)


class _Driver:
    def __init__(self, vfs: str) -> None:
        self._vfs = vfs

    def __getattr__(self, name: str) -> Any:
        if name not in globals():
            raise AttributeError(name)
        return globals()[name]

    def connect(self, path: str, **_: Any) -> Connection:
        return Connection(path, self._vfs)
