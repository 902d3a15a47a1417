"""What an error of the database means for a caller.

Both engines name their errors, PostgreSQL by SQLSTATE and SQLite by a constant; an error without a
name is a connection that is gone. The name is all that is passed on: the texts quote statements
and values.
"""

import contextlib
from collections.abc import Callable, Generator, Mapping

from sqlalchemy import exc

from emrcore.errors import (
    CommitUnknown,
    Conflict,
    Corrupt,
    ReadOnly,
    StorageFull,
    StoreError,
    Unavailable,
)

_MEANT: Mapping[tuple[str, ...], Callable[[str], StoreError]] = {
    (
        "40001",  # serialization failure
        "40P01",  # deadlock
        "23505",  # unique violation
        "SQLITE_BUSY",
        "SQLITE_LOCKED",
        "SQLITE_CONSTRAINT_PRIMARYKEY",
    ): lambda _: Conflict("the store"),
    ("53100", "SQLITE_FULL"): StorageFull,
    ("25006", "SQLITE_READONLY", "SQLITE_CANTOPEN"): ReadOnly,
    ("XX001", "XX002", "SQLITE_CORRUPT", "SQLITE_NOTADB"): Corrupt,
}
_LOST = (
    "08",  # connection exceptions
    "57P",  # the server is going down, or is not up yet
    "SQLITE_IOERR",
)
_GONE = "connection lost"


@contextlib.contextmanager
def told(*, committing: bool = False) -> Generator[None]:
    """Raise in the store's words what the database raises inside.

    Raises:
        Conflict: another commit was in the way.
        CommitUnknown: the answer to a COMMIT was not heard.
        StorageFull: there is no room for it.
        ReadOnly: it takes no writes.
        Unavailable: the database does not work, or not now.
        Corrupt: it does not hold what was written.
        ValueError: it does not take a value, such as text with a surrogate.
    """
    try:
        yield
    except exc.DBAPIError as error:
        raise meaning(_first(error), committing=committing) from None
    except (exc.StatementError, UnicodeEncodeError):
        raise ValueError("a value cannot be stored") from None
    except exc.TimeoutError:
        raise Unavailable("every connection is in use") from None


def meaning(error: exc.DBAPIError, *, committing: bool) -> Exception:
    """What *error* means, raised by a COMMIT or before one."""
    name = _name(error)
    for names, made in _MEANT.items():
        if name.startswith(names):
            return made(name)
    if committing and name.startswith((_GONE, *_LOST)):
        return CommitUnknown(name)
    if isinstance(error, exc.DataError | exc.IntegrityError):
        return ValueError(f"a value cannot be stored: {name}")
    return Unavailable(name)


def _first(error: exc.DBAPIError) -> exc.DBAPIError:
    """What went wrong first: SQLite may have rolled back by itself, savepoints and all."""
    if not (error.statement or "").startswith("ROLLBACK TO"):
        return error
    before: BaseException | None = error.__context__
    while before is not None:
        if isinstance(before, exc.DBAPIError):
            return before
        before = before.__context__
    return error


def _name(error: exc.DBAPIError) -> str:
    for attribute in ("sqlstate", "sqlite_errorname"):
        if name := getattr(error.orig, attribute, None):
            return str(name)
    return _GONE
