"""The journal in a database, held against checkpoints that its administrator cannot reach."""

import pytest
import sqlalchemy as sa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from emrcore.adapters.ed25519 import Ed25519Signer
from emrcore.adapters.memory import MemoryCheckpoints
from emrcore.adapters.sql import SqlStorage
from emrcore.adapters.system import SystemClock
from emrcore.errors import Corrupt
from emrcore.journal import Retention
from emrcore.office.auditing import Notary
from emrcore.ports import Batch
from emrcore.testing.contracts.examples import CARD, LOGIN, entry

KEY = Ed25519Signer(
    origin="clinic.example/journal", private=Ed25519PrivateKey.from_private_bytes(bytes(32))
)
TAMPERINGS = {
    "UPDATE emrcore_entries SET action = 'x' WHERE number = 2": 2,
    'UPDATE emrcore_entries SET context = \'{"basis":"x"}\' WHERE number = 3': 3,
    "UPDATE emrcore_entries SET number = 9 WHERE number = 4": 4,
    "DELETE FROM emrcore_entries WHERE number = 1": 1,
    "DELETE FROM emrcore_entries WHERE number > 3": 4,
    "DELETE FROM emrcore_entries": 1,
}


@pytest.fixture
def notary(either: sa.Engine) -> Notary:
    """With a checkpoint over five links of one shard and one of another."""
    storage = SqlStorage(either)
    storage.commit(Batch(shard=CARD, expect={}, entries=tuple(entry(str(n)) for n in range(5))))
    storage.commit(Batch(shard=LOGIN, expect={}, entries=(entry(),)))
    new = Notary(journal=storage, sink=MemoryCheckpoints(), key=KEY, clock=SystemClock())
    assert new.checkpoint() == ()
    return new


@pytest.mark.parametrize("statement", TAMPERINGS)
def test_what_an_administrator_does_is_found(
    notary: Notary, either: sa.Engine, statement: str
) -> None:
    """JRN-3, JRN-6: in either database, at its place."""
    assert list(notary.verify()) == []
    with either.begin() as connection:
        connection.exec_driver_sql(statement)
    found = [one for one in notary.verify() if one.shard == CARD]
    assert found[0].number == TAMPERINGS[statement]


@pytest.mark.parametrize("text", ["", "[]", "{", '{"purpose":"x"}', '{"other":"x"}', "7"])
def test_circumstances_that_make_no_sense_are_corrupt(
    notary: Notary, either: sa.Engine, text: str
) -> None:
    """JRN-10: they are never guessed at."""
    with either.begin() as connection:
        connection.execute(sa.text("UPDATE emrcore_entries SET context = :text"), {"text": text})
    with pytest.raises(Corrupt):
        notary.journal.links(CARD)


def test_what_is_over_is_given_up(notary: Notary) -> None:
    """JRN-9: signed first, then deleted; and what is left is whole."""
    assert notary.trim(CARD, Retention()) == 4
    assert [one.number for one in notary.journal.links(CARD)] == [5]
    assert list(notary.verify()) == []
    assert notary.trim(CARD, Retention(years=25)) == 0
