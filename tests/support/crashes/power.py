"""The power of a real file system is cut.

ext4 on a loop device is told to shut down at once and not to write its journal (EXT4_IOC_SHUTDOWN),
which loses all that was not synced. It is mounted again, replays its own journal, and the judge
looks. The ledger is elsewhere. An acknowledgement binds if it was in the ledger before the cut: a
sync that races with it may still return.

It takes root and a loop device, and no device mapper.
"""

import contextlib
import fcntl
import os
import pathlib
import random
import subprocess
import tempfile
import time
from collections.abc import Callable, Generator

import sqlalchemy as sa

from crashes.judge import Verdict, judge
from crashes.kills import start
from crashes.ledger import Ledger
from crashes.reports import Report
from crashes.writer import Job
from emrcore.adapters.sql import migrate, store_engine

_SHUTDOWN = 0x8004587D
_WITHOUT_JOURNAL = (2).to_bytes(4, "little")
_PATIENCE = 300.0
_MEGABYTES = 96


def why_not() -> str:
    """Why no power can be cut here; nothing, if it can."""
    if os.geteuid() != 0:
        return "not root"
    try:
        with (
            tempfile.TemporaryDirectory(prefix="emrcore-power-") as name,
            _disk(pathlib.Path(name)) as disk,
        ):
            disk.cut()
    except (OSError, subprocess.SubprocessError) as failure:
        return f"no ext4 on a loop device: {type(failure).__name__}"
    return ""


class _Disk:
    """An ext4 in a file, mounted at ``mount``."""

    def __init__(self, folder: pathlib.Path) -> None:
        self.image, self.mount = folder / "disk.img", folder / "mount"
        self.mount.mkdir()

    def plug_in(self) -> None:
        """Mount it; ext4 replays its journal."""
        _run("mount", "-o", "loop", str(self.image), str(self.mount))

    def cut(self) -> None:
        """From now on nothing reaches the disk."""
        handle = os.open(self.mount, os.O_RDONLY)
        try:
            fcntl.ioctl(handle, _SHUTDOWN, _WITHOUT_JOURNAL)
        finally:
            os.close(handle)

    def pull_out(self) -> None:
        """Unmount it, once nobody holds a file of it."""
        deadline = time.monotonic() + _PATIENCE
        while subprocess.run(["umount", self.mount], capture_output=True, check=False).returncode:
            if time.monotonic() > deadline:
                raise TimeoutError("it is still in use")
            time.sleep(0.05)


@contextlib.contextmanager
def _disk(folder: pathlib.Path) -> Generator[_Disk]:
    disk = _Disk(folder)
    with disk.image.open("wb") as image:
        image.truncate(_MEGABYTES << 20)
    _run("mkfs.ext4", "-q", "-F", str(disk.image))
    disk.plug_in()
    try:
        yield disk
    finally:
        disk.pull_out()


def _run(*command: str) -> None:
    subprocess.run(command, check=True, capture_output=True, timeout=_PATIENCE)


def campaign(*, cuts: int, seed: int = 0, plant: str = "", generation: int = 10) -> Report:
    """Cut the power *cuts* times; every *generation* of them has a database of its own."""
    chance, report = random.Random(seed), Report()
    with (
        tempfile.TemporaryDirectory(prefix="emrcore-power-") as name,
        _disk(pathlib.Path(name)) as disk,
    ):
        while report.faults < cuts and not report.violations:
            number = report.faults
            path = disk.mount / f"emrcore-{number}.db"
            job = Job(
                url=f"sqlite:///{path}",
                ledger=pathlib.Path(name) / f"ledger-{number}",
                epoch=time.monotonic(),
                plant=plant,
            )
            _engine(job, migrate)
            os.sync()
            before, binding = Verdict(), list[tuple[int, int]]()
            for _ in range(min(generation, cuts - number)):
                binding.append(_cut(disk, job, chance))
                report.faults += 1
                verdict = _judged(job, binding)
                report.add(verdict, before=before)
                before = verdict
                if report.violations:
                    break
            for one in disk.mount.glob("emrcore-*"):
                one.unlink()
    return report


def _engine(job: Job, use: Callable[[sa.Engine], object]) -> None:
    engine = store_engine(job.url)
    use(engine)
    engine.dispose()


def _cut(disk: _Disk, job: Job, chance: random.Random) -> tuple[int, int]:
    """Cut the power while *job* is written; between which sizes of the ledger nothing binds."""
    ledger = Ledger(job.ledger)
    size, deadline = ledger.size(), time.monotonic() + _PATIENCE
    process = start(job)
    while ledger.size() == size:
        if time.monotonic() > deadline:
            raise TimeoutError("no writer began")
        time.sleep(0.002)
    time.sleep(chance.uniform(0, 0.5))
    sure = ledger.size()
    disk.cut()
    process.kill()
    process.join()
    unsure = ledger.size()
    disk.pull_out()
    disk.plug_in()
    return sure, unsure


def _judged(job: Job, unsure: list[tuple[int, int]]) -> Verdict:
    engine = store_engine(job.url)
    try:
        return judge(engine, [job.ledger], epoch=job.epoch, unsure=unsure)
    finally:
        engine.dispose()
