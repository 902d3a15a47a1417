"""The one tree of errors: the type says whose fault it is, the values say what to mend.

No text here is ever parsed, and none carries a personal datum: a fault names the field and the
rule, never the value that was typed.
"""

import datetime as dt

import attrs

from emrcore.rules import Rule


@attrs.frozen
class Fault:
    """One thing wrong with an input: where it is, what is wrong, and the rule that says so.

    ``where`` is a field path (``"passport.number"``) or ``file:line key``; ``what`` is a stable,
    lower-case English clause without the offending value.
    """

    where: str
    what: str
    rule: Rule | None = None

    def __str__(self) -> str:
        cited = f" [{self.rule.id}]" if self.rule else ""
        return f"{self.where}: {self.what}{cited}"


class EmrcoreError(Exception):
    """Everything this library raises on purpose."""


@attrs.frozen
class RuleBroken(EmrcoreError):
    """The person asked for something a rule forbids; ``rule`` is the one that refused."""

    rule: Rule
    detail: str = ""

    def __str__(self) -> str:
        tail = f" ({self.detail})" if self.detail else ""
        return f"{self.rule.id}: {self.rule.says}{tail}"


@attrs.frozen
class Malformed(EmrcoreError):
    """The input cannot be understood; ``faults`` lists *every* fault found, in input order."""

    subject: str
    faults: tuple[Fault, ...]

    def __str__(self) -> str:
        lines = "\n".join(f"  {fault}" for fault in self.faults)
        return f"{self.subject}: {len(self.faults)} fault(s)\n{lines}"


@attrs.frozen
class BeyondCalendar(EmrcoreError):
    """The working calendar does not reach *day*: an error, never a guess.

    It is known over ``[known_since, known_until)``.
    """

    day: dt.date
    known_since: dt.date
    known_until: dt.date

    def __str__(self) -> str:
        known = f"from {self.known_since} until (not including) {self.known_until}"
        return f"beyond-calendar: the working calendar is known {known}, not on {self.day}"


class StoreError(EmrcoreError):
    """The outside world: what a store may answer instead of a commit."""


@attrs.frozen
class Conflict(StoreError):
    """Not applied: a row changed since it was read. Redo the whole command from scratch."""

    what: str

    def __str__(self) -> str:
        return f"{self.what} changed since it was read"


@attrs.frozen
class Unavailable(StoreError):
    """Not applied: the store or its key cannot be reached now. Try again later."""

    what: str

    def __str__(self) -> str:
        return f"unavailable: {self.what}"


@attrs.frozen
class StorageFull(StoreError):
    """Not applied: there is no room. Reads go on, and so do commits once there is."""

    what: str

    def __str__(self) -> str:
        return f"the store is full: {self.what}"


@attrs.frozen
class ReadOnly(StoreError):
    """Not applied: the store takes no writes. Reads go on; to try again changes nothing."""

    what: str

    def __str__(self) -> str:
        return f"the store is read-only: {self.what}"


@attrs.frozen
class Unfit(StoreError):
    """Nothing was written: the store is set up to lose commits, or has another schema."""

    what: str

    def __str__(self) -> str:
        return f"the store is not fit for use: {self.what}"


@attrs.frozen
class CommitUnknown(StoreError):
    """May or may not be applied: drop the connection and look before repeating."""

    what: str

    def __str__(self) -> str:
        return f"outcome of the commit unknown: {self.what}"


@attrs.frozen
class Corrupt(StoreError):
    """The stored bytes are not what was written. Stop writing."""

    what: str

    def __str__(self) -> str:
        return f"corrupt: {self.what}"
