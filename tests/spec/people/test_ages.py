"""Ages: which local day an age begins on."""

import datetime as dt
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emrcore.people import AgeConvention, LeapBirthday, age_on, has_reached, reached_on

DATA = Path(__file__).parents[2] / "data" / "people" / "ages.json"
ROWS: list[dict[str, Any]] = json.loads(DATA.read_text(encoding="utf-8"))
CONVENTIONS = tuple(AgeConvention)

DAY_AFTER = AgeConvention.DAY_AFTER
BIRTHDAY = AgeConvention.BIRTHDAY
DAY = dt.timedelta(days=1)

births = st.dates(dt.date(1880, 1, 1), dt.date(2100, 12, 31)) | st.sampled_from(
    [dt.date(2000, 2, 29), dt.date(1904, 2, 29), dt.date(2019, 12, 31)]
)
conventions = st.sampled_from(AgeConvention)
leaps = st.sampled_from(LeapBirthday)


def day(text: str) -> dt.date:
    return dt.date.fromisoformat(text)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row['born']} at {row['years']}")
@pytest.mark.parametrize("convention", CONVENTIONS)
def test_an_age_begins_on_the_day_the_convention_says(
    row: dict[str, Any], convention: AgeConvention
) -> None:
    """PPL-1: an age begins on the birthday, or on the day after it."""
    born = day(row["born"])

    assert reached_on(born, row["years"], convention=convention) == day(row[convention])
    reached = has_reached(born, row["years"], day(row["on"]), convention=convention)
    assert reached is row["reached"][convention]


@pytest.mark.parametrize(
    ("on", "day_after", "birthday"),
    [
        ("2020-01-13", False, False),
        ("2020-01-14", False, True),
        ("2020-01-15", True, True),
    ],
)
def test_the_conventions_differ_on_the_birthday_only(
    on: str, day_after: bool, birthday: bool
) -> None:
    """PPL-1: before the birthday neither convention counts the age, after it both do."""
    born = day("2005-01-14")

    assert has_reached(born, 15, day(on), convention=DAY_AFTER) is day_after
    assert has_reached(born, 15, day(on), convention=BIRTHDAY) is birthday


@pytest.mark.parametrize(
    ("convention", "leap", "begins"),
    [
        (DAY_AFTER, LeapBirthday.FEB28, "2023-03-01"),
        (DAY_AFTER, LeapBirthday.MAR01, "2023-03-02"),
        (BIRTHDAY, LeapBirthday.FEB28, "2023-02-28"),
        (BIRTHDAY, LeapBirthday.MAR01, "2023-03-01"),
    ],
)
def test_a_birthday_of_29_february_is_moved_in_a_common_year(
    convention: AgeConvention, leap: LeapBirthday, begins: str
) -> None:
    """PPL-2: the rulebook says to which side, and the convention then counts from there."""
    assert reached_on(day("2008-02-29"), 15, convention=convention, leap=leap) == day(begins)


@pytest.mark.parametrize("leap", LeapBirthday)
def test_a_birthday_of_29_february_stays_in_a_leap_year(leap: LeapBirthday) -> None:
    """PPL-2: the choice matters in common years only."""
    begins = reached_on(day("2008-02-29"), 16, convention=BIRTHDAY, leap=leap)
    assert begins == day("2024-02-29")


@given(born=births, convention=conventions, leap=leaps)
def test_age_0_begins_at_birth(
    born: dt.date, convention: AgeConvention, leap: LeapBirthday
) -> None:
    """PPL-3: a band from 0 holds the newborn, whichever the convention."""
    assert reached_on(born, 0, convention=convention, leap=leap) == born
    assert age_on(born, born, convention=convention, leap=leap) == 0


@given(born=births, years=st.integers(1, 130), convention=conventions, leap=leaps)
def test_the_age_grows_by_one_on_the_day_it_is_reached(
    born: dt.date, years: int, convention: AgeConvention, leap: LeapBirthday
) -> None:
    """PPL-3: the day before, the completed years are one fewer."""
    begins = reached_on(born, years, convention=convention, leap=leap)

    assert age_on(born, begins, convention=convention, leap=leap) == years
    assert age_on(born, begins - DAY, convention=convention, leap=leap) == years - 1


@given(
    born=births,
    lived=st.integers(0, 50_000),
    years=st.integers(0, 130),
    convention=conventions,
    leap=leaps,
)
def test_an_age_is_reached_when_so_many_years_are_completed(
    born: dt.date, lived: int, years: int, convention: AgeConvention, leap: LeapBirthday
) -> None:
    """PPL-3: the two questions have one answer."""
    on = born + lived * DAY

    reached = has_reached(born, years, on, convention=convention, leap=leap)
    assert reached is (age_on(born, on, convention=convention, leap=leap) >= years)


def test_nobody_has_an_age_before_the_birth() -> None:
    """PPL-3: the day before the birth is refused, and has reached no age."""
    born = day("2020-01-14")

    with pytest.raises(ValueError, match="PPL-3"):
        age_on(born, born - DAY, convention=DAY_AFTER)
    assert not has_reached(born, 0, born - DAY, convention=DAY_AFTER)


@pytest.mark.parametrize("convention", CONVENTIONS)
def test_an_age_is_not_negative(convention: AgeConvention) -> None:
    """PPL-3: an age of minus one is refused."""
    with pytest.raises(ValueError, match="PPL-3"):
        reached_on(day("2020-01-14"), -1, convention=convention)
    with pytest.raises(ValueError, match="PPL-3"):
        has_reached(day("2020-01-14"), -1, day("2020-01-14"), convention=convention)


@pytest.mark.parametrize("years", [7981, 10**9, 10**30])
def test_an_age_beyond_the_year_9999_is_refused(years: int) -> None:
    """PPL-3: the calendar ends; the answer is an error of the caller, never an overflow."""
    with pytest.raises(ValueError, match=r"out of range|beyond the year 9999"):
        reached_on(day("2019-12-31"), years, convention=BIRTHDAY)


def test_the_last_day_of_the_calendar_is_the_last_answer() -> None:
    """PPL-3: what falls on the last day is answered, what falls after it is refused."""
    born = day("2019-12-31")

    assert reached_on(born, 7980, convention=BIRTHDAY) == dt.date.max
    with pytest.raises(ValueError, match="beyond the year 9999"):
        reached_on(born, 7980, convention=DAY_AFTER)
    assert age_on(born, dt.date.max, convention=DAY_AFTER) == 7979


def test_a_moment_has_no_age() -> None:
    """PPL-4: a moment in place of a day is refused, naive or aware."""
    moment = dt.datetime(2020, 1, 14, tzinfo=dt.UTC)
    plain = day("2020-01-14")

    for born, on in [(moment, plain), (plain, moment), (moment.replace(tzinfo=None), plain)]:
        with pytest.raises(TypeError, match="PPL-4"):
            age_on(born, on, convention=DAY_AFTER)
        with pytest.raises(TypeError, match="PPL-4"):
            has_reached(born, 15, on, convention=DAY_AFTER)
    with pytest.raises(TypeError, match="PPL-4"):
        reached_on(moment, 15, convention=DAY_AFTER)
