"""``Storage`` under many callers at once."""
# ruff: noqa: S101 - these are tests

from collections.abc import Sequence
from itertools import chain

from emrcore.journal import breaks
from emrcore.ports import ABSENT, Batch, Key, Shard, Storage
from emrcore.records import Document
from emrcore.testing.contracts.cards import document
from emrcore.testing.contracts.examples import (
    CARD,
    DAY,
    KEY,
    LOGIN,
    NOW,
    PATIENT,
    anew,
    details,
    entry,
    held,
    item,
    refused,
    together,
    waiting,
    write,
)


class ConcurrencyContract:
    """The promises of ``Storage`` that only show when callers meet.

    They are tried in ``rounds`` with up to ``threads`` callers; a subclass may want more.
    """

    threads = 16
    rounds = 20

    def test_of_many_at_one_version_one_wins(self, storage: Storage) -> None:
        """STO-2: its text, its entry and its message are there, and nobody else's."""
        keys = [Key(CARD, "application", str(number)) for number in range(self.rounds)]
        write(storage, *keys)
        winners = [self._winner(storage, key, version=1) for key in keys]
        assert [storage.load(key)[key].version for key in keys] == [2] * self.rounds
        assert details(storage) == ["{}", *winners]
        assert waiting(storage) == winners

    def test_of_many_that_create_one_wins(self, storage: Storage) -> None:
        """STO-2: what is not there yet is created once, in a shard of its own too."""
        for number in range(self.rounds):
            shard = Shard("patient", str(number))
            winner = self._winner(storage, Key(shard, "application", "1"), version=ABSENT)
            assert details(storage, shard) == [winner]

    def test_no_two_commits_break_a_rule_that_each_keeps(self, storage: Storage) -> None:
        """STO-2: of two guardians each may leave while the other stays, so both never do."""
        for shards in ((CARD, CARD), (CARD, LOGIN)):
            for number in range(self.rounds):
                kind = f"{shards[1].kind} guardian"
                pair = [Key(shard, kind, f"{number}-{place}") for place, shard in enumerate(shards)]
                for key in pair:
                    write(storage, key)
                assert _leaving(storage, pair, version=1) == 1

    def test_no_two_commits_rely_on_what_the_other_creates(self, storage: Storage) -> None:
        """STO-2: that a key is absent can be relied on like any version of it."""
        for number in range(self.rounds):
            one, other = Shard("patient", str(number)), Shard("account", str(number))
            assert _leaving(storage, [Key(one, "wish", "1"), Key(one, "wish", "2")], version=0) == 1
            assert _leaving(storage, [Key(one, "a", "1"), Key(other, "b", "1")], version=0) == 1

    def test_a_refused_caller_that_begins_anew_gets_through(self, storage: Storage) -> None:
        """STO-2: so every one of many counts, and each version is given out once."""
        counted = together(lambda _: [_count(storage, KEY) for _ in range(4)], threads=4)
        assert sorted(chain.from_iterable(counted)) == list(range(1, 17))

    def test_entries_stand_in_the_order_of_their_commits(self, storage: Storage) -> None:
        """JRN-1: numbered without a gap, each linked to the one before."""
        together(lambda _: [_count(storage, KEY) for _ in range(4)], threads=4)
        together(lambda number: _alone(storage, number), threads=8)
        links = storage.links(CARD)
        assert [link.number for link in links] == list(range(1, 16 + 8 * 3 + 1))
        assert [link.entry.detail for link in links[:16]] == [str(n) for n in range(1, 17)]
        for number in range(8):
            own = [detail for detail in details(storage) if detail.startswith(f"{number}:")]
            assert own == [f"{number}:{step}" for step in range(3)]
        assert list(breaks(links)) == []

    def test_nobody_sees_half_a_commit(self, storage: Storage) -> None:
        """STO-1: two keys of one shard that are written together are read alike."""
        pair = (KEY, Key(CARD, "application", "2"))
        write(storage, *pair)

        def act(number: int) -> list[bool]:
            if number:
                return [_alike(storage, pair) for _ in range(self.rounds)]
            for version in range(1, self.rounds + 1):
                write(storage, *pair, version=version)
            return [held(storage, *pair) == [("", self.rounds + 1)] * 2]

        assert all(chain.from_iterable(together(act, threads=4)))

    def test_a_message_goes_to_one_worker(self, storage: Storage) -> None:
        """Of many that lease at once; what none took is still there."""
        names = [f"{number:02}" for number in range(40)]
        storage.commit(Batch(shard=CARD, expect={}, outbox=tuple(item(name) for name in names)))

        def lease(_: int) -> list[str]:
            taken = anew(lambda: storage.lease(at=NOW, until=NOW + DAY, limit=5))
            return [one.item.id for one in taken]

        taken = list(chain.from_iterable(together(lease, threads=self.threads)))
        assert sorted(taken + waiting(storage)) == names

    def test_a_document_delivered_many_times_at_once_is_added_once(self, storage: Storage) -> None:
        """REC-3: and so is the entry about it."""
        for number in range(self.rounds // 4):
            delivered = [document(id=f"{number}-{place}") for place in range(3)]
            assert sorted(_deliveries(storage, delivered, threads=8)) == [0] * 7 + [3]
        assert details(storage) == ["added"] * (self.rounds // 4)

    def _winner(self, storage: Storage, key: Key, *, version: int) -> str:
        """The text of the one of many commits to *key* that goes through."""

        def put(number: int) -> bool:
            text = f"{key.shard.id} {key.id} {number}"
            batch = Batch(
                shard=key.shard,
                expect={key: version},
                put={key: text},
                entries=(entry(text),),
                outbox=(item(text, shard=key.shard),),
            )
            return not refused(storage, batch)

        assert together(put, threads=self.threads).count(True) == 1
        return storage.load(key)[key].text


def _deliveries(storage: Storage, documents: Sequence[Document], *, threads: int) -> list[int]:
    """How many of *documents* each of some deliveries of all of them added."""
    return together(
        lambda _: anew(lambda: storage.add(PATIENT, documents, entry("added"))), threads=threads
    )


def _leaving(storage: Storage, pair: Sequence[Key], *, version: int) -> int:
    """How many of two commits go through that each put one of *pair* relying on the other."""

    def leave(number: int) -> bool:
        key = pair[number]
        expect = dict.fromkeys(pair, version)
        return not refused(storage, Batch(shard=key.shard, expect=expect, put={key: "left"}))

    return together(leave, threads=2).count(True)


def _count(storage: Storage, key: Key) -> int:
    """The version of *key* that a commit of this caller's made."""
    while True:
        stored = storage.load(key).get(key)
        version = stored.version if stored else ABSENT
        made = str(version + 1)
        batch = Batch(
            shard=key.shard, expect={key: version}, put={key: made}, entries=(entry(made),)
        )
        if not refused(storage, batch):
            return version + 1


def _alone(storage: Storage, number: int) -> None:
    """Three commits to a key that nobody else touches."""
    key = Key(CARD, "alone", str(number))
    for step in range(3):
        batch = Batch(
            shard=CARD, expect={key: step}, put={key: ""}, entries=(entry(f"{number}:{step}"),)
        )
        while refused(storage, batch):
            pass


def _alike(storage: Storage, pair: Sequence[Key]) -> bool:
    first, second = held(storage, *pair)
    return first == second
