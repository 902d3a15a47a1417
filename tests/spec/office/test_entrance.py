"""Getting in and staying in: what holds whichever way somebody takes."""

from collections.abc import Callable

import attrs
import pytest

from emrcore import rules
from emrcore.access import Viewer
from emrcore.errors import RuleBroken
from emrcore.office import Citizen, Sender, Staff, places
from emrcore.office.codes import totp_codes
from emrcore.office.work import Work
from emrcore.people import Mobile, PersonId
from emrcore.ports import Fate, Message, Shard, SmsOutcome, Unknown
from emrcore.rulebook import Means, Role, entry_profile
from emrcore.rules import Rule
from emrcore.sessions import NOTICE, RENEW, Action, ActionKind, Purpose, SecondFactor, SessionId
from world import Town, actions

NUMBER = Mobile("+79030000001")
SHARE = Action(ActionKind.SHARE, {"doctor": "A"})


def refused(call: Callable[..., object], *arguments: object) -> Rule:
    with pytest.raises(RuleBroken) as error:
        call(*arguments)
    return error.value.rule


def citizen(town: Town) -> Citizen:
    town.grant_both()
    return Citizen(account=town.account, token=town.enter())


def factor(town: Town) -> SecondFactor:
    found = town.office.find_factor(town.account.id)
    assert found is not None
    return found


def shown(town: Town, secret: str) -> str:
    """What an authenticator shows now."""
    return list(totp_codes(secret, town.clock.at).values())[1]


def wrong(code: str) -> str:
    return f"{(int(code) + 1) % 10 ** len(code):0{len(code)}}"


def guess_wrong(town: Town, times: int, host: str = "bad") -> None:
    """So many wrong codes, each at a code that runs; no pause, no day's limit is met."""
    for _ in range(times):
        if factor(town).challenge is None:
            town.clock.turn(days=1, minutes=1)
            town.office.begin_login(town.account, host_session=host)
        assert refused(log_in, town, wrong(town.last_code()), host) is rules.SES_3


def log_in(town: Town, code: str, host: str = "h") -> None:
    town.office.verify(town.account, code, host_session=host)


# -- Counts that nothing resets --------------------------------------------------------------------


def test_nothing_but_success_ends_a_streak(town: Town) -> None:
    """SES-4: a code that expires, is cancelled or gives way to another leaves the count (R7)."""
    reader = citizen(town)
    town.clock.turn(minutes=1)
    town.office.begin_login(town.account, host_session="bad")
    guess_wrong(town, 4)
    town.clock.turn(minutes=5)
    assert factor(town).failures == 4, "the code has expired"
    town.office.begin_approval(reader, SHARE)
    assert factor(town).failures == 4, "another code has taken its place"
    town.clock.turn(minutes=1)
    town.office.begin_login(town.account, host_session="bad")
    town.office.end_host_session(town.account, "bad")
    assert factor(town).challenge is None
    assert factor(town).failures == 4, "the code was cancelled"
    town.clock.turn(minutes=2)
    town.office.begin_login(town.account, host_session="bad")
    guess_wrong(town, 1)
    assert factor(town).locked[Means.SMS] > town.clock.at


# -- The lock, whichever way ----------------------------------------------------------------------


@pytest.mark.parametrize("way", ["share", "renew", "phone", "login"])
def test_the_right_code_is_no_good_under_a_lock(town: Town, way: str) -> None:
    """SES-5: a code that was sent before the lock opens nothing in it, whatever it is for (R21)."""
    reader = citizen(town)
    town.clock.turn(minutes=1)
    change = town.office.phone_change(NUMBER)
    if way == "login":
        town.office.begin_login(town.account, host_session="h")
    else:
        town.office.begin_approval(reader, {"share": SHARE, "renew": RENEW, "phone": change}[way])

    def give(code: str) -> None:
        match way:
            case "share":
                town.office.approve(reader, SHARE, code)
            case "renew":
                town.office.renew(reader, code)
            case "phone":
                town.office.change_phone(reader, NUMBER, code)
            case _:
                log_in(town, code)

    code, running = town.last_code(), factor(town)
    for _ in range(5):
        assert refused(give, wrong(code)) is rules.SES_3
    assert factor(town).challenge is None
    put_back(town, attrs.evolve(factor(town), challenge=running.challenge))
    assert refused(give, code) is rules.SES_3
    assert actions(town, Shard.of_account(town.account.id))[-1] == "entry-refused.1"


def put_back(town: Town, state: SecondFactor) -> None:
    """Write *state* over the second factor, as a store would that forgot a commit."""
    place = places.factor(state.account)
    work = Work(storage=town.office.storage, shard=place.shard, now=town.office.now())
    work.text(place)
    work.put(place, state)
    work.commit()


def test_the_lock_for_good_ends_every_session(town: Town) -> None:
    """SES-5, SES-27: at the thirtieth failure the open session ends and the person is told (R48).

    Nothing opens it any more but a person's help.
    """
    citizen(town)
    town.clock.turn(minutes=1)
    town.office.begin_login(town.account, host_session="bad")
    guess_wrong(town, 29)
    town.clock.turn(days=1, minutes=1)
    town.office.begin_login(town.account, host_session="h")
    put_back(town, attrs.evolve(factor(town), sessions=(SessionId("s"),)))
    assert not factor(town).hard_locked
    assert refused(log_in, town, wrong(town.last_code())) is rules.SES_3
    assert factor(town).hard_locked
    assert factor(town).sessions == ()
    town.office.dispatch(town.sender())
    assert "visit a service centre" in town.phone.getvalue()
    town.clock.turn(days=365)
    town.office.begin_login(town.account, host_session="h")
    assert town.office.dispatch(town.sender()) == {}


# -- The first password ----------------------------------------------------------------------------


def test_first_password_dies_with_the_grant(town: Town) -> None:
    """SES-27, SES-1: when access ends before the first login its password opens nothing (R43)."""
    town.grant_both()
    login = town.office.begin_login(town.account, host_session="h")
    assert login.purpose is Purpose.FIRST_LOGIN
    password = town.last_code()
    town.office.end_access(town.account.id)
    given = refused(
        lambda: town.office.verify(
            town.account, password, host_session="h", acknowledged=login.notice
        )
    )
    assert given is rules.SES_3


def test_first_password_that_was_not_sent_yet_is_not_sent(town: Town) -> None:
    """SES-27, SES-12: when access ends before the password is sent it stays unsent (R43)."""
    town.grant_both()
    town.office.end_access(town.account.id)
    assert town.office.dispatch(town.sender()) == {Fate.DROPPED: 1}
    assert town.phone.getvalue() == ""


# -- The notice about SMS --------------------------------------------------------------------------


def test_a_later_phone_keeps_the_notice_that_was_shown(town: Town) -> None:
    """SES-16: a new phone is bound under the notice that was acknowledged, not today's (R28)."""
    reader = citizen(town)
    (first,) = factor(town).phones
    put_back(town, attrs.evolve(factor(town), phones=(attrs.evolve(first, notice="sms-0"),)))
    town.clock.turn(minutes=1)
    town.office.begin_approval(reader, town.office.phone_change(NUMBER))
    town.office.change_phone(reader, NUMBER, town.last_code())
    town.office.confirm_phone(reader, town.last_code())
    assert [phone.notice for phone in factor(town).phones] == ["sms-0", "sms-0"]


def test_a_first_phone_after_the_authenticator_needs_the_notice(town: Town) -> None:
    """SES-16: where SMS was barred before, the first phone is bound with the notice (R28)."""
    strict = attrs.evolve(town.office, profile=entry_profile("asvs-l3"))
    town.grant_both()
    without_sms = attrs.evolve(town, office=strict)
    password = town.last_code()
    signed_in = without_sms.office.verify(town.account, password, host_session="h")
    reader = Citizen(account=town.account, token=signed_in.token)
    address = town.office.offer_authenticator(reader, issuer="Portal").address
    secret = address.split("secret=", 1)[1].split("&", 1)[0]
    town.office.bind_authenticator(reader, shown(town, secret))
    town.clock.turn(hours=72)
    signed_in = town.office.verify(
        town.account, shown(town, secret), host_session="h", means=Means.TOTP
    )
    reader = Citizen(account=town.account, token=signed_in.token)
    town.clock.turn(minutes=1)
    town.office.change_phone(reader, NUMBER, shown(town, secret), means=Means.TOTP)
    code = town.last_code()
    assert refused(lambda: town.office.confirm_phone(reader, code)) is rules.SES_16
    town.office.confirm_phone(reader, code, acknowledged=NOTICE)
    phone = factor(town).phone
    assert phone is not None
    assert phone.notice == NOTICE


# -- When no message goes out ----------------------------------------------------------------------


@attrs.frozen
class Silent:
    """A provider that is down."""

    def send(self, message: Message) -> SmsOutcome:
        del message
        return Unknown()


def test_without_messages_the_rest_goes_on(town: Town) -> None:
    """SES-17, EMG-1: open sessions, the authenticator and a crew need no message (R58)."""
    reader = citizen(town)
    address = town.office.offer_authenticator(reader, issuer="Portal").address
    secret = address.split("secret=", 1)[1].split("&", 1)[0]

    town.office.bind_authenticator(reader, shown(town, secret))
    down = Sender(sms=Silent(), host="portal.example")
    town.clock.turn(minutes=2)
    town.office.begin_login(town.account, host_session="h", means=Means.SMS)
    town.office.dispatch(down)
    assert town.office.open_card(reader, town.own).view.refusal is None
    assert town.office.verify(
        town.account, shown(town, secret), host_session="h", means=Means.TOTP
    ).token
    crew = Viewer(person=PersonId("medic"), role=Role.CREW, organisation="ambulance")
    town.break_glass(crew, town.own)
    assert town.office.open_card(Staff(viewer=crew), town.own).view.refusal is None


@attrs.define
class Busy:
    """A provider during whose answer somebody else begins a login."""

    town: Town
    committed: list[str] = attrs.field(factory=list[str])

    def send(self, message: Message) -> SmsOutcome:
        del message
        shard = Shard.of_account(self.town.account.id)
        before = len(actions(self.town, shard))
        self.town.office.report_phone_lost(self.town.account)
        self.committed += actions(self.town, shard)[before:]
        return Unknown()


def test_nothing_is_held_while_a_provider_is_asked(town: Town) -> None:
    """STO-1, SES-12: while the provider answers, the same account can be committed to (R77)."""
    citizen(town)
    town.clock.turn(minutes=1)
    town.office.begin_login(town.account, host_session="h")
    busy = Busy(town)
    town.office.dispatch(Sender(sms=busy, host="portal.example"))
    assert busy.committed == ["session-ended.1", "phone-suspended.1"]


# -- Secrets ---------------------------------------------------------------------------------------


def test_the_secret_of_a_session_is_nowhere_but_in_its_token(town: Town) -> None:
    """SES-9, JRN-4: the journal and every repr know the session by its id only (R53)."""
    reader = citizen(town)
    session, secret = reader.token.split(".")
    town.office.open_card(reader, town.own)
    entries = [
        repr(link)
        for shard in (Shard.of_account(town.account.id), Shard.of_patient(town.own))
        for link in town.office.storage.links(shard)
    ]
    assert any(session in entry for entry in entries)
    assert not any(secret in entry for entry in entries)
    shown = [repr(one) for one in (reader, *town.office.find_sessions(reader))]
    assert not any(secret in text for text in shown)


def test_a_session_has_256_random_bits(town: Town) -> None:
    """SES-9: its secret is 32 bytes of the host's randomness, and its id another 16 (R44)."""
    asked: list[int] = []

    class Counting:
        def bytes(self, number: int) -> bytes:
            asked.append(number)
            return town.office.randomness.bytes(number)

    town.grant_both()
    password = town.last_code()
    office = attrs.evolve(town.office, randomness=Counting())
    login = office.begin_login(town.account, host_session="h")
    asked.clear()
    signed_in = office.verify(town.account, password, host_session="h", acknowledged=login.notice)
    session, secret = signed_in.token.split(".")
    assert sorted(asked) == [16, 32]
    assert (len(session), len(secret)) == (32, 64)
