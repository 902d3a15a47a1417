"""The codes themselves: derived from all they are bound to, and from nothing that is kept."""

import datetime as dt
from typing import Any

import attrs
import pytest

from emrcore.adapters.keyring import LocalKeys
from emrcore.office.codes import code_for, totp_codes
from emrcore.people import AccountId
from emrcore.sessions import ActionKind, Challenge, ChallengeId, Purpose, SessionId
from world import CountedBytes, moscow

NOW = moscow(2020, 1, 21, 9)
A = AccountId("a")
SECRET = "GEZDGNBVGY3TQOJQ" * 2
"""The base32 of 12345678901234567890, which the examples of RFC 6238 use."""


def keys(master: bytes = bytes(range(32))) -> LocalKeys:
    return LocalKeys(masters={"k1": master}, current="k1", randomness=CountedBytes())


CHALLENGE = Challenge(
    id=ChallengeId("c"),
    purpose=Purpose.APPROVAL,
    nonce=bytes(16),
    key="k1",
    digits=6,
    phone=1,
    issued_at=NOW,
    expires_at=NOW + dt.timedelta(minutes=5),
    host="h",
    session=SessionId("s"),
    action=ActionKind.SHARE,
    digest="d",
)


@pytest.mark.parametrize("digits", [6, 8, 9])
def test_exactly_so_many_digits(digits: int) -> None:
    """SES-6: of a thousand codes each has all its digits, and some begin with a nought (R2)."""
    codes = [
        code_for(keys(), A, attrs.evolve(CHALLENGE, digits=digits, issue=issue))
        for issue in range(1000)
    ]
    assert {len(code) for code in codes} == {digits}
    assert all(code.isascii() and code.isdigit() for code in codes)
    assert any(code.startswith("0") for code in codes)


@pytest.mark.parametrize(
    "changed",
    [
        {"id": ChallengeId("d")},
        {"purpose": Purpose.LOGIN},
        {"nonce": b"\x01" + bytes(15)},
        {"host": "i"},
        {"host": None},
        {"session": SessionId("t")},
        {"session": None},
        {"digest": "e"},
        {"phone": 2},
        {"issue": 2},
    ],
)
def test_each_binding_gives_another_code(changed: dict[str, Any]) -> None:
    """SES-7, SES-15: another purpose, host session, action, phone or issue: another code (R5, R9).

    Nine digits, so that two codes are alike by accident once in a thousand million.
    """
    long = attrs.evolve(CHALLENGE, digits=9)
    assert code_for(keys(), A, attrs.evolve(long, **changed)) != code_for(keys(), A, long)


def test_another_account_has_another_code() -> None:
    """SES-7: the same challenge under another account gives another code (R5)."""
    long = attrs.evolve(CHALLENGE, digits=9)
    assert code_for(keys(), AccountId("b"), long) != code_for(keys(), A, long)
    joined = attrs.evolve(long, id=ChallengeId("c"))
    apart = attrs.evolve(long, id=ChallengeId(""))
    assert code_for(keys(), AccountId("a"), joined) != code_for(keys(), AccountId("ac"), apart)


def test_all_that_is_stored_gives_no_code_without_the_master_key() -> None:
    """SES-6: whoever has the challenge and earlier codes, but not the master key, fails (R8)."""
    long = attrs.evolve(CHALLENGE, digits=9)
    stolen = [attrs.evolve(long, issue=issue) for issue in range(1, 51)]
    right = [code_for(keys(), A, one) for one in stolen]
    guessed = [code_for(keys(bytes(32)), A, one) for one in stolen]
    assert not set(right) & set(guessed)
    assert len(set(right)) == 50


def test_what_an_authenticator_may_show() -> None:
    """SES-21: the codes of this step of 30 seconds, the one before and the next (R13)."""
    at = dt.datetime(2020, 1, 21, 6, 0, 29, tzinfo=dt.UTC)
    step = int(at.timestamp()) // 30
    assert list(totp_codes(SECRET, at)) == [step - 1, step, step + 1]
    later = at + dt.timedelta(seconds=1)
    assert list(totp_codes(SECRET, later)) == [step, step + 1, step + 2]


@pytest.mark.parametrize(
    ("seconds", "code"),
    [
        (59, "287082"),
        (1_111_111_109, "081804"),
        (1_234_567_890, "005924"),
        (20_000_000_000, "353130"),
    ],
)
def test_codes_of_the_standard(seconds: int, code: str) -> None:
    """SES-21: the examples of RFC 6238, Appendix B, for SHA-1, by their last six digits (R13)."""
    at = dt.datetime.fromtimestamp(seconds, dt.UTC)
    assert totp_codes(SECRET, at)[seconds // 30] == code
