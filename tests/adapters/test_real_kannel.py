"""Codes reach a phone over a real Kannel, and its reports come back: ``make test-kannel``."""

import datetime as dt
import pathlib
from collections.abc import Generator

import pytest

import centre
import kannel
from centre import Centre
from emrcore.adapters.kannel import KannelSms, read_receipt
from emrcore.adapters.system import SystemClock
from emrcore.applications import Asked, Filed
from emrcore.office import Sender
from emrcore.ports import Accepted, Fate, Message, Rejected, Shard, Unknown
from emrcore.rulebook import Check, Role
from emrcore.texts import Language
from kannel import Kannel, until
from world import Town, new_town

pytestmark = pytest.mark.kannel


@pytest.fixture
def smsc() -> Generator[Centre]:
    """The SMPP centre behind Kannel."""
    if reason := kannel.missing():
        pytest.fail(reason)
    with centre.running() as it:
        yield it


@pytest.fixture
def box(smsc: Centre, tmp_path: pathlib.Path) -> Generator[Kannel]:
    """Kannel between the two."""
    with kannel.running(tmp_path, centre=smsc.port) as it:
        yield it


@pytest.fixture
def town() -> Town:
    """A town in which a first password waits."""
    town = new_town()
    town.move_in()
    asked = (Asked(patient=town.own, role=Role.SELF),)
    filed = town.office.file(town.account, asked=asked, papers=town.papers)
    assert isinstance(filed, Filed)
    for check in Check:
        town.office.record_check(
            town.account.id, filed.id, check=check, passed=True, by=town.operator
        )
    town.office.grant(town.account.id, filed.id, town.own, by=town.operator)
    return town


def sms(
    box: Kannel, smsc: str = "SMPP", *, receipts: str | None = None, password: str = kannel.PASSWORD
) -> KannelSms:
    return KannelSms(
        url=box.url,
        username=kannel.USER,
        password=password,
        sender="EMR",
        receipts=receipts,
        smsc=smsc,
        timeout=5.0,
    )


def text(words: str) -> Message:
    return Message(ref="r1", to="+79161234567", text=words, valid_for=dt.timedelta(minutes=5))


def test_to_the_fake_centre(box: Kannel, town: Town) -> None:
    """SES-1: the code that the phone shows opens the session."""
    sender = Sender(sms=sms(box, "FAKE"), host="portal.example", language=Language.EN)
    assert town.office.dispatch(sender) == {Fate.SENT: 1}
    until(lambda: "#" in box.printed(), "the message at the fake centre")
    assert "EMR +79161234567" in box.printed()
    code = box.printed().rsplit("#", 1)[1][:8]
    assert town.enter(code)


def test_over_smpp_and_back(box: Kannel, smsc: Centre, town: Town) -> None:
    """MSG-2, MSG-3: Cyrillic in two parts, its life, and the report of its delivery."""
    until(lambda: bool(smsc.sessions), "Kannel at the SMPP centre")
    with kannel.reports() as (address, heard):
        sender = Sender(sms=sms(box, receipts=address), host="portal.example")
        assert town.office.dispatch(sender) == {Fate.SENT: 1}
        until(lambda: bool(smsc.arrivals()), "the message at the SMPP centre")
        (arrival,) = smsc.arrivals()
        assert arrival.to == "79161234567"
        assert arrival.text.startswith("Первый пароль к медкарте: ")
        assert all(part.validity_period for part in smsc.submitted)
        for one in list(smsc.ids):
            smsc.report(one, "DELIVRD")
        until(lambda: bool(heard), "the report")
    receipt = read_receipt(heard[0], at=SystemClock().now())
    assert receipt is not None
    assert town.office.record_receipt(receipt)
    links = town.office.storage.links(Shard.of_account(town.account.id))
    assert links[-1].entry.action == "delivery-reported.1"
    assert town.enter(arrival.text.rsplit("#", 1)[1])


@pytest.mark.parametrize(
    "words",
    ["Code {1} €", "Код 1 😀", "x" * 200, "Ж" * 100],
    ids=["gsm", "ucs2", "two", "two ucs2"],
)
def test_every_alphabet(box: Kannel, smsc: Centre, words: str) -> None:
    """MSG-5: what leaves is what arrives."""
    until(lambda: bool(smsc.sessions), "Kannel at the SMPP centre")
    assert isinstance(sms(box).send(text(words)), Accepted)
    until(lambda: bool(smsc.arrivals()), "the message at the SMPP centre")
    assert [one.text for one in smsc.arrivals()] == [words]


def test_the_centre_is_away(box: Kannel, smsc: Centre) -> None:
    """MSG-2: Kannel takes it, keeps it, in clear, and delivers it once the centre is back."""
    until(lambda: bool(smsc.sessions), "Kannel at the SMPP centre")
    smsc.go_away()
    assert isinstance(sms(box).send(text("Code 40506070")), Accepted)
    assert smsc.arrivals() == []
    smsc.come_back()
    until(lambda: bool(smsc.arrivals()), "the queued message")
    (arrival,) = smsc.arrivals()
    assert arrival.text == "Code 40506070"
    log = box.home / "access.log"
    until(lambda: b"40506070" in log.read_bytes(), "the code in the access log")


def test_a_wrong_password(box: Kannel) -> None:
    """MSG-1: refused for good."""
    outcome = sms(box, password="no").send(text("Code 1"))
    assert outcome == Rejected(why="HTTP 403", retryable=False)


def test_bearerbox_is_killed(box: Kannel) -> None:
    """MSG-1: smsbox without its bearerbox answers nothing, which is neither sent nor unsent."""
    box.bearerbox.kill()
    box.bearerbox.wait()
    outcome = sms(box).send(text("Code 1"))
    assert isinstance(outcome, Unknown), outcome
