"""The life of an application for access: filed, checked, decided for each card it asks for.

Each card asked for has an outcome and, while it is open, a clock of its own. An application is
*filed* while the office has to act, *suspended* or *returned* while the applicant has to, and
*decided* once no card is open. What is refused at the door (too early, a child of 15, a simplified
account) raises and leaves nothing behind; what happens to a filed application is an event.
"""

import datetime as dt
from collections.abc import Mapping
from typing import TypeVar, assert_never

import attrs

from emrcore import rules
from emrcore.applications.events import (
    AccessGranted,
    AccessRejected,
    ApplicationExpired,
    ApplicationFiled,
    ApplicationReturned,
    ApplicationWithdrawn,
    CardSuperseded,
    Channel,
    CheckRecorded,
    ClarificationAnswered,
    ClarificationAsked,
    CorrectionReceived,
    DeadlineMissed,
    Help,
    KinshipAwaited,
    Paper,
    Question,
    TieConfirmed,
)
from emrcore.applications.evidence import EvidenceKept
from emrcore.applications.outcomes import (
    ApplicationId,
    Expired,
    Granted,
    NeedsKinship,
    Open,
    Outcome,
    Pending,
    Rejected,
    Superseded,
    Withdrawn,
)
from emrcore.calendar import Deadline
from emrcore.errors import RuleBroken
from emrcore.people import AccountId, PatientId, PersonId
from emrcore.rulebook import Check, Role

# -- States ----------------------------------------------------------------------------------------


@attrs.frozen(kw_only=True)
class Filed:
    """An application with at least one card still open.

    ``deadline`` is what was promised when it was filed; each open card's own is in its outcome.
    """

    id: ApplicationId
    account: AccountId
    applicant: PersonId
    filed_at: dt.datetime
    deadline: Deadline
    asked: Mapping[PatientId, Role]
    outcomes: Mapping[PatientId, Outcome]
    checks: Mapping[Check, bool]
    channel: Channel = Channel.PORTAL
    help: Help | None = None


@attrs.frozen(kw_only=True)
class Suspended:
    """The applicant was asked at ``since`` and may answer before ``until``."""

    filed: Filed
    questions: tuple[Question, ...]
    since: dt.datetime
    until: dt.datetime


@attrs.frozen(kw_only=True)
class Returned:
    """The applicant was given the form back at ``since`` and may correct it before ``until``."""

    filed: Filed
    papers: tuple[Paper, ...]
    since: dt.datetime
    until: dt.datetime


@attrs.frozen(kw_only=True)
class Decided:
    """An application with no card open since ``at``, whoever or whatever closed the last."""

    filed: Filed
    at: dt.datetime


OpenApplication = Filed | Suspended | Returned
Application = Filed | Suspended | Returned | Decided
STATES: tuple[type[Application], ...] = (Filed, Suspended, Returned, Decided)

Event = (
    ApplicationFiled
    | KinshipAwaited
    | TieConfirmed
    | CheckRecorded
    | EvidenceKept
    | ClarificationAsked
    | ClarificationAnswered
    | ApplicationReturned
    | CorrectionReceived
    | AccessGranted
    | AccessRejected
    | ApplicationWithdrawn
    | CardSuperseded
    | ApplicationExpired
    | DeadlineMissed
)

S = TypeVar("S", bound=Application)


def form(state: Application) -> Filed:
    """What was filed, whatever has become of it."""
    return state if isinstance(state, Filed) else state.filed


def standing_in(state: Application | None, *kinds: type[S]) -> S:
    """*state*, if it is one of *kinds*.

    Raises:
        RuleBroken: APP-10 there is no such application or it is decided, APP-14 it is the other
            side's turn to act.
    """
    if isinstance(state, kinds):
        return state
    raise RuleBroken(rules.APP_14, type(still_open(state)).__name__.lower())


def still_open(state: Application | None) -> OpenApplication:
    """*state*, if any of its cards is still open.

    Raises:
        RuleBroken: APP-10, there is no such application or it is decided.
    """
    if state is None or isinstance(state, Decided):
        raise RuleBroken(rules.APP_10)
    return state


def waiting(state: Application) -> Mapping[PatientId, Open]:
    """The cards that are still open."""
    outcomes = form(state).outcomes
    return {patient: one for patient, one in outcomes.items() if isinstance(one, Open)}


# -- Evolution -------------------------------------------------------------------------------------


def evolve(state: Application | None, event: Event) -> Application:  # noqa: C901, PLR0911, PLR0912
    """The state after *event*."""
    if isinstance(event, ApplicationFiled):
        return _begun(event)
    if state is None or isinstance(state, Decided):
        raise TypeError("only an open application changes")
    match event:
        case KinshipAwaited():
            needs = NeedsKinship(since=event.at, deadline=event.deadline)
            return _with(state, {event.patient: needs}, event.at)
        case TieConfirmed():
            return _with(state, {event.patient: Pending(deadline=event.deadline)}, event.at)
        case CheckRecorded():
            checks = {**form(state).checks, event.check: event.passed}
            return _around(state, attrs.evolve(form(state), checks=checks))
        case EvidenceKept():
            checks = {one: ok for one, ok in form(state).checks.items() if one != event.purpose}
            return _around(state, attrs.evolve(form(state), checks=checks))
        case ClarificationAsked():
            filed = _clocked(form(state), event.deadlines)
            return Suspended(
                filed=filed, questions=event.questions, since=event.at, until=event.until
            )
        case ApplicationReturned():
            filed = _clocked(form(state), event.deadlines)
            return Returned(filed=filed, papers=event.papers, since=event.at, until=event.until)
        case ClarificationAnswered():
            return _clocked(form(state), event.deadlines)
        case CorrectionReceived():
            return attrs.evolve(_clocked(form(state), event.deadlines), checks={})
        case AccessGranted():
            granted = Granted(at=event.at, by=event.by)
            return _with(state, {event.patient: granted}, event.at)
        case AccessRejected():
            rejected = Rejected(at=event.at, why=event.why, by=event.by)
            return _with(state, {event.patient: rejected}, event.at)
        case CardSuperseded():
            superseded = Superseded(at=event.at, by=event.by)
            return _with(state, {event.patient: superseded}, event.at)
        case ApplicationWithdrawn():
            return _with(state, dict.fromkeys(waiting(state), Withdrawn(at=event.at)), event.at)
        case ApplicationExpired():
            return _with(state, dict.fromkeys(waiting(state), Expired(at=event.at)), event.at)
        case DeadlineMissed():
            return _missed(state, event)
        case _:
            assert_never(event)


def _begun(event: ApplicationFiled) -> Filed:
    return Filed(
        id=event.id,
        account=event.account,
        applicant=event.applicant,
        filed_at=event.at,
        deadline=event.deadline,
        asked=event.asked,
        outcomes=dict.fromkeys(event.asked, Pending(deadline=event.deadline)),
        checks={},
        channel=event.channel,
        help=event.help,
    )


def _with(
    state: OpenApplication, outcomes: Mapping[PatientId, Outcome], at: dt.datetime
) -> Application:
    """*state* with new *outcomes*; decided if they leave no card open."""
    filed = attrs.evolve(form(state), outcomes={**form(state).outcomes, **outcomes})
    return _around(state, filed) if waiting(filed) else Decided(filed=filed, at=at)


def _around(state: OpenApplication, filed: Filed) -> OpenApplication:
    return filed if isinstance(state, Filed) else attrs.evolve(state, filed=filed)


def _clocked(filed: Filed, deadlines: Mapping[PatientId, Deadline]) -> Filed:
    clocked = {
        patient: attrs.evolve(one, deadline=deadlines[patient])
        for patient, one in waiting(filed).items()
        if patient in deadlines
    }
    return attrs.evolve(filed, outcomes={**filed.outcomes, **clocked})


def _missed(state: OpenApplication, event: DeadlineMissed) -> Application:
    pending = form(state).outcomes[event.patient]
    if not isinstance(pending, Pending):
        raise TypeError("only a pending card can be late")
    return _with(state, {event.patient: attrs.evolve(pending, missed_at=event.at)}, event.at)
