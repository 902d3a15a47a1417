"""The life of an application for access: filed, checked, decided for each card it asks for.

An application asks for one or more cards. It is *filed* while any of them is pending and *decided*
once none is. What is refused at the door (too early, a child of 15, a simplified account) raises
and leaves nothing behind; what happens to a filed application is an event.
"""

import datetime as dt
import enum
from collections.abc import Mapping
from typing import NewType, assert_never

import attrs

from emrcore import rules
from emrcore.access import Facts, Viewer, admitted, refused
from emrcore.calendar import Deadline, months_after
from emrcore.errors import RuleBroken
from emrcore.people import Account, AccountId, PatientId, PersonId
from emrcore.rulebook import Band, Check, Edition, Role

ApplicationId = NewType("ApplicationId", str)
OperatorId = NewType("OperatorId", str)


class Rejection(enum.StrEnum):
    """Why a card asked for is not opened."""

    NO_RECORD_YET = "no-record-yet"
    CHECK_FAILED = "check-failed"
    NOT_ENTITLED = "not-entitled"


@attrs.frozen(kw_only=True)
class Operator:
    """A member of staff who checks and decides; ``person`` is who that is as a citizen."""

    id: OperatorId
    person: PersonId


@attrs.frozen(kw_only=True)
class Asked:
    """One card asked for, and as what: the own (``self``) or a child's (``guardian``)."""

    patient: PatientId
    role: Role


# -- What becomes of a card asked for --------------------------------------------------------------


@attrs.frozen
class Pending:
    """Nothing is decided yet."""


@attrs.frozen(kw_only=True)
class Granted:
    """Access was granted at ``at`` by ``by``."""

    at: dt.datetime
    by: OperatorId


@attrs.frozen(kw_only=True)
class Rejected:
    """Access was rejected at ``at``; ``by`` None: by the rule alone."""

    at: dt.datetime
    why: Rejection
    by: OperatorId | None = None


Outcome = Pending | Granted | Rejected


# -- States ----------------------------------------------------------------------------------------


@attrs.frozen(kw_only=True)
class Filed:
    """An application with at least one card still pending."""

    id: ApplicationId
    account: AccountId
    applicant: PersonId
    filed_at: dt.datetime
    deadline: Deadline
    asked: Mapping[PatientId, Role]
    outcomes: Mapping[PatientId, Outcome]
    checks: Mapping[Check, bool]


@attrs.frozen(kw_only=True)
class Decided:
    """An application with no card pending since ``at``."""

    filed: Filed
    at: dt.datetime


Application = Filed | Decided
STATES: tuple[type[Application], ...] = (Filed, Decided)


# -- Events ----------------------------------------------------------------------------------------


@attrs.frozen(kw_only=True)
class ApplicationFiled:
    """An application was filed; its deadline runs."""

    id: ApplicationId
    account: AccountId
    applicant: PersonId
    at: dt.datetime
    deadline: Deadline
    asked: Mapping[PatientId, Role]


@attrs.frozen(kw_only=True)
class CheckRecorded:
    """One check has a result; a later result of the same check replaces it."""

    id: ApplicationId
    check: Check
    passed: bool
    by: OperatorId
    at: dt.datetime


@attrs.frozen(kw_only=True)
class AccessGranted:
    """The applicant was let into one card until ``until`` (exclusive), or without an end."""

    id: ApplicationId
    patient: PatientId
    applicant: PersonId
    by: OperatorId
    at: dt.datetime
    until: dt.datetime | None = None


@attrs.frozen(kw_only=True)
class AccessRejected:
    """The applicant was not let into one card; ``by`` None: by the rule alone."""

    id: ApplicationId
    patient: PatientId
    why: Rejection
    at: dt.datetime
    by: OperatorId | None = None


Event = ApplicationFiled | CheckRecorded | AccessGranted | AccessRejected


# -- Verbs -----------------------------------------------------------------------------------------


def file(
    *,
    id: ApplicationId,  # noqa: A002 - the field's name
    account: Account,
    asked: tuple[Asked, ...],
    cards: Mapping[PatientId, Facts],
    at: dt.datetime,
    edition: Edition,
    deadline: Deadline,
) -> tuple[Event, ...]:
    """File an application; *cards* holds the facts of every card that exists.

    An unconfirmed tie does not refuse the filing (APP-8); a card that does not exist is rejected
    at once (APP-5).

    Raises:
        RuleBroken: APP-1 too early, APP-2 the account's level, APP-3 no card or one twice, or the
            access rule by which the applicant may not have this card (a child of 15: ACC-4).
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
    for one in asked:
        _may_ask(one, account.person, cards.get(one.patient), at, edition)
    filed = ApplicationFiled(
        id=id,
        account=account.id,
        applicant=account.person,
        at=at,
        deadline=deadline,
        asked={one.patient: one.role for one in asked},
    )
    missing = (patient for patient in patients if patient not in cards)
    return filed, *(
        AccessRejected(id=id, patient=patient, why=Rejection.NO_RECORD_YET, at=at)
        for patient in missing
    )


def _may_ask(
    one: Asked, applicant: PersonId, facts: Facts | None, at: dt.datetime, edition: Edition
) -> None:
    if one.role not in {Role.SELF, Role.GUARDIAN}:
        raise RuleBroken(rules.APP_3, f"nobody applies as {one.role}")
    if facts is None:
        return
    viewer = Viewer(person=applicant, role=one.role)
    reason = refused(facts, viewer, at=at, edition=edition, ungranted=True)
    if reason and reason.rule is not rules.ACC_5:
        raise RuleBroken(reason.rule, f"{one.role}")


def record_check(
    filed: Filed, *, check: Check, passed: bool, by: Operator, at: dt.datetime
) -> CheckRecorded:
    """Record the result of one check.

    Raises:
        RuleBroken: APP-7, the operator is the applicant.
    """
    _not_own(filed, by)
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
        RuleBroken: APP-7 the operator is the applicant, APP-6 a check is open or failed, APP-10
            this card is not pending, APP-12 as many as may see it do, or the access rule that
            forbids it now (APP-9; a tie still unconfirmed: ACC-5).
    """
    _not_own(filed, by)
    role = _pending(filed, patient)
    for check in edition.application.checks.value if edition.application else Check:
        if not filed.checks.get(check):
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
    """Refuse one card to the applicant, with a reason from the closed list.

    Raises:
        RuleBroken: APP-7 the operator is the applicant, APP-10 this card is not pending.
    """
    _not_own(filed, by)
    _pending(filed, patient)
    return AccessRejected(id=filed.id, patient=patient, why=why, at=at, by=by.id)


def _not_own(filed: Filed, by: Operator) -> None:
    if by.person == filed.applicant:
        raise RuleBroken(rules.APP_7)


def _pending(filed: Filed, patient: PatientId) -> Role:
    if not isinstance(filed.outcomes.get(patient), Pending):
        raise RuleBroken(rules.APP_10)
    return filed.asked[patient]


def evolve(state: Application | None, event: Event) -> Application:
    """The state after *event*."""
    match event:
        case ApplicationFiled():
            return Filed(
                id=event.id,
                account=event.account,
                applicant=event.applicant,
                filed_at=event.at,
                deadline=event.deadline,
                asked=event.asked,
                outcomes=dict.fromkeys(event.asked, Pending()),
                checks={},
            )
        case CheckRecorded():
            filed = _filed(state)
            return attrs.evolve(filed, checks={**filed.checks, event.check: event.passed})
        case AccessGranted():
            return _decide(_filed(state), event.patient, Granted(at=event.at, by=event.by))
        case AccessRejected():
            outcome = Rejected(at=event.at, why=event.why, by=event.by)
            return _decide(_filed(state), event.patient, outcome)
        case _:
            assert_never(event)


def _filed(state: Application | None) -> Filed:
    if not isinstance(state, Filed):
        raise TypeError("only a filed application changes")
    return state


def _decide(filed: Filed, patient: PatientId, outcome: Granted | Rejected) -> Application:
    after = attrs.evolve(filed, outcomes={**filed.outcomes, patient: outcome})
    if any(isinstance(one, Pending) for one in after.outcomes.values()):
        return after
    return Decided(filed=after, at=outcome.at)
