"""Sending what the outbox holds: the text is made at the last moment, and kept nowhere."""

import datetime as dt
from collections.abc import Callable

import attrs

from emrcore.errors import StoreError
from emrcore.journal import Actor, ActorKind
from emrcore.office.codes import code_for, repudiation
from emrcore.office.desk import Desk
from emrcore.office.notices import CODE, NOT_YOU, PROVEN, NoticeKind, Reference
from emrcore.office.notices import TEXTS as NOTICES
from emrcore.office.papers import mobile_of
from emrcore.office.second_factor import load_factor, suspend
from emrcore.office.traffic import count_proven, reserve, reserve_notice
from emrcore.office.work import Work
from emrcore.people import AccountId
from emrcore.ports import (
    Accepted,
    Fate,
    Leased,
    Message,
    OutboxItem,
    Rejected,
    Risk,
    Shard,
    Sms,
    SmsOutcome,
    Unknown,
)
from emrcore.sessions import (
    ActionKind,
    Challenge,
    MessageDispatched,
    PhoneEnd,
    Purpose,
    SecondFactor,
)
from emrcore.texts import Language, marked, say

DISPATCHER = Actor(kind=ActorKind.SYSTEM, id="dispatcher")
"""Who sends."""

MOST_TRIES = 2
LEAST_LIFE = dt.timedelta(seconds=60)
_LEASE = dt.timedelta(minutes=1)

TEXTS: dict[tuple[Purpose, ActionKind | None], str] = {
    (Purpose.FIRST_LOGIN, None): marked(
        "First password to the medical record: {code}, valid until {until}. Tell it to nobody."
    ),
    (Purpose.LOGIN, None): marked("Code to enter the medical record: {code}. Tell it to nobody."),
    (Purpose.NEW_PHONE, None): marked(
        "Code to use this phone for the medical record: {code}. Tell it to nobody."
    ),
    (Purpose.APPROVAL, ActionKind.RENEW): marked(
        "Code to go on in the medical record: {code}. Tell it to nobody."
    ),
    (Purpose.APPROVAL, ActionKind.PHONE): marked(
        "Code to CHANGE THE PHONE of the medical record: {code}. Tell it to nobody."
    ),
    (Purpose.APPROVAL, ActionKind.AUTHENTICATOR): marked(
        "Code to CHANGE THE AUTHENTICATOR of the medical record: {code}. Tell it to nobody."
    ),
    (Purpose.APPROVAL, ActionKind.SHARE): marked(
        "Code to SHARE the medical record: {code}. Tell it to nobody."
    ),
    (Purpose.APPROVAL, ActionKind.GUARDIANSHIP): marked(
        "Code to change WHO ACTS for whom in the medical record: {code}. Tell it to nobody."
    ),
    (Purpose.APPROVAL, ActionKind.EXPORT): marked(
        "Code to EXPORT the medical record: {code}. Tell it to nobody."
    ),
}
"""What a message with a code says: what the code is good for, and nothing else (SES-15)."""


@attrs.frozen(kw_only=True)
class Sender:
    """How messages are worded, bound and limited.

    ``host`` is the name browsers fill codes in for. ``not_me`` is the address where a change of
    phone is undone, with places for ``{account}`` and ``{token}``. ``second`` tells a notice at the
    account's second address, such as e-mail. ``risk`` is asked before a code goes out.
    """

    sms: Sms
    host: str
    language: Language = Language.RU
    not_me: str | None = None
    second: Callable[[AccountId, str], None] | None = attrs.field(default=None, repr=False)
    risk: Risk | None = attrs.field(default=None, repr=False)


class Messages(Desk):
    """The verb that sends what waits."""

    __slots__ = ()

    def dispatch(self, sender: Sender, *, limit: int = 100) -> dict[Fate, int]:
        """Send up to *limit* waiting messages; how many met which fate.

        For a worker of the host's to call again and again. A message whose code is superseded, used
        or about to expire is dropped unsent (SES-12). After an unknown outcome the same message,
        under the same reference, is tried once more.

        Raises:
            Corrupt: a number is not what was kept; every other message was seen to.
            Unavailable: the store, or a master key, is not to be had.
        """
        fates: dict[Fate, int] = {}
        failures: list[StoreError] = []
        at = self.now()
        for leased in self.redo(lambda: self.storage.lease(at=at, until=at + _LEASE, limit=limit)):
            fate = _tried(self, sender, leased, failures)
            settled = self.storage.settle(leased, fate)
            if settled and leased.item.kind != PROVEN:
                fates[fate] = fates.get(fate, 0) + 1
                _note(self, leased, fate)
        if failures:
            raise failures[0]
        return fates


def _tried(desk: Desk, sender: Sender, leased: Leased, failures: list[StoreError]) -> Fate:
    """What became of the item; what failed is added to *failures*, and holds up none after it.

    Whoever sent it last may have ended before telling so: it is not sent a third time.
    """
    if leased.attempt > MOST_TRIES:
        return Fate.DEAD
    try:
        return _send(desk, sender, leased)
    except StoreError as failure:
        failures.append(failure)
        return _again(leased)


def _send(desk: Desk, sender: Sender, leased: Leased) -> Fate:
    item = leased.item
    if item.kind == PROVEN:
        count_proven(desk)
        return Fate.SENT
    ready = _code(desk, sender, item) if item.kind == CODE else _notice(desk, sender, item)
    if ready is None or ready.valid_for < LEAST_LIFE:
        return Fate.DROPPED
    return _fate(sender.sms.send(ready), leased)


def _code(desk: Desk, sender: Sender, item: OutboxItem) -> Message | None:
    """The message with a code, unless it is superseded, limited, or the SIM was changed."""
    account, now = AccountId(item.shard.id), desk.now()
    factor = _factor(desk, account)
    challenge = factor.challenge if factor else None
    if factor is None or challenge is None or challenge.reference != item.reference:
        return None
    number = mobile_of(desk, account, challenge.phone)
    if number is None or challenge.expires_at - now < LEAST_LIFE:
        return None
    swap = dt.timedelta(hours=desk.entry(now).phone.swap_hours.value)
    if sender.risk and sender.risk.sim_changed(number, within=swap):
        desk.do(item.shard, lambda work: suspend(work, account, PhoneEnd.SIM_SWAPPED))
        return None
    if not reserve(desk, number, challenge.client):
        return None
    return Message(
        ref=challenge.reference,
        to=number,
        text=_text(desk, sender, account, challenge),
        valid_for=challenge.expires_at - now,
    )


def _notice(desk: Desk, sender: Sender, item: OutboxItem) -> Message | None:
    """The message that tells something, also said at the second address."""
    account, about = AccountId(item.shard.id), Reference.of(item.reference)
    if not reserve_notice(desk, account, about.kind):
        return None
    text = say(sender.language, NOTICES[about.kind])
    if about.kind is NoticeKind.PHONE_CHANGE and sender.not_me:
        token = repudiation(desk.keys, account, about.about, key=desk.keys.current)
        link = sender.not_me.format(account=account, token=token)
        text = f"{text} {say(sender.language, NOT_YOU, link=link)}"
    if sender.second:
        sender.second(account, text)
    number = mobile_of(desk, account, about.to)
    if number is None:
        return None
    return Message(ref=item.id, to=number, text=text, valid_for=item.not_after - desk.now())


def _factor(desk: Desk, account: AccountId) -> SecondFactor | None:
    work = Work(storage=desk.storage, shard=Shard.of_account(account), now=desk.now())
    return load_factor(work, account)


def _text(desk: Desk, sender: Sender, account: AccountId, challenge: Challenge) -> str:
    code = code_for(desk.keys, account, challenge)
    until = challenge.expires_at.astimezone(desk.edition(desk.now()).zone)
    words = TEXTS[challenge.purpose, challenge.action]
    body = say(sender.language, words, code=code, until=until)
    return f"{body}\n@{sender.host} #{code}"


def _fate(outcome: SmsOutcome, leased: Leased) -> Fate:
    match outcome:
        case Accepted():
            return Fate.SENT
        case Rejected(retryable=False):
            return Fate.DEAD
        case Rejected() | Unknown():
            return _again(leased)


def _again(leased: Leased) -> Fate:
    return Fate.RETRY if leased.attempt < MOST_TRIES else Fate.DEAD


def _note(desk: Desk, leased: Leased, fate: Fate) -> None:
    item = leased.item

    def verb(work: Work) -> None:
        event = MessageDispatched(
            account=AccountId(item.shard.id), message=item.reference, fate=fate, at=work.now
        )
        work.note(event, DISPATCHER)

    desk.do(leased.item.shard, verb)
