"""What the applicant does with an application: answering, correcting, taking it back."""

import datetime as dt
from collections.abc import Mapping

from emrcore import rules
from emrcore.applications.application import (
    Filed,
    OpenApplication,
    Returned,
    Suspended,
    form,
    waiting,
)
from emrcore.applications.events import (
    ApplicationExpired,
    ApplicationWithdrawn,
    ClarificationAnswered,
    CorrectionReceived,
)
from emrcore.applications.outcomes import Pending
from emrcore.calendar import Deadline, WorkingCalendar, resume
from emrcore.errors import RuleBroken
from emrcore.people import PatientId, PersonId


def answer(
    suspended: Suspended,
    *,
    by: PersonId,
    at: dt.datetime,
    calendars: Mapping[str, WorkingCalendar],
) -> ClarificationAnswered:
    """Say that the applicant has answered; the clocks go on.

    Raises:
        RuleBroken: APP-13 it is somebody else, APP-15 it is too late.
    """
    only_the_applicant(suspended, by)
    _in_time(suspended, at)
    deadlines = _resumed(suspended.filed, at, calendars)
    return ClarificationAnswered(id=suspended.filed.id, at=at, deadlines=deadlines)


def correct(
    returned: Returned,
    *,
    by: PersonId,
    at: dt.datetime,
    calendars: Mapping[str, WorkingCalendar],
) -> CorrectionReceived:
    """Say that the applicant has corrected the form; all checks are open again.

    Raises:
        RuleBroken: APP-13 it is somebody else, APP-15 it is too late.
    """
    only_the_applicant(returned, by)
    _in_time(returned, at)
    deadlines = _resumed(returned.filed, at, calendars)
    return CorrectionReceived(id=returned.filed.id, at=at, deadlines=deadlines)


def withdraw(state: OpenApplication, *, by: PersonId, at: dt.datetime) -> ApplicationWithdrawn:
    """Take back every card that is not decided yet.

    Raises:
        RuleBroken: APP-13, it is somebody else.
    """
    only_the_applicant(state, by)
    return ApplicationWithdrawn(id=form(state).id, at=at)


def expire(state: OpenApplication, *, at: dt.datetime) -> ApplicationExpired | None:
    """Close what the applicant has not answered in time (APP-15); None: there is time left."""
    if isinstance(state, Filed) or at < state.until:
        return None
    return ApplicationExpired(id=state.filed.id, at=at)


def only_the_applicant(state: OpenApplication, by: PersonId) -> None:
    """Refuse everybody else.

    Raises:
        RuleBroken: APP-13.
    """
    if form(state).applicant != by:
        raise RuleBroken(rules.APP_13)


def _in_time(state: Suspended | Returned, at: dt.datetime) -> None:
    if state.until <= at:
        raise RuleBroken(rules.APP_15, "too late")


def _resumed(
    filed: Filed, at: dt.datetime, calendars: Mapping[str, WorkingCalendar]
) -> dict[PatientId, Deadline]:
    """The clocks that go on: those of cards that do not wait for a tie as well."""
    return {
        patient: resume(one.deadline, at=at, calendars=calendars)
        for patient, one in waiting(filed).items()
        if isinstance(one, Pending)
    }
