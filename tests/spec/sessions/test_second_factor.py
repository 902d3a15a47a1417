"""The second factor, as one value per account."""

import datetime as dt
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emrcore import rules, sessions
from emrcore.errors import RuleBroken
from emrcore.people import AccountId
from emrcore.rules import Rule
from emrcore.sessions import (
    ChallengeId,
    CodeAccepted,
    CodeRefused,
    Enrolled,
    Enrolling,
    SecondFactor,
)
from world import entry_rule, moscow

NOW = moscow(2020, 1, 21, 9)
HOST = "h" * 64
RULE = entry_rule()
RIGHT, WRONG = "123456", "654321"


def seconds(number: float) -> dt.timedelta:
    return dt.timedelta(seconds=number)


def issue(state: SecondFactor | None, at: dt.datetime = NOW) -> SecondFactor:
    event = sessions.begin(
        state, host=HOST, id=ChallengeId(f"c{at}"), nonce=b"n" * 16, key="k1", at=at, rule=RULE
    )
    assert event is not None
    return sessions.evolve_factor(state, event)


def first(state: SecondFactor | None = None, at: dt.datetime = NOW) -> SecondFactor | None:
    event = sessions.issue_first_password(
        state,
        account=AccountId("a"),
        id=ChallengeId(f"f{at}"),
        nonce=b"n" * 16,
        key="k1",
        at=at,
        rule=RULE,
    )
    return sessions.evolve_factor(state, event) if event else state


def guess(
    state: SecondFactor | None, given: object, at: dt.datetime = NOW, **changes: Any
) -> CodeAccepted | CodeRefused:
    arguments: dict[str, Any] = {"host": HOST, "expected": RIGHT, "at": at, "rule": RULE}
    return sessions.verify(state, given=given, **(arguments | changes))


def after(state: SecondFactor | None, given: object, at: dt.datetime = NOW) -> SecondFactor:
    return sessions.evolve_factor(state, guess(state, given, at))


def refused(call: Any) -> Rule:
    with pytest.raises(RuleBroken) as error:
        call()
    return error.value.rule


def enrolled() -> Enrolled:
    return Enrolled(account=AccountId("a"))


def test_first_password_serves_once() -> None:
    """SES-1: the right first password enrols the account and is then worth nothing."""
    state = first()
    assert isinstance(state, Enrolling)
    done = sessions.evolve_factor(state, guess(state, "12345678", expected="12345678"))
    assert done == enrolled()
    assert refused(lambda: guess(done, "12345678", expected="12345678")) is rules.SES_3


@pytest.mark.parametrize(("hours", "good"), [(0, True), (71.99, True), (72, False), (73, False)])
def test_first_password_expires(hours: float, good: bool) -> None:
    """SES-1: the first password is good for 72 hours and not a moment longer."""
    state, at = first(), NOW + dt.timedelta(hours=hours)
    if good:
        assert isinstance(guess(state, "1" * 8, at, expected="1" * 8), CodeAccepted)
    else:
        assert refused(lambda: guess(state, "1" * 8, at, expected="1" * 8)) is rules.SES_3


def test_first_password_tries_count_over_all_issues() -> None:
    """SES-1: five wrong tries over all issues end it; a new issue resets nothing."""
    state = first()
    for _ in range(4):
        state = sessions.evolve_factor(state, guess(state, "0" * 8, expected="1" * 8))
    later = NOW + dt.timedelta(hours=72)
    state = first(state, later)
    assert isinstance(state, Enrolling)
    assert state.failures == 4
    state = sessions.evolve_factor(state, guess(state, "0" * 8, later, expected="1" * 8))
    assert refused(lambda: guess(state, "1" * 8, later, expected="1" * 8)) is rules.SES_3


def again(state: SecondFactor | None, at: dt.datetime) -> SecondFactor | None:
    event = sessions.begin(
        state, host=HOST, id=ChallengeId("again"), nonce=b"m" * 16, key="k1", at=at, rule=RULE
    )
    return sessions.evolve_factor(state, event) if event else state


def test_expired_first_password_is_issued_anew() -> None:
    """SES-1: who comes after 72 hours gets a new first password, three times and no more."""
    state, at = first(), NOW
    assert again(state, at + dt.timedelta(hours=71)) is state
    for issue_number in (2, 3, 4):
        at += dt.timedelta(hours=72)
        state = again(state, at)
        assert isinstance(state, Enrolling)
        assert (state.issue, state.challenge.expires_at) == (
            issue_number,
            at + dt.timedelta(hours=72),
        )
    assert refused(lambda: again(state, at + dt.timedelta(hours=72))) is rules.SES_1


def test_used_up_first_password_is_not_issued_anew() -> None:
    """SES-1: after five wrong tries no new one comes, expired or not."""
    state = first()
    for _ in range(5):
        state = sessions.evolve_factor(state, guess(state, "0" * 8, expected="1" * 8))
    for hours in (1, 73):
        assert (
            refused(lambda hours=hours: again(state, NOW + dt.timedelta(hours=hours)))
            is rules.SES_1
        )


def test_one_first_password_at_a_time() -> None:
    """SES-1: a second grant sends no other first password while one is good, or none is needed."""
    state = first()
    assert first(state, NOW + dt.timedelta(hours=1)) is state
    assert first(enrolled()) == enrolled()


def test_no_login_before_a_grant() -> None:
    """SES-1: an account that nothing was granted to cannot begin."""
    assert refused(lambda: issue(None)) is rules.SES_1


def test_right_code_once() -> None:
    """SES-2: the right code is accepted once; the next login needs a new one."""
    state = issue(enrolled())
    done = after(state, RIGHT)
    assert isinstance(done, Enrolled)
    assert done.challenge is None
    assert refused(lambda: guess(done, RIGHT)) is rules.SES_3


@pytest.mark.parametrize(
    ("passed", "good"), [(0, True), (299.999, True), (300, False), (301, False), (-0.001, False)]
)
def test_code_life(passed: float, good: bool) -> None:
    """SES-2: a code is good over [issued, issued + 5 min), and not before it was issued."""
    state, at = issue(enrolled()), NOW + seconds(passed)
    if good:
        assert isinstance(guess(state, RIGHT, at), CodeAccepted)
    else:
        assert refused(lambda: guess(state, RIGHT, at)) is rules.SES_3


def test_new_code_keeps_the_count() -> None:
    """SES-4: four failures, a new code, one more failure: the account is locked."""
    state: SecondFactor = issue(enrolled())
    for _ in range(4):
        state = after(state, WRONG)
    later = NOW + seconds(60)
    state = issue(state, later)
    state = after(state, WRONG, later)
    assert isinstance(state, Enrolled)
    assert (state.failures, state.challenge) == (5, None)
    assert state.locked_until == later + dt.timedelta(minutes=15)


def test_lock_bars_code_and_login() -> None:
    """SES-5: while the lock holds neither a code nor a new login is taken, after it both are."""
    state: SecondFactor = issue(enrolled())
    for _ in range(5):
        state = after(state, WRONG)
    inside, outside = NOW + seconds(15 * 60 - 1), NOW + seconds(15 * 60)
    assert refused(lambda: guess(state, RIGHT, inside)) is rules.SES_3
    assert refused(lambda: issue(state, inside)) is rules.SES_5
    assert isinstance(guess(issue(state, outside), RIGHT, outside), CodeAccepted)


def test_locks_grow_and_end_in_a_hard_one() -> None:
    """SES-5: 15 minutes, 1 hour, 4 hours, a day, a day, and at the 30th failure for good."""
    state: SecondFactor = enrolled()
    at = NOW
    locks: list[int] = []
    for number in range(1, 31):
        if state.challenge is None:
            state = issue(state, at)
        state = after(state, WRONG, at)
        assert isinstance(state, Enrolled)
        assert state.failures == number
        if state.locked_until:
            locks.append((state.locked_until - at) // dt.timedelta(minutes=1))
            at = state.locked_until
    assert locks == [15, 60, 240, 1440, 1440]
    assert isinstance(state, Enrolled)
    assert state.hard_locked
    assert refused(lambda: issue(state, at + dt.timedelta(days=365))) is rules.SES_5


def test_success_clears_the_consecutive_count() -> None:
    """SES-5: the right code clears the count of consecutive failures."""
    state: SecondFactor = issue(enrolled())
    for _ in range(4):
        state = after(state, WRONG)
    assert after(state, RIGHT) == Enrolled(account=AccountId("a"), sends=(NOW,))


def test_another_host_session() -> None:
    """SES-7: the right code from another host session is refused and not counted."""
    state = issue(enrolled())
    assert refused(lambda: guess(state, RIGHT, host="x" * 64)) is rules.SES_3


@pytest.mark.parametrize(("passed", "good"), [(29.999, False), (30, True)])
def test_pause_between_codes(passed: float, good: bool) -> None:
    """SES-10: the next code is sent 30 seconds after the last one at the earliest."""
    state, at = issue(enrolled()), NOW + seconds(passed)
    if good:
        issue(state, at)
    else:
        assert refused(lambda: issue(state, at)) is rules.SES_10


def test_codes_a_day() -> None:
    """SES-10: ten codes within a day are sent, the eleventh is not, a day after the first it is."""
    state: SecondFactor = enrolled()
    for number in range(10):
        state = issue(state, NOW + dt.timedelta(minutes=number))
    assert refused(lambda: issue(state, NOW + dt.timedelta(hours=23))) is rules.SES_10
    issue(state, NOW + dt.timedelta(days=1))


JUNK: list[object] = [
    "",
    " 123456",
    "123456\n",
    "12345",
    "1234567",
    "+12345",
    "1_2345",
    "12345٦",
    "12345６",
    "1234\x0056",
    "\ud800" * 6,
    b"123456",
    123456,
    None,
    "1" * 10**6,
]


@pytest.mark.parametrize("junk", JUNK, ids=lambda junk: repr(junk)[:20])
def test_junk_is_not_counted(junk: object) -> None:
    """SES-11: what is not exactly six ASCII digits is refused, and no failure is counted."""
    state = issue(enrolled())
    assert refused(lambda: guess(state, junk)) is rules.SES_11


@given(st.one_of(st.text(), st.binary(), st.integers(), st.none()))
def test_nothing_but_a_refusal(junk: object) -> None:
    """SES-11: whatever is given, nothing escapes but the refusal."""
    state = issue(enrolled())
    outcome: object
    try:
        outcome = type(guess(state, junk))
    except RuleBroken as error:
        outcome = error.rule
    assert outcome in (rules.SES_11, CodeRefused, CodeAccepted)


def test_secrets_are_not_shown() -> None:
    """SES-6: neither nonce nor host session is in the representation of a state."""
    shown = repr(issue(enrolled()))
    assert "nnnn" not in shown
    assert HOST not in shown
