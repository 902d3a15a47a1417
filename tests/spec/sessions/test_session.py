"""Sessions."""

import datetime as dt
from typing import Any

import attrs
import pytest

from emrcore import rules, sessions
from emrcore.errors import RuleBroken
from emrcore.people import AccountId
from emrcore.sessions import (
    ChallengeId,
    CodeAccepted,
    Ending,
    Purpose,
    SecondFactor,
    Session,
    SessionId,
)
from world import entry_rule, moscow

NOW = moscow(2020, 1, 21, 9)
SECRET = "sesame"
RULE = entry_rule()


def opened() -> Session:
    proof = CodeAccepted(
        account=AccountId("a"), challenge=ChallengeId("c"), purpose=Purpose.LOGIN, at=NOW
    )
    event = sessions.start(proof, id=SessionId("s"), secret=SECRET, host="h")
    return sessions.evolve_session(None, event)


FACTOR = SecondFactor(account=AccountId("a"), seen_at=NOW, sessions=(SessionId("s"),))


def use(state: Session | None, minutes: float, secret: str = SECRET) -> Any:
    at = NOW + dt.timedelta(minutes=minutes)
    return sessions.use(state, FACTOR, secret=secret, at=at, rule=RULE)


def is_over(state: Session | None, minutes: float, secret: str = SECRET) -> bool:
    with pytest.raises(RuleBroken) as error:
        use(state, minutes, secret)
    return error.value.rule is rules.SES_8


def test_idle_end() -> None:
    """SES-8 (T54): a session idles out at ten minutes exactly; each use starts them anew."""
    state = opened()
    assert is_over(state, 10)
    used = use(state, 9.999)
    assert used is not None
    again = sessions.evolve_session(state, used)
    assert use(again, 19.99)
    assert is_over(again, 20)


def test_absolute_end() -> None:
    """SES-8 (T55): however busy, a session ends two hours after it began."""
    state = opened()
    for minute in range(5, 120, 5):
        state = sessions.evolve_session(state, use(state, minute))
    assert use(state, 119.99)
    assert is_over(state, 120)


def test_use_is_noted_every_half_minute() -> None:
    """SES-8: a use within 30 seconds of the last one is not noted, one at 30 seconds is."""
    assert use(opened(), 29.9 / 60) is None
    assert use(opened(), 0.5) is not None


def test_clock_set_back() -> None:
    """SES-8: a clock set back before the last use opens nothing."""
    assert is_over(opened(), -1)


@pytest.mark.parametrize("factor", [None, attrs.evolve(FACTOR, sessions=())])
def test_session_the_factor_does_not_know(factor: SecondFactor | None) -> None:
    """SES-27: a session that its account's factor does not know as open is over."""
    with pytest.raises(RuleBroken) as error:
        sessions.use(opened(), factor, secret=SECRET, at=NOW, rule=RULE)
    assert error.value.rule is rules.SES_8


@pytest.mark.parametrize(("minutes", "good"), [(0, True), (4.999, True), (5, False), (6, False)])
def test_freshness(minutes: float, good: bool) -> None:
    """SES-14 (T25): five minutes after a proof the session is good for nothing sensitive (R50)."""
    state, at = opened(), NOW + dt.timedelta(minutes=minutes)
    assert isinstance(state, sessions.Open)
    if good:
        sessions.check_fresh(state, at=at, rule=RULE)
        return
    with pytest.raises(RuleBroken) as error:
        sessions.check_fresh(state, at=at, rule=RULE)
    assert error.value.rule is rules.SES_14


def test_renewed_under_a_new_secret() -> None:
    """SES-9, SES-14: a proof in the session makes it fresh; the old secret is void (R45)."""
    state = opened()
    assert isinstance(state, sessions.Open)
    later = NOW + dt.timedelta(minutes=6)
    proof = CodeAccepted(account=AccountId("a"), purpose=Purpose.APPROVAL, at=later)
    renewed = sessions.evolve_session(state, sessions.renew(state, proof, secret="new"))
    assert isinstance(renewed, sessions.Open)
    sessions.check_fresh(renewed, at=later, rule=RULE)
    assert is_over(renewed, 6, SECRET)
    assert use(renewed, 7, "new") is not None


def test_logout() -> None:
    """SES-8 (T58): an ended session stays ended, and ending it again does nothing."""
    state = opened()
    event = sessions.end(state, why=Ending.LOGOUT, at=NOW)
    assert event is not None
    ended = sessions.evolve_session(state, event)
    assert is_over(ended, 1)
    assert sessions.end(ended, why=Ending.LOGOUT, at=NOW) is None
    assert sessions.end(None, why=Ending.LOGOUT, at=NOW) is None


@pytest.mark.parametrize("secret", ["", "Sesame", sessions.digest("sesame")])
def test_only_the_secret_opens(secret: str) -> None:
    """SES-9 (T59): another secret does not open it, nor does the stored digest (R44)."""
    assert is_over(opened(), 1, secret)
    assert is_over(None, 1)


def test_only_the_digest_is_kept() -> None:
    """SES-9: the state holds the digest, and shows not even that (R44)."""
    state = opened()
    assert isinstance(state, sessions.Open)
    assert state.secret == sessions.digest("sesame")
    assert "sesame" not in repr(state)
    assert state.secret not in repr(state)
