"""Whose identity data is kept under which data key, and what is left when it is erased."""

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
    "ENVELOPE_STATES",
    "Envelope",
    "EnvelopeId",
    "EnvelopeState",
    "Erased",
    "PapersShown",
    "PersonErased",
    "Sealed",
    "erase",
    "evolve",
]
