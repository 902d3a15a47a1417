"""Empty databases: a SQLite file for each test, and one PostgreSQL schema emptied for each."""

import pathlib
from collections.abc import Generator

import pytest
import sqlalchemy as sa

import servers
from emrcore.adapters.sql import metadata, migrate, sqlite_engine


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


@pytest.fixture(params=["sqlite", "postgres"])
def either(request: pytest.FixtureRequest) -> sa.Engine:
    """The tables in each of the two databases, empty."""
    found: sa.Engine = request.getfixturevalue(request.param)
    return found
