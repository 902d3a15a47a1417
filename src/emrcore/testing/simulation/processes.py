"""Processes over one storage, each suspended at every call of a port, and failing there.

A task is one thing somebody does, in a greenlet of its own; the shipped verbs run in it unchanged.
Whoever calls a port leaves the floor to the hub, which decides who goes on, and with which fault.
"""

import contextlib
import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from typing import cast

import attrs
from greenlet import getcurrent, greenlet

from emrcore.access import View
from emrcore.errors import CommitUnknown, Conflict, StoreError, Unavailable
from emrcore.journal import Entry, Head, Link
from emrcore.people import PatientId
from emrcore.ports import Batch, Fate, Key, Leased, Shard, Storage, Stored
from emrcore.records import Document, Page, Versions
from emrcore.testing.simulation.plan import Fault


class Crashed(BaseException):
    """The process ends here: no office code sees this, and nothing is tidied up."""


@attrs.define(eq=False)
class Task:
    """One thing under way in one process; ``port`` is what it waits at, ``call`` its verb."""

    process: int
    name: str
    thread: greenlet
    port: str = ""
    call: int = 0
    conflicts: int = 0


@attrs.define
class Floor:
    """Who is at work: the hub, or one task."""

    hub: greenlet = attrs.field(factory=getcurrent)
    at_work: Task | None = None
    count: int = 0

    def stop(self, port: str) -> Fault | None:
        """Leave the floor before a call of *port*; the fault that the call meets, if any."""
        task = self.at_work
        if task is None:
            return None
        task.port = port
        return cast("Fault | None", self.hub.switch())

    def go_on(self, task: Task, fault: Fault | None = None) -> None:
        """Let *task* go on to its next call."""
        self.at_work = task
        task.thread.switch(fault)
        self.at_work = None

    def crash(self, task: Task) -> None:
        """End *task* where it waits."""
        self.at_work = task
        task.thread.throw(Crashed)
        self.at_work = None


@attrs.define
class FaultyStorage:
    """The storage as one process sees it; ``crashed`` is told when the process is to end."""

    inner: Storage
    floor: Floor
    crashed: Callable[[], None]

    def _call(self, port: str) -> Fault | None:
        fault = self.floor.stop(port)
        if fault is Fault.CRASH_BEFORE:
            self.crashed()
            raise Crashed
        if fault is Fault.UNAVAILABLE:
            raise Unavailable("simulated")
        return fault

    def load(self, *keys: Key) -> Mapping[Key, Stored]:
        """See ``Store.load``."""
        self._call("load")
        return self.inner.load(*keys)

    def commit(self, batch: Batch) -> None:
        """See ``Store.commit``."""
        fault = self._call("commit")
        if fault is Fault.CONFLICT:
            raise Conflict("simulated")
        if fault is Fault.UNKNOWN_LOST:
            raise CommitUnknown("simulated")
        if fault is None:
            self.inner.commit(batch)
            return
        with contextlib.suppress(StoreError):
            self.inner.commit(batch)
        if fault is Fault.UNKNOWN_APPLIED:
            raise CommitUnknown("simulated")
        self.crashed()
        raise Crashed

    def find(self, shard: Shard, kind: str) -> Mapping[Key, Stored]:
        """See ``Store.find``."""
        self._call("find")
        return self.inner.find(shard, kind)

    def due(self, kind: str, before: dt.datetime, limit: int) -> tuple[Key, ...]:
        """See ``Store.due``."""
        self._call("due")
        return self.inner.due(kind, before, limit)

    def add(self, patient: PatientId, documents: Sequence[Document], entry: Entry) -> int:
        """See ``Records.add``."""
        self._call("add")
        return self.inner.add(patient, documents, entry)

    def page(
        self, view: View, *, cursor: str | None = None, section: str | None = None, size: int = 50
    ) -> Page:
        """See ``Records.page``."""
        self._call("page")
        return self.inner.page(view, cursor=cursor, section=section, size=size)

    def count(self, view: View) -> Mapping[str, int]:
        """See ``Records.count``."""
        self._call("count")
        return self.inner.count(view)

    def get(self, view: View, source: str, id: str) -> Document | None:  # noqa: A002
        """See ``Records.get``."""
        self._call("get")
        return self.inner.get(view, source, id)

    def versions(self, patient: PatientId, source: str, id: str) -> Versions:  # noqa: A002
        """See ``Records.versions``."""
        self._call("versions")
        return self.inner.versions(patient, source, id)

    def lease(self, *, at: dt.datetime, until: dt.datetime, limit: int) -> tuple[Leased, ...]:
        """See ``Outbox.lease``."""
        self._call("lease")
        return self.inner.lease(at=at, until=until, limit=limit)

    def settle(self, leased: Leased, fate: Fate) -> bool:
        """See ``Outbox.settle``."""
        self._call("settle")
        return self.inner.settle(leased, fate)

    def links(self, shard: Shard, *, after: int = 0, limit: int = 1000) -> Sequence[Link]:
        """See ``Journal.links``."""
        self._call("links")
        return self.inner.links(shard, after=after, limit=limit)

    def heads(self, *, after: Shard | None = None, limit: int = 1000) -> Sequence[Head]:
        """See ``Journal.heads``."""
        self._call("heads")
        return self.inner.heads(after=after, limit=limit)

    def trim(self, shard: Shard, *, upto: int) -> None:
        """See ``Journal.trim``."""
        self._call("trim")
        self.inner.trim(shard, upto=upto)


FAULTS_AT: Mapping[str, tuple[Fault, ...]] = {
    "commit": (
        Fault.CONFLICT,
        Fault.UNAVAILABLE,
        Fault.UNKNOWN_APPLIED,
        Fault.UNKNOWN_LOST,
        Fault.CRASH_BEFORE,
        Fault.CRASH_AFTER,
    ),
    "lease": (Fault.UNAVAILABLE, Fault.CRASH_BEFORE),
    "send": (
        Fault.SMS_REJECTED,
        Fault.SMS_THROTTLED,
        Fault.SMS_UNKNOWN_SENT,
        Fault.SMS_UNKNOWN_LOST,
        Fault.SMS_LATE,
        Fault.SMS_DUPLICATE,
        Fault.CRASH_BEFORE,
        Fault.CRASH_AFTER,
    ),
    "pause": (),
}
"""What may happen at a port; elsewhere, that it is unavailable or the process ends."""

OTHERWISE = (Fault.UNAVAILABLE, Fault.CRASH_BEFORE)


@attrs.define
class SkewedClock:
    """The clock of one process, a little off."""

    true: Callable[[], dt.datetime]
    off: dt.timedelta

    def now(self) -> dt.datetime:
        """See ``Clock.now``."""
        return self.true() + self.off


@attrs.define
class CountedBytes:
    """Randomness that is the same in every run, and never the same twice in one."""

    count: int = 1

    def bytes(self, number: int) -> bytes:
        """See ``Randomness.bytes``."""
        self.count += 1
        if number == 1:
            return bytes([self.count * 37 & 0xFF])
        return (self.count << 64 | 0x5EED).to_bytes(max(number, 16), "big")[:number]
