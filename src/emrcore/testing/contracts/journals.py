"""``Journal``: what commits have written to it."""
# ruff: noqa: S101 - these are tests

import attrs

from emrcore.journal import GENESIS, Actor, ActorKind, Context, Outcome, PurposeOfUse, breaks
from emrcore.people import PersonId
from emrcore.ports import ABSENT, Batch, Key, Shard, Storage
from emrcore.testing.contracts.examples import (
    CARD,
    DAY,
    LOGIN,
    NOW,
    PATIENT,
    TICK,
    UNEVEN,
    details,
    entry,
)


def _append(storage: Storage, *texts: str) -> None:
    entries = tuple(entry(text) for text in texts)
    storage.commit(Batch(shard=CARD, expect={}, entries=entries))


class JournalContract:
    """The promises of ``Journal``."""

    def test_entries_are_numbered_and_linked(self, storage: Storage) -> None:
        """JRN-1: from 1, in their order within a commit and over commits, in each shard."""
        _append(storage, "1", "2")
        _append(storage, "3")
        storage.commit(Batch(shard=LOGIN, expect={}, entries=(entry("other"),)))
        links = storage.links(CARD)
        assert [(link.number, link.entry.detail) for link in links] == [
            (1, "1"),
            (2, "2"),
            (3, "3"),
        ]
        assert [link.previous for link in links] == [GENESIS, links[0].hash, links[1].hash]
        assert [link.number for link in storage.links(LOGIN)] == [1]
        assert list(breaks(links, heads=(links[-1].head(CARD),))) == []

    def test_an_entry_is_kept_as_it_is(self, storage: Storage) -> None:
        """JRN-3: every field of it, or the chain would break."""
        actors = (
            Actor(kind=ActorKind.CITIZEN, id=""),
            Actor(kind=ActorKind.STAFF, id="Ж'", organisation=""),
            Actor(kind=ActorKind.OPERATOR, id="1", organisation="clinic"),
        )
        entries = tuple(
            attrs.evolve(entry("Ж%'", at=NOW + TICK), actor=actor, subject=subject)
            for actor in actors
            for subject in (None, PATIENT)
        )
        storage.commit(Batch(shard=CARD, expect={}, entries=entries))
        links = storage.links(CARD)
        assert tuple(link.entry for link in links) == entries
        assert list(breaks(links)) == []

    def test_circumstances_are_kept_as_they_are(self, storage: Storage) -> None:
        """JRN-10: all of them, some, or none."""
        contexts = (
            None,
            Context(purpose=PurposeOfUse.TREATMENT, outcome=Outcome.REFUSED, client="Ж'"),
            Context(on_behalf_of=PersonId("child"), basis="account/a/grant/b", session="0" * 64),
        )
        entries = tuple(attrs.evolve(entry(), context=one) for one in contexts)
        storage.commit(Batch(shard=CARD, expect={}, entries=entries))
        links = storage.links(CARD)
        assert tuple(link.entry.context for link in links) == contexts
        assert list(breaks(links)) == []

    def test_whoever_bends_an_entry_breaks_the_chain(self, storage: Storage) -> None:
        """JRN-3: edited, removed, or told twice."""
        _append(storage, "1", "2", "3")
        links = list(storage.links(CARD))
        edited = attrs.evolve(links[1], entry=entry("other"))
        for bent in ([links[0], edited, links[2]], [links[0], links[2]], [*links, links[2]]):
            assert [one.number for one in breaks(bent)] != []

    def test_time_never_goes_back(self, storage: Storage) -> None:
        """JRN-3: whatever the clock does, within a commit and over commits."""
        times = (NOW, NOW - DAY, NOW + TICK, NOW)
        storage.commit(
            Batch(shard=CARD, expect={}, entries=tuple(entry(at=at) for at in times[:2]))
        )
        storage.commit(
            Batch(shard=CARD, expect={}, entries=tuple(entry(at=at) for at in times[2:]))
        )
        links = storage.links(CARD)
        assert [link.entry.at for link in links] == [NOW, NOW, NOW + TICK, NOW + TICK]
        assert list(breaks(links)) == []

    def test_the_journal_is_read_piece_by_piece(self, storage: Storage) -> None:
        """Above a number, at most so many; nothing is there above the last."""
        _append(storage, "1", "2", "3", "4")
        read = [link.entry.detail for link in storage.links(CARD, after=1, limit=2)]
        assert read == ["2", "3"]
        assert list(storage.links(CARD, after=4)) == []
        assert details(storage, LOGIN) == []

    def test_heads_are_the_last_links_of_all_shards(self, storage: Storage) -> None:
        """JRN-6: in the order of the shards, piece by piece; of shards without entries, none."""
        shards = [Shard("patient", name) for name in UNEVEN if name]
        for number, shard in enumerate(shards):
            entries = tuple(entry(str(n)) for n in range(number % 3 + 1))
            storage.commit(
                Batch(shard=shard, expect={Key(LOGIN, "k", ""): ABSENT}, entries=entries)
            )
        expected = [
            storage.links(shard)[-1].head(shard)
            for shard in sorted(shards, key=lambda one: one.place)
        ]
        assert list(storage.heads()) == expected
        assert list(storage.heads(limit=3)) == expected[:3]
        assert list(storage.heads(after=expected[2].shard, limit=2)) == expected[3:5]
        assert list(storage.heads(after=expected[-1].shard)) == []

    def test_what_is_trimmed_is_gone_and_the_chain_goes_on(self, storage: Storage) -> None:
        """JRN-9: the rest keeps its numbers and follows what was given up."""
        _append(storage, "1", "2", "3", "4")
        gone = storage.links(CARD)[1].head(CARD, trimmed=True)
        storage.trim(CARD, upto=2)
        _append(storage, "5")
        links = storage.links(CARD)
        assert [(link.number, link.entry.detail) for link in links] == [
            (3, "3"),
            (4, "4"),
            (5, "5"),
        ]
        assert list(storage.links(CARD, after=3, limit=1)) == [links[1]]
        assert list(breaks(links, heads=(gone,))) == []
        assert list(breaks(links)) != []

    def test_the_last_link_is_never_trimmed(self, storage: Storage) -> None:
        """JRN-9: what comes next follows it."""
        storage.trim(CARD, upto=9)
        _append(storage, "1", "2")
        storage.trim(CARD, upto=9)
        _append(storage, "3")
        assert [link.number for link in storage.links(CARD)] == [2, 3]
