"""Where checkpoints are kept, out of reach of whoever can write the database; and their key."""

from collections.abc import Iterator
from typing import Protocol

from emrcore.journal import Sealed


class CheckpointSink(Protocol):
    """Keeps what it was given, for good. Every method may raise ``Unavailable`` and ``Corrupt``."""

    def append(self, sealed: Sealed) -> None:
        """Keep *sealed* durably: all of it or nothing, and only behind the one before it.

        Raises:
            Conflict: the last one kept has another number than the one before.
        """
        ...

    def last(self) -> Sealed | None:
        """The one kept last."""
        ...

    def read(self) -> Iterator[Sealed]:
        """All of them, the first first, one at a time."""
        ...


class Verifier(Protocol):
    """The public half of an Ed25519 key; ``origin`` names the log it signs for."""

    @property
    def origin(self) -> str:
        """The name of the key, and the first line of every checkpoint."""
        ...

    @property
    def public(self) -> bytes:
        """The 32 bytes of the public key."""
        ...

    def check(self, message: bytes, signature: bytes) -> bool:
        """Whether *signature* over *message* is this key's."""
        ...


class Signer(Verifier, Protocol):
    """The whole key."""

    def sign(self, message: bytes) -> bytes:
        """The 64 bytes of the signature over *message*.

        Raises:
            Unavailable: the key is not here.
        """
        ...
