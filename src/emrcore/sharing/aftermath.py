"""What must follow an emergency reading: the crew's report, and a review by somebody else.

The words of a report are kept here and not in the journal, which carries no medical content.
"""

import datetime as dt
import enum
from typing import assert_never

import attrs

from emrcore import rules
from emrcore.access import Viewer
from emrcore.errors import RuleBroken
from emrcore.people import PatientId, PersonId
from emrcore.rulebook import EmergencyRule
from emrcore.sharing.break_glass import Cause, GlassBroken, GlassId
from emrcore.sharing.unusual import Unusual

LONGEST_REPORT = 2000
"""The longest report, in characters."""


class ReportOutcome(enum.StrEnum):
    """What became of the patient: the closed list of a report."""

    TREATED = "treated"
    BROUGHT_TO_HOSPITAL = "brought-to-hospital"
    HANDED_OVER = "handed-over"
    DIED = "died"
    NOT_FOUND = "not-found"
    WRONG_CARD = "wrong-card"


class Verdict(enum.StrEnum):
    """What a review comes to."""

    JUSTIFIED = "justified"
    NOT_JUSTIFIED = "not-justified"


@attrs.frozen(kw_only=True)
class Emergency:
    """One emergency reading, as an officer sees it."""

    id: GlassId
    viewer: Viewer
    patient: PatientId
    cause: Cause
    shift: str
    at: dt.datetime
    call: str | None = None
    unusual: tuple[Unusual, ...] = ()


@attrs.frozen(kw_only=True)
class Report:
    """What the crew said afterwards."""

    outcome: ReportOutcome
    text: str = attrs.field(repr=False)
    at: dt.datetime


@attrs.frozen(kw_only=True)
class AwaitingReport:
    """The crew owes its report before ``due_at``; ``missed``: that it did not come is on record."""

    emergency: Emergency
    due_at: dt.datetime
    missed: bool = False


@attrs.frozen(kw_only=True)
class AwaitingReview:
    """The crew has reported; somebody else reviews it before ``due_at``."""

    emergency: Emergency
    report: Report
    due_at: dt.datetime


@attrs.frozen(kw_only=True)
class Reviewed:
    """It is reviewed; ``report`` None: none came in time."""

    emergency: Emergency
    report: Report | None
    by: PersonId
    verdict: Verdict
    at: dt.datetime


Aftermath = AwaitingReport | AwaitingReview | Reviewed
AFTERMATH_STATES: tuple[type[Aftermath], ...] = (AwaitingReport, AwaitingReview, Reviewed)


@attrs.frozen(kw_only=True)
class ReportGiven:
    """The crew reported; ``late``: after its deadline. The review is due before ``review_due``."""

    id: GlassId
    patient: PatientId
    outcome: ReportOutcome
    late: bool
    review_due: dt.datetime
    at: dt.datetime


@attrs.frozen(kw_only=True)
class ReportMissed:
    """No report had come when it was due."""

    id: GlassId
    patient: PatientId
    due_at: dt.datetime
    at: dt.datetime


@attrs.frozen(kw_only=True)
class EmergencyReviewed:
    """An officer, who is that person, came to a verdict."""

    id: GlassId
    patient: PatientId
    viewer: Viewer
    by: PersonId
    verdict: Verdict
    at: dt.datetime


@attrs.frozen(kw_only=True)
class ReportShown:
    """An officer, who is that person, was shown what followed an emergency reading."""

    id: GlassId
    patient: PatientId
    by: PersonId
    at: dt.datetime


def report(
    state: Aftermath | None,
    *,
    viewer: Viewer,
    outcome: ReportOutcome,
    text: str,
    at: dt.datetime,
    rule: EmergencyRule,
) -> ReportGiven:
    """Report on the emergency reading; late is better than never.

    Raises:
        RuleBroken: EMG-5, it is not *viewer*'s, is reported or reviewed already, or *text* is empty
            or too long.
    """
    ours = isinstance(state, AwaitingReport) and state.emergency.viewer == viewer
    if not isinstance(state, AwaitingReport) or not ours:
        raise RuleBroken(rules.EMG_5)
    if not 0 < len(text.strip()) <= len(text) <= LONGEST_REPORT:
        raise RuleBroken(rules.EMG_5)
    return ReportGiven(
        id=state.emergency.id,
        patient=state.emergency.patient,
        outcome=outcome,
        late=at >= state.due_at,
        review_due=at + dt.timedelta(hours=rule.review_hours.value),
        at=at,
    )


def miss_report(state: Aftermath | None, *, at: dt.datetime) -> ReportMissed | None:
    """That no report had come when it was due; None: that is not so, or on record already."""
    if not isinstance(state, AwaitingReport) or state.missed or at < state.due_at:
        return None
    emergency = state.emergency
    return ReportMissed(id=emergency.id, patient=emergency.patient, due_at=state.due_at, at=at)


def review(
    state: Aftermath | None, *, by: PersonId, verdict: Verdict, at: dt.datetime
) -> EmergencyReviewed:
    """Come to a verdict, by a second pair of eyes.

    Raises:
        RuleBroken: EMG-6, *by* is who read, the report is not there and not overdue either, or it
            is reviewed already.
    """
    waits = isinstance(state, AwaitingReview)
    overdue = isinstance(state, AwaitingReport) and at >= state.due_at
    if state is None or not (waits or overdue) or by == state.emergency.viewer.person:
        raise RuleBroken(rules.EMG_6)
    emergency = state.emergency
    return EmergencyReviewed(
        id=emergency.id,
        patient=emergency.patient,
        viewer=emergency.viewer,
        by=by,
        verdict=verdict,
        at=at,
    )


def show_report(state: Aftermath | None, *, by: PersonId, at: dt.datetime) -> ReportShown:
    """Show what followed to who may come to a verdict.

    Raises:
        RuleBroken: EMG-6, there is nothing, or *by* is who read.
    """
    if state is None or by == state.emergency.viewer.person:
        raise RuleBroken(rules.EMG_6)
    emergency = state.emergency
    return ReportShown(id=emergency.id, patient=emergency.patient, by=by, at=at)


def begin_aftermath(event: GlassBroken) -> AwaitingReport:
    """What must follow *event*."""
    emergency = Emergency(
        id=event.id,
        viewer=event.viewer,
        patient=event.patient,
        cause=event.cause,
        shift=event.shift,
        call=event.call,
        at=event.at,
        unusual=event.unusual,
    )
    return AwaitingReport(emergency=emergency, due_at=event.report_due)


def evolve_aftermath(
    state: Aftermath, event: ReportGiven | ReportMissed | EmergencyReviewed, *, text: str = ""
) -> Aftermath:
    """The state after *event*; *text* are the words of a report that was given."""
    match event:
        case ReportGiven():
            given = Report(outcome=event.outcome, text=text, at=event.at)
            return AwaitingReview(emergency=state.emergency, report=given, due_at=event.review_due)
        case ReportMissed():
            return AwaitingReport(emergency=state.emergency, due_at=event.due_at, missed=True)
        case EmergencyReviewed():
            return Reviewed(
                emergency=state.emergency,
                report=state.report if isinstance(state, AwaitingReview) else None,
                by=event.by,
                verdict=event.verdict,
                at=event.at,
            )
        case _:
            assert_never(event)
