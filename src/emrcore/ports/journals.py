"""Where the journal is read, and given up when its time is over."""

from collections.abc import Sequence
from typing import Protocol

from emrcore.journal import Head, Link, Shard


class Journal(Protocol):
    """Reads the journal that commits have written. Nothing writes to it any other way."""

    def links(self, shard: Shard, *, after: int = 0, limit: int = 1000) -> Sequence[Link]:
        """The links of *shard* numbered above *after*, in order, at most *limit*."""
        ...

    def heads(self, *, after: Shard | None = None, limit: int = 1000) -> Sequence[Head]:
        """The last link of each shard that has any, in the order of the shards, at most *limit*.

        Of the shards behind *after*; each is as it was at some moment of the call.
        """
        ...

    def trim(self, shard: Shard, *, upto: int) -> None:
        """Give up the links of *shard* to number *upto* inclusive, but never its last (JRN-9)."""
        ...
