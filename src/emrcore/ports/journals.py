"""Where the journal is read."""

from collections.abc import Sequence
from typing import Protocol

from emrcore.journal import Link
from emrcore.ports.store import Shard


class Journal(Protocol):
    """Reads the journal that commits have written. Nothing writes to it any other way."""

    def links(self, shard: Shard, *, after: int = 0, limit: int = 1000) -> Sequence[Link]:
        """The links of *shard* numbered above *after*, in order, at most *limit*."""
        ...
