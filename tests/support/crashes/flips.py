"""One bit of the database file is another one.

A flip that changes nothing that the store keeps is harmless. Every other one must be seen: by
SQLite, by the digest of a row, or by the chain of a journal. And what is read of the store before
anybody looks is as it was written, or not there, or refused.
"""

import contextlib
import pathlib
import random
import tempfile
import time
from collections.abc import Callable

import sqlalchemy as sa
from sqlalchemy import exc

from crashes.images import ROOM
from crashes.reports import Report
from crashes.writer import KEYS, Job, write
from emrcore.adapters.sql import SqlStorage, metadata, migrate, sqlite_engine, verify
from emrcore.adapters.sql.schema import shards, states
from emrcore.errors import StoreError
from emrcore.ports import Key, Shard, Stored
from emrcore.testing.invariants import Violation

Check = Callable[[sa.Engine], object]
"""What reads all of a store, and raises if it is not as it was written."""


def all_of_it(engine: sa.Engine) -> object:
    """As ``emrcore store verify`` does, with the keys."""
    return verify(engine, keys=KEYS)


def without_digests(engine: sa.Engine) -> None:
    """As if rows had none: what SQLite finds by itself, and what cannot be read.

    Raises:
        DatabaseError: it found something.
    """
    with engine.connect() as connection:
        if connection.exec_driver_sql("PRAGMA integrity_check(1)").scalar() != "ok":
            raise exc.DatabaseError("integrity_check", None, ValueError("not ok"))
        for table in metadata.tables.values():
            connection.execute(sa.select(table)).all()


def campaign(*, flips: int, seed: int = 0, check: Check = all_of_it) -> Report:
    """Flip so many single bits of a store, and *check* it after each."""
    chance, report = random.Random(seed), Report()
    with tempfile.TemporaryDirectory(prefix="emrcore-flips-", dir=ROOM) as name:
        folder = pathlib.Path(name)
        whole = folder / "whole.db"
        _made(whole, folder / "ledger")
        before, held, content = _rows(whole), _held(whole), whole.read_bytes()
        broken = folder / "broken.db"
        for _ in range(flips):
            place, bit = chance.randrange(len(content)), 1 << chance.randrange(8)
            damaged = bytearray(content)
            damaged[place] ^= bit
            broken.write_bytes(damaged)
            (folder / "broken.db-journal").unlink(missing_ok=True)
            report.faults += 1
            where = f"byte {place}, bit {bit}"
            _seen(report, broken, where, check, unchanged=_rows(broken) == before)
            _read(report, broken, where, held)
    return report


def _made(path: pathlib.Path, ledger: pathlib.Path) -> None:
    engine = sqlite_engine(path)
    migrate(engine)
    write(Job(url="", ledger=ledger, families=2, epoch=time.monotonic()), engine=engine)
    with engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA journal_mode = DELETE")
    engine.dispose()


def _rows(path: pathlib.Path) -> list[object] | None:
    """Every row as SQLite gives it, but for how often a shard was written to; None: it does not."""
    engine = sa.create_engine(f"sqlite:///{path}")
    tables = metadata.tables.values()
    try:
        with engine.connect() as connection:
            return [
                [tuple(row) for row in connection.exec_driver_sql(_asked(table))]
                for table in tables
            ]
    except (exc.SQLAlchemyError, ValueError, TypeError):
        return None
    finally:
        engine.dispose()


def _asked(table: sa.Table) -> str:
    names = [column.name for column in table.columns if column is not shards.c.turns]
    key = ", ".join(column.name for column in table.primary_key)
    return f"SELECT {', '.join(names)} FROM {table.name} NOT INDEXED ORDER BY {key}"  # noqa: S608


def _seen(report: Report, path: pathlib.Path, where: str, check: Check, *, unchanged: bool) -> None:
    engine = sqlite_engine(path)
    try:
        check(engine)
        seen = False
    except (StoreError, exc.SQLAlchemyError):
        seen = True
    finally:
        engine.dispose()
    report.note("seen", seen)
    report.note("harmless", unchanged and not seen)
    if not seen and not unchanged:
        report.violations.append(Violation(invariant="I29", where=where, what="nobody saw it"))


Held = dict[Shard, dict[Key, Stored]]


def _kinds(path: pathlib.Path) -> list[tuple[Shard, str]]:
    engine = sqlite_engine(path)
    with engine.connect() as connection:
        named = sa.select(states.c.shard_kind, states.c.shard_id, states.c.kind).distinct()
        found = [(Shard(row[0], row[1]), row[2]) for row in connection.execute(named)]
    engine.dispose()
    return found


def _held(path: pathlib.Path) -> Held:
    """What every shard holds."""
    engine, found = sqlite_engine(path), Held()
    storage = SqlStorage(engine, keys=KEYS)
    for shard, kind in _kinds(path):
        found.setdefault(shard, {}).update(storage.find(shard, kind))
    engine.dispose()
    return found


def _read(report: Report, path: pathlib.Path, where: str, held: Held) -> None:
    """Whatever is read is as it was written."""
    engine = sqlite_engine(path)
    storage = SqlStorage(engine, keys=KEYS)
    for states_of in held.values():
        with contextlib.suppress(StoreError, ValueError):
            for key, stored in storage.load(*states_of).items():
                if states_of[key] != stored:
                    what = "was read as what nobody wrote"
                    report.violations.append(Violation(invariant="I29", where=where, what=what))
    engine.dispose()
