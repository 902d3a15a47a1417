"""Prescriptions: what may still be had of a medicine, by the day."""

import datetime as dt
import enum
from collections.abc import Iterator

import attrs

from emrcore import rules
from emrcore.errors import Fault, Malformed


class PrescriptionStatus(enum.StrEnum):
    """What has become of a prescription."""

    ISSUED = "issued"
    PARTLY_DISPENSED = "partly-dispensed"
    DISPENSED = "dispensed"
    EXPIRED = "expired"
    CANCELLED = "cancelled"


@attrs.frozen(kw_only=True)
class Dispensing:
    """*packs* were handed out on a local day."""

    on: dt.date
    packs: int
    pharmacy: str | None = None


@attrs.frozen(kw_only=True)
class Prescription:
    """*packs* of *medicine* may be had over the local days ``[issued_on, valid_until)``.

    From ``cancelled_on`` on nothing more is had. ``preferential``: paid for by the authority.

    Raises:
        Malformed: SCT-9, with every fault: days that do not follow each other, nothing prescribed,
            more dispensed than prescribed, or outside the days it could be.
    """

    medicine: str
    packs: int
    issued_on: dt.date
    valid_until: dt.date
    directions: str = ""
    preferential: bool = False
    dispensed: tuple[Dispensing, ...] = ()
    cancelled_on: dt.date | None = None

    def __attrs_post_init__(self) -> None:
        if faults := tuple(_faults(self)):
            raise Malformed("prescription", faults)

    def left_on(self, day: dt.date) -> int:
        """How many packs were left as *day* ended; whether they can still be had is its status."""
        return self.packs - sum(one.packs for one in self.dispensed if one.on <= day)

    def status_on(self, day: dt.date) -> PrescriptionStatus:
        """What had become of it as *day* ended (SCT-9).

        What was dispensed in full is dispensed, whatever follows; a cancelled one is cancelled
        whether or not it has expired since.
        """
        left = self.left_on(day)
        if left == 0:
            return PrescriptionStatus.DISPENSED
        if self.cancelled_on and self.cancelled_on <= day:
            return PrescriptionStatus.CANCELLED
        if self.valid_until <= day:
            return PrescriptionStatus.EXPIRED
        untouched = left == self.packs
        return PrescriptionStatus.ISSUED if untouched else PrescriptionStatus.PARTLY_DISPENSED


def _faults(one: Prescription) -> Iterator[Fault]:
    if one.packs < 1:
        yield _fault("packs", "is below one")
    if one.valid_until <= one.issued_on:
        yield _fault("valid_until", "is not after issued_on")
    if one.cancelled_on and one.cancelled_on < one.issued_on:
        yield _fault("cancelled_on", "is before issued_on")
    end = min(one.valid_until, one.cancelled_on or one.valid_until)
    for number, given in enumerate(one.dispensed):
        if given.packs < 1:
            yield _fault(f"dispensed[{number}].packs", "is below one")
        if not one.issued_on <= given.on < max(end, one.issued_on + dt.timedelta(days=1)):
            yield _fault(f"dispensed[{number}].on", "is outside the days it is valid")
    if sum(given.packs for given in one.dispensed) > one.packs:
        yield _fault("dispensed", "is more than was prescribed")


def _fault(where: str, what: str) -> Fault:
    return Fault(where, what, rules.SCT_9)
