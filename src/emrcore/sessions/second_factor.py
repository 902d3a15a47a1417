"""The second factor of one account: the first password, then a one-time code per login.

All of it is one value per account, so that guesses in parallel, in other browsers or under other
challenges meet the same counter. Codes are not part of it: whoever calls a verb derives the
expected code from the challenge, and hands it in.

::

    (nothing) --FirstPasswordIssued--> Enrolling --FirstPasswordAccepted--> Enrolled
                                        |    ^                              |  ^  ^
                                        +----+ CodeRefused        CodeIssued+--+  | CodeAccepted
                                                                                  | CodeRefused
"""

import datetime as dt
import enum
import hmac
from typing import NewType, assert_never

import attrs

from emrcore import rules
from emrcore.errors import RuleBroken
from emrcore.people import AccountId
from emrcore.rulebook import EntryRule, LockRule

ChallengeId = NewType("ChallengeId", str)


class Purpose(enum.StrEnum):
    """What a code is good for."""

    FIRST_LOGIN = "first-login"
    LOGIN = "login"


@attrs.frozen(kw_only=True)
class Challenge:
    """One running proof: what its code is derived from, and when it holds.

    ``key`` is the id of the master key the code is derived by. The code is accepted over
    ``[issued_at, expires_at)``. ``host`` is the digest of the host's own session that the proof
    belongs to; the first password, sent before there is one, has none.
    """

    id: ChallengeId
    purpose: Purpose
    nonce: bytes = attrs.field(repr=False)
    key: str
    digits: int
    issued_at: dt.datetime
    expires_at: dt.datetime
    host: str | None = attrs.field(default=None, repr=False)

    def runs_at(self, at: dt.datetime) -> bool:
        """Whether the code may still be accepted at *at*."""
        return self.issued_at <= at < self.expires_at


# -- States ----------------------------------------------------------------------------------------


@attrs.frozen(kw_only=True)
class Enrolling:
    """The first password is out, for the ``issue``-th time; ``failures`` counts over all issues."""

    account: AccountId
    challenge: Challenge
    issue: int = 1
    failures: int = 0


@attrs.frozen(kw_only=True)
class Enrolled:
    """The phone is proven; ``challenge`` is the login being proven now, if any.

    ``failures`` are consecutive, over all challenges; ``sends`` are the moments codes were issued
    in the last day.
    """

    account: AccountId
    challenge: Challenge | None = None
    failures: int = 0
    locked_until: dt.datetime | None = None
    hard_locked: bool = False
    sends: tuple[dt.datetime, ...] = ()


SecondFactor = Enrolling | Enrolled
FACTOR_STATES: tuple[type[SecondFactor], ...] = (Enrolling, Enrolled)


# -- Events ----------------------------------------------------------------------------------------


@attrs.frozen(kw_only=True)
class FirstPasswordIssued:
    """A first password goes out to the account's phone."""

    account: AccountId
    challenge: Challenge


@attrs.frozen(kw_only=True)
class CodeIssued:
    """A one-time code goes out; the challenge before it is void."""

    account: AccountId
    challenge: Challenge


@attrs.frozen(kw_only=True)
class CodeAccepted:
    """The right code was given: once, and never again."""

    account: AccountId
    challenge: ChallengeId
    purpose: Purpose
    at: dt.datetime


@attrs.frozen(kw_only=True)
class CodeRefused:
    """A code was evaluated and wrong; ``locked_until`` and ``hard`` say what follows from it."""

    account: AccountId
    challenge: ChallengeId
    at: dt.datetime
    failures: int
    locked_until: dt.datetime | None = None
    hard: bool = False


@attrs.frozen(kw_only=True)
class CodeDispatched:
    """The message with a code was handed to the provider, or given up; nothing changes by it."""

    account: AccountId
    challenge: ChallengeId
    fate: str
    at: dt.datetime


FactorEvent = FirstPasswordIssued | CodeIssued | CodeAccepted | CodeRefused


# -- Verbs -----------------------------------------------------------------------------------------


def issue_first_password(
    state: SecondFactor | None,
    *,
    account: AccountId,
    id: ChallengeId,  # noqa: A002 - the field's name
    nonce: bytes,
    key: str,
    at: dt.datetime,
    rule: EntryRule,
) -> FirstPasswordIssued | None:
    """A first password, once access is granted, and again when an earlier one has expired.

    None if the phone is proven already, an earlier first password is still good, or it was
    re-issued as often as may be: then a person must help. Failures at earlier ones stay counted.
    """
    if isinstance(state, Enrolled) or (state and at < state.challenge.expires_at):
        return None
    first = rule.first_password
    if state and state.issue > first.reissues.value:
        return None
    challenge = Challenge(
        id=id,
        purpose=Purpose.FIRST_LOGIN,
        nonce=nonce,
        key=key,
        digits=first.digits.value,
        issued_at=at,
        expires_at=at + dt.timedelta(hours=first.lifetime_hours.value),
    )
    return FirstPasswordIssued(account=account, challenge=challenge)


def begin(
    state: SecondFactor | None,
    *,
    host: str,
    id: ChallengeId,  # noqa: A002 - the field's name
    nonce: bytes,
    key: str,
    at: dt.datetime,
    rule: EntryRule,
) -> CodeIssued | FirstPasswordIssued | None:
    """Begin a login: a new one-time code, or None where the first password is still to be used.

    Every later login needs a new code (SES-2); it voids the one before and resets no count (SES-4).
    A first password that has expired is issued anew.

    Raises:
        RuleBroken: SES-1 no access was granted yet, or the first password is used up; SES-5 the
            account is locked; SES-10 too soon or too often.
    """
    if state is None:
        raise RuleBroken(rules.SES_1, "no access is granted yet")
    if isinstance(state, Enrolling):
        return _first_password_again(state, id=id, nonce=nonce, key=key, at=at, rule=rule)
    _check_lock(state, at)
    code = rule.one_time_code
    _check_sends(
        state, at, dt.timedelta(seconds=code.pause_seconds.value), code.sends_per_day.value
    )
    challenge = Challenge(
        id=id,
        purpose=Purpose.LOGIN,
        nonce=nonce,
        key=key,
        digits=code.digits.value,
        issued_at=at,
        expires_at=at + dt.timedelta(minutes=code.lifetime_minutes.value),
        host=host,
    )
    return CodeIssued(account=state.account, challenge=challenge)


def _first_password_again(
    state: Enrolling,
    *,
    id: ChallengeId,  # noqa: A002 - the field's name
    nonce: bytes,
    key: str,
    at: dt.datetime,
    rule: EntryRule,
) -> FirstPasswordIssued | None:
    """None while the first password is good; a new one when it has expired."""
    if state.failures >= rule.first_password.tries.value:
        raise RuleBroken(rules.SES_1, "tried too often")
    if at < state.challenge.expires_at:
        return None
    issued = issue_first_password(
        state, account=state.account, id=id, nonce=nonce, key=key, at=at, rule=rule
    )
    if issued is None:
        raise RuleBroken(rules.SES_1, "issued too often")
    return issued


def _check_lock(state: Enrolled, at: dt.datetime) -> None:
    if state.hard_locked:
        raise RuleBroken(rules.SES_5, "until proofing")
    if state.locked_until and at < state.locked_until:
        raise RuleBroken(rules.SES_5)


def _check_sends(state: Enrolled, at: dt.datetime, pause: dt.timedelta, most: int) -> None:
    recent = _last_day(state.sends, at)
    if len(recent) >= most or (recent and at < recent[-1] + pause):
        raise RuleBroken(rules.SES_10)


def _last_day(sends: tuple[dt.datetime, ...], at: dt.datetime) -> tuple[dt.datetime, ...]:
    return tuple(sent for sent in sends if at - sent < dt.timedelta(days=1))


def verify(
    state: SecondFactor | None,
    *,
    host: str,
    given: object,
    expected: str,
    at: dt.datetime,
    rule: EntryRule,
) -> CodeAccepted | CodeRefused:
    """Evaluate what was *given* against the *expected* code of the running challenge.

    A wrong code is an event to be committed, not an error. What cannot be evaluated is refused
    without being counted, and looks the same from outside.

    Raises:
        RuleBroken: SES-3 there is nothing to evaluate it against (no challenge, expired, another
            host session, out of tries, locked), SES-11 it is not so many digits.
    """
    challenge = state.challenge if state else None
    if state is None or challenge is None or not _live(state, challenge, host, at, rule):
        raise RuleBroken(rules.SES_3)
    if not _well_formed(given, challenge.digits):
        raise RuleBroken(rules.SES_11)
    if hmac.compare_digest(str(given).encode(), expected.encode()):
        return CodeAccepted(
            account=state.account, challenge=challenge.id, purpose=challenge.purpose, at=at
        )
    failures = state.failures + 1
    locked_until, hard = (
        _lock(rule.lock, failures, at) if isinstance(state, Enrolled) else (None, False)
    )
    return CodeRefused(
        account=state.account,
        challenge=challenge.id,
        at=at,
        failures=failures,
        locked_until=locked_until,
        hard=hard,
    )


def _live(
    state: SecondFactor, challenge: Challenge, host: str, at: dt.datetime, rule: EntryRule
) -> bool:
    if not challenge.runs_at(at):
        return False
    if isinstance(state, Enrolling):
        return state.failures < rule.first_password.tries.value
    locked = state.hard_locked or (state.locked_until is not None and at < state.locked_until)
    return not locked and challenge.host is not None and hmac.compare_digest(challenge.host, host)


def _well_formed(given: object, digits: int) -> bool:
    return isinstance(given, str) and len(given) == digits and given.isascii() and given.isdigit()


def _lock(rule: LockRule, failures: int, at: dt.datetime) -> tuple[dt.datetime | None, bool]:
    """Until when *failures* in a row lock the account, and whether for good."""
    if failures >= rule.hard_failures.value:
        return None, True
    steps = rule.steps.value
    if failures % steps[0].failures:
        return None, False
    minutes = max(step.minutes for step in steps if step.failures <= failures)
    return at + dt.timedelta(minutes=minutes), False


def evolve_factor(state: SecondFactor | None, event: FactorEvent) -> SecondFactor:
    """The state after *event*."""
    match event:
        case FirstPasswordIssued():
            earlier = state if isinstance(state, Enrolling) else None
            return Enrolling(
                account=event.account,
                challenge=event.challenge,
                issue=earlier.issue + 1 if earlier else 1,
                failures=earlier.failures if earlier else 0,
            )
        case CodeIssued():
            factor = _enrolled(state)
            at = event.challenge.issued_at
            sends = (*_last_day(factor.sends, at), at)
            return attrs.evolve(factor, challenge=event.challenge, sends=sends)
        case CodeAccepted():
            sends = state.sends if isinstance(state, Enrolled) else ()
            return Enrolled(account=event.account, sends=sends)
        case CodeRefused():
            return _refused(state, event)
        case _:
            assert_never(event)


def _refused(state: SecondFactor | None, event: CodeRefused) -> SecondFactor:
    if isinstance(state, Enrolling):
        return attrs.evolve(state, failures=event.failures)
    locked = event.hard or event.locked_until is not None
    factor = _enrolled(state)
    return attrs.evolve(
        factor,
        failures=event.failures,
        locked_until=event.locked_until,
        hard_locked=event.hard,
        challenge=None if locked else factor.challenge,
    )


def _enrolled(state: SecondFactor | None) -> Enrolled:
    if not isinstance(state, Enrolled):
        raise TypeError("only an enrolled factor has one-time codes")
    return state
