"""Filing an application, and what a later one does to an earlier one."""

import datetime as dt
from collections.abc import Mapping

import attrs

from emrcore import rules
from emrcore.access import Facts, Viewer, refused
from emrcore.applications.application import Event, OpenApplication, form, waiting
from emrcore.applications.events import (
    AccessRejected,
    ApplicationFiled,
    CardSuperseded,
    Channel,
    Help,
    KinshipAwaited,
    TieConfirmed,
)
from emrcore.applications.outcomes import ApplicationId, NeedsKinship, OperatorId, Rejection
from emrcore.calendar import Deadline, WorkingCalendar, resume, stop
from emrcore.errors import RuleBroken
from emrcore.people import Account, Mobile, PatientId, PersonId
from emrcore.rulebook import Edition, Role


@attrs.frozen(kw_only=True)
class Operator:
    """A member of staff who checks, decides or helps; ``person`` is who that is as a citizen."""

    id: OperatorId
    person: PersonId


@attrs.frozen(kw_only=True)
class Asked:
    """One card asked for, and as what: the own (``self``) or a child's (``guardian``)."""

    patient: PatientId
    role: Role


@attrs.frozen(kw_only=True)
class Assistance:
    """*operator* types the form for the applicant, who agreed to it at ``consented_at``.

    ``mobile`` is the operator's own number, if the host knows it: it is compared, never kept.
    """

    operator: Operator
    consented_at: dt.datetime
    mobile: Mobile | None = attrs.field(default=None, repr=False)


def file(
    *,
    id: ApplicationId,  # noqa: A002 - the field's name
    account: Account,
    asked: tuple[Asked, ...],
    cards: Mapping[PatientId, Facts],
    at: dt.datetime,
    edition: Edition,
    deadline: Deadline,
    calendars: Mapping[str, WorkingCalendar],
    channel: Channel = Channel.PORTAL,
    assistance: Assistance | None = None,
    mobile: Mobile | None = None,
) -> tuple[Event, ...]:
    """File an application; *cards* holds the facts of every card that exists.

    An unconfirmed tie does not refuse the filing: that card waits, and its clock stands (APP-8). A
    card that does not exist is rejected at once (APP-5). *mobile* is the number codes will go to.

    Raises:
        RuleBroken: APP-1 too early, APP-2 the account's level, APP-3 no card or one twice, APP-18
            assisted without a helper who is somebody else or without consent, APP-19 the helper's
            own number, or the access rule by which the applicant may not have this card (a child
            of 15: ACC-4).
    """
    rule = edition.application
    if rule is None:
        raise RuleBroken(rules.APP_1, "never")
    if edition.local_day(at) < rule.opens_on.value:
        raise RuleBroken(rules.APP_1, f"from {rule.opens_on.value}")
    if account.level not in rule.account_levels.value:
        raise RuleBroken(rules.APP_2, f"not {account.level}")
    patients = [one.patient for one in asked]
    if not patients or len(set(patients)) != len(patients):
        raise RuleBroken(rules.APP_3)
    untied = [one for one in asked if _needs_kinship(one, account.person, cards, at, edition)]
    filed = ApplicationFiled(
        id=id,
        account=account.id,
        applicant=account.person,
        at=at,
        deadline=deadline,
        asked={one.patient: one.role for one in asked},
        channel=channel,
        help=_help(channel, assistance, account.person, mobile, at),
    )
    standing = stop(deadline, at=at, calendars=calendars)
    return (
        filed,
        *(KinshipAwaited(id=id, patient=one.patient, deadline=standing, at=at) for one in untied),
        *(
            AccessRejected(id=id, patient=patient, why=Rejection.NO_RECORD_YET, at=at)
            for patient in patients
            if patient not in cards
        ),
    )


def _needs_kinship(
    one: Asked,
    applicant: PersonId,
    cards: Mapping[PatientId, Facts],
    at: dt.datetime,
    edition: Edition,
) -> bool:
    """Whether nothing but the tie is missing; any other reason refuses the filing."""
    if one.role not in {Role.SELF, Role.GUARDIAN}:
        raise RuleBroken(rules.APP_3, f"nobody applies as {one.role}")
    facts = cards.get(one.patient)
    if facts is None:
        return False
    viewer = Viewer(person=applicant, role=one.role)
    reason = refused(facts, viewer, at=at, edition=edition, ungranted=True)
    if reason and reason.rule is not rules.ACC_5:
        raise RuleBroken(reason.rule, f"{one.role}")
    return reason is not None


def _help(
    channel: Channel,
    assistance: Assistance | None,
    applicant: PersonId,
    mobile: Mobile | None,
    at: dt.datetime,
) -> Help | None:
    if (channel is Channel.ASSISTED) != (assistance is not None):
        raise RuleBroken(rules.APP_18, f"{channel}")
    if assistance is None:
        return None
    if assistance.operator.person == applicant or assistance.consented_at > at:
        raise RuleBroken(rules.APP_18)
    if mobile is None or assistance.mobile == mobile:
        raise RuleBroken(rules.APP_19)
    return Help(operator=assistance.operator.id, consented_at=assistance.consented_at)


def supersede(
    state: OpenApplication, patient: PatientId, *, by: ApplicationId, at: dt.datetime
) -> CardSuperseded | None:
    """Close the card of *patient* in favour of the later application *by* (APP-16).

    None: it is not open.
    """
    if patient not in waiting(state):
        return None
    return CardSuperseded(id=form(state).id, patient=patient, by=by, at=at)


def confirm_ties(
    state: OpenApplication,
    *,
    cards: Mapping[PatientId, Facts],
    at: dt.datetime,
    edition: Edition,
    calendars: Mapping[str, WorkingCalendar],
) -> tuple[TieConfirmed, ...]:
    """Take note of every tie that *cards* now says is confirmed; those clocks go on (APP-8).

    While the applicant is asked, a clock stands for that reason as well, and goes on afterwards.
    """
    filed = form(state)
    confirmed: list[TieConfirmed] = []
    for patient, needs in waiting(state).items():
        facts = cards.get(patient)
        if not isinstance(needs, NeedsKinship) or facts is None:
            continue
        viewer = Viewer(person=filed.applicant, role=filed.asked[patient])
        reason = refused(facts, viewer, at=at, edition=edition, ungranted=True)
        if reason is None or reason.rule is not rules.ACC_5:
            runs = state is filed
            given = needs.deadline
            deadline = resume(given, at=at, calendars=calendars) if runs else given
            confirmed.append(TieConfirmed(id=filed.id, patient=patient, deadline=deadline, at=at))
    return tuple(confirmed)
