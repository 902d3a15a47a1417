"""How long a term is, in the unit the law counts it in."""

import datetime as dt
from enum import StrEnum

import attrs
from dateutil.relativedelta import relativedelta


class TermUnit(StrEnum):
    """What a term is counted in."""

    WORKING_DAYS = "working-days"
    CALENDAR_DAYS = "calendar-days"
    MONTHS = "months"


@attrs.frozen(kw_only=True)
class Term:
    """``number >= 1`` of ``unit``; with ``rolls``, a last day that is no working day moves on."""

    number: int
    unit: TermUnit
    rolls: bool = False


def months_after(day: dt.date, months: int) -> dt.date:
    """The corresponding day *months* later; the last of its month where there is none."""
    return day + relativedelta(months=months)
