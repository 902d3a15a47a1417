"""A storage over another one that seals documents keeps what every storage promises."""

import pytest
import sqlalchemy as sa

from attackers import keys_of
from emrcore.adapters.memory import MemoryStorage
from emrcore.adapters.sql import SqlStorage
from emrcore.adapters.system import SystemRandomness
from emrcore.office import SealedRecords
from emrcore.ports import Storage
from emrcore.testing.contracts import StorageContract


def sealed(storage: Storage) -> SealedRecords:
    """*storage*, with documents under keys of its own."""
    return SealedRecords(storage=storage, keys=keys_of("k1"), randomness=SystemRandomness())


class TestOverMemory(StorageContract):
    @pytest.fixture
    def storage(self) -> Storage:
        return sealed(MemoryStorage())


class TestOverSqlite(StorageContract):
    @pytest.fixture
    def storage(self, sqlite: sa.Engine) -> Storage:
        return sealed(SqlStorage(sqlite))


class TestOverPostgres(StorageContract):
    @pytest.fixture
    def storage(self, postgres: sa.Engine) -> Storage:
        return sealed(SqlStorage(postgres))
