"""The data key of one card: how documents are sealed under it, and opened again."""

import hmac

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
    nonces: bytes = attrs.field(repr=False)

    def seal(self, document: Document) -> Document:
        """*document* with its title and body as one sealed blob in place of the body.

        The nonce is synthetic (RFC 5297): a MAC of all that is sealed and of what it is bound to.
        So the same content of the same document is the same blob, and a store that cannot read it
        still knows that nothing was corrected; two contents have the same 96 bits with a
        probability of 6 * 10**-16 in 10**7.
        """
        title, bound = document.title.encode(), self._bound(document)
        plain = len(title).to_bytes(_LENGTH, "big") + title + document.body
        nonce = hmac.digest(self.nonces, joined(bound, plain), "sha256")[:_NONCE]
        sealed = self.cipher.encrypt(nonce, plain, bound)
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
    key = keys.unwrap(envelope.wrapped, _context(envelope.patient, envelope.id))
    return CardKey(
        patient=envelope.patient,
        header=header_of(envelope.id),
        cipher=AESGCM(key),
        nonces=hmac.digest(key, b"emrcore/1 nonce", "sha256"),
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
