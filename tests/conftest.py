"""What all tests may ask for: a real PostgreSQL. What needs a real Kannel is left out, aloud."""

import contextlib
import os
from collections.abc import Generator

import pytest

import servers

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


_LEFT_OUT = pytest.StashKey[int]()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Kannel needs a network of its own: its tests run only where ``-m`` speaks of them."""
    if "kannel" in str(config.getoption("markexpr")):
        return
    left_out = [item for item in items if item.get_closest_marker("kannel")]
    if left_out:
        items[:] = [item for item in items if not item.get_closest_marker("kannel")]
        config.hook.pytest_deselected(items=left_out)
        config.stash[_LEFT_OUT] = len(left_out)


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    """Say what was left out, and how to run it."""
    if number := config.stash.get(_LEFT_OUT, 0):
        terminalreporter.write_line(
            f"{number} tests need a real Kannel in a network of its own: make test-kannel"
        )
