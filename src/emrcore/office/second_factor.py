"""The second factor of an account at work: what is proven is kept, journaled and told.

The core decides; here are the parts that every verb about getting in is made of.
"""

import datetime as dt

import attrs

from emrcore import rules, sessions
from emrcore.errors import RuleBroken
from emrcore.journal import Actor, ActorKind
from emrcore.office import places
from emrcore.office.codes import code_for, derive_nothing, totp_codes
from emrcore.office.desk import Desk
from emrcore.office.notices import code_message, notice, proven
from emrcore.office.papers import secret_of
from emrcore.office.work import Work
from emrcore.people import AccountId
from emrcore.rulebook import Means
from emrcore.sessions import (
    Attempt,
    CodeAccepted,
    CodeIssued,
    CodeRefused,
    Ending,
    EntryRefused,
    FirstPasswordIssued,
    Fresh,
    NoticeKind,
    PhoneEnd,
    PhoneSuspended,
    RecoveryCodes,
    SecondFactor,
    SessionId,
)


def load_factor(work: Work, account: AccountId) -> SecondFactor | None:
    """The second factor of *account*, which *work* expects to be unchanged."""
    return work.load(places.factor(account), *sessions.FACTOR_STATES)


def fresh(desk: Desk) -> Fresh:
    """What a new challenge is made of."""
    return Fresh(
        id=sessions.ChallengeId(desk.new_id()),
        nonce=desk.randomness.bytes(16),
        key=desk.keys.current,
    )


def begin(
    desk: Desk, work: Work, before: SecondFactor | None, attempt: Attempt
) -> SecondFactor | None:
    """Begin what *attempt* is for, and send what it takes; the factor after.

    Raises:
        RuleBroken: see ``sessions.begin``.
    """
    event = sessions.begin(
        before, attempt, fresh=fresh(desk), at=work.now, rule=desk.entry(work.now)
    )
    return send(work, before, event) if event else before


def send(
    work: Work, before: SecondFactor | None, event: CodeIssued | FirstPasswordIssued
) -> SecondFactor:
    """Keep, journal and send a code that was issued; the factor after."""
    after = sessions.evolve_factor(before, event)
    work.put(places.factor(event.account), after)
    work.note(event, Actor(kind=ActorKind.CITIZEN, id=event.account))
    work.send(code_message(event.account, event.challenge))
    return after


@attrs.frozen(kw_only=True)
class Answer:
    """What was given: a code, and the version of the notice that was acknowledged with it."""

    code: str = attrs.field(repr=False)
    acknowledged: str | None = None


@attrs.frozen(kw_only=True)
class Proof:
    """What was accepted, the factor after it and, of recovery codes, the one that comes next."""

    accepted: CodeAccepted
    factor: SecondFactor
    recovery_code: str | None = attrs.field(default=None, repr=False)


def prove(
    desk: Desk, work: Work, before: SecondFactor | None, attempt: Attempt, answer: Answer
) -> Proof | None:
    """Evaluate *answer*, and keep what came of it; None if it was refused.

    Raises:
        RuleBroken: SES-16, the notice is not acknowledged.
        Malformed: it is no code (SES-11).
        Unavailable: the clock went back (SES-26).
    """
    account = attempt.account
    try:
        event = _evaluate(desk, work, before, attempt, answer)
    except RuleBroken as refusal:
        if refusal.rule is rules.SES_16:
            raise
        note_refusal(work, attempt, refusal)
        return None
    after = sessions.evolve_factor(before, event)
    work.put(places.factor(account), after)
    work.note(event, Actor(kind=ActorKind.CITIZEN, id=account))
    if isinstance(event, CodeRefused):
        _after_refusal(work, after, event)
        return None
    if attempt.means is Means.SMS:
        work.send(proven(account, event, at=work.now))
    by_recovery = attempt.means is Means.RECOVERY
    next_code = _replace_recovery(desk, work, account, answer.code) if by_recovery else None
    return Proof(accepted=event, factor=after, recovery_code=next_code)


def _evaluate(
    desk: Desk, work: Work, before: SecondFactor | None, attempt: Attempt, answer: Answer
) -> CodeAccepted | CodeRefused:
    """What comes of *answer*."""
    at, rule, given = work.now, desk.entry(work.now), answer.code
    match attempt.means:
        case Means.SMS:
            return sessions.verify(
                before,
                attempt,
                given=given,
                expected=_expected(desk, before, at),
                at=at,
                rule=rule,
                acknowledged=answer.acknowledged,
            )
        case Means.TOTP:
            codes = totp_codes(_totp_secret(desk, work, before), at)
            return sessions.verify_totp(
                before, attempt, given=given, expected=codes, at=at, rule=rule
            )
        case Means.RECOVERY:
            saved = work.load(places.recovery(attempt.account), RecoveryCodes)
            return sessions.verify_recovery(
                before, attempt, given=given, codes=saved, at=at, rule=rule
            )


def _expected(desk: Desk, factor: SecondFactor | None, at: dt.datetime) -> str:
    """The running code; for none, or a dead one whose master key may be gone, one of nothing.

    So that as many keys are derived whether a code is under way or not (SES-28).
    """
    if factor is None or factor.challenge is None or not factor.challenge.runs_at(at):
        return derive_nothing(desk.keys)
    return code_for(desk.keys, factor.account, factor.challenge)


def _totp_secret(desk: Desk, work: Work, factor: SecondFactor | None) -> str:
    if factor is None or factor.totp is None:
        raise RuleBroken(rules.SES_3, "no authenticator")
    secret = secret_of(desk, work, factor.account, factor.totp.version)
    if secret is None:
        raise RuleBroken(rules.STO_5)
    return secret


def _replace_recovery(desk: Desk, work: Work, account: AccountId, used: str) -> str:
    codes = work.load(places.recovery(account), RecoveryCodes)
    if codes is None:
        raise TypeError("a recovery code was just accepted")
    code = sessions.new_recovery_code(sessions.place_of(used), desk.randomness.bytes)
    work.put(places.recovery(account), codes.replaced(code))
    return code


def _after_refusal(work: Work, factor: SecondFactor, event: CodeRefused) -> None:
    """Tell the person, and after the last failure end what is open."""
    if event.warn or event.hard:
        kind = NoticeKind.LOCKED if event.hard else NoticeKind.FAILURES
        notice(work, factor, kind)
    if event.hard and factor.sessions:
        leave(work, factor, factor.sessions, Ending.LOCKED, challenge=True)


def note_refusal(work: Work, attempt: Attempt, refusal: RuleBroken) -> None:
    """Enter in the journal what is told to nobody: which rule refused."""
    work.note(
        EntryRefused(
            account=attempt.account, means=attempt.means, rule=refusal.rule.id, at=work.now
        ),
        Actor(kind=ActorKind.CITIZEN, id=attempt.account),
    )


def leave(
    work: Work,
    factor: SecondFactor,
    ids: tuple[SessionId, ...],
    why: Ending,
    *,
    challenge: bool = False,
) -> SecondFactor:
    """End the sessions of that *ids*, and with *challenge* void the code under way.

    Each session has an entry of its own; a code that is void has this one.
    """
    end_records(work, factor.account, ids, why)
    event = sessions.Left(account=factor.account, sessions=ids, at=work.now, challenge=challenge)
    after = sessions.evolve_factor(factor, event)
    work.put(places.factor(factor.account), after)
    if challenge:
        work.note(event, Actor(kind=ActorKind.CITIZEN, id=factor.account))
    return after


def end_records(work: Work, account: AccountId, ids: tuple[SessionId, ...], why: Ending) -> None:
    """Write into the sessions of that *ids* themselves that they have ended."""
    for session in ids:
        place = places.session(account, session)
        state = work.load(place, *sessions.SESSION_STATES)
        event = sessions.end(state, why=why, at=work.now)
        if event:
            work.put(place, sessions.evolve_session(state, event))
            work.note(event, Actor(kind=ActorKind.CITIZEN, id=account))


def open_ones(desk: Desk, work: Work, factor: SecondFactor) -> list[sessions.Open]:
    """The sessions that are not over yet, the oldest first."""
    rule = desk.entry(work.now)
    found = (
        work.load(places.session(factor.account, one), *sessions.SESSION_STATES)
        for one in factor.sessions
    )
    return [
        one
        for one in found
        if isinstance(one, sessions.Open) and not sessions.is_over(one, at=work.now, rule=rule)
    ]


def suspend(work: Work, account: AccountId, why: PhoneEnd) -> None:
    """Use the account's phone no more; its sessions end, and the person is told."""
    factor = load_factor(work, account)
    if factor is None or not (factor.phone or factor.is_enrolling):
        return
    end_records(work, account, factor.sessions, Ending.PHONE_SUSPENDED)
    event = PhoneSuspended(account=account, why=why, at=work.now)
    work.put(places.factor(account), sessions.evolve_factor(factor, event))
    work.note(event, Actor(kind=ActorKind.SYSTEM, id="office"))
    notice(work, factor, NoticeKind.PHONE_SUSPENDED)
