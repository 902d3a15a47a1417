"""Storages that break one promise each, as real ones have: a contract is worth what it refuses."""

import datetime as dt
import time
from collections.abc import Mapping

import attrs

from emrcore.access import View
from emrcore.adapters.memory import MemoryStorage
from emrcore.errors import Conflict
from emrcore.ports import Batch, Fate, Leased, Stored


class BlindPut(MemoryStorage):
    """Writes whatever the versions are."""

    def commit(self, batch: Batch) -> None:
        """As if every version were the expected one."""
        super().commit(self._unchecked(batch))

    def _unchecked(self, batch: Batch) -> Batch:
        return attrs.evolve(batch, expect={key: self._version(key) for key in batch.expect})


class WrittenOnly(MemoryStorage):
    """Checks the keys it writes, and not those that were only read."""

    def commit(self, batch: Batch) -> None:
        """With fewer expectations."""
        written = {key: batch.expect[key] for key in batch.put}
        super().commit(attrs.evolve(batch, expect=written))


class CheckThenAct(BlindPut):
    """Checks the versions first and writes later."""

    def commit(self, batch: Batch) -> None:
        """With a gap in between."""
        for key, version in batch.expect.items():
            if self._version(key) != version:
                raise Conflict(key.kind)
        time.sleep(0.0001)  # the gap that every store has here, wide enough to be met
        super().commit(batch)


class ReusedVersions(MemoryStorage):
    """Gives a version out again after a while."""

    def commit(self, batch: Batch) -> None:
        """Versions 1, 2, 1, 2."""
        super().commit(batch)
        for key in batch.put:
            stored = self._states[key]
            self._states[key] = Stored(stored.text, (stored.version - 1) % 2 + 1)


class LostOutbox(MemoryStorage):
    """Forgets what is to be sent."""

    def commit(self, batch: Batch) -> None:
        """Without messages."""
        super().commit(attrs.evolve(batch, outbox=()))


class StateFirst(MemoryStorage):
    """Writes states in one transaction and the rest in a second one that a crash prevents."""

    def commit(self, batch: Batch) -> None:
        """The first transaction; the process ends here."""
        super().commit(attrs.evolve(batch, entries=(), outbox=()))


class MessageFirst(MemoryStorage):
    """Writes entries and messages in one transaction and the states in a second one."""

    def commit(self, batch: Batch) -> None:
        """Where the second is refused, the first stays."""
        super().commit(
            Batch(shard=batch.shard, expect={}, entries=batch.entries, outbox=batch.outbox)
        )
        super().commit(attrs.evolve(batch, entries=(), outbox=()))


class CountsHidden(MemoryStorage):
    """Counts what the viewer may not see."""

    def count(self, view: View) -> Mapping[str, int]:
        """As of the moment when all is published."""
        return super().count(attrs.evolve(view, at=view.at + dt.timedelta(days=36500)))


class Unfenced(MemoryStorage):
    """Listens to a worker that has lost its lease."""

    def settle(self, leased: Leased, fate: Fate) -> bool:
        """Whatever the attempt."""
        waiting = self._outbox[leased.item.shard, leased.item.id]
        return super().settle(attrs.evolve(leased, attempt=waiting.attempt), fate)
