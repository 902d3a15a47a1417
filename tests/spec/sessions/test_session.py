"""Sessions."""

import datetime as dt
from typing import Any

import pytest

from emrcore import rules, sessions
from emrcore.errors import RuleBroken
from emrcore.people import AccountId
from emrcore.sessions import ChallengeId, CodeAccepted, Ending, Purpose, Session, SessionId
from world import entry_rule, moscow

NOW = moscow(2020, 1, 21, 9)
SECRET = "sesame"
RULE = entry_rule()


def opened() -> Session:
    proof = CodeAccepted(
        account=AccountId("a"), challenge=ChallengeId("c"), purpose=Purpose.LOGIN, at=NOW
    )
    return sessions.evolve_session(None, sessions.start(proof, id=SessionId("s"), secret=SECRET))


def use(state: Session | None, minutes: float, secret: str = SECRET) -> Any:
    at = NOW + dt.timedelta(minutes=minutes)
    return sessions.use(state, secret=secret, at=at, rule=RULE)


def is_over(state: Session | None, minutes: float, secret: str = SECRET) -> bool:
    with pytest.raises(RuleBroken) as error:
        use(state, minutes, secret)
    return error.value.rule is rules.SES_8


def test_idle_end() -> None:
    """SES-8: a session idles out at ten minutes exactly; each use starts them anew."""
    state = opened()
    assert is_over(state, 10)
    used = use(state, 9.999)
    assert used is not None
    again = sessions.evolve_session(state, used)
    assert use(again, 19.99)
    assert is_over(again, 20)


def test_absolute_end() -> None:
    """SES-8: however busy, a session ends two hours after it began."""
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


def test_logout() -> None:
    """SES-8: an ended session stays ended, and ending it again does nothing."""
    state = opened()
    event = sessions.end(state, why=Ending.LOGOUT, at=NOW)
    assert event is not None
    ended = sessions.evolve_session(state, event)
    assert is_over(ended, 1)
    assert sessions.end(ended, why=Ending.LOGOUT, at=NOW) is None
    assert sessions.end(None, why=Ending.LOGOUT, at=NOW) is None


@pytest.mark.parametrize("secret", ["", "Sesame", sessions.digest("sesame")])
def test_only_the_secret_opens(secret: str) -> None:
    """SES-9: another secret does not open it, nor does the stored digest."""
    assert is_over(opened(), 1, secret)
    assert is_over(None, 1)


def test_only_the_digest_is_kept() -> None:
    """SES-9: the state holds the digest, and shows not even that."""
    state = opened()
    assert isinstance(state, sessions.Open)
    assert state.secret == sessions.digest("sesame")
    assert "sesame" not in repr(state)
    assert state.secret not in repr(state)
