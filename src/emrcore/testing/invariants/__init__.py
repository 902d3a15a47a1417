"""What must hold whatever happens, as functions that any harness calls.

Each ``check_iN`` takes ``Evidence`` and returns what it found violated; its first sentence is the
invariant. Numbers are for good: what cannot be checked yet, or not here, is in ``ELSEWHERE``.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from emrcore.testing.invariants.applying import check_i1
from emrcore.testing.invariants.custody import (
    check_i20,
    check_i21,
    check_i27,
    check_i28,
    check_i30,
)
from emrcore.testing.invariants.entering import check_i16, check_i17, check_i18
from emrcore.testing.invariants.evidence import (
    Call,
    Commit,
    Ended,
    Evidence,
    Handed,
    Lease,
    Recorder,
    Settlement,
    SmsRecorder,
    Violation,
)
from emrcore.testing.invariants.journals import check_i8, check_i9, check_i29, check_i34
from emrcore.testing.invariants.looking import check_i25, check_i26
from emrcore.testing.invariants.messages import (
    check_i10,
    check_i11,
    check_i12,
    check_i13,
    check_i14,
    check_i15,
    check_i22,
    check_i23,
)
from emrcore.testing.invariants.states import (
    check_i2,
    check_i3,
    check_i4,
    check_i5,
    check_i6,
    check_i7,
)

Invariant = Callable[[Evidence], list[Violation]]

INVARIANTS: tuple[Invariant, ...] = (
    check_i1,
    check_i2,
    check_i3,
    check_i4,
    check_i5,
    check_i6,
    check_i7,
    check_i8,
    check_i9,
    check_i10,
    check_i11,
    check_i12,
    check_i13,
    check_i14,
    check_i15,
    check_i16,
    check_i17,
    check_i18,
    check_i20,
    check_i21,
    check_i22,
    check_i23,
    check_i25,
    check_i26,
    check_i27,
    check_i28,
    check_i30,
)
"""All that can be checked today, in their order."""

ELSEWHERE: Mapping[str, str] = MappingProxyType(
    {
        "I9b": "schedules make no checkpoints; the journal has tests of its own",
        "I19": "no verb takes a guardian away; the registers say who is one",
        "I24": "a harness lets all settle: emrcore.testing.simulation does",
        "I29": "what is beside the journal in a database: check_i29 asks the store itself",
        "I31": "migrations are the SQL adapter's, whose tests kill them",
        "I32": "backups are a database's",
        "I33": "one history through all adapters: the contract suite of the storages",
        "I34": "while nothing can be written: check_i34 asks for something then",
        "I35": "a harness runs twice: emrcore.testing.simulation does",
    }
)
"""What is not checked here, and why."""


def check_all(evidence: Evidence) -> list[Violation]:
    """What every invariant finds."""
    return [violation for check in INVARIANTS for violation in check(evidence)]


__all__ = [
    "ELSEWHERE",
    "INVARIANTS",
    "Call",
    "Commit",
    "Ended",
    "Evidence",
    "Handed",
    "Invariant",
    "Lease",
    "Recorder",
    "Settlement",
    "SmsRecorder",
    "Violation",
    "check_all",
    "check_i1",
    "check_i2",
    "check_i3",
    "check_i4",
    "check_i5",
    "check_i6",
    "check_i7",
    "check_i8",
    "check_i9",
    "check_i10",
    "check_i11",
    "check_i12",
    "check_i13",
    "check_i14",
    "check_i15",
    "check_i16",
    "check_i17",
    "check_i18",
    "check_i20",
    "check_i21",
    "check_i22",
    "check_i23",
    "check_i25",
    "check_i26",
    "check_i27",
    "check_i28",
    "check_i29",
    "check_i30",
    "check_i34",
]
