"""What a writing process tried and what it was told, kept outside the database.

Each record is one ``write`` to a file opened for appending: the kernel has it then, so that it
outlives the process. It is not synced, since no failure that is tried here takes the machine that
keeps it.
"""

import datetime as dt
import os
import pathlib
import pickle
import time
from collections.abc import Callable, Iterator, Mapping, Sequence

import attrs

from emrcore.access import View
from emrcore.errors import CommitUnknown, StoreError
from emrcore.journal import Entry, Head, Link
from emrcore.people import PatientId
from emrcore.ports import (
    Accepted,
    Batch,
    Fate,
    Key,
    Leased,
    Message,
    Shard,
    SmsOutcome,
    Storage,
    Stored,
)
from emrcore.records import Document, Page, Versions
from emrcore.testing.invariants import Handed, Lease, Settlement


@attrs.frozen
class Tried:
    """A write under way: a batch, or documents for a card."""

    number: int
    at: dt.datetime
    batch: Batch | None = None
    patient: PatientId | None = None
    documents: tuple[Document, ...] = ()
    entry: Entry | None = None


@attrs.frozen
class Told:
    """How the write of that number ended: acknowledged, refused (not applied), or not known."""

    number: int
    how: str


@attrs.frozen
class Surprise:
    """What no caller should ever have been told."""

    what: str


@attrs.frozen
class Walked:
    """A family has come to the end of its road."""

    family: int


Record = Tried | Told | Lease | Settlement | Handed | Surprise | Walked

_SIZE = 4


@attrs.frozen
class Ledger:
    """The file at *path*, for one writer at a time."""

    path: pathlib.Path

    def open(self) -> Callable[[Record], None]:
        """What appends a record."""
        handle = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)

        def append(record: Record) -> None:
            text = pickle.dumps(record)
            os.write(handle, len(text).to_bytes(_SIZE, "big") + text)

        return append

    def size(self) -> int:
        """How many bytes were recorded until now."""
        return self.path.stat().st_size if self.path.exists() else 0

    def read(self) -> Iterator[tuple[int, Record]]:
        """Every record, with the offset at which it ends."""
        content = self.path.read_bytes() if self.path.exists() else b""
        at = 0
        while at + _SIZE <= len(content):
            end = at + _SIZE + int.from_bytes(content[at : at + _SIZE], "big")
            if end > len(content):
                return
            yield end, pickle.loads(content[at + _SIZE : end])  # noqa: S301 - our own
            at = end


@attrs.define
class Recording:
    """A storage that appends to a ledger what it is asked, and what the ``inner`` one answers."""

    inner: Storage
    append: Callable[[Record], None]
    now: Callable[[], dt.datetime]
    acknowledged: Callable[[], object] = lambda: None

    def _write(self, tried: Tried, call: Callable[[], int | None]) -> int | None:
        self.append(tried)
        try:
            answer = call()
        except CommitUnknown:
            self.append(Told(tried.number, "unknown"))
            raise
        except (StoreError, ValueError):
            self.append(Told(tried.number, "refused"))
            raise
        self.append(Told(tried.number, "acknowledged"))
        self.acknowledged()
        return answer

    def load(self, *keys: Key) -> Mapping[Key, Stored]:
        """See ``Store.load``."""
        return self.inner.load(*keys)

    def commit(self, batch: Batch) -> None:
        """See ``Store.commit``."""
        tried = Tried(time.monotonic_ns(), self.now(), batch)
        self._write(tried, lambda: self.inner.commit(batch))

    def find(self, shard: Shard, kind: str) -> Mapping[Key, Stored]:
        """See ``Store.find``."""
        return self.inner.find(shard, kind)

    def due(self, kind: str, before: dt.datetime, limit: int) -> tuple[Key, ...]:
        """See ``Store.due``."""
        return self.inner.due(kind, before, limit)

    def add(self, patient: PatientId, documents: Sequence[Document], entry: Entry) -> int:
        """See ``Records.add``."""
        number = time.monotonic_ns()
        tried = Tried(number, self.now(), None, patient, tuple(documents), entry)
        return self._write(tried, lambda: self.inner.add(patient, documents, entry)) or 0

    def page(
        self, view: View, *, cursor: str | None = None, section: str | None = None, size: int = 50
    ) -> Page:
        """See ``Records.page``."""
        return self.inner.page(view, cursor=cursor, section=section, size=size)

    def count(self, view: View) -> Mapping[str, int]:
        """See ``Records.count``."""
        return self.inner.count(view)

    def get(self, view: View, source: str, id: str) -> Document | None:  # noqa: A002
        """See ``Records.get``."""
        return self.inner.get(view, source, id)

    def versions(self, patient: PatientId, source: str, id: str) -> Versions:  # noqa: A002
        """See ``Records.versions``."""
        return self.inner.versions(patient, source, id)

    def lease(self, *, at: dt.datetime, until: dt.datetime, limit: int) -> tuple[Leased, ...]:
        """See ``Outbox.lease``."""
        found = self.inner.lease(at=at, until=until, limit=limit)
        for one in found:
            self.append(Lease(at=self.now(), leased=one))
        if found:
            self.acknowledged()
        return found

    def settle(self, leased: Leased, fate: Fate) -> bool:
        """See ``Outbox.settle``."""
        took = self.inner.settle(leased, fate)
        self.append(Settlement(at=self.now(), leased=leased, fate=fate, took=took))
        if took:
            self.acknowledged()
        return took

    def links(self, shard: Shard, *, after: int = 0, limit: int = 1000) -> Sequence[Link]:
        """See ``Journal.links``."""
        return self.inner.links(shard, after=after, limit=limit)

    def heads(self, *, after: Shard | None = None, limit: int = 1000) -> Sequence[Head]:
        """See ``Journal.heads``."""
        return self.inner.heads(after=after, limit=limit)

    def trim(self, shard: Shard, *, upto: int) -> None:
        """See ``Journal.trim``."""
        self.inner.trim(shard, upto=upto)


@attrs.define
class Phone:
    """A provider that takes every message, and phones that outlive who sends to them."""

    append: Callable[[Record], None]
    now: Callable[[], dt.datetime]
    texts: dict[str, list[str]] = attrs.field(factory=dict[str, list[str]])

    def send(self, message: Message) -> SmsOutcome:
        """See ``Sms.send``."""
        taken = Accepted(provider_id=message.ref)
        self.append(Handed(at=self.now(), message=message, outcome=taken))
        self.texts.setdefault(message.to, []).append(message.text)
        return taken
