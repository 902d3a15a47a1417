"""What a host lends from its surroundings: time, randomness, keys."""

import datetime as dt
from typing import Protocol


class Clock(Protocol):
    """Tells the time."""

    def now(self) -> dt.datetime:
        """The moment, aware."""
        ...


class Randomness(Protocol):
    """A source that nobody can predict."""

    def bytes(self, number: int) -> bytes:
        """*number* random bytes."""
        ...


class Keys(Protocol):
    """Key material that never leaves where it is kept."""

    def derive(self, use: str, context: bytes) -> bytes:
        """32 bytes that only this *use* and *context* give."""
        ...

    def wrap(self, key: bytes, context: bytes) -> bytes:
        """*key* encrypted, bound to *context*."""
        ...

    def unwrap(self, wrapped: bytes, context: bytes) -> bytes:
        """What was wrapped for *context*.

        Raises:
            Corrupt: it was not, or was changed since.
            Unavailable: the key it was wrapped with is not here.
        """
        ...
