"""Applications: each goes the published way, told from its events alone."""

import datetime as dt
from collections.abc import Iterable, Iterator

import attrs

from emrcore import applications
from emrcore.applications import (
    AccessGranted,
    AccessRejected,
    ApplicationExpired,
    ApplicationFiled,
    ApplicationId,
    ApplicationReturned,
    ApplicationWithdrawn,
    CardSuperseded,
    CheckRecorded,
    ClarificationAnswered,
    ClarificationAsked,
    CorrectionReceived,
    DeadlineMissed,
    Event,
    EvidenceKept,
    KinshipAwaited,
    TieConfirmed,
)
from emrcore.people import PatientId
from emrcore.testing.invariants.evidence import Evidence, Violation

_BY_OPERATORS = (
    CheckRecorded,
    ClarificationAsked,
    ApplicationReturned,
    AccessGranted,
    AccessRejected,
)


def check_i1(evidence: Evidence) -> list[Violation]:
    """I1: every application goes the way of the published transitions, and no other.

    It is filed once; each card is closed once, and nothing follows the last. Operators act while it
    is their turn, applicants while it is theirs, and in time. A grant finds every check of the
    rulebook passed and no tie waited for, and nobody decides an application of their own. A missed
    deadline is noted once, and not before.
    """
    return [
        Violation(invariant="I1", where=f"{shard.id}/{id_}", what=what)
        for shard in evidence.shards_of("account")
        for id_, events in _by_application(evidence.events(shard)).items()
        for what in _off_the_way(evidence, events)
    ]


def _by_application(events: Iterable[object]) -> dict[ApplicationId, list[Event]]:
    found: dict[ApplicationId, list[Event]] = {}
    for event in events:
        if isinstance(event, applications.Event):
            found.setdefault(event.id, []).append(event)
    return found


def _off_the_way(evidence: Evidence, events: list[Event]) -> Iterator[str]:
    first = events[0]
    if not isinstance(first, ApplicationFiled):
        yield "begins unfiled"
        return
    way = _Way(evidence=evidence, filed=first, cards=set(first.asked))
    for event in events[1:]:
        yield from way.after(event)


@attrs.define(kw_only=True)
class _Way:
    """One application, kept apart from the one that is checked; ``until`` is the applicant's."""

    evidence: Evidence
    filed: ApplicationFiled
    cards: set[PatientId]
    passed: set[str] = attrs.field(factory=set[str])
    untied: set[PatientId] = attrs.field(factory=set[PatientId])
    missed: set[PatientId] = attrs.field(factory=set[PatientId])
    asked: type[ClarificationAsked | ApplicationReturned] | None = None
    until: dt.datetime | None = None

    def after(self, event: Event) -> Iterator[str]:
        name = type(event).__name__
        if not self.cards:
            yield f"{name} after it was decided"
        by_rule = isinstance(event, AccessRejected) and event.by is None
        if self.asked and isinstance(event, _BY_OPERATORS) and not by_rule:
            yield f"{name} while it is the applicant's turn"
        yield from self._step(event)

    def _step(self, event: Event) -> Iterator[str]:  # noqa: C901, PLR0912 - one case for each event
        match event:
            case ApplicationFiled():
                yield "filed twice"
            case KinshipAwaited():
                self.untied.add(event.patient)
            case TieConfirmed():
                if event.patient not in self.untied:
                    yield f"the tie to {event.patient} was not waited for"
                self.untied.discard(event.patient)
            case CheckRecorded():
                (self.passed.add if event.passed else self.passed.discard)(event.check)
            case EvidenceKept():
                self.passed.discard(event.purpose)
            case ClarificationAsked() | ApplicationReturned():
                self.asked, self.until = type(event), event.until
            case ClarificationAnswered():
                yield from self._heard(ClarificationAsked, event.at)
            case CorrectionReceived():
                yield from self._heard(ApplicationReturned, event.at)
                self.passed.clear()
            case AccessGranted():
                yield from self._ungrantable(event)
                yield from self._close(event.patient)
            case AccessRejected() | CardSuperseded():
                yield from self._close(event.patient)
            case ApplicationWithdrawn():
                self.cards.clear()
            case ApplicationExpired():
                if self.until is None or event.at < self.until:
                    yield "expired before its time"
                self.cards.clear()
            case DeadlineMissed():
                if event.patient in self.missed or event.patient not in self.cards:
                    yield f"{event.patient} was noted as missed again, or was closed"
                if event.at < event.due_at:
                    yield f"{event.patient} was noted as missed before its end"
                self.missed.add(event.patient)

    def _heard(self, answers: type, at: dt.datetime) -> Iterator[str]:
        if self.asked is not answers:
            yield "was answered and not asked"
        if self.until and at >= self.until:
            yield "was answered too late"
        self.asked = self.until = None

    def _close(self, patient: PatientId) -> Iterator[str]:
        if patient not in self.cards:
            yield f"{patient} is decided twice, or was not asked for"
        self.cards.discard(patient)

    def _ungrantable(self, event: AccessGranted) -> Iterator[str]:
        rule = self.evidence.office.edition(event.at).application
        missing = [one for one in rule.checks.value if one not in self.passed] if rule else []
        if missing:
            yield f"granted without {', '.join(missing)}"
        if event.patient in self.untied:
            yield "granted without a tie"
        if str(event.by) == str(event.applicant):
            yield "granted to oneself"
