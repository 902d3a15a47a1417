"""Checkpoints of the whole journal, and what an auditor does with them."""

import datetime as dt
from collections.abc import Callable, Iterator

import attrs
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from emrcore.adapters.ed25519 import Ed25519Signer, Ed25519Verifier
from emrcore.adapters.memory import MemoryCheckpoints, MemoryStorage
from emrcore.errors import Conflict, Corrupt, Unavailable
from emrcore.journal import (
    Actor,
    ActorKind,
    Checkpoint,
    Entry,
    Retention,
    Sealed,
    Shard,
    breaks,
    opened,
    proven,
    tree,
)
from emrcore.office.auditing import Auditor, Notary
from emrcore.ports import Batch
from world import HandClock, moscow

ORIGIN = "clinic.example/journal"
KEY = Ed25519Signer(origin=ORIGIN, private=Ed25519PrivateKey.from_private_bytes(bytes(range(32))))
PUBLIC = Ed25519Verifier(origin=ORIGIN, public=KEY.public)
ANNA, BORIS = Shard("patient", "anna"), Shard("patient", "boris")


@attrs.define
class Archive:
    """A journal with a notary, whose clock is turned by hand."""

    storage: MemoryStorage = attrs.field(factory=MemoryStorage)
    sink: MemoryCheckpoints = attrs.field(factory=MemoryCheckpoints)
    clock: HandClock = attrs.field(factory=lambda: HandClock(moscow(2020, 1, 14, 10)))

    @property
    def notary(self) -> Notary:
        return Notary(journal=self.storage, sink=self.sink, key=KEY, clock=self.clock)

    def auditor(self, *remembered: str) -> Auditor:
        return Auditor(journal=self.storage, sink=self.sink, key=PUBLIC, remembered=remembered)

    def write(self, shard: Shard, number: int = 1) -> None:
        actor = Actor(kind=ActorKind.SYSTEM, id="x")
        new = Entry(at=self.clock.at, actor=actor, action="test.1", detail=f'"{shard.id}"')
        self.storage.commit(Batch(shard=shard, expect={}, entries=(new,) * number))

    def bend(self, shard: Shard, number: int) -> None:
        links = vars(self.storage)["_links"][shard]
        forged = attrs.evolve(links[number - 1].entry, action="test.2")
        links[number - 1] = attrs.evolve(links[number - 1], entry=forged)

    @property
    def sealed(self) -> list[Sealed]:
        return list(self.sink.read())


@pytest.fixture
def archive() -> Archive:
    """Anna's shard has three links and Boris' two, all under one checkpoint."""
    new = Archive()
    new.write(ANNA, 3)
    new.write(BORIS, 2)
    assert new.notary.checkpoint() == ()
    return new


def signs(sealed: Sealed) -> Checkpoint:
    return opened(sealed.note, origin=ORIGIN, public=PUBLIC.public, check=PUBLIC.check)


def found(auditor: Auditor) -> list[str]:
    return [str(one) for one in auditor.verify()]


def test_a_checkpoint_adds_the_heads_of_what_has_grown(archive: Archive) -> None:
    """JRN-7: the first of all shards, a later one of those that grew; all under one root."""
    archive.clock.turn(hours=1)
    archive.write(BORIS)
    assert archive.notary.checkpoint() == ()
    first, second = archive.sealed
    assert [(one.shard, one.number) for one in first.heads] == [(ANNA, 3), (BORIS, 2)]
    assert [(one.shard, one.number) for one in second.heads] == [(BORIS, 3)]
    assert (signs(second).size, signs(second).at) == (3, archive.clock.at)
    assert found(archive.auditor()) == []


def test_a_checkpoint_of_nothing_new_says_so(archive: Archive) -> None:
    """JRN-7: with a later moment, so that silence can be told from standing still."""
    archive.clock.turn(hours=1)
    archive.notary.checkpoint()
    first, second = (signs(one) for one in archive.sealed)
    assert (second.size, second.root) == (first.size, first.root)
    assert second.at - first.at == dt.timedelta(hours=1)


def test_a_checkpoint_is_never_earlier(archive: Archive) -> None:
    """JRN-7: whatever the clock does."""
    archive.clock.turn(hours=-1)
    archive.write(BORIS)
    archive.notary.checkpoint()
    first, second = (signs(one) for one in archive.sealed)
    assert second.at == first.at
    assert found(archive.auditor()) == []


def test_what_is_bent_is_told_and_not_signed(archive: Archive) -> None:
    """JRN-6: the others are, so that nobody stops the notary by bending one chain."""
    archive.write(ANNA)
    archive.write(BORIS)
    archive.bend(ANNA, 2)
    told = archive.notary.checkpoint()
    assert [str(one) for one in told] == ["patient/anna link 2: its entry was changed"]
    assert [one.shard for one in archive.sealed[-1].heads] == [BORIS]


def test_a_shard_that_is_gone_is_told(archive: Archive) -> None:
    """JRN-6: by the notary and by the auditor, and from where on."""
    vars(archive.storage)["_links"][ANNA].clear()
    told = ["patient/anna link 1: from here to the known link 3 all is missing"]
    assert found(archive.auditor()) == told
    assert [str(one) for one in archive.notary.checkpoint()] == told


def test_many_shards_are_gone_through_in_slices(archive: Archive) -> None:
    """JRN-6: with the same result whatever the size of a slice."""
    for number in range(7):
        archive.write(Shard("patient", f"p{number}"))
    narrow = attrs.evolve(archive.notary, slice=2)
    assert narrow.checkpoint() == ()
    assert sum(len(one.heads) for one in archive.sealed) == 9
    assert all(len(one.heads) <= 2 for one in archive.sealed)
    archive.bend(Shard("patient", "p5"), 1)
    vars(archive.storage)["_links"][ANNA].clear()
    for auditor in (attrs.evolve(archive.auditor(), slice=2), archive.auditor()):
        assert [one.number for one in auditor.verify()] == [1, 1]


# -- The log of checkpoints -----------------------------------------------------------------------


def swapped(one: Sealed) -> Sealed:
    return attrs.evolve(one, heads=one.heads[::-1])


def shortened(one: Sealed) -> Sealed:
    return attrs.evolve(one, heads=one.heads[:-1])


def rewritten(one: Sealed) -> Sealed:
    bent = attrs.evolve(one.heads[0], hash="f" * 64)
    return attrs.evolve(one, heads=(bent, *one.heads[1:]))


def unsigned(one: Sealed) -> Sealed:
    return attrs.evolve(one, note=one.note.replace("\n2\n", "\n3\n"))


@pytest.mark.parametrize("bent", [swapped, shortened, rewritten, unsigned])
def test_a_bent_log_is_found_and_nothing_is_signed_on_it(
    archive: Archive, bent: Callable[[Sealed], Sealed]
) -> None:
    """JRN-7: its heads are those that were signed, in their order, or it is no log."""
    kept = vars(archive.sink)["_kept"]
    kept[0] = bent(kept[0])
    assert found(archive.auditor())[0].startswith("checkpoint 1: ")
    assert archive.notary.checkpoint()[0].shard is None
    assert len(archive.sealed) == 1
    with pytest.raises(Corrupt):
        archive.auditor().prove(ANNA)
    with pytest.raises(Corrupt):
        archive.notary.trim(ANNA, Retention())


def test_checkpoints_in_another_order_are_found(archive: Archive) -> None:
    """JRN-7: an earlier one does not come after a later one."""
    archive.clock.turn(hours=1)
    archive.notary.checkpoint()
    kept = vars(archive.sink)["_kept"]
    kept[:] = [kept[0], attrs.evolve(kept[1], number=3), attrs.evolve(kept[1], number=4)]
    assert found(archive.auditor()) == []
    kept[2] = attrs.evolve(kept[0], number=4, heads=())
    assert found(archive.auditor()) == ["checkpoint 4: is earlier than the one before"]


def test_a_log_that_was_cut_back_too_shows_by_a_note_one_has_kept(archive: Archive) -> None:
    """JRN-7: whoever keeps the last note sees that the log no longer says it."""
    archive.write(BORIS)
    archive.notary.checkpoint()
    note = archive.sealed[-1].note
    assert found(archive.auditor(note)) == []
    kept = vars(archive.sink)["_kept"]
    del kept[-1]
    del vars(archive.storage)["_links"][BORIS][-1]
    assert found(archive.auditor()) == []
    told = "checkpoint 2: the log is not what was signed when it had 3 heads"
    assert found(archive.auditor(note)) == [told]


class Torn(MemoryCheckpoints):
    """A sink whose second checkpoint cannot be read."""

    def read(self) -> Iterator[Sealed]:
        yield from list(super().read())[:1]
        raise Corrupt("checkpoint 2")


def test_a_log_that_cannot_be_read_is_told(archive: Archive) -> None:
    """JRN-7: and what can be read of it is used."""
    torn = Torn()
    torn.append(archive.sealed[0])
    del vars(archive.storage)["_links"][ANNA][-1]
    assert found(attrs.evolve(archive.auditor(), sink=torn)) == [
        "checkpoint 2: corrupt: checkpoint 2",
        "patient/anna link 3: from here to the known link 3 all is missing",
    ]


def test_of_two_notaries_one_wins(archive: Archive) -> None:
    """JRN-7: a checkpoint is only put behind the one it was made on."""
    with pytest.raises(Conflict):
        archive.sink.append(archive.sealed[0])


# -- Proofs ---------------------------------------------------------------------------------------


def test_a_list_is_complete_by_one_path(archive: Archive) -> None:
    """JRN-6: with the public key alone, nothing else of the journal, and the list one was given."""
    archive.write(ANNA, 2)
    archive.notary.checkpoint()
    archive.write(ANNA)
    proof = archive.auditor().prove(ANNA)
    assert proof is not None
    proven(proof, origin=ORIGIN, public=PUBLIC.public, check=PUBLIC.check)
    shown = archive.storage.links(ANNA)
    assert (proof.head.shard, proof.head.number, len(shown)) == (ANNA, 5, 6)
    assert list(breaks(shown, heads=(proof.head,))) == []
    for hidden in (shown[:4], [*shown[:2], *shown[3:]], ()):
        assert list(breaks(hidden, heads=(proof.head,))) != []


def test_nothing_is_proven_of_a_shard_without_a_checkpoint(archive: Archive) -> None:
    """JRN-6: there is nothing to prove by."""
    archive.write(Shard("patient", "new"))
    assert archive.auditor().prove(Shard("patient", "new")) is None
    assert Archive().auditor().prove(ANNA) is None


def test_a_later_checkpoint_begins_with_the_earlier_one(archive: Archive) -> None:
    """JRN-7: by one path, for a witness who keeps the last note only."""
    archive.write(BORIS)
    archive.notary.checkpoint()
    auditor = archive.auditor()
    first, second = (signs(one) for one in archive.sealed)
    path = auditor.prove_growth(first.size)
    assert tree.extends(second.root, first.root, path, old=first.size, size=second.size)
    with pytest.raises(ValueError, match="no such tree"):
        auditor.prove_growth(4)


# -- What is given up when its time is over -------------------------------------------------------


@pytest.fixture
def old() -> Archive:
    """Anna's shard has five links, three of them older than six years."""
    archive = Archive()
    archive.write(ANNA, 3)
    archive.notary.checkpoint()
    archive.clock.turn(days=2)
    archive.write(ANNA, 2)
    archive.clock.turn(days=6 * 365 + 1)
    return archive


def test_what_is_given_up_is_signed_first(old: Archive) -> None:
    """JRN-9: by its last number and hash, after which the chain is whole again."""
    gone = old.storage.links(ANNA)[2].head(ANNA, trimmed=True)
    assert old.notary.trim(ANNA, Retention()) == 3
    assert old.sealed[-1].heads == (gone,)
    assert [one.number for one in old.storage.links(ANNA)] == [4, 5]
    assert found(old.auditor()) == []
    assert old.notary.trim(ANNA, Retention()) == 0
    old.write(ANNA)
    assert old.notary.checkpoint() == ()
    assert found(old.auditor()) == []


def test_more_than_what_was_signed_cannot_be_taken(old: Archive) -> None:
    """JRN-9: neither behind it nor before it."""
    old.notary.trim(ANNA, Retention())
    del vars(old.storage)["_links"][ANNA][0]
    assert found(old.auditor()) == ["patient/anna link 1: link 5 stands here"]


class Crashing(MemoryStorage):
    """A storage that ends before it gives anything up."""

    def trim(self, shard: Shard, *, upto: int) -> None:
        raise Unavailable(f"{shard.kind} {upto}")


def test_what_was_signed_and_is_still_there_is_whole(old: Archive) -> None:
    """JRN-9: after a crash between the two steps, which is then taken up again."""
    crashing = Crashing()
    vars(crashing).update(vars(old.storage))
    with pytest.raises(Unavailable):
        attrs.evolve(old.notary, journal=crashing).trim(ANNA, Retention())
    assert len(old.storage.links(ANNA)) == 5
    assert found(old.auditor()) == []
    assert old.notary.trim(ANNA, Retention()) == 3
    assert found(old.auditor()) == []


def test_of_a_bent_chain_nothing_is_given_up(old: Archive) -> None:
    """JRN-9: its traces would go with it."""
    old.bend(ANNA, 1)
    with pytest.raises(Corrupt):
        old.notary.trim(ANNA, Retention())
    assert len(old.storage.links(ANNA)) == 5


def test_longer_terms_keep_more(old: Archive) -> None:
    """JRN-9: the term is the host's value."""
    assert old.notary.trim(ANNA, Retention(years=25, source="order of the ministry")) == 0
    assert len(old.storage.links(ANNA)) == 5
