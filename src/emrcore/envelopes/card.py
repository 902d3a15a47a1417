"""The envelope of one card: the data key of its documents, kept wrapped in the card's own shard.

It is the card's and not the person's, since a card outlives what a portal keeps of a human: the
identity data may have to go while the card may have to stay.

::

    (nothing) --a key is made--> CardEnvelope --CardErased--> Shredded

Nothing leads back: what an erased card shows must never again depend on which key it meant.
"""

import datetime as dt
from typing import assert_never

import attrs

from emrcore.envelopes.envelope import EnvelopeId
from emrcore.people import PatientId


@attrs.frozen(kw_only=True)
class CardEnvelope:
    """The wrapped data key of the card of *patient*."""

    patient: PatientId
    id: EnvelopeId
    wrapped: bytes = attrs.field(repr=False)


@attrs.frozen(kw_only=True)
class Shredded:
    """No document of the card of *patient* can be read any more: its key is destroyed."""

    patient: PatientId
    envelope: EnvelopeId


CardEnvelopeState = CardEnvelope | Shredded
CARD_ENVELOPE_STATES: tuple[type[CardEnvelopeState], ...] = (CardEnvelope, Shredded)


@attrs.frozen(kw_only=True)
class CardErased:
    """The data key of the card of *patient* was destroyed."""

    patient: PatientId
    envelope: EnvelopeId
    at: dt.datetime


def erase_card(state: CardEnvelopeState | None, *, at: dt.datetime) -> CardErased | None:
    """Destroy the key (KEP-2); None where there is none: never made, or destroyed already."""
    if not isinstance(state, CardEnvelope):
        return None
    return CardErased(patient=state.patient, envelope=state.id, at=at)


def evolve_card(_: CardEnvelopeState | None, event: CardErased) -> Shredded:
    """The state after *event*."""
    match event:
        case CardErased():
            return Shredded(patient=event.patient, envelope=event.envelope)
        case _:
            assert_never(event)
