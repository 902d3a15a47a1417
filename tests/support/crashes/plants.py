"""Bugs of a storage, planted to see whether they are found."""

from typing import Any

import attrs
import sqlalchemy as sa
from sqlalchemy import event

from emrcore.adapters.sql import SqlStorage, check_store
from emrcore.ports import Batch, Storage


class TwoTransactions(SqlStorage):
    """Writes states in one transaction, and what tells of them in the next."""

    def commit(self, batch: Batch) -> None:
        """Not all of it together."""
        super().commit(attrs.evolve(batch, entries=(), outbox=()))
        super().commit(
            Batch(shard=batch.shard, expect={}, entries=batch.entries, outbox=batch.outbox)
        )


class LostOutbox(SqlStorage):
    """Forgets what is to be sent."""

    def commit(self, batch: Batch) -> None:
        """Without messages."""
        super().commit(attrs.evolve(batch, outbox=()))


class AcknowledgedFirst(SqlStorage):
    """Says yes, and writes with the next call: as a cache in front of a store does."""

    late: Batch | None = None

    def commit(self, batch: Batch) -> None:
        """What was put off, and then this only where it cannot be put off."""
        waiting, self.late = self.late, None
        if waiting:
            super().commit(waiting)
        if batch.put:
            super().commit(batch)
        else:
            self.late = batch


_STORAGES = {
    "two transactions": TwoTransactions,
    "lost outbox": LostOutbox,
    "acknowledged first": AcknowledgedFirst,
}


UNSYNCED = "synchronous off"


def leave_unsynced(engine: sa.Engine) -> None:
    """Set SQLite to sync nothing, once the store was found fit: as a host might by mistake."""

    def lent(driver: Any, *_: object) -> None:
        driver.execute("PRAGMA synchronous = OFF")

    check_store(engine)
    event.listen(engine, "checkout", lent)


def planted(name: str, storage: SqlStorage) -> Storage:
    """*storage* with the bug of that *name*, if it is one of a storage's."""
    if name in _STORAGES:
        storage.__class__ = _STORAGES[name]
    return storage
