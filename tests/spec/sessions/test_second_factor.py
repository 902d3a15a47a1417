"""The second factor, as one value per account."""

import datetime as dt
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from emrcore import rules, sessions
from emrcore.errors import Malformed, RuleBroken, Unavailable
from emrcore.people import AccountId
from emrcore.rulebook import Means, entry_profile
from emrcore.rules import Rule
from emrcore.sessions import (
    NOTICE,
    RENEW,
    Action,
    ActionKind,
    Attempt,
    ChallengeId,
    CodeAccepted,
    CodeRefused,
    Fresh,
    PhoneEnd,
    PhoneState,
    PhoneSuspended,
    Purpose,
    SecondFactor,
    SessionId,
    Totp,
)
from world import entry_rule, moscow

NOW = moscow(2020, 1, 21, 9)
HOST = "h" * 64
RULE = entry_rule()
RIGHT, WRONG = "123456", "654321"
ACCOUNT = AccountId("a")
LOGIN = Attempt(account=ACCOUNT, host=HOST)


def seconds(number: float) -> dt.timedelta:
    return dt.timedelta(seconds=number)


def fresh(name: object = "c") -> Fresh:
    return Fresh(id=ChallengeId(f"{name}"), nonce=b"n" * 16, key="k1")


def begin(
    state: SecondFactor | None, at: dt.datetime = NOW, attempt: Attempt = LOGIN, **changes: Any
) -> SecondFactor:
    event = sessions.begin(state, attempt, fresh=fresh(at), at=at, rule=changes.get("rule", RULE))
    assert event is not None
    return sessions.evolve_factor(state, event)


def first(state: SecondFactor | None = None, at: dt.datetime = NOW) -> SecondFactor | None:
    event = sessions.issue_first_password(
        state, account=ACCOUNT, fresh=fresh(f"f{at}"), at=at, rule=RULE
    )
    return sessions.evolve_factor(state, event) if event else state


def guess(
    state: SecondFactor | None, given: object, at: dt.datetime = NOW, **changes: Any
) -> CodeAccepted | CodeRefused:
    arguments: dict[str, Any] = {
        "attempt": LOGIN,
        "expected": RIGHT,
        "at": at,
        "rule": RULE,
        "acknowledged": NOTICE,
    }
    arguments |= changes
    return sessions.verify(state, arguments.pop("attempt"), given=given, **arguments)


def after(
    state: SecondFactor | None, given: object, at: dt.datetime = NOW, **changes: Any
) -> SecondFactor:
    return sessions.evolve_factor(state, guess(state, given, at, **changes))


def refused(call: Any) -> Rule:
    with pytest.raises(RuleBroken) as error:
        call()
    return error.value.rule


def enrolled() -> SecondFactor:
    """An account whose phone was proven at NOW."""
    return after(first(), "1" * 8, expected="1" * 8)


def locked(state: SecondFactor, times: int, at: dt.datetime = NOW) -> SecondFactor:
    """After so many wrong codes, each under a code that runs."""
    for _ in range(times):
        if state.challenge is None:
            state = begin(attrs.evolve(state, sends=()), at)
        state = after(state, WRONG, at)
    return state


# -- The first password ----------------------------------------------------------------------------


def test_first_password_serves_once() -> None:
    """SES-1, SES-17: the right first password binds the phone and is then worth nothing.

    R29, R39.
    """
    state = first()
    assert state is not None
    assert state.is_enrolling
    done = enrolled()
    assert done.phone is not None
    assert (done.phone.state, done.phone.bound_at) == (PhoneState.ACTIVE, NOW)
    assert refused(lambda: guess(done, "1" * 8, expected="1" * 8)) is rules.SES_3


@pytest.mark.parametrize("acknowledged", [None, "", "sms-0"])
def test_notice_is_acknowledged(acknowledged: str | None) -> None:
    """SES-16: without the notice of today no phone is bound, and no try is counted (R28)."""
    state = first()
    call = refused(lambda: guess(state, "1" * 8, expected="1" * 8, acknowledged=acknowledged))
    assert call is rules.SES_16
    phone = enrolled().phone
    assert phone is not None
    assert phone.notice == NOTICE


@pytest.mark.parametrize(("hours", "good"), [(0, True), (71.99, True), (72, False), (73, False)])
def test_first_password_expires(hours: float, good: bool) -> None:
    """SES-1: the first password is good for 72 hours and not a moment longer (R39)."""
    state, at = first(), NOW + dt.timedelta(hours=hours)
    if good:
        assert isinstance(guess(state, "1" * 8, at, expected="1" * 8), CodeAccepted)
    else:
        assert refused(lambda: guess(state, "1" * 8, at, expected="1" * 8)) is rules.SES_3


def test_first_password_tries_count_over_all_issues() -> None:
    """SES-1 (T15): five wrong tries over all issues end it; a new issue resets nothing (R42)."""
    state = first()
    for _ in range(4):
        state = after(state, "0" * 8, expected="1" * 8)
    later = NOW + dt.timedelta(hours=72)
    state = first(state, later)
    assert state is not None
    assert state.first_failures == 4
    state = after(state, "0" * 8, later, expected="1" * 8)
    assert refused(lambda: guess(state, "1" * 8, later, expected="1" * 8)) is rules.SES_5


def again(state: SecondFactor | None, at: dt.datetime) -> SecondFactor | None:
    event = sessions.begin(state, LOGIN, fresh=fresh("again"), at=at, rule=RULE)
    return sessions.evolve_factor(state, event) if event else state


def test_expired_first_password_is_issued_anew() -> None:
    """SES-1: who comes after 72 hours gets a new first password, three times and no more (R42)."""
    state, at = first(), NOW
    assert again(state, at + dt.timedelta(hours=71)) is state
    for issues in (2, 3, 4):
        at += dt.timedelta(hours=72)
        state = again(state, at)
        assert state is not None
        assert state.challenge is not None
        assert (state.issues, state.challenge.expires_at) == (issues, at + dt.timedelta(hours=72))
    assert refused(lambda: again(state, at + dt.timedelta(hours=72))) is rules.SES_1


def test_used_up_first_password_is_not_issued_anew() -> None:
    """SES-1: after five wrong tries no new one comes, expired or not."""
    state = first()
    for _ in range(5):
        state = after(state, "0" * 8, expected="1" * 8)
    for hours in (1, 73):
        at = NOW + dt.timedelta(hours=hours)
        assert refused(lambda at=at: again(state, at)) is rules.SES_1


def test_one_first_password_at_a_time() -> None:
    """SES-1: a second grant sends no other first password while one is good, or none is needed."""
    state = first()
    assert first(state, NOW + dt.timedelta(hours=1)) is state
    done = enrolled()
    assert first(done) is done


def test_on_demand() -> None:
    """SES-1: on demand it is issued when a login begins, for its host session and ten minutes.

    R40, R41.
    """
    rule = entry_profile("nist-aal2")
    opened = sessions.open_enrolment(None, account=ACCOUNT, at=NOW)
    assert opened is not None
    state = begin(sessions.evolve_factor(None, opened), rule=rule)
    assert state.challenge is not None
    assert state.challenge.expires_at == NOW + dt.timedelta(minutes=10)
    elsewhere = attrs.evolve(LOGIN, host="x" * 64)
    right: dict[str, Any] = {"expected": "1" * 8, "rule": rule}
    assert refused(lambda: guess(state, "1" * 8, attempt=elsewhere, **right)) is rules.SES_7
    assert isinstance(guess(state, "1" * 8, **right), CodeAccepted)


def test_no_login_before_a_grant() -> None:
    """SES-1: an account that nothing was granted to cannot begin."""
    assert refused(lambda: begin(None)) is rules.SES_1


# -- One-time codes --------------------------------------------------------------------------------


def test_right_code_once() -> None:
    """SES-2 (T16): the right code is accepted once; the next login needs a new one (R4)."""
    done = after(begin(enrolled()), RIGHT)
    assert done.challenge is None
    assert refused(lambda: guess(done, RIGHT)) is rules.SES_3


@pytest.mark.parametrize(
    ("passed", "good"), [(0, True), (299.999, True), (300, False), (301, False)]
)
def test_code_life(passed: float, good: bool) -> None:
    """SES-2: a code is good until five minutes after it was issued, exclusive (R3)."""
    state, at = begin(enrolled()), NOW + seconds(passed)
    if good:
        assert isinstance(guess(state, RIGHT, at), CodeAccepted)
    else:
        assert refused(lambda: guess(state, RIGHT, at)) is rules.SES_3


@pytest.mark.parametrize(("back", "good"), [(0.001, True), (2, True), (2.001, False), (240, False)])
def test_clock_set_back(back: float, good: bool) -> None:
    """SES-26 (T61): a clock that stands more than two seconds behind opens nothing and counts
    nothing.

    R12.
    """
    state, at = begin(enrolled()), NOW - seconds(back)
    if good:
        assert isinstance(guess(state, RIGHT, at), CodeAccepted)
        return
    for call in (lambda: guess(state, RIGHT, at), lambda: begin(state, at)):
        with pytest.raises(Unavailable, match=rules.SES_26.id):
            call()


def test_new_code_voids_the_old_and_keeps_the_count() -> None:
    """SES-4 (T4): a new code is another issue; four failures, a new code, one more: locked.

    R6, R7.
    """
    state = begin(enrolled())
    for _ in range(4):
        state = after(state, WRONG)
    later = NOW + seconds(60)
    reissued = begin(state, later)
    assert reissued.challenge is not None
    assert state.challenge is not None
    assert (reissued.challenge.id, reissued.challenge.issue) == (state.challenge.id, 2)
    assert reissued.challenge.failures == 4
    done = after(reissued, WRONG, later)
    assert (done.failures, done.challenge) == (5, None)
    assert done.locked[Means.SMS] == later + dt.timedelta(minutes=15)


def test_lock_bars_code_and_login() -> None:
    """SES-5 (T10): while the lock holds neither a code nor a new login is taken, after it both are.

    R21.
    """
    running = begin(enrolled())
    state = locked(running, 5)
    inside, outside = NOW + seconds(15 * 60 - 1), NOW + seconds(15 * 60)
    begun_before = attrs.evolve(state, challenge=running.challenge)
    assert refused(lambda: guess(begun_before, RIGHT, NOW + seconds(1))) is rules.SES_5
    assert refused(lambda: begin(state, inside)) is rules.SES_5
    assert isinstance(guess(begin(state, outside), RIGHT, outside), CodeAccepted)


def test_locks_grow_and_end_in_a_hard_one() -> None:
    """SES-5: 15 minutes, 1 hour, 4 hours, a day, a day, and at the 30th failure for good.

    R15, R16, R18.
    """
    state, at, locks = enrolled(), NOW, list[int]()
    for _ in range(6):
        state = locked(state, 5, at)
        if until := state.locked.get(Means.SMS):
            locks.append((until - at) // dt.timedelta(minutes=1))
        at += dt.timedelta(days=1, minutes=1)
    assert locks == [15, 60, 240, 1440, 1440, 1440]
    assert state.hard_locked
    assert refused(lambda: begin(state, at + dt.timedelta(days=365))) is rules.SES_5


@pytest.mark.parametrize("means", [Means.SMS, Means.TOTP])
def test_failures_of_a_day_and_of_a_month(means: Means) -> None:
    """SES-5: ten failures a day and fifty in 30 days bar every means, whatever else succeeded."""
    state = attrs.evolve(enrolled(), totp=Totp(version=1, since=NOW, last_step=0))
    attempt = attrs.evolve(LOGIN, means=means)
    day = dt.timedelta(days=1)

    def check(failed_at: list[dt.datetime]) -> None:
        full = attrs.evolve(state, failed_at=tuple(failed_at), seen_at=NOW)
        short = attrs.evolve(full, failed_at=full.failed_at[1:])
        sessions.begin(short, attempt, fresh=fresh(), at=NOW, rule=RULE)
        call = refused(lambda: sessions.begin(full, attempt, fresh=fresh(), at=NOW, rule=RULE))
        assert call is rules.SES_5

    check([NOW - day + seconds(1 + n) for n in range(10)])
    check([NOW - day * (29 - n // 2) for n in range(50)])


def test_success_clears_the_streak_of_its_own_means_only() -> None:
    """SES-5: the right code ends the streak of its means; the rolling windows stay (R19)."""
    state = locked(begin(enrolled()), 4)
    state = attrs.evolve(
        state,
        totp=Totp(version=1, since=NOW, last_step=0),
        streaks={**state.streaks, Means.TOTP: 2},
    )
    by_sms = after(state, RIGHT)
    assert dict(by_sms.streaks) == {Means.TOTP: 2}
    assert len(by_sms.failed_at) == 4
    by_totp = sessions.verify_totp(
        state,
        attrs.evolve(LOGIN, means=Means.TOTP),
        given=RIGHT,
        expected={9: RIGHT},
        at=NOW,
        rule=RULE,
    )
    assert dict(sessions.evolve_factor(state, by_totp).streaks) == {Means.SMS: 4}


def test_the_person_is_warned() -> None:
    """SES-23: of the third and the fifth failure, and of the last before the lock for good.

    R23.
    """
    state, at, warned = enrolled(), NOW, list[int]()
    for number in range(1, 31):
        if state.challenge is None:
            state = begin(attrs.evolve(state, sends=(), failed_at=(), locked={}), at)
        event = guess(state, WRONG, at)
        assert isinstance(event, CodeRefused)
        assert event.failures == number
        if event.warn:
            warned.append(number)
        state = sessions.evolve_factor(state, event)
    assert warned == [3, 5, 29]
    assert state.hard_locked


@pytest.mark.parametrize(
    "attempt",
    [
        attrs.evolve(LOGIN, host="x" * 64),
        attrs.evolve(LOGIN, purpose=Purpose.APPROVAL, action=RENEW),
        attrs.evolve(LOGIN, purpose=Purpose.NEW_PHONE),
        attrs.evolve(LOGIN, session=SessionId("s")),
    ],
)
def test_a_code_serves_what_it_was_made_for(attempt: Attempt) -> None:
    """SES-7 (T18, T20): another host session, purpose or session: the right code is refused, not
    counted.

    R5.
    """
    state = begin(enrolled())
    assert refused(lambda: guess(state, RIGHT, attempt=attempt)) is rules.SES_7


def approval(**about: str) -> Attempt:
    return attrs.evolve(
        LOGIN,
        purpose=Purpose.APPROVAL,
        session=SessionId("s"),
        action=Action(ActionKind.SHARE, about),
    )


@pytest.mark.parametrize(
    "other",
    [
        approval(doctor="B", until="2020-12-01"),
        approval(doctor="A", until="2020-12-02"),
        approval(doctor="A"),
        attrs.evolve(approval(doctor="A", until="2020-12-01"), action=RENEW),
        LOGIN,
    ],
)
def test_an_approval_serves_its_action(other: Attempt) -> None:
    """SES-15 (T19): a code to share with A until a day approves no other doctor, day, or login.

    R9.
    """
    asked = approval(doctor="A", until="2020-12-01")
    state = begin(enrolled(), attempt=asked)
    assert refused(lambda: guess(state, RIGHT, attempt=other)) is rules.SES_7
    accepted = guess(state, RIGHT, attempt=asked)
    assert isinstance(accepted, CodeAccepted)
    assert asked.action is not None
    assert (accepted.action, accepted.digest) == (ActionKind.SHARE, asked.action.digest)


def test_action_digest_is_of_every_part() -> None:
    """SES-15: parts that are cut otherwise are another action (R9)."""
    one, other = {"a": "bc", "d": "e"}, {"ab": "c", "d": "e"}
    assert Action(ActionKind.SHARE, one).digest != Action(ActionKind.SHARE, other).digest
    assert Action(ActionKind.SHARE, one).digest != Action(ActionKind.EXPORT, one).digest


@pytest.mark.parametrize("number", range(1, 5))
def test_pause_between_codes(number: int) -> None:
    """SES-10 (T36): the pause grows: 30 seconds, 1, 2 and 5 minutes, each not a moment shorter.

    R26.
    """
    pauses = [30, 60, 120, 300]
    state, at = begin(enrolled()), NOW
    for pause in pauses[: number - 1]:
        at += seconds(pause)
        state = begin(state, at)
    pause = pauses[number - 1]
    assert refused(lambda: begin(state, at + seconds(pause - 0.001))) is rules.SES_10
    begin(state, at + seconds(pause))


def test_codes_an_hour_and_a_day() -> None:
    """SES-10 (T37): five codes an hour and ten a day are sent, the next one is not (R26)."""
    state, at = enrolled(), NOW
    for _ in range(5):
        state = begin(state, at)
        at += dt.timedelta(minutes=10)
    assert refused(lambda: begin(state, NOW + dt.timedelta(minutes=59))) is rules.SES_10
    at = NOW + dt.timedelta(hours=1)
    for _ in range(5):
        state = begin(state, at)
        at += dt.timedelta(hours=1)
    assert refused(lambda: begin(state, NOW + dt.timedelta(hours=23, minutes=59))) is rules.SES_10
    begin(state, NOW + dt.timedelta(days=1))


# -- What is given ---------------------------------------------------------------------------------

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
    """SES-11 (T30): what is not exactly six ASCII digits is malformed, and no failure is counted.

    R10.
    """
    state = begin(enrolled())
    with pytest.raises(Malformed) as error:
        guess(state, junk)
    assert [fault.rule for fault in error.value.faults] == [rules.SES_11]


@given(st.one_of(st.text(), st.binary(), st.integers(), st.none()))
def test_nothing_but_a_refusal(junk: object) -> None:
    """SES-11: whatever is given, nothing escapes but the refusal (R10)."""
    state = begin(enrolled())
    try:
        outcome: object = guess(state, junk)
    except Malformed as error:
        outcome = error
    assert isinstance(outcome, CodeRefused | CodeAccepted | Malformed)


# -- Authenticator and recovery codes --------------------------------------------------------------


@pytest.mark.parametrize(
    ("last_step", "accepted"), [(98, True), (99, True), (100, False), (101, False)]
)
def test_a_step_is_accepted_once(last_step: int, accepted: bool) -> None:
    """SES-21 (T26): the code of step 100 is good after step 99, and not after 100 or 101 (R13)."""
    state = attrs.evolve(enrolled(), totp=Totp(version=1, since=NOW, last_step=last_step))
    event = sessions.verify_totp(
        state,
        attrs.evolve(LOGIN, means=Means.TOTP),
        given="000100",
        expected={99: "000099", 100: "000100", 101: "000101"},
        at=NOW,
        rule=RULE,
    )
    assert isinstance(event, CodeAccepted) is accepted
    if accepted:
        totp = sessions.evolve_factor(state, event).totp
        assert totp is not None
        assert totp.last_step == 100


def test_another_means_stays_open() -> None:
    """SES-5: failures by SMS lock SMS; the authenticator still opens."""
    state = attrs.evolve(locked(begin(enrolled()), 5), totp=Totp(version=1, since=NOW, last_step=0))
    attempt = attrs.evolve(LOGIN, means=Means.TOTP)
    event = sessions.verify_totp(
        state, attempt, given=RIGHT, expected={5: RIGHT}, at=NOW, rule=RULE
    )
    assert isinstance(event, CodeAccepted)


def test_hard_lock_opens_by_reset_and_authenticator() -> None:
    """SES-5: after a new portal password an authenticator opens what is locked for good."""
    state = attrs.evolve(enrolled(), hard_locked=True, totp=Totp(version=1, since=NOW, last_step=0))
    attempt = attrs.evolve(LOGIN, means=Means.TOTP)

    def enter(state: SecondFactor) -> CodeAccepted | CodeRefused:
        return sessions.verify_totp(
            state, attempt, given=RIGHT, expected={5: RIGHT}, at=NOW, rule=RULE
        )

    assert refused(lambda: enter(state)) is rules.SES_5
    reset = sessions.evolve_factor(state, sessions.CredentialReset(account=ACCOUNT, at=NOW))
    assert refused(lambda: begin(reset)) is rules.SES_5
    opened = sessions.evolve_factor(reset, enter(reset))
    assert (opened.hard_locked, opened.reset_at) == (False, None)


def counted_bytes(number: int) -> bytes:
    return bytes(range(number))


def test_recovery_codes_count_like_any_other() -> None:
    """SES-22, SES-5: five wrong recovery codes lock recovery codes."""
    attempt = attrs.evolve(LOGIN, means=Means.RECOVERY)
    kept, codes = sessions.new_recovery_codes(counted_bytes)
    wrong = f"1{codes[0][1:-1]}7"
    state = enrolled()

    def enter(state: SecondFactor, given: str) -> CodeAccepted | CodeRefused:
        return sessions.verify_recovery(state, attempt, given=given, codes=kept, at=NOW, rule=RULE)

    assert refused(lambda: enter(state, codes[0])) is rules.SES_3
    state = attrs.evolve(state, recovery_at=NOW)
    assert isinstance(enter(state, codes[0]), CodeAccepted)
    for _ in range(5):
        state = sessions.evolve_factor(state, enter(state, wrong))
    assert refused(lambda: enter(state, codes[0])) is rules.SES_5


def test_recovery_codes() -> None:
    """SES-22: eight codes of 80 bits, kept as slow hashes; a used one is replaced in its place."""
    seed = iter(range(10**6))
    kept, codes = sessions.new_recovery_codes(
        lambda n: bytes((next(seed) * 7) % 256 for _ in range(n))
    )
    assert len(set(codes)) == 8
    assert [kept.place(code) for code in codes] == list(range(8))
    assert kept.place(codes[3].lower().replace("-", "")) == 3
    assert kept.place("3" + codes[2][1:]) is None
    assert [kept.place(junk) for junk in ("", "-", "9", "x" * 64)] == [None] * 4
    new = sessions.new_recovery_code(3, lambda n: b"\x01" * n)
    later = kept.replaced(new)
    assert (later.place(codes[3]), later.place(new), later.place(codes[4])) == (None, 3, 4)
    assert not any(code.replace("-", "")[1:] in repr(kept) for code in codes)


# -- The phone -------------------------------------------------------------------------------------


@pytest.mark.parametrize(("days", "good"), [(729.99, True), (730, False)])
def test_phone_that_was_silent_for_long(days: float, good: bool) -> None:
    """SES-17 (T52): a number nobody has proven for 730 days may be another's: no code goes there.

    R29.
    """
    state, at = enrolled(), NOW + dt.timedelta(days=days)
    if good:
        begin(state, at)
    else:
        assert refused(lambda: begin(state, at)) is rules.SES_17


def new_phone(state: SecondFactor, at: dt.datetime = NOW) -> SecondFactor:
    """A change of phone, approved before."""
    attempt = attrs.evolve(LOGIN, purpose=Purpose.NEW_PHONE, session=SessionId("s"))
    event = sessions.new_phone(state, attempt, fresh=fresh("p"), at=at, rule=RULE)
    state = sessions.evolve_factor(state, event)
    return after(state, RIGHT, at, attempt=attempt)


def test_change_of_phone() -> None:
    """SES-18 (T51): the new phone replaces the old, ends sessions, and cools for 72 hours.

    R32, R37.
    """
    state = attrs.evolve(enrolled(), sessions=(SessionId("s"),))
    changed = new_phone(state)
    old, new = changed.phones
    assert (old.state, old.why, old.ended_at) == (PhoneState.REPLACED, PhoneEnd.CHANGED, NOW)
    assert (new.state, new.version, changed.sessions) == (PhoneState.ACTIVE, 2, ())
    share = approval(doctor="A")
    inside, outside = NOW + dt.timedelta(hours=71.99), NOW + dt.timedelta(hours=72)
    assert refused(lambda: begin(changed, inside, share)) is rules.SES_18
    begin(changed, inside, attrs.evolve(share, action=RENEW))
    begin(changed, outside, share)


@pytest.mark.parametrize("why", [PhoneEnd.LOST, PhoneEnd.REPUDIATED, PhoneEnd.SIM_SWAPPED])
def test_phone_out_of_use(why: PhoneEnd) -> None:
    """SES-19: a lost, repudiated or swapped phone gets no code, and what was sent is void.

    R29, R34.
    """
    running = attrs.evolve(begin(enrolled()), sessions=(SessionId("s"),))
    state = sessions.evolve_factor(running, PhoneSuspended(account=ACCOUNT, why=why, at=NOW))
    assert state.sessions == ()
    assert refused(lambda: guess(state, RIGHT)) is rules.SES_3
    assert refused(lambda: begin(state, NOW + seconds(60))) is rules.SES_17
    begun_before = attrs.evolve(state, challenge=running.challenge)
    assert refused(lambda: guess(begun_before, RIGHT)) is rules.SES_17


def test_proven_anew() -> None:
    """SES-20 (T48): two operators begin anew: phones are revoked, locks open, the past stays known.

    R35, R37.
    """
    state = attrs.evolve(locked(begin(enrolled()), 5), hard_locked=True)
    for by, confirmed_by in (("a", "a"), ("", "b"), ("a", "")):
        alone = refused(
            lambda by=by, confirmed_by=confirmed_by: sessions.reproof(
                state, by=by, confirmed_by=confirmed_by, at=NOW
            )
        )
        assert alone is rules.SES_20
    event = sessions.reproof(state, by="a", confirmed_by="b", at=NOW)
    anew = sessions.evolve_factor(state, event)
    assert [phone.why for phone in anew.phones] == [PhoneEnd.REPROOFED]
    assert (anew.hard_locked, anew.failures, anew.challenge) == (False, 0, None)
    issued = first(anew)
    assert issued is not None
    assert issued.is_enrolling
    bound = after(issued, "1" * 8, expected="1" * 8)
    assert [phone.version for phone in bound.phones] == [1, 2]
    assert bound.phone is not None
    assert bound.phone.is_cooling(NOW)


def test_access_ended() -> None:
    """SES-27: when nothing is granted any more, codes, phones and sessions are void."""
    state = attrs.evolve(begin(enrolled()), sessions=(SessionId("s"),))
    ended = sessions.evolve_factor(state, sessions.AccessEnded(account=ACCOUNT, at=NOW))
    assert (ended.sessions, ended.challenge, ended.phone) == ((), None, None)
    assert refused(lambda: begin(ended)) is rules.SES_17


def test_no_sms_where_it_is_barred() -> None:
    """SES-17: the strictest profile knows no code by SMS (R38)."""
    call = refused(lambda: begin(enrolled(), rule=entry_profile("asvs-l3")))
    assert call is rules.SES_17


def test_secrets_are_not_shown() -> None:
    """SES-6: neither nonce nor host session is in the representation of a state."""
    shown = repr(begin(enrolled()))
    assert "nnnn" not in shown
    assert HOST not in shown
