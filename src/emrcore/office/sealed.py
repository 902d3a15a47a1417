"""Sealed values of an account: kept, and opened again, at their place."""

from emrcore.errors import Corrupt
from emrcore.office import places
from emrcore.office.desk import Desk
from emrcore.office.sealing import Envelope, new_envelope, open_envelope
from emrcore.office.work import Work
from emrcore.people import AccountId
from emrcore.ports import Key


def keep_sealed(
    desk: Desk, work: Work, account: AccountId, place: Key, plain: str, *, field: str
) -> None:
    """Seal *plain* as *field* at *place*, in place of what was there."""
    envelope = own_envelope(desk, work, account)
    sealed = envelope.seal(plain, field=field, record=place.id, nonce=desk.randomness.bytes(12))
    work.text(place)
    work.put_text(place, sealed)


def sealed_text(desk: Desk, work: Work, account: AccountId, place: Key, *, field: str) -> str:
    """What is sealed as *field* at *place*.

    Raises:
        Corrupt: nothing is, or it was changed.
    """
    wrapped, text = work.text(places.envelope(account)), work.text(place)
    if wrapped is None or text is None:
        raise Corrupt(f"a sealed {field}")
    return open_envelope(desk.keys, account, wrapped).unseal(text, field=field, record=place.id)


def own_envelope(desk: Desk, work: Work, account: AccountId) -> Envelope:
    """The envelope of *account*, made now if it has none."""
    place = places.envelope(account)
    wrapped = work.text(place)
    if wrapped is not None:
        return open_envelope(desk.keys, account, wrapped)
    envelope, wrapped = new_envelope(desk.keys, desk.randomness, account)
    work.put_text(place, wrapped)
    return envelope
