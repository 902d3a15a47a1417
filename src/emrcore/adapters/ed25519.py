"""Keys that sign checkpoints: Ed25519, in PEM as ``openssl`` makes them (``cryptography``)."""

import attrs
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    load_pem_private_key,
    load_pem_public_key,
)


@attrs.frozen(kw_only=True)
class Ed25519Verifier:
    """A public key by the name of the log it signs for; see ``Verifier``."""

    origin: str
    public: bytes

    @classmethod
    def from_pem(cls, pem: bytes, *, origin: str) -> "Ed25519Verifier":
        """The key in *pem*, from ``openssl pkey -pubout``.

        Raises:
            ValueError: it is not a public Ed25519 key.
        """
        key = load_pem_public_key(pem)
        if not isinstance(key, Ed25519PublicKey):
            raise ValueError("not an Ed25519 key")  # noqa: TRY004 - what is wrong is the file
        return cls(origin=origin, public=key.public_bytes_raw())

    def check(self, message: bytes, signature: bytes) -> bool:
        """See ``Verifier.check``."""
        try:
            Ed25519PublicKey.from_public_bytes(self.public).verify(signature, message)
        except InvalidSignature:
            return False
        return True


@attrs.frozen(kw_only=True)
class Ed25519Signer:
    """A key by the name of the log it signs for; see ``Signer``."""

    origin: str
    private: Ed25519PrivateKey = attrs.field(repr=False)

    @classmethod
    def from_pem(cls, pem: bytes, *, origin: str) -> "Ed25519Signer":
        """The key in *pem*, from ``openssl genpkey -algorithm ed25519``.

        Raises:
            ValueError: it is not a private Ed25519 key without a password.
        """
        try:
            key = load_pem_private_key(pem, password=None)
        except TypeError:
            raise ValueError("the key has a password") from None
        if not isinstance(key, Ed25519PrivateKey):
            raise ValueError("not an Ed25519 key")  # noqa: TRY004 - what is wrong is the file
        return cls(origin=origin, private=key)

    @property
    def public(self) -> bytes:
        """See ``Verifier.public``."""
        return self.private.public_key().public_bytes_raw()

    def check(self, message: bytes, signature: bytes) -> bool:
        """See ``Verifier.check``."""
        return Ed25519Verifier(origin=self.origin, public=self.public).check(message, signature)

    def sign(self, message: bytes) -> bytes:
        """See ``Signer.sign``."""
        return self.private.sign(message)
