"""Where messages wait, and how a worker takes them."""

import datetime as dt
import enum
from typing import Protocol

import attrs

from emrcore.ports.store import OutboxItem


class Fate(enum.StrEnum):
    """What became of an item; all but ``RETRY`` are final."""

    SENT = "sent"
    DROPPED = "dropped"
    DEAD = "dead"
    RETRY = "retry"


@attrs.frozen(kw_only=True)
class Leased:
    """An item a worker holds; ``attempt`` counts its leases from 1 and fences off older ones."""

    item: OutboxItem
    attempt: int


class Outbox(Protocol):
    """Hands out what commits have put in. An item leaves once per lease."""

    def lease(self, *, at: dt.datetime, until: dt.datetime, limit: int) -> tuple[Leased, ...]:
        """Take up to *limit* waiting items, oldest first; they wait again from *until* on.

        Raises:
            Conflict: another worker takes them; nothing was taken.
        """
        ...

    def settle(self, leased: Leased, fate: Fate) -> bool:
        """Say what became of *leased*; False, and no effect, if the lease is no longer held."""
        ...
