"""At every so-manieth system call by which SQLite writes, the process ends, or the call fails.

``strace`` holds the process while that happens. It attaches once the writer has come to its first
write, so that the calls are counted from there on. Where a call fails the writer goes on by itself;
where it was killed another one does.
"""

import itertools
import pathlib
import shutil
import subprocess
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from multiprocessing.process import BaseProcess
from typing import Any

from crashes.judge import judge
from crashes.kills import FORKED
from crashes.ledger import Ledger, Walked
from crashes.reports import Report
from crashes.writer import Job, write
from emrcore.adapters.sql import migrate, sqlite_engine

CALLS = ("pwrite64", "fdatasync", "fsync", "unlink")
FAULTS = ("signal=KILL", "error=EIO", "error=ENOSPC")

_PATIENCE = 300.0


def why_not() -> str:
    """Why system calls cannot be failed here; nothing, if they can."""
    strace = shutil.which("strace")
    if strace is None:
        return "strace is not installed"
    tried = subprocess.run(
        [strace, "-o", "/dev/null", "-e", "inject=getpid:error=EIO:when=1", "true"],
        capture_output=True,
        check=False,
        timeout=20,
    )
    return "" if tried.returncode == 0 else "no process may be traced here"


def campaign(*, every: int, plant: str = "") -> Report:
    """Fail every *every*-th of each of ``CALLS`` that one family's road makes, in each way."""
    report = Report()
    with tempfile.TemporaryDirectory(prefix="emrcore-calls-") as name:
        template = pathlib.Path(name) / "template.db"
        engine = sqlite_engine(template)
        migrate(engine)
        engine.dispose()
        for call, fault, number in _points(_counted(template), every):
            _fail(report, template, call, f"{fault}:when={number}", plant)
            if report.violations:
                break
    return report


def _points(counted: Counter[str], every: int) -> Iterator[tuple[str, str, int]]:
    turn = itertools.count(1)
    for number in range(1, max(counted.values()) + 1):
        for call, fault in itertools.product(CALLS, FAULTS):
            if number <= counted[call] and next(turn) % every == 0:
                yield call, fault, number


def _counted(template: pathlib.Path) -> Counter[str]:
    """How often a whole road makes each call."""
    with tempfile.TemporaryDirectory(prefix="emrcore-calls-") as name:
        log = _walked(_job(template, pathlib.Path(name)), [])
        return Counter({call: log.count(f" {call}(") for call in CALLS})


def _job(template: pathlib.Path, folder: pathlib.Path, plant: str = "") -> Job:
    shutil.copyfile(template, folder / "emrcore.db")
    return Job(
        url=f"sqlite:///{folder / 'emrcore.db'}",
        ledger=folder / "ledger",
        families=1,
        epoch=time.monotonic(),
        plant=plant,
    )


def _fail(report: Report, template: pathlib.Path, call: str, fault: str, plant: str) -> None:
    with tempfile.TemporaryDirectory(prefix="emrcore-calls-") as name:
        job = _job(template, pathlib.Path(name), plant)
        log = _walked(job, ["-e", f"inject={call}:{fault}"])
        fired = "(INJECTED)" in log or "killed by SIGKILL" in log
        report.faults += fired
        report.note("not fired", not fired)
        engine = sqlite_engine(pathlib.Path(name) / "emrcore.db")
        before = judge(engine, [job.ledger], epoch=job.epoch)
        report.add(before)
        if not _arrived(job):
            report.note("resumed by another")
            write(job)
            report.add(judge(engine, [job.ledger], epoch=job.epoch), before=before)
        if not _arrived(job):
            raise TimeoutError("nobody went on")
        engine.dispose()


def _arrived(job: Job) -> bool:
    return any(isinstance(record, Walked) for _, record in Ledger(job.ledger).read())


def _walked(job: Job, options: list[str]) -> str:
    """Let *job* be done under strace with *options*; what strace wrote down."""
    ready, go = FORKED.Event(), FORKED.Event()
    process = FORKED.Process(target=_write, args=(job, ready, go), daemon=True)
    process.start()
    log = job.ledger.with_name("strace.log")
    if not ready.wait(_PATIENCE):
        raise TimeoutError("no writer began")
    command = ["strace", "-f", "-p", str(process.pid), "-o", str(log)]
    command += ["-e", f"trace={','.join(CALLS)}", *options]
    strace = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    try:
        _attached(strace)
        go.set()
        process.join(_PATIENCE)
    finally:
        _end(process)
        strace.terminate()
        strace.communicate(timeout=_PATIENCE)
    return log.read_text()


def _attached(strace: "subprocess.Popen[str]") -> None:
    if strace.stderr is None or "attached" not in strace.stderr.readline():
        raise TimeoutError("strace does not attach")


def _end(process: BaseProcess) -> None:
    process.kill()
    process.join()


def _write(job: Job, ready: Any, go: Any) -> None:
    def wait() -> None:
        ready.set()
        go.wait()

    write(job, go=wait)
