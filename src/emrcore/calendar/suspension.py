"""A deadline whose clock is stopped and started again; what was counted stays counted."""

import datetime as dt
from collections.abc import Mapping

from emrcore.calendar.deadlines import Deadline, Suspension, deadline
from emrcore.calendar.local_time import local
from emrcore.calendar.working_calendar import WorkingCalendar


def stands(given: Deadline) -> bool:
    """Whether the clock of *given* is stopped."""
    return bool(given.suspended) and given.suspended[-1].resumed_on is None


def stop(given: Deadline, *, at: dt.datetime, calendars: Mapping[str, WorkingCalendar]) -> Deadline:
    """*given* with its clock stopped at *at* (CAL-8); one that stands is left as it is.

    On its last day, or later, nothing changes any more but that the clock stands.

    Raises:
        BeyondCalendar: a day of the term lies outside the calendar (CAL-2).
    """
    if stands(given):
        return given
    filed_on = local(given.filed_at, given.zone).date()
    on = max(local(at, given.zone).date(), filed_on)
    return _recounted(given, (*given.suspended, Suspension(on=on)), calendars)


def resume(
    given: Deadline, *, at: dt.datetime, calendars: Mapping[str, WorkingCalendar]
) -> Deadline:
    """*given* with its clock going on from *at* (CAL-8); one that runs is left as it is.

    Raises:
        BeyondCalendar: a day of the term lies outside the calendar (CAL-2).
    """
    if not stands(given):
        return given
    *earlier, last = given.suspended
    on = max(local(at, given.zone).date(), last.on)
    ended = Suspension(on=last.on, resumed_on=on)
    return _recounted(given, (*earlier, ended), calendars)


def _recounted(
    given: Deadline,
    suspended: tuple[Suspension, ...],
    calendars: Mapping[str, WorkingCalendar],
) -> Deadline:
    return deadline(
        given.filed_at,
        term=given.term,
        calendar=calendars[given.calendar],
        counting=given.counting,
        zone=given.zone,
        standard=calendars.get("standard"),
        suspended=suspended,
    )
