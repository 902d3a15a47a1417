"""``Store``: what is kept, and how it changes."""
# ruff: noqa: S101 - these are tests

import datetime as dt

from emrcore.people import AccountId, PatientId
from emrcore.ports import Batch, Key, Shard, Storage
from emrcore.testing.contracts.examples import (
    CARD,
    DAY,
    KEY,
    LOGIN,
    NOW,
    TICK,
    UNEVEN,
    details,
    entry,
    held,
    item,
    refused,
    waiting,
    write,
)

_OTHER = Key(CARD, "application", "2")
_ACCOUNT = Key(LOGIN, "session", "1")


def _due(storage: Storage, before: dt.datetime, limit: int = 100) -> list[str]:
    return [key.id for key in storage.due("application", before, limit)]


class StoreContract:
    """The promises of ``Store``, one caller at a time."""

    def test_a_key_holds_nothing_at_first(self, storage: Storage) -> None:
        """Nor does asking for no key at all give one."""
        assert storage.load(KEY) == {}
        assert storage.load() == {}

    def test_a_commit_is_all_there(self, storage: Storage) -> None:
        """STO-1: state, entry and message."""
        storage.commit(
            Batch(
                shard=CARD,
                expect={KEY: 0, _OTHER: 0},
                put={KEY: "one", _OTHER: "two"},
                entries=(entry("1"), entry("2")),
                outbox=(item("a"), item("b")),
            )
        )
        assert held(storage, KEY, _OTHER) == [("one", 1), ("two", 1)]
        assert details(storage) == ["1", "2"]
        assert waiting(storage) == ["a", "b"]

    def test_a_refused_commit_leaves_no_trace(self, storage: Storage) -> None:
        """STO-1: neither what stands before the stale key in the batch nor what stands after."""
        write(storage, KEY, text="one")
        for keys in ((KEY, _OTHER), (_OTHER, KEY)):
            batch = Batch(
                shard=CARD,
                expect=dict.fromkeys(keys, 0),
                put=dict.fromkeys(keys, "new"),
                due=dict.fromkeys(keys, NOW),
                entries=(entry("new"),),
                outbox=(item("new"),),
            )
            assert refused(storage, batch)
        assert held(storage, KEY, _OTHER) == [("one", 1), None]
        assert details(storage) == ["{}"]
        assert waiting(storage) == []
        assert _due(storage, NOW + DAY) == []

    def test_versions_count_from_1_and_none_comes_again(self, storage: Storage) -> None:
        """STO-2: not even after a refused commit, or when the text comes again."""
        for version in range(5):
            write(storage, KEY, text="same", version=version)
            assert held(storage, KEY) == [("same", version + 1)]
            stale = Batch(shard=CARD, expect={KEY: version}, put={KEY: "stale"})
            assert refused(storage, stale)

    def test_only_the_version_that_is_there_goes_through(self, storage: Storage) -> None:
        """STO-2: neither an older one nor one yet to come."""
        write(storage, KEY)
        write(storage, KEY, version=1)
        for version in (0, 1, 3):
            assert refused(storage, Batch(shard=CARD, expect={KEY: version}, put={KEY: "x"})), (
                version
            )
        assert not refused(storage, Batch(shard=CARD, expect={KEY: 2}, put={KEY: "x"}))

    def test_a_key_that_is_only_read_counts_too(self, storage: Storage) -> None:
        """STO-2: in the same shard and in another; present, changed or absent."""
        for number, read in enumerate((_OTHER, _ACCOUNT)):
            put = Key(CARD, "decision", str(number))

            def decided(version: int, *, put: Key = put, read: Key = read) -> Batch:
                return Batch(shard=CARD, expect={put: 0, read: version}, put={put: "x"})

            assert refused(storage, decided(1))
            write(storage, read)
            assert refused(storage, decided(0))
            write(storage, read, version=1)
            assert refused(storage, decided(1))
            assert held(storage, put, read) == [None, ("", 2)]
            assert not refused(storage, decided(2))
            assert held(storage, put, read) == [("x", 1), ("", 2)]

    def test_what_was_absent_when_read_must_still_be(self, storage: Storage) -> None:
        """STO-2: and reading it does not make it be."""
        for read in (_OTHER, _ACCOUNT):
            put = Key(CARD, "decision", read.kind)
            assert not refused(storage, Batch(shard=CARD, expect={put: 0, read: 0}, put={put: "x"}))
            assert storage.load(read) == {}
            assert storage.find(read.shard, read.kind) == {}
            write(storage, read)
            assert held(storage, read) == [("", 1)]

    def test_a_commit_may_write_no_state(self, storage: Storage) -> None:
        """An entry about a view is one; it is refused like any other."""
        write(storage, KEY)
        assert not refused(storage, Batch(shard=CARD, expect={KEY: 1}, entries=(entry("seen"),)))
        assert refused(storage, Batch(shard=CARD, expect={KEY: 0}, entries=(entry("unseen"),)))
        assert held(storage, KEY) == [("", 1)]
        assert details(storage) == ["{}", "seen"]

    def test_any_text_is_kept_as_it_is(self, storage: Storage) -> None:
        """Under any name, at any length."""
        for text in (*UNEVEN, "\n\t\\", "x" * 100_000):
            key = Key(Shard("patient", text[:50]), text[:50], text[:50])
            write(storage, key, text=text)
            assert held(storage, key) == [(text, 1)]

    def test_keys_of_many_shards_are_loaded_at_once(self, storage: Storage) -> None:
        """Each with what it holds; those that hold nothing are not in the answer."""
        same = Shard.of_account(AccountId(CARD.id))
        keys = [KEY, _OTHER, _ACCOUNT, Key(same, KEY.kind, KEY.id)]
        for number, key in enumerate(keys):
            write(storage, key, text=str(number))
        absent = Key(LOGIN, KEY.kind, KEY.id)
        assert held(storage, *keys, absent) == [("0", 1), ("1", 1), ("2", 1), ("3", 1), None]

    def test_find_gives_one_kind_of_one_shard_by_id(self, storage: Storage) -> None:
        """In the order of code points."""
        for text in UNEVEN:
            write(storage, Key(CARD, "application", text), text=text)
        write(storage, Key(CARD, "decision", "0"))
        write(storage, Key(LOGIN, "application", "0"))
        found = storage.find(CARD, "application")
        assert [key.id for key in found] == sorted(UNEVEN)
        assert [one.text for one in found.values()] == sorted(UNEVEN)
        assert storage.find(CARD, "none") == {}

    def test_what_is_due_comes_earliest_first(self, storage: Storage) -> None:
        """Before a moment and not at it, at most so many, of one kind, from every shard."""
        moscow = dt.timezone(3 * dt.timedelta(hours=1))
        moments = {
            "1": NOW - 400 * DAY,
            "2": NOW - TICK,
            "3": NOW.astimezone(moscow),
            "4": NOW + TICK,
        }
        for identifier, at in reversed(moments.items()):
            shard = Shard.of_patient(PatientId(identifier))
            key, other = Key(shard, "application", identifier), Key(shard, "decision", "0")
            storage.commit(
                Batch(
                    shard=shard,
                    expect={key: 0, other: 0},
                    put={key: "", other: ""},
                    due={key: at, other: NOW - DAY},
                )
            )
        assert _due(storage, NOW) == ["1", "2"]
        assert _due(storage, NOW + TICK) == ["1", "2", "3"]
        assert _due(storage, NOW + DAY, limit=2) == ["1", "2"]

    def test_what_is_due_is_as_the_latest_commit_said(self, storage: Storage) -> None:
        """Another moment, or none."""
        for version, due in enumerate(({KEY: NOW}, {KEY: NOW + DAY}, {})):
            batch = Batch(shard=CARD, expect={KEY: version}, put={KEY: ""}, due=due)
            storage.commit(batch)
            assert _due(storage, NOW + TICK) == (["1"] if version == 0 else [])
            assert _due(storage, NOW + DAY + TICK) == (["1"] if due else [])
