"""The outbox and the phone: one item for each change that tells, and nothing else is sent."""

import datetime as dt
from collections import Counter
from collections.abc import Iterator

from emrcore.errors import StoreError
from emrcore.journal import ActorKind
from emrcore.office.codes import code_for
from emrcore.office.notices import CARD, CODE, NOTICE, PROVEN, Reference
from emrcore.office.papers import mobile_of
from emrcore.office.receipts import opened
from emrcore.people import AccountId
from emrcore.ports import Accepted, Batch, Fate, Message, OutboxItem, Shard, Unknown
from emrcore.sessions import (
    AuthenticatorBound,
    AuthenticatorRemoved,
    Challenge,
    CodeIssued,
    CodeRefused,
    FirstPasswordIssued,
    NoticeKind,
    RecoveryCodesMade,
)
from emrcore.testing.invariants.evidence import Evidence, Violation, event_of, items_of

Place = tuple[Shard, str]

_WORDING = dt.timedelta(seconds=1)
"""How long it may take to word a message once its validity is known."""


def place_of(evidence: Evidence, message: Message) -> Place | None:
    """The item that *message* was made of, by the name it goes under to the provider."""
    found = opened(evidence.office.keys, message.ref)
    return found and (Shard.of_account(found[0]), found[1])


def check_i10(evidence: Evidence) -> list[Violation]:
    """I10: a change that tells somebody has exactly one outbox item, in the same commit.

    Once all is settled, every item has come out of the outbox.
    """
    found = [
        Violation(invariant="I10", where=commit.batch.shard.id, what=what)
        for commit in evidence.commits
        for what in _untold(commit.batch)
    ]
    if evidence.settled:
        out = {(one.leased.item.shard, one.leased.item.id) for one in evidence.leases}
        found += [
            Violation(invariant="I10", where=id_, what="never came out of the outbox")
            for shard, id_ in items_of(evidence).keys() - out
            if shard in evidence.shards
        ]
    return found


def _untold(batch: Batch) -> Iterator[str]:
    sent = Counter((item.kind, item.reference) for item in batch.outbox)
    told = Counter(
        Reference.of(item.reference).kind for item in batch.outbox if item.kind == NOTICE
    )
    for entry in batch.entries:
        event = event_of(entry)
        if isinstance(event, CodeIssued | FirstPasswordIssued):
            number = sent[CODE, event.challenge.reference]
            if number != 1:
                yield f"{number} items for {event.challenge.reference}"
        kind = _notice_of(event)
        if kind and told[kind] != 1 and entry.actor.kind is not ActorKind.STAFF:
            yield f"{told[kind]} notices of {kind}"


def _notice_of(event: object) -> NoticeKind | None:
    """What the person whose phone was proven once is told of *event*."""
    match event:
        case CodeRefused(hard=True, challenge=None):
            return NoticeKind.LOCKED
        case AuthenticatorBound() | AuthenticatorRemoved():
            return NoticeKind.AUTHENTICATOR
        case RecoveryCodesMade():
            return NoticeKind.RECOVERY
        case _:
            return None


def check_i11(evidence: Evidence) -> list[Violation]:
    """I11: no item comes out of the outbox that no commit has put there."""
    known = items_of(evidence)
    return [
        Violation(invariant="I11", where=one.leased.item.id, what="was put there by no commit")
        for one in evidence.leases
        if evidence.commits and (one.leased.item.shard, one.leased.item.id) not in known
    ]


def check_i12(evidence: Evidence) -> list[Violation]:
    """I12: nothing is sent about a change that was not committed, nor before it was."""
    known = items_of(evidence)
    return [
        Violation(invariant="I12", where=one.message.ref, what="tells of nothing committed")
        for one in evidence.handed
        if place_of(evidence, one.message) not in known
    ]


def check_i13(evidence: Evidence) -> list[Violation]:
    """I13: what is sent is what the item says: this code, to the phone it was issued for.

    And the item that comes out is, bit for bit, the one that was put in.
    """
    known = items_of(evidence)
    found = [
        Violation(invariant="I13", where=one.leased.item.id, what="came out changed")
        for one in evidence.leases
        if known.get((one.leased.item.shard, one.leased.item.id), one.leased.item)
        != one.leased.item
    ]
    issued = _issued(evidence)
    for one in evidence.handed:
        place = place_of(evidence, one.message)
        item = known.get(place) if place else None
        if item is None:
            continue
        if f"#{_code(evidence, item, issued)}" not in one.message.text and item.kind == CODE:
            found.append(_wrong(item, "holds another code"))
        number = _number(evidence, AccountId(item.shard.id), _phone(item, issued))
        if number not in {None, one.message.to}:
            found.append(_wrong(item, "went to another number"))
    return found


def _number(evidence: Evidence, account: AccountId, version: int) -> str | None:
    """The number of a phone; None where it is erased, or cannot be read (which is I30)."""
    try:
        return mobile_of(evidence.office, account, version)
    except StoreError:
        return None


def _wrong(item: OutboxItem, what: str) -> Violation:
    return Violation(invariant="I13", where=item.id, what=what)


def _issued(evidence: Evidence) -> dict[tuple[str, str], Challenge]:
    return {
        (commit.batch.shard.id, event.challenge.reference): event.challenge
        for commit in evidence.commits
        for event in map(event_of, commit.batch.entries)
        if isinstance(event, CodeIssued | FirstPasswordIssued)
    }


def _code(
    evidence: Evidence, item: OutboxItem, issued: dict[tuple[str, str], Challenge]
) -> str | None:
    challenge = issued.get((item.shard.id, item.reference))
    if challenge is None:
        return None
    return code_for(evidence.office.keys, AccountId(item.shard.id), challenge)


def _phone(item: OutboxItem, issued: dict[tuple[str, str], Challenge]) -> int:
    challenge = issued.get((item.shard.id, item.reference))
    return challenge.phone if challenge else Reference.of(item.reference).to


def check_i14(evidence: Evidence) -> list[Violation]:
    """I14: what was sent, dropped or given up stays so: it is neither handed out nor settled again.

    And only who holds the last lease decides.
    """
    found: list[Violation] = []
    ended: dict[Place, int] = {}
    for one in evidence.settlements:
        place, attempt = (one.leased.item.shard, one.leased.item.id), one.leased.attempt
        if one.took and place in ended:
            found.append(_again(place, "was settled again"))
        if one.took and one.fate is not Fate.RETRY:
            ended[place] = attempt
    for lease in evidence.leases:
        place = (lease.leased.item.shard, lease.leased.item.id)
        if lease.leased.attempt > ended.get(place, lease.leased.attempt):
            found.append(_again(place, "was handed out after its end"))
    return found


def _again(place: Place, what: str) -> Violation:
    return Violation(invariant="I14", where=place[1], what=what)


def check_i15(evidence: Evidence) -> list[Violation]:
    """I15: what counts as sent was taken by the provider; once all is settled, no item waits."""
    taken = {
        place_of(evidence, one.message)
        for one in evidence.handed
        if isinstance(one.outcome, Accepted)
    }
    final = [one for one in evidence.settlements if one.took and one.fate is not Fate.RETRY]
    found = [
        Violation(invariant="I15", where=one.leased.item.id, what="counts as sent and was not")
        for one in final
        if one.fate is Fate.SENT
        and one.leased.item.kind not in {PROVEN, CARD}
        and (one.leased.item.shard, one.leased.item.id) not in taken
    ]
    if evidence.settled:
        ends = {(one.leased.item.shard, one.leased.item.id) for one in final}
        found += [
            Violation(invariant="I15", where=id_, what="waits for ever")
            for _, id_ in items_of(evidence).keys() - ends
        ]
    return found


def check_i22(evidence: Evidence) -> list[Violation]:
    """I22: nothing is handed to the provider at or after its end, and the provider knows it."""
    known = items_of(evidence)
    found: list[Violation] = []
    for one in evidence.handed:
        place = place_of(evidence, one.message)
        item = known.get(place) if place else None
        if item and one.at >= item.not_after:
            what = f"was handed over {one.at - item.not_after} after its end"
            found.append(Violation(invariant="I22", where=item.id, what=what))
        elif item and one.at + one.message.valid_for > item.not_after + _WORDING:
            what = "is said to be valid after its end"
            found.append(Violation(invariant="I22", where=item.id, what=what))
    return found


def check_i23(evidence: Evidence) -> list[Violation]:
    """I23: a message is handed over once, and again only where nobody can know that it was.

    That is after an unknown or a retryable outcome, or under a new lease of a worker that was lost.
    """
    unsettled = Counter((one.leased.item.shard, one.leased.item.id) for one in evidence.leases)
    unsettled.subtract(
        (one.leased.item.shard, one.leased.item.id) for one in evidence.settlements if one.took
    )
    told = [(place_of(evidence, one.message), one.outcome) for one in evidence.handed]
    taken = Counter(place for place, outcome in told if isinstance(outcome, Accepted | Unknown))
    unknown = Counter(place for place, outcome in told if isinstance(outcome, Unknown))
    return [
        Violation(invariant="I23", where=place[1], what=f"was handed over {number} times")
        for place, number in taken.items()
        if place and number > 1 + unknown[place] + max(unsettled[place], 0)
    ]
