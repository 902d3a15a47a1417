"""What an account is told unasked: the kinds of notices, and what of them it may choose."""

import datetime as dt
import enum
from collections.abc import Iterable

import attrs

from emrcore import rules
from emrcore.errors import RuleBroken
from emrcore.people import AccountId, PatientId


class NoticeKind(enum.StrEnum):
    """What a person is told."""

    FAILURES = "failures"
    LOCKED = "locked"
    DISPLACED = "displaced"
    PHONE_CHANGE = "phone-change"
    PHONE_CHANGED = "phone-changed"
    PHONE_SUSPENDED = "phone-suspended"
    AUTHENTICATOR = "authenticator"
    RECOVERY = "recovery"
    REPROOFED = "reproofed"
    ENROLMENT = "enrolment"
    PREFERENCES = "preferences"
    EMERGENCY = "emergency"
    DECIDED = "decided"
    ACCESS_CHANGE = "access-change"
    SHARE_OPENED = "share-opened"


OPTIONAL = frozenset({NoticeKind.DECIDED, NoticeKind.ACCESS_CHANGE, NoticeKind.SHARE_OPENED})
"""What can be switched off or sent elsewhere: nothing about security, and no emergency (NTC-5)."""


class NoticeRoute(enum.StrEnum):
    """Where an optional notice goes: to the phone, to the second address such as e-mail, or both.

    Where there is no second address, the phone is told.
    """

    PHONE = "phone"
    SECOND = "second"
    BOTH = "both"


def _sorted(kinds: Iterable[NoticeKind]) -> tuple[NoticeKind, ...]:
    return tuple(sorted(set(kinds)))


@attrs.frozen(kw_only=True)
class NoticePreferences:
    """What an account has chosen: the kinds it is not told of, and where the others go."""

    muted: tuple[NoticeKind, ...] = attrs.field(default=(), converter=_sorted)
    route: NoticeRoute = NoticeRoute.BOTH

    def mutes(self, kind: NoticeKind) -> bool:
        """Whether *kind* is not told."""
        return kind in OPTIONAL and kind in self.muted

    def route_of(self, kind: NoticeKind) -> NoticeRoute:
        """Where *kind* goes; what cannot be switched off goes everywhere."""
        return self.route if kind in OPTIONAL else NoticeRoute.BOTH


@attrs.frozen(kw_only=True)
class NoticesChosen:
    """The holder of the account chose what to be told, and where."""

    account: AccountId
    muted: tuple[NoticeKind, ...]
    route: NoticeRoute
    at: dt.datetime


@attrs.frozen(kw_only=True)
class ChangeForetold:
    """The account was told that what it may see of the card changes at ``change_at``."""

    account: AccountId
    patient: PatientId
    change_at: dt.datetime
    at: dt.datetime


@attrs.frozen(kw_only=True)
class Outlook:
    """The changes of a card's view that an account was told of, each by its moment (NTC-4)."""

    patient: PatientId
    foretold: tuple[dt.datetime, ...] = ()

    def add(self, change: dt.datetime, *, now: dt.datetime) -> "Outlook":
        """The outlook with *change*; those that have come by *now* are forgotten."""
        ahead = tuple(one for one in self.foretold if one > now)
        return Outlook(patient=self.patient, foretold=(*ahead, change))


@attrs.frozen(kw_only=True)
class Told:
    """An account was told of one thing that happened to a card (NTC-3)."""

    at: dt.datetime


@attrs.frozen(kw_only=True)
class Addressees:
    """The accounts that were ever let into one card; who is told is judged each time (NTC-2)."""

    accounts: tuple[AccountId, ...] = ()


def choose_notices(
    account: AccountId, preferences: NoticePreferences, *, at: dt.datetime
) -> NoticesChosen:
    """Choose what to be told.

    Raises:
        RuleBroken: NTC-5, a kind that cannot be switched off is among those muted.
    """
    if not OPTIONAL.issuperset(preferences.muted):
        raise RuleBroken(rules.NTC_5)
    return NoticesChosen(account=account, muted=preferences.muted, route=preferences.route, at=at)


def evolve_preferences(event: NoticesChosen) -> NoticePreferences:
    """What *event* comes to, whatever was chosen before."""
    return NoticePreferences(muted=event.muted, route=event.route)
