"""Many schedules at once: what they violate, and whether they came by everything they should.

A run that never met a fault proves nothing about it, so every refusal, fault and way of doing again
is a probe that a campaign must have seen.
"""

import concurrent.futures
import multiprocessing
import time
from collections import Counter
from collections.abc import Mapping, Sequence

import attrs

from emrcore.testing.simulation.plants import Plant
from emrcore.testing.simulation.probes import PROBES
from emrcore.testing.simulation.schedules import STEPS, Outcome, simulate


@attrs.frozen(kw_only=True)
class Report:
    """What became of a campaign; ``failed`` are the outcomes with a violation, by seed."""

    schedules: int
    steps: int
    seconds: float
    seen: Counter[str]
    failed: Mapping[int, Outcome]

    @property
    def unseen(self) -> tuple[str, ...]:
        """The probes that were never seen."""
        return tuple(probe for probe in PROBES if not self.seen[probe])

    def __str__(self) -> str:
        speed = self.steps / self.seconds if self.seconds else 0
        told = f"{self.schedules} schedules, {self.steps} steps in {self.seconds:.0f} s"
        lines = [
            f"{told} ({speed:,.0f} steps/s): {len(self.failed)} with a violation",
            *(f"never seen: {probe}" for probe in self.unseen),
            *(f"seed {seed}: {one.violations[0]}" for seed, one in sorted(self.failed.items())),
        ]
        return "\n".join(lines)


def campaign(seeds: Sequence[int], *, steps: int = STEPS, jobs: int = 1) -> Report:
    """Run the schedules of *seeds*, in so many processes."""
    began = time.perf_counter()
    if jobs == 1:
        parts = [_part(seeds, steps)]
    else:
        size = max(len(seeds) // (jobs * 8), 1)
        pieces = [seeds[start : start + size] for start in range(0, len(seeds), size)]
        context = multiprocessing.get_context("spawn")
        with concurrent.futures.ProcessPoolExecutor(jobs, mp_context=context) as pool:
            parts = list(pool.map(_part, pieces, [steps] * len(pieces)))
    seen: Counter[str] = Counter()
    failed: dict[int, Outcome] = {}
    for part in parts:
        seen += part.seen
        failed.update(part.failed)
    return Report(
        schedules=len(seeds),
        steps=len(seeds) * steps,
        seconds=time.perf_counter() - began,
        seen=seen,
        failed=failed,
    )


@attrs.frozen
class _Part:
    seen: Counter[str]
    failed: dict[int, Outcome]


def _part(seeds: Sequence[int], steps: int) -> _Part:
    seen: Counter[str] = Counter()
    failed: dict[int, Outcome] = {}
    for seed in seeds:
        outcome = simulate(seed, steps=steps)
        seen.update(outcome.seen)
        if outcome.violations:
            failed[seed] = outcome
    return _Part(seen, failed)


def first_to_find(
    plant: Plant, seeds: Sequence[int], *, steps: int = STEPS
) -> tuple[int, Outcome] | None:
    """The first of *seeds* under which *plant* is noticed as it should be, with the outcome.

    Of the outcome only those violations are left that are of the plant's own.
    """
    for seed in seeds:
        outcome = simulate(seed, steps=steps, plant=plant)
        own = tuple(one for one in outcome.violations if one.invariant in plant.finds)
        if own:
            return seed, attrs.evolve(outcome, violations=own)
    return None
