"""What all tests may ask for: empty databases, a real PostgreSQL among them."""

import contextlib
import itertools
import os
import pathlib
from collections.abc import Generator

import pytest
import sqlalchemy as sa

import servers
from emrcore.adapters.sql import create_schema, metadata, sqlite_engine

pytest.register_assert_rewrite("emrcore.testing.contracts")


@pytest.fixture(scope="session")
def postgres_url(request: pytest.FixtureRequest) -> Generator[str]:
    """The URL of a PostgreSQL server; to have none fails in CI, and elsewhere skips loudly."""
    try:
        with servers.postgres() as url:
            yield url
    except servers.NoServerError as failure:
        if os.environ.get("CI") == "true":
            pytest.fail(f"no PostgreSQL: {failure}")
        reporter = request.config.pluginmanager.get_plugin("terminalreporter")
        if reporter:
            reporter.write_line(f"\nNOT TESTED ON POSTGRESQL: {failure}", red=True, bold=True)
        pytest.skip(f"no PostgreSQL: {failure}")


_NUMBERS = itertools.count()


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


@pytest.fixture(scope="session")
def postgres_engine(postgres_url: str) -> Generator[sa.Engine]:
    """The tables in PostgreSQL, as the tests before have left them."""
    with schema(postgres_url) as url:
        engine = sa.create_engine(url)
        create_schema(engine)
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
    create_schema(engine)
    yield engine
    engine.dispose()
