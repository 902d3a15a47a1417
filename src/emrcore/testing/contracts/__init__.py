"""What every storage, keyring and provider promises, as tests a host runs against its own adapter.

::

    # conftest.py, so that failed asserts say what they compared
    pytest.register_assert_rewrite("emrcore.testing.contracts")

    # test_our_storage.py
    from emrcore.testing.contracts import StorageContract

    class TestOurStorage(StorageContract):
        @pytest.fixture
        def storage(self) -> Storage:
            return OurStorage(...)  # empty, and this test's own
"""

from emrcore.testing.contracts.blobs import BlobsContract
from emrcore.testing.contracts.concurrency import ConcurrencyContract
from emrcore.testing.contracts.corrections import CorrectionsContract
from emrcore.testing.contracts.documents import RecordsContract
from emrcore.testing.contracts.journals import JournalContract
from emrcore.testing.contracts.keys import KeysContract
from emrcore.testing.contracts.messages import OutboxContract
from emrcore.testing.contracts.sms import Arrival, Provider, SmsContract
from emrcore.testing.contracts.states import StoreContract


class StorageContract(
    StoreContract,
    ConcurrencyContract,
    JournalContract,
    OutboxContract,
    RecordsContract,
    CorrectionsContract,
):
    """All of it; a subclass gives the fixture ``storage``, fresh for each test."""


__all__ = [
    "Arrival",
    "BlobsContract",
    "ConcurrencyContract",
    "CorrectionsContract",
    "JournalContract",
    "KeysContract",
    "OutboxContract",
    "Provider",
    "RecordsContract",
    "SmsContract",
    "StorageContract",
    "StoreContract",
]
