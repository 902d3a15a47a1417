"""What all tests may ask for: a real PostgreSQL."""

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
