"""What is known of one message on its way to a phone.

A provider's word is only kept: no receipt opens, prolongs or ends anything, and none is waited for.
"""

import datetime as dt
import enum
from typing import assert_never

import attrs

from emrcore.people import AccountId


class DeliveryState(enum.StrEnum):
    """What a provider says became of a message."""

    UNKNOWN = "unknown"
    EXPIRED = "expired"
    UNDELIVERED = "undelivered"
    DELIVERED = "delivered"


_WEIGHT = {
    None: 0,
    DeliveryState.UNKNOWN: 1,
    DeliveryState.EXPIRED: 2,
    DeliveryState.UNDELIVERED: 2,
    DeliveryState.DELIVERED: 3,
}


@attrs.frozen(kw_only=True)
class Delivery:
    """How often the provider refused ``message`` for the time being, and what it reported, if."""

    account: AccountId
    message: str
    refusals: int = 0
    reported: DeliveryState | None = None


@attrs.frozen(kw_only=True)
class DispatchRefused:
    """The provider did not take a message, which surely was not sent; it may another time."""

    account: AccountId
    message: str
    at: dt.datetime


@attrs.frozen(kw_only=True)
class DeliveryReported:
    """The provider reported, at the moment ``at``, what became of a message."""

    account: AccountId
    message: str
    state: DeliveryState
    at: dt.datetime


DeliveryEvent = DispatchRefused | DeliveryReported


def report(
    delivery: Delivery | None,
    *,
    account: AccountId,
    message: str,
    state: DeliveryState,
    at: dt.datetime,
) -> DeliveryReported | None:
    """Take a report; None if it says no more than the one before (MSG-3).

    A message may be tried twice, so that a failure can be followed by a delivery, and never the
    other way round.
    """
    known = delivery.reported if delivery else None
    if _WEIGHT[state] <= _WEIGHT[known]:
        return None
    return DeliveryReported(account=account, message=message, state=state, at=at)


def evolve_delivery(delivery: Delivery | None, event: DeliveryEvent) -> Delivery:
    """The state after *event*."""
    before = delivery or Delivery(account=event.account, message=event.message)
    match event:
        case DispatchRefused():
            return attrs.evolve(before, refusals=before.refusals + 1)
        case DeliveryReported():
            return attrs.evolve(before, reported=event.state)
        case _:
            assert_never(event)
