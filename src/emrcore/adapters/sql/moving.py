"""Whole stores: copied, kept in one file and brought back, each time compared shard by shard.

One road serves all. What is read is one snapshot, and it is found whole before anything is written.
It is written shard by shard, some thousand rows a commit, each with its digest in a table of the
copy's own. While that table is there the copy is unfinished: it is refused for use, and the same
call made again, with whatever the source holds by then, goes on from it. A shard whose digest is
still the source's is left, any other is written anew, and what the source no longer has is taken
away; so a copy that was stopped and resumed is one moment of the source all the same, that of the
last call. It is finished in the commit that follows a reading of all of it, which must come to what
was read. A backup is such a copy in an SQLite file, which keeps the digests.
"""

import contextlib
import os
import tempfile
from collections.abc import Callable, Generator, Iterator, Sequence
from pathlib import Path
from typing import Any

import attrs
import sqlalchemy as sa
from sqlalchemy import exc

from emrcore.adapters.sql import failures, fitness, loading
from emrcore.adapters.sql.digests import (
    AT_ONCE,
    TABLES,
    Content,
    Contents,
    Part,
    Sums,
    name,
    named,
    parts,
    whole,
)
from emrcore.adapters.sql.engines import sqlite_engine
from emrcore.adapters.sql.migrating import migrate
from emrcore.adapters.sql.row_digests import Digests
from emrcore.adapters.sql.schema import Text, documents
from emrcore.adapters.sql.transactions import Own
from emrcore.errors import Corrupt, Fault, Malformed, StoreError, Unfit
from emrcore.ports import Keys, Shard

Progress = Callable[[str, int], None]
"""Told the last shard of every part that is kept for good, and how many rows are, in all."""

_UNKEYED = Digests()
_OF_BACKUP = sa.MetaData()
_MANIFEST = sa.Table(
    "emrcore_backup",
    _OF_BACKUP,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("rows", sa.BigInteger, nullable=False),
    sa.Column("digest", sa.Text, nullable=False),
)


def _digests(table: str) -> sa.Table:
    return sa.Table(
        table,
        _OF_BACKUP,
        sa.Column("shard_kind", Text, primary_key=True),
        sa.Column("shard_id", Text, primary_key=True),
        sa.Column("rows", sa.BigInteger, nullable=False),
        sa.Column("digest", sa.Text, nullable=False),
        sa.Column("run", sa.Integer, nullable=False),
    )


_COPYING = _digests(fitness.COPYING)
_SHARDS = _digests("emrcore_backup_shards")


@attrs.frozen(kw_only=True)
class Difference:
    """A shard that two stores hold differently; None: one has nothing of it."""

    shard: Shard
    one: Content | None
    other: Content | None

    def __str__(self) -> str:
        found = [f"{it.rows} rows {it.digest[:12]}" if it else "nothing" for it in self._both()]
        return f"{name(self.shard)}: {found[0]}, {found[1]}"

    def _both(self) -> tuple[Content | None, Content | None]:
        return self.one, self.other


def _silent(_shard: str, _rows: int) -> None:
    """Tell nobody."""


def copy(source: sa.Engine, target: sa.Engine, *, progress: Progress = _silent) -> Contents:
    """Copy all of *source*, which goes on meanwhile, into *target* (KEP-3).

    That has to be empty, or an unfinished copy, which is finished.

    Raises:
        Unfit: *target* holds something else, or either is of another schema.
        Corrupt: *source* is not as it was written, and nothing is written; or *target* does not
            read like it, and stays unfinished.
        StoreError: either failed. What was written stays, unfinished.
    """
    with _snapshot(source) as origin:
        contents = _whole(origin)
        _fill(origin, target, contents, progress)
        with Own(target).writing(checked=False) as connection:
            _COPYING.drop(connection)
    return contents


def back_up(source: sa.Engine, path: Path, *, progress: Progress = _silent) -> Contents:
    """Copy all of *source*, which goes on meanwhile, into a new file at *path* (KEP-3).

    Until it is whole it is called *path* with ``.part`` behind, and is gone on with if it is there.

    Raises:
        Malformed: there is a file already.
        Corrupt: *source* is not as it was written.
        StoreError: either failed; what is unfinished stays, and is not at *path*.
    """
    if path.exists():
        raise Malformed("backup", (Fault(path.name, "is there already"),))
    part = path.with_name(f"{path.name}.part")
    with _snapshot(source) as origin:
        contents = _whole(origin)
        target = _unfinished(part)
        try:
            _fill(origin, target, contents, progress)
            with Own(target).writing(checked=False) as connection:
                _MANIFEST.create(connection)
                for table, content in contents.items():
                    connection.execute(_MANIFEST.insert(), {"name": table, **attrs.asdict(content)})
                connection.exec_driver_sql(f"ALTER TABLE {_COPYING.name} RENAME TO {_SHARDS.name}")
        finally:
            target.dispose()
    part.replace(path)
    _sync(path.parent)
    return contents


def restore(path: Path, target: sa.Engine, *, progress: Progress = _silent) -> Contents:
    """Copy the backup at *path* into *target*, as ``copy`` does (KEP-3).

    Raises:
        Malformed: there is no file.
        Corrupt: it is no whole backup, or was changed; nothing is written.
        StoreError: as ``copy``.
    """
    with _backup(path) as source:
        return copy(source, target, progress=progress)


def verify(source: sa.Engine, *, keys: Keys | None = None) -> Contents:
    """Read all of *source*: every row and journal is as it was written, and a backup what it was.

    Rows with a digest by a key are checked if the *keys* are given.

    Raises:
        Corrupt: it is not; names the shard.
        StoreError: it cannot be read, is unfinished, or is of another schema.
    """
    with _snapshot(source) as origin:
        return _whole(origin, Digests(keys))


def verify_backup(path: Path) -> Contents:
    """``verify`` for the file at *path*."""
    with _backup(path) as source:
        return verify(source)


def differences(one: sa.Engine | Path, other: sa.Engine | Path) -> Generator[Difference]:
    """Every shard that two stores or backups hold differently, in order (KEP-4).

    Both are read once and at the same time, each at one moment.

    Raises:
        Malformed: there is no such file.
        StoreError: one cannot be read, is unfinished, or is of another schema.
    """
    with contextlib.ExitStack() as stack:
        read = [
            stack.enter_context(contextlib.closing(parts(stack.enter_context(_opened(it, stack)))))
            for it in (one, other)
        ]
        first, second = next(read[0], None), next(read[1], None)
        while first or second:
            places = [it.shard.place for it in (first, second) if it]
            left = first if first and first.shard.place == min(places) else None
            right = second if second and second.shard.place == min(places) else None
            contents = [it.content if it else None for it in (left, right)]
            if contents[0] != contents[1]:
                shard = Shard(*min(places))
                yield Difference(shard=shard, one=contents[0], other=contents[1])
            first = next(read[0], None) if left else first
            second = next(read[1], None) if right else second


def _opened(
    what: sa.Engine | Path, stack: contextlib.ExitStack
) -> contextlib.AbstractContextManager[sa.Connection]:
    return _snapshot(stack.enter_context(_backup(what)) if isinstance(what, Path) else what)


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
    """The backup at *path*, which is only read.

    Raises:
        Malformed: there is no file.
        Corrupt: it says nothing of what it holds.
    """
    if not path.is_file():
        raise Malformed("backup", (Fault(path.name, "is no file"),))
    query = {"mode": "ro", "immutable": "1", "uri": "true"}
    url = sa.URL.create("sqlite", database=path.absolute().as_uri(), query=query)
    engine = sa.create_engine(url)
    try:
        with failures.told(), engine.connect() as connection:
            fitness.check_schema(connection)
            if not sa.inspect(connection).has_table(_MANIFEST.name):
                raise Corrupt("the backup: it says nothing of what it holds")
        yield engine
    finally:
        engine.dispose()


def _whole(origin: sa.Connection, digests: Digests = _UNKEYED) -> Contents:
    """What *origin* comes to, every journal of which is whole.

    Raises:
        Corrupt: it is not, or is a backup and not what it says it is.
    """
    sums, number = Sums(), 0
    is_backup = sa.inspect(origin).has_table(_MANIFEST.name)
    for part, content in whole(parts(origin), digests):
        sums.add(part)
        number += 1
        if is_backup and _said(origin, _SHARDS, part.shard) != content:
            raise Corrupt(f"the backup, shard {name(part.shard)}")
    if is_backup:
        _check_totals(origin, sums.contents, number)
    return sums.contents


def _check_totals(origin: sa.Connection, contents: Contents, number: int) -> None:
    asked = sa.select(sa.func.count()).select_from(_SHARDS)
    if origin.execute(asked).scalar_one() != number:
        raise Corrupt("the backup: shards are missing")
    said = {
        row.name: Content(rows=row.rows, digest=row.digest)
        for row in origin.execute(sa.select(_MANIFEST))
    }
    for table in TABLES:
        if said.get(table.name) != contents[table.name]:
            raise Corrupt(f"the backup of {table.name}")


def _said(connection: sa.Connection, table: sa.Table, shard: Shard) -> Content | None:
    """What *table* says of *shard*."""
    asked = sa.select(table.c.rows, table.c.digest).where(*_of(table, shard))
    row = connection.execute(asked).first()
    return Content(rows=row.rows, digest=row.digest) if row else None


def _of(table: sa.Table, shard: Shard) -> Sequence[sa.ColumnElement[bool]]:
    if "patient" in table.c:
        return [sa.literal(shard.kind) == sa.literal("patient"), table.c.patient == shard.id]
    return [table.c.shard_kind == shard.kind, table.c.shard_id == shard.id]


# -- What is written -------------------------------------------------------------------------------


def _unfinished(part: Path) -> sa.Engine:
    """The file of an unfinished backup; one that does not read as a database is begun anew."""
    if part.exists():
        target = sqlite_engine(part)
        try:
            with failures.told(), target.connect() as connection:
                _check_file(connection)
        except StoreError:
            target.dispose()
            part.unlink()
    return sqlite_engine(part)


def _fill(origin: sa.Connection, target: sa.Engine, contents: Contents, progress: Progress) -> None:
    """Write what *origin* holds into *target*, and compare what it reads like with *contents*."""
    _begin(target)
    run = _number(target)
    done = 0
    for some in _in_pieces(parts(origin)):
        with Own(target).writing(checked=False) as connection:
            done += _write(connection, some, run)
        progress(name(some[-1].shard), done)
    _take_away(target, run)
    with failures.told(), target.connect() as connection:
        sums = Sums()
        for part in parts(connection):
            sums.add(part)
    for table in TABLES:
        if sums.contents[table.name] != contents[table.name]:
            raise Corrupt(f"the copy of {table.name}")


def _begin(target: sa.Engine) -> None:
    """Make the tables of an unfinished copy, unless they are there."""
    with Own(target).writing(checked=False) as connection:
        fitness.check_settings(connection)
        if sa.inspect(connection).has_table(_COPYING.name):
            return
        migrate(connection)
        for table in TABLES:
            if connection.execute(sa.select(sa.literal(1)).select_from(table).limit(1)).first():
                raise Unfit("what it is copied to is not empty")
        _COPYING.create(connection)


def _number(target: sa.Engine) -> int:
    """The number of a new run: one more than the last that wrote to *target*."""
    asked = sa.select(sa.func.coalesce(sa.func.max(_COPYING.c.run), 0) + 1)
    with failures.told(), target.connect() as connection:
        return int(connection.execute(asked).scalar_one())


def _in_pieces(found: Iterator[Part]) -> Generator[list[Part]]:
    """*found* in pieces of about a thousand rows, none of which divides a shard."""
    piece: list[Part] = []
    for part in found:
        piece.append(part)
        if sum(len(some) for one in piece for some in one.rows.values()) >= AT_ONCE:
            yield piece
            piece = []
    if piece:
        yield piece


def _write(connection: sa.Connection, piece: Sequence[Part], run: int) -> int:
    """Let *connection* hold *piece* as it is, and note that *run* has seen to it; how many rows."""
    known = _known(connection, piece[0].shard, piece[-1].shard)
    new: dict[sa.Table, list[dict[str, Any]]] = {table: [] for table in (*TABLES, _COPYING)}
    same: list[dict[str, Any]] = []
    for part in piece:
        content = part.content
        if known.get(part.shard) == content:
            same.append({"its_kind": part.shard.kind, "its_id": part.shard.id, "run": run})
            continue
        if part.shard in known:
            _delete(connection, part.shard)
        for table, found in part.rows.items():
            new[table] += [named(table, row) for row in found]
        shard = {"shard_kind": part.shard.kind, "shard_id": part.shard.id}
        new[_COPYING].append({**shard, **attrs.asdict(content), "run": run})
    for table, some in new.items():
        if table is documents and some:
            loading.insert(connection, some)
        elif some:
            connection.execute(table.insert(), some)
    if same:
        connection.execute(_SEEN, same)
    return sum(len(found) for part in piece for found in part.rows.values())


_SEEN = sa.update(_COPYING).where(
    _COPYING.c.shard_kind == sa.bindparam("its_kind", type_=sa.Text),
    _COPYING.c.shard_id == sa.bindparam("its_id", type_=sa.Text),
)


def _known(connection: sa.Connection, first: Shard, last: Shard) -> dict[Shard, Content]:
    """What an unfinished copy holds of the shards from *first* to *last*."""
    place = sa.tuple_(_COPYING.c.shard_kind, _COPYING.c.shard_id)
    bounds = [
        sa.tuple_(sa.literal(it.kind, sa.Text), sa.literal(it.id, sa.Text)) for it in (first, last)
    ]
    asked = sa.select(_COPYING).where(place >= bounds[0], place <= bounds[1])
    return {
        Shard(row.shard_kind, row.shard_id): Content(rows=row.rows, digest=row.digest)
        for row in connection.execute(asked)
    }


def _take_away(target: sa.Engine, run: int) -> None:
    """Delete what an earlier run has written and *run* has not found any more."""
    asked = sa.select(_COPYING.c.shard_kind, _COPYING.c.shard_id).where(_COPYING.c.run != run)
    with Own(target).writing(checked=False) as connection:
        for kind, id_ in connection.execute(asked).all():
            _delete(connection, Shard(kind, id_))


def _delete(connection: sa.Connection, shard: Shard) -> None:
    for table in (*TABLES, _COPYING):
        connection.execute(sa.delete(table).where(*_of(table, shard)))


def _sync(folder: Path) -> None:
    """Let the name of a new file survive a power cut too."""
    opened = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
