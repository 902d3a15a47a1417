"""What happens to an application; each says all that ``evolve`` needs, and no personal datum."""

import datetime as dt
import enum
from collections.abc import Mapping

import attrs

from emrcore.applications.outcomes import ApplicationId, OperatorId, Rejection
from emrcore.calendar import Deadline
from emrcore.people import AccountId, PatientId, PersonId
from emrcore.rulebook import Check, Role


class Channel(enum.StrEnum):
    """Where the form was filled in: at home, at a service centre's computer, or by its staff."""

    PORTAL = "portal"
    KIOSK = "kiosk"
    ASSISTED = "assisted"


class Question(enum.StrEnum):
    """What the applicant is asked: one of these, and no free text (APP-15)."""

    PHOTO_UNCLEAR = "photo-unclear"
    PAPERS_DIFFER = "papers-differ"
    KINSHIP_UNPROVEN = "kinship-unproven"
    POLICY_UNKNOWN = "policy-unknown"


class Paper(enum.StrEnum):
    """What of the form the applicant has to correct."""

    PASSPORT = "passport"
    POLICY = "policy"
    SNILS = "snils"
    MOBILE = "mobile"


@attrs.frozen(kw_only=True)
class Help:
    """Who of the staff typed the form, and when the applicant agreed to that (APP-18)."""

    operator: OperatorId
    consented_at: dt.datetime


@attrs.frozen(kw_only=True)
class ApplicationFiled:
    """An application was filed; ``deadline`` is what was promised, if nothing stops the clock."""

    id: ApplicationId
    account: AccountId
    applicant: PersonId
    at: dt.datetime
    deadline: Deadline
    asked: Mapping[PatientId, Role]
    channel: Channel = Channel.PORTAL
    help: Help | None = None


@attrs.frozen(kw_only=True)
class KinshipAwaited:
    """One card waits for its tie to be confirmed; ``deadline`` is its own, and stands."""

    id: ApplicationId
    patient: PatientId
    deadline: Deadline
    at: dt.datetime


@attrs.frozen(kw_only=True)
class TieConfirmed:
    """The tie that one card waited for is confirmed; ``deadline`` is the card's from now on."""

    id: ApplicationId
    patient: PatientId
    deadline: Deadline
    at: dt.datetime


@attrs.frozen(kw_only=True)
class CheckRecorded:
    """One check has a result; a later result of the same check replaces it."""

    id: ApplicationId
    check: Check
    passed: bool
    by: OperatorId
    at: dt.datetime


@attrs.frozen(kw_only=True)
class ClarificationAsked:
    """The applicant is asked, and may answer before ``until``; the clocks stand."""

    id: ApplicationId
    questions: tuple[Question, ...]
    by: OperatorId
    at: dt.datetime
    until: dt.datetime
    deadlines: Mapping[PatientId, Deadline]


@attrs.frozen(kw_only=True)
class ClarificationAnswered:
    """The applicant has answered; the clocks go on."""

    id: ApplicationId
    at: dt.datetime
    deadlines: Mapping[PatientId, Deadline]


@attrs.frozen(kw_only=True)
class ApplicationReturned:
    """The form went back, to be corrected before ``until``; the clocks stand."""

    id: ApplicationId
    papers: tuple[Paper, ...]
    by: OperatorId
    at: dt.datetime
    until: dt.datetime
    deadlines: Mapping[PatientId, Deadline]


@attrs.frozen(kw_only=True)
class CorrectionReceived:
    """The form came back; what was checked is checked anew, and the clocks go on."""

    id: ApplicationId
    at: dt.datetime
    deadlines: Mapping[PatientId, Deadline]


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


@attrs.frozen(kw_only=True)
class ApplicationWithdrawn:
    """The applicant took back what was not decided yet."""

    id: ApplicationId
    at: dt.datetime


@attrs.frozen(kw_only=True)
class CardSuperseded:
    """The later application ``by`` asks for the same card."""

    id: ApplicationId
    patient: PatientId
    by: ApplicationId
    at: dt.datetime


@attrs.frozen(kw_only=True)
class ApplicationExpired:
    """The applicant had not answered in time; nothing more is decided."""

    id: ApplicationId
    at: dt.datetime


@attrs.frozen(kw_only=True)
class DeadlineMissed:
    """One card was not decided by ``due_at``, as was noted at ``at``; it stays open (APP-17)."""

    id: ApplicationId
    patient: PatientId
    due_at: dt.datetime
    at: dt.datetime
