"""Whose identity data is kept under which data key, and what is left when it is erased."""

from emrcore.envelopes.card import (
    CARD_ENVELOPE_STATES,
    CardEnvelope,
    CardEnvelopeState,
    CardErased,
    Shredded,
    erase_card,
    evolve_card,
)
from emrcore.envelopes.envelope import (
    ENVELOPE_STATES,
    Envelope,
    EnvelopeId,
    EnvelopeState,
    Erased,
    PapersShown,
    PersonErased,
    Sealed,
    erase,
    evolve,
)

__all__ = [
    "CARD_ENVELOPE_STATES",
    "ENVELOPE_STATES",
    "CardEnvelope",
    "CardEnvelopeState",
    "CardErased",
    "Envelope",
    "EnvelopeId",
    "EnvelopeState",
    "Erased",
    "PapersShown",
    "PersonErased",
    "Sealed",
    "Shredded",
    "erase",
    "erase_card",
    "evolve",
    "evolve_card",
]
