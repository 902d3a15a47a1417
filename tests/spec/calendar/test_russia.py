"""The Russian calendars: standard, federal and moscow, 2013 to 2027."""

import datetime as dt
import json
from itertools import pairwise
from pathlib import Path
from typing import Any

import attrs
import holidays
import pytest

from emrcore import rules
from emrcore.calendar import DayKind, Why, WorkingCalendar, russian_calendar
from emrcore.calendar.russia import checked
from emrcore.errors import BeyondCalendar, Malformed

DATA = Path(__file__).parents[2] / "data" / "calendar" / "working_days.json"
YEARS: dict[str, dict[str, Any]] = json.loads(DATA.read_text(encoding="utf-8"))
NAMES = ("standard", "federal", "moscow")
STANDARD, FEDERAL, MOSCOW = map(russian_calendar, NAMES)
DAYS = [dt.date(2013, 1, 1) + dt.timedelta(days=n) for n in range(15 * 365 + 3)]


def day(text: str) -> dt.date:
    return dt.date.fromisoformat(text)


def listed(key: str) -> set[dt.date]:
    return {day(text) for year in YEARS.values() for text in year[key]}


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("year", YEARS)
def test_every_year_and_month_has_its_working_days(name: str, year: str) -> None:
    """CAL-3: the working days of each year and month, in each calendar."""
    calendar, expected = russian_calendar(name), YEARS[year][name]
    firsts = [dt.date(int(year), month, 1) for month in range(1, 13)]
    firsts.append(dt.date(int(year) + 1, 1, 1))
    assert [calendar.working_days_between(*month) for month in pairwise(firsts)] == expected[
        "months"
    ]
    assert calendar.working_days_between(firsts[0], firsts[-1]) == expected["year"]


def test_every_day_of_the_standard_calendar_is_as_published() -> None:
    """CAL-1: no day of fifteen years is off or working by mistake."""
    off, working_weekends = listed("days_off"), listed("working_weekends")
    expected = {d for d in DAYS if d in working_weekends or (d.weekday() < 5 and d not in off)}
    assert {d for d in DAYS if STANDARD.is_working(d)} == expected


def test_holidays_agrees_on_every_day_but_one() -> None:
    """CAL-1: `holidays` may err on 10 March 2014 only, where the Labour Code itself is cited."""
    library = holidays.country_holidays("RU", years=range(2013, 2028))
    differ = {d for d in DAYS if library.is_working_day(d) != STANDARD.is_working(d)}
    assert differ <= {day("2014-03-10")}
    assert STANDARD.why(day("2014-03-10")) == Why(
        kind=DayKind.DAY_OFF_BY_TRANSFER, act="Labour Code of Russia, art. 112(2)"
    )


def test_short_days_are_as_published() -> None:
    """CAL-4: the eve of a holiday, or the day that works in its stead, is short."""
    assert {d for d in DAYS if STANDARD.is_shortened(d)} == listed("shortened")


@pytest.mark.parametrize(
    ("calendar", "on", "kind", "act"),
    [
        (STANDARD, "2020-01-01", DayKind.HOLIDAY, "Labour Code of Russia, art. 112"),
        (STANDARD, "2020-12-31", DayKind.WORKDAY, "Labour Code of Russia, art. 95"),
        (STANDARD, "2020-01-18", DayKind.WEEKEND, "five-day week"),
        (
            STANDARD,
            "2021-02-20",
            DayKind.WORKDAY_BY_TRANSFER,
            "Government Resolution of 10.10.2020 No 1648",
        ),
        (
            STANDARD,
            "2021-02-22",
            DayKind.DAY_OFF_BY_TRANSFER,
            "Government Resolution of 10.10.2020 No 1648",
        ),
        (
            STANDARD,
            "2014-05-02",
            DayKind.DAY_OFF_BY_TRANSFER,
            "Government transfer of days off for 2014",
        ),
        (
            FEDERAL,
            "2020-03-30",
            DayKind.DAY_OFF_BY_DECREE,
            "Presidential Decree of 25.03.2020 No 206",
        ),
        (
            MOSCOW,
            "2021-10-28",
            DayKind.DAY_OFF_BY_DECREE,
            "Decree of the Mayor of Moscow of 21.10.2021 No 62-UM, amended by No 68-UM",
        ),
    ],
)
def test_every_day_cites_what_made_it_so(
    calendar: WorkingCalendar, on: str, kind: DayKind, act: str
) -> None:
    """CAL-1: holiday, transfer, decree and plain week are told apart, each with its act."""
    why = calendar.why(day(on))
    assert (why.kind, why.act) == (kind, act)


@pytest.mark.parametrize(
    ("on", "works_in"),
    [
        ("2020-03-30", {"standard"}),
        ("2020-06-24", {"standard"}),
        ("2021-06-15", {"standard", "federal"}),
        ("2021-10-29", {"standard", "federal"}),
        ("2021-11-03", {"standard"}),
        ("2021-11-08", {"standard", "federal", "moscow"}),
    ],
)
def test_declared_days_are_off_where_they_bind(on: str, works_in: set[str]) -> None:
    """CAL-3: the President's days are off in two calendars, the Mayor's in one."""
    assert {name for name in NAMES if russian_calendar(name).is_working(day(on))} == works_in


@pytest.mark.parametrize("on", ["2020-12-31", "2023-06-26"])
def test_a_recommendation_takes_no_day_off(on: str) -> None:
    """CAL-3: what did not bind public bodies is a working day in Moscow too."""
    assert MOSCOW.is_working(day(on))


def test_a_weekend_inside_a_declared_period_stays_a_weekend() -> None:
    """CAL-3: a declaration takes nothing from a day that is off already."""
    assert FEDERAL.why(day("2020-04-04")).kind is DayKind.WEEKEND
    assert FEDERAL.why(day("2021-11-04")).kind is DayKind.HOLIDAY


@pytest.mark.parametrize("name", NAMES)
def test_fifteen_years_are_known(name: str) -> None:
    """CAL-2: 2013 to 2027 are decreed; the day before and the day after are refused."""
    calendar = russian_calendar(name)
    assert not calendar.is_working(day("2013-01-01"))
    assert not calendar.is_working(day("2027-12-31"))
    for outside in ("2012-12-31", "2028-01-01"):
        with pytest.raises(BeyondCalendar):
            calendar.is_working(day(outside))


def test_the_three_calendars_have_their_own_fingerprints() -> None:
    """CAL-9: a deadline can tell which calendar counted it."""
    assert len({russian_calendar(name).fingerprint for name in NAMES}) == 3


def test_there_is_no_fourth_calendar() -> None:
    """CAL-3: an unknown name is refused."""
    with pytest.raises(ValueError, match="novgorod"):
        russian_calendar("novgorod")


def test_a_year_with_a_wrong_number_of_working_days_is_refused() -> None:
    """CAL-1: were `holidays` to lose a holiday, no calendar is built, and each year is named."""
    lost = {day("2020-06-12"), day("2021-02-23")}
    rulings = {d: why for d, why in STANDARD.rulings if d not in lost}
    with pytest.raises(Malformed) as refused:
        checked(attrs.evolve(STANDARD, rulings=rulings))
    assert [fault.where for fault in refused.value.faults] == ["RU 2020", "RU 2021"]
    assert {fault.rule for fault in refused.value.faults} == {rules.CAL_1}
