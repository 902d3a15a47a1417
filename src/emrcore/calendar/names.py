"""The working calendars that a rulebook asks for by name."""

from functools import cache

from emrcore.calendar.national import national_calendar
from emrcore.calendar.russia import russian_calendar
from emrcore.calendar.working_calendar import WorkingCalendar

_RUSSIAN = ("standard", "federal", "moscow")
_NATIONAL = ("AT", "AU", "CA-BC", "DE", "DK", "EE", "FI", "GB-ENG", "NO", "SE", "US")
_SINCE, _UNTIL = 2013, 2036

CALENDAR_NAMES = (*_RUSSIAN, *_NATIONAL)
"""The Russian calendars (CAL-3), then countries and subdivisions by ISO 3166 (CAL-18)."""


@cache
def calendar_named(name: str) -> WorkingCalendar:
    """The calendar called *name*, one of `CALENDAR_NAMES`.

    The Russian ones are decreed year by year and end where the decrees do. The others are computed
    by rule and known over the years 2013 to 2035, as the installed `holidays` has the rules: none
    of these countries moves days off by decree, or goes by the moon. A day proclaimed later, and a
    law changed later, come with a later `holidays`. The Netherlands are left out, where a decree
    adds bridging days every three years.

    Raises:
        ValueError: there is no calendar of that name.
        Malformed: the installed `holidays` does not give what it should (CAL-1, CAL-17).
    """
    if name not in CALENDAR_NAMES:
        raise ValueError(f"no calendar is called {name!r}")
    if name in _RUSSIAN:
        return russian_calendar(name)
    country, _, subdivision = name.partition("-")
    return national_calendar(country, subdivision or None, since=_SINCE, until=_UNTIL)
