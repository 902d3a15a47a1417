"""The one age kernel: on which local day an age is reached.

Two questions hide in "turns 15 on the birthday": does the birthday itself count (PPL-1), and which
day is the birthday of someone born on 29 February in a common year (PPL-2). Rulebooks answer both
differently, so neither has a default here but the second, whose default is the arithmetic of the
Russian Civil Code. SQL, frames and views see only the day this module computes.
"""

import datetime as dt
import enum

from emrcore import rules
from emrcore.people.shapes import require_day


class AgeConvention(enum.StrEnum):
    """From which day on an age counts as reached (PPL-1)."""

    DAY_AFTER = "day_after"
    BIRTHDAY = "birthday"


class LeapBirthday(enum.StrEnum):
    """The birthday, in a common year, of someone born on 29 February (PPL-2)."""

    FEB28 = "feb28"
    MAR01 = "mar01"


_DAY = dt.timedelta(days=1)
_WAIT = {AgeConvention.DAY_AFTER: _DAY, AgeConvention.BIRTHDAY: dt.timedelta(0)}


def reached_on(
    born: dt.date,
    years: int,
    *,
    convention: AgeConvention,
    leap: LeapBirthday = LeapBirthday.FEB28,
) -> dt.date:
    """The first local day, from 00:00, on which *years* are reached (PPL-1); age 0 is at birth.

    Raises:
        TypeError: PPL-4, *born* is not a plain date.
        ValueError: *years* is negative (PPL-3), or the day lies beyond the year 9999.
    """
    require_day(born, "born")
    if years == 0:
        return born
    try:
        return _birthday(born, years, leap) + _WAIT[convention]
    except OverflowError:
        raise ValueError(f"the age of {years} lies beyond the year 9999") from None


def has_reached(
    born: dt.date,
    years: int,
    on: dt.date,
    *,
    convention: AgeConvention,
    leap: LeapBirthday = LeapBirthday.FEB28,
) -> bool:
    """Whether *years* are reached at 00:00 of the local day *on*; never so before the birth.

    Raises:
        TypeError: PPL-4, *born* or *on* is not a plain date.
        ValueError: as ``reached_on``.
    """
    require_day(on, "on")
    return on >= reached_on(born, years, convention=convention, leap=leap)


def age_on(
    born: dt.date,
    on: dt.date,
    *,
    convention: AgeConvention,
    leap: LeapBirthday = LeapBirthday.FEB28,
) -> int:
    """The completed years at 00:00 of the local day *on* (PPL-3).

    Raises:
        TypeError: PPL-4, *born* or *on* is not a plain date.
        ValueError: PPL-3, *on* is before *born*.
    """
    require_day(born, "born")
    require_day(on, "on")
    if on < born:
        raise ValueError(f"nobody has an age before the birth [{rules.PPL_3.id}]")
    years = on.year - born.year
    if years == 0 or on - _birthday(born, years, leap) >= _WAIT[convention]:
        return years
    return years - 1


def _birthday(born: dt.date, years: int, leap: LeapBirthday) -> dt.date:
    """The day *born* returns to after *years*."""
    if years < 0:
        raise ValueError(f"an age is not negative [{rules.PPL_3.id}]")
    try:
        return born.replace(year=born.year + years)
    except ValueError:  # 29 February in a common year, or a year beyond 9999
        moved = born.replace(year=born.year + years, day=28)
        return moved + _DAY if leap == LeapBirthday.MAR01 else moved
