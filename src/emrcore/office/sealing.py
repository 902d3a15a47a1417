"""Identity data at rest: one data key per person, and every value bound to its place.

A blob is ``version(1) algorithm(1) length(1) envelope-id nonce(12) ciphertext-and-tag``. The
associated data holds the place (field, person, record, schema) and the header: a value that is
moved, renamed, of another schema or changed does not open. The key is chosen by the id in the
header and never tried (STO-6): with AES-GCM a ciphertext may open under a key that did not make
it. Byte by byte it is in docs/reference/associated-data.md.
"""

from typing import NewType

import attrs
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from emrcore.envelopes import Envelope, EnvelopeId, Sealed
from emrcore.errors import Corrupt
from emrcore.office.codes import joined
from emrcore.people import PersonId
from emrcore.ports import Keys, Randomness

_VERSION = 1
_AES_256_GCM = 1
_START = 3
_NONCE = 12

Header = NewType("Header", bytes)
"""What a blob begins with: version, algorithm, and the id of its envelope behind its length."""


@attrs.frozen(kw_only=True)
class Place:
    """What a value is bound to: its *field*, the *record* it is of, its own *schema* version."""

    field: str
    record: str
    schema: int = 1


@attrs.frozen(kw_only=True)
class DataKey:
    """The data key of one person, open for use."""

    person: PersonId
    envelope: EnvelopeId
    key: bytes = attrs.field(repr=False)

    def seal(self, plain: bytes, place: Place, *, randomness: Randomness) -> Sealed:
        """*plain* for *place*, under a random nonce of 96 bits.

        These may not come twice under one key; with a key per person they do not: among 10**7
        values two are alike with a probability of 6 * 10**-16.
        """
        nonce = randomness.bytes(_NONCE)
        header = header_of(self.envelope)
        sealed = AESGCM(self.key).encrypt(nonce, plain, self._bound(place, header))
        return Sealed(person=self.person, blob=header + nonce + sealed)

    def unseal(self, sealed: Sealed, place: Place) -> bytes:
        """What was sealed for *place*.

        Raises:
            Corrupt: it was not, or was changed since.
        """
        header, rest = parted(sealed.blob)
        if header != header_of(self.envelope):
            raise Corrupt("sealed data")
        bound = self._bound(place, header)
        try:
            return AESGCM(self.key).decrypt(rest[:_NONCE], rest[_NONCE:], bound)
        except (ValueError, InvalidTag):
            raise Corrupt("sealed data") from None

    def _bound(self, place: Place, header: Header) -> bytes:
        parts = (place.field, self.person, place.record, str(place.schema))
        return joined(b"emrcore/1", *(part.encode() for part in parts), header)


def envelope_of(sealed: Sealed) -> EnvelopeId:
    """Under which envelope *sealed* was made, as its header says.

    Raises:
        Corrupt: it has no header.
    """
    header, _ = parted(sealed.blob)
    return EnvelopeId(header[_START:].decode(errors="replace"))


def new_envelope(
    keys: Keys,
    randomness: Randomness,
    person: PersonId,
    *,
    erased: tuple[EnvelopeId, ...] = (),
) -> Envelope:
    """An envelope for *person* with a fresh data key, wrapped by the current master key."""
    key = DataKey(
        person=person, envelope=EnvelopeId(randomness.bytes(16).hex()), key=randomness.bytes(32)
    )
    wrapped = keys.wrap(key.key, _context(person, key.envelope))
    return Envelope(person=person, id=key.envelope, wrapped=wrapped, erased=erased)


def open_envelope(keys: Keys, envelope: Envelope) -> DataKey:
    """The data key in *envelope*.

    Raises:
        Corrupt: it is another's, or was changed.
        Unavailable: the master key is not here.
    """
    key = keys.unwrap(envelope.wrapped, _context(envelope.person, envelope.id))
    return DataKey(person=envelope.person, envelope=envelope.id, key=key)


def rewrapped(keys: Keys, envelope: Envelope) -> Envelope:
    """The same data key, wrapped by the current master key: nothing sealed with it changes.

    Raises:
        Corrupt: as ``open_envelope``.
        Unavailable: as ``open_envelope``.
    """
    key = open_envelope(keys, envelope).key
    wrapped = keys.wrap(key, _context(envelope.person, envelope.id))
    return attrs.evolve(envelope, wrapped=wrapped)


def _context(person: PersonId, envelope: EnvelopeId) -> bytes:
    return joined(b"emrcore/1", b"envelope", person.encode(), envelope.encode())


def header_of(envelope: EnvelopeId) -> Header:
    """What a blob sealed under *envelope* begins with."""
    name = envelope.encode()
    return Header(bytes([_VERSION, _AES_256_GCM, len(name)]) + name)


def parted(blob: bytes) -> tuple[Header, bytes]:
    """The header of *blob*, and what stands behind it.

    Raises:
        Corrupt: it has none.
    """
    if len(blob) < _START or blob[:2] != bytes([_VERSION, _AES_256_GCM]):
        raise Corrupt("sealed data")
    end = _START + blob[2]
    return Header(blob[:end]), blob[end:]
