"""Keys derived and wrapped under master keys that this process holds (``cryptography``)."""

from collections.abc import Mapping

import attrs
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from emrcore.errors import Corrupt, Unavailable
from emrcore.ports import Randomness

_NONCE = 12
_SIZE = 32


@attrs.frozen(kw_only=True)
class LocalKeys:
    """Master keys of 32 bytes by id; ``current`` names the one that new things use.

    A wrapped key is ``len(id) id nonce(12) ciphertext`` under AES-256-GCM: the master is chosen
    by the id, never by trial. Old masters stay for as long as anything is wrapped with them.
    """

    masters: Mapping[str, bytes] = attrs.field(repr=False)
    current: str
    randomness: Randomness = attrs.field(repr=False)

    def __attrs_post_init__(self) -> None:
        """Refuse masters of the wrong size, and a current one that is not there."""
        if self.current not in self.masters:
            raise ValueError("the current master key is missing")
        if any(len(master) != _SIZE for master in self.masters.values()):
            raise ValueError(f"a master key has {_SIZE} bytes")
        if any(not 0 < len(name.encode()) < 256 for name in self.masters):  # noqa: PLR2004
            raise ValueError("the id of a master key has 1 to 255 bytes")

    def derive(self, use: str, context: bytes, *, key: str) -> bytes:
        """See ``Keys.derive``."""
        if key not in self.masters:
            raise Unavailable("a master key")
        info = len(use.encode()).to_bytes(4, "big") + use.encode() + context
        return HKDF(algorithm=SHA256(), length=_SIZE, salt=None, info=info).derive(
            self.masters[key]
        )

    def wrap(self, key: bytes, context: bytes) -> bytes:
        """See ``Keys.wrap``."""
        name = self.current.encode()
        nonce = self.randomness.bytes(_NONCE)
        sealed = AESGCM(self.derive("wrap", b"", key=self.current)).encrypt(nonce, key, context)
        return bytes([len(name)]) + name + nonce + sealed

    def unwrap(self, wrapped: bytes, context: bytes) -> bytes:
        """See ``Keys.unwrap``."""
        end = 1 + (wrapped[0] if wrapped else 0)
        name = wrapped[1:end].decode(errors="replace")
        nonce, sealed = wrapped[end : end + _NONCE], wrapped[end + _NONCE :]
        try:
            return AESGCM(self.derive("wrap", b"", key=name)).decrypt(nonce, sealed, context)
        except (InvalidTag, ValueError):
            raise Corrupt("a wrapped key") from None
