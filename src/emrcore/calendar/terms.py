"""How long a term is, in the unit the law counts it in, and what day it begins after."""

import datetime as dt
from enum import StrEnum

import attrs


class Counting(StrEnum):
    """What day 0 is: A, the local date of filing (CAL-5); B, the day it is received (CAL-6)."""

    A = "A"
    B = "B"


class TermUnit(StrEnum):
    """What a term is counted in: working days (CAL-5), all days (CAL-13) or months (CAL-14)."""

    WORKING_DAYS = "working-days"
    CALENDAR_DAYS = "calendar-days"
    MONTHS = "months"


@attrs.frozen(kw_only=True)
class Term:
    """``number >= 1`` of ``unit``; with ``rolls``, a last day that is no working day moves on.

    It moves to the next working day (CAL-15); that of a term in working days never has to.
    """

    number: int
    unit: TermUnit
    rolls: bool = False

    def __attrs_post_init__(self) -> None:
        if self.number < 1:
            raise ValueError("a term is at least one day or month long")

    def days_from(self, day: dt.date) -> int:
        """How many days have to be counted after *day*, which is day 0."""
        if self.unit is TermUnit.MONTHS:
            return (months_after(day, self.number) - day).days
        return self.number


def months_after(day: dt.date, months: int) -> dt.date:
    """The corresponding day *months* later; the last of its month where there is none (CAL-14)."""
    from dateutil.relativedelta import relativedelta  # noqa: PLC0415 - slow, and few terms need it

    return day + relativedelta(months=months)
