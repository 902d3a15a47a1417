"""``Sms``: what arrives, what is answered, and what nobody may read on the way."""
# ruff: noqa: S101 - these are tests

import datetime as dt
import logging
import time
from collections.abc import Sequence
from typing import Protocol

import attrs
import pytest

from emrcore.ports import Accepted, Message, Rejected, Sms, SmsOutcome, Unknown

NUMBER = "+79161234567"
LONGEST_CALL = 15.0
"""Seconds after which a worker that sends has better things to do."""

_LIFE = dt.timedelta(minutes=4, seconds=59)
_MINUTE = dt.timedelta(minutes=1)


@attrs.frozen(kw_only=True)
class Arrival:
    """What came to the other side: whose number, what text, and for how long it is worth trying.

    ``valid_for`` is None where the other side cannot tell.
    """

    to: str
    text: str
    valid_for: dt.timedelta | None


class Provider(Protocol):
    """An adapter under test, and the side that it talks to."""

    @property
    def sms(self) -> Sms:
        """The adapter, with a provider there that takes everything."""
        ...

    @property
    def stranded(self) -> Sms:
        """The same adapter, with nobody there to talk to."""
        ...

    @property
    def secrets(self) -> Sequence[str]:
        """The adapter's credentials."""
        ...

    def arrivals(self) -> Sequence[Arrival]:
        """What came to the other side, the oldest first; waits a moment for what is under way."""
        ...


class SmsContract:
    """The promises of ``Sms``; a subclass gives the fixture ``provider``, fresh for each test."""

    @pytest.mark.parametrize(
        "text",
        [
            "Code 123456",
            "Код 123456",
            "{[~]} €\n@portal.example #123456",
            "Код 😀 123456",
            "x" * 161,
            "Код для входа в медкарту: 123456. Никому его не сообщайте.\n@portal.example #123456",
            "Ж" * 66 + "😀" * 3,
        ],
        ids=["latin", "cyrillic", "extension", "emoji", "two", "two cyrillic", "a pair at the end"],
    )
    def test_a_text_arrives_whole(self, provider: Provider, text: str) -> None:
        """In every alphabet, in one part and in two, at the number it was meant for."""
        outcome = provider.sms.send(_message(text))
        assert isinstance(outcome, Accepted), outcome
        (arrival,) = provider.arrivals()
        assert (arrival.to.lstrip("+"), arrival.text) == (NUMBER.lstrip("+"), text)

    def test_its_life_goes_with_it(self, provider: Provider) -> None:
        """What is not delivered in time is not delivered: a minute early at most, never late."""
        provider.sms.send(_message("Code 40506070"))
        (arrival,) = provider.arrivals()
        if arrival.valid_for is not None:
            assert _LIFE - _MINUTE < arrival.valid_for <= _LIFE

    def test_the_same_again_is_no_error(self, provider: Provider) -> None:
        """A try after an unknown outcome comes under the same reference."""
        outcomes = [provider.sms.send(_message("Code 40506070")) for _ in range(2)]
        assert all(isinstance(outcome, Accepted) for outcome in outcomes)
        assert provider.arrivals()

    def test_nobody_there_is_an_outcome(self, provider: Provider) -> None:
        """Nothing is raised, nothing is claimed, and the answer comes in time."""
        start = time.monotonic()
        outcome = provider.stranded.send(_message("Code 40506070"))
        assert time.monotonic() - start < LONGEST_CALL
        assert _may_be_tried_again(outcome), outcome

    def test_nothing_is_told_on_the_way(
        self,
        provider: Provider,
        caplog: pytest.LogCaptureFixture,
        capfd: pytest.CaptureFixture[str],
    ) -> None:
        """MSG-4: neither text, number nor credentials stand in a log, an output or a repr."""
        caplog.set_level(logging.DEBUG)
        said = [
            provider.sms.send(_message("Code 40506070")),
            provider.stranded.send(_message("80709060")),
        ]
        written = capfd.readouterr()
        shown = " ".join([repr(provider.sms), str(provider.sms), repr(said), caplog.text, *written])
        for secret in ("40506070", "80709060", NUMBER.lstrip("+"), *provider.secrets):
            assert secret not in shown


def _message(text: str) -> Message:
    return Message(ref="reference-1", to=NUMBER, text=text, valid_for=_LIFE)


def _may_be_tried_again(outcome: SmsOutcome) -> bool:
    return isinstance(outcome, Unknown) or (isinstance(outcome, Rejected) and outcome.retryable)
