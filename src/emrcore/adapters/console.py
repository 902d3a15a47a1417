"""Text messages printed instead of sent: for trying things out, never for people."""

from typing import TextIO

import attrs

from emrcore.ports import Accepted, Message, SmsOutcome, Unknown


@attrs.frozen
class ConsoleSms:
    """Prints every message, its code included, to ``out``."""

    out: TextIO

    def send(self, message: Message) -> SmsOutcome:
        """See ``Sms.send``."""
        try:
            print(f"SMS to {message.to}: {message.text}", file=self.out)
        except OSError:  # nobody reads any more
            return Unknown()
        return Accepted(provider_id=message.ref)
