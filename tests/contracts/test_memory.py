"""The memory of a process keeps what every storage promises."""

import pytest

from emrcore.adapters.memory import MemoryStorage
from emrcore.ports import Storage
from emrcore.testing.contracts import StorageContract


class TestMemory(StorageContract):
    @pytest.fixture
    def storage(self) -> Storage:
        return MemoryStorage()
