"""Working days, deadlines with their receipts, and opening hours.

Terms are loaded at once and everything else when it is first asked for: whoever reads a rulebook
pays for no calendar, and whoever reads a deadline not for the acts of Russia or RFC 5545.
"""

import importlib
from typing import TYPE_CHECKING

from emrcore.calendar.terms import Counting, Term, TermUnit, months_after

if TYPE_CHECKING:
    from emrcore.calendar.deadlines import (
        Deadline,
        ReceiptLine,
        Recomputed,
        Skip,
        Suspension,
        deadline,
        recompute,
    )
    from emrcore.calendar.names import CALENDAR_NAMES, calendar_named
    from emrcore.calendar.national import national_calendar
    from emrcore.calendar.opening_hours import MOSCOW_CENTRE, MOSCOW_FLAGSHIP, OpeningHours
    from emrcore.calendar.russia import russian_calendar
    from emrcore.calendar.suspension import resume, stands, stop
    from emrcore.calendar.working_calendar import DayKind, Why, WorkingCalendar

_HOME = {
    "Deadline": "emrcore.calendar.deadlines",
    "ReceiptLine": "emrcore.calendar.deadlines",
    "Recomputed": "emrcore.calendar.deadlines",
    "Skip": "emrcore.calendar.deadlines",
    "Suspension": "emrcore.calendar.deadlines",
    "deadline": "emrcore.calendar.deadlines",
    "recompute": "emrcore.calendar.deadlines",
    "CALENDAR_NAMES": "emrcore.calendar.names",
    "calendar_named": "emrcore.calendar.names",
    "national_calendar": "emrcore.calendar.national",
    "MOSCOW_CENTRE": "emrcore.calendar.opening_hours",
    "MOSCOW_FLAGSHIP": "emrcore.calendar.opening_hours",
    "OpeningHours": "emrcore.calendar.opening_hours",
    "russian_calendar": "emrcore.calendar.russia",
    "resume": "emrcore.calendar.suspension",
    "stands": "emrcore.calendar.suspension",
    "stop": "emrcore.calendar.suspension",
    "DayKind": "emrcore.calendar.working_calendar",
    "Why": "emrcore.calendar.working_calendar",
    "WorkingCalendar": "emrcore.calendar.working_calendar",
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
