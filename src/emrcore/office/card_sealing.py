"""The data key of one card: how documents are sealed under it, and opened again."""

import attrs
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from emrcore.envelopes import CardEnvelope, EnvelopeId
from emrcore.errors import Corrupt
from emrcore.office.codes import joined
from emrcore.office.sealing import Header, header_of
from emrcore.people import PatientId
from emrcore.ports import Keys, Randomness
from emrcore.records import Document

_NONCE = 12
_LENGTH = 4
_SCHEMA = b"1"


@attrs.frozen(kw_only=True)
class CardKey:
    """The data key of the card of *patient*, open for use under the *header* of its blobs."""

    patient: PatientId
    header: Header = attrs.field(repr=False)
    cipher: AESGCM = attrs.field(repr=False)

    def seal(self, document: Document, *, randomness: Randomness) -> Document:
        """*document* with its title and body as one sealed blob in place of the body.

        The nonce is random, of 96 bits. Of 10**7 documents of one card two would have the same with
        a probability of 6 * 10**-16.
        """
        title, nonce = document.title.encode(), randomness.bytes(_NONCE)
        plain = len(title).to_bytes(_LENGTH, "big") + title + document.body
        sealed = self.cipher.encrypt(nonce, plain, self._bound(document))
        return attrs.evolve(document, title="", body=self.header + nonce + sealed)

    def open(self, document: Document) -> Document:
        """The document that was sealed.

        Raises:
            Corrupt: it is not what was sealed as this document of this card.
        """
        plain = None if document.title else self._decrypted(document)
        if plain is None:
            name = f"{document.source}/{document.id}"
            raise Corrupt(f"the document {name} of the card {self.patient}")
        end = _LENGTH + int.from_bytes(plain[:_LENGTH], "big")
        return attrs.evolve(document, title=plain[_LENGTH:end].decode(), body=plain[end:])

    def _decrypted(self, document: Document) -> bytes | None:
        blob, start = document.body, len(self.header)
        nonce, sealed = blob[start : start + _NONCE], blob[start + _NONCE :]
        if not blob.startswith(self.header):
            return None
        try:
            return self.cipher.decrypt(nonce, sealed, self._bound(document))
        except (ValueError, InvalidTag):
            return None

    def _bound(self, document: Document) -> bytes:
        parts = (self.patient.encode(), document.source.encode(), document.id.encode())
        return joined(b"emrcore/1", b"document", *parts, _SCHEMA, self.header)


def new_card_envelope(keys: Keys, randomness: Randomness, patient: PatientId) -> CardEnvelope:
    """An envelope for the card of *patient*: a fresh data key, wrapped by the current master."""
    envelope, key = EnvelopeId(randomness.bytes(16).hex()), randomness.bytes(32)
    wrapped = keys.wrap(key, _context(patient, envelope))
    return CardEnvelope(patient=patient, id=envelope, wrapped=wrapped)


def open_card(keys: Keys, envelope: CardEnvelope) -> CardKey:
    """The data key in *envelope*.

    Raises:
        Corrupt: it is another card's, or was changed.
        Unavailable: the master key is not here.
    """
    return CardKey(
        patient=envelope.patient,
        header=header_of(envelope.id),
        cipher=AESGCM(keys.unwrap(envelope.wrapped, _context(envelope.patient, envelope.id))),
    )


def rewrapped_card(keys: Keys, envelope: CardEnvelope) -> CardEnvelope:
    """The same data key, wrapped by the current master: no document changes.

    Raises:
        Corrupt: as ``open_card``.
        Unavailable: as ``open_card``.
    """
    context = _context(envelope.patient, envelope.id)
    key = keys.unwrap(envelope.wrapped, context)
    return attrs.evolve(envelope, wrapped=keys.wrap(key, context))


def _context(patient: PatientId, envelope: EnvelopeId) -> bytes:
    return joined(b"emrcore/1", b"card-envelope", patient.encode(), envelope.encode())
