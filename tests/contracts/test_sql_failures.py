"""What goes wrong with a database is told by what the caller may do about it, and by no value."""

import contextlib
import pathlib
import sqlite3
from collections.abc import Callable, Generator
from typing import Any

import psycopg
import pytest
import sqlalchemy as sa
from sqlalchemy import event, exc

from emrcore.adapters.sql import SqlStorage, prepare, sqlite_engine
from emrcore.adapters.sql.failures import meaning
from emrcore.errors import (
    CommitUnknown,
    Conflict,
    Corrupt,
    ReadOnly,
    StorageFull,
    StoreError,
    Unavailable,
    Unfit,
)
from emrcore.ports import Batch, Key
from emrcore.testing.contracts.examples import CARD, KEY, NOW, held, item, write

SECRET = "Ivanova"
SECRETS = Key(CARD, "note", SECRET)


def told(call: Callable[[], object]) -> Exception:
    """What *call* raises, which speaks of no value and no statement."""
    with pytest.raises((StoreError, ValueError)) as raised:
        call()
    error = raised.value
    assert error.__suppress_context__ or error.__context__ is None
    for text in (str(error), repr(error)):
        assert SECRET not in text
        assert "emrcore_" not in text
    return error


# -- By the name of the error ----------------------------------------------------------------------


def of_sqlite(name: str) -> exc.DBAPIError:
    orig = sqlite3.OperationalError("text")
    orig.sqlite_errorname = name
    return exc.OperationalError("statement", {}, orig)


def of_postgres(sqlstate: str) -> exc.DBAPIError:
    return exc.OperationalError("statement", {}, psycopg.errors.lookup(sqlstate)("text"))


@pytest.mark.parametrize(
    ("error", "before", "at_commit"),
    [
        (of_sqlite("SQLITE_BUSY"), Conflict, Conflict),
        (of_sqlite("SQLITE_BUSY_SNAPSHOT"), Conflict, Conflict),
        (of_sqlite("SQLITE_LOCKED"), Conflict, Conflict),
        (of_sqlite("SQLITE_CONSTRAINT_PRIMARYKEY"), Conflict, Conflict),
        (of_sqlite("SQLITE_FULL"), StorageFull, StorageFull),
        (of_sqlite("SQLITE_READONLY"), ReadOnly, ReadOnly),
        (of_sqlite("SQLITE_CANTOPEN"), ReadOnly, ReadOnly),
        (of_sqlite("SQLITE_IOERR_FSYNC"), Unavailable, CommitUnknown),
        (of_sqlite("SQLITE_CORRUPT"), Corrupt, Corrupt),
        (of_sqlite("SQLITE_NOTADB"), Corrupt, Corrupt),
        (of_postgres("40001"), Conflict, Conflict),
        (of_postgres("40P01"), Conflict, Conflict),
        (of_postgres("55P03"), Unavailable, Unavailable),
        (of_postgres("23505"), Conflict, Conflict),
        (of_postgres("53100"), StorageFull, StorageFull),
        (of_postgres("25006"), ReadOnly, ReadOnly),
        (of_postgres("42P01"), Unavailable, Unavailable),
        (of_postgres("57P01"), Unavailable, CommitUnknown),
        (of_postgres("08006"), Unavailable, CommitUnknown),
        (of_postgres("XX001"), Corrupt, Corrupt),
        (
            exc.OperationalError("", {}, psycopg.OperationalError("gone")),
            Unavailable,
            CommitUnknown,
        ),
        (exc.DataError("", {}, psycopg.DataError("bad")), ValueError, CommitUnknown),
    ],
)
def test_an_error_means_what_the_caller_may_do(
    error: exc.DBAPIError, before: type[Exception], at_commit: type[Exception]
) -> None:
    """STO-1: what was not applied may be repeated; of a COMMIT not answered nobody knows."""
    assert type(meaning(error, committing=False)) is before
    assert type(meaning(error, committing=True)) is at_commit


# -- By what happens -------------------------------------------------------------------------------


def pragma(engine: sa.Engine, text: str) -> None:
    """Set up every connection of *engine* once more."""

    def set_up(connection: Any, _: object) -> None:
        connection.execute(f"PRAGMA {text}")

    engine.dispose()
    event.listen(engine, "connect", set_up)


def test_a_database_that_cannot_be_written_is_still_read(sqlite: sa.Engine) -> None:
    """STO-1: and nothing was applied."""
    storage = SqlStorage(sqlite)
    write(storage, KEY, text="kept")
    pragma(sqlite, "query_only = ON")
    assert type(told(lambda: write(storage, SECRETS, text=SECRET))) is ReadOnly
    assert held(storage, KEY, SECRETS) == [("kept", 1), None]


def test_a_full_database_takes_nothing_and_gives_everything(sqlite: sa.Engine) -> None:
    """STO-1: and nothing was applied, until there is room again."""
    storage = SqlStorage(sqlite)
    write(storage, KEY, text="kept")
    pragma(sqlite, "max_page_count = 30")
    large = SECRET * 100_000
    assert type(told(lambda: write(storage, SECRETS, text=large))) is StorageFull
    assert held(storage, KEY, SECRETS) == [("kept", 1), None]
    write(storage, KEY, text="small", version=1)


def test_whoever_waits_too_long_may_begin_anew(sqlite: sa.Engine) -> None:
    """STO-2: the lock of another is a conflict."""
    storage = SqlStorage(sqlite)
    pragma(sqlite, "busy_timeout = 1")
    with sqlite.connect() as connection:
        write(SqlStorage(connection, host_commits=True), KEY)
        assert type(told(lambda: write(storage, SECRETS))) is Conflict
    write(storage, SECRETS)


def test_a_commit_that_readers_keep_out_is_a_conflict(sqlite: sa.Engine) -> None:
    """STO-1: and its connection is not used again, since its transaction may still be open."""
    pragma(sqlite, "journal_mode = DELETE")
    pragma(sqlite, "busy_timeout = 1")
    reader = sqlite3.connect(str(sqlite.url.database), isolation_level=None)
    with sqlite.connect() as connection:
        storage = SqlStorage(connection)
        reader.execute("BEGIN")
        reader.execute("SELECT * FROM emrcore_states").fetchall()
        assert type(told(lambda: write(storage, SECRETS))) is Conflict
        reader.close()
        write(storage, SECRETS)
    assert held(SqlStorage(sqlite), SECRETS) == [("", 1)]


@pytest.mark.parametrize("damage", [b"x" * 100, b"SQLite format 3\0" + b"x" * 5000])
def test_damaged_bytes_are_corrupt(tmp_path: pathlib.Path, damage: bytes) -> None:
    """STO-1: whoever is told so stops writing."""
    path = tmp_path / "emrcore.db"
    path.write_bytes(damage)
    assert type(told(lambda: held(SqlStorage(sqlite_engine(path)), KEY))) is Corrupt


def test_a_row_that_makes_no_sense_is_corrupt(either: sa.Engine) -> None:
    """JRN-3: it is not what was written."""
    storage = SqlStorage(either)
    write(storage, KEY)
    with either.begin() as connection:
        connection.execute(sa.text("UPDATE emrcore_entries SET actor_kind = 'nobody'"))
    assert type(told(lambda: storage.links(CARD))) is Corrupt
    assert type(told(lambda: write(storage, KEY, version=1))) is Corrupt


def test_a_database_without_tables_is_unfit(postgres: sa.Engine) -> None:
    """STO-1: it says what to do about it."""
    engine = sa.create_engine(postgres.url.update_query_dict({"options": ""}))
    error = told(lambda: write(SqlStorage(engine), SECRETS))
    assert type(error) is Unfit
    assert "its schema is 0, not 2: run `emrcore store migrate`" in str(error)
    engine.dispose()


def test_a_server_that_is_not_there_is_unavailable(tmp_path: pathlib.Path) -> None:
    """STO-1: before anything is asked of it."""
    engine = sa.create_engine(f"postgresql+psycopg://{SECRET}@/{SECRET}?host={tmp_path}")
    assert type(told(lambda: write(SqlStorage(engine), KEY))) is Unavailable


def test_what_cannot_be_stored_is_the_callers_fault(postgres: sa.Engine) -> None:
    """STO-1: a text no database takes, or a moment without a zone."""
    storage = SqlStorage(postgres)
    naive = Batch(
        shard=CARD,
        expect={SECRETS: 0},
        put={SECRETS: SECRET},
        due={SECRETS: NOW.replace(tzinfo=None)},
    )
    assert type(told(lambda: write(storage, SECRETS, text=f"{SECRET}\0"))) is ValueError
    assert type(told(lambda: write(storage, SECRETS, text=f"{SECRET}\ud800"))) is ValueError
    assert type(told(lambda: storage.commit(naive))) is ValueError
    assert held(storage, SECRETS) == [None]


def test_a_message_of_the_same_name_is_a_conflict(either: sa.Engine) -> None:
    """STO-1: an id is unique in its shard, so nothing of the commit is applied."""
    storage = SqlStorage(either)
    storage.commit(Batch(shard=CARD, expect={}, outbox=(item("1"),)))
    again = Batch(shard=CARD, expect={KEY: 0}, put={KEY: ""}, outbox=(item("1"),))
    assert type(told(lambda: storage.commit(again))) is Conflict
    assert held(storage, KEY) == [None]


@contextlib.contextmanager
def killed(engine: sa.Engine, moment: str) -> Generator[None]:
    """When *moment* comes to a connection of *engine*, the server ends it, once."""
    admin = sa.create_engine(engine.url, poolclass=sa.NullPool)
    alive = [True]

    def kill(connection: sa.Connection, *_: object) -> None:
        if alive:
            alive.clear()
            pid = connection.connection.dbapi_connection.info.backend_pid  # type: ignore[union-attr]
            with admin.connect() as other:
                other.execute(sa.text("SELECT pg_terminate_backend(:pid, 5000)"), {"pid": pid})

    event.listen(engine, moment, kill)
    yield
    event.remove(engine, moment, kill)
    assert not alive


def test_a_connection_lost_before_the_commit_applied_nothing(postgres: sa.Engine) -> None:
    """STO-1: and the next call has a new one."""
    storage = SqlStorage(postgres)
    write(storage, KEY)
    with killed(postgres, "before_cursor_execute"):
        assert type(told(lambda: write(storage, KEY, version=1))) is Unavailable
    assert held(storage, KEY) == [("", 1)]
    write(storage, KEY, version=1)


@pytest.mark.parametrize("lent", [False, True])
def test_a_connection_lost_in_the_commit_leaves_it_unknown(
    postgres: sa.Engine, *, lent: bool
) -> None:
    """STO-1: whoever looks sees all or nothing, through a new connection."""
    with postgres.connect() as connection:
        storage = SqlStorage(connection if lent else postgres)
        write(storage, KEY)
        with killed(postgres, "commit"):
            assert type(told(lambda: write(storage, KEY, version=1))) is CommitUnknown
        assert held(storage, KEY) in ([("", 1)], [("", 2)])


def test_a_file_that_may_only_be_read_is_read(sqlite: sa.Engine) -> None:
    """STO-1: and no commit is applied to it."""
    write(SqlStorage(sqlite), KEY, text="kept")
    url = f"sqlite:///file:{sqlite.url.database}?mode=ro&uri=true"
    engine = prepare(sa.create_engine(url))
    storage = SqlStorage(engine)
    assert type(told(lambda: write(storage, SECRETS, text=SECRET))) is ReadOnly
    assert held(storage, KEY, SECRETS) == [("kept", 1), None]
    engine.dispose()


def test_a_server_that_may_only_be_read_is_read(postgres: sa.Engine) -> None:
    """STO-1: like one that stands by for another."""
    write(SqlStorage(postgres), KEY, text="kept")
    options = f"{postgres.url.query['options']} -cdefault_transaction_read_only=on"
    engine = sa.create_engine(postgres.url.update_query_dict({"options": options}))
    storage = SqlStorage(engine)
    assert type(told(lambda: write(storage, SECRETS, text=SECRET))) is ReadOnly
    assert held(storage, KEY, SECRETS) == [("kept", 1), None]
    engine.dispose()


def test_a_lock_that_is_not_given_in_time_leaves_all_as_it_was(postgres: sa.Engine) -> None:
    """STO-1: as a host sets the time with ``lock_timeout``."""
    options = f"{postgres.url.query['options']} -clock_timeout=10"
    engine = sa.create_engine(postgres.url.update_query_dict({"options": options}))
    write(SqlStorage(postgres), KEY)
    with postgres.connect() as connection:
        write(SqlStorage(connection, host_commits=True), KEY, version=1)
        assert type(told(lambda: write(SqlStorage(engine), KEY, version=1))) is Unavailable
    assert held(SqlStorage(engine), KEY) == [("", 1)]
    engine.dispose()


def test_a_flipped_bit_is_corrupt(sqlite: sa.Engine) -> None:
    """STO-1: where a page says what kind of page it is."""
    storage = SqlStorage(sqlite)
    write(storage, KEY, text="kept")
    with sqlite.connect() as connection:
        size = connection.exec_driver_sql("PRAGMA page_size").scalar_one()
        asked = "SELECT rootpage FROM sqlite_master WHERE name LIKE '%emrcore_states_1'"
        page = connection.exec_driver_sql(asked).scalar_one()
    sqlite.dispose()
    path = pathlib.Path(str(sqlite.url.database))
    damaged = bytearray(path.read_bytes())
    damaged[(page - 1) * size] ^= 1
    path.write_bytes(damaged)
    assert type(told(lambda: held(storage, KEY))) is Corrupt
    assert type(told(lambda: write(storage, KEY, version=1))) is Corrupt
