"""Proving the second factor: a code goes out, comes back, and binds what it was sent to.

A phone is proven by the first password, which access brings; from then on every login takes a
one-time code by SMS, a code of an authenticator (TOTP), or a saved recovery code. The counters of
failures outlive every code, challenge and success: a success ends the streak of its own means only.
Codes are not kept: whoever calls a verb derives the expected one, and hands it in.
"""

import datetime as dt
import hmac
from collections.abc import Mapping

import attrs

from emrcore import rules
from emrcore.errors import Fault, Malformed, RuleBroken, Unavailable
from emrcore.people import AccountId
from emrcore.rulebook import Activation, EntryRule, Means
from emrcore.sessions import limits, phones
from emrcore.sessions.challenge import (
    ActionKind,
    Attempt,
    Challenge,
    ChallengeId,
    Purpose,
)
from emrcore.sessions.phones import Phone, PhoneState
from emrcore.sessions.recovery import RecoveryCodes, is_recovery_code
from emrcore.sessions.second_factor import (
    AuthenticatorBound,
    CodeAccepted,
    CodeIssued,
    CodeRefused,
    EnrolmentOpened,
    FirstPasswordIssued,
    Reproofed,
    SecondFactor,
)

NOTICE = "sms-1"
"""The version of the notice about SMS that is to be acknowledged today (see ``texts``)."""

_DIGITS = range(6, 10)
_TOTP_DIGITS = 6


# -- Verbs: a code goes out ------------------------------------------------------------------------


@attrs.frozen(kw_only=True)
class Fresh:
    """What a new challenge is made of: an ``id``, 16 random bytes, the master key's name."""

    id: ChallengeId
    nonce: bytes = attrs.field(repr=False)
    key: str


def open_enrolment(
    state: SecondFactor | None, *, account: AccountId, at: dt.datetime
) -> EnrolmentOpened | None:
    """Wait for the first login; None if that is done already, or the account is enrolled."""
    if state and (state.is_enrolling or state.phone or state.totp):
        return None
    return EnrolmentOpened(account=account, at=at)


def issue_first_password(
    state: SecondFactor | None,
    *,
    account: AccountId,
    fresh: Fresh,
    at: dt.datetime,
    rule: EntryRule,
    host: str | None = None,
) -> FirstPasswordIssued | None:
    """A first password, once access is granted, and again when an earlier one has expired.

    None if a phone or an authenticator is proven already, an earlier first password is still good,
    or it would be of no use: re-issued or tried as often as may be, or locked for good. Then a
    person must help. Failures at earlier ones stay counted.
    """
    first = rule.first_password
    if state:
        _check_clock(state, at, rule)
        if state.phone or state.totp or state.issues > first.reissues.value:
            return None
        if state.hard_locked or state.first_failures >= first.tries.value:
            return None
        if state.challenge and at < state.challenge.expires_at:
            return None
    waiting = phones.pending(state.phones) if state else None
    had = len(state.phones) if state else 0
    challenge = Challenge(
        id=fresh.id,
        purpose=Purpose.FIRST_LOGIN,
        nonce=fresh.nonce,
        key=fresh.key,
        digits=first.digits.value,
        phone=waiting.version if waiting else had + 1,
        issued_at=at,
        expires_at=at + dt.timedelta(minutes=first.lifetime_minutes.value),
        host=host,
    )
    return FirstPasswordIssued(account=account, challenge=challenge)


def begin(
    state: SecondFactor | None,
    attempt: Attempt,
    *,
    fresh: Fresh,
    at: dt.datetime,
    rule: EntryRule,
) -> CodeIssued | FirstPasswordIssued | None:
    """Begin what *attempt* is for: a new code, or None where nothing need be sent.

    Nothing is sent while a first password is good, and none for means other than SMS. Every later
    login needs a new code (SES-2); it voids the one before and resets no count (SES-4). A first
    password that has expired is issued anew.

    Raises:
        RuleBroken: SES-1 no access was granted yet, or the first password is used up; SES-5 the
            account is locked; SES-10 too soon or too often; SES-17 there is no phone to send to, or
            the means is not allowed; SES-18 the phone is too new for that.
        Unavailable: the clock went back (SES-26).
    """
    if state is None:
        raise RuleBroken(rules.SES_1, "no access is granted yet")
    _check_clock(state, at, rule)
    if state.is_enrolling and attempt.purpose is Purpose.LOGIN:
        return _first_password_again(state, attempt, fresh, at, rule)
    _check_means(state, attempt, at, rule)
    if attempt.means is not Means.SMS:
        return None
    to = phones.pending(state.phones) if attempt.purpose is Purpose.NEW_PHONE else state.phone
    if to is None:
        raise RuleBroken(rules.SES_17)
    limits.check_sends(state.sends, at, rule.one_time_code)
    return CodeIssued(
        account=state.account, challenge=_challenge(state, attempt, to, fresh, at, rule)
    )


def _first_password_again(
    state: SecondFactor, attempt: Attempt, fresh: Fresh, at: dt.datetime, rule: EntryRule
) -> FirstPasswordIssued | None:
    """None while the first password is good; a new one when it has expired."""
    if state.hard_locked or state.first_failures >= rule.first_password.tries.value:
        raise RuleBroken(rules.SES_1, "tried too often")
    if state.challenge and at < state.challenge.expires_at:
        return None
    on_demand = rule.first_password.activation.value is Activation.ON_DEMAND
    host = attempt.host if on_demand else None
    if Means.SMS not in rule.means.value:
        raise RuleBroken(rules.SES_17, "the first password is handed over in person")
    issued = issue_first_password(
        state, account=state.account, fresh=fresh, at=at, rule=rule, host=host
    )
    if issued is None:
        raise RuleBroken(rules.SES_1, "issued too often")
    return issued


def _challenge(  # noqa: PLR0917 - all that a challenge is made of
    state: SecondFactor,
    attempt: Attempt,
    to: Phone,
    fresh: Fresh,
    at: dt.datetime,
    rule: EntryRule,
) -> Challenge:
    """The next issue of the challenge under way if it is for the same, or a new one."""
    code = rule.one_time_code
    expires_at = at + dt.timedelta(minutes=code.lifetime_minutes.value)
    running = state.challenge
    if (
        running
        and attempt.is_of(running)
        and (running.phone, running.digits) == (to.version, code.digits.value)
        and running.purpose is attempt.purpose
    ):
        return attrs.evolve(
            running,
            issue=running.issue + 1,
            issued_at=at,
            expires_at=expires_at,
            client=attempt.client,
        )
    return Challenge(
        id=fresh.id,
        purpose=attempt.purpose,
        nonce=fresh.nonce,
        key=fresh.key,
        digits=code.digits.value,
        phone=to.version,
        issued_at=at,
        expires_at=expires_at,
        host=attempt.host,
        session=attempt.session,
        action=attempt.action.kind if attempt.action else None,
        digest=attempt.action.digest if attempt.action else None,
        client=attempt.client,
    )


# -- Verbs: a code comes back ----------------------------------------------------------------------


def verify(
    state: SecondFactor | None,
    attempt: Attempt,
    *,
    given: object,
    expected: str,
    at: dt.datetime,
    rule: EntryRule,
    acknowledged: str | None = None,
) -> CodeAccepted | CodeRefused:
    """Evaluate what was *given* against the *expected* code of the running challenge.

    A wrong code is an event to be committed, not an error. What cannot be evaluated is refused
    without being counted. The first password binds the phone, and only with the notice about SMS
    *acknowledged*; a later phone is bound under the notice of the one before.

    Raises:
        RuleBroken: SES-3 there is nothing to evaluate it against (no challenge, expired, for
            another host session, purpose or action, out of tries), SES-5 locked, SES-16 the notice
            is not acknowledged, SES-17 the phone is not to be used.
        Malformed: it is not so many digits (SES-11).
        Unavailable: the clock went back (SES-26).
    """
    challenge = _running(state, attempt, at, rule)
    text = digits(given, challenge.digits)
    if state is None:
        raise RuleBroken(rules.SES_3)
    binds = challenge.purpose in {Purpose.FIRST_LOGIN, Purpose.NEW_PHONE}
    by_sms = Means.SMS in rule.means.value
    notice = _notice(state, challenge, acknowledged) if binds and by_sms else None
    if not hmac.compare_digest(text.encode(), expected.encode()):
        return _refused(state, Means.SMS, at, rule)
    again = binds and any(phone.bound_at for phone in state.phones)
    cooling = dt.timedelta(hours=rule.phone.cooling_hours.value)
    return CodeAccepted(
        account=state.account,
        purpose=challenge.purpose,
        at=at,
        challenge=challenge.id,
        phone=challenge.phone if by_sms else None,
        notice=notice,
        cooling_until=at + cooling if again else None,
        action=challenge.action,
        digest=challenge.digest,
    )


def _notice(state: SecondFactor, challenge: Challenge, acknowledged: str | None) -> str:
    """The version of the notice under which the phone is bound."""
    if acknowledged == NOTICE:
        return NOTICE
    earlier = state.phone.notice if state.phone else None
    if challenge.purpose is Purpose.FIRST_LOGIN or earlier is None:
        raise RuleBroken(rules.SES_16)
    return earlier


def _running(
    state: SecondFactor | None, attempt: Attempt, at: dt.datetime, rule: EntryRule
) -> Challenge:
    """The challenge that *attempt* answers."""
    if state is None:
        raise RuleBroken(rules.SES_3, "nothing is granted")
    _check_clock(state, at, rule)
    challenge = state.challenge
    if challenge is None:
        raise RuleBroken(rules.SES_3, "no code is under way")
    if not attempt.is_of(challenge):
        raise RuleBroken(rules.SES_7)
    if not challenge.runs_at(at):
        raise RuleBroken(rules.SES_3, "expired")
    if challenge.purpose is Purpose.FIRST_LOGIN:
        if state.hard_locked or state.first_failures >= rule.first_password.tries.value:
            raise RuleBroken(rules.SES_5)
        return challenge
    _check_means(state, attempt, at, rule)
    if challenge.failures >= rule.one_time_code.tries.value:
        raise RuleBroken(rules.SES_5)
    return challenge


def verify_totp(
    state: SecondFactor | None,
    attempt: Attempt,
    *,
    given: object,
    expected: Mapping[int, str],
    at: dt.datetime,
    rule: EntryRule,
) -> CodeAccepted | CodeRefused:
    """Evaluate a code of the authenticator against the *expected* ones, by time step.

    A step is accepted once, and none before it ever after (SES-21).

    Raises:
        RuleBroken: SES-3 there is no authenticator, SES-5 locked.
        Malformed: it is not six digits (SES-11).
        Unavailable: the clock went back (SES-26).
    """
    if state is None or state.totp is None:
        raise RuleBroken(rules.SES_3, "no authenticator")
    _check_clock(state, at, rule)
    _check_means(state, attempt, at, rule)
    step = matching_step(given, expected, after=state.totp.last_step)
    if step is None:
        return _refused(state, Means.TOTP, at, rule)
    return _accepted(state, attempt, at, step=step)


def matching_step(given: object, expected: Mapping[int, str], *, after: int) -> int | None:
    """The step of *expected*, later than *after*, whose code was *given*; all are compared.

    Raises:
        Malformed: it is not six digits (SES-11).
    """
    text = digits(given, _TOTP_DIGITS).encode()
    right = [step for step, code in expected.items() if hmac.compare_digest(text, code.encode())]
    return max((step for step in right if step > after), default=None)


def verify_recovery(
    state: SecondFactor | None,
    attempt: Attempt,
    *,
    given: str,
    codes: RecoveryCodes | None,
    at: dt.datetime,
    rule: EntryRule,
) -> CodeAccepted | CodeRefused:
    """Evaluate a recovery code against the saved *codes*; the slow hash only after every check.

    Raises:
        RuleBroken: SES-3 there are none, SES-5 locked, SES-29 they are too new for that.
        Malformed: it is no recovery code (SES-11).
        Unavailable: the clock went back (SES-26).
    """
    if state is None or state.recovery_at is None or codes is None:
        raise RuleBroken(rules.SES_3, "no recovery codes")
    _check_clock(state, at, rule)
    _check_means(state, attempt, at, rule)
    text = readable(given, Means.RECOVERY)
    if codes.place(text) is None:
        return _refused(state, Means.RECOVERY, at, rule)
    return _accepted(state, attempt, at)


def _accepted(
    state: SecondFactor, attempt: Attempt, at: dt.datetime, *, step: int | None = None
) -> CodeAccepted:
    return CodeAccepted(
        account=state.account,
        purpose=attempt.purpose,
        at=at,
        means=attempt.means,
        step=step,
        action=attempt.action.kind if attempt.action else None,
        digest=attempt.action.digest if attempt.action else None,
    )


def digits(given: object, number: int) -> str:
    """*given*, if it is text of exactly *number* ASCII digits.

    Raises:
        Malformed: it is anything else; it was not read further than that (SES-11).
    """
    if isinstance(given, str) and len(given) == number and given.isascii() and given.isdigit():
        return given
    fault = Fault("code", f"must be {number} digits", rules.SES_11)
    raise Malformed("code", (fault,))


def readable(given: object, means: Means) -> str:
    """*given*, if it looks like a code of *means* at all: what is checked before any load.

    Raises:
        Malformed: it does not (SES-11).
    """
    if means is Means.RECOVERY:
        if isinstance(given, str) and is_recovery_code(given):
            return given
        raise Malformed("code", (Fault("code", "must be a recovery code", rules.SES_11),))
    if isinstance(given, str) and len(given) in _DIGITS:
        return digits(given, len(given))
    raise Malformed("code", (Fault("code", "must be digits", rules.SES_11),))


def _check_clock(state: SecondFactor, at: dt.datetime, rule: EntryRule) -> None:
    if at < state.seen_at - dt.timedelta(seconds=rule.skew_seconds.value):
        raise Unavailable(f"{rules.SES_26.id}: the clock went back")


def _check_means(state: SecondFactor, attempt: Attempt, at: dt.datetime, rule: EntryRule) -> None:
    """Refuse a means that is not allowed, locked, or has nothing it could be proven with."""
    means = attempt.means
    if means not in rule.means.value:
        raise RuleBroken(rules.SES_17, f"not by {means}")
    if state.hard_locked and not (means is Means.TOTP and state.reset_at):
        raise RuleBroken(rules.SES_5, "until proofing")
    locked_until = state.locked.get(means)
    if locked_until and at < locked_until:
        raise RuleBroken(rules.SES_5)
    if not state.hard_locked:
        limits.check_failures(state.failed_at, at, rule.lock)
    if means is Means.SMS:
        _check_phone(state, attempt, at, rule)
    elif _is_sensitive(attempt) and _is_new(state, means, at, rule):
        raise RuleBroken(rules.SES_29)


def _is_sensitive(attempt: Attempt) -> bool:
    return attempt.action is not None and attempt.action.kind is not ActionKind.RENEW


def _is_new(state: SecondFactor, means: Means, at: dt.datetime, rule: EntryRule) -> bool:
    """Whether the authenticator or the recovery codes were bound a short while ago.

    A session that is fresh binds them; without this, whoever got hold of one could approve anything
    at once, and needed no code that goes to the person.
    """
    totp_at = state.totp.since if state.totp else None
    since = totp_at if means is Means.TOTP else state.recovery_at
    return since is not None and at - since < dt.timedelta(hours=rule.phone.cooling_hours.value)


def _check_phone(state: SecondFactor, attempt: Attempt, at: dt.datetime, rule: EntryRule) -> None:
    phone = state.phone
    if attempt.purpose is Purpose.NEW_PHONE:
        return
    if phone is None or not phone.is_usable(at, rule.phone):
        raise RuleBroken(rules.SES_17)
    if _is_sensitive(attempt) and phone.is_cooling(at):
        raise RuleBroken(rules.SES_18, "the phone is too new")


def _refused(state: SecondFactor, means: Means, at: dt.datetime, rule: EntryRule) -> CodeRefused:
    challenge = state.challenge if means is Means.SMS else None
    if challenge and challenge.purpose is Purpose.FIRST_LOGIN:
        failures = state.first_failures + 1
        return CodeRefused(
            account=state.account,
            at=at,
            failures=failures,
            challenge=challenge.id,
            warn=failures in _WARN_AT,
        )
    streak, failures = state.streaks.get(means, 0) + 1, state.failures + 1
    most = rule.lock.hard_failures.value
    return CodeRefused(
        account=state.account,
        at=at,
        failures=failures,
        means=means,
        challenge=challenge.id if challenge else None,
        locked_until=limits.lock_until(streak, at, rule.lock),
        hard=failures >= most,
        warn=failures in (*_WARN_AT, most - 1),
    )


_WARN_AT = (3, 5)


# -- Verbs: what is bound --------------------------------------------------------------------------


def new_phone(
    state: SecondFactor,
    attempt: Attempt,
    *,
    fresh: Fresh,
    at: dt.datetime,
    rule: EntryRule,
) -> CodeIssued:
    """Send a code to a new phone, once the change is approved; it takes over when proven (SES-18).

    Raises:
        RuleBroken: SES-10 too soon or too often.
    """
    limits.check_sends(state.sends, at, rule.one_time_code, pause=False)
    to = Phone(version=len(state.phones) + 1, state=PhoneState.PENDING, since=at)
    challenge = _challenge(state, attempt, to, fresh, at, rule)
    return CodeIssued(account=state.account, challenge=challenge)


def bind_authenticator(
    state: SecondFactor, *, given: object, expected: Mapping[int, str], at: dt.datetime
) -> AuthenticatorBound:
    """Bind the authenticator that was offered, with the first code it shows.

    Raises:
        RuleBroken: SES-3, none was offered, or the code is wrong.
        Malformed: it is not six digits (SES-11).
    """
    step = matching_step(given, expected, after=-1)
    if state.new_totp is None or step is None:
        raise RuleBroken(rules.SES_3)
    return AuthenticatorBound(account=state.account, version=state.new_totp, step=step, at=at)


def reproof(state: SecondFactor, *, by: str, confirmed_by: str, at: dt.datetime) -> Reproofed:
    """Void all that is bound, for a person whom two operators have proven anew.

    Raises:
        RuleBroken: SES-20, one operator alone.
    """
    if not by or not confirmed_by or by == confirmed_by:
        raise RuleBroken(rules.SES_20)
    return Reproofed(account=state.account, by=by, confirmed_by=confirmed_by, at=at)
