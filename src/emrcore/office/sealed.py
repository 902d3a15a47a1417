"""Values kept sealed under the data key of a person, and opened where needed (STO-3)."""

from emrcore.envelopes import ENVELOPE_STATES, Envelope, EnvelopeState, Sealed
from emrcore.errors import Conflict, Corrupt
from emrcore.office import places
from emrcore.office.desk import Desk
from emrcore.office.sealing import DataKey, Place, envelope_of, new_envelope, open_envelope
from emrcore.office.work import Work
from emrcore.people import PersonId
from emrcore.ports import Key


def keep_sealed(
    desk: Desk, work: Work, person: PersonId, plain: str, *, at: Key, bound: Place
) -> None:
    """Seal *plain* in the envelope of *person* and keep it *at*, in place of what was there."""
    sealed = seal(desk, work, person, plain.encode(), bound)
    work.text(at)
    work.put(at, sealed)


def open_sealed(desk: Desk, work: Work, *, at: Key, bound: Place) -> str | None:
    """What is sealed *at*, or None if nothing is, or it is erased.

    Raises:
        Corrupt: it is not what was kept.
    """
    sealed = work.load(at, Sealed)
    if sealed is None:
        return None
    plain = unseal(desk, work, sealed, bound)
    return None if plain is None else plain.decode()


def seal(desk: Desk, work: Work, person: PersonId, plain: bytes, bound: Place) -> Sealed:
    """*plain* in the envelope of *person*, which *work* expects to be unchanged."""
    return _key_for(desk, work, person).seal(plain, bound, randomness=desk.randomness)


def unseal(desk: Desk, work: Work, sealed: Sealed, bound: Place) -> bytes | None:
    """What is in *sealed*, or None if its envelope is erased.

    Raises:
        Corrupt: it is not what was sealed for that place.
    """
    state = work.load(places.envelope(sealed.person), *ENVELOPE_STATES)
    if state and envelope_of(sealed) in state.erased:
        return None
    if not isinstance(state, Envelope):
        raise Corrupt("an envelope")
    return open_envelope(desk.keys, state).unseal(sealed, bound)


def _key_for(desk: Desk, work: Work, person: PersonId) -> DataKey:
    """The person's data key; a new one is made by a commit of its own, in the person's shard."""
    place = places.envelope(person)
    if not isinstance(work.load(place, *ENVELOPE_STATES), Envelope):
        desk.apart(place.shard, lambda making: _make(desk, making, place, person))
        work.forget(place)
    envelope = work.load(place, *ENVELOPE_STATES)
    if not isinstance(envelope, Envelope):
        raise Conflict("envelope")
    return open_envelope(desk.keys, envelope)


def _make(desk: Desk, work: Work, place: Key, person: PersonId) -> None:
    before: EnvelopeState | None = work.load(place, *ENVELOPE_STATES)
    if not isinstance(before, Envelope):
        erased = before.erased if before else ()
        envelope = new_envelope(desk.keys, desk.randomness, person, erased=erased)
        work.put(place, envelope, due=work.now)
