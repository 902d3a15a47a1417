"""Reading a card without being its patient, parent or doctor."""

from emrcore.sharing.break_glass import (
    LONGEST_REASON,
    Broken,
    GlassBroken,
    break_glass,
    check,
    evolve,
)

__all__ = [
    "LONGEST_REASON",
    "Broken",
    "GlassBroken",
    "break_glass",
    "check",
    "evolve",
]
