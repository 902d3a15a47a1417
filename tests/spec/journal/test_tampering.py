"""Whatever is done to a journal under a checkpoint is found, and where; and the test can fail."""

import copy
import datetime as dt
import functools
import pathlib
import random
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

import attrs
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from emrcore.adapters.ed25519 import Ed25519Signer
from emrcore.adapters.memory import MemoryCheckpoints, MemoryStorage
from emrcore.journal import (
    Actor,
    ActorKind,
    Break,
    Context,
    Entry,
    Head,
    Link,
    PurposeOfUse,
    Shard,
    breaks,
    chain,
    link,
)
from emrcore.office.auditing import Auditor, Notary
from emrcore.ports import Batch
from world import HandClock, moscow

ROUNDS = 3000
KEY = Ed25519Signer(
    origin="clinic.example/journal", private=Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
)
SHARDS = (Shard("account", "a1"), Shard("patient", "p1"), Shard("patient", "p2"))
Chains = dict[Shard, list[Link]]
Verifier = Callable[..., Iterator[Break]]


def entry(number: int) -> Entry:
    return Entry(
        at=moscow(2020, 1, 14) + dt.timedelta(minutes=number),
        actor=Actor(kind=ActorKind.STAFF, id=f"doctor-{number % 3}", organisation="clinic"),
        action="test.1",
        detail=f'{{"n":{number}}}',
        context=Context(purpose=PurposeOfUse.TREATMENT) if number % 2 else None,
    )


@attrs.frozen(kw_only=True)
class Kept:
    """A journal, its chains as they were at each checkpoint, and the checkpoints."""

    sink: MemoryCheckpoints
    states: tuple[Chains, ...]

    @property
    def chains(self) -> Chains:
        return self.states[-1]

    def heads(self, shard: Shard) -> list[Head]:
        return [one for sealed in self.sink.read() for one in sealed.heads if one.shard == shard]

    def known(self, shard: Shard, number: int) -> int:
        """The first number from *number* on that a checkpoint knows of *shard*."""
        return min(one.number for one in self.heads(shard) if one.number >= number)


@functools.cache
def kept() -> Kept:
    """Three shards that grew before each of three checkpoints, the last of which covers all."""
    storage, sink, states = MemoryStorage(), MemoryCheckpoints(), list[Chains]()
    notary = Notary(journal=storage, sink=sink, key=KEY, clock=HandClock(moscow(2020, 1, 15)))
    for step in range(3):
        for place, shard in enumerate(SHARDS):
            entries = tuple(entry(100 * place + 10 * step + n) for n in range(4 + place))
            storage.commit(Batch(shard=shard, expect={}, entries=entries))
        assert notary.checkpoint() == ()
        states.append({shard: list(storage.links(shard)) for shard in SHARDS})
    return Kept(sink=sink, states=tuple(states))


# -- What can be done to a chain: each says where it must be noticed ------------------------------


def forged(one: Link, chance: random.Random) -> Entry:
    """The entry of *one*, changed in one field."""
    old = one.entry
    changes: list[dict[str, Any]] = [
        {"at": old.at + dt.timedelta(microseconds=1)},
        {"actor": attrs.evolve(old.actor, id="nobody")},
        {"actor": attrs.evolve(old.actor, kind=ActorKind.SYSTEM)},
        {"actor": attrs.evolve(old.actor, organisation=None)},
        {"action": "test.2"},
        {"detail": "{}"},
        {"subject": "p9"},
        {"context": Context(purpose=PurposeOfUse.EMERGENCY)},
    ]
    return attrs.evolve(old, **chance.choice(changes))


def anew(links: list[Link], place: int, entries: Iterable[Entry]) -> None:
    """Write the chain from *place* on anew, hashes and all."""
    del links[place:]
    for one in entries:
        links.append(link(links[-1] if links else None, one))


Where = tuple[Shard, int, int]
"""The shard in which something must be noticed, between which numbers."""


def edit(chains: Chains, shard: Shard, chance: random.Random) -> Where:
    links = chains[shard]
    place = chance.randrange(len(links))
    links[place] = attrs.evolve(links[place], entry=forged(links[place], chance))
    return shard, place + 1, place + 1


def edit_with_its_hash(chains: Chains, shard: Shard, chance: random.Random) -> Where:
    links = chains[shard]
    place = chance.randrange(len(links))
    links[place] = link(links[place - 1] if place else None, forged(links[place], chance))
    return shard, place + 1, place + 2


def delete(chains: Chains, shard: Shard, chance: random.Random) -> Where:
    place = chance.randrange(len(chains[shard]))
    del chains[shard][place]
    return shard, place + 1, place + 1


def swap(chains: Chains, shard: Shard, chance: random.Random) -> Where:
    links = chains[shard]
    first, second = sorted(chance.sample(range(len(links)), 2))
    links[first], links[second] = links[second], links[first]
    return shard, first + 1, first + 1


def insert(chains: Chains, shard: Shard, chance: random.Random) -> Where:
    links = chains[shard]
    place = chance.randrange(len(links))
    links.insert(place, link(links[place - 1] if place else None, entry(99)))
    return shard, place + 1, place + 2


def duplicate(chains: Chains, shard: Shard, chance: random.Random) -> Where:
    links = chains[shard]
    place = chance.randrange(len(links))
    links.insert(place, links[place])
    return shard, place + 2, place + 2


def cut_the_tail(chains: Chains, shard: Shard, chance: random.Random) -> Where:
    place = chance.randrange(len(chains[shard]))
    del chains[shard][place:]
    return shard, place + 1, place + 1


def cut_the_beginning(chains: Chains, shard: Shard, chance: random.Random) -> Where:
    del chains[shard][: chance.randrange(1, len(chains[shard]))]
    return shard, 1, 1


def write_anew(chains: Chains, shard: Shard, chance: random.Random) -> Where:
    links = chains[shard]
    place = chance.randrange(len(links))
    entries = [one.entry for one in links[place + 1 :]]
    anew(links, place, [forged(links[place], chance), *entries])
    known = kept().known(shard, place + 1)
    return shard, known, known


def leave_a_number_out(chains: Chains, shard: Shard, chance: random.Random) -> Where:
    links = chains[shard]
    place = chance.randrange(len(links))
    rest = [one.entry for one in links[place:]]
    before = attrs.evolve(links[place - 1], number=place + 1) if place else None
    skipped = link(before, rest[0]) if before else attrs.evolve(link(None, rest[0]), number=2)
    links[place:] = [skipped]
    for one in rest[1:]:
        links.append(link(links[-1], one))
    return shard, place + 1, place + 1


def roll_back_and_go_on(chains: Chains, shard: Shard, chance: random.Random) -> Where:
    old = kept().states[chance.randrange(2)][shard]
    length = len(chains[shard])
    chains[shard] = [*old]
    anew(chains[shard], len(old), [entry(50 + n) for n in range(length - len(old))])
    known = kept().known(shard, len(old) + 1)
    return shard, known, known


def roll_all_back(chains: Chains, shard: Shard, chance: random.Random) -> Where:
    chains.clear()
    chains.update(copy.deepcopy(kept().states[chance.randrange(2)]))
    return shard, len(chains[shard]) + 1, len(chains[shard]) + 1


def exchange(chains: Chains, shard: Shard, chance: random.Random) -> Where:
    other = chance.choice([one for one in SHARDS if one != shard])
    chains[shard], chains[other] = chains[other], chains[shard]
    return shard, 1, kept().known(shard, 1)


def forget_a_shard(chains: Chains, shard: Shard, chance: random.Random) -> Where:
    del chance, chains[shard]
    return shard, 1, 1


WAYS = (
    edit,
    edit_with_its_hash,
    delete,
    swap,
    insert,
    duplicate,
    cut_the_tail,
    cut_the_beginning,
    write_anew,
    leave_a_number_out,
    roll_back_and_go_on,
    roll_all_back,
    exchange,
    forget_a_shard,
)


def tampered(seed: int) -> tuple[str, Chains, Where]:
    """The journal after one thing was done to it."""
    chance = random.Random(seed)  # noqa: S311
    chains = {shard: [*links] for shard, links in kept().chains.items()}
    way = WAYS[seed % len(WAYS)]
    return way.__name__, chains, way(chains, chance.choice(SHARDS), chance)


def stored(chains: Mapping[Shard, Sequence[Link]]) -> MemoryStorage:
    """A storage whose administrator has put *chains* there."""
    storage = MemoryStorage()
    vars(storage)["_links"].update({shard: [*links] for shard, links in chains.items()})
    return storage


def test_every_tampering_is_found_at_its_place() -> None:
    """JRN-3, JRN-6: 3,000 of fourteen kinds, by the checkpoints and the public key."""
    for seed in range(ROUNDS):
        way, chains, (shard, first, last) = tampered(seed)
        auditor = Auditor(journal=Held(chains), sink=kept().sink, key=KEY)
        places = [one.number for one in auditor.verify() if one.shard == shard]
        assert places, f"{seed}: {way} was not found"
        assert first <= places[0] <= last, f"{seed}: {way} in {first} to {last} found at {places}"


@attrs.frozen
class Held:
    """A journal that gives its links as they stand."""

    chains: Chains

    def links(self, shard: Shard, *, after: int = 0, limit: int = 1000) -> Sequence[Link]:
        """All at once; *after* them there are none."""
        assert limit > 100
        return () if after else self.chains.get(shard, [])

    def heads(self, *, after: Shard | None = None, limit: int = 1000) -> Sequence[Head]:
        """The last links of the shards."""
        assert after is None
        assert limit > len(self.chains)
        places = sorted(self.chains, key=lambda one: one.place)
        return [self.chains[one][-1].head(one) for one in places if self.chains[one]]

    def trim(self, shard: Shard, *, upto: int) -> None:
        """Not here."""
        raise NotImplementedError(shard, upto)


def test_nothing_is_found_where_nothing_was_done() -> None:
    """JRN-3, JRN-6: in the journal as it was kept, nor after it has grown."""
    storage = stored(kept().chains)
    auditor = Auditor(journal=storage, sink=kept().sink, key=KEY)
    assert list(auditor.verify()) == []
    storage.commit(Batch(shard=SHARDS[0], expect={}, entries=(entry(70),)))
    storage.commit(Batch(shard=Shard("patient", "new"), expect={}, entries=(entry(71),)))
    assert list(auditor.verify()) == []


def test_what_no_checkpoint_has_seen_can_be_rewritten() -> None:
    """JRN-6: after the last checkpoint only the chain speaks: that is the window."""
    storage = stored(kept().chains)
    storage.commit(Batch(shard=SHARDS[0], expect={}, entries=(entry(70), entry(71))))
    links = [*storage.links(SHARDS[0])]
    cut = kept().chains | {SHARDS[0]: links[:-1]}
    rewritten = kept().chains | {SHARDS[0]: [*links]}
    anew(rewritten[SHARDS[0]], len(links) - 2, [entry(80), entry(81)])
    for chains in (cut, rewritten):
        assert list(Auditor(journal=Held(chains), sink=kept().sink, key=KEY).verify()) == []
    edited = kept().chains | {SHARDS[0]: [*links[:-1], attrs.evolve(links[-1], entry=entry(9))]}
    found = list(Auditor(journal=Held(edited), sink=kept().sink, key=KEY).verify())
    assert [one.number for one in found] == [len(links)]


# -- The test can fail: verifiers that forget one comparison each ---------------------------------

SOURCE = pathlib.Path(chain.__file__).read_text("utf-8")
FORGOTTEN = {
    "the number": ("if one.number != number:", "if False:"),
    "the link before": ("elif one.previous != previous:", "elif False:"),
    "the content": ("elif one.hash != _hash(one.number, one.previous, one.entry):", "elif False:"),
    "what is known elsewhere": (
        "elif hashes.get(one.number, one.hash) != one.hash:",
        "elif False:",
    ),
    "the tail": ("if last > number:", "if False:"),
    "what was trimmed": (
        "if place == 0 and cuts.get(one.number - 1) == one.previous:",
        "if place == 0:",
    ),
}


def forgetful(what: str) -> Verifier:
    """The verifier that is shipped, without one of its comparisons."""
    line, instead = FORGOTTEN[what]
    assert SOURCE.count(line) == 1
    module: dict[str, Any] = {"__name__": "forgetful"}
    exec(compile(SOURCE.replace(line, instead), what, "exec"), module)  # noqa: S102
    verifier: Verifier = module["breaks"]
    return verifier


def noticed(verifier: Verifier, chains: Chains, *, heads: bool) -> bool:
    """Whether *verifier* notices anything in *chains*."""
    return any(
        any(verifier(chains.get(shard, ()), heads=kept().heads(shard) if heads else ()))
        for shard in SHARDS
    )


@pytest.mark.parametrize("what", FORGOTTEN)
def test_a_verifier_that_forgets_something_misses_something(what: str) -> None:
    """JRN-3, JRN-6: each comparison is needed, and the tamperings would show its absence."""
    heads = what != "the number"  # which the known heads would show as well
    missed = {
        way
        for way, chains, _ in map(tampered, range(40 * len(WAYS)))
        if noticed(breaks, chains, heads=heads)
        and not noticed(forgetful(what), chains, heads=heads)
    }
    assert missed
