"""Codes reach Kannel over HTTP, and its reports come back; here against its answers, played."""

import datetime as dt
import urllib.parse
from collections.abc import Generator

import pytest

import smsbox
from emrcore.adapters.kannel import KannelSms, read_receipt
from emrcore.ports import Accepted, Message, Receipt, Rejected, SmsOutcome, Unknown
from emrcore.sessions import DeliveryState
from smsbox import Reply, Smsbox

AT = dt.datetime(2020, 1, 14, 10, tzinfo=dt.UTC)


@pytest.fixture
def box() -> Generator[Smsbox]:
    """A smsbox that takes everything."""
    with smsbox.running() as it:
        yield it


def sms(box: Smsbox, *, password: str = smsbox.PASSWORD, smsc: str | None = None) -> KannelSms:
    return KannelSms(
        url=box.url,
        username=smsbox.USER,
        password=password,
        sender="EMR",
        receipts="https://portal.example/receipts?box=1",
        smsc=smsc,
        timeout=0.5,
    )


def text(words: str = "Код 123456", **life: float) -> Message:
    valid_for = dt.timedelta(**(life or {"minutes": 5}))
    return Message(ref="r-1_x", to="+79161234567", text=words, valid_for=valid_for)


@pytest.mark.parametrize(
    ("reply", "outcome"),
    [
        (Reply.ACCEPTED, Accepted(provider_id="r-1_x")),
        (Reply.QUEUED, Accepted(provider_id="r-1_x")),
        (Reply.NO_RECEIVER, Rejected(why="HTTP 400", retryable=False)),
        (Reply.LATER, Rejected(why="HTTP 503", retryable=True)),
        (Reply.OUT_OF_ORDER, Unknown()),
        (Reply.HANG_UP, Unknown()),
        (Reply.KEEP_SILENT, Unknown()),
    ],
)
def test_what_an_answer_means(box: Smsbox, reply: Reply, outcome: SmsOutcome) -> None:
    """MSG-1: taken, refused for good or for now, or nothing heard."""
    box.answers.append(reply)
    assert sms(box).send(text()) == outcome


def test_a_wrong_password(box: Smsbox) -> None:
    """MSG-1: it will be no better another time."""
    assert sms(box, password="no").send(text()) == Rejected(why="HTTP 403", retryable=False)


def test_nothing_personal_stands_in_an_address(box: Smsbox) -> None:
    """MSG-4: number, text and credentials go in headers and body; addresses end up in logs."""
    sms(box, smsc="SMPP").send(text())
    ((path, headers, body),) = box.asked
    assert path == "/cgi-bin/sendsms"
    assert body.decode() == "Код 123456"
    assert headers["x-kannel-to"] == "+79161234567"
    assert headers["x-kannel-smsc"] == "SMPP"
    asked = headers["x-kannel-dlr-url"]
    assert asked == "https://portal.example/receipts?box=1&ref=r-1_x&state=%d"
    assert headers["x-kannel-dlr-mask"] == "19"


@pytest.mark.parametrize(
    ("words", "coding"), [("Code 1 €", "0"), ("Код 1", "2"), ("Code 1 `", "2"), ("😀", "2")]
)
def test_the_alphabet_is_told(box: Smsbox, words: str, coding: str) -> None:
    """MSG-5: Kannel does not find out by itself."""
    sms(box).send(text(words))
    assert box.asked[0][1]["x-kannel-coding"] == coding


@pytest.mark.parametrize(("seconds", "minutes"), [(60, "1"), (119.9, "1"), (120, "2"), (299, "4")])
def test_life_in_whole_minutes(box: Smsbox, seconds: float, minutes: str) -> None:
    """MSG-2: Kannel counts in minutes: rounded down, so that nothing comes late."""
    sms(box).send(text(seconds=seconds))
    assert box.asked[0][1]["x-kannel-validity"] == minutes


@pytest.mark.parametrize(
    "url",
    [
        "smsbox",
        "ftp://127.0.0.1/",
        "http://",
        "http://emr:secret@127.0.0.1/cgi-bin/sendsms",
        "http://127.0.0.1/cgi-bin/sendsms?password=secret",
    ],
)
def test_an_address_with_a_secret_is_refused(url: str) -> None:
    """MSG-4: and anything that is no address of HTTP."""
    with pytest.raises(ValueError, match="address"):
        KannelSms(url=url, username="u", password="p", sender="EMR")


def test_a_certificate_nobody_vouches_for(box: Smsbox) -> None:
    """MSG-4: with https nothing is sent to whom cannot prove who it is."""
    url = f"https://127.0.0.1:{box.port}/cgi-bin/sendsms"
    outcome = KannelSms(url=url, username="u", password="p", sender="EMR", timeout=0.5).send(text())
    assert isinstance(outcome, Rejected)
    assert outcome.retryable
    assert box.asked == []


@pytest.mark.parametrize(
    ("query", "state"),
    [
        ("ref=r1&state=1", DeliveryState.DELIVERED),
        ("ref=r1&state=2", DeliveryState.UNDELIVERED),
        ("ref=r1&state=16", DeliveryState.UNDELIVERED),
        ("ref=r1&state=4", None),
        ("ref=r1&state=8", None),
        ("ref=r1&state=31", None),
        ("ref=r1&state=", None),
        ("ref=r1", None),
        ("state=1", None),
        ("", None),
    ],
)
def test_what_a_report_says(query: str, state: DeliveryState | None) -> None:
    """MSG-3: delivered, or not; what is only on its way is no news."""
    found = read_receipt(dict(urllib.parse.parse_qsl(query)), at=AT)
    assert found == (Receipt(ref="r1", state=state, at=AT) if state else None)
