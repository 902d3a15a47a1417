"""What is left, held against what was acknowledged and against the invariants.

A write that was not acknowledged may have been applied or not; the journal says which. If it was,
it counts as if it had been acknowledged: so half of it is a violation as much as losing one is.
"""

import functools
import pathlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence

import attrs
import sqlalchemy as sa

from crashes.ledger import Ledger, Record, Recording, Surprise, Told, Tried
from crashes.writer import KEYS, Clock, office
from emrcore.adapters.sql import SqlStorage, verify
from emrcore.adapters.sql.schema import documents, outbox
from emrcore.applications import ApplicationFiled
from emrcore.errors import EmrcoreError
from emrcore.journal import Entry
from emrcore.people import PatientId
from emrcore.ports import Key, Shard
from emrcore.records import arrived
from emrcore.testing.invariants import (
    INVARIANTS,
    Commit,
    Evidence,
    Handed,
    Lease,
    Settlement,
    Violation,
    check_i29,
)


@attrs.define(kw_only=True)
class Verdict:
    """What was found: writes acknowledged, and applied or not without anybody being told."""

    acknowledged: int = 0
    landed: int = 0
    vanished: int = 0
    violations: list[Violation] = attrs.field(factory=list[Violation])


def judge(
    engine: sa.Engine,
    ledgers: Sequence[pathlib.Path],
    *,
    epoch: float,
    unsure: Sequence[tuple[int, int]] = (),
) -> Verdict:
    """What the store behind *engine* holds, against *ledgers*.

    What was acknowledged in records that end within one of *unsure* may be lost.
    """
    storage = _Remembered(SqlStorage(engine, keys=KEYS), _forget, Clock(epoch).now)
    evidence = Evidence(office=office(storage, Clock(epoch)))
    verdict, tried = Verdict(), list[Tried]()
    told: dict[int, str] = {}
    for path in ledgers:
        for end, record in Ledger(path).read():
            match record:
                case Tried():
                    tried.append(record)
                case Told() if record.how == "refused" or not _within(end, unsure):
                    told[record.number] = record.how
                case Surprise():
                    verdict.violations.append(_found("I5", "writer", record.what))
                case _:
                    _remember(evidence, record)
    checks: list[Callable[[], Iterable[Violation]]] = [
        lambda: _sort(evidence, verdict, sorted(tried, key=lambda one: one.number), told),
        *(functools.partial(check, evidence) for check in INVARIANTS),
        lambda: check_outbox(engine, evidence),
        lambda: check_documents(engine, evidence),
        lambda: check_once(evidence),
        lambda: check_i29(lambda: verify(engine, keys=KEYS)),
    ]
    for check in checks:
        try:
            verdict.violations += check()
        except EmrcoreError as error:  # what is left cannot even be asked
            verdict.violations.append(_found("I24", "store", f"{type(error).__name__}: {error}"))
    return verdict


class _Remembered(Recording):
    """A storage that nobody writes to: the invariants ask the same again and again."""

    def __attrs_post_init__(self) -> None:
        self.load = functools.cache(self.inner.load)  # type: ignore[method-assign]
        self.find = functools.cache(self.inner.find)  # type: ignore[method-assign]
        self.links = functools.cache(self.inner.links)  # type: ignore[method-assign]


def _forget(record: Record) -> None:
    del record


def _found(invariant: str, where: str, what: str) -> Violation:
    return Violation(invariant=invariant, where=where, what=what)


def _remember(evidence: Evidence, record: Record) -> None:
    match record:
        case Lease():
            evidence.leases.append(record)
        case Settlement():
            evidence.settlements.append(record)
        case Handed():
            evidence.handed.append(record)
        case _:
            pass


def _within(end: int, unsure: Sequence[tuple[int, int]]) -> bool:
    return any(since < end <= until for since, until in unsure)


def _sort(
    evidence: Evidence, verdict: Verdict, tried: Sequence[Tried], told: dict[int, str]
) -> Iterable[Violation]:
    """Fill *evidence* with what was applied, by acknowledgement or by what is there."""
    written = {
        place for one in tried if told.get(one.number) == "acknowledged" for place in _written(one)
    }
    for one in tried:
        how = told.get(one.number, "unknown")
        if how == "refused":
            continue
        shard = one.batch.shard if one.batch else Shard.of_patient(_patient(one))
        if shard not in evidence.shards:
            evidence.shards.append(shard)
        if how == "acknowledged":
            verdict.acknowledged += 1
        elif _landed(evidence, one, shard, written):
            verdict.landed += 1
            written.update(_written(one))
        else:
            verdict.vanished += 1
            continue
        if one.batch:
            evidence.commits.append(Commit(at=one.at, call=one.number, batch=one.batch))
        for document in one.documents:
            place = (document.patient, document.source, document.id)
            evidence.documents[place] = arrived(evidence.documents.get(place), document)
    return ()


def _written(one: Tried) -> list[tuple[Key, int]]:
    return [(key, one.batch.expect[key]) for key in one.batch.put] if one.batch else []


def _patient(one: Tried) -> PatientId:
    if one.patient is None:
        raise TypeError("a batch, or a delivery to a card")
    return one.patient


def _landed(evidence: Evidence, one: Tried, shard: Shard, written: set[tuple[Key, int]]) -> bool:
    """Whether any of what was tried is there.

    An entry has its moment in it. Of a batch without any, a key has a later version, which no other
    batch has *written*.
    """
    kept = {_name(link.entry) for link in evidence.links(shard)}
    if one.entry:
        return _name(one.entry) in kept
    batch = one.batch
    if batch is None:
        return False
    if batch.entries:
        return any(_name(entry) in kept for entry in batch.entries)
    found = evidence.storage.load(*batch.put)
    return any(
        key in found
        and found[key].version > batch.expect[key]
        and (key, batch.expect[key]) not in written
        for key in batch.put
    )


def _name(entry: Entry) -> tuple[str, str]:
    return entry.action, entry.detail


# -- What the ports do not tell --------------------------------------------------------------------


def check_outbox(engine: sa.Engine, evidence: Evidence) -> Iterator[Violation]:
    """I10, I11: the outbox has a row for each message of each commit, and no other."""
    due = {
        (item.shard.kind, item.shard.id, item.id, item.kind, item.reference)
        for commit in evidence.commits
        for item in commit.batch.outbox
    }
    columns = [outbox.c[name] for name in ("shard_kind", "shard_id", "id", "kind", "reference")]
    with engine.connect() as connection:
        there = {tuple(row) for row in connection.execute(sa.select(*columns))}
    for row in due - there:
        yield _found("I10", str(row[2]), "its change is there, and it is not in the outbox")
    for row in there - due:
        yield _found("I11", str(row[2]), "is in the outbox, and its change is not there")


def check_documents(engine: sa.Engine, evidence: Evidence) -> Iterator[Violation]:
    """I28: every document of a delivery that was applied is there, and no other."""
    columns = [documents.c[name] for name in ("patient", "source", "id")]
    with engine.connect() as connection:
        there = {tuple(row) for row in connection.execute(sa.select(*columns))}
    for row in set(evidence.documents) - there:
        yield _found("I28", row[2], "was delivered and is not there")
    for row in there - set(evidence.documents):
        yield _found("I28", row[2], "is there, and its delivery is not")


def check_once(evidence: Evidence) -> Iterator[Violation]:
    """I5: however often a request was repeated, it was carried out once."""
    for shard in evidence.shards_of("account"):
        filed = Counter(type(event).__name__ for event in evidence.events(shard))
        number = filed[ApplicationFiled.__name__]
        if number > 1:
            yield _found("I5", shard.id, f"was filed {number} times")
