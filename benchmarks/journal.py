"""What it costs to hold a journal against its hashes and its checkpoints.

    python benchmarks/journal.py

Verifies chains of 10^4 and 10^5 links, and hashes the same bytes with bare `hashlib`: the ratio is
what reading entries as values costs, and the exponent says whether the time grows as the chain
does (1 is linear). Then what a checkpoint costs for each head that has grown and each head that is
known, what a signature costs, and a proof.
"""

import datetime as dt
import hashlib
import math
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from emrcore.access import Viewer
from emrcore.adapters.checkpoint_folder import CheckpointFolder
from emrcore.adapters.ed25519 import Ed25519Signer
from emrcore.adapters.memory import MemoryStorage
from emrcore.adapters.system import SystemClock
from emrcore.journal import (
    Actor,
    ActorKind,
    Context,
    Entry,
    Link,
    Outcome,
    PurposeOfUse,
    Shard,
    breaks,
    chain,
    entry,
    link,
)
from emrcore.office import Notary
from emrcore.people import PatientId, PersonId
from emrcore.ports import Batch
from emrcore.records import CardOpened
from emrcore.rulebook import Role

ROUNDS = 7
SIZES = (10_000, 100_000)
SHARDS = 20_000
AT = dt.datetime(2020, 1, 14, tzinfo=dt.UTC)
KEY = Ed25519Signer(origin="bench", private=Ed25519PrivateKey.generate())


def look(number: int) -> Entry:
    """A doctor opens a card, as an office enters it."""
    at, patient = AT + dt.timedelta(seconds=number), PatientId(f"card-{number % 1000}")
    viewer = Viewer(person=PersonId("doctor-1"), role=Role.DOCTOR, organisation="clinic-1")
    event = CardOpened(
        patient=patient, viewer=viewer, at=at, edition="5" * 64, counts={"lab-results": 7}
    )
    actor = Actor(kind=ActorKind.STAFF, id="doctor-1", organisation="clinic-1")
    context = Context(purpose=PurposeOfUse.TREATMENT, outcome=Outcome.DONE)
    return entry(event, at=at, actor=actor, subject=patient, context=context)


def links(number: int) -> list[Link]:
    """A chain of *number* links."""
    made: list[Link] = []
    for place in range(number):
        made.append(link(made[-1] if made else None, look(place)))
    return made


def content(one: Link) -> bytes:
    """The bytes that the hash of *one* covers."""
    return chain.content(one.number, one.previous, one.entry).encode()


def seconds(task: Callable[[], object]) -> float:
    """How long *task* takes once."""
    begun = time.perf_counter()
    task()
    return time.perf_counter() - begun


def verified(made: Sequence[Link]) -> Callable[[], object]:
    """Hold the chain against its hashes."""

    def task() -> None:
        assert not list(breaks(made))

    return task


def hashed(contents: Sequence[bytes]) -> Callable[[], object]:
    """Hash the same bytes, and nothing else."""
    return lambda: [hashlib.sha256(one).hexdigest() for one in contents]


def chains() -> None:
    """Verification against bare hashing, at two sizes."""
    medians: list[float] = []
    for size in SIZES:
        made = links(size)
        contents = [content(one) for one in made]
        pairs = [(seconds(verified(made)), seconds(hashed(contents))) for _ in range(ROUNDS)]
        ours, bare = (statistics.median(times) for times in zip(*pairs, strict=True))
        medians.append(ours)
        print(
            f"{size:7} links  {size / ours:9,.0f} links/s  {size / bare:9,.0f} bare hashes/s  "
            f"{ours / bare:5.1f} x  ({sum(map(len, contents)) / size:.0f} bytes a link)"
        )
    exponent = math.log(medians[1] / medians[0]) / math.log(SIZES[1] / SIZES[0])
    print(f"exponent of time by size: {exponent:.3f}")


def checkpoints() -> None:
    """What a checkpoint of many shards costs, and the next one when few have grown."""
    storage = MemoryStorage()
    shards = [Shard("patient", f"card-{number:06}") for number in range(SHARDS)]
    for shard in shards:
        storage.commit(Batch(shard=shard, expect={}, entries=(look(1),)))
    with tempfile.TemporaryDirectory() as folder:
        sink = CheckpointFolder(Path(folder))
        notary = Notary(journal=storage, sink=sink, key=KEY, clock=SystemClock())
        first = seconds(notary.checkpoint)
        for shard in shards[:100]:
            storage.commit(Batch(shard=shard, expect={}, entries=(look(2),)))
        second = seconds(notary.checkpoint)
        whole = seconds(lambda: list(notary.verify()))
        proof = seconds(lambda: notary.prove(shards[7]))
        sizes = sum(one.stat().st_size for one in Path(folder).iterdir())
    print(f"first checkpoint: {first / SHARDS * 1e6:6.1f} us a shard ({SHARDS} shards)")
    print(f"one after 100 grew: {second / SHARDS * 1e6:6.1f} us a known head")
    print(f"whole verification: {whole / SHARDS * 1e6:6.1f} us a shard of one or two links")
    print(f"a proof: {proof / SHARDS * 1e6:6.1f} us a known head")
    print(f"kept: {sizes / (SHARDS + 100):.0f} bytes a head")


def signatures() -> None:
    """A signature, and the check of one."""
    message = b"x" * 150
    signature = KEY.sign(message)
    signs = min(seconds(lambda: KEY.sign(message)) for _ in range(300))
    checks = min(seconds(lambda: KEY.check(message, signature)) for _ in range(300))
    print(f"Ed25519: {signs * 1e6:.0f} us to sign, {checks * 1e6:.0f} us to check")


def main() -> None:
    """Measure and print."""
    print(f"the journal, medians of {ROUNDS} interleaved rounds")
    chains()
    checkpoints()
    signatures()


if __name__ == "__main__":
    main()
