"""Calendars of other countries, frozen from `holidays`.

The library computes public holidays by rule: a date, a weekday, so many days from Easter. Where
all holidays of a country follow such rules any year can be asked for, and how far to trust them is
the caller's to say. Two things no library can know: a day proclaimed after its release, and a rule
changed after it. A newer one then makes another calendar, with another fingerprint.

Public holidays are not all that a law on terms may pass over: in Denmark a limitation does not end
on 5 June, 24 or 31 December either. Of a federation as a whole only what all its states share is
known, without the days that some of them give in lieu. No day is shortened.
"""

import datetime as dt

from emrcore import rules
from emrcore.calendar.public_holidays import PublicHolidays, public_holidays
from emrcore.calendar.working_calendar import DayKind, Why, WorkingCalendar
from emrcore.errors import Fault, Malformed

_SATURDAY = 5


def national_calendar(
    country: str, subdivision: str | None, *, since: int, until: int
) -> WorkingCalendar:
    """The days of *country* in the years ``[since, until)``; its name is as in ``"GB-ENG"``.

    Country and *subdivision* are codes of ISO 3166: ``"GB"`` and ``"ENG"``. None: the country as a
    whole.

    Raises:
        ValueError: `holidays` knows no such country or subdivision.
        Malformed: of some year it does not know the holidays, only estimates the day of one, or
            does not know yet which days off are moved (CAL-17).
    """
    if until <= since:
        raise ValueError("the years end before they begin")
    name = "-".join(filter(None, (country, subdivision)))
    found = public_holidays(country, subdivision, range(since, until))
    if found.decreed_until is not None and found.decreed_until < until:
        where = f"{name} {max(since, found.decreed_until)}"
        raise Malformed("holidays", (Fault(where, "no days off are moved yet", rules.CAL_17),))
    return WorkingCalendar(
        name=name,
        known_since=dt.date(since, 1, 1),
        known_until=dt.date(until, 1, 1),
        rulings=_rulings(found),
    )


def _rulings(found: PublicHolidays) -> dict[dt.date, Why]:
    """Weekends unlike Saturday and Sunday, then the holidays, then what works in spite of both."""
    weekend = Why(kind=DayKind.WEEKEND, act=f"week, {found.source}")
    workday = Why(kind=DayKind.WORKDAY, act=f"week, {found.source}")
    moved = Why(kind=DayKind.WORKDAY_BY_TRANSFER, act=f"transfer, {found.source}")
    unusual = {
        day: workday if works else weekend
        for day, works in found.week.items()
        if works is (day.weekday() >= _SATURDAY)
    }
    named = {
        day: Why(kind=DayKind.HOLIDAY, act=f"{name}, {found.source}")
        for day, name in found.names.items()
    }
    return unusual | named | dict.fromkeys(found.worked, moved)
