"""Sending what the outbox holds: the text is made at the last moment, and kept nowhere."""

import datetime as dt
from collections.abc import Callable

import attrs

from emrcore.errors import Corrupt, StoreError
from emrcore.journal import Actor, ActorKind
from emrcore.office import places
from emrcore.office.codes import code_for, repudiation
from emrcore.office.desk import Desk
from emrcore.office.notices import CARD, CODE, NOT_YOU, PROVEN, Reference
from emrcore.office.notices import TEXTS as NOTICES
from emrcore.office.papers import mobile_of
from emrcore.office.receipts import count_refusal, reference, refusals
from emrcore.office.second_factor import load_factor, suspend
from emrcore.office.telling import spread
from emrcore.office.traffic import count_proven, reserve, reserve_notice
from emrcore.office.work import Work
from emrcore.people import AccountId
from emrcore.ports import (
    Accepted,
    Fate,
    Leased,
    Message,
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
    NoticeKind,
    NoticePreferences,
    NoticeRoute,
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
        or about to expire is dropped unsent (SES-12), and so is one beyond what may be sent
        (SES-25). After an unknown outcome the same message, under the same reference, is tried once
        more; after a refusal for the time being, again and again while its code lives (MSG-1). Each
        try waits for the lease of the one before to end, and one that failed ends the call: the
        provider needs a rest, not the next message.

        Raises:
            Corrupt: what is kept for a message is not what was written; every other was seen to.
            Unavailable: the store, or a master key, is not to be had; as before.
        """
        fates: dict[Fate, int] = {}
        failures: list[StoreError] = []
        for _ in range(limit):
            leased = _next(self)
            if leased is None:
                break
            if leased.item.kind == PROVEN:
                count_proven(self)
                self.storage.settle(leased, Fate.SENT)
                continue
            if leased.item.kind == CARD:
                self.storage.settle(leased, _spread(self, leased, failures))
                continue
            fate, unsent = _tried(self, sender, leased, failures)
            if self.storage.settle(leased, fate):
                fates[fate] = fates.get(fate, 0) + 1
                _note(self, leased, fate, unsent=unsent)
            if fate is Fate.RETRY and not failures:
                break
        if failures:
            raise failures[0]
        return fates


def _next(desk: Desk) -> Leased | None:
    """One at a time, so that no lease ends while others are being sent."""
    at = desk.now()
    found = desk.redo(lambda: desk.storage.lease(at=at, until=at + _LEASE, limit=1))
    return found[0] if found else None


def _spread(desk: Desk, leased: Leased, failures: list[StoreError]) -> Fate:
    """Make of a card's item what each account is told; what failed is tried again."""
    try:
        spread(desk, leased.item)
    except StoreError as failure:
        failures.append(failure)
        return Fate.DEAD if isinstance(failure, Corrupt) else Fate.RETRY
    return Fate.SENT


def _tried(
    desk: Desk, sender: Sender, leased: Leased, failures: list[StoreError]
) -> tuple[Fate, bool]:
    """As ``_send``; what failed is added to *failures*, and holds up none after it."""
    try:
        return _send(desk, sender, leased)
    except StoreError as failure:
        failures.append(failure)
        return (Fate.DEAD if isinstance(failure, Corrupt) else Fate.RETRY), False


def _send(desk: Desk, sender: Sender, leased: Leased) -> tuple[Fate, bool]:
    """What becomes of the item, and whether it surely was not sent but may be another time.

    What is left of the message's life goes with it (MSG-2).
    """
    item = leased.item
    tries = leased.attempt - refusals(desk, AccountId(item.shard.id), item.id)
    if tries > MOST_TRIES:  # whoever held it before was killed while sending
        return Fate.DEAD, False
    ready = _code(desk, sender, leased) if item.kind == CODE else _notice(desk, sender, leased)
    if ready is None or ready.valid_for < LEAST_LIFE:
        return Fate.DROPPED, False
    outcome = sender.sms.send(ready)
    return _fate(outcome, tries), isinstance(outcome, Rejected) and outcome.retryable


def _code(desk: Desk, sender: Sender, leased: Leased) -> Message | None:
    """The message with a code, unless it is superseded, limited, or the SIM was changed.

    What is tried again was counted the first time.
    """
    item = leased.item
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
        desk.apart(item.shard, lambda work: suspend(work, account, PhoneEnd.SIM_SWAPPED))
        return None
    if leased.attempt == 1 and not reserve(desk, number, challenge.client):
        return None
    return Message(
        ref=reference(desk.keys, account, item.id, key=challenge.key),
        to=number,
        text=_text(desk, sender, account, challenge),
        valid_for=challenge.expires_at - desk.now(),  # counting the message took its time
    )


def _notice(desk: Desk, sender: Sender, leased: Leased) -> Message | None:
    """The message that tells something; the first time it is said at the second address, too."""
    item, first = leased.item, leased.attempt == 1
    account, about = AccountId(item.shard.id), Reference.of(item.reference)
    chosen = _preferences(desk, account)
    if chosen.mutes(about.kind) or (first and not reserve_notice(desk, account, about.kind)):
        return None
    text = say(sender.language, NOTICES[about.kind], day=dt.date.fromordinal(about.about or 1))
    if about.kind is NoticeKind.PHONE_CHANGE and sender.not_me:
        token = repudiation(desk.keys, account, about.about, key=desk.keys.current)
        link = sender.not_me.format(account=account, token=token)
        text = f"{text} {say(sender.language, NOT_YOU, link=link)}"
    route = chosen.route_of(about.kind)
    if sender.second and first and route is not NoticeRoute.PHONE:
        sender.second(account, text)
    elsewhere = sender.second is not None and route is NoticeRoute.SECOND
    number = None if elsewhere else mobile_of(desk, account, about.to)
    if number is None:
        return None
    return Message(
        ref=reference(desk.keys, account, item.id, key=desk.keys.current),
        to=number,
        text=text,
        valid_for=item.not_after - desk.now(),
    )


def _preferences(desk: Desk, account: AccountId) -> NoticePreferences:
    work = Work(storage=desk.storage, shard=Shard.of_account(account), now=desk.now())
    return work.load(places.preferences(account), NoticePreferences) or NoticePreferences()


def _factor(desk: Desk, account: AccountId) -> SecondFactor | None:
    work = Work(storage=desk.storage, shard=Shard.of_account(account), now=desk.now())
    return load_factor(work, account)


def _text(desk: Desk, sender: Sender, account: AccountId, challenge: Challenge) -> str:
    """No longer than two short messages (MSG-5)."""
    code = code_for(desk.keys, account, challenge)
    until = challenge.expires_at.astimezone(desk.edition(desk.now()).zone)
    words = TEXTS[challenge.purpose, challenge.action]
    body = say(sender.language, words, code=code, until=until)
    return f"{body}\n@{sender.host} #{code}"


def _fate(outcome: SmsOutcome, tries: int) -> Fate:
    """After the *tries*-th that may have sent it (MSG-1)."""
    match outcome:
        case Accepted():
            return Fate.SENT
        case Rejected(retryable=retryable):
            return Fate.RETRY if retryable else Fate.DEAD
        case Unknown():
            return Fate.RETRY if tries < MOST_TRIES else Fate.DEAD


def _note(desk: Desk, leased: Leased, fate: Fate, *, unsent: bool) -> None:
    item = leased.item
    account = AccountId(item.shard.id)

    def verb(work: Work) -> None:
        if unsent:
            count_refusal(work, account, item.id, DISPATCHER)
            return
        event = MessageDispatched(account=account, message=item.reference, fate=fate, at=work.now)
        work.note(event, DISPATCHER)

    desk.apart(item.shard, verb)
