"""Every way of sending keeps what a provider promises, and one that does not is noticed."""

import io
import logging
from collections.abc import Callable, Generator, Sequence
from typing import cast

import attrs
import pytest

import centre
import smsbox
from emrcore.adapters.console import ConsoleSms
from emrcore.adapters.kannel import KannelSms
from emrcore.adapters.smpp import SmppSms
from emrcore.adapters.system import SystemClock
from emrcore.ports import Accepted, Message, Sms, SmsOutcome, Unknown
from emrcore.testing.contracts import Arrival, Provider, SmsContract
from emrcore.testing.scripted import ScriptedSms


@attrs.frozen(kw_only=True)
class Tried:
    """An adapter, with what the contract wants to know about it."""

    sms: Sms
    stranded: Sms
    arrivals: Callable[[], Sequence[Arrival]]
    secrets: Sequence[str] = ()


class Torn(io.StringIO):
    """A pipe that nobody reads."""

    def write(self, text: str) -> int:
        raise BrokenPipeError(len(text))


def console() -> Tried:
    """Printed instead of sent."""
    out = io.StringIO()

    def arrivals() -> list[Arrival]:
        printed = out.getvalue().split("SMS to ")[1:]
        pairs = (one.removesuffix("\n").split(": ", 1) for one in printed)
        return [Arrival(to=to, text=text, valid_for=None) for to, text in pairs]

    return Tried(sms=ConsoleSms(out), stranded=ConsoleSms(Torn()), arrivals=arrivals)


def scripted(sms: ScriptedSms | None = None) -> Tried:
    """Told what to answer."""
    sms = sms or ScriptedSms()

    def arrivals() -> list[Arrival]:
        return [Arrival(to=one.to, text=one.text, valid_for=one.valid_for) for one in sms.handed]

    return Tried(sms=sms, stranded=ScriptedSms([Unknown()] * 9), arrivals=arrivals)


class TestConsole(SmsContract):
    @pytest.fixture
    def provider(self) -> Provider:
        return console()


class TestScripted(SmsContract):
    @pytest.fixture
    def provider(self) -> Provider:
        return scripted()


class TestSmpp(SmsContract):
    @pytest.fixture
    def provider(self) -> Generator[Provider]:
        def adapter(port: int) -> SmppSms:
            return SmppSms(
                host="127.0.0.1",
                port=port,
                system_id="emrcore-login",
                password="s-ecret8",
                sender="EMR",
                clock=SystemClock(),
            )

        with centre.running() as there, centre.running() as gone:
            gone.go_away()
            with adapter(there.port) as sms, adapter(gone.port) as stranded:
                yield Tried(
                    sms=sms, stranded=stranded, arrivals=there.arrivals, secrets=("s-ecret8",)
                )


class TestKannel(SmsContract):
    @pytest.fixture
    def provider(self) -> Generator[Provider]:
        def adapter(url: str) -> KannelSms:
            return KannelSms(
                url=url,
                username=smsbox.USER,
                password=smsbox.PASSWORD,
                sender="EMR",
                receipts="https://portal.example/receipts",
            )

        with smsbox.running() as there:
            with smsbox.running() as gone:
                nobody = gone.url
            yield Tried(
                sms=adapter(there.url),
                stranded=adapter(nobody),
                arrivals=there.arrivals,
                secrets=(smsbox.PASSWORD,),
            )


# -- Broken on purpose -----------------------------------------------------------------------------


class Mangles(ScriptedSms):
    """Has never heard of Cyrillic."""

    def send(self, message: Message) -> SmsOutcome:
        narrow = message.text.encode("ascii", "replace").decode()
        return super().send(attrs.evolve(message, text=narrow))


class Cuts(ScriptedSms):
    """Sends the first part only."""

    def send(self, message: Message) -> SmsOutcome:
        return super().send(attrs.evolve(message, text=message.text[:70]))


class Forgets(ScriptedSms):
    """Gives a message the provider's own two days."""

    def send(self, message: Message) -> SmsOutcome:
        return super().send(attrs.evolve(message, valid_for=message.valid_for * 600))


class Raises(ScriptedSms):
    """Lets the outside world fall through."""

    def send(self, message: Message) -> SmsOutcome:
        raise ConnectionRefusedError(message.ref)


class Claims(ScriptedSms):
    """Takes it for sent in any case."""

    def send(self, message: Message) -> SmsOutcome:
        return Accepted(provider_id=message.ref)


class Chatters(ScriptedSms):
    """Logs what it sends."""

    def send(self, message: Message) -> SmsOutcome:
        logging.getLogger("chatter").debug("sending %s", message.text)
        return super().send(message)


class Counts(ScriptedSms):
    """Takes a reference once."""

    def send(self, message: Message) -> SmsOutcome:
        if any(one.ref == message.ref for one in self.handed):
            raise ValueError(message.ref)
        return super().send(message)


@pytest.mark.parametrize(
    ("broken", "test", "arguments"),
    [
        (Mangles, "test_a_text_arrives_whole", ("Код 123456",)),
        (Cuts, "test_a_text_arrives_whole", ("x" * 161,)),
        (Forgets, "test_its_life_goes_with_it", ()),
        (Counts, "test_the_same_again_is_no_error", ()),
        (Raises, "test_nobody_there_is_an_outcome", ()),
        (Claims, "test_nobody_there_is_an_outcome", ()),
    ],
)
def test_a_broken_promise_is_noticed(
    broken: type[ScriptedSms], test: str, arguments: tuple[str, ...]
) -> None:
    """MSG-1, MSG-2: by the test that is about it, which a sound provider passes."""

    def fails(kind: type[ScriptedSms]) -> bool:
        stranded = kind() if kind is not ScriptedSms else ScriptedSms([Unknown()])
        provider = attrs.evolve(scripted(kind()), stranded=stranded)
        try:
            getattr(SmsContract(), test)(provider, *arguments)
        except Exception:  # noqa: BLE001 - a broken one may fail in any way
            return True
        return False

    assert fails(broken)
    assert not fails(ScriptedSms)


def test_a_chatterer_is_noticed(
    caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    """MSG-4: a provider that logs what it sends is caught at it."""
    with pytest.raises(AssertionError):
        SmsContract().test_nothing_is_told_on_the_way(
            cast("Provider", scripted(Chatters())), caplog, capfd
        )
