"""Offices that are wrong in one verb each."""

import datetime as dt
from collections.abc import Callable
from typing import Any, TypeVar

import attrs

from emrcore.access import Viewer, decide
from emrcore.errors import CommitUnknown, Unavailable
from emrcore.office import Citizen, Office, Reader, Sender
from emrcore.office.work import Work
from emrcore.people import PatientId
from emrcore.ports import Fate, Leased, Shard
from emrcore.records import Page
from emrcore.testing.simulation.processes import FaultyStorage, SkewedClock

T = TypeVar("T")


class RepeatsUnknown(Office):
    """Does it again where nobody knows whether it was done."""

    __slots__ = ()

    def apart(self, shard: Shard, verb: Callable[[Work], T]) -> T:
        """See ``Desk.apart``."""
        try:
            return super().apart(shard, verb)
        except CommitUnknown:
            return super().apart(shard, verb)


class TakesUnknownForDone(Office):
    """Shows the page though nobody knows whether its entry is there."""

    __slots__ = ()

    def read_page(self, reader: Reader, patient: PatientId, **how: Any) -> Page:
        """See ``Reading.read_page``."""
        try:
            return super().read_page(reader, patient, **how)
        except (CommitUnknown, Unavailable):
            return self.storage.page(self._view(reader, patient))

    def _view(self, reader: Reader, patient: PatientId) -> Any:
        account = reader.account.id if isinstance(reader, Citizen) else None
        viewer: Viewer = reader.viewer
        at = self.now()
        facts = self.find_facts(patient, account)
        return decide(facts, viewer, at=at, edition=self.edition(at))


class _MarkedFirst(FaultyStorage):
    """Takes for sent what it hands out."""

    def lease(self, *, at: dt.datetime, until: dt.datetime, limit: int) -> tuple[Leased, ...]:
        """See ``Outbox.lease``."""
        found = super().lease(at=at, until=until, limit=limit)
        for one in found:
            super().settle(one, Fate.SENT)
        return found

    def settle(self, leased: Leased, fate: Fate) -> bool:
        """See ``Outbox.settle``."""
        del leased, fate
        return True


class MarksFirst(Office):
    """Marks messages as sent, and then sends them."""

    __slots__ = ()

    def dispatch(self, sender: Sender, *, limit: int = 100) -> dict[Fate, int]:
        """See ``Messages.dispatch``."""
        inner = self.storage
        if not isinstance(inner, FaultyStorage):
            raise TypeError("a process has a storage that fails")
        marked = _MarkedFirst(inner.inner, inner.floor, inner.crashed)
        return Office.dispatch(attrs.evolve(self, storage=marked), sender, limit=limit)


class StopsItsClock(Office):
    """Judges every message by the moment at which the worker began."""

    __slots__ = ()

    def dispatch(self, sender: Sender, *, limit: int = 100) -> dict[Fate, int]:
        """See ``Messages.dispatch``."""
        at = self.now()
        clock = SkewedClock(lambda: at, dt.timedelta())
        return Office.dispatch(attrs.evolve(self, clock=clock), sender, limit=limit)
