"""A failing schedule, cut down to the shortest that fails alike, as a test to paste."""

import functools
from collections.abc import Callable, Iterator, Sequence

import attrs

from emrcore.testing.invariants import INVARIANTS
from emrcore.testing.simulation.plan import HEAD_STARTS, SCALES, Plan
from emrcore.testing.simulation.plants import SOUND, Plant
from emrcore.testing.simulation.schedules import Outcome, run

MOST_TRIES = 1500


@attrs.frozen(kw_only=True)
class Shrunk:
    """The shortest schedule found: ``outcome`` is what it comes to, after so many ``tries``."""

    plan: Plan
    steps: tuple[int, ...]
    invariant: str
    outcome: Outcome
    tries: int

    @property
    def test(self) -> str:
        """A test that fails until the bug is mended."""
        name = self.invariant.lower()
        return "\n".join(
            [
                f"def test_{name}_in_{len(self.steps)}_steps() -> None:",
                *(f"    # {line}" for line in str(self.outcome).splitlines()),
                f"    plan = Plan({self._plan()})",
                "    steps = [",
                *(f"        0x{step:016X}," for step in self.steps),
                "    ]",
                "    assert not run(plan, steps).violations",
            ]
        )

    def _plan(self) -> str:
        """What differs from the simplest plan."""
        faults = "".join(f"Fault.{fault.name}, " for fault in sorted(self.plan.faults))
        differing = [
            f"{field.name}={getattr(self.plan, field.name)!r}"
            for field in attrs.fields(Plan)
            if field.name != "faults" and getattr(self.plan, field.name) != field.default
        ]
        return ", ".join([*differing, *([f"faults=frozenset(({faults}))"] if faults else [])])


@attrs.define
class _Shrinking:
    invariant: str
    plant: Plant
    plan: Plan
    steps: tuple[int, ...]
    most: int
    tries: int = 0

    def fails(self, plan: Plan, steps: Sequence[int]) -> bool:
        """Whether the schedule violates the same invariant; if so, it is the best so far."""
        if self.tries >= self.most:
            return False
        self.tries += 1
        checks = [one for one in INVARIANTS if one.__name__ == f"check_{self.invariant.lower()}"]
        found = run(plan, steps, plant=self.plant, invariants=checks).violations
        if not any(one.invariant == self.invariant for one in found):
            return False
        self.plan, self.steps = plan, tuple(steps)
        return True

    def cut(self) -> None:
        """Leave out what comes after the violation, as far as halving finds it."""
        least, most = -1, len(self.steps)
        while most - least > 1 and self.tries < self.most:
            middle = (least + most) // 2
            if self.fails(self.plan, self.steps[:middle]):
                most = middle
            else:
                least = middle

    def shorten(self) -> None:
        """Leave out blocks of steps, large ones first, for as long as it fails without them."""
        size = max(len(self.steps) // 2, 1)
        while True:
            start = 0
            while start < len(self.steps):
                if not self.fails(self.plan, self.steps[:start] + self.steps[start + size :]):
                    start += size
            if size == 1:
                return
            size //= 2

    def simplify(self) -> bool:
        """Take away people, processes and faults; whether anything could be."""
        before = self.plan
        for simpler in _simpler(self.plan):
            plan = simpler(self.plan)
            if plan != self.plan:
                self.fails(plan, self.steps)
        for fault in sorted(self.plan.faults):
            self.fails(attrs.evolve(self.plan, faults=self.plan.faults - {fault}), self.steps)
        return self.plan != before


def _simpler(plan: Plan) -> Iterator[Callable[[Plan], Plan]]:
    """Ways to make *plan* simpler, the boldest first."""
    yield lambda now: attrs.evolve(now, faults=frozenset())
    yield lambda now: attrs.evolve(now, profile=None, slow_hashes=False)
    for head_start in reversed(HEAD_STARTS):
        yield functools.partial(attrs.evolve, head_start=head_start)
    for number in range(1, plan.families):
        yield functools.partial(attrs.evolve, families=number)
    for number in range(1, plan.processes):
        yield functools.partial(attrs.evolve, processes=number)
    for number in range(1, plan.tasks):
        yield functools.partial(attrs.evolve, tasks=number)
    for scale in SCALES:
        if scale < plan.scale:
            yield functools.partial(attrs.evolve, scale=scale)


def shrink(
    outcome: Outcome, steps: Sequence[int], *, plant: Plant = SOUND, tries: int = MOST_TRIES
) -> Shrunk:
    """The shortest schedule that violates what *outcome*, of *steps*, violates first.

    It runs at most so many *tries*; what it has by then is what it gives.
    """
    invariant = outcome.violations[0].invariant
    work = _Shrinking(invariant, plant, outcome.plan, tuple(steps), tries)
    work.cut()
    work.simplify()
    work.shorten()
    while work.simplify():
        work.shorten()
    last = run(work.plan, work.steps, plant=plant)
    return Shrunk(
        plan=work.plan, steps=work.steps, invariant=invariant, outcome=last, tries=work.tries
    )
