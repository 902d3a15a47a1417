"""A vaccination card against a schedule: given, due, overdue or yet to come.

The schedule is the host's data, with the place that says so at every dose: which vaccines are due
when differs between countries and years, and no schedule is shipped.
"""

import datetime as dt
import enum
from collections.abc import Iterable

import attrs

from emrcore import rules
from emrcore.calendar.terms import months_after
from emrcore.errors import Fault, Malformed

_LATEST = 150 * 12


class DoseStatus(enum.StrEnum):
    """How a dose of the schedule stands."""

    GIVEN = "given"
    DUE = "due"
    OVERDUE = "overdue"
    UPCOMING = "upcoming"


@attrs.frozen(kw_only=True)
class ScheduledDose:
    """Dose *number* of *vaccine* is due over ages ``[from_months, until_months)``.

    After that it is overdue; None: it never is. ``source`` is the place that says so.

    Raises:
        Malformed: SCT-7, with every fault.
    """

    vaccine: str
    number: int
    from_months: int
    source: str
    until_months: int | None = None

    def __attrs_post_init__(self) -> None:
        end = self.until_months
        wrong = {
            "number": self.number < 1,
            "from_months": not 0 <= self.from_months <= _LATEST,
            "until_months": end is not None and not self.from_months < end <= _LATEST,
            "source": not self.source.strip(),
        }
        if any(wrong.values()):
            faults = (Fault(name, "is not possible", rules.SCT_7) for name in wrong if wrong[name])
            raise Malformed("scheduled dose", tuple(faults))


@attrs.frozen(kw_only=True)
class GivenDose:
    """Dose *number* of *vaccine* was given on a local day."""

    vaccine: str
    number: int
    on: dt.date
    batch: str | None = None


@attrs.frozen(kw_only=True)
class VaccinationCard:
    """The doses that a child was given."""

    given: tuple[GivenDose, ...] = ()


@attrs.frozen(kw_only=True)
class Dose:
    """How one dose of the schedule stands: due over ``[since, until)`` of local days."""

    scheduled: ScheduledDose
    status: DoseStatus
    since: dt.date
    until: dt.date | None
    given_on: dt.date | None = None


def doses(
    card: VaccinationCard, schedule: Iterable[ScheduledDose], *, born: dt.date, on: dt.date
) -> tuple[Dose, ...]:
    """How each dose of *schedule* stands as the local day *on* ends, in its order (SCT-7).

    A dose that is given counts as given at whatever age; one of the day after *on* does not yet.
    """
    given = {(one.vaccine, one.number): one.on for one in card.given if one.on <= on}
    return tuple(
        _dose(one, given.get((one.vaccine, one.number)), born=born, on=on) for one in schedule
    )


def _dose(one: ScheduledDose, given: dt.date | None, *, born: dt.date, on: dt.date) -> Dose:
    since = months_after(born, one.from_months)
    until = None if one.until_months is None else months_after(born, one.until_months)
    if given:
        status = DoseStatus.GIVEN
    elif on < since:
        status = DoseStatus.UPCOMING
    elif until and until <= on:
        status = DoseStatus.OVERDUE
    else:
        status = DoseStatus.DUE
    return Dose(scheduled=one, status=status, since=since, until=until, given_on=given)
