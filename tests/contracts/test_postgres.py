"""PostgreSQL keeps what every storage promises."""

from collections.abc import Generator

import pytest
import sqlalchemy as sa

from emrcore.adapters.sql import SqlStorage, create_schema
from emrcore.ports import Storage
from emrcore.testing.contracts import StorageContract


class TestPostgres(StorageContract):
    @pytest.fixture
    def storage(self, postgres_schema: sa.URL) -> Generator[Storage]:
        engine = sa.create_engine(postgres_schema)
        create_schema(engine)
        yield SqlStorage(engine)
        engine.dispose()
