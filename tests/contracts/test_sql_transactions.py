"""Whose transaction it is, how it begins, and that no level of isolation lets a rule be broken."""

import pathlib
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import event

from emrcore.adapters.sql import SqlStorage, journal_mode, metadata
from emrcore.errors import Conflict
from emrcore.ports import Batch, Fate, Key, Leased, Shard
from emrcore.testing.contracts.cards import document
from emrcore.testing.contracts.examples import (
    CARD,
    KEY,
    LOGIN,
    PATIENT,
    details,
    entry,
    held,
    item,
    refused,
    together,
    write,
)

LEASED = Leased(item=item("1"), attempt=1)


# -- SQLite ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("version", "mode"),
    [
        ("3.6.23", "DELETE"),
        ("3.40.1", "DELETE"),
        ("3.44.5", "DELETE"),
        ("3.44.6", "WAL"),
        ("3.45.0", "DELETE"),
        ("3.50.6", "DELETE"),
        ("3.50.7", "WAL"),
        ("3.51.0", "DELETE"),
        ("3.51.2", "DELETE"),
        ("3.51.3", "WAL"),
        ("3.52.0", "WAL"),
        ("4.0.0", "WAL"),
    ],
)
def test_a_log_that_may_corrupt_is_not_used(version: str, mode: str) -> None:
    """STO-4: neither before the fix, nor without syncing all that the mode needs synced."""
    assert journal_mode(version) == (mode, {"WAL": "FULL", "DELETE": "EXTRA"}[mode])


def test_a_connection_is_set_up_to_lose_nothing(sqlite: sa.Engine) -> None:
    """STO-4: as the SQLite in use allows."""
    with sqlite.connect() as connection:

        def pragma(name: str) -> Any:
            return connection.exec_driver_sql(f"PRAGMA {name}").scalar_one()

        version = connection.exec_driver_sql("SELECT sqlite_version()").scalar_one()
        mode, synchronous = journal_mode(version)
        assert pragma("journal_mode").upper() == mode
        assert pragma("synchronous") == {"FULL": 2, "EXTRA": 3}[synchronous]
        assert pragma("foreign_keys") == 1
        assert pragma("busy_timeout") == 5000


@pytest.mark.parametrize(
    ("begin", "name", "arguments"),
    [
        ("BEGIN", "load", (KEY,)),
        ("BEGIN", "links", (CARD,)),
        ("BEGIN IMMEDIATE", "commit", (Batch(shard=CARD, expect={KEY: 0}),)),
        ("BEGIN IMMEDIATE", "add", (PATIENT, [document()], entry())),
        ("BEGIN IMMEDIATE", "settle", (LEASED, Fate.SENT)),
    ],
)
@pytest.mark.parametrize("lent", [False, True])
def test_whoever_writes_locks_before_reading(
    sqlite: sa.Engine, begin: str, name: str, arguments: tuple[Any, ...], *, lent: bool
) -> None:
    """STO-2: and whoever reads does not."""
    statements: list[str] = []

    def note(*asked: Any) -> None:
        statements.append(asked[2])

    event.listen(sqlite, "before_cursor_execute", note)
    if lent:
        with sqlite.connect() as connection:
            getattr(SqlStorage(connection), name)(*arguments)
    else:
        getattr(SqlStorage(sqlite), name)(*arguments)
    assert statements[0] == begin


@pytest.mark.parametrize("lent", [False, True])
def test_an_engine_that_begins_too_late_is_refused(tmp_path: pathlib.Path, *, lent: bool) -> None:
    """STO-2: as every engine of SQLite does before it is prepared."""
    engine = sa.create_engine(f"sqlite:///{tmp_path / 'emrcore.db'}")
    metadata.create_all(engine)
    with engine.connect() as connection:
        storage = SqlStorage(connection if lent else engine)
        with pytest.raises(ValueError, match="prepare"):
            write(storage, KEY)
        assert held(storage, KEY) == [None]
    engine.dispose()


# -- The host's transaction ------------------------------------------------------------------------


def test_a_lent_connection_is_committed(either: sa.Engine) -> None:
    """STO-1: with all that the host did before."""
    with either.connect() as connection:
        connection.execute(sa.text("CREATE TABLE visits (id INTEGER)"))
        write(SqlStorage(connection), KEY)
        connection.rollback()
        assert connection.execute(sa.text("SELECT count(*) FROM visits")).scalar_one() == 0
    assert held(SqlStorage(either), KEY) == [("", 1)]


def test_a_lent_connection_is_left_as_it_was_by_a_read(either: sa.Engine) -> None:
    """STO-2: no old snapshot waits for the next call, and the host's transaction goes on."""
    with either.connect() as connection:
        storage = SqlStorage(connection)
        assert held(storage, KEY) == [None]
        assert not connection.in_transaction()
        with connection.begin():
            assert held(storage, KEY) == [None]
            assert connection.in_transaction()


def test_a_lent_connection_is_free_after_a_conflict(either: sa.Engine) -> None:
    """STO-1: nothing of the refused commit is left, and the next one goes through."""
    write(SqlStorage(either), KEY)
    with either.connect() as connection:
        storage = SqlStorage(connection)
        other = Key(CARD, "application", "2")
        stale = Batch(shard=CARD, expect={other: 0, KEY: 0}, put={other: "", KEY: ""})
        assert refused(storage, stale)
        assert not connection.in_transaction()
        write(storage, KEY, version=1)
    assert held(SqlStorage(either), KEY, other) == [("", 2), None]


def test_a_host_that_commits_decides(either: sa.Engine) -> None:
    """STO-1: until it does, nobody else sees anything, and its rollback takes all back."""
    for kept in (False, True):
        with either.connect() as connection:
            write(SqlStorage(connection, host_commits=True), KEY)
            assert held(SqlStorage(connection), KEY) == [("", 1)]
            if kept:
                connection.commit()
            else:
                connection.rollback()
        assert held(SqlStorage(either), KEY) == [("", 1) if kept else None]
        assert details(SqlStorage(either)) == ["{}"] * kept


def test_a_host_that_commits_keeps_its_own_work_after_a_conflict(either: sa.Engine) -> None:
    """STO-1: only the refused call is undone."""
    write(SqlStorage(either), KEY)
    other = Key(CARD, "application", "2")
    with either.connect() as connection:
        storage = SqlStorage(connection, host_commits=True)
        write(storage, other)
        assert refused(storage, Batch(shard=CARD, expect={KEY: 0}, put={KEY: ""}))
        connection.commit()
    assert held(SqlStorage(either), KEY, other) == [("", 1), ("", 1)]


def test_only_a_lent_connection_can_be_committed_by_the_host(sqlite: sa.Engine) -> None:
    """An engine has no transaction to leave to the host."""
    with pytest.raises(ValueError, match="lends"):
        SqlStorage(sqlite, host_commits=True)


# -- Isolation -------------------------------------------------------------------------------------


@pytest.mark.parametrize("present", [True, False])
@pytest.mark.parametrize("shards", [(CARD, CARD), (CARD, LOGIN)])
@pytest.mark.parametrize("level", ["READ COMMITTED", "REPEATABLE READ", "SERIALIZABLE"])
def test_what_was_seen_in_an_old_snapshot_is_not_relied_on(
    postgres: sa.Engine, level: str, shards: tuple[Shard, Shard], *, present: bool
) -> None:
    """STO-2: two hosts have looked before either commits, and only one of them gets through."""
    first, second = (Key(shard, "guardian", str(place)) for place, shard in enumerate(shards))
    for key in (first, second):
        write(SqlStorage(postgres), Key(key.shard, "visit", key.id))
        if present:
            write(SqlStorage(postgres), key)
    seen = dict.fromkeys((first, second), int(present))
    isolated = postgres.execution_options(isolation_level=level)
    with isolated.connect() as one, isolated.connect() as other:
        for connection in (one, other):
            connection.begin()
            assert len(SqlStorage(connection).load(first, second)) == 2 * present
        gone = [
            not refused(
                SqlStorage(connection),
                Batch(shard=key.shard, expect=seen, put={key: "left"}),
            )
            for connection, key in ((one, first), (other, second))
        ]
    assert gone == [True, False]


def test_commits_that_leave_each_others_keys_alone_all_go_through(either: sa.Engine) -> None:
    """STO-2: to other keys of the shard, or relying on the same keys of other shards."""
    storage = SqlStorage(either)
    pair = [Key(shard, "constant", "1") for shard in (CARD, LOGIN)]
    for key in pair:
        write(storage, key)

    def act(number: int) -> list[bool]:
        expect = dict.fromkeys(pair, 1)
        shard = pair[number % 2].shard
        keys = [Key(shard, "own", f"{number}-{step}") for step in range(5)]
        return [
            refused(storage, Batch(shard=shard, expect={**expect, key: 0}, put={key: ""}))
            for key in keys
        ]

    assert together(act, threads=6) == [[False] * 5] * 6


def test_a_document_waits_for_the_commit_before_it(postgres: sa.Engine) -> None:
    """REC-3: and is not refused by it, in the first commits of a shard neither."""
    for number in range(5):
        shard = Shard.of_patient(PATIENT)
        key = Key(shard, "application", str(number))

        def act(place: int, *, key: Key = key) -> int:
            if place:
                new = [document(id=f"{key.id}-{place}")]
                return SqlStorage(postgres).add(PATIENT, new, entry())
            with postgres.begin() as connection:
                write(SqlStorage(connection, host_commits=True), key)
            return 1

        assert together(act, threads=4) == [1] * 4


def test_a_conflict_is_told_by_the_kind_of_thing(sqlite: sa.Engine) -> None:
    """STO-2: whoever reads the log sees what was contended, and no id."""
    storage = SqlStorage(sqlite)
    write(storage, KEY)
    write(storage, KEY, version=1)
    with pytest.raises(Conflict) as conflict:
        storage.commit(Batch(shard=CARD, expect={KEY: 1}, put={KEY: ""}))
    assert conflict.value.what == "application"
