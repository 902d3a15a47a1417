"""A provider that may take, refuse, lose, delay or double a message; and the phones it rings."""

import datetime as dt
import re
from collections.abc import Callable

import attrs

from emrcore.ports import Accepted, Message, Rejected, SmsOutcome, Unknown
from emrcore.testing.invariants import Evidence, Handed
from emrcore.testing.simulation.plan import Fault
from emrcore.testing.simulation.processes import Crashed, Floor

_CODE = re.compile(r"#(\d+)$")


@attrs.define
class Phones:
    """Every phone's texts, by number; ``late`` are those still on their way."""

    inboxes: dict[str, list[str]] = attrs.field(factory=dict[str, list[str]])
    late: list[Message] = attrs.field(factory=list[Message])

    def ring(self, message: Message) -> None:
        """*message* arrives."""
        self.inboxes.setdefault(message.to, []).append(message.text)

    def codes(self, number: str) -> list[str]:
        """The codes that have arrived at *number*, the last one last."""
        found = (_CODE.search(text) for text in self.inboxes.get(number, ()))
        return [code[1] for code in found if code]


@attrs.define
class FaultySms:
    """The provider as one process reaches it."""

    phones: Phones
    floor: Floor
    evidence: Evidence
    now: Callable[[], dt.datetime]
    crashed: Callable[[], None]

    def send(self, message: Message) -> SmsOutcome:
        """See ``Sms.send``."""
        at = self.now()
        fault = self.floor.stop("send")
        if fault is Fault.CRASH_BEFORE:
            self.crashed()
            raise Crashed
        outcome = self._outcome(message, fault)
        self.evidence.handed.append(Handed(at=at, message=message, outcome=outcome))
        if fault is Fault.CRASH_AFTER:
            self.crashed()
            raise Crashed
        return outcome

    def _outcome(self, message: Message, fault: Fault | None) -> SmsOutcome:
        match fault:
            case Fault.SMS_REJECTED:
                return Rejected(why="refused", retryable=False)
            case Fault.SMS_THROTTLED:
                return Rejected(why="too many", retryable=True)
            case Fault.SMS_UNKNOWN_LOST:
                return Unknown()
            case Fault.SMS_LATE:
                self.phones.late.append(message)
                return Accepted(provider_id=message.ref)
            case Fault.SMS_UNKNOWN_SENT:
                self.phones.ring(message)
                return Unknown()
            case Fault.SMS_DUPLICATE:
                self.phones.ring(message)
            case _:
                pass
        self.phones.ring(message)
        return Accepted(provider_id=message.ref)
