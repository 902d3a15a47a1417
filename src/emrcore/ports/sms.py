"""How a text reaches a phone."""

import datetime as dt
from typing import Protocol

import attrs

from emrcore.sessions import DeliveryState


@attrs.frozen(kw_only=True)
class Message:
    """A text for a phone; ``ref`` is the same for every try, ``valid_for`` bounds its delivery."""

    ref: str
    to: str = attrs.field(repr=False)
    text: str = attrs.field(repr=False)
    valid_for: dt.timedelta


@attrs.frozen(kw_only=True)
class Accepted:
    """The provider took the message, under an id of its own."""

    provider_id: str


@attrs.frozen(kw_only=True)
class Rejected:
    """The provider did not take it; ``retryable``: it may another time."""

    why: str
    retryable: bool


@attrs.frozen
class Unknown:
    """Nothing was heard: it may or may not be on its way."""


SmsOutcome = Accepted | Rejected | Unknown


@attrs.frozen(kw_only=True)
class Receipt:
    """What a provider reported about the message named ``ref``; heard at the moment ``at``."""

    ref: str
    state: DeliveryState
    at: dt.datetime


class Risk(Protocol):
    """Whoever knows about SIM cards, such as the CAMARA SIM Swap service of an operator."""

    def sim_changed(self, phone: str, *, within: dt.timedelta) -> bool:
        """Whether the SIM of *phone* was changed *within* that time; False, if nobody can tell."""
        ...


class Sms(Protocol):
    """A provider. Never raises for what happens outside: that is an outcome.

    ``emrcore.testing.contracts.SmsContract`` checks what stands here.
    """

    def send(self, message: Message) -> SmsOutcome:
        """Hand *message* to the provider, once, and wait for its answer, for a limited time.

        ``Rejected(retryable=True)`` only if surely nothing was sent. Neither the text nor the
        number may come into a log, an error or a URL (MSG-4).
        """
        ...
