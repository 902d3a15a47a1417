"""Sending what the outbox holds: the text is made at the last moment, and kept nowhere."""

import datetime as dt

import attrs

from emrcore import sessions
from emrcore.journal import Actor, ActorKind
from emrcore.office import places
from emrcore.office.codes import code_for
from emrcore.office.desk import Desk
from emrcore.office.receipts import count_refusal, reference, refusals
from emrcore.office.sealing import open_envelope
from emrcore.office.work import Work
from emrcore.people import AccountId
from emrcore.ports import (
    Accepted,
    Fate,
    Leased,
    Message,
    OutboxItem,
    Rejected,
    Shard,
    Sms,
    SmsOutcome,
    Unknown,
)
from emrcore.sessions import Challenge, ChallengeId, CodeDispatched, Purpose
from emrcore.texts import Language, marked, say

KIND = "code"
"""The kind of an outbox item that sends a first password or a one-time code."""

DISPATCHER = Actor(kind=ActorKind.SYSTEM, id="dispatcher")
"""Who sends."""

MOST_TRIES = 2
LEAST_LIFE = dt.timedelta(seconds=60)
_LEASE = dt.timedelta(minutes=1)

_TEXTS = {
    Purpose.FIRST_LOGIN: marked(
        "First password to the medical record: {code}, valid until {until}. Tell it to nobody."
    ),
    Purpose.LOGIN: marked("Code to enter the medical record: {code}. Tell it to nobody."),
}


@attrs.frozen(kw_only=True)
class Sender:
    """How messages are worded and bound: the ``host`` name browsers fill codes in for."""

    sms: Sms
    host: str
    language: Language = Language.RU


def message(account: AccountId, challenge: Challenge) -> OutboxItem:
    """The outbox item that sends the code of *challenge*."""
    return OutboxItem(
        shard=Shard.of_account(account),
        id=challenge.id,
        kind=KIND,
        reference=challenge.id,
        not_after=challenge.expires_at,
    )


class Messages(Desk):
    """The verb that sends what waits."""

    __slots__ = ()

    def dispatch(self, sender: Sender, *, limit: int = 100) -> dict[Fate, int]:
        """Send up to *limit* waiting messages; how many met which fate.

        For a worker of the host's to call again and again. A message whose code is superseded, used
        or about to expire is dropped unsent (SES-12). After an unknown outcome the same message,
        under the same reference, is tried once more; after a refusal for the time being, again and
        again while its code lives (MSG-1). Each try waits for the lease of the one before to end,
        and one that failed ends the call: the provider needs a rest, not the next message.
        """
        fates: dict[Fate, int] = {}
        for _ in range(limit):
            leased = _next(self)
            if leased is None:
                break
            fate, unsent = _send(self, sender, leased)
            if self.storage.settle(leased, fate):
                fates[fate] = fates.get(fate, 0) + 1
                _note(self, leased, fate, unsent=unsent)
            if fate is Fate.RETRY:
                break
        return fates


def _next(desk: Desk) -> Leased | None:
    """One at a time, so that no lease ends while others are being sent."""
    at = desk.now()
    found = desk.redo(lambda: desk.storage.lease(at=at, until=at + _LEASE, limit=1))
    return found[0] if found else None


def _send(desk: Desk, sender: Sender, leased: Leased) -> tuple[Fate, bool]:
    """What becomes of the item, and whether it surely was not sent but may be another time.

    What is left of the code's life goes with the message (MSG-2).
    """
    account = AccountId(leased.item.shard.id)
    challenge = _current(desk, account, leased.item.reference)
    now = desk.now()
    if challenge is None or challenge.expires_at - now < LEAST_LIFE:
        return Fate.DROPPED, False
    tries = leased.attempt - refusals(desk, account, leased.item.id)
    if tries > MOST_TRIES:  # whoever held it before was killed while sending
        return Fate.DEAD, False
    outcome = sender.sms.send(
        Message(
            ref=reference(desk.keys, account, leased.item.id),
            to=_phone(desk, account),
            text=_text(desk, sender, account, challenge),
            valid_for=challenge.expires_at - now,
        )
    )
    return _fate(outcome, tries), isinstance(outcome, Rejected) and outcome.retryable


def _current(desk: Desk, account: AccountId, reference: str) -> Challenge | None:
    work = Work(storage=desk.storage, shard=Shard.of_account(account), now=desk.now())
    factor = work.load(places.factor(account), *sessions.FACTOR_STATES)
    challenge = factor.challenge if factor else None
    return challenge if challenge and challenge.id == reference else None


def _phone(desk: Desk, account: AccountId) -> str:
    keys = places.envelope(account), places.mobile(account)
    stored = desk.storage.load(*keys)
    envelope = open_envelope(desk.keys, account, stored[keys[0]].text)
    return envelope.unseal(stored[keys[1]].text, field="mobile", record="")


def _text(desk: Desk, sender: Sender, account: AccountId, challenge: Challenge) -> str:
    """No longer than two short messages (MSG-5)."""
    code = code_for(desk.keys, account, challenge)
    until = challenge.expires_at.astimezone(desk.edition(desk.now()).zone)
    body = say(sender.language, _TEXTS[challenge.purpose], code=code, until=until)
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
    account = AccountId(leased.item.shard.id)
    challenge = ChallengeId(leased.item.reference)

    def verb(work: Work) -> None:
        if unsent:
            count_refusal(work, account, leased.item.id, DISPATCHER)
            return
        event = CodeDispatched(account=account, challenge=challenge, fate=fate, at=work.now)
        work.note(event, DISPATCHER)

    desk.do(leased.item.shard, verb)
