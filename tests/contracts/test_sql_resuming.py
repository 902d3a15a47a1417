"""A copy that was stopped anywhere goes on, and is never taken for whole before it is."""

import os
import pathlib
import signal
import subprocess
import sys
from collections.abc import Callable

import pytest
import sqlalchemy as sa
from sqlalchemy import event

from emrcore.adapters.sql import (
    SqlStorage,
    back_up,
    check_store,
    copy,
    differences,
    digests,
    migrate,
    restore,
    sqlite_engine,
    verify,
    verify_backup,
)
from emrcore.cli.main import main
from emrcore.errors import Corrupt, Malformed, Unfit
from emrcore.people import PatientId
from emrcore.ports import Key, Shard
from emrcore.testing.contracts.cards import document
from emrcore.testing.contracts.examples import KEY, entry, write

SHARDS = 12

COPIER = """
import os, pathlib, signal, sys
import sqlalchemy as sa
from emrcore.adapters.sql import back_up, copy, digests, moving, prepare

source, target, stop_at = prepare(sa.create_engine(sys.argv[1])), sys.argv[2], int(sys.argv[3])
moving.AT_ONCE = 30

def progress(shard, rows):
    global stop_at
    stop_at -= 1
    if stop_at == 0:
        os.kill(os.getpid(), signal.SIGKILL)

def within(connection, cursor, statement, *_):
    global stop_at
    if stop_at < 0 and statement.startswith(("INSERT", "ALTER", "DROP")):
        stop_at += 1
        if stop_at == 0:
            os.kill(os.getpid(), signal.SIGKILL)

sa.event.listen(sa.Engine, "after_cursor_execute", within)
if "://" in target:
    copy(source, prepare(sa.create_engine(target)), progress=progress)
else:
    back_up(source, pathlib.Path(target), progress=progress)
"""


def card(number: int) -> PatientId:
    return PatientId(f"card-{number:02}")


def fill(engine: sa.Engine) -> None:
    storage = SqlStorage(engine)
    for number in range(SHARDS):
        patient = card(number)
        documents = [document(id=str(one), patient=patient, body=b"x") for one in range(9)]
        storage.add(patient, documents, entry("added"))
        write(storage, Key(Shard.of_patient(patient), "wish", "1"), text="first")


def killed(source: sa.Engine, target: str, *, at: int) -> bool:
    """Whether a process that copies is killed: after *at* parts, or at that many writes if < 0."""
    url = source.url.render_as_string(hide_password=False)
    ended = subprocess.run(
        [sys.executable, "-c", COPIER, url, target, str(at)],
        check=False,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
        timeout=120,
    )
    assert ended.returncode in {0, -signal.SIGKILL}
    return ended.returncode != 0


@pytest.mark.parametrize("at", [-1, 1, -8, -20])
def test_a_backup_that_was_killed_goes_on(
    sqlite: sa.Engine, tmp_path: pathlib.Path, at: int
) -> None:
    """KEP-3: what was killed is not at the path, is no backup, and is finished by the same call.

    Meanwhile a card is written to: what comes is the store as it is at the last call.
    """
    fill(sqlite)
    path, part = tmp_path / "backup", tmp_path / "backup.part"
    assert killed(sqlite, str(path), at=at)
    assert part.exists()
    assert not path.exists()
    if at > 0:
        with pytest.raises(Unfit, match="unfinished copy"):
            verify_backup(part)
        with pytest.raises(Unfit, match="unfinished copy"):
            restore(part, sqlite_engine(tmp_path / "other.db"))
    write(SqlStorage(sqlite), Key(Shard.of_patient(card(0)), "wish", "1"), text="second", version=1)
    whole = back_up(sqlite, path)
    assert whole == verify_backup(path) == verify(sqlite)
    assert list(differences(sqlite, path)) == []
    assert not part.exists()


@pytest.mark.parametrize("at", [1, -12])
def test_a_copy_to_postgresql_and_back_that_was_killed_goes_on(
    sqlite: sa.Engine, postgres: sa.Engine, tmp_path: pathlib.Path, at: int
) -> None:
    """KEP-3: unfinished it is refused for use; finished it is what the store was, both ways."""
    fill(sqlite)
    url = postgres.url.render_as_string(hide_password=False)
    assert killed(sqlite, url, at=at)
    fresh = sa.create_engine(postgres.url)
    for use in (check_store, verify):
        with pytest.raises(Unfit, match="unfinished copy"):
            use(fresh)
    with pytest.raises(Unfit, match="unfinished copy"):
        write(SqlStorage(fresh), KEY)
    fresh.dispose()
    assert copy(sqlite, postgres) == verify(postgres) == verify(sqlite)
    back = tmp_path / "back.db"
    assert killed(postgres, f"sqlite:///{back}", at=at)
    assert copy(postgres, sqlite_engine(back)) == verify(sqlite)
    assert list(differences(sqlite, sqlite_engine(back))) == []


def test_what_is_there_is_not_written_again(sqlite: sa.Engine, tmp_path: pathlib.Path) -> None:
    """KEP-3: of a copy that was stopped only what differs or is missing is written."""
    fill(sqlite)
    assert killed(sqlite, str(tmp_path / "backup"), at=3)
    written: list[str] = []

    def note(*asked: object) -> None:
        if str(asked[2]).startswith("INSERT INTO emrcore_documents"):
            written.append(str(asked[3]))

    event.listen(sa.Engine, "before_cursor_execute", note)
    try:
        back_up(sqlite, tmp_path / "backup")
    finally:
        event.remove(sa.Engine, "before_cursor_execute", note)
    assert any(card(SHARDS - 1) in text for text in written)
    assert not any(card(0) in text for text in written)


def test_an_unfinished_copy_of_another_store_becomes_this_one(
    sqlite: sa.Engine, tmp_path: pathlib.Path
) -> None:
    """KEP-3: whatever lies in the way of a backup, the backup is this store and nothing else."""
    fill(sqlite)
    assert killed(sqlite, str(tmp_path / "backup"), at=4)
    other = sqlite_engine(tmp_path / "other.db")
    migrate(other)
    write(SqlStorage(other), KEY)
    assert back_up(other, tmp_path / "backup") == verify(other)
    (tmp_path / "second.part").write_bytes(b"no database")
    assert back_up(other, tmp_path / "second") == verify(other)


def test_a_shard_that_differs_is_named(
    sqlite: sa.Engine, tmp_path: pathlib.Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """KEP-4: changed, missing or more; between two stores, and between a store and a backup."""
    fill(sqlite)
    backup = tmp_path / "backup"
    back_up(sqlite, backup)
    storage = SqlStorage(sqlite)
    write(storage, Key(Shard.of_patient(card(3)), "wish", "1"), text="other", version=1)
    write(storage, Key(Shard.of_patient(PatientId("new")), "wish", "1"))
    with sqlite.begin() as connection:
        for table in digests.TABLES:
            column = "patient" if "patient" in table.c else "shard_id"
            connection.execute(sa.delete(table).where(table.c[column] == card(5)))
    found = list(differences(sqlite, backup))
    assert [(one.shard.id, bool(one.one), bool(one.other)) for one in found] == [
        ("card-03", True, True),
        ("card-05", False, True),
        ("new", True, False),
    ]
    url = f"sqlite:///{sqlite.url.database}"
    assert main(["store", "verify", "--url", url, "--against", str(backup)]) == 3
    told = capsys.readouterr()
    assert [line.split(":")[0] for line in told.out.splitlines()] == [
        "patient/card-03",
        "patient/card-05",
        "patient/new",
    ]
    assert told.err == "corrupt: 3 shard(s) differ\n"
    assert main(["store", "verify", "--url", url, "--against", url]) == 0
    with pytest.raises(Malformed, match="is no file"):
        list(differences(sqlite, tmp_path / "none"))


CHANGED = "UPDATE emrcore_documents SET body = x'00' WHERE patient = 'card-07' AND id = '3'"
GONE = """DELETE FROM emrcore_documents WHERE patient = 'card-07';
DELETE FROM emrcore_states WHERE shard_id = 'card-07';
DELETE FROM emrcore_entries WHERE shard_id = 'card-07';
DELETE FROM emrcore_shards WHERE shard_id = 'card-07'"""
WITH_DIGEST = (
    GONE
    + """;
DELETE FROM emrcore_backup_shards WHERE shard_id = 'card-07'"""
)


@pytest.mark.parametrize(
    ("statements", "where"),
    [
        (CHANGED, "shard patient/card-07"),
        (GONE, "shards are missing"),
        (WITH_DIGEST, "the backup of emrcore_"),
    ],
)
def test_a_changed_backup_is_refused_by_place(
    sqlite: sa.Engine, tmp_path: pathlib.Path, statements: str, where: str
) -> None:
    """KEP-3, KEP-4: with the shard, wherever one is to blame; and nothing is written."""
    fill(sqlite)
    back_up(sqlite, tmp_path / "backup")
    edited = sqlite_engine(tmp_path / "backup")
    with edited.begin() as connection:
        for statement in statements.split(";"):
            connection.exec_driver_sql(statement)
    edited.dispose()
    target = sqlite_engine(tmp_path / "new.db")
    uses: list[Callable[[], object]] = [
        lambda: verify_backup(tmp_path / "backup"),
        lambda: restore(tmp_path / "backup", target),
    ]
    for use in uses:
        with pytest.raises(Corrupt, match=where):
            use()
    assert sa.inspect(target).get_table_names() == []
