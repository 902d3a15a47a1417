"""The journal: one chain a shard, whole, and never going back in time."""

from collections.abc import Callable
from itertools import pairwise

from emrcore.errors import Corrupt, StoreError
from emrcore.journal import breaks
from emrcore.testing.invariants.evidence import Evidence, Violation


def check_i8(evidence: Evidence) -> list[Violation]:
    """I8: time never goes back along a chain, whatever the clocks do."""
    return [
        Violation(invariant="I8", where=shard.id, what=f"link {later.number} is before the last")
        for shard in evidence.shards
        for earlier, later in pairwise(evidence.links(shard))
        if later.entry.at < earlier.entry.at
    ]


def check_i9(evidence: Evidence) -> list[Violation]:
    """I9: every link covers the one before it, and the chain is recomputed from its first link."""
    return [
        Violation(invariant="I9", where=f"{shard.id} link {one.number}", what=one.what)
        for shard in evidence.shards
        for one in breaks(evidence.links(shard))
    ]


def check_i29(verify: Callable[[], object]) -> list[Violation]:
    """I29: what stands beside the journal is as it was written, by the store's own account.

    *verify* reads all of the store and raises ``Corrupt`` if a row or a journal is not, as
    ``emrcore.adapters.sql.verify`` does.
    """
    try:
        verify()
    except Corrupt as corrupt:
        return [Violation(invariant="I29", where="the store", what=corrupt.what)]
    return []


def check_i34(read: Callable[[], object]) -> list[Violation]:
    """I34: while nothing can be written, what is there can be *read*."""
    try:
        read()
    except StoreError as error:
        return [Violation(invariant="I34", where="the store", what=type(error).__name__)]
    return []
