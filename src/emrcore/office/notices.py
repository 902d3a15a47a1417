"""What a person is told unasked: by a text that names no illness, no person and no secret."""

import datetime as dt

import attrs

from emrcore.office import places
from emrcore.office.work import Work
from emrcore.people import AccountId, PatientId
from emrcore.ports import OutboxItem, Shard
from emrcore.sessions import Challenge, CodeAccepted, NoticeKind, SecondFactor
from emrcore.texts import marked

CODE = "code"
"""The kind of an outbox item that sends a first password or a one-time code."""

NOTICE = "notice"
"""The kind of an outbox item that tells a person something."""

PROVEN = "proven"
"""The kind of an outbox item that only counts a code that was used (SES-25)."""

CARD = "card"
"""The kind of an outbox item of a card, which becomes a notice to each account concerned."""

_LIFE = dt.timedelta(days=1)
_CARD_LIFE = dt.timedelta(days=7)
_COUNTED = dt.timedelta(hours=1)


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
    NoticeKind.PREFERENCES: marked("What you are told about the medical record was changed."),
    NoticeKind.EMERGENCY: marked(
        "A medical record you may see was opened in an emergency. Who did it and why: see the "
        "portal."
    ),
    NoticeKind.DECIDED: marked("Your application is decided. See the portal."),
    NoticeKind.ACCESS_CHANGE: marked(
        "On {day} what you may see of a medical record changes. See the portal."
    ),
    NoticeKind.SHARE_OPENED: marked("A medical record was opened by a share. See the portal."),
}
"""What a notice says, naming nobody and nothing (NTC-1); ``{day}`` is the day it is about."""

NOT_YOU = marked("Not you? {link}")


@attrs.frozen(kw_only=True)
class Reference:
    """What a notice is about, as an outbox item refers to it.

    It goes ``to`` that version of the phone; ``about`` is the version of another one, or a day by
    its proleptic ordinal.
    """

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
    work: Work,
    factor: SecondFactor,
    kind: NoticeKind,
    *,
    to: int | None = None,
    about: int = 0,
    id: str | None = None,  # noqa: A002 - the field's name
) -> bool:
    """Tell the person of *factor*: at the phone *to*, or at the one that is bound.

    Where none ever was, nobody is told; whether somebody is. *id* tells apart notices of one kind
    that leave the second factor as it is.
    """
    version = to or (factor.phone.version if factor.phone else None)
    if version is None:
        return False
    account = factor.account
    reference = str(Reference(kind=kind, to=version, about=about))
    work.send(
        OutboxItem(
            shard=Shard.of_account(account),
            id=f"{reference}.{id or work.version(places.factor(account))}",
            kind=NOTICE,
            reference=reference,
            not_after=work.now + _LIFE,
        )
    )
    return True


def tell_card(
    work: Work,
    patient: PatientId,
    kind: NoticeKind,
    id: str,  # noqa: A002 - the field's name
) -> None:
    """Tell every account that may see the card of *patient* what happened to it, under *id*.

    The item goes with the commit of what happened; who is concerned is judged when it is sent.
    """
    work.send(
        OutboxItem(
            shard=Shard.of_patient(patient),
            id=f"{kind}.{id}",
            kind=CARD,
            reference=f"{kind}.{id}",
            not_after=work.now + _CARD_LIFE,
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
