"""What `holidays` knows of a country, read once into plain values: no other module asks it.

Left to itself the library names holidays in the language of the process's environment, adds a
year whenever it is asked about one, and has no word for what it does not know: a year before its
first, transfers of days off not yet decreed, a new moon not yet seen.
"""

import datetime as dt
from collections.abc import Iterator, Mapping
from typing import Any

import attrs

from emrcore import rules
from emrcore.calendar.working_calendar import ONE_DAY
from emrcore.errors import Fault, Malformed

_CATEGORIES = {"SE": ("public", "de_facto")}
"""Where more than the public holidays is off: in Sweden three eves, Act (1930:173), section 2."""


@attrs.frozen(kw_only=True)
class PublicHolidays:
    """The special days of a country over some years, and the ``source`` that says so.

    ``names`` are the holidays, each with its name in the country's own language; ``week`` says of
    every day whether it works by the week alone; ``worked`` are the weekend days that work all the
    same. Where days off are moved by decree, the decrees of the years before ``decreed_until`` are
    known; None: none are moved.
    """

    names: Mapping[dt.date, str]
    week: Mapping[dt.date, bool]
    worked: frozenset[dt.date]
    decreed_until: int | None
    source: str


def public_holidays(country: str, subdivision: str | None, years: range) -> PublicHolidays:
    """The holidays of *country*, or of a *subdivision*, both by their codes in ISO 3166.

    Raises:
        ValueError: `holidays` knows no such country or subdivision.
        Malformed: it knows no holiday of a year, or only estimates the day of one (CAL-17).
    """
    import holidays.version  # noqa: PLC0415 - slow, and most callers need no calendar

    try:
        library = holidays.country_holidays(
            country,
            subdiv=subdivision,
            years=years,
            expand=False,
            language=holidays.country_holidays(country).default_language,
            categories=_CATEGORIES.get(country),
        )
    except NotImplementedError as unknown:
        raise ValueError(f"no holidays are known: {unknown}") from None
    names = dict(sorted(library.items()))
    if gaps := (*_missing(names, years), *_estimated(names, library)):
        faults = tuple(Fault(f"{country} {where}", what, rules.CAL_17) for where, what in gaps)
        raise Malformed("holidays", faults)
    return PublicHolidays(
        names=names,
        week={day: not library.is_weekend(day) for day in _days(years)},
        worked=frozenset(day for day in library.weekend_workdays if day.year in years),
        decreed_until=_decreed_until(library),
        source=f"holidays {holidays.version.__version__}",
    )


def _days(years: range) -> Iterator[dt.date]:
    day = dt.date(years.start, 1, 1)
    while day.year < years.stop:
        yield day
        day += ONE_DAY


def _missing(names: Mapping[dt.date, str], years: range) -> Iterator[tuple[object, str]]:
    for year in sorted({*years} - {day.year for day in names}):
        yield year, "no holiday is known"


def _estimated(names: Mapping[dt.date, str], library: Any) -> Iterator[tuple[object, str]]:
    label = getattr(library, "estimated_label", None)
    word = label and library.tr(label).strip("%s ()（）")
    for day, name in names.items():
        if word and word in name:
            yield day, "the day of the holiday is an estimate"


def _decreed_until(library: Any) -> int | None:
    return max(library.special_public_holidays) + 1 if library.has_substituted_holidays else None
