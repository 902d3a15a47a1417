"""PostgreSQL is ended at once under load, and started again; every request is repeated until told.

What a client hears of a COMMIT that was under way is nothing at all: ``CommitUnknown``. It repeats
the request under its key, and is told the first outcome (STO-8). A writer that takes it for a
failure, and asks anew, files twice.
"""

import pathlib
import random
import signal
import tempfile
import time

import servers
from crashes.judge import judge
from crashes.kills import start
from crashes.ledger import Ledger, Told
from crashes.reports import Report
from crashes.writer import Job
from emrcore.adapters.sql import migrate, store_engine


def campaign(
    server: servers.Server,
    *,
    restarts: int,
    seed: int = 0,
    writers: int = 3,
    plant: str = "",
    generation: int = 10,
) -> Report:
    """End *server* and start it again *restarts* times, while *writers* write."""
    chance, report = random.Random(seed), Report()
    while report.faults < restarts and not report.violations:
        with (
            tempfile.TemporaryDirectory(prefix="emrcore-restarts-") as name,
            servers.schema(server.url) as url,
        ):
            text = url.render_as_string(hide_password=False)
            engine = store_engine(text)
            migrate(engine)
            engine.dispose()
            jobs = [
                Job(
                    url=text,
                    ledger=pathlib.Path(name) / f"ledger-{number}",
                    first=2 + 1000 * number,
                    epoch=time.monotonic(),
                    plant=plant,
                )
                for number in range(writers)
            ]
            processes = [start(job) for job in jobs]
            for _ in range(min(generation, restarts - report.faults)):
                _restart(server, jobs, chance)
                report.faults += 1
            _go_on(jobs)
            for process in processes:
                process.kill()
                process.join()
            for job in jobs:
                told = [one for _, one in Ledger(job.ledger).read() if isinstance(one, Told)]
                report.note("unknown", sum(one.how == "unknown" for one in told))
            report.add(judge(engine, [job.ledger for job in jobs], epoch=jobs[0].epoch))
            engine.dispose()
    return report


def _restart(server: servers.Server, jobs: list[Job], chance: random.Random) -> None:
    _go_on(jobs)
    time.sleep(chance.uniform(0, 0.3))
    server.end(signal.SIGQUIT)
    server.start()


def _go_on(jobs: list[Job], patience: float = 300.0) -> None:
    """Wait until each writer has been acknowledged something more.

    Raises:
        TimeoutError: the service did not resume by itself.
    """
    before = [_acknowledged(job) for job in jobs]
    deadline = time.monotonic() + patience
    while any(_acknowledged(job) <= n for job, n in zip(jobs, before, strict=True)):
        if time.monotonic() > deadline:
            raise TimeoutError("nothing is acknowledged any more")
        time.sleep(0.05)


def _acknowledged(job: Job) -> int:
    records = (record for _, record in Ledger(job.ledger).read())
    return sum(isinstance(one, Told) and one.how == "acknowledged" for one in records)
