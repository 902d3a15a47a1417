"""What becomes of each card that an application asks for."""

import datetime as dt
import enum
import types
from collections.abc import Mapping
from typing import NewType

import attrs

from emrcore.calendar import Deadline

ApplicationId = NewType("ApplicationId", str)
OperatorId = NewType("OperatorId", str)


class Rejection(enum.StrEnum):
    """Why a card asked for is not opened: one of these, and no free text (APP-20)."""

    NO_RECORD_YET = "no-record-yet"
    IDENTITY_NOT_VERIFIED = "identity-not-verified"
    POLICY_NOT_VALID = "policy-not-valid"
    NOT_ENTITLED = "not-entitled"
    NO_CONSENT = "no-consent"
    LACKS_CAPACITY = "lacks-capacity"
    SAFEGUARDING = "safeguarding"
    NOT_NEEDED = "not-needed"

    @property
    def vrs(self) -> str:
        """The code of the NHS Validated Relationships Service that says the same, or OTHER."""
        return _VRS.get(self, "OTHER")


_VRS: Mapping[Rejection, str] = types.MappingProxyType(
    {
        Rejection.IDENTITY_NOT_VERIFIED: "APPLICATION_REJECTED_IDENTITY_NOT_VERIFIED",
        Rejection.NOT_ENTITLED: "APPLICATION_REJECTED_NO_LEGAL_BASIS",
        Rejection.NO_CONSENT: "APPLICATION_REJECTED_NO_CONSENT",
        Rejection.LACKS_CAPACITY: "APPLICATION_REJECTED_PROXY_LACKS_CAPACITY",
        Rejection.SAFEGUARDING: "APPLICATION_REJECTED_SAFEGUARDING",
        Rejection.NOT_NEEDED: "APPLICATION_REJECTED_NOT_NEEDED",
    }
)


# -- Open ------------------------------------------------------------------------------------------


@attrs.frozen(kw_only=True)
class Pending:
    """Nothing is decided yet; ``missed_at`` says when it was noted that the deadline is missed."""

    deadline: Deadline
    missed_at: dt.datetime | None = None


@attrs.frozen(kw_only=True)
class NeedsKinship:
    """The tie is not confirmed since ``since``, and the clock of this card stands."""

    since: dt.datetime
    deadline: Deadline


# -- Closed ----------------------------------------------------------------------------------------


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


@attrs.frozen(kw_only=True)
class Withdrawn:
    """The applicant took the application back at ``at``."""

    at: dt.datetime


@attrs.frozen(kw_only=True)
class Superseded:
    """The later application ``by`` asks for the same card since ``at``."""

    at: dt.datetime
    by: ApplicationId


@attrs.frozen(kw_only=True)
class Expired:
    """The applicant was asked, and had not answered by ``at``."""

    at: dt.datetime


Open = Pending | NeedsKinship
Closed = Granted | Rejected | Withdrawn | Superseded | Expired
Outcome = Pending | NeedsKinship | Granted | Rejected | Withdrawn | Superseded | Expired
