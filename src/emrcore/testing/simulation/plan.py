"""How a schedule goes, out of one number: who takes part, what may fail, how fast time goes."""

import enum
from collections.abc import Sequence
from typing import TypeVar

import attrs

T = TypeVar("T")

_MASK = (1 << 64) - 1
_GOLDEN = 0x9E3779B97F4A7C15


def mixed(number: int) -> int:
    """*number* with its 64 bits well mixed (the finaliser of SplitMix64)."""
    z = number & _MASK
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & _MASK
    return z ^ (z >> 31)


def steps_of(seed: int, number: int) -> list[int]:
    """The first *number* steps of *seed*: the stream of SplitMix64."""
    return [mixed(seed + n * _GOLDEN) for n in range(1, number + 1)]


@attrs.define
class Dice:
    """Every choice that follows from one number."""

    _state: int

    def below(self, number: int) -> int:
        """A number from 0 to *number*, exclusive."""
        self._state = (self._state * 6364136223846793005 + 1442695040888963407) & _MASK
        return ((self._state >> 33) * number) >> 31

    def pick(self, options: Sequence[T]) -> T:
        """One of *options*."""
        return options[self.below(len(options))]

    def once_in(self, number: int) -> bool:
        """True once in so many times."""
        return self.below(number) == 0


class Fault(enum.StrEnum):
    """What may go wrong."""

    CONFLICT = "conflict"
    UNAVAILABLE = "unavailable"
    UNKNOWN_APPLIED = "unknown-applied"
    UNKNOWN_LOST = "unknown-lost"
    CRASH_BEFORE = "crash-before"
    CRASH_AFTER = "crash-after"
    SMS_REJECTED = "sms-rejected"
    SMS_THROTTLED = "sms-throttled"
    SMS_UNKNOWN_SENT = "sms-unknown-sent"
    SMS_UNKNOWN_LOST = "sms-unknown-lost"
    SMS_LATE = "sms-late"
    SMS_DUPLICATE = "sms-duplicate"
    CLOCK_BACK = "clock-back"
    CLOCKS_APART = "clocks-apart"


HEAD_STARTS = ("cards", "filed", "granted", "entered")
"""How far everybody has come before the first step."""

PROFILES = (None, "nist-aal2", "bank")
"""By which profile one gets in; None: as the rulebook says."""

SCALES = (60, 600, 7200, 86_400, 40 * 86_400)
"""The longest turn of the clock, in seconds."""


@attrs.frozen(kw_only=True)
class Plan:
    """The circumstances of a schedule.

    ``tasks`` is how many verbs are under way at once, over how many ``processes``; a slow one is a
    task that is not resumed for long. Shrinking lowers every number here.
    """

    families: int = 1
    processes: int = 1
    tasks: int = 1
    head_start: str = "cards"
    profile: str | None = None
    scale: int = 60
    faults: frozenset[Fault] = frozenset()
    slow_hashes: bool = False

    @classmethod
    def of(cls, seed: int) -> "Plan":
        """The plan of *seed*: of the faults a third is left out, in every seed another."""
        dice = Dice(mixed(seed))
        return cls(
            families=1 + dice.below(3),
            processes=1 + dice.below(3),
            tasks=1 + dice.below(8),
            head_start=HEAD_STARTS[min(dice.below(8), 3)],
            profile=PROFILES[max(dice.below(5) - 2, 0)],
            scale=dice.pick(SCALES),
            faults=frozenset(fault for fault in Fault if dice.below(3)),
            slow_hashes=dice.once_in(100),
        )
