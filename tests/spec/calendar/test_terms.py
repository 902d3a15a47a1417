"""Terms: in working days, in calendar days and in months, and where they end."""

import datetime as dt
from zoneinfo import ZoneInfo

import attrs
import pytest
from cattrs.preconf.json import make_converter
from hypothesis import given
from hypothesis import strategies as st

from emrcore.calendar import (
    Counting,
    Deadline,
    Skip,
    Suspension,
    Term,
    TermUnit,
    WorkingCalendar,
    calendar_named,
    deadline,
    months_after,
    recompute,
)
from emrcore.errors import BeyondCalendar

ENGLAND, AUSTRALIA = map(calendar_named, ("GB-ENG", "AU"))
STANDARD, MOSCOW = map(calendar_named, ("standard", "moscow"))
LONDON, SYDNEY = "Europe/London", "Australia/Sydney"
DAY = dt.timedelta(days=1)


def days(number: int, *, rolls: bool = False) -> Term:
    return Term(number=number, unit=TermUnit.CALENDAR_DAYS, rolls=rolls)


def months(number: int, *, rolls: bool = False) -> Term:
    return Term(number=number, unit=TermUnit.MONTHS, rolls=rolls)


def due(
    filed: str,
    term: Term,
    *,
    calendar: WorkingCalendar = ENGLAND,
    counting: Counting = Counting.A,
    zone: str = LONDON,
    standard: WorkingCalendar | None = None,
    suspended: tuple[Suspension, ...] = (),
) -> Deadline:
    """The deadline of what was *filed* on a day, at ten UTC, or at a moment."""
    return deadline(
        dt.datetime.fromisoformat(filed if "T" in filed else f"{filed}T10:00+00:00"),
        term=term,
        calendar=calendar,
        counting=counting,
        zone=zone,
        standard=standard,
        suspended=suspended,
    )


def day(text: str) -> dt.date:
    return dt.date.fromisoformat(text)


def pause(on: str, resumed_on: str | None = None) -> Suspension:
    return Suspension(on=day(on), resumed_on=day(resumed_on) if resumed_on else None)


# -- terms ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("unit", TermUnit)
def test_a_term_is_at_least_one_long(unit: TermUnit) -> None:
    """CAL-5, CAL-13, CAL-14: one day or month is a term; none, or less, is a mistake."""
    assert due("2024-01-10", Term(number=1, unit=unit)).due_on is not None
    for number in (0, -1):
        with pytest.raises(ValueError, match="at least one"):
            Term(number=number, unit=unit)


def test_working_days_may_be_given_in_short() -> None:
    """CAL-5: a number of working days is short for the term of that many."""
    filed_at = dt.datetime(2024, 3, 27, 10, tzinfo=dt.UTC)
    in_short = deadline(
        filed_at, working_days=28, calendar=ENGLAND, counting=Counting.A, zone=LONDON
    )
    assert in_short == due("2024-03-27", Term(number=28, unit=TermUnit.WORKING_DAYS))
    assert in_short.due_on == day("2024-05-09"), "two days of Easter and a Monday in May are off"


def test_a_deadline_has_one_term() -> None:
    """CAL-5: no term, or two of them, is a mistake of the host."""
    filed_at = dt.datetime(2024, 3, 27, 10, tzinfo=dt.UTC)
    with pytest.raises(TypeError, match="takes a term"):
        deadline(filed_at, calendar=ENGLAND, counting=Counting.A, zone=LONDON)
    with pytest.raises(TypeError, match="takes a term"):
        deadline(
            filed_at,
            term=days(5),
            working_days=5,
            calendar=ENGLAND,
            counting=Counting.A,
            zone=LONDON,
        )


# -- calendar days --------------------------------------------------------------------------------


def test_calendar_days_include_days_off() -> None:
    """CAL-13: a week over Easter is seven days, each counted, whatever it is."""
    given = due("2024-03-27", days(7))
    assert given.due_on == day("2024-04-03")
    assert [line.number for line in given.receipt] == [None, 1, 2, 3, 4, 5, 6, 7]
    assert [line.day for line in given.receipt if not line.why.kind.works] == [
        day("2024-03-29") + n * DAY for n in range(4)
    ]


@pytest.mark.parametrize(
    ("filed_on", "number", "due_on"),
    [
        ("2023-02-01", 27, "2023-02-28"),
        ("2023-02-01", 28, "2023-03-01"),
        ("2024-02-01", 27, "2024-02-28"),
        ("2024-02-01", 28, "2024-02-29"),
        ("2024-02-01", 29, "2024-03-01"),
        ("2023-12-31", 1, "2024-01-01"),
    ],
)
def test_a_leap_day_is_a_day(filed_on: str, number: int, due_on: str) -> None:
    """CAL-13: 29 February is counted when there is one."""
    assert due(filed_on, days(number)).due_on == day(due_on)


# -- months ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("filed_on", "number", "due_on"),
    [
        ("2024-09-03", 1, "2024-10-03"),
        ("2024-12-15", 1, "2025-01-15"),
        ("2023-01-27", 1, "2023-02-27"),
        ("2023-01-28", 1, "2023-02-28"),
        ("2023-01-29", 1, "2023-02-28"),
        ("2023-01-31", 1, "2023-02-28"),
        ("2024-01-28", 1, "2024-02-28"),
        ("2024-01-29", 1, "2024-02-29"),
        ("2024-01-30", 1, "2024-02-29"),
        ("2024-01-31", 1, "2024-02-29"),
        ("2024-03-30", 1, "2024-04-30"),
        ("2024-03-31", 1, "2024-04-30"),
        ("2024-02-29", 1, "2024-03-29"),
        ("2024-02-29", 11, "2025-01-29"),
        ("2024-02-29", 12, "2025-02-28"),
        ("2024-02-29", 48, "2028-02-29"),
        ("2023-02-28", 12, "2024-02-28"),
        ("2024-01-31", 2, "2024-03-31"),
        ("2024-12-31", 2, "2025-02-28"),
    ],
)
def test_a_month_ends_on_the_corresponding_day(filed_on: str, number: int, due_on: str) -> None:
    """CAL-14: the same day of the last month, or the last one where that month is too short."""
    assert due(filed_on, months(number)).due_on == day(due_on)


@pytest.mark.parametrize(("filed_on", "counted"), [("2023-01-31", 28), ("2024-01-31", 29)])
def test_a_month_is_counted_in_its_days(filed_on: str, counted: int) -> None:
    """CAL-9, CAL-14: the receipt numbers the days that the months come to."""
    lines = due(filed_on, months(1)).receipt
    assert [line.number for line in lines] == [None, *range(1, counted + 1)]


def nth_month_after(day: dt.date, months: int) -> dt.date:
    """Turn the pages of the calendar, then look for the day, or for the one before."""
    year, month = day.year, day.month
    for _ in range(months):
        year, month = (year, month + 1) if month < 12 else (year + 1, 1)
    for number in range(day.day, 0, -1):
        try:
            return dt.date(year, month, number)
        except ValueError:
            continue
    raise AssertionError


@given(st.dates(dt.date(1900, 1, 1), dt.date(2100, 12, 31)), st.integers(1, 600))
def test_months_are_found_by_turning_pages(day: dt.date, number: int) -> None:
    """CAL-14: turning the pages of a calendar comes to the same day."""
    assert months_after(day, number) == nth_month_after(day, number)
    assert months(number).days_from(day) == (nth_month_after(day, number) - day).days


# -- an end on a day off --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("number", "due_on"),
    [
        (7, "2024-03-28"),
        (8, "2024-04-02"),
        (9, "2024-04-02"),
        (10, "2024-04-02"),
        (11, "2024-04-02"),
        (12, "2024-04-02"),
        (13, "2024-04-03"),
    ],
)
def test_an_end_on_a_day_off_moves_to_the_next_working_day(number: int, due_on: str) -> None:
    """CAL-15: from Good Friday to Easter Monday nothing ends; the day before and after it may."""
    assert due("2024-03-21", days(number, rolls=True)).due_on == day(due_on)
    assert due("2024-03-21", days(number)).due_on == day("2024-03-21") + number * DAY


@pytest.mark.parametrize(
    ("filed_on", "due_on"),
    [("2024-02-28", "2024-03-28"), ("2024-02-29", "2024-04-02"), ("2024-03-02", "2024-04-02")],
)
def test_a_month_may_end_on_a_day_off_too(filed_on: str, due_on: str) -> None:
    """CAL-14, CAL-15: one month, as the guidance on access to one's data counts it in England."""
    assert due(filed_on, months(1, rolls=True)).due_on == day(due_on)


def test_the_receipt_shows_over_which_days_the_end_moved() -> None:
    """CAL-9, CAL-15: the last day counted is numbered, the days it moved over are not."""
    given = due("2024-03-27", days(3, rolls=True))
    assert [(f"{line.day:%d}", line.number, line.skip) for line in given.receipt] == [
        ("27", None, Skip.FILED),
        ("28", 1, None),
        ("29", 2, None),
        ("30", 3, None),
        ("31", None, Skip.ROLLED),
        ("01", None, Skip.ROLLED),
        ("02", None, Skip.ROLLED),
    ]
    assert given.due_on == given.receipt[-1].day


@given(
    filed_on=st.dates(dt.date(2013, 1, 2), dt.date(2026, 12, 31)),
    number=st.integers(1, 40),
    counting=st.sampled_from(Counting),
)
def test_working_days_never_end_on_a_day_off(
    *, filed_on: dt.date, number: int, counting: Counting
) -> None:
    """CAL-15: for a term in working days the switch changes nothing."""
    term = Term(number=number, unit=TermUnit.WORKING_DAYS, rolls=True)
    given = due(f"{filed_on}", term, calendar=STANDARD, counting=counting)
    fixed = attrs.evolve(term, rolls=False)
    assert given == attrs.evolve(
        due(f"{filed_on}", fixed, calendar=STANDARD, counting=counting), term=term
    )


# -- suspensions ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("term", "resumed_on", "due_on"),
    [
        (days(28), "2024-02-05", "2024-02-28"),
        (days(28), "2024-02-06", "2024-02-29"),
        (days(28), "2024-02-07", "2024-03-01"),
        (months(1), "2024-02-05", "2024-02-29"),
        (months(1), "2024-02-06", "2024-03-01"),
        (months(1), "2024-02-10", "2024-03-05"),
    ],
)
def test_a_suspension_prolongs_the_term(term: Term, resumed_on: str, due_on: str) -> None:
    """CAL-16: the days after the suspension, up to the one of the answer, are added at the end."""
    given = due("2024-01-31", term, suspended=(pause("2024-02-05", resumed_on),))
    assert given.due_on == day(due_on)
    stood = [line.day for line in given.receipt if line.skip is Skip.SUSPENDED]
    assert len(stood) == (day(resumed_on) - day("2024-02-05")).days


@pytest.mark.parametrize(
    ("on", "due_on"),
    [("2024-02-27", "2024-03-09"), ("2024-02-28", "2024-02-28"), ("2024-02-29", "2024-02-28")],
)
def test_what_has_been_counted_cannot_be_suspended(on: str, due_on: str) -> None:
    """CAL-16: on the day before the last there is a day to save, on the last day there is none."""
    suspended = (Suspension(on=day(on), resumed_on=day(on) + 10 * DAY),)
    assert due("2024-01-31", days(28), suspended=suspended).due_on == day(due_on)


def test_an_end_that_moves_is_not_suspended() -> None:
    """CAL-15, CAL-16: a term that ran out on Good Friday cannot be suspended on Saturday."""
    given = due("2024-03-27", days(2, rolls=True), suspended=(pause("2024-03-30"),))
    assert given.due_on == day("2024-04-02")


def test_days_suspended_twice_are_added_once() -> None:
    """CAL-16: where two suspensions overlap the clock stood once."""
    suspended = (pause("2024-02-05", "2024-02-08"), pause("2024-02-06", "2024-02-10"))
    assert due("2024-01-31", months(1), suspended=suspended).due_on == day("2024-03-05")


def test_a_prolonged_term_may_be_suspended_again() -> None:
    """CAL-16: a day after the first end, and before the prolonged one, still stops the clock."""
    first, second = pause("2024-02-05", "2024-02-10"), pause("2024-03-02", "2024-03-04")
    assert due("2024-01-31", months(1), suspended=(first, second)).due_on == day("2024-03-07")


@pytest.mark.parametrize("term", [days(28), months(1), months(1, rolls=True)])
def test_while_the_clock_stands_no_term_runs_out(term: Term) -> None:
    """CAL-16: an open suspension has no due day, and the receipt ends where the clock stopped."""
    given = due("2024-01-31", term, suspended=(pause("2024-02-02"),))
    assert (given.due_on, given.due_at) == (None, None)
    assert [line.number for line in given.receipt] == [None, 1, 2]


# -- counting from the receipt --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("filed_at", "term", "due_on"),
    [
        ("2024-01-26T17:59:59+00:00", days(7), "2024-02-02"),
        ("2024-01-26T18:00:00+00:00", days(7), "2024-02-05"),
        ("2024-01-27T10:00:00+00:00", days(7), "2024-02-05"),
        ("2024-08-30T17:59:59+01:00", months(1), "2024-09-30"),
        ("2024-08-30T18:00:00+01:00", months(1), "2024-10-02"),
        ("2024-08-31T10:00:00+01:00", months(1), "2024-10-02"),
    ],
)
def test_by_counting_b_every_term_runs_from_the_receipt(
    filed_at: str, term: Term, due_on: str
) -> None:
    """CAL-6, CAL-13, CAL-14: what comes in too late on Friday is received on Monday, day 0."""
    assert due(filed_at, term, counting=Counting.B).due_on == day(due_on)


def test_the_days_before_the_receipt_do_not_count() -> None:
    """CAL-6, CAL-9: a weekend before the receipt is told apart from one after it."""
    given = due("2024-01-26T18:00+00:00", days(7), counting=Counting.B)
    assert [(f"{line.day:%a}", line.number, line.skip) for line in given.receipt] == [
        ("Fri", None, Skip.FILED),
        ("Sat", None, Skip.UNRECEIVED),
        ("Sun", None, Skip.UNRECEIVED),
        ("Mon", None, Skip.RECEIVED),
        ("Tue", 1, None),
        ("Wed", 2, None),
        ("Thu", 3, None),
        ("Fri", 4, None),
        ("Sat", 5, None),
        ("Sun", 6, None),
        ("Mon", 7, None),
    ]


# -- clocks that change ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("filed_at", "term", "due_at"),
    [
        # In London clocks go forward on 31 March 2024 at 01:00 UTC, and back on 27 October.
        ("2024-03-30T23:59:59+00:00", days(1), "2024-04-01T00:00:00+01:00"),
        ("2024-03-31T22:59:59+00:00", days(1), "2024-04-02T00:00:00+01:00"),
        ("2024-03-31T23:00:00+00:00", days(1), "2024-04-03T00:00:00+01:00"),
        ("2024-02-29T23:30:00+00:00", months(1), "2024-03-30T00:00:00+00:00"),
        ("2024-09-26T22:59:59+00:00", months(1), "2024-10-27T00:00:00+01:00"),
        ("2024-09-26T23:00:00+00:00", months(1), "2024-10-28T00:00:00+00:00"),
    ],
)
def test_a_day_may_have_23_or_25_hours(filed_at: str, term: Term, due_at: str) -> None:
    """CAL-7, CAL-13, CAL-14: days are counted, not hours, and end at midnight in London."""
    given = due(filed_at, term)
    assert given.due_at is not None
    assert given.due_at.isoformat() == due_at


@pytest.mark.parametrize(
    ("filed_at", "term", "due_at"),
    [
        # In Sydney clocks go back on 7 April 2024 and forward on 6 October.
        ("2024-04-05T12:59:59+00:00", days(2), "2024-04-08T00:00:00+10:00"),
        ("2024-04-05T13:00:00+00:00", days(2), "2024-04-09T00:00:00+10:00"),
        ("2024-09-05T13:59:59+00:00", months(1), "2024-10-06T00:00:00+10:00"),
        ("2024-09-05T14:00:00+00:00", months(1), "2024-10-07T00:00:00+11:00"),
    ],
)
def test_on_the_other_half_of_the_globe_too(filed_at: str, term: Term, due_at: str) -> None:
    """CAL-7, CAL-13, CAL-14: the same in Sydney, where summer time ends in April."""
    given = due(filed_at, term, calendar=AUSTRALIA, zone=SYDNEY)
    assert given.due_at is not None
    assert given.due_at.isoformat() == due_at


@pytest.mark.parametrize("term", [days(28), months(1)])
def test_a_naive_moment_begins_no_term(term: Term) -> None:
    """CAL-7: without an offset day 0 is unknown, whatever the term is counted in."""
    with pytest.raises(ValueError, match="naive"):
        due("2024-01-10T10:00", term)


# -- the horizon ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("filed_on", "last", "beyond"),
    [
        ("2035-12-03", days(28), days(29)),
        ("2035-11-30", months(1), months(2)),
        ("2035-12-03", days(25, rolls=True), days(29, rolls=True)),
    ],
)
def test_the_whole_term_must_be_known(filed_on: str, last: Term, beyond: Term) -> None:
    """CAL-2: the last day of the calendar may be the last of a term, a later one is refused."""
    assert due(filed_on, last).due_on is not None
    with pytest.raises(BeyondCalendar):
        due(filed_on, beyond)


def test_an_end_does_not_move_beyond_the_horizon() -> None:
    """CAL-2, CAL-15: the next working day after the last one known is not guessed."""
    until_saturday = WorkingCalendar(
        name="short", known_since=day("2024-01-01"), known_until=day("2024-01-07"), rulings={}
    )
    assert due("2024-01-01", days(5), calendar=until_saturday).due_on == day("2024-01-06")
    with pytest.raises(BeyondCalendar) as refused:
        due("2024-01-01", days(5, rolls=True), calendar=until_saturday)
    assert refused.value.day == day("2024-01-07")


# -- what a deadline keeps ------------------------------------------------------------------------


@pytest.mark.parametrize("term", [days(28), months(1), months(1, rolls=True)])
def test_a_deadline_keeps_its_term(term: Term) -> None:
    """CAL-9: the term is part of what was promised, and survives being stored."""
    converter = make_converter()
    given = due("2024-02-29", term, suspended=(pause("2024-03-05", "2024-03-07"),))
    assert given.term == term
    assert converter.loads(converter.dumps(given), Deadline) == given


def test_only_where_it_ends_a_calendar_matters_to_calendar_days() -> None:
    """CAL-9, CAL-15: 15 to 18 June 2021 were off in Moscow, so the end moves on, there only."""
    filed_on, zone = "2021-06-08", "Europe/Moscow"
    given = due(filed_on, days(7, rolls=True), calendar=MOSCOW, standard=STANDARD, zone=zone)
    assert (given.due_on, given.standard_due_on) == (day("2021-06-21"), day("2021-06-15"))
    given = due(filed_on, days(7), calendar=MOSCOW, standard=STANDARD, zone=zone)
    assert (given.due_on, given.standard_due_on) == (day("2021-06-15"), day("2021-06-15"))


def test_a_holiday_proclaimed_later_shows_what_it_would_change() -> None:
    """CAL-10, CAL-15: 8 May 2023, the coronation, would have moved an end; the given one stands."""
    coronation = day("2023-05-08")
    before = attrs.evolve(
        ENGLAND, rulings=[(on, why) for on, why in ENGLAND.rulings if on != coronation]
    )
    given = due("2023-04-08", months(1, rolls=True), calendar=before)
    again = recompute(given, ENGLAND)
    assert again is not None
    assert (again.given_on, again.due_on) == (coronation, coronation + DAY)
    assert [line.day for line in again.changed] == [coronation]
    assert recompute(due("2023-04-08", months(1), calendar=before), ENGLAND) is None


# -- the slow and obvious way ---------------------------------------------------------------------

PLACES = ((ENGLAND, LONDON), (AUSTRALIA, SYDNEY), (MOSCOW, "Europe/Moscow"))


def stepped(
    filed_on: dt.date, term: Term, calendar: WorkingCalendar, pauses: list[tuple[int, int]]
) -> dt.date:
    """Find the end without pauses, put it off by each day the clock stood, then look for work."""
    end = filed_on + term.number * DAY
    if term.unit is TermUnit.MONTHS:
        end = nth_month_after(filed_on, term.number)
    stood = {filed_on + (on + n) * DAY for on, length in pauses for n in range(1, length + 1)}
    for still in sorted(stood):
        if still <= end:
            end += DAY
    while term.rolls and not calendar.is_working(end):
        end += DAY
    return end


@given(
    date=st.dates(dt.date(2013, 1, 2), dt.date(2024, 12, 31)),
    time=st.times(),
    term=st.builds(days, st.integers(1, 90), rolls=st.booleans())
    | st.builds(months, st.integers(1, 14), rolls=st.booleans()),
    place=st.sampled_from(PLACES),
    pauses=st.lists(st.tuples(st.integers(0, 60), st.integers(0, 30)), max_size=3),
)
def test_the_end_is_what_stepping_day_by_day_finds(
    *,
    date: dt.date,
    time: dt.time,
    term: Term,
    place: tuple[WorkingCalendar, str],
    pauses: list[tuple[int, int]],
) -> None:
    """CAL-13, CAL-14, CAL-15, CAL-16: prolonging the plain end and moving it finds the same day."""
    calendar, zone = place
    filed_at = dt.datetime.combine(date, time, dt.UTC)
    filed_on = filed_at.astimezone(ZoneInfo(zone)).date()

    given = deadline(
        filed_at,
        term=term,
        calendar=calendar,
        counting=Counting.A,
        zone=zone,
        suspended=tuple(
            Suspension(on=filed_on + on * DAY, resumed_on=filed_on + (on + length) * DAY)
            for on, length in pauses
        ),
    )

    assert given.due_on == stepped(filed_on, term, calendar, pauses)
    counted = [line.number for line in given.receipt if line.counted]
    assert counted == [*range(1, term.days_from(filed_on) + 1)]
    assert [line.day for line in given.receipt] == [
        filed_on + n * DAY for n in range(len(given.receipt))
    ]
    assert given.receipt[-1].day == given.due_on
    assert recompute(given, calendar) is None
