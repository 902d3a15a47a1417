"""When a service centre is open, which says nothing about which days work (CAL-12)."""

import datetime as dt
from zoneinfo import ZoneInfo

import attrs
from dateutil.rrule import rrulebase, rrulestr

from emrcore.calendar.local_time import local


@attrs.frozen(kw_only=True)
class OpeningHours:
    """Open over ``[opens, closes)`` by the clocks of *zone* on the days of *rule* from *since* on.

    ``rule`` is a recurrence of RFC 5545 (``"FREQ=DAILY"``, or lines of it, ``EXDATE`` among them);
    what recurs is the moment of opening.
    """

    opens: dt.time
    closes: dt.time
    rule: str
    since: dt.date
    zone: str
    _openings: rrulebase = attrs.field(
        init=False,
        eq=False,
        repr=False,
        default=attrs.Factory(lambda self: self._recurrence(), takes_self=True),
    )

    def __attrs_post_init__(self) -> None:
        if self.closes <= self.opens:
            raise ValueError("closes before it opens")

    def is_open(self, at: dt.datetime) -> bool:
        """Whether the doors are open at the moment *at*.

        Raises:
            ValueError: *at* is naive (CAL-7).
        """
        here = local(at, self.zone)
        opening = dt.datetime.combine(here, self.opens)
        return self.opens <= here.time() < self.closes and opening in self._openings

    def next_opening(self, at: dt.datetime) -> dt.datetime | None:
        """The first moment of opening at *at* or later, local; None if the rule has run out.

        Raises:
            ValueError: *at* is naive (CAL-7).
        """
        here = local(at, self.zone).replace(tzinfo=None)
        opening = self._openings.after(here, inc=True)
        return opening and opening.replace(tzinfo=ZoneInfo(self.zone))

    def _recurrence(self) -> rrulebase:
        begins = dt.datetime.combine(self.since, self.opens)
        return rrulestr(self.rule, dtstart=begins, cache=True)


MOSCOW_CENTRE = OpeningHours(
    opens=dt.time(8),
    closes=dt.time(20),
    rule="FREQ=DAILY",
    since=dt.date(2020, 1, 14),
    zone="Europe/Moscow",
)
"""A public service centre of Moscow, without breaks or days off (CAL-11)."""

MOSCOW_FLAGSHIP = attrs.evolve(MOSCOW_CENTRE, opens=dt.time(10), closes=dt.time(22))
"""A flagship centre: Central and South-Western districts, and the Palace at VDNKh (CAL-11)."""
