"""Storages that are wrong in one way each."""

import datetime as dt
from collections.abc import Sequence

import attrs

from emrcore.errors import Conflict
from emrcore.journal import GENESIS, Entry
from emrcore.people import PatientId
from emrcore.ports import Batch, Fate, Leased, Shard
from emrcore.records import Document, latest
from emrcore.testing.broken import BlindPut, MessageFirst, ReusedVersions, Unfenced, WrittenOnly
from emrcore.testing.simulation.town import Kept


class KeptBlind(Kept, BlindPut):
    """Writes whatever the versions are."""


class KeptWrittenOnly(Kept, WrittenOnly):
    """Checks the keys it writes, and not those that were only read."""


class KeptReused(Kept, ReusedVersions):
    """Gives a version out again after a while."""


class KeptUnfenced(Kept, Unfenced):
    """Listens to a worker that has lost its lease."""


class KeptMessageFirst(Kept, MessageFirst):
    """Tells before it knows whether there is anything to tell."""


class Unlinked(Kept):
    """Begins the chain anew with every commit."""

    def _append(self, shard: Shard, entries: Sequence[Entry]) -> None:
        before = len(self._links[shard])
        super()._append(shard, entries)
        links = self._links[shard]
        if before and entries:
            links[before] = attrs.evolve(links[before], previous=GENESIS)


class Backwards(Kept):
    """Enters what the clock says, even if that is before the last entry."""

    def _append(self, shard: Shard, entries: Sequence[Entry]) -> None:
        before = len(self._links[shard])
        super()._append(shard, entries)
        links = self._links[shard]
        for number, entry in enumerate(entries, before):
            links[number] = attrs.evolve(links[number], entry=entry)


class WrongShard(Kept):
    """Enters what was done in an account in the journal of the first one."""

    def _append(self, shard: Shard, entries: Sequence[Entry]) -> None:
        wrong = Shard("account", "a0") if shard.kind == "account" else shard
        super()._append(wrong, entries)


class SkipsEntry(Kept):
    """Enters only the first of several entries."""

    def _append(self, shard: Shard, entries: Sequence[Entry]) -> None:
        super()._append(shard, entries[:1])


class LosesItem(Kept):
    """Keeps only the first of several messages."""

    def commit(self, batch: Batch) -> None:
        """See ``Store.commit``."""
        super().commit(attrs.evolve(batch, outbox=batch.outbox[:1]))


class LosesState(Kept):
    """Writes all but the last of several states."""

    def commit(self, batch: Batch) -> None:
        """See ``Store.commit``."""
        put = dict(list(batch.put.items())[: max(len(batch.put) - 1, 1)])
        due = {key: at for key, at in batch.due.items() if key in put}
        super().commit(attrs.evolve(batch, put=put, due=due))


class AppliedAndRefused(Kept):
    """Says that there was a conflict where it has applied the batch, now and then."""

    number = 0

    def commit(self, batch: Batch) -> None:
        """See ``Store.commit``."""
        super().commit(batch)
        self.number += 1
        if self.number % 7 == 0:
            raise Conflict("applied")


class Replaces(Kept):
    """Writes a correction over the version that is there."""

    def add(self, patient: PatientId, documents: Sequence[Document], entry: Entry) -> int:
        """See ``Records.add``."""
        number = super().add(patient, documents, entry)
        card = self._documents[patient]
        card.update({name: (latest(kept),) for name, kept in card.items()})
        return number


class WaitsForEver(Kept):
    """Never hands out again what a lost worker held."""

    def lease(self, *, at: dt.datetime, until: dt.datetime, limit: int) -> tuple[Leased, ...]:
        """See ``Outbox.lease``."""
        del until
        return super().lease(at=at, until=at + dt.timedelta(days=9999), limit=limit)


class NeverEnds(Kept):
    """Takes what was sent for what is to be tried again."""

    def settle(self, leased: Leased, fate: Fate) -> bool:
        """See ``Outbox.settle``."""
        again = fate is Fate.SENT and leased.attempt == 1
        return super().settle(leased, Fate.RETRY if again else fate)


class NeverDue(Kept):
    """Forgets by when something is due once it is written again."""

    def commit(self, batch: Batch) -> None:
        """See ``Store.commit``."""
        first = {key: at for key, at in batch.due.items() if not batch.expect[key]}
        super().commit(attrs.evolve(batch, due=first))


class StillDue(Kept):
    """Goes on showing as due what is decided."""

    def commit(self, batch: Batch) -> None:
        """See ``Store.commit``."""
        due = {key: self._due[key] for key in batch.put if key in self._due}
        super().commit(attrs.evolve(batch, due={**due, **batch.due}))
