"""Reading: nothing is shown after what it rests on has ended, and nothing without its entry."""

import datetime as dt
from collections.abc import Iterator, Mapping

from emrcore import sessions
from emrcore.access import Facts, Grant
from emrcore.envelopes import PapersShown
from emrcore.journal import ActorKind
from emrcore.office import places
from emrcore.people import AccountId, KinshipStatus, PersonId
from emrcore.ports import Key
from emrcore.records import CardOpened, DocumentsShown, SummaryShown
from emrcore.rulebook import Role
from emrcore.sessions import (
    AccessEnded,
    CodeAccepted,
    CodeIssued,
    CodeRefused,
    PhoneSuspended,
    Purpose,
    Reproofed,
    SecondFactor,
    SessionId,
    SessionOpened,
    SessionRenewed,
)
from emrcore.sharing import Broken
from emrcore.testing.invariants.evidence import Commit, Ended, Evidence, Violation, event_of

READS = frozenset({"open_card", "read_page", "who_looked", "read_summary", "read_papers"})
"""The verbs that show something about a person."""

_Shown = CardOpened | DocumentsShown | SummaryShown

Held = Mapping[Key, object]


def check_i25(evidence: Evidence) -> list[Violation]:
    """I25: whatever has ended by its commit (session, grant, tie, life) authorises nothing later.

    Judged anew from what all keys held right before the commit that tells of the look.
    """
    found: list[Violation] = []
    opened: dict[str, set[str]] = {}
    void: dict[str, set[str]] = {}
    for commit, held in evidence.replay():
        account_id = commit.batch.shard.id
        for entry in commit.batch.entries:
            event = event_of(entry)
            if isinstance(event, SessionOpened):
                opened.setdefault(account_id, set()).add(event.id)
            elif _ends_all(event):
                void.setdefault(account_id, set()).update(opened.get(account_id, ()))
            if isinstance(event, CardOpened | DocumentsShown | SummaryShown):
                found += _over(commit, void)
                by_citizen = entry.actor.kind is ActorKind.CITIZEN
                whats = _look(evidence, commit, held, event, by_citizen=by_citizen)
            elif isinstance(event, CodeIssued) and event.challenge.session:
                account, at = event.account, event.challenge.issued_at
                whats = _session(evidence, held, account, event.challenge.session, at)
            elif isinstance(event, SessionRenewed):
                account = AccountId(commit.batch.shard.id)
                whats = _session(evidence, held, account, event.id, event.at)
            else:
                continue
            found += [
                Violation(invariant="I25", where=commit.batch.shard.id, what=what) for what in whats
            ]
    return found


def _ends_all(event: object) -> bool:
    """Whether every session that is open ends with *event*."""
    moved = isinstance(event, CodeAccepted) and event.purpose is Purpose.NEW_PHONE
    locked = isinstance(event, CodeRefused) and event.hard
    return moved or locked or isinstance(event, PhoneSuspended | Reproofed | AccessEnded)


def _over(commit: Commit, void: Mapping[str, set[str]]) -> list[Violation]:
    return [
        Violation(invariant="I25", where=key.shard.id, what="a session was used that is void")
        for key in commit.batch.expect
        if key.kind == "session" and key.id in void.get(key.shard.id, ())
    ]


def _look(
    evidence: Evidence,
    commit: Commit,
    held: Held,
    event: _Shown,
    *,
    by_citizen: bool,
) -> Iterator[str]:
    facts = held.get(places.facts(event.patient))
    if not isinstance(facts, Facts):
        yield "a card was shown that is not there"
        return
    if not by_citizen:
        if not (isinstance(event, CardOpened) and event.refused):
            yield from _crew(held, event)
        return
    used = [key for key in commit.batch.expect if key.kind == "session"]
    if not used:
        yield "a card was shown without a session"
    for key in used:
        account = AccountId(key.shard.id)
        yield from _session(evidence, held, account, SessionId(key.id), event.at)
        if isinstance(event, CardOpened) and event.refused:
            continue
        yield from _ungranted(held, account, event)
    if not (isinstance(event, CardOpened) and event.refused):
        yield from _barred(facts, event, evidence.office.edition(event.at).local_day(event.at))


def _crew(held: Held, event: _Shown) -> Iterator[str]:
    viewer = event.viewer
    if viewer.role is Role.CREW:
        glass = held.get(places.break_glass(event.patient, viewer.person))
        if not isinstance(glass, Broken) or not glass.since <= event.at < glass.until:
            yield "a crew was shown a card whose glass is whole"
    elif viewer.role is not Role.DOCTOR:
        yield f"a card was shown to staff as {viewer.role}"


def _session(
    evidence: Evidence, held: Held, account: AccountId, session: SessionId, at: dt.datetime
) -> Iterator[str]:
    state = held.get(places.session(account, session))
    factor = held.get(places.factor(account))
    if not isinstance(state, sessions.Open):
        yield "a session was used that has ended"
        return
    if not isinstance(factor, SecondFactor) or session not in factor.sessions:
        yield "a session was used that its account does not know as open"
    rule = evidence.office.entry(at).session
    if at - state.used_at >= dt.timedelta(minutes=rule.idle_minutes.value):
        yield "a session was used that had idled out"
    if at - state.opened_at >= dt.timedelta(minutes=rule.absolute_minutes.value):
        yield "a session was used after its end"


def _ungranted(held: Held, account: AccountId, event: _Shown) -> Iterator[str]:
    grant = held.get(places.grant(account, event.patient))
    viewer = event.viewer
    if (
        not isinstance(grant, Grant)
        or (grant.viewer, grant.role) != (viewer.person, viewer.role)
        or not grant.holds_at(event.at)
    ):
        yield "a card was shown to whom it is not granted"


def _barred(facts: Facts, event: _Shown, day: dt.date) -> Iterator[str]:
    viewer, person = event.viewer, facts.person
    if person.died and person.died <= day:
        yield "the card of a dead patient was shown"
    for bar in facts.restrictions:
        if bar.person in {None, viewer.person} and bar.holds_on(day):
            yield "a card was shown against a restriction"
    of_age = day > _birthday(person.born, 15)
    if viewer.role is Role.SELF and (viewer.person != person.id or not of_age):
        yield "a card was shown as the own one"
    if viewer.role is Role.GUARDIAN and (of_age or not _tied(facts, viewer.person, day)):
        yield "a card was shown to who is no guardian"


def _tied(facts: Facts, guardian: PersonId, day: dt.date) -> bool:
    return any(
        tie.guardian == guardian and tie.status is KinshipStatus.CONFIRMED and tie.holds_on(day)
        for tie in facts.kinships
    )


def _birthday(born: dt.date, years: int) -> dt.date:
    day = 28 if (born.month, born.day) == (2, 29) else born.day
    return dt.date(born.year + years, born.month, day)


def check_i26(evidence: Evidence) -> list[Violation]:
    """I26: whatever was shown has its entry in the journal, which was there before the answer."""
    told = {
        commit.call
        for commit in evidence.commits
        for entry in commit.batch.entries
        if isinstance(event_of(entry), CardOpened | DocumentsShown | SummaryShown | PapersShown)
    }
    return [
        Violation(invariant="I26", where=call.verb, what="answered without an entry")
        for call in evidence.calls
        if call.verb in READS and call.ended is Ended.ANSWERED and call.number not in told
    ]
