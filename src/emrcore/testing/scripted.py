"""A provider that answers as it is told, for tests of a host."""

import attrs

from emrcore.ports import Accepted, Message, SmsOutcome


@attrs.define
class ScriptedSms:
    """Gives ``outcomes`` in order, then accepts everything; ``handed`` is what it was given."""

    outcomes: list[SmsOutcome] = attrs.field(factory=list[SmsOutcome])
    handed: list[Message] = attrs.field(factory=list[Message])

    def send(self, message: Message) -> SmsOutcome:
        """See ``Sms.send``."""
        self.handed.append(message)
        return self.outcomes.pop(0) if self.outcomes else Accepted(provider_id=message.ref)
