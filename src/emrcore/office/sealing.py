"""Identity data at rest: one key per account, and every value bound to its place.

A sealed value is ``version(1) nonce(12) ciphertext`` under AES-256-GCM. The associated data is
``"emrcore/1"``, the field, the account and the record, each behind its length: a value that is
moved, renamed or changed does not open. The account's key is kept wrapped by the host's ``Keys``;
destroying it erases all of the account's.
"""

import base64

import attrs
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from emrcore.errors import Corrupt
from emrcore.office.codes import joined
from emrcore.people import AccountId
from emrcore.ports import Keys, Randomness

_VERSION = b"\x01"
_NONCE = 12


@attrs.frozen(kw_only=True)
class Envelope:
    """The data key of one account, open for use."""

    account: AccountId
    key: bytes = attrs.field(repr=False)

    def seal(self, plain: str, *, field: str, record: str, nonce: bytes) -> str:
        """*plain* as sealed base64 text; *nonce* is 12 random bytes, used once."""
        sealed = AESGCM(self.key).encrypt(nonce, plain.encode(), self._place(field, record))
        return base64.b64encode(_VERSION + nonce + sealed).decode()

    def unseal(self, text: str, *, field: str, record: str) -> str:
        """What was sealed as *field* of *record*.

        Raises:
            Corrupt: it was not, or was changed since.
        """
        try:
            raw = base64.b64decode(text, validate=True)
            if raw[:1] != _VERSION:
                raise Corrupt(f"a sealed {field}")
            nonce, sealed = raw[1 : 1 + _NONCE], raw[1 + _NONCE :]
            return AESGCM(self.key).decrypt(nonce, sealed, self._place(field, record)).decode()
        except (ValueError, InvalidTag):
            raise Corrupt(f"a sealed {field}") from None

    def _place(self, field: str, record: str) -> bytes:
        return joined(b"emrcore/1", field.encode(), self.account.encode(), record.encode())


def new_envelope(keys: Keys, randomness: Randomness, account: AccountId) -> tuple[Envelope, str]:
    """A fresh envelope for *account*, and its wrapped key as base64 text to be kept."""
    key = randomness.bytes(32)
    wrapped = keys.wrap(key, joined(b"envelope", account.encode()))
    return Envelope(account=account, key=key), base64.b64encode(wrapped).decode()


def open_envelope(keys: Keys, account: AccountId, wrapped: str) -> Envelope:
    """The envelope of *account* from its wrapped key.

    Raises:
        Corrupt: it is another's, or was changed.
        Unavailable: the host's key is not here.
    """
    try:
        raw = base64.b64decode(wrapped, validate=True)
    except ValueError:
        raise Corrupt("an envelope") from None
    return Envelope(account=account, key=keys.unwrap(raw, joined(b"envelope", account.encode())))
