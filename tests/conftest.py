"""What all tests may ask for: empty databases, a real PostgreSQL among them.

What needs a real Kannel is left out, aloud.
"""

import contextlib
import os
import pathlib
from collections.abc import Generator

import pytest
import sqlalchemy as sa

import servers
from emrcore.adapters.sql import metadata, migrate, sqlite_engine

pytest.register_assert_rewrite("emrcore.testing.contracts")


@contextlib.contextmanager
def _or_loudly(
    request: pytest.FixtureRequest, server: contextlib.AbstractContextManager[str]
) -> Generator[str]:
    """The URL of *server*; to have none fails in CI, and elsewhere skips loudly."""
    try:
        with server as url:
            yield url
    except servers.NoServerError as failure:
        if os.environ.get("CI") == "true":
            pytest.fail(f"no PostgreSQL: {failure}")
        reporter = request.config.pluginmanager.get_plugin("terminalreporter")
        if reporter:
            reporter.write_line(f"\nNOT TESTED ON POSTGRESQL: {failure}", red=True, bold=True)
        pytest.skip(f"no PostgreSQL: {failure}")


@pytest.fixture(scope="session")
def postgres_url(request: pytest.FixtureRequest) -> Generator[str]:
    """The URL of a PostgreSQL server."""
    with _or_loudly(request, servers.postgres()) as url:
        yield url


@pytest.fixture
def reckless_url(request: pytest.FixtureRequest) -> Generator[str]:
    """The URL of a PostgreSQL server that syncs nothing."""
    with _or_loudly(request, servers.own_postgres(fsync="off", full_page_writes="off")) as url:
        yield url


@pytest.fixture(scope="session")
def postgres_engine(postgres_url: str) -> Generator[sa.Engine]:
    """The tables in PostgreSQL, as the tests before have left them."""
    with servers.schema(postgres_url) as url:
        engine = sa.create_engine(url)
        migrate(engine)
        yield engine
        engine.dispose()


@pytest.fixture
def postgres(postgres_engine: sa.Engine) -> sa.Engine:
    """The tables in PostgreSQL, empty."""
    with postgres_engine.begin() as connection:
        for table in metadata.tables.values():
            connection.execute(table.delete())
    return postgres_engine


@pytest.fixture
def sqlite(tmp_path: pathlib.Path) -> Generator[sa.Engine]:
    """The tables in a SQLite file, empty."""
    engine = sqlite_engine(tmp_path / "emrcore.db")
    migrate(engine)
    yield engine
    engine.dispose()


_LEFT_OUT = pytest.StashKey[dict[str, int]]()
_ELSEWHERE = {
    "kannel": "a real Kannel in a network of its own: make test-kannel",
    "spark": "a Java and PySpark: make test-spark",
}


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """What needs more than a Python: such tests run only where ``-m`` speaks of them."""
    config.stash[_LEFT_OUT] = numbers = {}
    for marker in _ELSEWHERE:
        left_out = [item for item in items if item.get_closest_marker(marker)]
        if left_out and marker not in str(config.getoption("markexpr")):
            items[:] = [item for item in items if not item.get_closest_marker(marker)]
            config.hook.pytest_deselected(items=left_out)
            numbers[marker] = len(left_out)


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    """Say what was left out, and how to run it."""
    none: dict[str, int] = {}
    for marker, number in config.stash.get(_LEFT_OUT, none).items():
        terminalreporter.write_line(f"{number} tests need {_ELSEWHERE[marker]}")
