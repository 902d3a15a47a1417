"""The tables come to be by migrations, wholly or not at all, and only this version's are used."""

import contextlib
import os
import pathlib
import subprocess
import sys
from collections.abc import Callable, Generator, Iterator
from typing import Any

import alembic.autogenerate
import attrs
import pytest
import sqlalchemy as sa
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import event

import servers
from emrcore.adapters.sql import (
    VERSION_TABLE,
    SqlStorage,
    check_store,
    metadata,
    migrate,
    migrating,
    prepare,
    sqlite_engine,
)
from emrcore.adapters.sql.rows import of_document
from emrcore.adapters.sql.schema import SCHEMA, documents
from emrcore.cli.main import main
from emrcore.errors import StoreError, Unfit
from emrcore.testing.contracts.cards import document, views
from emrcore.testing.contracts.examples import KEY, PATIENT, entry, held, together, write

TABLES = {VERSION_TABLE, *metadata.tables}

Fresh = Callable[[], sa.Engine]


@pytest.fixture(params=["sqlite", "postgresql"])
def fresh(request: pytest.FixtureRequest, tmp_path: pathlib.Path) -> Generator[Fresh]:
    """Makes databases without tables."""
    engines: list[sa.Engine] = []

    def make() -> sa.Engine:
        if request.param == "sqlite":
            engine = sqlite_engine(tmp_path / f"{len(engines)}.db")
        else:
            url = request.getfixturevalue("empty_schema")
            engine = sa.create_engine(url)
            with engine.begin() as connection:
                for name in sa.inspect(connection).get_table_names():
                    connection.execute(sa.text(f"DROP TABLE {name}"))
        engines.append(engine)
        return engine

    yield make
    for engine in engines:
        engine.dispose()


@pytest.fixture(scope="module")
def empty_schema(postgres_url: str) -> Generator[sa.URL]:
    with servers.schema(postgres_url) as url:
        yield url


def tables(engine: sa.Engine) -> set[str]:
    return set(sa.inspect(engine).get_table_names())


class StoppedError(Exception):
    """The fault that is planted."""


@contextlib.contextmanager
def stopped_at(engine: sa.Engine, number: int) -> Generator[list[str]]:
    """Let the *number*-th statement of *engine* fail; the statements until then."""
    seen: list[str] = []

    def count(*call: Any) -> None:
        seen.append(call[2])
        if len(seen) == number:
            raise StoppedError

    event.listen(engine, "before_cursor_execute", count)
    yield seen
    event.remove(engine, "before_cursor_execute", count)


# -- All or nothing --------------------------------------------------------------------------------


def test_a_migration_that_fails_leaves_nothing(fresh: Fresh) -> None:
    """STO-1: wherever it fails, and the next one begins anew."""
    engine, number = fresh(), 0
    while True:
        number += 1
        with stopped_at(engine, number) as seen:
            try:
                migrate(engine)
            except StoppedError:
                stopped = True
            else:
                stopped = False
        if not stopped:
            break
        assert len(seen) == number
        assert tables(engine) == set()
        engine = fresh()
    assert tables(engine) == TABLES
    assert number > len(TABLES)
    check_store(engine)


KILLED = """
import os, pathlib, signal, sys
from sqlalchemy import event
from emrcore.adapters.sql import migrate, sqlite_engine

def run(path, number):
    engine, seen = sqlite_engine(path), []

    def count(*call):
        seen.append(call)
        if len(seen) == number:
            os.kill(os.getpid(), signal.SIGKILL)

    event.listen(engine, "before_cursor_execute", count)
    event.listen(engine, "commit", count)
    migrate(engine)

for number in range(1, 100):
    child = os.fork()
    if not child:
        run(pathlib.Path(sys.argv[1]) / f"{number}.db", number)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    print(number, status, flush=True)
    if status != signal.SIGKILL:
        break
"""


def test_a_migration_that_is_killed_leaves_nothing(tmp_path: pathlib.Path) -> None:
    """STO-1: at any statement and right before its commit; what is left is a sound file."""
    ran = subprocess.run(
        [sys.executable, "-c", KILLED, tmp_path],
        check=True,
        capture_output=True,
        text=True,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
    )
    *killed, (last, status) = (line.split() for line in ran.stdout.splitlines())
    assert status == "0", ran.stderr
    assert len(killed) > len(TABLES)
    for number, _ in killed:
        engine = sqlite_engine(tmp_path / f"{number}.db")
        assert tables(engine) == set()
        migrate(engine)
        check_store(engine)
        engine.dispose()
    assert tables(sqlite_engine(tmp_path / f"{last}.db")) == TABLES


def test_what_is_there_is_brought_along(fresh: Fresh, monkeypatch: pytest.MonkeyPatch) -> None:
    """STO-1: documents of schema 1 become first versions, current, that can be corrected."""
    engine = fresh()
    with monkeypatch.context() as earlier:
        earlier.setattr(migrating, "SCHEMA", 1)
        migrate(engine)
    one, two = document(id="1"), document(id="2", title="Ж", body=b"\0\xff")
    with engine.begin() as connection:
        old = sa.Table(documents.name, sa.MetaData(), autoload_with=connection)
        assert "standing" not in old.columns
        names = [column for column in documents.columns if column.name in old.columns]
        kept = sa.table(documents.name, *(sa.column(one.name, one.type) for one in names))
        rows_ = [of_document(each, 1) for each in (one, two)]
        for row in rows_:
            connection.execute(kept.insert(), {each.name: row[each.name] for each in names})
    migrate(engine)
    storage, view = SqlStorage(engine), views()["self"]
    assert storage.page(view).documents == (two, one)
    assert storage.add(PATIENT, [one, two], entry()) == 0
    again = attrs.evolve(one, title="corrected")
    assert storage.add(PATIENT, [again], entry()) == 1
    assert storage.page(view).documents == (two, again)
    with engine.connect() as connection:
        found = sorted(catalogue(connection))
    anew = fresh()
    migrate(anew)
    with anew.connect() as connection:
        assert sorted(catalogue(connection)) == found


def test_a_migration_is_part_of_the_hosts_transaction(fresh: Fresh) -> None:
    """STO-1: with what else the host does in it."""
    engine = fresh()
    with engine.connect() as connection:
        for end in (connection.rollback, connection.commit):
            migrate(connection)
            connection.execute(sa.text("CREATE TABLE visits (id INTEGER)"))
            end()
            if end == connection.rollback:
                assert tables(engine) == set()
    assert tables(engine) == {"visits", *TABLES}


def test_a_migration_is_done_once(fresh: Fresh) -> None:
    """STO-1: by whoever is first of many, and what is there stays."""
    engine = fresh()

    def act(_: int) -> bool:
        try:
            migrate(engine)
        except StoreError:
            return False
        return True

    assert any(together(act, threads=4))
    write(SqlStorage(engine), KEY, text="kept")
    migrate(engine)
    assert held(SqlStorage(engine), KEY) == [("kept", 1)]


# -- Which schema ----------------------------------------------------------------------------------


def test_a_newer_schema_is_refused(fresh: Fresh) -> None:
    """STO-1: at start-up, at the first write and by a migration; nothing is written."""
    engine = fresh()
    migrate(engine)
    with engine.begin() as connection:
        connection.execute(sa.text("UPDATE emrcore_schema SET version_num = 'emrcore_4'"))
    storage = SqlStorage(engine)
    engine.dispose()
    uses: list[Callable[[], None]] = [
        lambda: check_store(engine),
        lambda: write(storage, KEY),
        lambda: migrate(engine),
    ]
    for use in uses:
        with pytest.raises(Unfit, match="its schema is 4, newer than 3: run a newer emrcore"):
            use()
    assert held(storage, KEY) == [None]
    with engine.connect() as connection:
        found = connection.execute(sa.text("SELECT * FROM emrcore_schema")).scalars().all()
        assert found == ["emrcore_4"]


def test_no_schema_is_refused(fresh: Fresh) -> None:
    """STO-1: with what to do about it."""
    with pytest.raises(Unfit, match="its schema is 0, not 3: run `emrcore store migrate`"):
        check_store(fresh())


def test_the_last_migration_is_this_versions() -> None:
    """Under a label of emrcore's own, so that a host may have its own beside it."""
    scripts = ScriptDirectory(str(pathlib.Path(migrating.__file__).parent / "migrations"))
    assert scripts.get_heads() == [f"emrcore_{SCHEMA}"]
    assert scripts.get_revision("emrcore@head").revision == f"emrcore_{SCHEMA}"
    assert [one.revision for one in reversed(list(scripts.walk_revisions()))] == [
        f"emrcore_{number}" for number in range(1, SCHEMA + 1)
    ]


def test_migrations_lead_to_the_tables_that_are_used(fresh: Fresh) -> None:
    """Alembic finds no difference, and neither does the database's own catalogue."""
    migrated = fresh()
    migrate(migrated)
    with migrated.connect() as connection:
        context = MigrationContext.configure(connection, opts={"version_table": VERSION_TABLE})
        assert alembic.autogenerate.compare_metadata(context, metadata) == []
        found = sorted(catalogue(connection))
    created = fresh()
    with created.begin() as connection:
        metadata.create_all(connection)
        assert sorted(catalogue(connection)) == found
    assert len(found) > len(metadata.tables)


def catalogue(connection: sa.Connection) -> Iterator[str]:
    """Every table and index but the version's, as the database describes it."""
    if connection.dialect.name == "sqlite":
        asked = "SELECT name, replace(replace(sql, char(10), ''), char(9), '') FROM sqlite_master"
    else:
        asked = """
            SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = current_schema
            UNION ALL
            SELECT c.relname, concat_ws(' ', a.attname, a.attnum, format_type(atttypid, atttypmod),
                   a.attnotnull, o.collname)
            FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
            LEFT JOIN pg_collation o ON o.oid = a.attcollation
            WHERE c.relnamespace = current_schema::regnamespace AND c.relkind = 'r' AND attnum > 0
        """
    for name, described in connection.execute(sa.text(asked)):
        if not name.startswith((VERSION_TABLE, "sqlite_autoindex_" + VERSION_TABLE)):
            yield f"{name} {described}"


# -- Which settings --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("pragmas", "told"),
    [
        (["synchronous = OFF"], "synchronous 0 under journal_mode delete"),
        (["synchronous = FULL"], "synchronous 2 under journal_mode delete"),
        (["journal_mode = MEMORY"], "journal_mode memory"),
        (["journal_mode = OFF"], "journal_mode off"),
        (["journal_mode = WAL", "synchronous = NORMAL"], "(journal_mode wal in|synchronous 1)"),
        (["journal_mode = DELETE", "synchronous = EXTRA"], None),
        (["journal_mode = TRUNCATE", "synchronous = EXTRA"], None),
    ],
)
def test_sqlite_that_may_lose_a_commit_is_refused(
    sqlite: sa.Engine, pragmas: list[str], told: str | None
) -> None:
    """STO-4: the setting is named, nothing is written, and what is there is read."""
    storage = SqlStorage(sqlite)
    write(storage, KEY, text="kept")
    sqlite.dispose()

    def set_up(connection: Any, _: object) -> None:
        for pragma in ("journal_mode = DELETE", *pragmas):
            connection.execute(f"PRAGMA {pragma}")

    event.listen(sqlite, "connect", set_up)
    if told is None:
        check_store(sqlite)
        write(storage, KEY, version=1)
        return
    uses: list[Callable[[], None]] = [
        lambda: check_store(sqlite),
        lambda: write(storage, KEY, version=1),
    ]
    for use in uses:
        with pytest.raises(Unfit, match=told):
            use()
    assert held(storage, KEY) == [("kept", 1)]


def test_postgresql_that_may_lose_a_commit_is_refused(postgres: sa.Engine) -> None:
    """STO-4: in the session, as a role or a database may set it too."""
    options = postgres.url.query["options"]
    for value in ("off", "local", "remote_write", "on"):
        asked = {"options": f"{options} -csynchronous_commit={value}"}
        engine = sa.create_engine(postgres.url.update_query_dict(asked))
        if value == "off":
            with pytest.raises(Unfit, match="commits may be lost with synchronous_commit off"):
                check_store(engine)
            with pytest.raises(Unfit, match="synchronous_commit off"):
                write(SqlStorage(engine), KEY)
            assert held(SqlStorage(engine), KEY) == [None]
        else:
            check_store(engine)
        engine.dispose()


def test_a_server_that_may_lose_all_is_refused(reckless_url: str) -> None:
    """STO-4: each setting is named."""
    engine = sa.create_engine(reckless_url)
    with pytest.raises(Unfit, match="with fsync off, full_page_writes off"):
        check_store(engine)
    with pytest.raises(Unfit, match="fsync off"):
        migrate(engine)
    assert tables(engine) == set()
    engine.dispose()


# -- The command -----------------------------------------------------------------------------------


def test_the_command_migrates(tmp_path: pathlib.Path, capsys: pytest.CaptureFixture[str]) -> None:
    """STO-1: a store is made by one command, which can be repeated."""
    url = f"sqlite:///{tmp_path / 'emrcore.db'}"
    for _ in range(2):
        assert main(["store", "migrate", "--url", url]) == 0
        assert capsys.readouterr().out == f"the store has schema {SCHEMA}\n"
    check_store(prepare(sa.create_engine(url)))


def test_the_command_says_what_is_wrong(
    tmp_path: pathlib.Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """STO-1: by one line and an exit code, and without the password."""
    for url, code, told in (
        ("nonsense", 2, "--url"),
        ("mysql://u:secret@h/d", 2, "--url"),
        (f"postgresql+psycopg://u:secret@/d?host={tmp_path}", 3, "unavailable"),
        (f"sqlite:///{tmp_path}/no/such.db", 3, "read-only"),
    ):
        assert main(["store", "migrate", "--url", url]) == code
        printed = capsys.readouterr()
        assert told in printed.err
        assert "secret" not in printed.out + printed.err
