"""Deadlines, documents and identity data: as they were given, and closed to everybody else."""

import datetime as dt
from collections.abc import Iterator

from emrcore import applications
from emrcore.applications import (
    ApplicationFiled,
    ApplicationId,
    Filed,
    Pending,
    Returned,
    Suspended,
)
from emrcore.envelopes import ENVELOPE_STATES, Envelope, Sealed
from emrcore.errors import Corrupt, RuleBroken, StoreError
from emrcore.office import places
from emrcore.office.papers import mobile_of, papers_of
from emrcore.office.sealing import DataKey, Place, envelope_of, open_envelope
from emrcore.office.work import Work
from emrcore.people import AccountId, PersonId
from emrcore.ports import Key, Shard
from emrcore.testing.invariants.evidence import FOREVER, Evidence, Violation

_TICK = dt.timedelta(microseconds=1)
_MANY = 1_000_000


def check_i20(evidence: Evidence) -> list[Violation]:
    """I20: what is due is due as the calendar counts: by counting days, not by walking them."""
    found: list[Violation] = []
    for shard in evidence.shards_of("account"):
        for event in evidence.events(shard):
            if isinstance(event, ApplicationFiled):
                found += [
                    Violation(invariant="I20", where=event.id, what=what)
                    for what in _miscounted(evidence, event)
                ]
    return found


def _miscounted(evidence: Evidence, filed: ApplicationFiled) -> Iterator[str]:
    edition = evidence.office.edition(filed.at)
    rule, given = edition.application, filed.deadline
    if rule is None or given.due_on is None:
        yield "has no end"
        return
    calendar = evidence.office.calendars[rule.calendar.value]
    first = edition.local_day(filed.at) + dt.timedelta(days=1)
    number = calendar.working_days_between(first, given.due_on + dt.timedelta(days=1))
    if number != rule.term.value.number or not calendar.is_working(given.due_on):
        yield f"is due after {number} working days"
    if given.due_at != edition.start_of(given.due_on + dt.timedelta(days=1)):
        yield f"is due at {given.due_at}"


def check_i21(evidence: Evidence) -> list[Violation]:
    """I21: an application is shown as due while the office has to act, from its end on, not before.

    And once what was due has been attended to, every deadline missed by then is noted, and no
    question is open beyond its time.
    """
    states = {
        key: state
        for shard in evidence.shards_of("account")
        for key, state in evidence.states(shard, "application").items()
        if isinstance(state, applications.STATES)
    }
    open_ones = {key: at for key, state in states.items() if (at := _next_end(state))}
    shown = evidence.storage.due("application", FOREVER, _MANY)
    found = [_due(key, "is not shown as due") for key in open_ones.keys() - set(shown)]
    found += [_due(key, "is due without being filed") for key in shown if key not in open_ones]
    for at in set(open_ones.values()):
        before = set(evidence.storage.due("application", at, _MANY))
        then = set(evidence.storage.due("application", at + _TICK, _MANY))
        for key, due_at in open_ones.items():
            if (key in before, key in then) != (due_at < at, due_at <= at):
                found.append(_due(key, "is due at another moment than told"))
    if evidence.attended:
        found += [
            _due(key, "was attended to, and not in time")
            for key, state in states.items()
            if _unattended(state, evidence.attended)
        ]
    return found


def _next_end(state: applications.Application) -> dt.datetime | None:
    """The first end of a card that waits for the office."""
    if not isinstance(state, Filed):
        return None
    ends = (one.deadline.due_at for one in state.outcomes.values() if isinstance(one, Pending))
    return min((at for at in ends if at), default=None)


def _unattended(state: applications.Application, at: dt.datetime) -> bool:
    if isinstance(state, Suspended | Returned) and state.until <= at:
        return True
    return any(
        isinstance(one, Pending)
        and one.missed_at is None
        and one.deadline.due_at is not None
        and one.deadline.due_at <= at
        for one in applications.form(state).outcomes.values()
    )


def _due(key: Key, what: str) -> Violation:
    return Violation(invariant="I21", where=key.id, what=what)


def check_i27(evidence: Evidence) -> list[Violation]:
    """I27: sealed data opens in its own place only, and no identity datum is kept in clear."""
    found = [
        Violation(invariant="I27", where=_name(key), what="opens in another place")
        for shard in evidence.shards_of("account")
        for key, sealed in _sealed(evidence, shard)
        if _opens_elsewhere(evidence, sealed)
    ]
    for where, text in _texts(evidence):
        if any(secret in text for secret in evidence.secrets):
            found.append(Violation(invariant="I27", where=where, what="holds a secret in clear"))
    return found


def _opens_elsewhere(evidence: Evidence, sealed: Sealed) -> bool:
    key = _data_key(evidence, sealed.person)
    if key is None or envelope_of(sealed) != key.envelope:
        return False
    try:
        key.unseal(sealed, Place(field="papers", record="another"))
    except Corrupt:
        return False
    return True


def _data_key(evidence: Evidence, person: PersonId) -> DataKey | None:
    work = _work(evidence, Shard.of_person(person))
    state = work.load(places.envelope(person), *ENVELOPE_STATES)
    if not isinstance(state, Envelope):
        return None
    try:
        return open_envelope(evidence.office.keys, state)
    except StoreError:
        return None


def _texts(evidence: Evidence) -> Iterator[tuple[str, str]]:
    for commit in evidence.commits:
        for key, text in commit.batch.put.items():
            yield _name(key), text
        for item in commit.batch.outbox:
            yield f"item {item.id}", f"{item.id} {item.reference}"
    for shard in evidence.shards:
        for link in evidence.links(shard):
            yield f"{shard.id} link {link.number}", link.entry.detail


def check_i28(evidence: Evidence) -> list[Violation]:
    """I28: every version of a document is kept as it was delivered, byte for byte."""
    found: list[Violation] = []
    for (patient, source, id_), delivered in evidence.documents.items():
        if evidence.storage.versions(patient, source, id_) != delivered:
            found.append(Violation(invariant="I28", where=id_, what="is not as delivered"))
    return found


def check_i30(evidence: Evidence) -> list[Violation]:
    """I30: whatever is sealed and not erased can be read, at every step of a change of keys."""
    found: list[Violation] = []
    for shard in evidence.shards_of("account"):
        account = AccountId(shard.id)
        for key, _ in _sealed(evidence, shard):
            try:
                if key.kind == "mobile":
                    mobile_of(evidence.office, account, int(key.id))
                elif key.kind == "papers":
                    papers_of(
                        evidence.office, _work(evidence, shard), account, ApplicationId(key.id)
                    )
            except RuleBroken:
                continue
            except StoreError as broken:
                found.append(Violation(invariant="I30", where=_name(key), what=str(broken)))
    return found


def _sealed(evidence: Evidence, shard: Shard) -> Iterator[tuple[Key, Sealed]]:
    for kind in ("papers", "mobile", "authenticator"):
        for key, state in evidence.states(shard, kind).items():
            if isinstance(state, Sealed):
                yield key, state


def _work(evidence: Evidence, shard: Shard) -> Work:
    return Work(storage=evidence.storage, shard=shard, now=evidence.office.now())


def _name(key: Key) -> str:
    return f"{key.shard.id}/{key.kind}/{key.id}"
