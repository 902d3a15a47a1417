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
    """Key material that never leaves where it is kept: master keys, each known by its id."""

    @property
    def current(self) -> str:
        """The id of the master key that new things use."""
        ...

    def derive(self, use: str, context: bytes, *, key: str) -> bytes:
        """32 bytes that only this *use* and *context* under the master *key* give.

        Raises:
            Unavailable: that master key is not here.
        """
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
