"""Rows that no commit has written are refused, and named without what they hold."""

import pytest
import sqlalchemy as sa

from emrcore.adapters.keyring import LocalKeys
from emrcore.adapters.sql import SqlStorage, rewrite_digests, verify
from emrcore.adapters.system import SystemRandomness
from emrcore.errors import Corrupt
from emrcore.ports import Batch
from emrcore.testing.contracts.cards import document
from emrcore.testing.contracts.examples import CARD, KEY, NOW, PATIENT, entry, held, item, write

SECRET = "Ivanova"
KEYS = LocalKeys(
    masters={"k1": bytes(range(32)), "k2": bytes(range(1, 33))},
    current="k1",
    randomness=SystemRandomness(),
)
LATER = LocalKeys(masters=KEYS.masters, current="k2", randomness=SystemRandomness())


def filled(storage: SqlStorage) -> None:
    """One state, one message, one document."""
    storage.commit(Batch(shard=CARD, expect={KEY: 0}, put={KEY: "kept"}, outbox=(item("1"),)))
    storage.add(PATIENT, [document(id="1", section="plain", kind="one")], entry())


def by_hand(engine: sa.Engine, statement: str) -> None:
    with engine.begin() as connection:
        connection.execute(sa.text(statement))


@pytest.mark.parametrize("keys", [None, KEYS])
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE emrcore_states SET text = 'Ivanova'",
        "UPDATE emrcore_states SET version = 7",
        "UPDATE emrcore_states SET due = '2020-01-01 00:00:00'",
        "UPDATE emrcore_states SET digest = ''",
        "UPDATE emrcore_outbox SET fate = 'sent'",
        "UPDATE emrcore_outbox SET reference = 'Ivanova'",
        "UPDATE emrcore_outbox SET queued = queued + 1",
        "UPDATE emrcore_documents SET title = 'Ivanova'",
        "UPDATE emrcore_documents SET dated = '2001-01-01'",
    ],
)
def test_a_row_changed_by_hand_is_found(
    either: sa.Engine, statement: str, keys: LocalKeys | None
) -> None:
    """STO-9: by whoever reads the whole store; the error names its table and key alone."""
    filled(SqlStorage(either, keys=keys))
    verify(either, keys=keys)
    by_hand(either, statement)
    with pytest.raises(Corrupt, match=statement.split()[1]) as raised:
        verify(either, keys=keys)
    assert SECRET not in str(raised.value)


def test_a_changed_row_is_not_read(either: sa.Engine) -> None:
    """STO-9: a state, a message, a document; what is beside it is."""
    storage = SqlStorage(either)
    filled(storage)
    by_hand(either, "UPDATE emrcore_states SET text = 'other'")
    by_hand(either, "UPDATE emrcore_outbox SET reference = 'other'")
    by_hand(either, "UPDATE emrcore_documents SET title = 'other'")
    with pytest.raises(Corrupt, match="emrcore_states"):
        held(storage, KEY)
    with pytest.raises(Corrupt, match="emrcore_outbox"):
        storage.lease(at=NOW, until=NOW, limit=1)
    with pytest.raises(Corrupt, match="emrcore_documents"):
        storage.versions(PATIENT, "clinic", "1")


def test_whoever_has_no_key_makes_no_row(either: sa.Engine) -> None:
    """STO-9: a digest without a key counts only in a store that has none."""
    storage = SqlStorage(either, keys=KEYS)
    write(storage, KEY, text="kept")
    write(SqlStorage(either), KEY, text="forged", version=1)
    with pytest.raises(Corrupt, match="emrcore_states"):
        held(storage, KEY)


def test_a_store_goes_over_to_a_key_and_to_the_next(either: sa.Engine) -> None:
    """STO-9, STO-6: every row at once, and none that was changed."""
    filled(SqlStorage(either))
    rewrite_digests(either, KEYS, keyed=False)
    assert held(SqlStorage(either, keys=KEYS), KEY) == [("kept", 1)]
    rewrite_digests(either, LATER, keyed=True)
    assert held(SqlStorage(either, keys=LATER), KEY) == [("kept", 1)]
    by_hand(either, "UPDATE emrcore_states SET text = 'other'")
    with pytest.raises(Corrupt, match="emrcore_states"):
        rewrite_digests(either, KEYS, keyed=True)
