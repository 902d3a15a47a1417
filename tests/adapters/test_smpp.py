"""Codes reach a phone over SMPP, whatever the centre and the line to it do."""

import contextlib
import datetime as dt
import operator
import socket
import struct
import threading
from collections.abc import Callable, Generator
from typing import Any

import attrs
import pytest

import centre
from centre import Centre, Reply
from emrcore.adapters.smpp import SmppSms
from emrcore.adapters.system import SystemClock
from emrcore.applications import Asked, Filed
from emrcore.errors import Unavailable
from emrcore.office import Sender
from emrcore.office.receipts import GATEWAY
from emrcore.people import Account, AccountId, Mobile
from emrcore.ports import Accepted, Fate, Receipt, Rejected, Shard, SmsOutcome, Unknown
from emrcore.ports import Message as Text
from emrcore.rulebook import Check, Role
from emrcore.sessions import DeliveryState, Purpose
from emrcore.texts import Language
from kannel import until
from world import Town, new_town

BIND_RESP, SUBMIT_SM, SUBMIT_RESP, TRY_AGAIN = 0x80000009, 4, 0x80000004, 0x64


@pytest.fixture
def smsc() -> Generator[Centre]:
    """A centre that takes everything."""
    with centre.running() as it:
        yield it


@pytest.fixture
def town() -> Town:
    """A town where the mother has been let into her own card, and nothing was sent yet."""
    town = new_town()
    town.move_in()
    filed = town.office.file(
        town.account, asked=(Asked(patient=town.own, role=Role.SELF),), papers=town.papers
    )
    assert isinstance(filed, Filed)
    for check in Check:
        town.office.record_check(
            town.account.id, filed.id, check=check, passed=True, by=town.operator
        )
    town.office.grant(town.account.id, filed.id, town.own, by=town.operator)
    return town


@pytest.fixture
def sms(smsc: Centre, town: Town) -> Generator[SmppSms]:
    """The adapter that tells the office of receipts; it does not wait long for an answer."""
    with adapter(smsc.port, on_receipt=town.office.record_receipt) as it:
        yield it


def adapter(port: int, **changes: Any) -> SmppSms:
    settings: dict[str, Any] = {
        "host": "127.0.0.1",
        "system_id": "emr",
        "password": "secret",
        "sender": "EMR",
        "clock": SystemClock(),
        "timeout": 0.5,
    }
    return SmppSms(port=port, **(settings | changes))


def dispatch(town: Town, sms: SmppSms, language: Language = Language.EN) -> dict[Fate, int]:
    """Send what waits: in English in one part, in Russian in two."""
    return town.office.dispatch(Sender(sms=sms, host="portal.example", language=language))


def codes(smsc: Centre) -> list[str]:
    """The codes in the texts that arrived, as a browser reads them."""
    return [one.text.rsplit("#", 1)[1] for one in smsc.arrivals()]


def reports(town: Town) -> list[str]:
    """The states of the reports in the journal."""
    links = town.office.storage.links(Shard.of_account(town.account.id))
    found = [link.entry for link in links if link.entry.action == "delivery-reported.1"]
    assert all(one.actor == GATEWAY for one in found)
    return [one.detail.split('"state":"')[1].split('"')[0] for one in found]


def enter(town: Town, code: str) -> str:
    return town.enter(code)


# -- The road --------------------------------------------------------------------------------------


def test_what_arrives_opens_the_session(town: Town, smsc: Centre, sms: SmppSms) -> None:
    """SES-1, SES-2, MSG-2: the code in the text that arrived is the one that opens the session."""
    assert dispatch(town, sms, Language.RU) == {Fate.SENT: 1}
    (first,) = smsc.arrivals()
    assert first.to == "79161234567"
    assert first.text.startswith("Первый пароль к медкарте: ")
    assert enter(town, codes(smsc)[0])
    town.clock.turn(hours=1)
    assert town.office.begin_login(town.account, host_session="h1").purpose is Purpose.LOGIN
    town.clock.turn(seconds=30)
    assert dispatch(town, sms, Language.RU) == {Fate.SENT: 1}
    second = smsc.arrivals()[1]
    assert second.text.startswith("Код для входа в медкарту: ")
    assert second.valid_for is not None
    assert second.valid_for.total_seconds() == 4.5 * 60
    assert town.office.verify(town.account, codes(smsc)[1], host_session="h1").token


@pytest.mark.parametrize(
    ("reply", "arrivals"),
    [(Reply.KEEP_SILENT, 2), (Reply.CUT_AFTER, 2), (Reply.CUT_BEFORE, 1)],
)
def test_an_unknown_outcome(
    town: Town, smsc: Centre, sms: SmppSms, reply: Reply, arrivals: int
) -> None:
    """MSG-1: no answer, or a line that broke: tried once more, after a minute, the same code."""
    smsc.answers.append(reply)
    assert dispatch(town, sms) == {Fate.RETRY: 1}
    town.clock.turn(seconds=59)
    assert dispatch(town, sms) == {}
    town.clock.turn(seconds=1)
    assert dispatch(town, sms) == {Fate.SENT: 1}
    town.clock.turn(hours=1)
    assert dispatch(town, sms) == {}
    assert len(smsc.arrivals()) == arrivals
    assert len(set(codes(smsc))) == 1
    assert enter(town, codes(smsc)[0])


def test_an_answer_too_late(town: Town, smsc: Centre, sms: SmppSms) -> None:
    """MSG-3: the receipt of a message whose acceptance came late finds its message."""
    smsc.answers.append(Reply.KEEP_SILENT)
    assert dispatch(town, sms) == {Fate.RETRY: 1}
    smsc.answer_late()
    assert smsc.report(smsc.ids[0], "DELIVRD") == 0
    until(lambda: reports(town) == ["delivered"], "the report of a late acceptance")


def test_throttled(town: Town, smsc: Centre, sms: SmppSms) -> None:
    """MSG-1: what the centre refuses for now waits a minute, and is not counted as a try."""
    smsc.answers.extend([Reply.THROTTLE] * 3)
    for _ in range(3):
        assert dispatch(town, sms) == {Fate.RETRY: 1}
        assert dispatch(town, sms) == {}
        town.clock.turn(minutes=1)
    assert dispatch(town, sms) == {Fate.SENT: 1}
    assert enter(town, codes(smsc)[-1])


def test_refused_for_good(town: Town, smsc: Centre, sms: SmppSms) -> None:
    """MSG-1: no such number: never again."""
    smsc.answers.append(Reply.REFUSE)
    assert dispatch(town, sms) == {Fate.DEAD: 1}
    town.clock.turn(hours=1)
    assert dispatch(town, sms) == {}


def test_the_line_breaks_while_nothing_is_sent(town: Town, smsc: Centre, sms: SmppSms) -> None:
    """MSG-1: a session that was lost is opened anew, and the code goes out once."""
    assert isinstance(sms.send(text("#1")), Accepted)
    smsc.go_away()
    operator.attrgetter("_session._reader")(sms).join(5)  # it has noticed
    smsc.come_back()
    assert dispatch(town, sms) == {Fate.SENT: 1}
    assert len(smsc.arrivals()) == 2
    assert enter(town, codes(smsc)[1])


def test_the_centre_is_away_for_twenty_minutes(town: Town, smsc: Centre, sms: SmppSms) -> None:
    """SES-12, MSG-2: no code arrives late; what still holds is sent when the centre is back."""
    assert dispatch(town, sms) == {Fate.SENT: 1}
    enter(town, codes(smsc)[0])
    town.clock.turn(hours=1)
    smsc.go_away()
    neighbour = let_in_a_neighbour(town)
    town.office.begin_login(town.account, host_session="h1")
    seen: list[dict[Fate, int]] = []
    for _ in range(20):
        seen += [dispatch(town, sms), dispatch(town, sms)]
        town.clock.turn(minutes=1)
    assert {Fate.SENT, Fate.DEAD}.isdisjoint(fate for one in seen for fate in one)
    smsc.come_back()
    assert [dispatch(town, sms), dispatch(town, sms)] == [{Fate.SENT: 1}, {}]
    arrived = smsc.arrivals()
    assert [one.to for one in arrived] == ["79161234567", "79037654321"]
    assert "First password" in arrived[-1].text
    login = town.office.begin_login(neighbour, host_session="h9")
    code = codes(smsc)[-1]
    assert town.office.verify(neighbour, code, host_session="h9", acknowledged=login.notice).token


def let_in_a_neighbour(town: Town) -> Account:
    """Somebody else's account, with access granted now."""
    account = attrs.evolve(town.account, id=AccountId("a2"))
    papers = attrs.evolve(town.papers, mobile=Mobile("+79037654321"))
    asked = (Asked(patient=town.own, role=Role.SELF),)
    filed = town.office.file(account, asked=asked, papers=papers)
    assert isinstance(filed, Filed)
    for check in Check:
        town.office.record_check(account.id, filed.id, check=check, passed=True, by=town.operator)
    town.office.grant(account.id, filed.id, town.own, by=town.operator)
    return account


# -- Receipts --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("stat", "state"),
    [
        ("DELIVRD", ["delivered"]),
        ("EXPIRED", ["expired"]),
        ("UNDELIV", ["undelivered"]),
        ("REJECTD", ["undelivered"]),
        ("DELETED", ["undelivered"]),
        ("STRANGE", ["unknown"]),
        ("ENROUTE", []),
        ("ACCEPTD", []),
    ],
)
def test_what_is_reported(
    town: Town, smsc: Centre, sms: SmppSms, stat: str, state: list[str]
) -> None:
    """MSG-3: a receipt stands in the journal of the account it belongs to, said once."""
    dispatch(town, sms)
    assert smsc.report(smsc.ids[0], stat) == 0
    assert smsc.report(smsc.ids[0], stat, seconds="07") == 0
    assert reports(town) == state


def test_a_receipt_in_parameters_only(town: Town, smsc: Centre, sms: SmppSms) -> None:
    """MSG-3: centres say it in text, or in parameters."""
    dispatch(town, sms)
    assert smsc.report(smsc.ids[0], "DELIVRD", silent=" ") == 0
    assert reports(town) == ["delivered"]


def test_delivered_is_never_taken_back(town: Town, smsc: Centre, sms: SmppSms) -> None:
    """MSG-3: a failed try may be followed by a delivery, and not the other way round."""
    dispatch(town, sms)
    for stat in ("UNDELIV", "DELIVRD", "UNDELIV", "EXPIRED", "DELIVRD"):
        assert smsc.report(smsc.ids[0], stat) == 0
    assert reports(town) == ["undelivered", "delivered"]


def test_a_receipt_of_nothing(town: Town, smsc: Centre, sms: SmppSms) -> None:
    """MSG-3: for another's message, or for none, there is no error and no entry."""
    dispatch(town, sms)
    assert smsc.report("m999", "DELIVRD") == 0
    assert smsc.report("", "DELIVRD") == 0
    assert reports(town) == []
    assert dispatch(town, sms) == {}


def test_a_receipt_that_cannot_be_kept_is_asked_for_again(smsc: Centre) -> None:
    """MSG-3: while the store is away the centre keeps its receipts."""
    heard: list[Receipt] = []

    def hear(receipt: Receipt) -> None:
        heard.append(receipt)
        if len(heard) == 1:
            raise Unavailable("disk")

    with adapter(smsc.port, on_receipt=hear) as sms:
        sms.send(text("Code 1"))
        assert smsc.report("m1", "DELIVRD") == TRY_AGAIN
        assert smsc.report("m1", "DELIVRD") == 0
    assert [one.ref for one in heard] == ["r1", "r1"]


def test_two_parts_are_delivered_when_both_are(smsc: Centre) -> None:
    """MSG-3: half a message is no delivery."""
    heard: list[DeliveryState] = []

    def hear(receipt: Receipt) -> None:
        heard.append(receipt.state)

    with adapter(smsc.port, on_receipt=hear) as sms:
        sms.send(text("Ж" * 71))
        assert smsc.ids == ["m1", "m2"]
        smsc.report("m2", "DELIVRD")
        smsc.report("m2", "DELIVRD")
        assert heard == []
        smsc.report("m1", "DELIVRD")
    assert heard == [DeliveryState.DELIVERED]


def test_half_a_message_may_be_on_its_way(smsc: Centre) -> None:
    """MSG-1: refused for now after its first part went out, it is not surely unsent."""
    smsc.answers.extend([Reply.ACCEPT, Reply.THROTTLE])
    with adapter(smsc.port) as sms:
        assert sms.send(text("Ж" * 71)) == Unknown()


def test_no_receipt_touches_anything_else(town: Town, smsc: Centre, sms: SmppSms) -> None:
    """MSG-3: neither the second factor nor a session is changed by what is reported."""
    dispatch(town, sms)
    enter(town, codes(smsc)[0])

    def others() -> dict[str, str]:
        shard = Shard.of_account(town.account.id)
        return {
            kind: repr(town.office.storage.find(shard, kind))
            for kind in ("factor", "session", "grant", "application", "mobile", "envelope")
        }

    before = others()
    for stat in ("UNDELIV", "DELIVRD"):
        smsc.report(smsc.ids[0], stat)
    assert reports(town) == ["undelivered", "delivered"]
    assert others() == before


# -- Strange centres -------------------------------------------------------------------------------


@contextlib.contextmanager
def peer(answer: Callable[[int, int], bytes]) -> Generator[int]:
    """The port of something that answers every PDU by *answer* of its command and number."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            with contextlib.suppress(OSError):
                while True:
                    line, _ = listener.accept()
                    with line:
                        while head := line.recv(16):
                            length, command, _, number = struct.unpack("!IIII", head)
                            line.recv(length - 16)
                            line.sendall(answer(command, number))

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield listener.getsockname()[1]
        listener.shutdown(socket.SHUT_RDWR)
    thread.join(5)


def response(command: int, status: int, number: int, body: bytes = b"") -> bytes:
    return struct.pack("!IIII", 16 + len(body), command, status, number) + body


def text(words: str) -> Text:
    return Text(ref="r1", to="+79161234567", text=words, valid_for=dt.timedelta(minutes=5))


def sent_to(answer: Callable[[int, int], bytes]) -> SmsOutcome:
    with peer(answer) as port, adapter(port) as sms:
        return sms.send(text("Code 1"))


def test_a_centre_that_does_not_know_us() -> None:
    """MSG-1: a bind refused is a message surely not sent."""
    outcome = sent_to(lambda _, number: response(BIND_RESP, 0x0E, number))
    assert isinstance(outcome, Rejected)
    assert outcome.retryable


def test_a_centre_that_says_nothing_at_all() -> None:
    """MSG-1: as long as no bind was answered, nothing was sent."""
    outcome = sent_to(lambda _, __: b"")
    assert isinstance(outcome, Rejected)
    assert outcome.retryable


def test_a_status_of_the_centres_own() -> None:
    """MSG-1: a status that SMPP does not know is a refusal for good, not a broken session."""
    outcome = sent_to(
        lambda command, number: (
            response(SUBMIT_RESP, 0x0400, number)
            if command == SUBMIT_SM
            else response(BIND_RESP, 0, number, b"C\0")
        )
    )
    assert outcome == Rejected(why="SMPP status 0x00000400", retryable=False)


@pytest.mark.parametrize("noise", [b"HTTP/1.1 400 Bad Request\r\n\r\n", b"\0" * 64, b"\xff" * 64])
def test_no_centre_at_all(noise: bytes) -> None:
    """MSG-1: who does not speak SMPP is nobody."""
    outcome = sent_to(lambda _, __: noise)
    assert isinstance(outcome, Rejected)
    assert outcome.retryable


def test_noise_after_the_message() -> None:
    """MSG-1: what came in answer to the message was no answer."""
    outcome = sent_to(
        lambda command, number: (
            b"\0" * 64 if command == SUBMIT_SM else response(BIND_RESP, 0, number, b"C\0")
        )
    )
    assert outcome == Unknown()


def test_a_silent_centre_is_given_up() -> None:
    """MSG-1: after two silences in a row the session ends, and the next message opens another."""
    ended = threading.Event()

    def answer(command: int, number: int) -> bytes:
        if command == 0x15:
            ended.set()
            return b""
        return response(BIND_RESP if command == 9 else SUBMIT_RESP, 0, number, b"m1\0")

    with peer(answer) as port, adapter(port, idle=0.05) as sms:
        assert isinstance(sms.send(text("Code 1")), Accepted)
        assert ended.wait(5), "it asks whether anybody is there"
        assert isinstance(sms.send(text("Code 2")), Accepted)


def test_closed(smsc: Centre) -> None:
    """MSG-1: what is sent after the end is surely not sent."""
    sms = adapter(smsc.port)
    with sms:
        assert isinstance(sms.send(text("Code 1")), Accepted)
    assert sms.send(text("Code 2")) == Rejected(why="no session: closed", retryable=True)
    assert len(smsc.arrivals()) == 1


def test_many_at_once(smsc: Centre) -> None:
    """MSG-1: threads share a session, and each hears the answer to its own message."""
    outcomes: list[SmsOutcome] = []
    with adapter(smsc.port, timeout=5.0) as sms:
        threads = [
            threading.Thread(target=lambda: outcomes.append(sms.send(text("Code 1"))))
            for _ in range(20)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert all(isinstance(one, Accepted) for one in outcomes)
    assert len({one.provider_id for one in outcomes if isinstance(one, Accepted)}) == 20


@pytest.mark.parametrize(
    "changes", [{"password": "longer-than-8"}, {"system_id": "x" * 16}, {"sender": "x" * 21}]
)
def test_credentials_that_smpp_has_no_room_for(changes: dict[str, str]) -> None:
    """MSG-1: they are refused when the adapter is made, not when a code is waiting."""
    with pytest.raises(ValueError, match="maximum"):
        adapter(1, **changes)
