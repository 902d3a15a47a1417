"""Writing processes are killed with SIGKILL at any moment, and others go on.

In SQLite the file is left as it stands, with a journal to be rolled back. In PostgreSQL the server
goes on, and may still be committing for a client that is gone: the judge waits for it to end.
"""

import contextlib
import multiprocessing
import pathlib
import random
import tempfile
import time
from collections.abc import Callable, Generator
from multiprocessing.process import BaseProcess

import sqlalchemy as sa

import servers
from crashes.judge import judge
from crashes.reports import Report
from crashes.writer import Job, write
from emrcore.adapters.sql import migrate, store_engine

_PATIENCE = 300.0
FORKED = multiprocessing.get_context("forkserver")
FORKED.set_forkserver_preload(["__main__", "crashes.writer"])

Fresh = Callable[[pathlib.Path], contextlib.AbstractContextManager[str]]
"""Makes the URL of an empty database; the folder is the caller's."""


def start(job: Job) -> BaseProcess:
    """A writer in a process of its own."""
    process = FORKED.Process(target=write, args=(job,), daemon=True)
    process.start()
    return process


@contextlib.contextmanager
def in_sqlite(folder: pathlib.Path) -> Generator[str]:
    """A file in *folder*."""
    yield f"sqlite:///{folder / 'emrcore.db'}"


def in_postgres(server: str) -> Fresh:
    """Schemas of *server*, for one writer after the other."""

    @contextlib.contextmanager
    def fresh(folder: pathlib.Path) -> Generator[str]:
        del folder
        with servers.schema(server) as url:
            named = url.update_query_dict({"application_name": "emrcore-crash"})
            yield named.render_as_string(hide_password=False)

    return fresh


def campaign(
    fresh: Fresh,
    *,
    rounds: int,
    seed: int = 0,
    writers: int = 1,
    plant: str = "",
    generation: int = 10,
) -> Report:
    """Kill all writers, *rounds* times; every *generation* of kills has a database of its own."""
    chance, report = random.Random(seed), Report()
    while report.faults < rounds and not report.violations:
        kills = min(generation, rounds - report.faults)
        with (
            tempfile.TemporaryDirectory(prefix="emrcore-kills-") as name,
            fresh(pathlib.Path(name)) as url,
        ):
            engine = store_engine(url)
            migrate(engine)
            jobs = [
                Job(
                    url=url,
                    ledger=pathlib.Path(name) / f"ledger-{number}",
                    first=2 + 1000 * number,
                    epoch=time.monotonic(),
                    plant=plant,
                )
                for number in range(writers)
            ]
            for _ in range(kills):
                _round(engine, jobs, chance, report)
                if report.violations:
                    break
            engine.dispose()
    return report


def _round(engine: sa.Engine, jobs: list[Job], chance: random.Random, report: Report) -> None:
    sizes = [_size(job) for job in jobs]
    processes = [start(job) for job in jobs]
    deadline = time.monotonic() + _PATIENCE
    while all(_size(job) == size for job, size in zip(jobs, sizes, strict=True)):
        if time.monotonic() > deadline or not any(one.is_alive() for one in processes):
            raise TimeoutError("no writer began")
        time.sleep(0.002)
    time.sleep(chance.uniform(0, 0.4))
    for process in processes:
        process.kill()
    for process in processes:
        process.join()
        report.faults += process.exitcode == -9
    _settled(engine)
    verdict = judge(engine, [job.ledger for job in jobs], epoch=jobs[0].epoch)
    report.add(verdict)


def _size(job: Job) -> int:
    return job.ledger.stat().st_size if job.ledger.exists() else 0


def _settled(engine: sa.Engine) -> None:
    """Wait until no server process works for a client that is gone."""
    if engine.dialect.name != "postgresql":
        return
    asked = sa.text(
        "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'emrcore-crash'"
        " AND pid <> pg_backend_pid()"
    )
    deadline = time.monotonic() + _PATIENCE
    engine.dispose()
    while True:
        with engine.connect() as connection:
            if not connection.execute(asked).scalar_one():
                return
        if time.monotonic() > deadline:
            raise TimeoutError("a server process goes on")
        time.sleep(0.01)
