"""The memory of a process keeps what every storage promises."""

import pytest

from emrcore.adapters.memory import MemoryBlobs, MemoryStorage
from emrcore.ports import Blobs, Storage
from emrcore.testing.contracts import BlobsContract, StorageContract


class TestMemory(StorageContract):
    @pytest.fixture
    def storage(self) -> Storage:
        return MemoryStorage()


class TestMemoryBlobs(BlobsContract):
    @pytest.fixture
    def blobs(self) -> Blobs:
        return MemoryBlobs()
