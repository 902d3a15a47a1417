"""Working days, deadlines with their receipts, and opening hours."""

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
from emrcore.calendar.opening_hours import MOSCOW_CENTRE, MOSCOW_FLAGSHIP, OpeningHours
from emrcore.calendar.russia import russian_calendar
from emrcore.calendar.terms import Term, TermUnit, months_after
from emrcore.calendar.working_calendar import DayKind, Why, WorkingCalendar

__all__ = [
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
    "deadline",
    "months_after",
    "recompute",
    "russian_calendar",
]
