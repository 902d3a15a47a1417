"""Everything in the memory of one process: the embedded default, and the other stores' oracle."""

import datetime as dt
import threading
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

import attrs

from emrcore.access import View
from emrcore.errors import Conflict
from emrcore.journal import Entry, Head, Link, Sealed, link
from emrcore.people import PatientId
from emrcore.ports import ABSENT, Batch, Fate, Key, Leased, OutboxItem, Shard, Stored
from emrcore.records import (
    Document,
    Page,
    Versions,
    check_delivery,
    count,
    delivered,
    judge,
    latest,
    page,
    stood,
)


@attrs.define
class _Waiting:
    item: OutboxItem
    order: int
    attempt: int = 0
    leased_until: dt.datetime | None = None
    fate: Fate | None = None


class MemoryStorage:
    """Keeps states, documents, messages and the journal in memory; lost with the process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._states: dict[Key, Stored] = {}
        self._due: dict[Key, dt.datetime] = {}
        self._links: defaultdict[Shard, list[Link]] = defaultdict(list)
        self._outbox: dict[tuple[Shard, str], _Waiting] = {}
        self._documents: defaultdict[PatientId, dict[tuple[str, str], Versions]] = defaultdict(dict)

    # -- Store ------------------------------------------------------------------------------------

    def load(self, *keys: Key) -> Mapping[Key, Stored]:
        """See ``Store.load``."""
        with self._lock:
            return {key: self._states[key] for key in keys if key in self._states}

    def commit(self, batch: Batch) -> None:
        """See ``Store.commit``."""
        with self._lock:
            for key, version in batch.expect.items():
                if self._version(key) != version:
                    raise Conflict(key.kind)
            if any((item.shard, item.id) in self._outbox for item in batch.outbox):
                raise Conflict("outbox")
            card = self._documents[PatientId(batch.shard.id)] if batch.marks else {}
            if any((mark.source, mark.id) not in card for mark in batch.marks):
                raise Conflict("document")
            for mark in batch.marks:
                name = mark.source, mark.id
                card[name] = stood(card[name], mark.standing)
            for key, text in batch.put.items():
                self._states[key] = Stored(text, self._version(key) + 1)
                self._due.pop(key, None)
            self._due.update(batch.due)
            self._append(batch.shard, batch.entries)
            for item in batch.outbox:
                self._outbox[item.shard, item.id] = _Waiting(item, len(self._outbox))

    def find(self, shard: Shard, kind: str) -> Mapping[Key, Stored]:
        """See ``Store.find``."""
        with self._lock:
            found = [key for key in self._states if key.shard == shard and key.kind == kind]
            return {key: self._states[key] for key in sorted(found, key=lambda key: key.id)}

    def due(self, kind: str, before: dt.datetime, limit: int) -> tuple[Key, ...]:
        """See ``Store.due``."""
        with self._lock:
            found = [(at, key) for key, at in self._due.items() if key.kind == kind and at < before]
        found.sort(key=lambda pair: (pair[0], pair[1].shard.id, pair[1].id))
        return tuple(key for _, key in found[:limit])

    def _version(self, key: Key) -> int:
        stored = self._states.get(key)
        return stored.version if stored else ABSENT

    def _append(self, shard: Shard, entries: Sequence[Entry]) -> None:
        links = self._links[shard]
        for entry in entries:
            links.append(link(links[-1] if links else None, entry))

    # -- Records ----------------------------------------------------------------------------------

    def add(self, patient: PatientId, documents: Sequence[Document], entry: Entry) -> int:
        """See ``Records.add``."""
        check_delivery(patient, documents)
        with self._lock:
            card = self._documents[patient]
            changed = delivered(card, documents)
            number = sum(len(after) - len(card.get(name, ())) for name, after in changed.items())
            if changed:
                card.update(changed)
                self._append(Shard.of_patient(patient), [entry])
            return number

    def page(
        self, view: View, *, cursor: str | None = None, section: str | None = None, size: int = 50
    ) -> Page:
        """See ``Records.page``."""
        return page(view, self._card(view), cursor=cursor, section=section, size=size)

    def count(self, view: View) -> Mapping[str, int]:
        """See ``Records.count``."""
        return count(view, self._card(view))

    def get(self, view: View, source: str, id: str) -> Document | None:  # noqa: A002
        """See ``Records.get``."""
        with self._lock:
            kept = self._documents[view.subject].get((source, id))
        found = latest(kept) if kept else None
        return found if found and judge(view, found).visible else None

    def versions(self, patient: PatientId, source: str, id: str) -> Versions:  # noqa: A002
        """See ``Records.versions``."""
        with self._lock:
            return self._documents[patient].get((source, id), ())

    def _card(self, view: View) -> list[Document]:
        if not view.allowances:
            return []
        with self._lock:
            return [one for kept in self._documents[view.subject].values() for one in kept]

    # -- Outbox -----------------------------------------------------------------------------------

    def lease(self, *, at: dt.datetime, until: dt.datetime, limit: int) -> tuple[Leased, ...]:
        """See ``Outbox.lease``."""
        with self._lock:
            free = [
                one
                for one in self._outbox.values()
                if one.fate is None and (one.leased_until is None or one.leased_until <= at)
            ]
            free.sort(key=lambda one: one.order)
            taken: list[Leased] = []
            for one in free[:limit]:
                one.attempt += 1
                one.leased_until = until
                taken.append(Leased(item=one.item, attempt=one.attempt))
            return tuple(taken)

    def settle(self, leased: Leased, fate: Fate) -> bool:
        """See ``Outbox.settle``."""
        with self._lock:
            one = self._outbox[leased.item.shard, leased.item.id]
            if one.fate is not None or one.attempt != leased.attempt:
                return False
            if fate is not Fate.RETRY:
                one.fate = fate
            return True

    # -- Journal ----------------------------------------------------------------------------------

    def links(self, shard: Shard, *, after: int = 0, limit: int = 1000) -> Sequence[Link]:
        """See ``Journal.links``."""
        with self._lock:
            links = self._links[shard]
            gone = links[0].number - 1 if links else 0
            first = max(after - gone, 0)
            return tuple(links[first : first + limit])

    def heads(self, *, after: Shard | None = None, limit: int = 1000) -> Sequence[Head]:
        """See ``Journal.heads``."""
        with self._lock:
            behind = [
                shard
                for shard, links in self._links.items()
                if links and (after is None or shard.place > after.place)
            ]
            found = sorted(behind, key=lambda shard: shard.place)
            return tuple(self._links[shard][-1].head(shard) for shard in found[:limit])

    def trim(self, shard: Shard, *, upto: int) -> None:
        """See ``Journal.trim``."""
        with self._lock:
            links = self._links[shard]
            self._links[shard] = [one for one in links[:-1] if one.number > upto] + links[-1:]


class MemoryBlobs:
    """Keeps sealed bytes in memory; lost with the process."""

    def __init__(self) -> None:
        self._kept: dict[str, bytes] = {}

    def put(self, id: str, content: bytes) -> None:  # noqa: A002
        """See ``Blobs.put``."""
        self._kept[id] = content

    def get(self, id: str) -> bytes | None:  # noqa: A002
        """See ``Blobs.get``."""
        return self._kept.get(id)

    def delete(self, id: str) -> None:  # noqa: A002
        """See ``Blobs.delete``."""
        self._kept.pop(id, None)


class MemoryCheckpoints:
    """Keeps checkpoints in memory; see ``CheckpointSink``."""

    def __init__(self) -> None:
        self._kept: list[Sealed] = []

    def append(self, sealed: Sealed) -> None:
        """See ``CheckpointSink.append``."""
        if sealed.number != len(self._kept) + 1:
            raise Conflict("the log of checkpoints")
        self._kept.append(sealed)

    def last(self) -> Sealed | None:
        """See ``CheckpointSink.last``."""
        return self._kept[-1] if self._kept else None

    def read(self) -> Iterator[Sealed]:
        """See ``CheckpointSink.read``."""
        yield from tuple(self._kept)
