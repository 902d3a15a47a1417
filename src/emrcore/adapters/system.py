"""The time and the randomness of the machine."""

import datetime as dt
import secrets


class SystemClock:
    """The machine's clock."""

    def now(self) -> dt.datetime:
        """See ``Clock.now``."""
        return dt.datetime.now(dt.UTC)


class SystemRandomness:
    """The operating system's generator."""

    def bytes(self, number: int) -> bytes:
        """See ``Randomness.bytes``."""
        return secrets.token_bytes(number)
