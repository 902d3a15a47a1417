"""The whole office in one thread, under one seed: every interleaving and every fault replayable.

::

    from emrcore.testing.simulation import simulate

    outcome = simulate(85)
    assert not outcome.violations, outcome

One 64-bit number gives the plan (how many people and processes, which faults, how fast time goes)
and the steps, each of them a number, too. It needs ``emrcore[testing]``.
"""

from emrcore.testing.simulation.campaigns import campaign
from emrcore.testing.simulation.plan import Fault, Plan, steps_of
from emrcore.testing.simulation.schedules import Outcome, run, simulate
from emrcore.testing.simulation.shrinking import Shrunk, shrink

__all__ = [
    "Fault",
    "Outcome",
    "Plan",
    "Shrunk",
    "campaign",
    "run",
    "shrink",
    "simulate",
    "steps_of",
]
