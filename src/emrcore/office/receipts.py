"""What providers report about messages: believed only under a reference of ours.

A message's reference is ``base64url(AES-SIV(account, message))`` under a key of the host's: the
same for every try, and for a provider or a gateway's log a random text. It leads to the account
without a table of who was sent what, and nobody can make one up: whoever shows it has it from us.
"""

import base64

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV

from emrcore import rules, sessions
from emrcore.errors import Unavailable
from emrcore.journal import Actor, ActorKind
from emrcore.office import places
from emrcore.office.codes import joined
from emrcore.office.desk import Desk
from emrcore.office.work import Work
from emrcore.people import AccountId
from emrcore.ports import Keys, Receipt, Shard
from emrcore.sessions import Delivery, DispatchRefused

GATEWAY = Actor(kind=ActorKind.SYSTEM, id="sms-gateway")
"""Who reports."""

_PURPOSE = [rules.MSG_3.id.encode()]
_LENGTH = 4


class Receipts(Desk):
    """The verb about what providers report."""

    __slots__ = ()

    def record_receipt(self, receipt: Receipt) -> bool:
        """Keep what *receipt* says about a message of ours; whether that was news (MSG-3).

        One under no reference of ours, repeated or overtaken by a better one is no error and
        changes nothing. No receipt touches a session or a second factor.
        """
        found = opened(self.keys, receipt.ref)
        if found is None:
            return False
        account, message = found

        def verb(work: Work) -> bool:
            place = places.delivery(account, message)
            before = work.load(place, Delivery)
            event = sessions.report(
                before, account=account, message=message, state=receipt.state, at=receipt.at
            )
            if event:
                work.put(place, sessions.evolve_delivery(before, event))
                work.note(event, GATEWAY)
            return event is not None

        return self.do(Shard.of_account(account), verb)


def reference(keys: Keys, account: AccountId, message: str, *, key: str) -> str:
    """The name under which *message* goes to a provider: the same every time, and opaque.

    It begins with the id of the master *key* it is made by, behind its length.
    """
    name = key.encode()
    sealed = _cipher(keys, key).encrypt(joined(account.encode(), message.encode()), _PURPOSE)
    return base64.urlsafe_b64encode(bytes([len(name)]) + name + sealed).decode().rstrip("=")


def refusals(desk: Desk, account: AccountId, message: str) -> int:
    """How many tries of *message* surely sent nothing."""
    work = Work(storage=desk.storage, shard=Shard.of_account(account), now=desk.now())
    delivery = work.load(places.delivery(account, message), Delivery)
    return delivery.refusals if delivery else 0


def count_refusal(work: Work, account: AccountId, message: str, actor: Actor) -> None:
    """Remember a try that surely sent nothing."""
    place = places.delivery(account, message)
    event = DispatchRefused(account=account, message=message, at=work.now)
    work.put(place, sessions.evolve_delivery(work.load(place, Delivery), event))
    work.note(event, actor)


def opened(keys: Keys, text: str) -> tuple[AccountId, str] | None:
    """The account and the message that ``reference`` named *text*, or None if it never did."""
    try:
        raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        start = 1 + raw[0] if raw else 0
        plain = _cipher(keys, raw[1:start].decode()).decrypt(raw[start:], _PURPOSE)
    except (ValueError, InvalidTag, Unavailable):
        return None
    end = _LENGTH + int.from_bytes(plain[:_LENGTH], "big")
    return AccountId(plain[_LENGTH:end].decode()), plain[end + _LENGTH :].decode()


def _cipher(keys: Keys, key: str) -> AESSIV:
    return AESSIV(keys.derive("message-reference", b"", key=key))
