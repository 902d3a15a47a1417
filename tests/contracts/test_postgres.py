"""PostgreSQL keeps what every storage promises."""

import pytest
import sqlalchemy as sa

from emrcore.adapters.sql import SqlStorage
from emrcore.ports import Storage
from emrcore.testing.contracts import StorageContract


class TestPostgres(StorageContract):
    @pytest.fixture
    def storage(self, postgres: sa.Engine) -> Storage:
        return SqlStorage(postgres)
