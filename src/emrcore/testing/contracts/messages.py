"""``Outbox``: what waits, who holds it, and what became of it."""
# ruff: noqa: S101 - these are tests

import attrs

from emrcore.ports import Batch, Fate, Leased, Storage
from emrcore.testing.contracts.examples import CARD, DAY, LOGIN, NOW, TICK, UNEVEN, item, waiting

_LATER = NOW + DAY


def _queue(storage: Storage, *names: str) -> None:
    items = tuple(item(name) for name in names)
    storage.commit(Batch(shard=CARD, expect={}, outbox=items))


def _lease(storage: Storage) -> Leased:
    (one,) = storage.lease(at=NOW, until=_LATER, limit=1)
    return one


class OutboxContract:
    """The promises of ``Outbox``."""

    def test_a_message_comes_as_it_was_put(self, storage: Storage) -> None:
        """From every shard; an id is one within its own."""
        items = [
            attrs.evolve(item(text, shard=shard), kind=text, reference=text, not_after=NOW + TICK)
            for text in UNEVEN
            for shard in (CARD, LOGIN)
        ]
        for one in items:
            storage.commit(Batch(shard=one.shard, expect={}, outbox=(one,)))
        leased = storage.lease(at=NOW, until=_LATER, limit=100)
        assert [one.item for one in leased] == items
        assert {one.attempt for one in leased} == {1}

    def test_the_oldest_leave_first(self, storage: Storage) -> None:
        """In the order of their commits and, within one, of the batch; at most so many."""
        _queue(storage, "3", "1")
        _queue(storage, "2")
        assert [one.item.id for one in storage.lease(at=NOW, until=_LATER, limit=2)] == ["3", "1"]
        assert waiting(storage) == ["2"]

    def test_what_is_leased_waits_again_from_until_on(self, storage: Storage) -> None:
        """Not before; at the old place, and counted as another attempt."""
        _queue(storage, "1", "2")
        first = _lease(storage)
        assert waiting(storage) == ["2"]
        assert storage.lease(at=_LATER - TICK, until=_LATER, limit=10) == ()
        again = storage.lease(at=_LATER, until=_LATER + DAY, limit=1)
        assert again == (attrs.evolve(first, attempt=2),)

    def test_what_has_found_its_fate_never_leaves_again(self, storage: Storage) -> None:
        """And its fate is told once."""
        for fate in (Fate.SENT, Fate.DROPPED, Fate.DEAD):
            _queue(storage, fate)
            leased = _lease(storage)
            assert storage.settle(leased, fate)
            for other in Fate:
                assert not storage.settle(leased, other)
        assert storage.lease(at=_LATER + DAY, until=_LATER + 2 * DAY, limit=10) == ()

    def test_what_is_to_be_tried_again_waits_until_its_lease_ends(self, storage: Storage) -> None:
        """It is still held, and may find its fate yet."""
        _queue(storage, "1")
        leased = _lease(storage)
        assert storage.settle(leased, Fate.RETRY)
        assert waiting(storage) == []
        assert storage.settle(leased, Fate.RETRY)
        (again,) = storage.lease(at=_LATER, until=_LATER + DAY, limit=1)
        assert storage.settle(again, Fate.SENT)

    def test_whoever_lost_the_lease_decides_nothing(self, storage: Storage) -> None:
        """Neither that it was sent nor that it was not."""
        _queue(storage, "1")
        lost = _lease(storage)
        (held,) = storage.lease(at=_LATER, until=_LATER + DAY, limit=1)
        for fate in Fate:
            assert not storage.settle(lost, fate)
        assert storage.settle(held, Fate.SENT)
        assert not storage.settle(lost, Fate.RETRY)
