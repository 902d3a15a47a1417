"""States and versions: what is kept is what the journal tells, and changed as the rules say."""

from collections import Counter
from collections.abc import Iterator

from emrcore import applications
from emrcore.access import Facts
from emrcore.applications import ApplicationFiled
from emrcore.ports import Key
from emrcore.testing.invariants.evidence import (
    LIVES,
    Call,
    Ended,
    Evidence,
    Violation,
    event_of,
)
from emrcore.testing.invariants.folding import fold, sessions_differ


def check_i2(evidence: Evidence) -> list[Violation]:
    """I2: the version of a key is the number of commits that wrote it: no gap, no reuse."""
    written: Counter[Key] = Counter()
    found: list[Violation] = []
    doubtful = {key for one in evidence.commits if not one.known for key in one.batch.put}
    for commit in evidence.commits:
        for key in commit.batch.put:
            if key not in doubtful and commit.batch.expect[key] != written[key]:
                what = f"{commit.batch.expect[key]} was replaced, not {written[key]}"
                found.append(Violation(invariant="I2", where=_name(key), what=what))
            written[key] += 1
    for key, number in written.items():
        stored = evidence.storage.load(key).get(key)
        version = stored.version if stored else 0
        if key not in doubtful and version != number:
            what = f"at version {version} after {number} commits"
            found.append(Violation(invariant="I2", where=_name(key), what=what))
    return found


def check_i3(evidence: Evidence) -> list[Violation]:
    """I3: who applied for what, when, and the deadline given never change after filing."""
    found: list[Violation] = []
    for shard in evidence.shards_of("account"):
        filed = {one.id: one for one in evidence.events(shard) if isinstance(one, ApplicationFiled)}
        for key, state in evidence.states(shard, "application").items():
            if not isinstance(state, applications.STATES):
                raise TypeError("no application")
            now, first = applications.form(state), filed.get(applications.ApplicationId(key.id))
            if first and (
                (now.account, now.applicant, now.filed_at, now.deadline, dict(now.asked))
                != (first.account, first.applicant, first.at, first.deadline, dict(first.asked))
            ):
                found.append(Violation(invariant="I3", where=_name(key), what="is not as filed"))
    return found


def check_i4(evidence: Evidence) -> list[Violation]:
    """I4: what was acknowledged is there: each commit's entries stand in the journal, in order."""
    found: list[Violation] = []
    for shard in evidence.shards:
        kept = Counter((link.entry.action, link.entry.detail) for link in evidence.links(shard))
        told = Counter(
            (entry.action, entry.detail)
            for commit in evidence.commits
            if commit.known and commit.batch.shard == shard
            for entry in commit.batch.entries
        )
        for action, _ in (told - kept).elements():
            what = f"{action} was acknowledged and is not there"
            found.append(Violation(invariant="I4", where=shard.id, what=what))
    return found


ONCE = frozenset(
    {"file", "grant", "reject", "record_check", "verify", "renew", "approve", "begin_login"}
)
"""The verbs that do one thing."""


def check_i5(evidence: Evidence) -> list[Violation]:
    """I5: one call, one effect, however often it was tried; and no answer without its commit.

    A request under a key has one commit, however often it is repeated, and one answer; once it is
    carried out no repetition is refused, but for those that would tell a secret anew.
    """
    found = [
        _call("I5", calls[0].verb, what)
        for key, calls in _requests(evidence).items()
        for what in _carried_out(evidence, key, calls)
    ]
    commits = Counter(
        (one.call, one.batch.shard)
        for one in evidence.commits
        if any(key.kind in LIVES for key in one.batch.put)
    )
    for call in evidence.calls:
        if call.verb not in ONCE:
            continue
        often = max((n for (one, _), n in commits.items() if one == call.number), default=0)
        if often > 1:
            found.append(_call("I5", call.verb, f"took effect {often} times"))
        if call.ended is Ended.ANSWERED and not (often or call.key or call.verb == "begin_login"):
            found.append(_call("I5", call.verb, "was answered without a commit"))
    return found


TOLD_ANEW = frozenset(
    {
        "verify",
        "renew",
        "offer_authenticator",
        "bind_authenticator",
        "make_recovery_codes",
        "hand_over_first_password",
    }
)
"""The verbs whose outcome is a secret: a repetition makes another one, if it still may."""


def _requests(evidence: Evidence) -> dict[str, list[Call]]:
    """The calls under every key, in their order."""
    found: dict[str, list[Call]] = {}
    for call in sorted(evidence.calls, key=lambda one: one.number):
        if call.key:
            found.setdefault(call.key, []).append(call)
    return found


def _carried_out(evidence: Evidence, key: str, calls: list[Call]) -> Iterator[str]:
    """What is wrong with the request under *key*."""
    commits = [
        one
        for one in evidence.commits
        if one.known and any((put.kind, put.id) == ("done", key) for put in one.batch.put)
    ]
    if len(commits) > 1:
        yield f"was carried out {len(commits)} times under one key"
    answered = [call for call in calls if call.ended is Ended.ANSWERED]
    if answered and not commits:
        yield "was answered under a key without a commit"
    secret = calls[0].verb in TOLD_ANEW
    if len({call.told for call in answered}) > 1 and not secret:
        yield "was answered in two ways under one key"
    if commits and not secret:
        yield from (
            "was refused though it had been carried out"
            for call in calls
            if call.number > commits[0].call and call.ended is Ended.REFUSED
        )


def _call(invariant: str, verb: str, what: str) -> Violation:
    return Violation(invariant=invariant, where=verb, what=what)


def check_i6(evidence: Evidence) -> list[Violation]:
    """I6: every state is what its journal comes to.

    Applications, grants, sessions, second factors and broken glass are compared whole, of facts the
    ties and whether the patient is dead. Sessions that idled out leave the second factor silently.
    """
    found: list[Violation] = []
    for shard in evidence.shards:
        told = fold(evidence, shard)
        kept = {
            key: state
            for kind in sorted(LIVES)
            for key, state in evidence.states(shard, kind).items()
        }
        for key in told.keys() | kept.keys():
            if not _same(kept.get(key), told.get(key)):
                what = "is not what the journal tells"
                found.append(Violation(invariant="I6", where=_name(key), what=what))
    return found


def _same(kept: object, told: object) -> bool:
    if isinstance(kept, Facts) and isinstance(told, tuple):
        return (frozenset(kept.kinships), kept.person.died is not None) == told
    return kept == told or not sessions_differ(kept, told)


def check_i7(evidence: Evidence) -> list[Violation]:
    """I7: no life changes without an entry in the same commit, and no entry is in two."""
    found = [
        Violation(invariant="I7", where=_name(key), what="was changed without an entry")
        for commit in evidence.commits
        if not commit.batch.entries
        for key in commit.batch.put
        if key.kind in LIVES
    ]
    for shard in evidence.shards:
        told = sum(len(one.batch.entries) for one in evidence.commits if one.batch.shard == shard)
        more = sum(1 for link in evidence.links(shard) if _counted(event_of(link.entry))) - told
        if evidence.commits and more > 0:
            what = f"{more} entries belong to no commit"
            found.append(Violation(invariant="I7", where=shard.id, what=what))
    return found


def _counted(event: object) -> bool:
    """Whether *event* came by ``commit``, and not with documents."""
    return type(event).__name__ != "DocumentsAdded"


def _name(key: Key) -> str:
    return f"{key.shard.id}/{key.kind}/{key.id}"
