"""``python -m emrcore.testing.simulation``: a campaign, one seed again, or the planted bugs."""
# ruff: noqa: T201 - it is a command

import argparse
import os
import sys

from emrcore.testing.simulation.campaigns import campaign, first_to_find
from emrcore.testing.simulation.plan import steps_of
from emrcore.testing.simulation.plants import PLANTS
from emrcore.testing.simulation.schedules import STEPS, Outcome, simulate
from emrcore.testing.simulation.shrinking import shrink


def main() -> int:
    """Run what the arguments ask for; 1 if anything is violated, unseen or not found."""
    parser = argparse.ArgumentParser(prog="python -m emrcore.testing.simulation")
    parser.add_argument("--seeds", type=int, default=10_000, help="how many schedules")
    parser.add_argument("--first", type=int, default=0, help="the first seed")
    parser.add_argument("--steps", type=int, default=STEPS, help="steps of a schedule")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="processes")
    parser.add_argument("--seed", type=int, help="run this seed only, and tell its history")
    parser.add_argument("--plants", action="store_true", help="look for the planted bugs instead")
    asked = parser.parse_args()
    if asked.seed is not None:
        return _one(asked.seed, asked.steps)
    if asked.plants:
        return _plants(range(asked.first, asked.first + asked.seeds), asked.steps)
    report = campaign(
        range(asked.first, asked.first + asked.seeds), steps=asked.steps, jobs=asked.jobs
    )
    print(report)
    for seed, outcome in sorted(report.failed.items())[:3]:
        print(f"\nmake simulate ARGS='--seed {seed} --steps {asked.steps}'")
        _show_shortest(outcome, seed, asked.steps)
    return 1 if report.failed or report.unseen else 0


def _one(seed: int, steps: int) -> int:
    outcome = simulate(seed, steps=steps)
    print(outcome.plan, *outcome.history, f"heads {outcome.heads}", sep="\n")
    if outcome.violations:
        print(*outcome.violations, sep="\n")
        _show_shortest(outcome, seed, steps)
    return 1 if outcome.violations else 0


def _show_shortest(outcome: Outcome, seed: int, steps: int) -> None:
    print(shrink(outcome, steps_of(seed, steps)).test)


def _plants(seeds: range, steps: int) -> int:
    missed = 0
    for plant in PLANTS:
        found = first_to_find(plant, seeds, steps=steps)
        if found is None:
            missed += 1
            print(f"{plant.name}: not found")
            continue
        seed, outcome = found
        short = shrink(outcome, steps_of(seed, steps), plant=plant)
        print(
            f"{plant.name}: {short.invariant} under seed {seed}, in {len(short.steps)} steps "
            f"after {short.tries} tries"
        )
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
