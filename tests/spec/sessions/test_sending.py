"""How many messages leave, across all accounts."""

import datetime as dt

import pytest

from emrcore.sessions import Budget, Traffic
from world import entry_rule, moscow

NOW = moscow(2020, 1, 21, 9)
RULE = entry_rule().sending
MINUTE = dt.timedelta(minutes=1)


def spread(number: int, step: dt.timedelta) -> Traffic:
    """So many messages, *step* apart, the first one now."""
    traffic = Traffic()
    for n in range(number):
        traffic = traffic.counted(NOW + n * step)
    return traffic


def test_one_number_an_hour() -> None:
    """SES-25: to one number go ten messages within an hour; the eleventh waits until it is over."""
    traffic = spread(9, MINUTE)
    assert traffic.allows_phone(NOW + 9 * MINUTE, RULE)
    traffic = spread(10, MINUTE)
    assert not traffic.allows_phone(NOW + dt.timedelta(minutes=59, seconds=59), RULE)
    assert traffic.allows_phone(NOW + 60 * MINUTE, RULE)


def test_one_number_a_day() -> None:
    """SES-25: to one number go twenty messages within 24 hours, whoever asks (R26)."""
    hour = dt.timedelta(hours=1)
    assert spread(19, hour).allows_phone(NOW + 19 * hour, RULE)
    traffic = spread(20, hour)
    assert not traffic.allows_phone(NOW + 24 * hour - dt.timedelta(seconds=1), RULE)
    assert traffic.allows_phone(NOW + 24 * hour, RULE)


def test_one_client_in_five_minutes() -> None:
    """SES-25: one client causes 25 messages in five minutes, and the next one after them."""
    second = dt.timedelta(seconds=1)
    assert spread(24, second).allows_client(NOW + 24 * second, RULE)
    traffic = spread(25, second)
    assert not traffic.allows_client(NOW + 5 * MINUTE - second, RULE)
    assert traffic.allows_client(NOW + 5 * MINUTE, RULE)


def test_all_in_a_minute() -> None:
    """SES-25: a hundred messages leave in a minute of the clock, and more in the next (R26)."""
    budget = Budget().counted(NOW, sent=99, proven=99)
    assert budget.allows(NOW + 59 * dt.timedelta(seconds=1), RULE)
    full = budget.counted(NOW, sent=1, proven=1)
    assert not full.allows(NOW + dt.timedelta(seconds=59), RULE)
    assert full.allows(NOW + MINUTE, RULE)


def test_all_in_a_day() -> None:
    """SES-25: fifty thousand messages leave on a day (UTC), and more on the next."""
    midnight = dt.datetime(2020, 1, 22, tzinfo=dt.UTC)
    before = midnight - dt.timedelta(hours=1)
    budget = Budget().counted(before, sent=49_999)
    assert budget.allows(midnight - MINUTE, RULE)
    full = budget.counted(before, sent=1)
    assert not full.allows(midnight - MINUTE, RULE)
    assert full.allows(midnight, RULE)


@pytest.mark.parametrize(
    ("sent", "proven", "allowed"), [(50, 0, True), (51, 10, False), (51, 11, True), (100, 20, True)]
)
def test_codes_that_nobody_uses(sent: int, proven: int, allowed: bool) -> None:
    """SES-25: with more than fifty sent and under a fifth of them used, nothing more leaves."""
    budget = Budget().counted(NOW, sent=sent, proven=proven)
    assert budget.allows(NOW + MINUTE, RULE) is allowed


def test_sending_goes_on_after_a_quarter_of_an_hour() -> None:
    """SES-25: what nobody used is forgotten fifteen minutes after the minute it was sent in."""
    budget = Budget().counted(NOW, sent=100)
    assert not budget.allows(NOW + dt.timedelta(minutes=14, seconds=59), RULE)
    assert budget.allows(NOW + 15 * MINUTE, RULE)
    assert len(budget.counted(NOW + 15 * MINUTE, sent=1).minutes) == 1
