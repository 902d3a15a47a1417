"""Learning something from how, and not from what, the office answers."""

import datetime as dt
from collections.abc import Callable
from zoneinfo import ZoneInfo

import attrs
import pytest

from attackers import (
    SECOND_OPERATOR,
    CalledKeys,
    overheard,
    refused,
    signed_in,
    told,
    with_authenticator,
    wrong,
)
from emrcore import rules, sessions
from emrcore.errors import Malformed, RuleBroken
from emrcore.office import Citizen
from emrcore.people import Account, AccountId, Mobile
from emrcore.rulebook import Means
from emrcore.sessions import NOTICE, RENEW, Attempt, ChallengeId, Fresh, SecondFactor, Totp
from world import Town, entry_rule, moscow, new_town

# -- Which account is this? ------------------------------------------------------------------------


def unknown(town: Town) -> Account:
    return attrs.evolve(town.account, id=AccountId("nobody"))


def as_usual(town: Town) -> Account:
    return town.account


def too_often(town: Town) -> Account:
    town.office.begin_login(town.account, host_session="h")
    town.office.dispatch(town.sender())
    return town.account


def locked(town: Town) -> Account:
    town.office.begin_login(town.account, host_session="h")
    code = town.last_code()
    for _ in range(5):
        told(town, wrong(code))
    town.clock.turn(minutes=6)
    return town.account


def out_of_use(town: Town) -> Account:
    town.office.report_phone_lost(town.account)
    return town.account


def ended(town: Town) -> Account:
    town.office.end_access(town.account.id)
    return town.account


STANDINGS = [unknown, as_usual, too_often, locked, out_of_use, ended]


def heard(make: Callable[[Town], Account], town: Town, means: Means | None) -> tuple[object, ...]:
    """All that can be told of an account by asking for a code and giving one."""
    signed_in(town)
    town.clock.turn(hours=2)
    account = make(town)
    calls = overheard(town)
    login = town.office.begin_login(account, host_session="h", means=means)
    begun = (login.purpose, login.means, login.digits, login.notice, tuple(calls))
    calls.clear()
    guess = "1" + "A" * 16 if means is Means.RECOVERY else "123456"
    with pytest.raises(RuleBroken) as error:
        town.office.verify(account, guess, host_session="h", means=means or Means.SMS)
    in_time = login.expires_at - town.clock.at
    return (*begun, in_time, type(error.value), str(error.value), tuple(calls))


@pytest.mark.parametrize("means", [None, Means.SMS, Means.TOTP, Means.RECOVERY])
def test_ask_for_a_code_of_everybody(town: Town, means: Means | None) -> None:
    """SES-28 (T31): one answer, one text and the same calls of storage and keys for all."""
    told_of = {make.__name__: heard(make, new_town(), means) for make in STANDINGS}
    assert len(set(map(repr, told_of.values()))) == 1, told_of
    assert town.phone.getvalue() == ""


@pytest.mark.parametrize("lock", [False, True])
def test_ask_who_has_an_authenticator(town: Town, lock: bool) -> None:
    """SES-28 (T31): locked or not, whoever has one is answered by the same calls."""
    with_authenticator(town, signed_in(town))
    town.clock.turn(hours=2)
    for _ in range(5 * lock):
        told(town, "000000", means=Means.TOTP)
    calls = overheard(town)
    login = town.office.begin_login(town.account, host_session="h")
    assert (login.means, calls) == ((Means.TOTP, Means.SMS), ["load"])
    calls.clear()
    assert told(town, "000000", means=Means.TOTP) == "SES-3"
    assert calls == ["load", "load", "load", "unwrap", "commit"]


# -- How far did it compare? -----------------------------------------------------------------------


class Watched(str):
    """A code that counts how often it is handed to be compared, and refuses every other way."""

    __slots__ = ("taken",)
    taken: list[str]

    @classmethod
    def code(cls, text: str) -> "Watched":
        one = cls(text)
        one.taken = []
        return one

    def encode(self, encoding: str = "utf-8", errors: str = "strict") -> bytes:
        self.taken.append(encoding)
        return super().encode(encoding, errors)

    def __eq__(self, other: object) -> bool:
        raise AssertionError("compared digit by digit")

    def __ne__(self, other: object) -> bool:
        raise AssertionError("compared digit by digit")

    __hash__ = None  # type: ignore[assignment]


NOW = moscow(2020, 1, 21, 9)
RULE = entry_rule()
LOGIN = Attempt(account=AccountId("a"), host="h" * 64)


def running() -> SecondFactor:
    """An account whose code is awaited."""
    fresh = Fresh(id=ChallengeId("c"), nonce=b"n" * 16, key="k1")
    issued = sessions.issue_first_password(
        None, account=LOGIN.account, fresh=fresh, at=NOW, rule=RULE
    )
    assert issued is not None
    state = sessions.evolve_factor(None, issued)
    proof = sessions.verify(
        state, LOGIN, given="1" * 8, expected="1" * 8, at=NOW, rule=RULE, acknowledged=NOTICE
    )
    state = sessions.evolve_factor(state, proof)
    code = sessions.begin(state, LOGIN, fresh=fresh, at=NOW, rule=RULE)
    assert code is not None
    return sessions.evolve_factor(state, code)


@pytest.mark.parametrize("given", ["123456", "023456", "123450", "000000"])
def test_time_the_comparison(given: str) -> None:
    """SES-3 (T32): a code is compared once, as bytes, whatever of it is right."""
    expected = Watched.code("123456")
    sessions.verify(running(), LOGIN, given=given, expected=expected, at=NOW, rule=RULE)
    assert expected.taken == ["utf-8"]


@pytest.mark.parametrize("given", ["100000", "200000", "300000", "000000"])
def test_time_the_comparison_of_steps(given: str) -> None:
    """SES-3 (T32): all steps are compared once each, whichever is right."""
    state = attrs.evolve(running(), totp=Totp(version=1, since=NOW, last_step=0))
    codes = {step: Watched.code(f"{step}00000") for step in (1, 2, 3)}
    attempt = attrs.evolve(LOGIN, means=Means.TOTP)
    sessions.verify_totp(state, attempt, given=given, expected=codes, at=NOW, rule=RULE)
    assert [code.taken for code in codes.values()] == [["utf-8"]] * 3


@pytest.mark.parametrize("given", ["12345", "1234567", "12345x"])
def test_nothing_is_compared_that_is_no_code(given: str) -> None:
    """SES-11 (T32): what cannot be right is not compared at all."""
    expected = Watched.code("123456")
    with pytest.raises(Malformed):
        sessions.verify(running(), LOGIN, given=given, expected=expected, at=NOW, rule=RULE)
    assert expected.taken == []


# -- How much work is junk? ------------------------------------------------------------------------

JUNK: list[object] = [
    "",
    " c",
    " 123456",
    "123456 ",
    "123456\n",
    "c\n",
    "+12345",
    "1_23456",
    "1234.56",
    "12345٦",
    "٠١٢٣٤٥",
    "１２３４５６",
    "²³²³²³",
    "1234\x0056",
    "\ud800" * 6,
    "12345",
    "1" * 10,
    "1" * 10**6,
    "é" * 10**6,
    b"123456",
    bytearray(b"123456"),
    123456,
    123456.0,
    None,
    True,
    ["1"] * 6,
    ("123456",),
    object(),
]


@pytest.mark.parametrize("junk", JUNK, ids=lambda junk: repr(junk)[:20])
def test_send_junk(town: Town, junk: object) -> None:
    """SES-11 (T30): by every door it is refused before storage or keys are asked anything."""
    reader = signed_in(town)
    office, calls = town.office, overheard(town)
    office, phone = town.office, Mobile("+79030000001")
    doors: list[Callable[[], object]] = [
        *(
            lambda means=means: office.verify(town.account, junk, host_session="h", means=means)
            for means in Means
        ),
        lambda: office.renew(reader, junk),
        lambda: office.approve(reader, RENEW, junk),
        lambda: office.change_phone(reader, phone, junk),
        lambda: office.confirm_phone(reader, junk),
        lambda: office.bind_authenticator(reader, junk),
    ]
    for door in doors:
        with pytest.raises(Malformed) as error:
            door()
        assert [fault.rule for fault in error.value.faults] == [rules.SES_11]
    assert calls == []


TOKENS = [
    "",
    ".",
    "x",
    "a.",
    ".a",
    "a.b.c",
    "a\x00.b",
    "\ud800.a",
    "a.\ud800",
    "é.é",
    "A.B",
    "a" * 10**6 + ".b",
    "a." + "b" * 10**6,
    "a.b\n",
    "../a.b",
]


@pytest.mark.parametrize("token", TOKENS, ids=lambda token: repr(token)[:20])
def test_send_a_token_that_is_none(town: Town, token: str) -> None:
    """SES-8, SES-9 (T30): it is refused before the storage is asked, and nothing else escapes."""
    signed_in(town)
    calls = overheard(town)
    reader = Citizen(account=town.account, token=token)
    for door in (
        lambda: town.office.find_sessions(reader),
        lambda: town.office.open_card(reader, town.own),
        lambda: town.office.end_sessions(reader),
        lambda: town.office.log_out(town.account, token),
        lambda: town.office.begin_approval(reader),
    ):
        assert refused(door) is rules.SES_8
    assert "commit" not in calls
    assert "derive" not in calls


@pytest.mark.parametrize("host", ["", "\ud800", "é" * 1000, "\x00"])
def test_send_a_host_session_of_any_kind(town: Town, host: str) -> None:
    """SES-7: whatever a host session is named, a login in it is one, and of no other."""
    signed_in(town)
    town.clock.turn(hours=1)
    town.office.begin_login(town.account, host_session=host)
    code = town.last_code()
    assert told(town, code, host=f"{host}x") == "SES-3"
    assert told(town, code, host=host) == "in"


# -- What time is it? ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "at",
    [
        dt.datetime(2020, 1, 14, 12),  # noqa: DTZ001
        dt.datetime.min,  # noqa: DTZ901
    ],
)
def test_naive_clock(town: Town, at: dt.datetime) -> None:
    """SES-26 (T63): a moment without a zone is no moment."""
    signed_in(town)
    town.clock.at = at
    with pytest.raises(ValueError, match="aware"):
        town.office.begin_login(town.account, host_session="h")


@pytest.mark.parametrize(
    "at",
    [
        dt.datetime.min.replace(tzinfo=dt.UTC),
        dt.datetime(1, 1, 2, tzinfo=dt.UTC),
        moscow(1970, 1, 1),
    ],
)
def test_clock_at_the_beginning_of_time(town: Town, at: dt.datetime) -> None:
    """SES-26 (T63): before the rulebook there is none; nothing is opened and nothing overflows."""
    reader = signed_in(town)
    town.clock.at = at
    with pytest.raises(Exception) as error:  # noqa: PT011 - by its type
        town.office.begin_login(town.account, host_session="h")
    assert not isinstance(error.value, OverflowError)
    with pytest.raises(Exception) as error:  # noqa: PT011
        town.office.find_sessions(reader)
    assert not isinstance(error.value, OverflowError)


def test_clocks_are_changed(town: Town) -> None:
    """SES-2 (T63): five minutes are five minutes where a zone's clocks go back, or forth."""
    signed_in(town)
    berlin = ZoneInfo("Europe/Berlin")
    for at in (
        dt.datetime(2020, 3, 29, 1, 58, tzinfo=berlin),
        dt.datetime(2020, 10, 25, 2, 58, tzinfo=berlin),
    ):
        for passed, answer in ((299, "in"), (300, "SES-3")):
            start = at.astimezone(dt.UTC) + dt.timedelta(hours=2 * (passed == 300))
            town.clock.at = start
            town.office.begin_login(town.account, host_session="h")
            code = town.last_code()
            town.clock.at = (start + dt.timedelta(seconds=passed)).astimezone(berlin)
            assert told(town, code) == answer


def test_clock_that_creeps_back(town: Town) -> None:
    """SES-26 (T61): two seconds at a time it gets no further than two seconds in all."""
    signed_in(town)
    town.clock.turn(hours=1)
    highest = town.clock.at
    town.office.begin_login(town.account, host_session="h")
    code = town.last_code()
    town.clock.turn(seconds=-2)
    told(town, wrong(code))
    factor = town.office.find_factor(town.account.id)
    assert factor is not None
    assert factor.seen_at == highest
    town.clock.turn(seconds=-1)
    with pytest.raises(Exception, match="SES-26"):
        told_loudly(town, code)


def told_loudly(town: Town, code: str) -> object:
    return town.office.verify(town.account, code, host_session="h")


def test_clock_that_ran_ahead(town: Town) -> None:
    """SES-26, SES-20: what happened in a wrong future is mended by proving the person anew."""
    signed_in(town)
    now = town.clock.at
    town.clock.turn(days=365)
    town.office.begin_login(town.account, host_session="h")
    town.clock.at = now + dt.timedelta(minutes=1)
    with pytest.raises(Exception, match="SES-26"):
        town.office.begin_login(town.account, host_session="h")
    town.office.reproof(
        town.account, Mobile("+79030000001"), by=town.operator, confirmed_by=SECOND_OPERATOR
    )
    assert town.enter()


def test_keys_are_overheard_too(town: Town) -> None:
    """SES-6: a login derives a code for nobody before it is sent or checked."""
    signed_in(town)
    town.clock.turn(hours=1)
    calls = overheard(town)
    assert isinstance(town.office.keys, CalledKeys)
    town.office.begin_login(town.account, host_session="h")
    assert calls == ["load", "commit"]
