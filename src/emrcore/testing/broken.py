"""Storages and keys that break one promise each: a contract is worth what it refuses."""

import base64
import datetime as dt
import time
from collections.abc import Mapping, Sequence

import attrs
from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from emrcore.access import View
from emrcore.adapters.keyring import LocalKeys
from emrcore.adapters.memory import MemoryStorage
from emrcore.errors import Conflict, Corrupt
from emrcore.journal import Entry
from emrcore.people import PatientId
from emrcore.ports import Batch, Fate, Leased, Stored
from emrcore.records import Document, Standing, count, latest, stood


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


class OverwritesInPlace(MemoryStorage):
    """Writes a correction over the version that is there."""

    def add(self, patient: PatientId, documents: Sequence[Document], entry: Entry) -> int:
        """The earlier versions are gone."""
        number = super().add(patient, documents, entry)
        card = self._documents[patient]
        card.update({name: (latest(kept),) for name, kept in card.items()})
        return number


class CountsRetracted(MemoryStorage):
    """Hides a retracted document from pages, and goes on counting it."""

    def count(self, view: View) -> Mapping[str, int]:
        """Over the latest versions, as if all of them were current."""
        with self._lock:
            kept = self._documents[view.subject].values()
            found = [attrs.evolve(latest(one), standing=Standing.CURRENT) for one in kept]
        return count(view, found)


class LateVersionWins(MemoryStorage):
    """Takes whatever arrives last for the current version."""

    def add(self, patient: PatientId, documents: Sequence[Document], entry: Entry) -> int:
        """Without the source's own numbers."""
        bare = [attrs.evolve(one, version=None) for one in documents]
        return super().add(patient, bare, entry)


class RevivesRetracted(MemoryStorage):
    """Shows a retracted document again as soon as its source corrects it."""

    def add(self, patient: PatientId, documents: Sequence[Document], entry: Entry) -> int:
        """The latest version stands as it was delivered."""
        number = super().add(patient, documents, entry)
        card = self._documents[patient]
        for one in documents if number else ():
            card[one.source, one.id] = stood(card[one.source, one.id], one.standing)
        return number


class MovesWhileRead(MemoryStorage):
    """Lists a corrected document under its new day, also for who is half way through."""

    def _card(self, view: View) -> list[Document]:
        return [attrs.evolve(one, listed_on=None) for one in super()._card(view)]


class MarksApart(MemoryStorage):
    """Retracts documents in one transaction and writes the rest in a second one."""

    def commit(self, batch: Batch) -> None:
        """Where the second is refused, the first stays."""
        super().commit(Batch(shard=batch.shard, expect={}, marks=batch.marks))
        super().commit(attrs.evolve(batch, marks=()))


class Unfenced(MemoryStorage):
    """Listens to a worker that has lost its lease."""

    def settle(self, leased: Leased, fate: Fate) -> bool:
        """Whatever the attempt."""
        waiting = self._outbox[leased.item.shard, leased.item.id]
        return super().settle(attrs.evolve(leased, attempt=waiting.attempt), fate)


class IgnoredContext(LocalKeys):
    """Wraps for every context alike: what is one person's opens another's."""

    def wrap(self, key: bytes, context: bytes) -> bytes:
        """Bound to nothing."""
        del context
        return super().wrap(key, b"")

    def unwrap(self, wrapped: bytes, context: bytes) -> bytes:
        """Whoever asks."""
        del context
        return super().unwrap(wrapped, b"")


class OneKeyForAll(LocalKeys):
    """Derives one key whatever it is used for."""

    def derive(self, use: str, context: bytes, *, key: str) -> bytes:
        """Without the use."""
        del use
        return super().derive("", context, key=key)


class GluedTogether(LocalKeys):
    """Tells the use from the context by nothing."""

    def derive(self, use: str, context: bytes, *, key: str) -> bytes:
        """By one text of both."""
        return super().derive("", use.encode() + context, key=key)


class CurrentOnly(LocalKeys):
    """Derives by the current master, whichever was named."""

    def derive(self, use: str, context: bytes, *, key: str) -> bytes:
        """What was made before the change is lost."""
        del key
        return super().derive(use, context, key=self.current)


class TrialDecryption(LocalKeys):
    """Finds the master of a wrapped key by trying them all."""

    def wrap(self, key: bytes, context: bytes) -> bytes:
        """Without saying by which master."""
        return base64.urlsafe_b64decode(self._fernets().encrypt(context + key))

    def unwrap(self, wrapped: bytes, context: bytes) -> bytes:
        """By whichever master fits."""
        try:
            plain = self._fernets().decrypt(base64.urlsafe_b64encode(wrapped))
        except InvalidToken:
            raise Corrupt("a wrapped key") from None
        if not plain.startswith(context):
            raise Corrupt("a wrapped key")
        return plain.removeprefix(context)

    def _fernets(self) -> MultiFernet:
        others = [name for name in self.masters if name != self.current]
        names = [self.current, *others]
        return MultiFernet([Fernet(base64.urlsafe_b64encode(self.masters[n])) for n in names])
