"""What the invariants are checked against: a storage, and what went through its ports.

A ``Recorder`` in front of any storage writes down what passes, and needs nothing else of it. What
the ports alone tell (states, journals, what is due) can be checked without one.
"""

import datetime as dt
import enum
import functools
from collections.abc import Callable, Iterator, Mapping, Sequence

import attrs

from emrcore.access import View
from emrcore.errors import CommitUnknown
from emrcore.journal import Entry, Head, Link
from emrcore.office import Office
from emrcore.people import PatientId
from emrcore.ports import (
    Batch,
    Fate,
    Key,
    Leased,
    Message,
    OutboxItem,
    Shard,
    Sms,
    SmsOutcome,
    Storage,
    Stored,
)
from emrcore.records import Document, Page, Versions, arrived
from emrcore.wire import decode_any

FOREVER = dt.datetime(9000, 1, 1, tzinfo=dt.UTC)
"""After everything."""


LIVES = frozenset({"application", "grant", "factor", "session", "facts", "break-glass"})
"""The kinds of states that change by what the journal tells, and by nothing else."""


@attrs.frozen(kw_only=True)
class Violation:
    """An invariant that does not hold: which, where, and what was found instead."""

    invariant: str
    where: str
    what: str

    def __str__(self) -> str:
        return f"{self.invariant} {self.where}: {self.what}"


@attrs.frozen(kw_only=True)
class Commit:
    """A batch that was applied; if not ``known``, it may have been. ``call`` is whose it was."""

    at: dt.datetime
    call: int
    batch: Batch
    known: bool = True


@attrs.frozen(kw_only=True)
class Lease:
    """An item that was handed out."""

    at: dt.datetime
    leased: Leased


@attrs.frozen(kw_only=True)
class Settlement:
    """What a worker said became of an item, and whether that counted."""

    at: dt.datetime
    leased: Leased
    fate: Fate
    took: bool


@attrs.frozen(kw_only=True)
class Handed:
    """A message that was handed to the provider, and what the provider said."""

    at: dt.datetime
    message: Message
    outcome: SmsOutcome


class Ended(enum.StrEnum):
    """How the call of a verb ended."""

    ANSWERED = "answered"
    REFUSED = "refused"
    UNAVAILABLE = "unavailable"
    UNKNOWN = "unknown"
    CRASHED = "crashed"


@attrs.frozen(kw_only=True)
class Call:
    """One call of a verb that has ended.

    ``key`` is what a request was made under that may be repeated (``Office.once``), ``told`` a text
    of what was answered to it, if that is no secret.
    """

    number: int
    verb: str
    ended: Ended
    key: str = ""
    told: str = attrs.field(default="", repr=False)


@attrs.define
class Evidence:
    """A storage with what is known about its past.

    ``office`` is the office as it should be: its rulebook, calendars and keys are what is judged
    by, its storage is what is looked at. ``shards`` are all that were ever written to. ``secrets``
    are texts that must not be anywhere in clear. What went through the ports is in the lists, in
    its order; a harness that has no recorder leaves them empty, and then only what the ports tell
    is checked. Once all is ``settled`` nothing waits any more, and what was due by ``attended`` has
    been seen to.
    """

    office: Office
    shards: list[Shard] = attrs.field(factory=list[Shard])
    commits: list[Commit] = attrs.field(factory=list[Commit])
    documents: dict[tuple[PatientId, str, str], Versions] = attrs.field(
        factory=dict[tuple[PatientId, str, str], Versions]
    )
    leases: list[Lease] = attrs.field(factory=list[Lease])
    settlements: list[Settlement] = attrs.field(factory=list[Settlement])
    handed: list[Handed] = attrs.field(factory=list[Handed])
    calls: list[Call] = attrs.field(factory=list[Call])
    secrets: set[str] = attrs.field(factory=set[str])
    settled: bool = False
    attended: dt.datetime | None = None

    @property
    def storage(self) -> Storage:
        """What is looked at."""
        return self.office.storage

    def links(self, shard: Shard) -> Iterator[Link]:
        """All links of *shard*."""
        after = 0
        while links := self.storage.links(shard, after=after):
            yield from links
            after = links[-1].number

    def events(self, shard: Shard) -> Iterator[object]:
        """What the journal of *shard* tells, in order."""
        for link in self.links(shard):
            yield decoded(link.entry.detail)

    def states(self, shard: Shard, kind: str) -> dict[Key, object]:
        """All states of one *kind* in *shard*."""
        found = self.storage.find(shard, kind)
        return {key: decoded(stored.text) for key, stored in found.items()}

    def shards_of(self, kind: str) -> Iterator[Shard]:
        """Those shards that are of one *kind*."""
        return (shard for shard in self.shards if shard.kind == kind)

    def replay(self) -> "Iterator[tuple[Commit, Mapping[Key, object]]]":
        """Every commit, with what every life was right before it."""
        before: dict[Key, object] = {}
        for commit in self.commits:
            yield commit, before
            for key, text in commit.batch.put.items():
                if key.kind in LIVES:
                    before[key] = decoded(text)


@functools.lru_cache(maxsize=1 << 16)
def decoded(text: str) -> object:
    """The value in *text*; the same texts come again and again."""
    return decode_any(text)


@functools.lru_cache(maxsize=1 << 16)
def event_of(entry: Entry) -> object:
    """The event that *entry* is about."""
    return decode_any(entry.detail)


def items_of(evidence: Evidence) -> dict[tuple[Shard, str], OutboxItem]:
    """Every item that a commit has put into the outbox."""
    return {
        (item.shard, item.id): item for commit in evidence.commits for item in commit.batch.outbox
    }


@attrs.define
class Recorder:
    """A storage that writes down in ``evidence`` what passes on its way to the ``inner`` one.

    ``now`` tells the time, and ``call`` which call is at work.
    """

    inner: Storage
    evidence: Evidence
    now: Callable[[], dt.datetime]
    call: Callable[[], int] = lambda: 0

    def _met(self, shard: Shard) -> None:
        if shard not in self.evidence.shards:
            self.evidence.shards.append(shard)

    def load(self, *keys: Key) -> Mapping[Key, Stored]:
        """See ``Store.load``."""
        return self.inner.load(*keys)

    def commit(self, batch: Batch) -> None:
        """See ``Store.commit``."""
        self._met(batch.shard)
        commit = Commit(at=self.now(), call=self.call(), batch=batch)
        try:
            self.inner.commit(batch)
        except CommitUnknown:
            self.evidence.commits.append(attrs.evolve(commit, known=False))
            raise
        self.evidence.commits.append(commit)

    def find(self, shard: Shard, kind: str) -> Mapping[Key, Stored]:
        """See ``Store.find``."""
        return self.inner.find(shard, kind)

    def due(self, kind: str, before: dt.datetime, limit: int) -> tuple[Key, ...]:
        """See ``Store.due``."""
        return self.inner.due(kind, before, limit)

    def add(self, patient: PatientId, documents: Sequence[Document], entry: Entry) -> int:
        """See ``Records.add``."""
        self._met(Shard.of_patient(patient))
        found = self.inner.add(patient, documents, entry)
        for one in documents:
            place = (patient, one.source, one.id)
            self.evidence.documents[place] = arrived(self.evidence.documents.get(place), one)
        return found

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
        self.evidence.leases += [Lease(at=self.now(), leased=one) for one in found]
        return found

    def settle(self, leased: Leased, fate: Fate) -> bool:
        """See ``Outbox.settle``."""
        took = self.inner.settle(leased, fate)
        said = Settlement(at=self.now(), leased=leased, fate=fate, took=took)
        self.evidence.settlements.append(said)
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
class SmsRecorder:
    """A provider that writes down in ``evidence`` what is handed to the ``inner`` one."""

    inner: Sms
    evidence: Evidence
    now: Callable[[], dt.datetime]

    def send(self, message: Message) -> SmsOutcome:
        """See ``Sms.send``."""
        at = self.now()
        outcome = self.inner.send(message)
        self.evidence.handed.append(Handed(at=at, message=message, outcome=outcome))
        return outcome
