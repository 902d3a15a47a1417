"""Working calendars: which days work, why, and how far that is known."""

import datetime as dt
import pickle
from random import Random

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from emrcore.calendar import DayKind, Why, WorkingCalendar
from emrcore.errors import BeyondCalendar

DAY = dt.timedelta(days=1)
MONDAY = dt.date(2024, 1, 1)
OFF = Why(kind=DayKind.DAY_OFF_BY_DECREE, act="Act 1")
MOVED = Why(kind=DayKind.WORKDAY_BY_TRANSFER, act="Act 2", shortened=True)

CALENDAR = WorkingCalendar(
    name="fortnight",
    known_since=MONDAY,
    known_until=MONDAY + 14 * DAY,
    rulings={MONDAY + 5 * DAY: MOVED, MONDAY + 8 * DAY: OFF},
)

whys = st.builds(
    Why,
    kind=st.sampled_from((DayKind.WORKDAY, DayKind.WORKDAY_BY_TRANSFER)),
    act=st.text('1№"\\\n', max_size=3),
) | st.sampled_from((OFF, MOVED))


@st.composite
def calendars(draw: st.DrawFn, longest: int = 60) -> WorkingCalendar:
    length = draw(st.integers(1, longest))
    offsets = st.integers(0, length - 1)
    return WorkingCalendar(
        name=draw(st.sampled_from("ab")),
        known_since=MONDAY,
        known_until=MONDAY + length * DAY,
        rulings={MONDAY + n * DAY: why for n, why in draw(st.dictionaries(offsets, whys)).items()},
    )


def days_of(calendar: WorkingCalendar) -> list[dt.date]:
    length = (calendar.known_until - calendar.known_since).days
    return [calendar.known_since + n * DAY for n in range(length)]


def test_the_week_works_from_monday_to_friday() -> None:
    """CAL-1: without an act, five days work and two do not."""
    assert [CALENDAR.is_working(MONDAY + n * DAY) for n in (0, 1, 2, 3, 4)] == [True] * 5
    assert not CALENDAR.is_working(MONDAY + 6 * DAY)
    assert CALENDAR.why(MONDAY).kind is DayKind.WORKDAY
    assert CALENDAR.why(MONDAY + 6 * DAY).kind is DayKind.WEEKEND


def test_an_act_outweighs_the_week() -> None:
    """CAL-1: a Saturday may be made to work and a Tuesday not to, and each names its act."""
    assert CALENDAR.is_working(MONDAY + 5 * DAY)
    assert not CALENDAR.is_working(MONDAY + 8 * DAY)
    assert CALENDAR.why(MONDAY + 5 * DAY) == MOVED
    assert CALENDAR.why(MONDAY + 8 * DAY) == OFF


def test_a_short_day_is_a_whole_working_day() -> None:
    """CAL-4: a short day counts in full."""
    saturday = MONDAY + 5 * DAY
    assert CALENDAR.is_shortened(saturday)
    assert CALENDAR.nth_working_day_after(saturday - DAY, 1) == saturday
    assert not CALENDAR.is_shortened(MONDAY)


def test_only_a_working_day_can_be_short() -> None:
    """CAL-4: a day off has no closing hour to move."""
    with pytest.raises(ValueError, match="only a working day"):
        Why(kind=DayKind.HOLIDAY, act="Act 1", shortened=True)


@pytest.mark.parametrize("day", [MONDAY, MONDAY + 13 * DAY])
def test_the_calendar_knows_its_first_and_its_last_day(day: dt.date) -> None:
    """CAL-2: the horizon is half-open; the days just inside it are answered."""
    assert CALENDAR.why(day).act == "five-day week"


@pytest.mark.parametrize("day", [MONDAY - DAY, MONDAY + 14 * DAY, MONDAY + 15 * DAY])
def test_the_calendar_refuses_what_it_does_not_know(day: dt.date) -> None:
    """CAL-2: before the first day, at the horizon and above it nothing is guessed."""
    for ask in (CALENDAR.why, CALENDAR.is_working, CALENDAR.is_shortened):
        with pytest.raises(BeyondCalendar) as refused:
            ask(day)
        assert (refused.value.day, refused.value.known_until) == (day, CALENDAR.known_until)
    with pytest.raises(BeyondCalendar):
        CALENDAR.nth_working_day_after(day, 1)


def test_counting_stops_at_the_horizon() -> None:
    """CAL-2: the last working day known is an answer, the next one is refused."""
    thursday = MONDAY + 10 * DAY
    assert CALENDAR.nth_working_day_after(thursday, 1) == thursday + DAY
    with pytest.raises(BeyondCalendar) as refused:
        CALENDAR.nth_working_day_after(thursday, 2)
    assert refused.value.day == CALENDAR.known_until


def test_an_interval_may_end_at_the_horizon_but_not_above() -> None:
    """CAL-2: half-open intervals reach the horizon itself."""
    since, until = CALENDAR.known_since, CALENDAR.known_until
    assert CALENDAR.working_days_between(since, until) == 10
    assert CALENDAR.working_days_between(until, until) == 0
    for outside in ((since - DAY, until), (since, until + DAY)):
        with pytest.raises(BeyondCalendar):
            CALENDAR.working_days_between(*outside)


def test_an_act_beyond_the_horizon_is_a_mistake() -> None:
    """CAL-2: what is known has one end, not two."""
    with pytest.raises(ValueError, match="outside"):
        attrs.evolve(CALENDAR, known_until=MONDAY + 8 * DAY)


def test_a_moment_is_not_a_day() -> None:
    """CAL-7: where a date is meant a datetime is refused, for it depends on the zone."""
    moment = dt.datetime(2024, 1, 1, tzinfo=dt.UTC)
    for ask in (CALENDAR.why, CALENDAR.is_working, CALENDAR.is_shortened):
        with pytest.raises(TypeError):
            ask(moment)
    with pytest.raises(TypeError):
        CALENDAR.nth_working_day_after(moment, 1)
    with pytest.raises(TypeError):
        CALENDAR.working_days_between(moment, moment)


@pytest.mark.parametrize("n", [0, -1])
def test_working_days_are_counted_from_one(n: int) -> None:
    """CAL-5: there is no 0th working day after a day."""
    with pytest.raises(ValueError, match="from 1"):
        CALENDAR.nth_working_day_after(MONDAY, n)


def test_an_interval_does_not_run_backwards() -> None:
    """CAL-5: an interval that ends before it begins is a mistake, not a negative count."""
    with pytest.raises(ValueError, match="before it begins"):
        CALENDAR.working_days_between(MONDAY + DAY, MONDAY)


@given(calendars(), st.data())
def test_the_nth_working_day_is_found_by_stepping(
    calendar: WorkingCalendar, data: st.DataObject
) -> None:
    """CAL-5: the n-th working day after a day is the n-th one met when stepping from it."""
    day = data.draw(st.sampled_from(days_of(calendar)))
    after = [later for later in days_of(calendar) if later > day and calendar.is_working(later)]
    for n, expected in enumerate(after, start=1):
        assert calendar.nth_working_day_after(day, n) == expected
        assert calendar.working_days_between(day + DAY, expected + DAY) == n
    with pytest.raises(BeyondCalendar):
        calendar.nth_working_day_after(day, len(after) + 1)


@given(calendars(longest=3), calendars(longest=3))
def test_calendars_have_one_fingerprint_when_they_say_the_same(
    one: WorkingCalendar, other: WorkingCalendar
) -> None:
    """CAL-9: the fingerprint changes if and only if the content does."""
    assert (one.fingerprint == other.fingerprint) == (one == other)


@given(calendars(), st.randoms())
def test_the_order_in_which_acts_are_given_does_not_matter(
    calendar: WorkingCalendar, random: Random
) -> None:
    """CAL-9: the same acts in another order make the same calendar."""
    shuffled = list(calendar.rulings)
    random.shuffle(shuffled)
    again = attrs.evolve(calendar, rulings=shuffled)
    assert again == calendar
    assert again.fingerprint == calendar.fingerprint


def test_a_calendar_travels_between_processes() -> None:
    """CAL-9: a pickled calendar is the same calendar."""
    assert pickle.loads(pickle.dumps(CALENDAR)) == CALENDAR  # noqa: S301 - our own bytes
