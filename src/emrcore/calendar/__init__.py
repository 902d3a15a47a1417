"""Working days, deadlines with their receipts, and opening hours.

Deadlines are loaded at once, calendars and opening hours when they are first asked for: whoever
only reads a deadline does not pay for the acts of Russia or the recurrences of RFC 5545.
"""

import importlib
from typing import TYPE_CHECKING

from emrcore.calendar.deadlines import (
    Counting,
    Deadline,
    ReceiptLine,
    Recomputed,
    Skip,
    Suspension,
    deadline,
    recompute,
)
from emrcore.calendar.suspension import resume, stands, stop
from emrcore.calendar.terms import Term, TermUnit, months_after
from emrcore.calendar.working_calendar import DayKind, Why, WorkingCalendar

if TYPE_CHECKING:
    from emrcore.calendar.names import CALENDAR_NAMES, calendar_named
    from emrcore.calendar.national import national_calendar
    from emrcore.calendar.opening_hours import MOSCOW_CENTRE, MOSCOW_FLAGSHIP, OpeningHours
    from emrcore.calendar.russia import russian_calendar

_HOME = {
    "CALENDAR_NAMES": "emrcore.calendar.names",
    "calendar_named": "emrcore.calendar.names",
    "national_calendar": "emrcore.calendar.national",
    "MOSCOW_CENTRE": "emrcore.calendar.opening_hours",
    "MOSCOW_FLAGSHIP": "emrcore.calendar.opening_hours",
    "OpeningHours": "emrcore.calendar.opening_hours",
    "russian_calendar": "emrcore.calendar.russia",
}

__all__ = [
    "CALENDAR_NAMES",
    "MOSCOW_CENTRE",
    "MOSCOW_FLAGSHIP",
    "Counting",
    "DayKind",
    "Deadline",
    "OpeningHours",
    "ReceiptLine",
    "Recomputed",
    "Skip",
    "Suspension",
    "Term",
    "TermUnit",
    "Why",
    "WorkingCalendar",
    "calendar_named",
    "deadline",
    "months_after",
    "national_calendar",
    "recompute",
    "resume",
    "russian_calendar",
    "stands",
    "stop",
]


def __getattr__(name: str) -> object:
    """Load *name* from the module it lives in."""
    home = _HOME.get(name)
    if home is None:
        raise AttributeError(f"module 'emrcore.calendar' has no attribute {name!r}")
    return getattr(importlib.import_module(home), name)
