"""Guessing, replaying and mixing up codes."""

from typing import Any

import attrs
import pytest

from attackers import (
    SECOND_OPERATOR,
    SHARE,
    change_phone,
    factor,
    is_in,
    keys_of,
    log_in,
    refused,
    shown,
    signed_in,
    told,
    with_authenticator,
    wrong,
)
from emrcore import rules
from emrcore.errors import Malformed, Unavailable
from emrcore.office.codes import code_for
from emrcore.office.indexes import blind_index
from emrcore.people import AccountId, Mobile, parse_mobile
from emrcore.ports import Fate, Shard
from emrcore.rulebook import Means, entry_profile
from emrcore.sessions import (
    RENEW,
    Action,
    ActionKind,
    Attempt,
    RecoveryCodes,
    SecondFactor,
    verify_recovery,
)
from world import Town, actions, moscow

OTHER = Mobile("+79030000001")


def fail(town: Town, times: int, host: str = "h") -> None:
    """Begin a login and give so many wrong codes."""
    town.office.begin_login(town.account, host_session=host)
    guess = wrong(town.last_code())
    for _ in range(times):
        assert told(town, guess, host=host) == "SES-3"


def test_guess_from_ever_new_browsers(town: Town) -> None:
    """SES-5 (T6): in each a new code and one guess: after five the account is locked in all."""
    signed_in(town)
    town.clock.turn(hours=1)
    for number in range(5):
        fail(town, 1, host=f"h{number}")
        town.clock.turn(minutes=5)
    assert factor(town).locked[Means.SMS] > town.clock.at
    sent = len(factor(town).sends)
    town.office.begin_login(town.account, host_session="h6")
    assert len(factor(town).sends) == sent


def test_come_by_another_door(town: Town) -> None:
    """SES-5 (T10): a lock bars login, approval, renewal and change of phone alike."""
    reader = signed_in(town)
    town.clock.turn(minutes=1)
    town.office.begin_approval(reader, SHARE)
    code = town.last_code()
    for _ in range(5):
        assert refused(lambda: town.office.approve(reader, SHARE, wrong(code))) is rules.SES_3
    for act in (
        lambda: town.office.approve(reader, SHARE, code),
        lambda: town.office.renew(reader, code),
        lambda: town.office.confirm_phone(reader, code),
        lambda: town.office.change_phone(reader, OTHER, code),
        lambda: town.office.verify(town.account, code, host_session="h1"),
    ):
        assert refused(act) is rules.SES_3
    assert refused(lambda: town.office.begin_approval(reader, RENEW)) is rules.SES_5
    assert is_in(town, reader)


def test_spell_a_number_otherwise() -> None:
    """SES-25 (T12): every spelling of one number is one number, counted once."""
    spellings = ("+7 999 123-45-67", "8(999)1234567", "9991234567", "+7-999-123-45-67")
    assert len({parse_mobile(one) for one in spellings}) == 1


@pytest.mark.parametrize("digits", ["+7９９９1234567", "+7٩٩٩1234567"])
def test_spell_a_number_in_other_digits(town: Town, digits: str) -> None:
    """SES-25 (T12): other digits are refused or are the same number, and never another one."""
    try:
        mobile = parse_mobile(digits)
    except Malformed:
        return
    keys = town.office.keys
    same = blind_index(keys, Mobile("+79991234567"), key="k1")
    assert blind_index(keys, mobile, key="k1") == same


def test_give_the_code_before_the_last(town: Town) -> None:
    """SES-4 (T17): the earlier code is refused and counted; the later one is good."""
    signed_in(town)
    town.clock.turn(hours=1)
    town.office.begin_login(town.account, host_session="h")
    first = town.last_code()
    town.clock.turn(minutes=1)
    town.office.begin_login(town.account, host_session="h")
    second = town.last_code()
    assert first != second
    assert told(town, first) == "SES-3"
    assert factor(town).failures == 1
    assert told(town, second) == "in"


def test_give_the_code_to_another_account(town: Town) -> None:
    """SES-7 (T21): the code of one account is refused by another, where nothing is counted."""
    signed_in(town)
    town.clock.turn(hours=1)
    town.office.begin_login(town.account, host_session="h")
    code = town.last_code()
    other = attrs.evolve(town.account, id=AccountId("a2"))
    call = refused(lambda: town.office.verify(other, code, host_session="h"))
    assert call is rules.SES_3
    assert town.office.find_factor(other.id) is None
    assert actions(town, Shard.of_account(other.id)) == ["entry-refused.1"]
    assert told(town, code) == "in"


def test_relay_a_code(town: Town) -> None:
    """SES-7 (T20): a code begun in one browser opens nothing in another, and is not counted."""
    signed_in(town)
    town.clock.turn(hours=1)
    town.office.begin_login(town.account, host_session="h")
    code = town.last_code()
    assert told(town, code, host="phisher") == "SES-3"
    assert factor(town).failures == 0


def test_plant_a_session(town: Town) -> None:
    """SES-9 (T24): whatever token was known before, a proof gives a new one, and renews it."""
    planted = attrs.evolve(signed_in(town), token=f"{'0' * 32}.{'1' * 64}")
    assert not is_in(town, planted)
    first = log_in(town)
    town.clock.turn(minutes=1)
    town.office.begin_approval(first)
    renewed = attrs.evolve(first, token=town.office.renew(first, town.last_code()).token)
    assert first.token != renewed.token
    assert [is_in(town, one) for one in (planted, first, renewed)] == [False, False, True]


def test_use_a_guardians_code_for_another_child(town: Town) -> None:
    """SES-15 (T27): a code for one child's card approves nothing of the other's."""
    reader = signed_in(town)
    town.clock.turn(minutes=1)
    first = Action(ActionKind.GUARDIANSHIP, {"ward": "w1"})
    second = Action(ActionKind.GUARDIANSHIP, {"ward": "w2"})
    town.office.begin_approval(reader, first)
    code = town.last_code()
    assert refused(lambda: town.office.approve(reader, second, code)) is rules.SES_3
    town.office.approve(reader, first, code)


@pytest.mark.parametrize("act", ["used", "expired", "superseded", "suspended"])
def test_send_an_old_message_again(town: Town, act: str) -> None:
    """SES-12 (T28, T51): what waits in the outbox is dropped once its code is worth nothing."""
    signed_in(town)
    town.office.dispatch(town.sender())
    town.clock.turn(hours=1)
    town.office.begin_login(town.account, host_session="h")
    match act:
        case "used":
            told(town, expected(town))
        case "expired":
            town.clock.turn(minutes=5)
        case "superseded":
            town.clock.turn(minutes=1)
            town.office.begin_login(town.account, host_session="elsewhere")
        case _:
            town.office.report_phone_lost(town.account)
    before = town.phone.getvalue().count("Code to enter")
    fates = town.office.dispatch(town.sender())
    assert fates[Fate.DROPPED] == 1
    sent = 1 if act == "superseded" else 0
    assert town.phone.getvalue().count("Code to enter") == before + sent


def expected(town: Town) -> str:
    """The code that is awaited, without any message."""
    challenge = factor(town).challenge
    assert challenge is not None
    return code_for(town.office.keys, town.account.id, challenge)


@pytest.mark.parametrize("means", [Means.TOTP, Means.RECOVERY])
def test_guess_by_other_means(town: Town, means: Means) -> None:
    """SES-5 (T10): each means is locked by five failures in a row, and all together for good."""
    reader = signed_in(town)
    secret = with_authenticator(town, reader)
    codes = town.office.make_recovery_codes(reader)
    bad = wrong(shown(town, secret)) if means is Means.TOTP else f"1{codes[0][1:]}"
    right = shown(town, secret) if means is Means.TOTP else codes[0]
    town.clock.turn(seconds=60)
    bad = wrong(shown(town, secret)) if means is Means.TOTP else bad
    for _ in range(5):
        assert told(town, bad, means=means) == "SES-3"
    right = shown(town, secret) if means is Means.TOTP else right
    assert told(town, right, means=means) == "SES-3"
    assert factor(town).streaks[means] == 5


@attrs.frozen(kw_only=True)
class Untouchable(RecoveryCodes):
    """Recovery codes whose slow hash must not be computed."""

    def place(self, given: str) -> int | None:
        raise AssertionError(f"hashed {len(given)} characters")


LOCKS: list[dict[str, Any]] = [
    {"locked": {Means.RECOVERY: moscow(2020, 1, 15)}},
    {"hard_locked": True},
    {"failed_at": tuple(moscow(2020, 1, 14, 9, minute) for minute in range(10))},
    {"recovery_at": None},
]


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: next(iter(lock)))
def test_make_the_slow_hash_work(town: Town, lock: dict[str, Any]) -> None:
    """SES-22: where recovery codes are locked, or there are none, no slow hash is computed."""
    signed_in(town)
    open_to_all = attrs.evolve(factor(town), recovery_at=town.clock.at)
    attempt = Attempt(account=town.account.id, host="h", means=Means.RECOVERY)

    def give(state: SecondFactor) -> object:
        return verify_recovery(
            state,
            attempt,
            given=f"1{'A' * 16}",
            codes=Untouchable(salt=b"", hashes=()),
            at=town.clock.at,
            rule=town.office.entry(town.clock.at),
        )

    with pytest.raises(AssertionError, match="hashed 17"):
        give(open_to_all)
    assert refused(lambda: give(attrs.evolve(open_to_all, **lock))) in {rules.SES_3, rules.SES_5}


# -- As many sessions as may be --------------------------------------------------------------------


def test_right_code_while_no_session_may_be_opened(town: Town) -> None:
    """SES-13: nothing is used up: the same code is good once another session has ended."""
    town = attrs.evolve(town, office=attrs.evolve(town.office, profile=entry_profile("bank")))
    first = signed_in(town)
    second = log_in(town, "h2", minutes=2)
    town.clock.turn(minutes=2)
    town.office.begin_login(town.account, host_session="h3")
    code = town.last_code()
    for _ in range(7):
        call = refused(lambda: town.office.verify(town.account, code, host_session="h3"))
        assert call is rules.SES_13
    assert factor(town).failures == 0
    assert told(town, wrong(code), host="h3") == "SES-3"
    assert factor(town).failures == 1
    town.office.log_out(town.account, first.token)
    assert told(town, code, host="h3") == "in"
    assert told(town, code, host="h3") == "SES-3"
    assert is_in(town, second)


def test_approved_change_that_cannot_be_sent(town: Town) -> None:
    """SES-10: where no code may go to the new phone the approval is not used up either."""
    reader = signed_in(town)
    rule = town.office.entry(town.clock.at)
    code_rule = rule.one_time_code
    one = attrs.evolve(code_rule.sends_per_hour, value=1)
    office = attrs.evolve(
        town.office,
        profile=attrs.evolve(rule, one_time_code=attrs.evolve(code_rule, sends_per_hour=one)),
    )
    town.clock.turn(minutes=1)
    office.begin_approval(reader, office.phone_change(OTHER))
    code = town.last_code()
    assert refused(lambda: office.change_phone(reader, OTHER, code)) is rules.SES_10
    assert factor(town).challenge is not None
    assert change_phone(town, reader, OTHER, code)


# -- Locked for good -------------------------------------------------------------------------------


def hard_locked(town: Town, secret: str) -> None:
    """Fail thirty times by the authenticator."""
    while not factor(town).hard_locked:
        told(town, wrong(shown(town, secret)), means=Means.TOTP)
        town.clock.turn(hours=13)


def test_guess_after_a_new_portal_password(town: Town) -> None:
    """SES-5: a new portal password gives five tries by the authenticator, and no sixth."""
    secret = with_authenticator(town, signed_in(town))
    hard_locked(town, secret)
    town.clock.turn(days=2)
    town.office.record_credential_reset(town.account.id)
    evaluated = len(factor(town).failed_at)
    for _ in range(60):
        told(town, wrong(shown(town, secret)), means=Means.TOTP)
        town.clock.turn(hours=13)
    assert len(factor(town).failed_at) <= evaluated + 5
    assert told(town, shown(town, secret), means=Means.TOTP) == "SES-3"
    town.office.record_credential_reset(town.account.id)
    assert told(town, shown(town, secret), means=Means.TOTP) == "in"


def test_save_a_portal_password_for_later(town: Town) -> None:
    """SES-5: a password that was new before the lock opens no lock that comes after."""
    secret = with_authenticator(town, signed_in(town))
    town.office.record_credential_reset(town.account.id)
    hard_locked(town, secret)
    town.clock.turn(days=2)
    assert told(town, shown(town, secret), means=Means.TOTP) == "SES-3"


def test_new_grant_while_locked_for_good(town: Town) -> None:
    """SES-5, SES-1: a further grant opens no lock, and sends no password that would not serve."""
    secret = with_authenticator(town, signed_in(town))
    hard_locked(town, secret)
    town.office.end_access(town.account.id)
    town.office.dispatch(town.sender())
    before = town.phone.getvalue()
    town.grant_both()
    town.clock.turn(days=2)
    town.office.begin_login(town.account, host_session="h")
    assert town.office.dispatch(town.sender()) == {}
    assert town.phone.getvalue() == before
    assert factor(town).hard_locked


# -- The first password ----------------------------------------------------------------------------


def test_second_application_while_a_first_password_runs(town: Town) -> None:
    """SES-1, SES-18: the password stays, and so does the phone that it was sent to."""
    town.grant_both()
    code = town.last_code()
    sent = town.phone.getvalue()
    town.grant_both(papers=attrs.evolve(town.papers, mobile=OTHER))
    assert town.office.dispatch(town.sender()) == {}
    assert town.phone.getvalue() == sent
    assert town.enter(code)


def test_begin_anew_while_a_first_password_runs(town: Town) -> None:
    """SES-20, SES-4: the new password voids the old one, whose tries are forgotten with it."""
    town.grant_both()
    old = town.last_code()
    town.office.reproof(town.account, OTHER, by=town.operator, confirmed_by=SECOND_OPERATOR)
    new = town.last_code()
    assert "+79030000001" in town.phone.getvalue().splitlines()[-2]
    login = town.office.begin_login(town.account, host_session="h1")

    def enter(code: str) -> object:
        return town.office.verify(town.account, code, host_session="h1", acknowledged=login.notice)

    assert refused(lambda: enter(old)) is rules.SES_3
    assert enter(new)


def test_access_ends_and_is_granted_again(town: Town) -> None:
    """SES-27, SES-1: what was bound is void; a new first password has tries of its own."""
    town.grant_both()
    login = town.office.begin_login(town.account, host_session="h1")
    code = town.last_code()
    for _ in range(5):
        with pytest.raises(Exception, match="SES-3"):
            town.office.verify(
                town.account, wrong(code), host_session="h1", acknowledged=login.notice
            )
    town.office.end_access(town.account.id)
    town.grant_both()
    assert town.enter()
    assert [phone.version for phone in factor(town).phones] == [1, 2]


def test_rotate_the_master_key_while_things_live(town: Town) -> None:
    """SES-6 (T65): a live code serves on; once its master is gone the office says it cannot."""
    signed_in(town)
    town.clock.turn(hours=1)
    town.office.begin_login(town.account, host_session="h")
    code = town.last_code()
    both, gone = keys_of("k1", "k2"), keys_of("k2")
    lost = attrs.evolve(town, office=attrs.evolve(town.office, keys=gone))
    with pytest.raises(Unavailable):
        lost.office.verify(town.account, code, host_session="h")
    town.office = attrs.evolve(town.office, keys=both)
    assert told(town, code) == "in"
