"""An empty place in the database for each test."""

import itertools
import os
from collections.abc import Generator

import pytest
import sqlalchemy as sa

_NUMBERS = itertools.count()


@pytest.fixture
def postgres_schema(postgres_url: str) -> Generator[sa.URL]:
    """The URL of the server, in a schema of the test's own."""
    name = f"emrcore_test_{os.getpid()}_{next(_NUMBERS)}"
    url = sa.make_url(postgres_url)
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    with engine.begin() as connection:
        connection.execute(sa.schema.CreateSchema(name))
    yield url.update_query_dict({"options": f"-csearch_path={name}"})
    with engine.begin() as connection:
        connection.execute(sa.schema.DropSchema(name, cascade=True))
