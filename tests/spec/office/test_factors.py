"""What an account proves itself with, through the office: phones, authenticators, sessions."""

import datetime as dt
import urllib.parse
from collections.abc import Callable
from typing import Any

import attrs
import pytest

from emrcore import rules
from emrcore.adapters.console import ConsoleSms
from emrcore.applications import Asked, Filed, Operator, OperatorId
from emrcore.errors import Malformed, RuleBroken, Unavailable
from emrcore.office import Citizen
from emrcore.office.codes import totp_codes
from emrcore.office.receipts import reference
from emrcore.people import AccountId, Mobile, PersonId, parse_identity
from emrcore.ports import Fate, Shard
from emrcore.rulebook import Check, Means, Role, entry_profile
from emrcore.rules import Rule
from emrcore.sessions import NOTICE, Action, ActionKind, PhoneEnd, PhoneState, Purpose
from emrcore.texts import Language
from world import Town, actions

SHARE = Action(ActionKind.SHARE, {"doctor": "A", "until": "2020-12-01"})
OTHER = Operator(id=OperatorId("op-2"), person=PersonId("clerk-2"))


def refused(call: Callable[[], object]) -> Rule:
    with pytest.raises(RuleBroken) as error:
        call()
    return error.value.rule


def citizen(town: Town) -> Citizen:
    """The mother, signed in a moment ago, with all pauses between codes behind her."""
    town.grant_both()
    return Citizen(account=town.account, token=town.enter())


def number(text: str = "+7 903 000-00-01") -> Mobile:
    return parse_identity(
        passport="45 04 123456",
        oms="7767940868999926",
        mobile=text,
        born=Town.mother.born,
        sex=Town.mother.sex,
        year=2020,
    ).mobile


def account_actions(town: Town) -> list[str]:
    return actions(town, Shard.of_account(town.account.id))


def wrong(code: str) -> str:
    return f"{(int(code) + 1) % 10 ** len(code):0{len(code)}}"


# -- What a login tells ----------------------------------------------------------------------------


def lock(town: Town) -> None:
    town.office.begin_login(town.account, host_session="bad")
    code = town.last_code()
    for _ in range(5):
        assert (
            refused(lambda: town.office.verify(town.account, wrong(code), host_session="bad"))
            is rules.SES_3
        )
    town.clock.turn(minutes=1)


def test_a_login_tells_nothing(town: Town) -> None:
    """SES-28 (T31): unknown, locked, sent too often: the answer is that of a code being sent.

    R22.
    """
    citizen(town)
    town.clock.turn(hours=1)
    sent = town.office.begin_login(town.account, host_session="h")
    too_soon = town.office.begin_login(town.account, host_session="h")
    town.clock.turn(hours=1)
    lock(town)
    locked = town.office.begin_login(town.account, host_session="h")
    stranger = attrs.evolve(town.account, id=AccountId("stranger"))
    unknown = town.office.begin_login(stranger, host_session="h")
    told = {(one.purpose, one.means, one.digits, one.notice) for one in (sent, too_soon)}
    told |= {(one.purpose, one.means, one.digits, one.notice) for one in (locked, unknown)}
    assert told == {(Purpose.LOGIN, (Means.SMS,), 6, None)}
    assert refused(lambda: town.office.verify(stranger, "123456", host_session="h")) is rules.SES_3
    assert town.office.find_factor(stranger.id) is None


def test_why_is_in_the_journal(town: Town) -> None:
    """SES-28, JRN-1 (T20): which rule refused stands in the journal (R69)."""
    citizen(town)
    town.clock.turn(minutes=1)
    town.office.begin_login(town.account, host_session="h")
    town.office.begin_login(town.account, host_session="h")
    code = town.last_code()
    refused(lambda: town.office.verify(town.account, code, host_session="another"))
    links = town.office.storage.links(Shard.of_account(town.account.id))
    details = [link.entry.detail for link in links if link.entry.action == "entry-refused.1"]
    assert ['"rule":"SES-10"' in details[0], '"rule":"SES-7"' in details[1]] == [True, True]


@pytest.mark.parametrize(
    "junk", ["", "\n", "12345x", "1" * 65, 123456, None, b"123456", "１２３４５６"]
)
def test_no_code_at_all(town: Town, junk: object) -> None:
    """SES-11: what is no code is malformed, counted nowhere, and nothing is written (R10)."""
    citizen(town)
    town.clock.turn(minutes=1)
    town.office.begin_login(town.account, host_session="h")
    before = account_actions(town)
    with pytest.raises(Malformed):
        town.office.verify(town.account, junk, host_session="h")
    assert account_actions(town) == before


def test_the_login_before(town: Town) -> None:
    """SES-24: a login tells when the one before was, and how many codes were refused since.

    R51.
    """
    citizen(town)
    entered_at = town.clock.at
    town.clock.turn(hours=1)
    lock(town)
    town.clock.turn(hours=1)
    town.office.begin_login(town.account, host_session="h")
    signed_in = town.office.verify(town.account, town.last_code(), host_session="h")
    assert (signed_in.previous_at, signed_in.failures) == (entered_at, 5)


def test_the_person_is_told_of_failures(town: Town) -> None:
    """SES-23: after the third and the fifth wrong code a notice goes to the phone (R23)."""
    citizen(town)
    town.clock.turn(hours=1)
    town.phone.truncate(0)
    lock(town)
    town.office.dispatch(town.sender())
    assert town.phone.getvalue().count("Wrong codes were entered") == 2


# -- Sessions --------------------------------------------------------------------------------------


def log_in(town: Town, host: str, minutes: float = 6) -> Citizen:
    town.clock.turn(minutes=minutes)
    town.office.begin_login(town.account, host_session=host)
    signed_in = town.office.verify(town.account, town.last_code(), host_session=host)
    return Citizen(account=town.account, token=signed_in.token)


def is_open(town: Town, reader: Citizen) -> bool:
    try:
        town.office.open_card(reader, town.own)
    except RuleBroken:
        return False
    return True


def test_third_session(town: Town) -> None:
    """SES-13 (T56): of two sessions the older gives way to a third, and the person is told.

    R49.
    """
    first = citizen(town)
    second = log_in(town, "h2")
    assert [is_open(town, one) for one in (first, second)] == [True, True]
    third = log_in(town, "h3")
    assert [is_open(town, one) for one in (first, second, third)] == [False, True, True]
    town.office.dispatch(town.sender())
    assert "another device" in town.phone.getvalue()


def test_third_session_refused(town: Town) -> None:
    """SES-13 (T56): a stricter profile opens no third session, and keeps the two that are (R49)."""
    town = attrs.evolve(town, office=attrs.evolve(town.office, profile=entry_profile("bank")))
    first = citizen(town)
    second = log_in(town, "h2", minutes=2)
    town.clock.turn(minutes=2)
    town.office.begin_login(town.account, host_session="h3")
    code = town.last_code()
    third = refused(lambda: town.office.verify(town.account, code, host_session="h3"))
    assert third is rules.SES_13
    assert [is_open(town, one) for one in (first, second)] == [True, True]


def test_own_sessions(town: Town) -> None:
    """SES-24: a person sees the own sessions and ends one, or all but this one (R52)."""
    first, second = citizen(town), log_in(town, "h2")
    open_ones = town.office.find_sessions(second)
    assert [one.opened_at < town.clock.at for one in open_ones] == [True, False]
    town.office.end_sessions(second, open_ones[0].id)
    assert [is_open(town, one) for one in (first, second)] == [False, True]
    third = log_in(town, "h3")
    town.office.end_sessions(third)
    assert [is_open(town, one) for one in (second, third)] == [False, True]


def test_host_session_ends(town: Town) -> None:
    """SES-27 (T23): with the host's session end its sessions and the code under way; no other does.

    R48.
    """
    first, second = citizen(town), log_in(town, "h2")
    town.clock.turn(minutes=3)
    town.office.begin_login(town.account, host_session="h1")
    code = town.last_code()
    town.office.end_host_session(town.account, "h1")
    assert refused(lambda: town.office.verify(town.account, code, host_session="h1")) is rules.SES_3
    assert [is_open(town, one) for one in (first, second)] == [False, True]
    town.office.end_host_session(town.account, "unknown")
    assert is_open(town, second)


def test_failures_alone_end_no_session(town: Town) -> None:
    """SES-5, SES-27: five failures lock the means, and end no session."""
    reader = citizen(town)
    factor = town.office.find_factor(town.account.id)
    assert factor is not None
    town.clock.turn(minutes=1)
    lock(town)
    assert is_open(town, reader)


# -- Approvals -------------------------------------------------------------------------------------


def test_renewal(town: Town) -> None:
    """SES-14, SES-9 (T25): five minutes after the login nothing sensitive goes until a new proof.

    R45, R50.
    """
    reader = citizen(town)
    town.clock.turn(minutes=5)
    assert refused(lambda: town.office.make_recovery_codes(reader)) is rules.SES_14
    town.office.begin_approval(reader)
    renewed = attrs.evolve(reader, token=town.office.renew(reader, town.last_code()).token)
    assert len(town.office.make_recovery_codes(renewed)) == 8
    assert [is_open(town, one) for one in (reader, renewed)] == [False, True]


def test_approval_names_the_action(town: Town) -> None:
    """SES-15 (T18): the message says what is approved; the code approves that, once, and nothing
    else.

    R9, R50.
    """
    reader = citizen(town)
    town.clock.turn(minutes=1)
    town.office.begin_approval(reader, SHARE)
    code = town.last_code()
    assert "SHARE the medical record" in town.phone.getvalue()
    other = attrs.evolve(SHARE, about={"doctor": "B", "until": "2020-12-01"})
    for call in (
        lambda: town.office.approve(reader, other, code),
        lambda: town.office.renew(reader, code),
        lambda: town.office.verify(town.account, code, host_session="h1"),
        lambda: town.office.confirm_phone(reader, code),
    ):
        assert refused(call) is rules.SES_3
    town.office.approve(reader, SHARE, code)
    assert refused(lambda: town.office.approve(reader, SHARE, code)) is rules.SES_3
    links = town.office.storage.links(Shard.of_account(town.account.id))
    assert any(SHARE.digest in link.entry.detail for link in links)


# -- The phone -------------------------------------------------------------------------------------


def change(town: Town, reader: Citizen) -> str:
    """Begin the change of phone; the code that the new one received."""
    town.clock.turn(minutes=1)
    town.office.begin_approval(reader, town.office.phone_change(number()))
    town.office.change_phone(reader, number(), town.last_code())
    sender = attrs.evolve(town.sender(), not_me="https://portal.example/not-me/{account}#{token}")
    town.office.dispatch(sender)
    return town.last_code()


def test_phone_is_changed(town: Town) -> None:
    """SES-18 (T50): approved on the old phone, proven on the new; the old one is told; sessions
    end.

    R30, R31, R32.
    """
    reader = citizen(town)
    code = change(town, reader)
    town.office.confirm_phone(reader, code)
    town.office.dispatch(town.sender())
    lines = town.phone.getvalue().splitlines()
    to_old = [line for line in lines if line.startswith("SMS to +79161234567")]
    to_new = [line for line in lines if line.startswith("SMS to +79030000001")]
    assert any("CHANGE THE PHONE" in line for line in to_old)
    assert any("is being changed" in line and "not-me/a1#k1." in line for line in to_old)
    assert any("now go to another phone" in line for line in to_old)
    assert ["use this phone" in line for line in to_new] == [True]
    assert not is_open(town, reader)
    log_in(town, "h9")
    assert town.phone.getvalue().count("SMS to +79030000001") == 2


def test_phone_of_another_country(town: Town) -> None:
    """SES-17: only numbers of the countries of the rulebook are bound."""
    reader = citizen(town)
    rule = town.office.entry(town.clock.at)
    abroad = attrs.evolve(
        rule,
        phone=attrs.evolve(
            rule.phone, countries=attrs.evolve(rule.phone.countries, value=("+375",))
        ),
    )
    office = attrs.evolve(town.office, profile=abroad)
    assert refused(lambda: office.change_phone(reader, number(), "123456")) is rules.SES_17


def test_change_is_repudiated(town: Town) -> None:
    """SES-19 (T53): who did not ask for the change stops it, once, and must be proven anew.

    R31.
    """
    reader = citizen(town)
    code = change(town, reader)
    token = town.phone.getvalue().split("not-me/a1#", 1)[1].split()[0]
    for junk in ("", "k1.", "x.y", token[:-1], f"k2.{token[3:]}", "é"):
        assert not town.office.repudiate(town.account.id, junk)
    assert town.office.repudiate(town.account.id, token)
    assert not town.office.repudiate(town.account.id, token)
    assert not is_open(town, reader)
    assert refused(lambda: town.office.confirm_phone(reader, code)) is rules.SES_8
    factor = town.office.find_factor(town.account.id)
    assert factor is not None
    assert [phone.state for phone in factor.phones] == [PhoneState.SUSPENDED, PhoneState.REVOKED]


def test_change_is_repudiated_afterwards(town: Town) -> None:
    """SES-19 (T53): the new phone, bound already, is out of use as well."""
    reader = citizen(town)
    town.office.confirm_phone(reader, change(town, reader))
    token = town.phone.getvalue().split("not-me/a1#", 1)[1].split()[0]
    assert town.office.repudiate(town.account.id, token)
    factor = town.office.find_factor(town.account.id)
    assert factor is not None
    assert factor.phone is not None
    assert (factor.phone.version, factor.phone.why) == (2, PhoneEnd.REPUDIATED)


def test_phone_lost_and_proven_anew(town: Town) -> None:
    """SES-19, SES-20 (T48): a loss needs one factor only; two operators then begin anew.

    R30, R34, R35.
    """
    reader = citizen(town)
    town.office.report_phone_lost(town.account)
    assert not is_open(town, reader)
    town.clock.turn(minutes=10)
    town.office.begin_login(town.account, host_session="h")
    assert town.office.dispatch(town.sender()) == {Fate.SENT: 1}
    assert "No codes are sent" in town.phone.getvalue()

    def anew(by: Operator, confirmed_by: Operator) -> None:
        town.office.reproof(town.account, number(), by=by, confirmed_by=confirmed_by)

    assert refused(lambda: anew(town.operator, town.operator)) is rules.SES_20
    herself = Operator(id=OperatorId("op-3"), person=town.mother.id)
    assert refused(lambda: anew(town.operator, herself)) is rules.APP_7
    anew(town.operator, OTHER)
    login = town.office.begin_login(town.account, host_session="h")
    assert login.purpose is Purpose.FIRST_LOGIN
    town.office.verify(town.account, town.last_code(), host_session="h", acknowledged=login.notice)
    assert "SMS to +79030000001: First password" in town.phone.getvalue()


def test_later_application_changes_no_phone(town: Town) -> None:
    """SES-18: a form with another number does not move the codes there."""
    citizen(town)
    papers = attrs.evolve(town.papers, mobile=number())
    town.office.file(town.account, asked=(Asked(patient=town.own, role=Role.SELF),), papers=papers)
    log_in(town, "h2")
    assert "+79030000001" not in town.phone.getvalue()


@attrs.frozen
class Swapped:
    """Knows that every SIM was changed."""

    asked: list[tuple[str, dt.timedelta]] = attrs.field(factory=list[tuple[str, dt.timedelta]])

    def sim_changed(self, phone: str, *, within: dt.timedelta) -> bool:
        self.asked.append((phone, within))
        return True


def test_swapped_sim(town: Town) -> None:
    """SES-19 (T49): where the SIM was changed within ten days no code goes, and sessions end.

    R33.
    """
    reader = citizen(town)
    town.clock.turn(minutes=1)
    town.office.begin_login(town.account, host_session="h")
    risk = Swapped()
    town.office.dispatch(attrs.evolve(town.sender(), risk=risk))
    assert risk.asked == [("+79161234567", dt.timedelta(hours=240))]
    assert not is_open(town, reader)
    factor = town.office.find_factor(town.account.id)
    assert factor is not None
    assert factor.phone is not None
    assert factor.phone.why is PhoneEnd.SIM_SWAPPED


# -- Authenticator and recovery codes --------------------------------------------------------------


def secret_of(address: str) -> str:
    return urllib.parse.parse_qs(urllib.parse.urlparse(address).query)["secret"][0]


def shown(town: Town, secret: str) -> str:
    """What the authenticator shows now."""
    return list(totp_codes(secret, town.clock.at).values())[1]


def with_authenticator(town: Town) -> tuple[Citizen, str]:
    reader = citizen(town)
    secret = secret_of(town.office.offer_authenticator(reader, issuer="Portal").address)
    town.office.bind_authenticator(reader, shown(town, secret))
    return reader, secret


def test_authenticator(town: Town) -> None:
    """SES-21, SES-17: once bound it is offered first, no SMS goes, and a code serves once (R27)."""
    _, secret = with_authenticator(town)
    town.clock.turn(minutes=10)
    town.office.dispatch(town.sender())
    login = town.office.begin_login(town.account, host_session="h")
    assert login.means == (Means.TOTP, Means.SMS)
    assert town.office.dispatch(town.sender()) == {}

    def enter(code: str) -> object:
        return town.office.verify(town.account, code, host_session="h", means=Means.TOTP)

    code = shown(town, secret)
    assert refused(lambda: enter(wrong(code))) is rules.SES_3
    assert enter(code)
    assert refused(lambda: enter(code)) is rules.SES_3


def test_authenticator_is_bound_by_its_first_code(town: Town) -> None:
    """SES-21: what was offered serves only after its first code; removed, it serves no more."""
    reader = citizen(town)
    assert refused(lambda: town.office.bind_authenticator(reader, "123456")) is rules.SES_3
    secret = secret_of(town.office.offer_authenticator(reader, issuer="Portal").address)
    code = shown(town, secret)

    def enter() -> object:
        return town.office.verify(town.account, code, host_session="h", means=Means.TOTP)

    assert refused(enter) is rules.SES_3
    assert refused(lambda: town.office.bind_authenticator(reader, wrong(code))) is rules.SES_3
    town.office.bind_authenticator(reader, code)
    town.office.remove_authenticator(reader)
    assert refused(enter) is rules.SES_3
    assert "secret" not in repr(town.office.offer_authenticator(reader, issuer="Portal"))


def test_recovery_code(town: Town) -> None:
    """SES-22: a recovery code opens a session once, and is replaced by the one told then."""
    reader = citizen(town)
    codes = town.office.make_recovery_codes(reader)
    town.clock.turn(hours=1)

    def enter(code: str) -> Any:
        return town.office.verify(
            town.account, code, host_session="h", means=Means.RECOVERY
        ).recovery_code

    new = enter(codes[2])
    assert refused(lambda: enter(codes[2])) is rules.SES_3
    assert enter(new)
    assert enter(codes[7])
    factor = town.office.find_factor(town.account.id)
    assert factor is not None
    assert len(factor.failed_at) == 1


# -- What leaves -----------------------------------------------------------------------------------


def test_client_that_asks_for_everybody(town: Town) -> None:
    """SES-25 (T8): one client causes 25 messages in five minutes, whatever the accounts, and no
    more.

    R26.
    """
    citizen(town)
    town.clock.turn(hours=1)
    rule = town.office.entry(town.clock.at)
    one = attrs.evolve(rule.sending, per_client=attrs.evolve(rule.sending.per_client, value=1))
    office = attrs.evolve(town.office, profile=attrs.evolve(rule, sending=one))
    fates: list[dict[Fate, int]] = []
    for _ in range(3):
        office.begin_login(town.account, host_session="h", client="198.51.100.7")
        fates.append(office.dispatch(town.sender()))
        town.clock.turn(minutes=3)
    assert fates == [{Fate.SENT: 1}, {Fate.DROPPED: 1}, {Fate.SENT: 1}]


def test_clock_set_back(town: Town) -> None:
    """SES-26 (T61): an office whose clock was set back opens nothing, and says that it cannot
    now.
    """
    citizen(town)
    town.clock.turn(minutes=1)
    town.office.begin_login(town.account, host_session="h")
    code = town.last_code()
    town.clock.turn(minutes=-4)
    with pytest.raises(Unavailable, match="SES-26"):
        town.office.verify(town.account, code, host_session="h")


def test_without_sms(town: Town) -> None:
    """SES-17, SES-1, APP-7: where SMS is barred another hands the first password over in person.

    R38.
    """
    strict = attrs.evolve(town.office, profile=entry_profile("asvs-l3"))
    town = attrs.evolve(town, office=strict)
    town.grant_both()
    assert town.office.dispatch(town.sender()) == {}
    herself = Operator(id=OperatorId("op-3"), person=town.mother.id)
    own = refused(lambda: town.office.hand_over_first_password(town.account, by=herself))
    assert own is rules.APP_7
    password = town.office.hand_over_first_password(town.account, by=town.operator)
    signed_in = town.office.verify(town.account, password, host_session="h")
    reader = Citizen(account=town.account, token=signed_in.token)
    secret = secret_of(town.office.offer_authenticator(reader, issuer="Portal").address)
    town.office.bind_authenticator(reader, shown(town, secret))
    town.clock.turn(minutes=2)
    login = town.office.begin_login(town.account, host_session="h")
    assert login.means == (Means.TOTP,)
    assert town.office.verify(
        town.account, shown(town, secret), host_session="h", means=Means.TOTP
    ).token
    assert town.phone.getvalue() == ""


def test_access_ends(town: Town) -> None:
    """SES-27: when nothing is granted any more the session is over, and no code comes (R48)."""
    reader = citizen(town)
    town.office.end_access(town.account.id)
    assert not is_open(town, reader)
    town.clock.turn(minutes=10)
    town.office.begin_login(town.account, host_session="h")
    assert town.office.dispatch(town.sender()) == {}


def test_second_address(town: Town) -> None:
    """SES-18: a notice is also told at the second address; a code never is (R31)."""
    reader = citizen(town)
    told: list[str] = []

    def tell(_: AccountId, text: str) -> None:
        told.append(text)

    town.clock.turn(minutes=1)
    town.office.begin_approval(reader, town.office.phone_change(number()))
    town.office.change_phone(reader, number(), town.last_code())
    sender = attrs.evolve(
        town.sender(),
        sms=ConsoleSms(town.phone),
        second=tell,
        language=Language.RU,
    )
    town.office.dispatch(sender)
    assert told == ["Меняется телефон вашей медкарты."]
    assert NOTICE not in told[0]


def test_a_void_code_is_in_the_journal(town: Town) -> None:
    """JRN-1: the host's session ends before any session began in it; its code is void."""
    town.grant_both()
    town.enter()
    town.clock.turn(minutes=1)
    town.office.begin_login(town.account, host_session="h2")
    before = actions(town, Shard.of_account(town.account.id))
    town.office.end_host_session(town.account, "h2")
    assert actions(town, Shard.of_account(town.account.id)) == [*before, "left.1"]
    assert town.office.find_factor(town.account.id).challenge is None  # type: ignore[union-attr]
    town.office.end_host_session(town.account, "h2")
    assert actions(town, Shard.of_account(town.account.id)) == [*before, "left.1"]


def test_two_accounts_messages_are_two_to_the_provider(town: Town) -> None:
    """SES-19: who takes a reference twice for one message drops no other person's notice."""
    town.grant_both()
    town.enter()
    asked = (Asked(patient=town.own, role=Role.SELF),)
    second = attrs.evolve(town.account, id=AccountId("a2"))
    filed = town.office.file(second, asked=asked, papers=town.papers)
    assert isinstance(filed, Filed)
    for check in Check:
        town.office.record_check(second.id, filed.id, check=check, passed=True, by=town.operator)
    town.office.grant(second.id, filed.id, town.own, by=town.operator)
    storage, at = town.office.storage, town.clock.now()
    town.office.begin_login(second, host_session="h")
    code = town.last_code()
    town.office.verify(second, code, host_session="h", acknowledged=NOTICE)
    for account in (town.account.id, second.id):
        town.office.suspend_phone(account, PhoneEnd.LOST)
    waiting = storage.lease(at=at, until=at, limit=100)
    notices = [one.item for one in waiting if one.item.kind == "notice"]
    assert len({item.reference for item in notices}) == 1
    names = {
        reference(town.office.keys, AccountId(item.shard.id), item.id, key="k1") for item in notices
    }
    assert len(names) == len(notices) == 2
