"""The envelope of one person: the data key of all identity data about them, kept wrapped.

It is the person's and not the account's, since passport, policy and phone are facts about a human:
whoever has two accounts is erased by one act, and no account can be forgotten.

::

    (nothing) --a key is made--> Envelope --PersonErased--> Erased --a key is made--> Envelope

Making a key is no event: an event is in the journal for ever, and the key must not be.
"""

import datetime as dt
from typing import NewType, assert_never

import attrs

from emrcore.people import AccountId, PersonId

EnvelopeId = NewType("EnvelopeId", str)
"""Names a data key: a person whose data was erased gets another one."""


@attrs.frozen(kw_only=True)
class Envelope:
    """The wrapped data key of *person*; ``erased`` are the envelopes before it."""

    person: PersonId
    id: EnvelopeId
    wrapped: bytes = attrs.field(repr=False)
    erased: tuple[EnvelopeId, ...] = ()


@attrs.frozen(kw_only=True)
class Erased:
    """The identity data of *person* cannot be read any more: its keys are destroyed."""

    person: PersonId
    erased: tuple[EnvelopeId, ...]


EnvelopeState = Envelope | Erased
ENVELOPE_STATES: tuple[type[EnvelopeState], ...] = (Envelope, Erased)


@attrs.frozen(kw_only=True)
class Sealed:
    """Identity data of *person*, encrypted; the blob names its envelope in its header."""

    person: PersonId
    blob: bytes = attrs.field(repr=False)


@attrs.frozen(kw_only=True)
class PersonErased:
    """The data key of *person* was destroyed."""

    person: PersonId
    envelope: EnvelopeId
    at: dt.datetime


@attrs.frozen(kw_only=True)
class PapersShown:
    """An operator saw the papers of one application; nothing changes by it."""

    account: AccountId
    application: str
    at: dt.datetime


def erase(state: EnvelopeState | None, *, at: dt.datetime) -> PersonErased | None:
    """Destroy the key (STO-5); None where there is none: never made, or destroyed already."""
    if not isinstance(state, Envelope):
        return None
    return PersonErased(person=state.person, envelope=state.id, at=at)


def evolve(state: EnvelopeState | None, event: PersonErased) -> Erased:
    """The state after *event*."""
    match event:
        case PersonErased():
            before = state.erased if state else ()
            return Erased(person=event.person, erased=(*before, event.envelope))
        case _:
            assert_never(event)
