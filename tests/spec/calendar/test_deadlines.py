"""Deadlines: by when an answer is due, and the receipt that shows the count."""

import datetime as dt
import json
from pathlib import Path
from typing import Any

import attrs
import pytest
from cattrs.preconf.json import make_converter
from hypothesis import given
from hypothesis import strategies as st

from emrcore.calendar import (
    Counting,
    DayKind,
    Deadline,
    Skip,
    Suspension,
    Why,
    WorkingCalendar,
    deadline,
    recompute,
    russian_calendar,
)
from emrcore.errors import BeyondCalendar

DATA = Path(__file__).parents[2] / "data" / "calendar" / "deadlines.json"
CASES: dict[str, list[dict[str, Any]]] = json.loads(DATA.read_text(encoding="utf-8"))
NAMES = ("standard", "federal", "moscow")
STANDARD, FEDERAL, MOSCOW = map(russian_calendar, NAMES)
MOSCOW_TIME = "Europe/Moscow"
DAY = dt.timedelta(days=1)
INSTANT = dt.timedelta(microseconds=1)


def due(
    filed_at: str,
    *,
    calendar: WorkingCalendar = STANDARD,
    counting: Counting = Counting.A,
    working_days: int = 5,
    standard: WorkingCalendar | None = None,
    suspended: tuple[Suspension, ...] = (),
) -> Deadline:
    return deadline(
        dt.datetime.fromisoformat(filed_at),
        working_days=working_days,
        calendar=calendar,
        counting=counting,
        zone=MOSCOW_TIME,
        standard=standard,
        suspended=suspended,
    )


def day(text: str) -> dt.date:
    return dt.date.fromisoformat(text)


# -- how the days are counted ---------------------------------------------------------------------


@pytest.mark.parametrize("case", CASES["filed"], ids=lambda case: case["filed_at"])
@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("counting", Counting)
def test_what_is_filed_is_due_in_five_working_days(
    case: dict[str, Any], name: str, counting: Counting
) -> None:
    """CAL-5, CAL-6: the due day, by either counting, in each calendar."""
    given = due(case["filed_at"], calendar=russian_calendar(name), counting=counting)
    assert given.due_on == day(case[counting][name]), case["note"]


@pytest.mark.parametrize(
    ("filed_on", "due_on", "due_on_federal"),
    [
        ("2020-01-14", "2020-01-21", "2020-01-21"),
        ("2020-01-18", "2020-01-24", "2020-01-24"),
        ("2019-12-31", "2020-01-15", "2020-01-15"),
        ("2020-03-27", "2020-04-03", "2020-05-18"),
        ("2020-04-30", "2020-05-13", "2020-05-18"),
        ("2021-02-19", "2021-03-01", "2021-03-01"),
        ("2024-04-26", "2024-05-07", "2024-05-07"),
        ("2024-12-27", "2025-01-14", "2025-01-14"),
        ("2025-10-31", "2025-11-10", "2025-11-10"),
    ],
)
def test_working_saturdays_holidays_and_declared_days(
    filed_on: str, due_on: str, due_on_federal: str
) -> None:
    """CAL-5: moved days off and working Saturdays are counted right, declared days as told."""
    assert due(f"{filed_on}T12:00+03:00").due_on == day(due_on)
    assert due(f"{filed_on}T12:00+03:00", calendar=FEDERAL).due_on == day(due_on_federal)


@pytest.mark.parametrize("hour", ["00:00", "12:00", "23:59"])
def test_by_counting_a_the_hour_does_not_matter(hour: str) -> None:
    """CAL-5: day 0 is the date of filing, whatever the hour."""
    assert due(f"2020-01-14T{hour}+03:00").due_on == day("2020-01-21")


def test_the_term_ends_with_the_day() -> None:
    """CAL-5: the term lasts until 24:00 local of the due day and is missed from then on."""
    given = due("2020-01-14T10:00+03:00")
    assert given.due_at is not None
    assert given.due_at.isoformat() == "2020-01-22T00:00:00+03:00"
    assert not given.is_missed(given.due_at - INSTANT)
    assert given.is_missed(given.due_at)
    assert given.is_missed(given.due_at + INSTANT)


@pytest.mark.parametrize(
    ("filed_at", "due_on"),
    [
        ("2020-01-14T17:59:59+03:00", "2020-01-21"),
        ("2020-01-14T18:00:00+03:00", "2020-01-22"),
        ("2020-01-14T18:00:01+03:00", "2020-01-22"),
        ("2020-12-31T16:59:59+03:00", "2021-01-15"),
        ("2020-12-31T17:00:00+03:00", "2021-01-18"),
        ("2020-12-31T17:00:01+03:00", "2021-01-18"),
    ],
)
def test_by_counting_b_the_closing_hour_decides(filed_at: str, due_on: str) -> None:
    """CAL-6: at closing time it is too late for today: 18:00, on a short day 17:00 (CAL-4)."""
    assert due(filed_at, counting=Counting.B).due_on == day(due_on)


def test_the_closing_hours_are_the_hosts() -> None:
    """CAL-6: another office closes at another hour."""
    given = deadline(
        dt.datetime.fromisoformat("2020-01-14T18:00+03:00"),
        working_days=5,
        calendar=STANDARD,
        counting=Counting.B,
        zone=MOSCOW_TIME,
        closes=dt.time(20),
    )
    assert given.due_on == day("2020-01-21")


def test_a_term_has_a_working_day() -> None:
    """CAL-5: a term of one day is due on the next working day; none is no term."""
    assert due("2020-01-17T10:00+03:00", working_days=1).due_on == day("2020-01-20")
    with pytest.raises(ValueError, match="at least one"):
        due("2020-01-17T10:00+03:00", working_days=0)


# -- which day it is ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("filed_at", "filed_on"),
    [
        ("2020-01-14T20:59:59+00:00", "2020-01-14"),
        ("2020-01-14T21:00:00+00:00", "2020-01-15"),
        ("2014-03-06T19:59:59+00:00", "2014-03-06"),
        ("2014-03-06T20:00:00+00:00", "2014-03-07"),
        ("2014-10-25T20:00:00+00:00", "2014-10-26"),
        ("2014-10-26T20:59:59+00:00", "2014-10-26"),
        ("2014-10-26T21:00:00+00:00", "2014-10-27"),
    ],
)
def test_the_day_is_the_local_one(filed_at: str, filed_on: str) -> None:
    """CAL-7: late in the evening UTC it is tomorrow in Moscow, until 26.10.2014 an hour earlier."""
    assert due(filed_at).receipt[0].day == day(filed_on)


def test_a_term_ends_at_midnight_of_its_own_era() -> None:
    """CAL-7: in March 2014 Moscow kept UTC+4."""
    given = due("2014-03-06T06:00+00:00")
    assert given.due_at is not None
    assert given.due_at.isoformat() == "2014-03-15T00:00:00+04:00"


def test_a_naive_moment_is_not_filed() -> None:
    """CAL-7: without an offset the day of filing is unknown."""
    with pytest.raises(ValueError, match="naive"):
        due("2020-01-14T10:00")


# -- suspensions ----------------------------------------------------------------------------------


@pytest.mark.parametrize("case", CASES["suspended"], ids=lambda case: case["filed_on"])
def test_a_suspension_moves_the_due_day(case: dict[str, Any]) -> None:
    """CAL-8: used up to the day of suspension, resumed after the day the data arrived."""
    filed_at = f"{case['filed_on']}T10:00+03:00"
    suspension = Suspension(on=day(case["on"]), resumed_on=day(case["resumed_on"]))
    given = due(filed_at, suspended=(suspension,))
    used = [line for line in given.receipt if line.counted and line.day <= suspension.on]
    assert len(used) == case["used"]
    assert given.due_on == day(case["due_on"])
    assert due(filed_at).due_on == day(case["due_on_without"])


def test_while_suspended_nothing_is_due() -> None:
    """CAL-8: an open suspension has no due day, is never missed, and shows what was used up."""
    given = due("2020-01-14T10:00+03:00", suspended=(Suspension(on=day("2020-01-16")),))
    assert (given.due_on, given.due_at) == (None, None)
    assert not given.is_missed(dt.datetime(2027, 1, 1, tzinfo=dt.UTC))
    assert [line.number for line in given.receipt] == [None, 1, 2]


@pytest.mark.parametrize(
    ("on", "due_on"),
    [("2020-01-20", None), ("2020-01-21", "2020-01-21"), ("2020-01-22", "2020-01-21")],
)
def test_what_ran_out_cannot_be_suspended(on: str, due_on: str | None) -> None:
    """CAL-8: a suspension on the due day or later changes nothing."""
    given = due("2020-01-14T10:00+03:00", suspended=(Suspension(on=day(on)),))
    assert given.due_on == (due_on and day(due_on))


def test_a_term_may_be_suspended_twice() -> None:
    """CAL-8: each suspension takes its own days out."""
    first = Suspension(on=day("2020-01-16"), resumed_on=day("2020-01-22"))
    second = Suspension(on=day("2020-01-23"), resumed_on=day("2020-01-24"))
    given = due("2020-01-14T10:00+03:00", suspended=(first, second))
    assert given.due_on == day("2020-01-28")


def test_the_same_day_stops_and_starts_the_clock() -> None:
    """CAL-8: data that arrive on the day they are asked for cost nothing."""
    suspension = Suspension(on=day("2020-01-16"), resumed_on=day("2020-01-16"))
    given = due("2020-01-14T10:00+03:00", suspended=(suspension,))
    assert given.due_on == day("2020-01-21")


def test_a_suspension_comes_after_the_filing_and_ends_after_it_begins() -> None:
    """CAL-8: dates in another order are a mistake."""
    with pytest.raises(ValueError, match="before it was suspended"):
        Suspension(on=day("2020-01-16"), resumed_on=day("2020-01-15"))
    with pytest.raises(ValueError, match="before it was filed"):
        due("2020-01-14T10:00+03:00", suspended=(Suspension(on=day("2020-01-13")),))
    filed_and_suspended = due(
        "2020-01-14T10:00+03:00", suspended=(Suspension(on=day("2020-01-14")),)
    )
    assert [line.skip for line in filed_and_suspended.receipt] == [Skip.FILED]


# -- the receipt ----------------------------------------------------------------------------------


def test_the_receipt_explains_every_day() -> None:
    """CAL-9: from the filing to the due day, each day is numbered or says why it was not."""
    given = due("2021-06-08T10:00+03:00", calendar=MOSCOW, standard=STANDARD)
    assert [(f"{line.day:%d}", line.number, line.why.kind) for line in given.receipt] == [
        ("08", None, DayKind.WORKDAY),
        ("09", 1, DayKind.WORKDAY),
        ("10", 2, DayKind.WORKDAY),
        ("11", 3, DayKind.WORKDAY),
        ("12", None, DayKind.HOLIDAY),
        ("13", None, DayKind.WEEKEND),
        ("14", None, DayKind.DAY_OFF_BY_TRANSFER),
        ("15", None, DayKind.DAY_OFF_BY_DECREE),
        ("16", None, DayKind.DAY_OFF_BY_DECREE),
        ("17", None, DayKind.DAY_OFF_BY_DECREE),
        ("18", None, DayKind.DAY_OFF_BY_DECREE),
        ("19", None, DayKind.WEEKEND),
        ("20", None, DayKind.WEEKEND),
        ("21", 4, DayKind.WORKDAY),
        ("22", 5, DayKind.WORKDAY),
    ]
    assert all(line.why == MOSCOW.why(line.day) for line in given.receipt)


def test_the_deadline_names_its_calendar_and_the_standard_due_day() -> None:
    """CAL-9: who counted, and what the standard calendar would have said."""
    given = due("2021-06-08T10:00+03:00", calendar=MOSCOW, standard=STANDARD)
    assert (given.calendar, given.fingerprint) == ("moscow", MOSCOW.fingerprint)
    assert given.standard_due_on == day("2021-06-16")
    assert due("2021-06-08T10:00+03:00", calendar=MOSCOW).standard_due_on is None


def test_the_standard_due_day_knows_its_own_short_days() -> None:
    """CAL-9: 30 April 2020, declared off in Moscow, closed at 17:00 by the standard calendar."""
    filed_at = "2020-04-30T17:30+03:00"
    given = due(filed_at, calendar=MOSCOW, counting=Counting.B, standard=STANDARD)
    assert given.standard_due_on == due(filed_at, counting=Counting.B).due_on


def test_the_receipt_says_when_it_was_received_and_when_it_stood_still() -> None:
    """CAL-9: days the term itself passes over are told apart from days off."""
    given = due(
        "2020-01-17T19:00+03:00",
        counting=Counting.B,
        suspended=(Suspension(on=day("2020-01-21"), resumed_on=day("2020-01-22")),),
        working_days=2,
    )
    assert [(f"{line.day:%d}", line.number, line.skip) for line in given.receipt] == [
        ("17", None, Skip.FILED),
        ("18", None, Skip.UNRECEIVED),
        ("19", None, Skip.UNRECEIVED),
        ("20", None, Skip.RECEIVED),
        ("21", 1, None),
        ("22", None, Skip.SUSPENDED),
        ("23", 2, None),
    ]


def test_a_deadline_survives_json() -> None:
    """CAL-9: what was promised can be stored and read back, receipt included."""
    converter = make_converter()
    for suspended in ((), (Suspension(on=day("2020-01-16")),)):
        given = due("2020-01-14T10:00+03:00", calendar=MOSCOW, suspended=suspended)
        assert converter.loads(converter.dumps(given), Deadline) == given


# -- the horizon ----------------------------------------------------------------------------------


def test_the_due_day_must_be_known() -> None:
    """CAL-2: four working days from 24 December 2027 are known, the fifth is not."""
    assert due("2027-12-24T10:00+03:00", working_days=4).due_on == day("2027-12-30")
    with pytest.raises(BeyondCalendar) as refused:
        due("2027-12-24T10:00+03:00", working_days=5)
    assert refused.value.day == refused.value.known_until == day("2028-01-01")


@pytest.mark.parametrize("counting", Counting)
def test_the_day_of_filing_must_be_known(counting: Counting) -> None:
    """CAL-2: 31 December 2012 is refused, 1 January 2013 is not."""
    with pytest.raises(BeyondCalendar):
        due("2012-12-31T12:00+04:00", counting=counting)
    assert due("2013-01-01T12:00+04:00", counting=counting).due_on is not None


# -- a calendar published later -------------------------------------------------------------------

MOVED = (day("2021-02-20"), day("2021-02-22"))
BEFORE_THE_TRANSFER = attrs.evolve(
    STANDARD, rulings=[(on, why) for on, why in STANDARD.rulings if on not in MOVED]
)


def test_a_new_transfer_shows_what_it_would_change() -> None:
    """CAL-10: Saturday 20 February now works, so the same filing would be due on it."""
    given = due("2021-02-15T10:00+03:00", calendar=BEFORE_THE_TRANSFER)
    again = recompute(given, STANDARD)
    assert again is not None
    assert (again.given_on, again.due_on) == (day("2021-02-22"), day("2021-02-20"))
    assert again.fingerprint == STANDARD.fingerprint
    assert [(line.day, line.number, line.why) for line in again.changed] == [
        (MOVED[0], 5, STANDARD.why(MOVED[0]))
    ]


def test_a_due_day_given_does_not_move() -> None:
    """CAL-10: looking at a new calendar leaves the deadline as it was given."""
    given = due("2021-06-08T10:00+03:00", calendar=FEDERAL)
    again = recompute(given, MOSCOW)
    assert again is not None
    assert (again.given_on, again.due_on) == (day("2021-06-16"), day("2021-06-22"))
    assert [line.day for line in again.changed] == [day("2021-06-15"), day("2021-06-16")]
    assert given.due_on == day("2021-06-16")


def test_a_transfer_that_changes_no_due_day_changes_nothing() -> None:
    """CAL-10: with 20 February gained and 22 February lost, 1 March stays the due day."""
    given = due("2021-02-19T10:00+03:00", calendar=BEFORE_THE_TRANSFER)
    assert given.fingerprint != STANDARD.fingerprint
    assert recompute(given, STANDARD) is None


@pytest.mark.parametrize(("hour", "due_on"), [("16:59", None), ("18:00", "2021-03-03")])
def test_what_was_filed_after_hours_stays_so(hour: str, due_on: str | None) -> None:
    """CAL-10: now that the Saturday works, what came in time is received on it, the rest later."""
    filed_at = f"2021-02-20T{hour}+03:00"
    given = due(filed_at, calendar=BEFORE_THE_TRANSFER, counting=Counting.B)
    again = recompute(given, STANDARD)
    assert given.due_on == day("2021-03-02")
    assert (again and again.due_on) == (due_on and day(due_on))


def test_a_calendar_that_does_not_reach_is_refused() -> None:
    """CAL-2: a calendar that ends before the due day has nothing to say about it."""
    given = due("2021-06-08T10:00+03:00")
    short = WorkingCalendar(
        name="standard",
        known_since=day("2021-01-01"),
        known_until=day("2021-06-16"),
        rulings={day("2021-06-14"): Why(kind=DayKind.HOLIDAY, act="Act 1")},
    )
    with pytest.raises(BeyondCalendar):
        recompute(given, short)


# -- the slow and obvious way ---------------------------------------------------------------------

UTC_PLUS_3_SINCE = dt.datetime(2014, 10, 25, 22, tzinfo=dt.UTC)

OFFICE_HOURS_END = (dt.time(13, 59, 59), dt.time(14), dt.time(15), dt.time(20), dt.time(21))
"""Where the day of an office in Moscow ends, in UTC, in either era and on short days too."""


def closing(on: dt.date, calendar: WorkingCalendar) -> dt.time:
    return dt.time(17) if calendar.is_shortened(on) else dt.time(18)


def stepped(
    here: dt.datetime,
    working_days: int,
    calendar: WorkingCalendar,
    counting: Counting,
    pauses: list[tuple[int, int]],
) -> dt.date:
    """Count on one's fingers; a pause is given in days after filing, with its length."""
    filed_on = day = here.date()
    if counting is Counting.B:
        late = here.time() >= closing(day, calendar)
        while late or not calendar.is_working(day):
            day, late = day + DAY, False
    left = working_days
    while left:
        day += DAY
        n = (day - filed_on).days
        if calendar.is_working(day) and not any(on < n <= on + length for on, length in pauses):
            left -= 1
    return day


@given(
    filed_on=st.dates(dt.date(2013, 1, 2), dt.date(2026, 12, 31)),
    time=st.times() | st.sampled_from(OFFICE_HOURS_END),
    working_days=st.integers(1, 40),
    calendar=st.sampled_from((STANDARD, FEDERAL, MOSCOW)),
    counting=st.sampled_from(Counting),
    pauses=st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30)), max_size=3),
)
def test_the_due_day_is_what_stepping_day_by_day_finds(
    *,
    filed_on: dt.date,
    time: dt.time,
    working_days: int,
    calendar: WorkingCalendar,
    counting: Counting,
    pauses: list[tuple[int, int]],
) -> None:
    """CAL-5, CAL-6, CAL-8: counting on one's fingers comes to the same day."""
    filed_at = dt.datetime.combine(filed_on, time, dt.UTC)
    hours = 4 if filed_at < UTC_PLUS_3_SINCE else 3
    here = filed_at.astimezone(dt.timezone(dt.timedelta(hours=hours)))

    given = deadline(
        filed_at,
        working_days=working_days,
        calendar=calendar,
        counting=counting,
        zone=MOSCOW_TIME,
        suspended=tuple(
            Suspension(on=here.date() + on * DAY, resumed_on=here.date() + (on + length) * DAY)
            for on, length in pauses
        ),
    )

    assert given.due_on == stepped(here, working_days, calendar, counting, pauses)
    assert [line.number for line in given.receipt if line.counted] == [*range(1, working_days + 1)]
    days = [line.day for line in given.receipt]
    assert days == [here.date() + n * DAY for n in range(len(days))]
    assert recompute(given, calendar) is None
