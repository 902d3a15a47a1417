"""Whole stores: copied, kept in one file and brought back, each time compared row by row.

A backup is an SQLite store with one more table, which says how many rows each of the others has
and their digest. So one road serves all: what is read is one snapshot, what is written is one
transaction, and it is committed only if what was written reads like what was read and every
journal is whole.
"""

import contextlib
import datetime as dt
import hashlib
import itertools
import json
import os
import tempfile
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import attrs
import sqlalchemy as sa
from sqlalchemy import exc

from emrcore.adapters.sql import failures, fitness, loading, rows
from emrcore.adapters.sql.digests import COVERED, Digests
from emrcore.adapters.sql.engines import sqlite_engine
from emrcore.adapters.sql.migrating import migrate
from emrcore.adapters.sql.schema import documents, entries, metadata
from emrcore.adapters.sql.transactions import Own
from emrcore.errors import Corrupt, Fault, Malformed, Unfit
from emrcore.journal import Break, breaks
from emrcore.ports import Keys

Progress = Callable[[str, int], None]
"""Told the name of a table and how many of its rows are done, after every thousand."""

_AT_ONCE = 1000
_UNKEYED = Digests()
_TABLES = tuple(metadata.tables.values())
_MANIFEST = sa.Table(
    "emrcore_backup",
    sa.MetaData(),
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("rows", sa.BigInteger, nullable=False),
    sa.Column("digest", sa.Text, nullable=False),
)


@attrs.frozen(kw_only=True)
class Content:
    """How many rows a table has, and the SHA-256 over them in the order of their keys."""

    rows: int
    digest: str


Contents = Mapping[str, Content]


def _silent(_table: str, _rows: int) -> None:
    """Tell nobody."""


def copy(source: sa.Engine, target: sa.Engine, *, progress: Progress = _silent) -> Contents:
    """Copy all of *source*, which goes on meanwhile, into *target*, which has to be empty.

    Raises:
        Unfit: *target* is not empty, or either is of another schema.
        Corrupt: *source* is not as it was written, or *target* does not read like it.
        StoreError: either failed. In every case nothing is written, but for ``CommitUnknown``.
    """
    with _snapshot(source) as origin, Own(target).writing(checked=False) as connection:
        return _fill(origin, connection, progress)


def back_up(source: sa.Engine, path: Path, *, progress: Progress = _silent) -> Contents:
    """Copy all of *source*, which goes on meanwhile, into a new file at *path*.

    Raises:
        Malformed: there is a file already.
        StoreError: as ``copy``; then there is no file at *path*.
    """
    if path.exists():
        raise Malformed("backup", (Fault(path.name, "is there already"),))
    part = path.with_name(f"{path.name}.part")
    part.unlink(missing_ok=True)
    target = sqlite_engine(part)
    try:
        with _snapshot(source) as origin, Own(target).writing(checked=False) as connection:
            contents = _fill(origin, connection, progress)
            _MANIFEST.create(connection)
            for name, content in contents.items():
                connection.execute(_MANIFEST.insert(), {"name": name, **attrs.asdict(content)})
        target.dispose()
        part.replace(path)
        _sync(path.parent)
    finally:
        target.dispose()
        part.unlink(missing_ok=True)
    return contents


def restore(path: Path, target: sa.Engine, *, progress: Progress = _silent) -> Contents:
    """Copy the backup at *path* into *target*, which has to be empty.

    Raises:
        Malformed: there is no file.
        Corrupt: it is no whole backup, or was changed; nothing is written.
        StoreError: as ``copy``.
    """
    with (
        _backup(path) as source,
        _snapshot(source) as origin,
        Own(target).writing(checked=False) as connection,
    ):
        if not sa.inspect(origin).has_table(_MANIFEST.name):
            raise Corrupt("the backup: it says nothing of what it holds")
        return _fill(origin, connection, progress)


def verify(source: sa.Engine, *, keys: Keys | None = None) -> Contents:
    """Read all of *source*: every row and journal is as it was written, and a backup what it was.

    Rows with a digest by a key are checked if the *keys* are given.

    Raises:
        Corrupt: it is not.
        StoreError: it cannot be read, or is of another schema.
    """
    with _snapshot(source) as origin:
        digests = Digests(keys)
        contents = {table.name: _content(origin, table, digests) for table in _TABLES}
        _check(origin, contents)
        return contents


def verify_backup(path: Path) -> Contents:
    """``verify`` for the file at *path*."""
    with _backup(path) as source:
        return verify(source)


# -- What is read ----------------------------------------------------------------------------------


@contextlib.contextmanager
def _snapshot(source: sa.Engine) -> Generator[sa.Connection]:
    """All of *source* at one moment: its own snapshot, or of SQLite a private copy of the file.

    A reader of a long duration would keep SQLite's writers out.
    """
    with failures.told(), contextlib.ExitStack() as stack:
        engine = source
        if source.dialect.name == "sqlite":
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="emrcore-")))
            engine = _copied_file(source, folder / "snapshot.db")
            stack.callback(engine.dispose)
        else:
            engine = source.execution_options(isolation_level="REPEATABLE READ")
        connection = stack.enter_context(engine.connect())
        if source.dialect.name == "sqlite":
            _check_file(connection)
        fitness.check_schema(connection)
        yield connection


def _copied_file(source: sa.Engine, path: Path) -> sa.Engine:
    with source.connect() as connection:
        driver: Any = connection.connection.driver_connection
        module: Any = source.dialect.loaded_dbapi
        if hasattr(module, "sqlite"):  # aiosqlite
            raise ValueError("a store is moved by a synchronous engine")
        with contextlib.closing(module.connect(str(path))) as copied:
            try:
                driver.backup(copied)
            except module.Error as error:
                raise exc.DatabaseError("backup", None, error) from None
    return sa.create_engine(f"sqlite:///{path}")


def _check_file(connection: sa.Connection) -> None:
    found = connection.exec_driver_sql("PRAGMA integrity_check(1)").scalar()
    if found != "ok":
        raise Corrupt("the file")


@contextlib.contextmanager
def _backup(path: Path) -> Generator[sa.Engine]:
    """The backup at *path*, which is only read."""
    if not path.is_file():
        raise Malformed("backup", (Fault(path.name, "is no file"),))
    query = {"mode": "ro", "immutable": "1", "uri": "true"}
    url = sa.URL.create("sqlite", database=path.absolute().as_uri(), query=query)
    engine = sa.create_engine(url)
    yield engine
    engine.dispose()


def _read(
    connection: sa.Connection, table: sa.Table, digests: Digests = _UNKEYED
) -> Generator[Sequence[sa.Row[Any]]]:
    """The rows of *table* in the order of their keys, a thousand at once, each as it was written.

    Raises:
        Corrupt: one is not.
    """
    asked = sa.select(table).order_by(*table.primary_key)
    with connection.execute(asked, execution_options={"yield_per": _AT_ONCE}) as found:
        try:
            for part in found.partitions():
                if table in COVERED:
                    for row in part:
                        digests.check(table, row._mapping)  # noqa: SLF001 - SQLAlchemy's own name
                yield part
        except (ValueError, TypeError):
            raise Corrupt("a stored value") from None


def _content(connection: sa.Connection, table: sa.Table, digests: Digests = _UNKEYED) -> Content:
    return _sum(table, _read(connection, table, digests), _silent)


def _sum(table: sa.Table, parts: Iterator[Sequence[sa.Row[Any]]], progress: Progress) -> Content:
    """What *parts* come to, while they pass."""
    digest, number = hashlib.sha256(), 0
    for part in parts:
        for row in part:
            digest.update(json.dumps(list(row), default=_plain).encode() + b"\n")
        number += len(part)
        progress(table.name, number)
    return Content(rows=number, digest=digest.hexdigest())


def _plain(value: Any) -> Any:
    """What JSON has for bytes, a day, a moment or labels."""
    match value:
        case bytes():
            return value.hex()
        case dt.date():
            return value.isoformat()
        case _:
            return sorted(value)


def _check(connection: sa.Connection, contents: Contents) -> None:
    """Refuse what is not what was written.

    Raises:
        Corrupt: a journal is broken, or what a backup says of itself is not so.
    """
    if sa.inspect(connection).has_table(_MANIFEST.name):
        said = {
            row.name: Content(rows=row.rows, digest=row.digest)
            for row in connection.execute(sa.select(_MANIFEST))
        }
        for table in _TABLES:
            if said.get(table.name) != contents[table.name]:
                raise Corrupt(f"the backup of {table.name}")
    with contextlib.closing(_read(connection, entries)) as parts:
        found = itertools.chain.from_iterable(parts)
        for broken in _broken(_named(entries, row) for row in found):
            raise Corrupt(f"a journal, link {broken.number}: {broken.what}")


def _named(table: sa.Table, row: sa.Row[Any]) -> dict[str, Any]:
    return dict(zip(table.columns.keys(), row, strict=True))


def _broken(links: Iterator[rows.Row]) -> Iterator[Break]:
    """Every break in the journals whose *links* stand in the order of their shards."""
    try:
        for _, journal in itertools.groupby(links, key=rows.shard):
            yield from breaks(map(rows.link, journal))
    except (ValueError, TypeError):
        raise Corrupt("a stored value") from None


# -- What is written -------------------------------------------------------------------------------


def _fill(origin: sa.Connection, connection: sa.Connection, progress: Progress) -> Contents:
    """Write all of *origin*, once it is found whole, to *connection*, and compare."""
    migrate(connection)
    for table in _TABLES:
        if connection.execute(sa.select(sa.literal(1)).select_from(table).limit(1)).first():
            raise Unfit("what it is copied to is not empty")
    contents = {table.name: _copied(origin, connection, table, progress) for table in _TABLES}
    _check(origin, contents)
    for table in _TABLES:
        if _content(connection, table) != contents[table.name]:
            raise Corrupt(f"the copy of {table.name}")
    return contents


def _copied(
    origin: sa.Connection, connection: sa.Connection, table: sa.Table, progress: Progress
) -> Content:
    def passing() -> Iterator[Sequence[sa.Row[Any]]]:
        for part in _read(origin, table):
            new = [_named(table, row) for row in part]
            if table is documents:
                loading.insert(connection, new)
            else:
                connection.execute(table.insert(), new)
            yield part

    return _sum(table, passing(), progress)


def _sync(folder: Path) -> None:
    """Let the name of a new file survive a power cut too."""
    opened = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
