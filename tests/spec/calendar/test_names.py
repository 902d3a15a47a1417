"""The calendars that are asked for by name, and those of other countries."""

import datetime as dt
import importlib
import os
import subprocess
import sys
from collections.abc import Callable, Iterator

import attrs
import holidays.version
import pytest
from dateutil.easter import easter
from hypothesis import given, reject
from hypothesis import strategies as st

from emrcore import calendar as package
from emrcore import rules
from emrcore.calendar import (
    CALENDAR_NAMES,
    DayKind,
    Why,
    WorkingCalendar,
    calendar_named,
    national_calendar,
    russian_calendar,
)
from emrcore.errors import BeyondCalendar, Malformed

SOURCE = f"holidays {holidays.version.__version__}"
DAY = dt.timedelta(days=1)
MON, THU, FRI, SAT, SUN = 0, 3, 4, 5, 6


def day(text: str) -> dt.date:
    return dt.date.fromisoformat(text)


def days_of(calendar: WorkingCalendar) -> Iterator[dt.date]:
    length = (calendar.known_until - calendar.known_since).days
    return (calendar.known_since + n * DAY for n in range(length))


# -- names ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", CALENDAR_NAMES)
def test_a_calendar_has_the_name_it_is_asked_for_by(name: str) -> None:
    """CAL-18: every name gives a calendar, the same one each time, that says its name."""
    assert calendar_named(name).name == name
    assert calendar_named(name) is calendar_named(name)


def test_every_calendar_has_its_own_fingerprint() -> None:
    """CAL-9, CAL-18: a deadline can tell which of them counted it."""
    assert len({calendar_named(name).fingerprint for name in CALENDAR_NAMES}) == 14


@pytest.mark.parametrize("name", ["standard", "federal", "moscow"])
def test_the_russian_calendars_have_names_too(name: str) -> None:
    """CAL-3, CAL-18: they are the ones made of decrees, not those of the library."""
    assert calendar_named(name) is russian_calendar(name)


@pytest.mark.parametrize("name", ["", "RU", "NL", "GB", "GB-SCT", "gb-eng", "FI-", "novgorod"])
def test_an_unknown_name_is_refused(name: str) -> None:
    """CAL-18: no name is completed, and none is tried on the library."""
    with pytest.raises(ValueError, match="no calendar is called"):
        calendar_named(name)


# -- what the laws say ----------------------------------------------------------------------------


@attrs.frozen(kw_only=True)
class Law:
    """Holidays on fixed dates, so many days from Easter, and by other rules of a year."""

    dates: tuple[str, ...]
    from_easter: tuple[int, ...] = ()
    others: Callable[[int], set[dt.date]] = lambda _: set()

    def days_off(self, year: int) -> set[dt.date]:
        fixed = {day(f"{year}-{date}") for date in self.dates}
        return fixed | {easter(year) + n * DAY for n in self.from_easter} | self.others(year)


def first(weekday: int, since: dt.date) -> dt.date:
    """The first such weekday on *since* or later."""
    return since + (weekday - since.weekday()) % 7 * DAY


def nth(n: int, weekday: int, year: int, month: int) -> dt.date:
    """The *n*-th such weekday of the month; 25 days into a long month the last one begins."""
    return first(weekday, dt.date(year, month, 7 * n - 6 if n > 0 else 25))


def in_lieu(*dates: dt.date) -> set[dt.date]:
    """The *dates*, and for each at a weekend the next day that is free."""
    found = set(dates)
    for date in dates:
        instead = date
        while date.weekday() >= SAT and (instead.weekday() >= SAT or instead in found):
            instead += DAY
        found.add(instead)
    return found


def midsummer_and_all_saints(year: int) -> set[dt.date]:
    eve = first(FRI, dt.date(year, 6, 19))
    return {eve, eve + DAY, first(SAT, dt.date(year, 10, 31))}


def prayer_day(year: int) -> set[dt.date]:
    return {easter(year) + 26 * DAY} if year < 2024 else set()


def reformation_day(year: int) -> set[dt.date]:
    return {dt.date(2017, 10, 31)} if year == 2017 else set()


def mourning_in_australia(year: int) -> set[dt.date]:
    return {dt.date(2022, 9, 22)} if year == 2022 else set()


PROCLAIMED = {2022: {day("2022-06-03"), day("2022-09-19")}, 2023: {day("2023-05-08")}}


def bank_holidays(year: int) -> set[dt.date]:
    early = day("2020-05-08") if year == 2020 else nth(1, MON, year, 5)
    spring = day("2022-06-02") if year == 2022 else nth(-1, MON, year, 5)
    christmas = in_lieu(dt.date(year, 12, 25), dt.date(year, 12, 26))
    new_year = in_lieu(dt.date(year, 1, 1))
    summer = nth(-1, MON, year, 8)
    return {early, spring, summer} | christmas | new_year | PROCLAIMED.get(year, set())


def statutory_holidays(year: int) -> set[dt.date]:
    family = nth(3 if year >= 2019 else 2, MON, year, 2)
    victoria = first(MON, dt.date(year, 5, 18))
    first_mondays = {nth(1, MON, year, 8), nth(1, MON, year, 9)}
    canada = dt.date(year, 7, 1)
    found = {family, victoria, *first_mondays, nth(2, MON, year, 10), canada}
    found |= in_lieu(dt.date(year, 1, 1)) | in_lieu(dt.date(year, 12, 25))
    found |= {canada + DAY} if canada.weekday() == SUN else set()
    found |= in_lieu(dt.date(year, 9, 30)) if year >= 2023 else set()
    return found | ({day("2022-09-19")} if year == 2022 else set())


def federal_holidays(year: int) -> set[dt.date]:
    mondays = {nth(3, MON, year, 1), nth(3, MON, year, 2), nth(-1, MON, year, 5)}
    mondays |= {nth(1, MON, year, 9), nth(2, MON, year, 10)}
    dated = {dt.date(year, 7, 4), dt.date(year, 11, 11), dt.date(year, 12, 25)}
    dated |= {dt.date(year, 1, 1), dt.date(year + 1, 1, 1)}
    dated |= {dt.date(year, 6, 19)} if year >= 2021 else set()
    nearest = {SAT: -DAY, SUN: DAY}
    observed = {date + nearest.get(date.weekday(), 0 * DAY) for date in dated}
    return mondays | dated | observed | {nth(4, THU, year, 11)}


CHRISTMAS = ("12-25", "12-26")
LAWS = {
    "AT": Law(
        dates=("01-01", "01-06", "05-01", "08-15", "10-26", "11-01", "12-08", *CHRISTMAS),
        from_easter=(1, 39, 50, 60),
    ),
    "AU": Law(
        dates=("01-01", "01-26", "04-25", *CHRISTMAS),
        from_easter=(-2, 1),
        others=mourning_in_australia,
    ),
    "CA-BC": Law(dates=("11-11",), from_easter=(-2,), others=statutory_holidays),
    "DE": Law(
        dates=("01-01", "05-01", "10-03", *CHRISTMAS),
        from_easter=(-2, 1, 39, 50),
        others=reformation_day,
    ),
    "DK": Law(
        dates=("01-01", *CHRISTMAS), from_easter=(-3, -2, 0, 1, 39, 49, 50), others=prayer_day
    ),
    "EE": Law(
        dates=("01-01", "02-24", "05-01", "06-23", "06-24", "08-20", "12-24", *CHRISTMAS),
        from_easter=(-2, 0, 49),
    ),
    "FI": Law(
        dates=("01-01", "01-06", "05-01", "12-06", "12-24", *CHRISTMAS),
        from_easter=(-2, 0, 1, 39, 49),
        others=midsummer_and_all_saints,
    ),
    "GB-ENG": Law(dates=(), from_easter=(-2, 1), others=bank_holidays),
    "NO": Law(
        dates=("01-01", "05-01", "05-17", *CHRISTMAS), from_easter=(-3, -2, 0, 1, 39, 49, 50)
    ),
    "SE": Law(
        dates=("01-01", "01-06", "05-01", "06-06", "12-24", *CHRISTMAS, "12-31"),
        from_easter=(-2, 0, 1, 39, 49),
        others=midsummer_and_all_saints,
    ),
    "US": Law(dates=(), others=federal_holidays),
}


def test_every_country_is_held_against_its_law() -> None:
    """CAL-17: no calendar is offered by name whose days nobody wrote down a second time."""
    assert set(LAWS) == set(CALENDAR_NAMES) - {"standard", "federal", "moscow"}


@pytest.mark.parametrize("name", LAWS)
def test_the_days_off_are_those_of_the_law(name: str) -> None:
    """CAL-17: over 23 years, the days off are the weekends and what the law names, and no other."""
    calendar = calendar_named(name)
    off = {date for year in range(2013, 2036) for date in LAWS[name].days_off(year)}
    for date in days_of(calendar):
        assert calendar.is_working(date) is (date.weekday() < SAT and date not in off), date


# -- what a national calendar says ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "on", "act"),
    [
        ("GB-ENG", "2024-03-29", "Good Friday"),
        ("FI", "2024-06-21", "Juhannusaatto"),
        ("NO", "2024-05-17", "Grunnlovsdag"),
        ("SE", "2024-12-24", "Julafton"),
        ("EE", "2024-02-24", "iseseisvuspäev"),
    ],
)
def test_a_holiday_has_its_own_name_and_says_who_named_it(name: str, on: str, act: str) -> None:
    """CAL-17: the act is the holiday in the country's own words, and the library's version."""
    assert calendar_named(name).why(day(on)) == Why(kind=DayKind.HOLIDAY, act=f"{act}, {SOURCE}")


def test_the_eves_that_swedish_law_equates_are_off() -> None:
    """CAL-17: Midsummer, Christmas and New Year's Eve end no term in Sweden, by Act (1930:173)."""
    for eve in ("2024-06-21", "2024-12-24", "2024-12-31"):
        assert not calendar_named("SE").is_working(day(eve))
    assert calendar_named("SE").is_working(day("2024-04-30"))


def test_the_language_of_the_machine_changes_nothing() -> None:
    """CAL-17: the same calendar, by its fingerprint, wherever it is made."""
    script = "from emrcore.calendar import calendar_named as c; print(c('SE').fingerprint)"
    made = {
        subprocess.run(
            [sys.executable, "-c", script],
            env={**os.environ, "LANGUAGE": language, "PYTHONPATH": os.pathsep.join(sys.path)},
            capture_output=True,
            check=True,
            text=True,
        ).stdout.strip()
        for language in ("uk", "en_US")
    }
    assert made == {calendar_named("SE").fingerprint}


@pytest.mark.parametrize("name", LAWS)
def test_twenty_three_years_are_known(name: str) -> None:
    """CAL-2, CAL-17: 2013 to 2035; the day before and the day after are refused."""
    calendar = calendar_named(name)
    assert not calendar.is_working(day("2013-01-01"))
    assert calendar.why(day("2035-12-31")).act
    for outside in ("2012-12-31", "2036-01-01"):
        with pytest.raises(BeyondCalendar):
            calendar.is_working(day(outside))


def test_whole_years_are_known() -> None:
    """CAL-2, CAL-17: the years are half-open, and there is at least one."""
    calendar = national_calendar("FI", None, since=2024, until=2025)
    assert (calendar.known_since, calendar.known_until) == (day("2024-01-01"), day("2025-01-01"))
    for until in (2024, 2023):
        with pytest.raises(ValueError, match="before they begin"):
            national_calendar("FI", None, since=2024, until=until)


def test_a_week_may_be_another() -> None:
    """CAL-17: in Israel Friday is off and Sunday works, as the library's own week says."""
    calendar = national_calendar("IL", None, since=2023, until=2024)
    friday, sunday = calendar.why(day("2023-06-02")), calendar.why(day("2023-06-04"))
    assert (friday.kind, friday.act) == (DayKind.WEEKEND, f"week, {SOURCE}")
    assert (sunday.kind, sunday.act) == (DayKind.WORKDAY, f"week, {SOURCE}")


def test_a_weekend_may_be_worked() -> None:
    """CAL-17: where the library knows of a moved day off, the Saturday worked for it counts."""
    calendar = national_calendar("HU", None, since=2024, until=2025)
    saturday = calendar.why(day("2024-08-03"))
    assert saturday == Why(kind=DayKind.WORKDAY_BY_TRANSFER, act=f"transfer, {SOURCE}")
    assert not calendar.is_working(day("2024-08-19"))


COUNTRIES = sorted(holidays.list_supported_countries(include_aliases=False))


@given(country=st.sampled_from(COUNTRIES), since=st.integers(2002, 2030), data=st.data())
def test_the_frozen_days_are_the_ones_of_the_library(
    *, country: str, since: int, data: st.DataObject
) -> None:
    """CAL-17: wherever a calendar is made at all, `holidays` says the same of each of its days."""
    try:
        calendar = national_calendar(country, None, since=since, until=since + 1)
    except Malformed:
        reject()
    categories = ("public", "de_facto") if country == "SE" else None
    library = holidays.country_holidays(
        country, years=(since - 1, since, since + 1), categories=categories
    )
    date = data.draw(st.sampled_from([*days_of(calendar)]))
    assert calendar.is_working(date) is library.is_working_day(date)


# -- what is not known ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("country", "since", "where", "what"),
    [
        ("SE", 1952, "SE 1952", "no holiday is known"),
        ("RU", 2099, "RU 2099", "no days off are moved yet"),
        ("SN", 2099, "SN 2099-", "the day of the holiday is an estimate"),
    ],
)
def test_what_the_library_does_not_know_is_refused(
    country: str, since: int, where: str, what: str
) -> None:
    """CAL-17: years before the first law, transfers yet to be decreed, moons yet to be seen."""
    with pytest.raises(Malformed) as refused:
        national_calendar(country, None, since=since, until=since + 1)
    fault = refused.value.faults[0]
    assert fault.where.startswith(where)
    assert (fault.what, fault.rule) == (what, rules.CAL_17)


def test_every_year_that_is_not_known_is_named() -> None:
    """CAL-17: the host learns all of them at once, and the first year that is known."""
    with pytest.raises(Malformed) as refused:
        national_calendar("SE", None, since=1950, until=1955)
    assert [fault.where for fault in refused.value.faults] == ["SE 1950", "SE 1951", "SE 1952"]
    assert national_calendar("SE", None, since=1953, until=1955).known_since == day("1953-01-01")


def test_days_off_are_known_as_far_as_they_are_decreed() -> None:
    """CAL-17: the year of the last decree is known, the one after it is named in the refusal."""
    last: int = max(vars(holidays.country_holidays("RU"))["special_public_holidays"])
    calendar = national_calendar("RU", None, since=last, until=last + 1)
    assert calendar.known_until == dt.date(last + 1, 1, 1)
    with pytest.raises(Malformed) as refused:
        national_calendar("RU", None, since=last, until=last + 2)
    assert [fault.where for fault in refused.value.faults] == [f"RU {last + 1}"]


@pytest.mark.parametrize(("country", "subdivision"), [("XX", None), ("GB", "XXX"), ("", None)])
def test_a_country_the_library_does_not_know_is_refused(
    country: str, subdivision: str | None
) -> None:
    """CAL-17: an unknown code is the host's mistake, and names no other country."""
    with pytest.raises(ValueError, match="no holidays are known"):
        national_calendar(country, subdivision, since=2024, until=2025)


# -- what an import costs -------------------------------------------------------------------------


@pytest.mark.parametrize("heavy", ["holidays", "dateutil.rrule"])
def test_importing_the_calendar_loads_nothing_heavy(heavy: str) -> None:
    """CAL-1, CAL-11: whoever only handles deadlines pays for no holidays and no opening hours."""
    script = (
        f"import sys; from emrcore.calendar import Counting; sys.exit({heavy!r} in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0


def test_every_public_name_of_the_calendar_is_there() -> None:
    """CAL-18: what is loaded late is loaded when asked for, and a misspelt name is an error."""
    assert [name for name in package.__all__ if not hasattr(package, name)] == []
    with pytest.raises(AttributeError):
        getattr(importlib.import_module("emrcore.calendar"), "no_such_name")  # noqa: B009
