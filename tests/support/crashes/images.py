"""What the SQLite file may be after a power cut, at any moment and in any manner.

One writer writes through a disk that remembers (``disks``). After each write to it, and each sync,
images are made of what a cut at that moment may leave. Each is opened: it must be sound, and hold
exactly what the store held after the last acknowledged commit, or after the one under way. What the
store holds after each commit is seen on the way, and is held against the invariants at the end.
"""

import hashlib
import json
import pathlib
import random
import tempfile
import time
from collections.abc import Sequence
from typing import Any

import apsw
import attrs
import sqlalchemy as sa

from crashes import apsw_driver
from crashes.disks import MANNERS, Disk, Watched
from crashes.judge import judge
from crashes.reports import Report
from crashes.writer import Job, write
from emrcore.adapters.sql import check_store, metadata, migrate, prepare, sqlite_engine
from emrcore.testing.invariants import Violation

ROOM = "/dev/shm" if pathlib.Path("/dev/shm").is_dir() else None  # noqa: S108 - a fast disk
_ASKED = [
    f"SELECT * FROM {table.name} ORDER BY {', '.join(table.primary_key.columns.keys())}"  # noqa: S608
    for table in metadata.tables.values()
]


@attrs.define
class Camera:
    """Takes images as the writer goes on, and says of each what is wrong with it."""

    disk: Disk
    folder: pathlib.Path
    chance: random.Random
    report: Report
    images: int
    each: int
    states: dict[str, int] = attrs.field(factory=dict[str, int])
    since: int = 0
    waiting: list[tuple[int, dict[str, bytes]]] = attrs.field(
        factory=list[tuple[int, dict[str, bytes]]]
    )

    def take(self) -> None:
        """Take some images of this moment; what was acknowledged by now is to be in them."""
        for _ in range(self.each):
            if self.report.faults + len(self.waiting) < self.images:
                manner = MANNERS[self.chance.randrange(len(MANNERS))]
                self.waiting.append((self.since, self.disk.image(self.chance, manner)))

    def acknowledged(self) -> None:
        """A commit is acknowledged: images so far hold what it made, or what was there before."""
        content = self._content(self.disk.image(self.chance, "all"))
        self.states.setdefault(content, len(self.states))
        self.since = self.states[content]
        for since, image in self.waiting:
            self.report.faults += 1
            self._look(since, image)
        self.waiting.clear()
        self.take()

    def _content(self, image: dict[str, bytes]) -> str:
        for name, content in image.items():
            (self.folder / name).write_bytes(content)
        found = content_of(self.folder / "emrcore.db")
        for path in self.folder.iterdir():
            path.unlink()
        return found

    def _look(self, since: int, image: dict[str, bytes]) -> None:
        found = self._content(image)
        place = self.states.get(found, -1)
        if place not in {since, since + 1}:
            what = found if place < 0 else f"commit {place} instead of {since}"
            kind = "I4" if 0 <= place < since else "I7"
            self.report.note("lost" if kind == "I4" else "corrupt")
            self.report.violations.append(Violation(invariant=kind, where="image", what=what))


def content_of(path: pathlib.Path) -> str:
    """The digest of all rows in the file, or what is wrong with it."""
    try:
        connection: Any = apsw.Connection(str(path))
        try:
            found = [list(connection.execute(asked)) for asked in _ASKED]
            sound = next(iter(connection.execute("PRAGMA integrity_check(1)")))[0]
        finally:
            connection.close()
    except (apsw.Error, UnicodeDecodeError) as error:
        return f"{type(error).__name__}"
    if sound != "ok":
        return str(sound)
    return hashlib.sha256(json.dumps(found, default=bytes.hex).encode()).hexdigest()


Setting = Sequence[str]
"""PRAGMAs that a store sets after it was found fit."""

WAL_FULL: Setting = ()
DELETE_EXTRA: Setting = ("journal_mode = DELETE", "synchronous = EXTRA")
WAL_NORMAL: Setting = ("synchronous = NORMAL",)
WAL_OFF: Setting = ("synchronous = OFF",)
DELETE_OFF: Setting = ("journal_mode = DELETE", "synchronous = OFF")


def campaign(
    *, images: int, setting: Setting = WAL_FULL, seed: int = 0, each: int = 10, plant: str = ""
) -> Report:
    """Look at so many *images* of a store under *setting*, *each* of them at every moment."""
    report, number = Report(), 0
    while report.faults < images and not report.violations:
        number += 1
        chance = random.Random(f"{seed} {number}")
        with tempfile.TemporaryDirectory(prefix="emrcore-images-", dir=ROOM) as name:
            folder = pathlib.Path(name)
            (folder / "cut").mkdir()
            camera = Camera(Disk(), folder / "cut", chance, report, images, each)
            _recorded(camera, folder, setting, plant)
    return report


def _recorded(camera: Camera, folder: pathlib.Path, setting: Setting, plant: str) -> None:
    vfs = Watched(f"watched-{id(camera)}", camera.disk)
    module = apsw_driver.driver(vfs.name)
    url = f"sqlite:///{folder / 'emrcore.db'}"
    engine = prepare(sa.create_engine(url, module=module, pool_size=1, max_overflow=0))
    migrate(engine)
    check_store(engine)
    with engine.connect() as connection:
        driver: Any = connection.connection.dbapi_connection
        for pragma in setting:
            driver.execute(f"PRAGMA {pragma}")
    for file in camera.disk.files.values():
        file.sync()
    camera.acknowledged()
    camera.disk.before = camera.take
    epoch = time.monotonic()
    job = Job(url="", ledger=folder / "ledger", families=3, epoch=epoch, plant=plant)
    write(job, engine=engine, acknowledged=camera.acknowledged)
    camera.disk.before = lambda: None
    if not camera.report.violations:
        engine = sqlite_engine(folder / "emrcore.db")
        camera.report.add(judge(engine, [job.ledger], epoch=epoch))
    engine.dispose()
    vfs.unregister()
