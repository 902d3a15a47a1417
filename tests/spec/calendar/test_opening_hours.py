"""Opening hours: when the doors of a service centre are open."""

import datetime as dt
from zoneinfo import ZoneInfo

import attrs
import pytest

from emrcore.calendar import MOSCOW_CENTRE, MOSCOW_FLAGSHIP, OpeningHours, russian_calendar

ZONE = ZoneInfo("Europe/Moscow")
INSTANT = dt.timedelta(microseconds=1)
OPENS = dt.datetime(2020, 2, 3, 8, tzinfo=ZONE)
CLOSES = dt.datetime(2020, 2, 3, 20, tzinfo=ZONE)
WEEKDAYS = attrs.evolve(MOSCOW_CENTRE, rule="FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR")
FRIDAY_EVENING = dt.datetime(2020, 2, 7, 21, tzinfo=ZONE)


@pytest.mark.parametrize(
    ("at", "is_open"),
    [
        (OPENS - INSTANT, False),
        (OPENS, True),
        (OPENS + INSTANT, True),
        (CLOSES - INSTANT, True),
        (CLOSES, False),
        (CLOSES + INSTANT, False),
    ],
)
def test_a_centre_is_open_from_8_to_20(at: dt.datetime, is_open: bool) -> None:
    """CAL-11: it opens at 8:00 and is closed at 20:00 sharp."""
    assert MOSCOW_CENTRE.is_open(at) is is_open


def test_a_flagship_is_open_from_10_to_22() -> None:
    """CAL-11: the flagships keep later hours."""
    later = dt.timedelta(hours=2)
    assert not MOSCOW_FLAGSHIP.is_open(OPENS + later - INSTANT)
    assert MOSCOW_FLAGSHIP.is_open(OPENS + later)
    assert MOSCOW_FLAGSHIP.is_open(CLOSES + later - INSTANT)
    assert not MOSCOW_FLAGSHIP.is_open(CLOSES + later)


def test_nothing_is_said_about_the_days_before() -> None:
    """CAL-11: the hours are those announced on 14 January 2020."""
    assert not MOSCOW_CENTRE.is_open(dt.datetime(2020, 1, 13, 12, tzinfo=ZONE))
    assert MOSCOW_CENTRE.is_open(dt.datetime(2020, 1, 14, 12, tzinfo=ZONE))


def test_open_on_sunday_is_not_a_working_sunday() -> None:
    """CAL-12: the doors are open, the day does not count."""
    sunday = dt.datetime(2020, 1, 19, 12, tzinfo=ZONE)
    assert MOSCOW_CENTRE.is_open(sunday)
    assert not russian_calendar("moscow").is_working(sunday.date())


def test_the_clock_on_the_wall_decides() -> None:
    """CAL-7: 5:00 UTC is 8:00 in Moscow."""
    assert MOSCOW_CENTRE.is_open(OPENS.astimezone(dt.UTC))
    assert not MOSCOW_CENTRE.is_open(OPENS.astimezone(dt.UTC) - INSTANT)


def test_a_naive_moment_is_refused() -> None:
    """CAL-7: without an offset nobody knows which clock is meant."""
    naive = OPENS.replace(tzinfo=None)
    with pytest.raises(ValueError, match="naive"):
        MOSCOW_CENTRE.is_open(naive)
    with pytest.raises(ValueError, match="naive"):
        MOSCOW_CENTRE.next_opening(naive)


def test_the_next_opening_is_now_or_later() -> None:
    """CAL-11: at 8:00 sharp it is now, a moment later it is tomorrow."""
    assert MOSCOW_CENTRE.next_opening(OPENS - INSTANT) == OPENS
    assert MOSCOW_CENTRE.next_opening(OPENS) == OPENS
    assert MOSCOW_CENTRE.next_opening(OPENS + INSTANT) == OPENS + dt.timedelta(days=1)


def test_a_rule_may_leave_out_days() -> None:
    """CAL-11: a centre closed at weekends opens on Monday."""
    assert WEEKDAYS.next_opening(FRIDAY_EVENING) == dt.datetime(2020, 2, 10, 8, tzinfo=ZONE)
    assert not WEEKDAYS.is_open(dt.datetime(2020, 2, 8, 12, tzinfo=ZONE))


def test_a_rule_may_leave_out_one_day() -> None:
    """CAL-11: an exception to the recurrence is a day the doors stay closed."""
    hours = attrs.evolve(MOSCOW_CENTRE, rule="RRULE:FREQ=DAILY\nEXDATE:20200203T080000")
    assert not hours.is_open(OPENS)
    assert hours.is_open(OPENS + dt.timedelta(days=1))


def test_a_rule_may_run_out() -> None:
    """CAL-11: after the last day there is no next opening."""
    hours = attrs.evolve(MOSCOW_CENTRE, rule="FREQ=DAILY;UNTIL=20200203T080000")
    assert hours.next_opening(OPENS) == OPENS
    assert hours.next_opening(OPENS + INSTANT) is None


@pytest.mark.parametrize("closes", [dt.time(8), dt.time(7, 59)])
def test_a_centre_closes_after_it_opens(closes: dt.time) -> None:
    """CAL-11: hours that end where they begin, or before, are a mistake."""
    with pytest.raises(ValueError, match="closes before"):
        attrs.evolve(MOSCOW_CENTRE, closes=closes)


def test_a_rule_that_is_none_is_refused_at_once() -> None:
    """CAL-11: a rule that cannot be read is found when the hours are made, not when asked."""
    with pytest.raises(ValueError, match="FREQ"):
        attrs.evolve(MOSCOW_CENTRE, rule="FREQ=NEVER")


def test_hours_are_values() -> None:
    """CAL-11: equal hours are equal."""
    assert attrs.evolve(MOSCOW_CENTRE) == MOSCOW_CENTRE
    assert isinstance(MOSCOW_CENTRE, OpeningHours)
