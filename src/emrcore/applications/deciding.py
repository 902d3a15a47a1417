"""What the office does with an application: checks, questions, the decision."""

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import TypeVar

from emrcore import rules
from emrcore.access import Facts, Viewer, admitted
from emrcore.applications.application import Filed, OpenApplication, form, waiting
from emrcore.applications.events import (
    AccessGranted,
    AccessRejected,
    ApplicationReturned,
    CheckRecorded,
    ClarificationAsked,
    DeadlineMissed,
    Paper,
    Question,
)
from emrcore.applications.filing import Operator
from emrcore.applications.outcomes import Pending, Rejection
from emrcore.calendar import Deadline, WorkingCalendar, months_after, stop
from emrcore.errors import RuleBroken
from emrcore.people import PatientId
from emrcore.rulebook import Band, Check, Edition, Role

T = TypeVar("T")


def record_check(
    filed: Filed, *, check: Check, passed: bool, by: Operator, at: dt.datetime
) -> CheckRecorded:
    """Record the result of one check.

    Raises:
        RuleBroken: APP-7 the operator is the applicant, APP-18 the operator typed the form.
    """
    not_own(filed, by)
    return CheckRecorded(id=filed.id, check=check, passed=passed, by=by.id, at=at)


def grant(
    filed: Filed,
    patient: PatientId,
    *,
    facts: Facts,
    by: Operator,
    at: dt.datetime,
    edition: Edition,
) -> AccessGranted:
    """Open one card to the applicant.

    Raises:
        RuleBroken: APP-7 the operator is the applicant, APP-18 the operator typed the form, APP-6
            a check is open or failed, APP-10 this card is not open, APP-12 as many as may see it
            do, or the access rule that forbids it now (APP-9; a tie still unconfirmed: ACC-5).
    """
    not_own(filed, by)
    role = _role(filed, patient)
    for check in missing(filed, edition):
        raise RuleBroken(rules.APP_6, f"{check}")
    viewer = Viewer(person=filed.applicant, role=role)
    bands, refusal = admitted(facts, viewer, at=at, edition=edition, ungranted=True)
    if refusal:
        raise RuleBroken(refusal.rule, f"{role}")
    _check_quota(facts, viewer, bands, at)
    return AccessGranted(
        id=filed.id,
        patient=patient,
        applicant=filed.applicant,
        by=by.id,
        at=at,
        until=_end(bands, at, edition),
    )


def missing(filed: Filed, edition: Edition) -> tuple[Check, ...]:
    """The checks that have not passed yet (APP-6), in the order of the rulebook."""
    checks = edition.application.checks.value if edition.application else tuple(Check)
    return tuple(check for check in checks if not filed.checks.get(check))


def _check_quota(facts: Facts, viewer: Viewer, bands: tuple[Band, ...], at: dt.datetime) -> None:
    own = {viewer.person, facts.person.id}
    others = {grant.viewer for grant in facts.grants if grant.holds_at(at)} - own
    for band in bands:
        if band.most_viewers and len(others) >= band.most_viewers.value:
            raise RuleBroken(rules.APP_12, f"{band.most_viewers.value}")


def _end(bands: tuple[Band, ...], at: dt.datetime, edition: Edition) -> dt.datetime | None:
    """When the access granted at *at* ends by itself; the earliest end of several."""
    months = [band.grant_months.value for band in bands if band.grant_months]
    if not months:
        return None
    return edition.start_of(months_after(edition.local_day(at), min(months)))


def reject(
    filed: Filed, patient: PatientId, *, why: Rejection, by: Operator, at: dt.datetime
) -> AccessRejected:
    """Refuse one card to the applicant, with a reason from the closed list (APP-20).

    Raises:
        RuleBroken: APP-7 the operator is the applicant, APP-18 the operator typed the form, APP-10
            this card is not open.
    """
    not_own(filed, by)
    _role(filed, patient)
    return AccessRejected(id=filed.id, patient=patient, why=why, at=at, by=by.id)


def ask(
    filed: Filed,
    *,
    questions: Iterable[Question],
    by: Operator,
    at: dt.datetime,
    edition: Edition,
    calendars: Mapping[str, WorkingCalendar],
) -> ClarificationAsked:
    """Ask the applicant; until the answer the clocks stand and nothing is decided (APP-14).

    Raises:
        RuleBroken: APP-7 the operator is the applicant, APP-18 the operator typed the form, APP-15
            nothing is asked.
    """
    not_own(filed, by)
    return ClarificationAsked(
        id=filed.id,
        questions=_some(questions),
        by=by.id,
        at=at,
        until=_answer_by(at, edition),
        deadlines=_stopped(filed, at, calendars),
    )


def send_back(
    filed: Filed,
    *,
    papers: Iterable[Paper],
    by: Operator,
    at: dt.datetime,
    edition: Edition,
    calendars: Mapping[str, WorkingCalendar],
) -> ApplicationReturned:
    """Give the form back to be corrected; until then the clocks stand (APP-14).

    Raises:
        RuleBroken: APP-7 the operator is the applicant, APP-18 the operator typed the form, APP-15
            nothing is to be corrected.
    """
    not_own(filed, by)
    return ApplicationReturned(
        id=filed.id,
        papers=_some(papers),
        by=by.id,
        at=at,
        until=_answer_by(at, edition),
        deadlines=_stopped(filed, at, calendars),
    )


def _some(items: Iterable[T]) -> tuple[T, ...]:
    found = tuple(dict.fromkeys(items))
    if not found:
        raise RuleBroken(rules.APP_15, "nothing is asked")
    return found


def _answer_by(at: dt.datetime, edition: Edition) -> dt.datetime:
    if edition.application is None:
        raise RuleBroken(rules.APP_1, "never")
    days = edition.application.clarification_days.value
    return edition.start_of(edition.local_day(at) + dt.timedelta(days=days + 1))


def _stopped(
    filed: Filed, at: dt.datetime, calendars: Mapping[str, WorkingCalendar]
) -> dict[PatientId, Deadline]:
    return {
        patient: stop(one.deadline, at=at, calendars=calendars)
        for patient, one in waiting(filed).items()
    }


def note_missed(state: OpenApplication, *, at: dt.datetime) -> tuple[DeadlineMissed, ...]:
    """Every card whose deadline was missed by *at* and not noted yet; nothing follows (APP-17)."""
    found: list[DeadlineMissed] = []
    for patient, one in waiting(state).items():
        due_at = one.deadline.due_at
        late = isinstance(one, Pending) and one.missed_at is None and one.deadline.is_missed(at)
        if late and due_at:
            missed = DeadlineMissed(id=form(state).id, patient=patient, due_at=due_at, at=at)
            found.append(missed)
    return tuple(found)


def not_own(filed: Filed, by: Operator) -> None:
    """Refuse an operator who is the applicant, or who has typed the form.

    Raises:
        RuleBroken: APP-7, APP-18.
    """
    if by.person == filed.applicant:
        raise RuleBroken(rules.APP_7)
    if filed.help and filed.help.operator == by.id:
        raise RuleBroken(rules.APP_18)


def _role(filed: Filed, patient: PatientId) -> Role:
    if patient not in waiting(filed):
        raise RuleBroken(rules.APP_10)
    return filed.asked[patient]
