"""The second factor of one account, as one value.

All of it is in one place, so that guesses in parallel, in other browsers, under other challenges
or with other means meet the same counters, and a single compare-and-swap decides. What may happen
to it is said in ``proving``; here are the state, the events, and what they leave behind.
"""

import datetime as dt
from collections.abc import Mapping
from typing import assert_never

import attrs

from emrcore.people import AccountId
from emrcore.rulebook import Means
from emrcore.sessions import limits, phones
from emrcore.sessions.challenge import (
    ActionKind,
    Challenge,
    ChallengeId,
    Purpose,
    SessionId,
)
from emrcore.sessions.limits import Moments
from emrcore.sessions.phones import Phone, PhoneEnd, Phones, PhoneState


@attrs.frozen(kw_only=True)
class Totp:
    """An authenticator: of its time steps (30 s) only those after ``last_step`` are accepted."""

    version: int
    since: dt.datetime
    last_step: int


@attrs.frozen(kw_only=True)
class SecondFactor:
    """Everything that decides whether the next code is accepted.

    ``challenge`` is the one code under way. ``issues`` and ``first_failures`` count first passwords
    and wrong tries at them. ``streaks`` are failures in a row by means, ``locked`` until when
    (exclusive) a means is locked by them; ``hard_locked`` lasts until a person helps. ``failed_at``
    are the failures of 30 days, ``sends`` the codes of a day. ``sessions`` are the open ones, the
    oldest first. ``recovery_at`` is when the recovery codes that hold were made. ``seen_at`` is the
    latest moment anything happened: time never goes back, but by proofing after a clock that ran
    ahead.
    """

    account: AccountId
    seen_at: dt.datetime
    phones: Phones = ()
    totp: Totp | None = None
    new_totp: int | None = None
    challenge: Challenge | None = None
    issues: int = 0
    first_failures: int = 0
    streaks: Mapping[Means, int] = attrs.field(factory=dict[Means, int])
    locked: Mapping[Means, dt.datetime] = attrs.field(factory=dict[Means, dt.datetime])
    hard_locked: bool = False
    failed_at: Moments = ()
    sends: Moments = ()
    sessions: tuple[SessionId, ...] = ()
    entered_at: dt.datetime | None = None
    reset_at: dt.datetime | None = None
    recovery_at: dt.datetime | None = None

    @property
    def phone(self) -> Phone | None:
        """The phone that is active or suspended, if any."""
        return phones.current(self.phones)

    @property
    def is_enrolling(self) -> bool:
        """Whether nothing is proven yet, and a first password is what is awaited."""
        waits = phones.pending(self.phones) is not None
        return waits and self.phone is None and self.totp is None

    def stands_since(self, at: dt.datetime) -> bool:
        """Whether something is bound, and no phone was changed, lost or ended at *at* or later."""
        phone = self.phone
        bound = self.totp is not None or (phone is not None and phone.state is PhoneState.ACTIVE)
        return bound and phones.untouched_since(self.phones, at)

    @property
    def failures(self) -> int:
        """Failures in a row, over all means."""
        return sum(self.streaks.values())


FACTOR_STATES: tuple[type[SecondFactor]] = (SecondFactor,)


# -- Events ----------------------------------------------------------------------------------------


@attrs.frozen(kw_only=True)
class EnrolmentOpened:
    """Access was granted, and the first login may begin: the first password is sent only then."""

    account: AccountId
    at: dt.datetime


@attrs.frozen(kw_only=True)
class FirstPasswordIssued:
    """A first password goes out to a phone that is still to be proven."""

    account: AccountId
    challenge: Challenge


@attrs.frozen(kw_only=True)
class CodeIssued:
    """A one-time code goes out; the code before it is void."""

    account: AccountId
    challenge: Challenge


@attrs.frozen(kw_only=True)
class CodeAccepted:
    """The right code was given: once, and never again."""

    account: AccountId
    purpose: Purpose
    at: dt.datetime
    means: Means = Means.SMS
    challenge: ChallengeId | None = None
    phone: int | None = None
    step: int | None = None
    notice: str | None = None
    cooling_until: dt.datetime | None = None
    action: ActionKind | None = None
    digest: str | None = None


@attrs.frozen(kw_only=True)
class CodeRefused:
    """A code was evaluated and wrong: ``failures`` in a row by now, and what follows from it.

    ``warn`` says that the person is to be told (SES-23).
    """

    account: AccountId
    at: dt.datetime
    failures: int
    means: Means = Means.SMS
    challenge: ChallengeId | None = None
    locked_until: dt.datetime | None = None
    hard: bool = False
    warn: bool = False


@attrs.frozen(kw_only=True)
class EntryRefused:
    """Something was asked for and refused unevaluated; ``rule`` is the id of the one that did."""

    account: AccountId
    means: Means
    rule: str
    at: dt.datetime


@attrs.frozen(kw_only=True)
class AuthenticatorOffered:
    """A new authenticator is to be proven."""

    account: AccountId
    version: int
    at: dt.datetime


@attrs.frozen(kw_only=True)
class AuthenticatorBound:
    """An authenticator was proven and replaces the one before."""

    account: AccountId
    version: int
    step: int
    at: dt.datetime


@attrs.frozen(kw_only=True)
class AuthenticatorRemoved:
    """The account has no authenticator any more."""

    account: AccountId
    at: dt.datetime


@attrs.frozen(kw_only=True)
class RecoveryCodesMade:
    """The account has ``number`` new recovery codes; the ones before are void."""

    account: AccountId
    number: int
    at: dt.datetime


@attrs.frozen(kw_only=True)
class PhoneSuspended:
    """No code goes to the phone any more; every session ends.

    Where a change was repudiated, whoever approved it had a factor that is not theirs, and nobody
    knows which: authenticator and recovery codes are void, too.
    """

    account: AccountId
    why: PhoneEnd
    at: dt.datetime


@attrs.frozen(kw_only=True)
class Reproofed:
    """Two operators have proven the person anew: all that was bound is void, every lock opens."""

    account: AccountId
    by: str
    confirmed_by: str
    at: dt.datetime


@attrs.frozen(kw_only=True)
class CredentialReset:
    """The portal has set a new password, after proof: an authenticator may open a hard lock.

    It is good until the next lock: five wrong codes end it, and it opens no later lock.
    """

    account: AccountId
    at: dt.datetime


@attrs.frozen(kw_only=True)
class AccessEnded:
    """Nothing is granted to the account any more: codes, phones, sessions are void."""

    account: AccountId
    at: dt.datetime


@attrs.frozen(kw_only=True)
class Entered:
    """A session was opened; ``ended`` are those that gave way to it."""

    account: AccountId
    session: SessionId
    at: dt.datetime
    ended: tuple[SessionId, ...] = ()


@attrs.frozen(kw_only=True)
class Left:
    """Sessions ended, and with ``challenge`` the code under way is void."""

    account: AccountId
    sessions: tuple[SessionId, ...]
    at: dt.datetime
    challenge: bool = False


@attrs.frozen(kw_only=True)
class MessageDispatched:
    """A message was handed to the provider, or given up; nothing changes by it."""

    account: AccountId
    message: str
    fate: str
    at: dt.datetime


_LaterEvent = (
    CodeIssued
    | CodeAccepted
    | CodeRefused
    | AuthenticatorOffered
    | AuthenticatorBound
    | AuthenticatorRemoved
    | RecoveryCodesMade
    | PhoneSuspended
    | Reproofed
    | CredentialReset
    | AccessEnded
    | Entered
    | Left
)
FactorEvent = EnrolmentOpened | FirstPasswordIssued | _LaterEvent


# -- The state after ------------------------------------------------------------------------------


def evolve_factor(state: SecondFactor | None, event: FactorEvent) -> SecondFactor:
    """The state after *event*."""
    after = _evolved(state, event)
    if state is None or isinstance(event, Reproofed) or after.seen_at >= state.seen_at:
        return after
    return attrs.evolve(after, seen_at=state.seen_at)


def _evolved(state: SecondFactor | None, event: FactorEvent) -> SecondFactor:
    if isinstance(event, EnrolmentOpened):
        before = state or SecondFactor(account=event.account, seen_at=event.at)
        return attrs.evolve(before, phones=phones.added(before.phones, event.at), seen_at=event.at)
    if isinstance(event, FirstPasswordIssued):
        return _first_password_issued(state, event)
    if state is None:
        raise TypeError("a second factor begins with a first password")
    return _after(state, event)


def _first_password_issued(state: SecondFactor | None, event: FirstPasswordIssued) -> SecondFactor:
    at = event.challenge.issued_at
    before = state or SecondFactor(account=event.account, seen_at=at)
    known = before.phones
    if event.challenge.phone > len(known):
        known = phones.added(known, at)
    return attrs.evolve(
        before, phones=known, challenge=event.challenge, issues=before.issues + 1, seen_at=at
    )


def _after(  # noqa: C901, PLR0911, PLR0912 - one case for each event
    state: SecondFactor, event: _LaterEvent
) -> SecondFactor:
    match event:
        case CodeIssued():
            return _code_issued(state, event)
        case CodeAccepted():
            return _code_accepted(state, event)
        case CodeRefused():
            return _code_refused(state, event)
        case AuthenticatorOffered():
            return attrs.evolve(state, new_totp=event.version, seen_at=event.at)
        case AuthenticatorBound():
            totp = Totp(version=event.version, since=event.at, last_step=event.step)
            return attrs.evolve(state, totp=totp, new_totp=None, seen_at=event.at)
        case AuthenticatorRemoved():
            return attrs.evolve(state, totp=None, new_totp=None, seen_at=event.at)
        case RecoveryCodesMade():
            return attrs.evolve(state, recovery_at=event.at, seen_at=event.at)
        case PhoneSuspended():
            kept = phones.suspended(state.phones, why=event.why, at=event.at)
            after = _shut(state, kept, event.at)
            return _stripped(after) if event.why is PhoneEnd.REPUDIATED else after
        case Reproofed():
            kept = _all_ended(state.phones, PhoneEnd.REPROOFED, event.at)
            return SecondFactor(
                account=state.account,
                seen_at=event.at,
                phones=kept,
                failed_at=(),
                sends=state.sends,
                entered_at=state.entered_at,
            )
        case CredentialReset():
            return attrs.evolve(state, reset_at=event.at, seen_at=event.at)
        case AccessEnded():
            kept = _all_ended(state.phones, PhoneEnd.ACCESS_ENDED, event.at)
            after = _stripped(_shut(state, kept, event.at))
            return attrs.evolve(after, issues=0, first_failures=0)
        case Entered():
            open_ones = _without(state.sessions, event.ended)
            return attrs.evolve(
                state, sessions=(*open_ones, event.session), entered_at=event.at, seen_at=event.at
            )
        case Left():
            challenge = None if event.challenge else state.challenge
            return attrs.evolve(
                state,
                sessions=_without(state.sessions, event.sessions),
                challenge=challenge,
                seen_at=event.at,
            )
        case _:
            assert_never(event)


def _without(
    sessions: tuple[SessionId, ...], ended: tuple[SessionId, ...]
) -> tuple[SessionId, ...]:
    return tuple(one for one in sessions if one not in ended)


def _shut(state: SecondFactor, kept: Phones, at: dt.datetime) -> SecondFactor:
    return attrs.evolve(state, phones=kept, challenge=None, sessions=(), seen_at=at)


def _stripped(state: SecondFactor) -> SecondFactor:
    """Without authenticator and recovery codes."""
    return attrs.evolve(state, totp=None, new_totp=None, recovery_at=None)


def _all_ended(known: Phones, why: PhoneEnd, at: dt.datetime) -> Phones:
    live = (PhoneState.PENDING, PhoneState.ACTIVE, PhoneState.SUSPENDED)
    return phones.ended(known, *live, why=why, at=at)


def _code_issued(state: SecondFactor, event: CodeIssued) -> SecondFactor:
    at, known = event.challenge.issued_at, state.phones
    if event.challenge.phone > len(known):
        known = phones.added(known, at)
    sends = (*limits.within(state.sends, limits.DAY, at), at)
    return attrs.evolve(state, phones=known, challenge=event.challenge, sends=sends, seen_at=at)


def _code_accepted(state: SecondFactor, event: CodeAccepted) -> SecondFactor:
    opened = state.hard_locked and event.means is Means.TOTP and state.reset_at is not None
    streaks = {} if opened else {k: n for k, n in state.streaks.items() if k is not event.means}
    after = attrs.evolve(
        state,
        challenge=None,
        streaks=streaks,
        locked={k: until for k, until in state.locked.items() if k is not event.means},
        hard_locked=state.hard_locked and not opened,
        failed_at=() if opened else state.failed_at,
        reset_at=None if opened else state.reset_at,
        seen_at=event.at,
    )
    if state.totp and event.step is not None:
        after = attrs.evolve(after, totp=attrs.evolve(state.totp, last_step=event.step))
    if event.phone is None:
        return after
    known = phones.proven(
        state.phones,
        event.phone,
        event.at,
        notice=event.notice,
        cooling_until=event.cooling_until,
    )
    match event.purpose:
        case Purpose.FIRST_LOGIN:
            return attrs.evolve(after, phones=known, issues=0, first_failures=0)
        case Purpose.NEW_PHONE:
            return attrs.evolve(after, phones=known, sessions=())
        case _:
            return attrs.evolve(after, phones=known)


def _code_refused(state: SecondFactor, event: CodeRefused) -> SecondFactor:
    failed_at = (*limits.within(state.failed_at, limits.MONTH, event.at), event.at)
    challenge = state.challenge if event.challenge else None
    if challenge and challenge.purpose is Purpose.FIRST_LOGIN:
        return attrs.evolve(
            state, first_failures=event.failures, failed_at=failed_at, seen_at=event.at
        )
    locked = dict(state.locked)
    if event.locked_until:
        locked[event.means] = event.locked_until
    if challenge:
        challenge = attrs.evolve(challenge, failures=challenge.failures + 1)
    void = event.hard or event.locked_until is not None
    locks = event.locked_until is not None or (event.hard and not state.hard_locked)
    return attrs.evolve(
        state,
        streaks={**state.streaks, event.means: state.streaks.get(event.means, 0) + 1},
        locked=locked,
        hard_locked=state.hard_locked or event.hard,
        challenge=None if void else challenge or state.challenge,
        failed_at=failed_at,
        reset_at=None if locks else state.reset_at,
        seen_at=event.at,
    )
