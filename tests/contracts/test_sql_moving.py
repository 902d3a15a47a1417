"""A store is moved as a whole, or not at all, between databases too."""

import pathlib
import threading
from collections.abc import Callable

import pytest
import sqlalchemy as sa

from emrcore.adapters.sql import (
    SqlStorage,
    back_up,
    copy,
    metadata,
    migrate,
    restore,
    sqlite_engine,
    verify,
    verify_backup,
)
from emrcore.cli.main import main
from emrcore.errors import Corrupt, Malformed, StoreError, Unfit
from emrcore.ports import Batch, Fate, Key, Shard
from emrcore.testing.contracts.cards import card, neighbours
from emrcore.testing.contracts.examples import (
    CARD,
    DAY,
    KEY,
    LOGIN,
    NEIGHBOUR,
    NOW,
    PATIENT,
    UNEVEN,
    details,
    entry,
    item,
    write,
)


def fill(engine: sa.Engine) -> None:
    """Put something of everything into *engine*."""
    storage = SqlStorage(engine)
    storage.add(PATIENT, card(), entry("added"))
    storage.add(NEIGHBOUR, neighbours(), entry("added"))
    for number, text in enumerate(UNEVEN):
        for shard in (CARD, LOGIN, Shard("patient", text)):
            key = Key(shard, text, f"{number}")
            storage.commit(
                Batch(
                    shard=shard,
                    expect={key: 0},
                    put={key: text},
                    due={key: NOW + number * DAY},
                    entries=(entry(text), entry(text, at=NOW - DAY)),
                    outbox=(item(f"{number}", shard=shard),),
                )
            )
    for leased, fate in zip(storage.lease(at=NOW, until=NOW + DAY, limit=4), Fate, strict=True):
        assert storage.settle(leased, fate)


@pytest.fixture
def new(tmp_path: pathlib.Path) -> sa.Engine:
    """A file that is not there yet."""
    return sqlite_engine(tmp_path / "new.db")


def test_a_store_comes_back_from_the_other_database_as_it_was(
    sqlite: sa.Engine, postgres: sa.Engine, new: sa.Engine, tmp_path: pathlib.Path
) -> None:
    """STO-1: through PostgreSQL and a backup of it, with every journal whole."""
    fill(sqlite)
    before = verify(sqlite)
    assert all(content.rows for content in before.values())
    assert copy(sqlite, postgres) == before == verify(postgres)
    assert back_up(postgres, tmp_path / "backup") == before == verify_backup(tmp_path / "backup")
    assert restore(tmp_path / "backup", new) == before == verify(new)
    with sqlite.connect() as one, new.connect() as other:
        for table in metadata.tables.values():
            asked = sa.select(table).order_by(*table.primary_key)
            assert one.execute(asked).all() == other.execute(asked).all()
    storage = SqlStorage(new)
    write(storage, KEY)
    assert verify(new) != before


def test_a_store_that_is_used_is_backed_up_at_one_moment(
    either: sa.Engine, tmp_path: pathlib.Path
) -> None:
    """STO-1: of two states written together both or neither are in it, with their entry."""
    storage, stop = SqlStorage(either), threading.Event()
    pair = (KEY, Key(CARD, "application", "2"))
    write(storage, *pair)
    storage.add(PATIENT, card(), entry("added"))

    def use() -> None:
        version = 1
        while not stop.is_set():
            write(storage, *pair, version=version)
            version += 1

    user = threading.Thread(target=use)
    user.start()
    try:
        for number in range(3):
            path = tmp_path / f"{number}"
            back_up(either, path)
            verify_backup(path)
            restored = sqlite_engine(tmp_path / f"{number}.db")
            restore(path, restored)
            versions = {one.version for one in SqlStorage(restored).load(*pair).values()}
            assert len(versions) == 1
            assert len(details(SqlStorage(restored))) == versions.pop() + 1
            restored.dispose()
    finally:
        stop.set()
        user.join()


def test_no_damage_to_a_backup_comes_into_a_store(
    sqlite: sa.Engine, new: sa.Engine, tmp_path: pathlib.Path
) -> None:
    """STO-1: cut off or with a byte changed anywhere, it is refused, and nothing is written.

    What nothing reads, such as free space in a page, may change: then what comes is what was.
    """
    fill(sqlite)
    before = back_up(sqlite, tmp_path / "backup")
    whole, path = (tmp_path / "backup").read_bytes(), tmp_path / "damaged"
    refused = 0
    for place in range(0, len(whole), len(whole) // 60):
        flipped = bytearray(whole)
        flipped[place] ^= 1 << place % 8
        for damaged in (whole[:place], bytes(flipped)):
            path.write_bytes(damaged)
            try:
                assert verify_backup(path) == before
                assert len(damaged) == len(whole)
            except StoreError:
                refused += 1
                with pytest.raises(StoreError):
                    restore(path, new)
                assert sa.inspect(new).get_table_names() == []
    assert refused > 80


def change(path: pathlib.Path, statement: str) -> None:
    engine = sqlite_engine(path)
    with engine.begin() as connection:
        assert connection.execute(sa.text(statement)).rowcount
    engine.dispose()


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE emrcore_states SET text = 'other' WHERE version = 1",
        "UPDATE emrcore_outbox SET fate = 'dead' WHERE fate IS NULL",
        "DELETE FROM emrcore_documents WHERE rowid = 1",
        "DELETE FROM emrcore_entries WHERE number = 2",
        "DELETE FROM emrcore_backup WHERE name = 'emrcore_shards'",
        "UPDATE emrcore_backup SET digest = 'other'",
        "DROP TABLE emrcore_backup",
    ],
)
def test_a_backup_that_was_edited_is_refused(
    sqlite: sa.Engine, new: sa.Engine, tmp_path: pathlib.Path, statement: str
) -> None:
    """STO-1: whatever of it; and nothing is written."""
    fill(sqlite)
    back_up(sqlite, tmp_path / "backup")
    change(tmp_path / "backup", statement)
    with pytest.raises(Corrupt):
        restore(tmp_path / "backup", new)
    assert sa.inspect(new).get_table_names() == []


def test_a_broken_journal_goes_nowhere(either: sa.Engine, new: sa.Engine) -> None:
    """JRN-3: it is found before it is copied."""
    fill(either)
    with either.begin() as connection:
        changed = "UPDATE emrcore_entries SET detail = 'other' WHERE number = 2"
        connection.execute(sa.text(changed))
    uses: list[Callable[[], object]] = [lambda: verify(either), lambda: copy(either, new)]
    for use in uses:
        with pytest.raises(Corrupt, match="a journal, link 2: its entry was changed"):
            use()
    assert sa.inspect(new).get_table_names() == []


def test_only_an_empty_store_is_filled(sqlite: sa.Engine, new: sa.Engine) -> None:
    """STO-1: what is there stays."""
    fill(sqlite)
    migrate(new)
    write(SqlStorage(new), KEY, text="kept")
    before = verify(new)
    with pytest.raises(Unfit, match="not empty"):
        copy(sqlite, new)
    assert verify(new) == before


def test_a_file_that_is_there_is_not_written_over(
    sqlite: sa.Engine, tmp_path: pathlib.Path
) -> None:
    """STO-1: and where none is, none is restored."""
    (tmp_path / "backup").write_text("kept")
    with pytest.raises(Malformed, match="is there already"):
        back_up(sqlite, tmp_path / "backup")
    with pytest.raises(Malformed, match="is no file"):
        restore(tmp_path / "none", sqlite)
    assert (tmp_path / "backup").read_text() == "kept"
    assert not (tmp_path / "backup.part").exists()


def test_the_commands(
    sqlite: sa.Engine, tmp_path: pathlib.Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """STO-1: the same road from the command line; damage is one line and another exit code."""
    fill(sqlite)
    url, backup = f"sqlite:///{sqlite.url.database}", str(tmp_path / "backup")
    other, third = f"sqlite:///{tmp_path / 'other.db'}", f"sqlite:///{tmp_path / 'third.db'}"
    told: list[list[str]] = []
    for command in (
        ["verify", "--url", url],
        ["backup", "--url", url, "--to", backup],
        ["restore", "--file", backup, "--url", other],
        ["copy", "--url", other, "--to", third],
    ):
        assert main(["store", *command]) == 0
        told.append(capsys.readouterr().out.splitlines())
    assert len({tuple(lines[:-1]) for lines in told}) == 1
    assert [lines[-1].split(":")[0] for lines in told] == [
        "whole",
        "backed up",
        "restored",
        "copied",
    ]
    (tmp_path / "backup").write_bytes((tmp_path / "backup").read_bytes()[:5000])
    assert main(["store", "restore", "--file", backup, "--url", f"{third}.db"]) == 3
    assert capsys.readouterr().err.startswith("corrupt: ")
