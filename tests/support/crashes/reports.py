"""What a campaign came to."""

import attrs

from crashes.judge import Verdict
from emrcore.testing.invariants import Violation


@attrs.define(kw_only=True)
class Report:
    """How many faults fired, what was written meanwhile, and what was wrong afterwards.

    ``landed`` writes were applied though nobody was told so, ``vanished`` ones were not applied.
    Both are allowed; a campaign that never met one has not cut into a write.
    """

    faults: int = 0
    acknowledged: int = 0
    landed: int = 0
    vanished: int = 0
    violations: list[Violation] = attrs.field(factory=list[Violation])
    notes: dict[str, int] = attrs.field(factory=dict[str, int])

    def add(self, verdict: Verdict, *, before: Verdict | None = None) -> None:
        """Count *verdict*, less what was counted *before* over the same ledger."""
        known = before or Verdict()
        self.acknowledged += verdict.acknowledged - known.acknowledged
        self.landed += verdict.landed - known.landed
        self.vanished += verdict.vanished - known.vanished
        self.violations += verdict.violations

    def note(self, name: str, number: int = 1) -> None:
        """Count something of its own."""
        self.notes[name] = self.notes.get(name, 0) + number

    @property
    def sound(self) -> bool:
        """Whether faults fired, and nothing was wrong."""
        return self.faults > 0 and not self.violations

    def __str__(self) -> str:
        counts = {
            "faults": self.faults,
            "acknowledged": self.acknowledged,
            "applied unheard": self.landed,
            "not applied": self.vanished,
            **self.notes,
            "violations": len(self.violations),
        }
        told = ", ".join(f"{number} {name}" for name, number in counts.items())
        return "\n".join([told, *map(str, self.violations[:20])])
