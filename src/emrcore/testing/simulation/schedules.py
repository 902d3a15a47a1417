"""Running a schedule: its steps, the quiet after them, and what the invariants say."""

import datetime as dt
import hashlib
from collections import Counter
from collections.abc import Sequence

import attrs

from emrcore.records import CardOpened
from emrcore.sessions import EntryRefused
from emrcore.testing.invariants import INVARIANTS, Evidence, Invariant, Violation
from emrcore.testing.invariants.evidence import event_of
from emrcore.testing.simulation.acts import act_of, next_step
from emrcore.testing.simulation.plan import Dice, Fault, Plan, steps_of
from emrcore.testing.simulation.plants import SOUND, Plant
from emrcore.testing.simulation.quiet import settle
from emrcore.testing.simulation.town import new_town
from emrcore.testing.simulation.world import World

STEPS = 1000
"""How many steps a schedule has, where nothing else is said."""

_CALLS, _BEGINNINGS, _TURNS_OF_CLOCK = 82, 93, 98
"""Of a hundred steps: so many go on with a task, begin one, turn the clock; the rest happens."""

_TURNS = (1, 5, 29, 31, 59, 61, 121, 299, 301, 601, 901, 3601, 7201, 86_400, 3 * 86_400, 2_592_000)


@attrs.frozen(kw_only=True)
class Outcome:
    """What became of a schedule.

    ``seen`` counts the probes, ``heads`` is one hash over the head of every journal, ``steps`` how
    many there were, and ``history`` tells them in words, where that was asked for.
    """

    plan: Plan
    steps: int
    violations: tuple[Violation, ...]
    seen: Counter[str]
    heads: str
    history: tuple[str, ...] = ()

    def __str__(self) -> str:
        return "\n".join((*self.history, *map(str, self.violations)))


def simulate(seed: int, *, steps: int = STEPS, plant: Plant = SOUND) -> Outcome:
    """The schedule of *seed*: the same history in every process, on every machine (I35)."""
    return run(Plan.of(seed), steps_of(seed, steps), plant=plant)


def run(
    plan: Plan,
    steps: Sequence[int],
    *,
    plant: Plant = SOUND,
    invariants: Sequence[Invariant] = INVARIANTS,
) -> Outcome:
    """Run *steps* by *plan*, let all settle, and check the *invariants*."""
    with plant.planted():
        town = new_town(plan, plant.memory)
        town.evidence.office = attrs.evolve(town.evidence.office, storage=town.storage)
        world = World(town, town.storage, plant.office)
        for step in steps:
            _step(world, Dice(step))
            if world.violations:
                break
        settle(world, steps[0] if steps else 0)
        checked = (one for check in invariants for one in check(town.evidence))
        found = (*world.violations, *checked)
    _probe(world)
    return Outcome(
        plan=plan,
        steps=len(steps),
        violations=found,
        seen=world.seen,
        heads=heads(town.evidence),
        history=tuple(world.history),
    )


def heads(evidence: Evidence) -> str:
    """One hash over the head of every journal."""
    digest = hashlib.sha256()
    for shard in sorted(evidence.shards, key=lambda one: (one.kind, one.id)):
        last = ""
        for link in evidence.links(shard):
            last = link.hash
        digest.update(f"{shard.kind} {shard.id} {last}\n".encode())
    return digest.hexdigest()


def _step(world: World, dice: Dice) -> None:
    what = dice.below(100)
    if what < _CALLS and world.tasks:
        world.resume(dice.pick(world.tasks), dice)
    elif what < _BEGINNINGS:
        _begin(world, dice)
    elif what < _TURNS_OF_CLOCK:
        _turn(world, dice)
    else:
        _happen(world, dice)
    world.bury()


def _begin(world: World, dice: Dice) -> None:
    if len(world.tasks) >= world.town.plan.tasks:
        world.resume(dice.pick(world.tasks), dice)
        return
    act, process, one = act_of(dice), dice.pick(world.processes), dice.pick(world.town.residents)
    name = act.__name__
    if (
        any(task.name == "dispatch" for task in world.tasks)
        and name == "dispatch"
        and dice.below(4)
    ):
        act, name = next_step, "next_step"
    world.history.append(f"{one.account.id} {name} at process {process.number}")
    world.begin(name, process.number, lambda: act(world, process, one, dice))


def _turn(world: World, dice: Dice) -> None:
    turns = [turn for turn in _TURNS if turn <= world.town.plan.scale]
    seconds = dice.pick(turns if dice.once_in(3) else turns[3:9])
    world.history.append(f"the clock goes on by {seconds} s")
    world.town.at += dt.timedelta(seconds=seconds, microseconds=dice.below(1000))


def _happen(world: World, dice: Dice) -> None:
    phones, plan = world.town.phones, world.town.plan
    match dice.below(4):
        case 0 if Fault.CRASH_BEFORE in plan.faults:
            process = dice.below(plan.processes)
            world.history.append(f"process {process} ends")
            world.saw("a process ended")
            world.crash(process)
        case 1 if Fault.CLOCK_BACK in plan.faults:
            seconds = dice.pick((1, 2, 3, 120))
            world.history.append(f"the clock goes back by {seconds} s")
            world.saw("the clock went back")
            world.town.at -= dt.timedelta(seconds=seconds)
        case _ if phones.late:
            message = phones.late.pop(dice.below(len(phones.late)))
            world.saw("a message arrived late")
            phones.ring(message)
        case _:
            pass


def _probe(world: World) -> None:
    """Count what the journals tell of refusals that nobody was told."""
    for commit in world.town.evidence.commits:
        for entry in commit.batch.entries:
            if entry.action == "entry-refused.1":
                event = event_of(entry)
                if isinstance(event, EntryRefused):
                    world.saw(f"unevaluated {event.rule}")
            elif entry.action == "card-opened.1":
                event = event_of(entry)
                if isinstance(event, CardOpened) and event.refused:
                    world.saw(f"closed {event.refused}")
            elif entry.action == "code-refused.1":
                world.saw("a wrong code")
    for lease in world.town.evidence.leases:
        if lease.leased.attempt > 1:
            world.saw("leased again")
