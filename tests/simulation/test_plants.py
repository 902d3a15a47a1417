"""Every planted bug is found, and what found it is cut down and can be pasted as a test."""

import functools
from typing import Any

import pytest

from emrcore.testing.simulation import Plan, run, shrink, steps_of
from emrcore.testing.simulation.campaigns import first_to_find
from emrcore.testing.simulation.plan import Fault
from emrcore.testing.simulation.plants import PLANTS, Plant

SEEDS, STEPS = range(150), 800


def test_there_are_enough() -> None:
    """Each has a name of its own, and an invariant that is to find it."""
    assert len({plant.name for plant in PLANTS}) == len(PLANTS) >= 25
    assert all(plant.finds for plant in PLANTS)


@pytest.mark.parametrize("plant", PLANTS, ids=lambda plant: plant.name)
def test_a_planted_bug_is_found_and_shrunk(plant: Plant) -> None:
    """STO-1, STO-2: by an invariant of its own, and in fewer steps than it was found in."""
    found = first_to_find(plant, SEEDS, steps=STEPS)
    assert found, f"{plant.name} was not found"
    seed, outcome = found
    short = shrink(outcome, steps_of(seed, STEPS), plant=plant, tries=25)
    assert short.invariant in plant.finds
    assert len(short.steps) < STEPS // 2 + 1 or short.tries == 25
    assert any(one.invariant == short.invariant for one in short.outcome.violations)


def _planted(name: str) -> Plant:
    return next(plant for plant in PLANTS if plant.name == name)


@pytest.mark.parametrize(
    ("name", "most"),
    [
        ("keys only read go unchecked", 20),
        ("marked before sent", 10),
        ("document replaced", 4),
        ("decided twice", 20),
        ("glass stays broken", 20),
    ],
)
def test_what_is_left_is_short(name: str, most: int) -> None:
    """A person can read it: few steps, one process or two, and only the faults that matter."""
    plant = _planted(name)
    found = first_to_find(plant, SEEDS, steps=300)
    assert found
    seed, outcome = found
    short = shrink(outcome, steps_of(seed, 300), plant=plant)
    assert len(short.steps) <= most
    assert len(short.plan.faults) <= 2
    assert short.plan.processes <= 2


def test_the_pasted_test_fails_with_the_bug_and_passes_without() -> None:
    """What is printed is Python: the plan, the steps, and what should not be."""
    plant = _planted("marked before sent")
    found = first_to_find(plant, SEEDS, steps=300)
    assert found
    seed, outcome = found
    short = shrink(outcome, steps_of(seed, 300), plant=plant)
    names: dict[str, Any] = {"Plan": Plan, "Fault": Fault, "run": run}
    exec(short.test, names)  # noqa: S102 - what a person would paste
    pasted = names[f"test_i15_in_{len(short.steps)}_steps"]
    pasted()
    names["run"] = functools.partial(run, plant=plant)
    with pytest.raises(AssertionError):
        pasted()
