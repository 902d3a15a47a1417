"""The office keeps its promises under every schedule, and the same seed tells the same.

This is the short form; ``make simulate`` is the long one.
"""

import itertools
import os
import subprocess
import sys

import pytest

from emrcore.testing.simulation import Fault, Plan, campaign, run, simulate, steps_of
from emrcore.testing.simulation.plan import HEAD_STARTS, PROFILES
from emrcore.testing.simulation.probes import PROBES

TELL = """
from emrcore.testing.simulation import simulate
outcome = simulate(7, steps=400)
print(*outcome.history, sorted(outcome.seen.items()), outcome.heads, sep="\\n")
"""


def test_no_schedule_violates_an_invariant() -> None:
    """STO-1, STO-2: and every refusal, fault and way of doing again was met while it was tried."""
    report = campaign(range(250))
    assert not report.failed, str(report)
    assert report.unseen == (), str(report)


def test_a_probe_is_not_seen_by_itself() -> None:
    """A campaign of nothing has seen nothing, and says so."""
    assert campaign(range(0)).unseen == PROBES


@pytest.mark.parametrize(("head_start", "profile"), list(itertools.product(HEAD_STARTS, PROFILES)))
def test_doing_nothing_violates_nothing(head_start: str, profile: str | None) -> None:
    """What a schedule begins with is sound, and in the quiet after it everybody can go on."""
    outcome = run(Plan(families=2, head_start=head_start, profile=profile), [])
    assert outcome.violations == ()


def test_the_same_seed_tells_the_same() -> None:
    """JRN-3: I35, in this process and in others, whatever their hashes are seeded with."""
    told = {_told(seeded) for seeded in ("0", "1")}
    assert len(told) == 1
    assert simulate(7, steps=400).heads in told.pop()


def _told(seeded: str) -> str:
    answer = subprocess.run(
        [sys.executable, "-c", TELL],
        env={**os.environ, "PYTHONHASHSEED": seeded},
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    return answer.stdout


def test_another_seed_tells_another() -> None:
    """Different numbers give different plans, steps and histories."""
    assert len({simulate(seed, steps=100).heads for seed in range(5)}) == 5
    assert steps_of(1, 3) == steps_of(1, 4)[:3]
    assert set(steps_of(1, 3)).isdisjoint(steps_of(2, 3))


def test_every_fault_is_left_out_by_some_plans() -> None:
    """Faults that are always there hide what only comes without them."""
    plans = [Plan.of(seed) for seed in range(100)]
    for fault in Fault:
        assert {fault in plan.faults for plan in plans} == {True, False}
