"""What a person is told unasked: by a text that names no illness, no person and no secret."""

import datetime as dt
import enum

import attrs

from emrcore.office import places
from emrcore.office.work import Work
from emrcore.people import AccountId
from emrcore.ports import OutboxItem, Shard
from emrcore.sessions import Challenge, CodeAccepted, SecondFactor
from emrcore.texts import marked

CODE = "code"
"""The kind of an outbox item that sends a first password or a one-time code."""

NOTICE = "notice"
"""The kind of an outbox item that tells a person something."""

PROVEN = "proven"
"""The kind of an outbox item that only counts a code that was used (SES-25)."""

_LIFE = dt.timedelta(days=1)
_COUNTED = dt.timedelta(hours=1)


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


TEXTS = {
    NoticeKind.FAILURES: marked(
        "Wrong codes were entered for your medical record. If it was not you, "
        "change your portal password."
    ),
    NoticeKind.LOCKED: marked(
        "After too many wrong codes the entrance to your medical record is locked. "
        "Please visit a service centre."
    ),
    NoticeKind.DISPLACED: marked(
        "Your medical record was opened on another device; the oldest session has ended."
    ),
    NoticeKind.PHONE_CHANGE: marked("The phone of your medical record is being changed."),
    NoticeKind.PHONE_CHANGED: marked("Codes to your medical record now go to another phone."),
    NoticeKind.PHONE_SUSPENDED: marked("No codes are sent to this phone any more."),
    NoticeKind.AUTHENTICATOR: marked("The authenticator of your medical record was changed."),
    NoticeKind.RECOVERY: marked("New recovery codes to your medical record were made."),
    NoticeKind.REPROOFED: marked(
        "Your identity was checked anew; phone and codes of your medical record were reset."
    ),
    NoticeKind.ENROLMENT: marked("Your application was granted. Your record opens at the portal."),
}
NOT_YOU = marked("Not you? {link}")


@attrs.frozen(kw_only=True)
class Reference:
    """What a notice is about, as an outbox item refers to it: to which phone, about which other."""

    kind: NoticeKind
    to: int
    about: int

    def __str__(self) -> str:
        return f"{self.kind}.{self.to}.{self.about}"

    @classmethod
    def of(cls, text: str) -> "Reference":
        """The reference that was written as *text*."""
        kind, to, about = text.rsplit(".", 2)
        return cls(kind=NoticeKind(kind), to=int(to), about=int(about))


def code_message(account: AccountId, challenge: Challenge) -> OutboxItem:
    """The outbox item that sends the code of *challenge*."""
    return OutboxItem(
        shard=Shard.of_account(account),
        id=challenge.reference,
        kind=CODE,
        reference=challenge.reference,
        not_after=challenge.expires_at,
    )


def notice(
    work: Work, factor: SecondFactor, kind: NoticeKind, *, to: int | None = None, about: int = 0
) -> None:
    """Tell the person of *factor*: at the phone *to*, or at the one that is bound.

    Where none ever was, nobody is told.
    """
    version = to or (factor.phone.version if factor.phone else None)
    if version is None:
        return
    account = factor.account
    reference = str(Reference(kind=kind, to=version, about=about))
    work.send(
        OutboxItem(
            shard=Shard.of_account(account),
            id=f"{reference}.{work.version(places.factor(account))}",
            kind=NOTICE,
            reference=reference,
            not_after=work.now + _LIFE,
        )
    )


def proven(account: AccountId, event: CodeAccepted, *, at: dt.datetime) -> OutboxItem:
    """An item that is not sent to anybody: it is counted where messages leave."""
    return OutboxItem(
        shard=Shard.of_account(account),
        id=f"{PROVEN}.{event.challenge}",
        kind=PROVEN,
        reference=PROVEN,
        not_after=at + _COUNTED,
    )
