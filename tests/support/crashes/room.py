"""There is no room left, or the disk may only be read: nothing is half written, and work goes on.

SQLite has a small tmpfs of its own, which a ballast fills to its last block; PostgreSQL keeps its
tables in one, while the rest of it has room. It takes root.
"""

import contextlib
import functools
import os
import pathlib
import shutil
import subprocess
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Generator

import sqlalchemy as sa

from crashes.judge import judge
from crashes.ledger import Ledger, Recording
from crashes.reports import Report
from crashes.writer import KEYS, Clock, Job, office, write
from emrcore.adapters.sql import SqlStorage, migrate, store_engine
from emrcore.errors import ReadOnly, StorageFull
from emrcore.office import Office
from emrcore.people import PatientId, Person, PersonId
from emrcore.testing.invariants import Violation, check_i34
from emrcore.testing.simulation.town import mother

_PATIENCE = 20.0
_TRIES = 400


def why_not() -> str:
    """Why there is always room here; nothing, if there is not."""
    if os.geteuid() != 0:
        return "not root"
    try:
        with tempfile.TemporaryDirectory() as name, small(pathlib.Path(name), 1):
            return ""
    except (OSError, subprocess.SubprocessError):
        return "nothing may be mounted here"


@contextlib.contextmanager
def small(folder: pathlib.Path, megabytes: int) -> Generator[pathlib.Path]:
    """A tmpfs of so many *megabytes* in *folder*."""
    mount = folder / "small"
    mount.mkdir()
    _run("mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", str(mount))
    try:
        yield mount
    finally:
        _run("umount", "--lazy", str(mount))


def _run(*command: str) -> None:
    subprocess.run(command, check=True, capture_output=True, timeout=_PATIENCE)


@contextlib.contextmanager
def full(mount: pathlib.Path) -> Generator[None]:
    """No room in *mount*."""
    ballast = mount / "ballast"
    with contextlib.suppress(OSError), ballast.open("wb") as file:
        while True:
            file.write(bytes(4096))
            file.flush()
    yield
    ballast.unlink()


@contextlib.contextmanager
def read_only(mount: pathlib.Path) -> Generator[None]:
    """*mount* may only be read."""
    _run("mount", "-o", "remount,ro", str(mount))
    yield
    _run("mount", "-o", "remount,rw", str(mount))


Trouble = Callable[[pathlib.Path], contextlib.AbstractContextManager[None]]


def campaign(
    engine: sa.Engine,
    mount: pathlib.Path,
    trouble: Trouble,
    meant: type[StorageFull | ReadOnly],
    *,
    rounds: int,
) -> Report:
    """Write to *engine*, whose tables are in *mount*, until *trouble* is met; then without it."""
    report, epoch = Report(), time.monotonic()
    with tempfile.TemporaryDirectory(prefix="emrcore-room-") as name:
        path = pathlib.Path(name) / "ledger"
        for number in range(rounds):
            job = Job(url="", ledger=path, first=2, families=number + 1, epoch=epoch)
            write(job, engine=engine)
            clock = Clock(epoch)
            storage = Recording(SqlStorage(engine, keys=KEYS), Ledger(path).open(), clock.now)
            desk = office(storage, clock)
            with trouble(mount):
                met = _met(desk, number)
                report.faults += met[meant.__name__]
                for other in met.keys() - {meant.__name__, "written"}:
                    what = f"was told {other}"
                    report.violations.append(Violation(invariant="I24", where="writer", what=what))
                report.violations += check_i34(functools.partial(desk.find_facts, mother(2).own))
            _go_on(desk, number)
            report.violations += judge(engine, [path], epoch=epoch).violations
    return report


def _met(desk: Office, number: int) -> Counter[str]:
    """What a caller was told until it met the trouble, and then again."""
    told: Counter[str] = Counter()
    for place in range(_TRIES):
        try:
            _create(desk, number, place)
            told["written"] += 1
        except Exception as error:  # noqa: BLE001 - whatever it is, it is counted
            told[type(error).__name__] += 1
            if told.total() - told["written"] > 2:
                break
    return told


def _go_on(desk: Office, number: int) -> None:
    """Write again; a connection that was opened for reading only may refuse once more."""
    for _ in range(2):
        with contextlib.suppress(ReadOnly):
            return _create(desk, number, _TRIES)
    return _create(desk, number, _TRIES)


def _create(desk: Office, number: int, place: int) -> None:
    id_ = f"crowd-{number}-{place}"
    person = Person(id=PersonId(id_), born=mother(2).person.born)
    desk.create_card(person, patient=PatientId(id_), clinic="clinic-1")


@contextlib.contextmanager
def in_sqlite(folder: pathlib.Path) -> Generator[tuple[sa.Engine, pathlib.Path]]:
    """A store in a small tmpfs."""
    with small(folder, 2) as mount:
        engine = store_engine(f"sqlite:///{mount / 'emrcore.db'}")
        migrate(engine)
        yield engine, mount
        engine.dispose()


@contextlib.contextmanager
def in_postgres(server: str, folder: pathlib.Path) -> Generator[tuple[sa.Engine, pathlib.Path]]:
    """A database of *server*, with its tables in a small tmpfs."""
    with small(folder, 12) as mount:
        folder.chmod(0o755)
        place = mount / "tables"
        place.mkdir()
        shutil.chown(place, "nobody")
        admin = store_engine(server).execution_options(isolation_level="AUTOCOMMIT")
        with admin.connect() as connection:
            connection.exec_driver_sql(f"CREATE TABLESPACE small LOCATION '{place}'")
            connection.exec_driver_sql("CREATE DATABASE crowded TABLESPACE small")
        engine = store_engine(server.replace("/postgres?", "/crowded?"))
        migrate(engine)
        yield engine, mount
        engine.dispose()
        with admin.connect() as connection:
            connection.exec_driver_sql("DROP DATABASE crowded WITH (FORCE)")
            connection.exec_driver_sql("DROP TABLESPACE small")
        admin.dispose()
