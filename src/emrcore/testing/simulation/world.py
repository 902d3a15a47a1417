"""One schedule's world: the town, its processes, what is under way, and what was seen."""

import datetime as dt
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any, ParamSpec, TypeVar, cast

import attrs
from greenlet import greenlet

from emrcore.applications import ApplicationId
from emrcore.errors import (
    BeyondCalendar,
    CommitUnknown,
    Conflict,
    Malformed,
    RuleBroken,
    Unavailable,
)
from emrcore.office import Office, Sender
from emrcore.people import Account
from emrcore.ports import Batch, Storage
from emrcore.testing.invariants import Call, Ended, Recorder, Violation
from emrcore.testing.simulation.phones import FaultySms
from emrcore.testing.simulation.plan import Dice, Fault
from emrcore.testing.simulation.processes import (
    FAULTS_AT,
    OTHERWISE,
    Crashed,
    FaultyStorage,
    Floor,
    SkewedClock,
    Task,
)
from emrcore.testing.simulation.town import Town, keys, sender
from emrcore.wire import plain

P = ParamSpec("P")
T = TypeVar("T")

_RARELY = 20
"""A call of a port fails once in so many times."""


_KEPT = """
    file record_check grant reject ask send_back answer correct confirm_ties withdraw begin_login
    begin_approval verify renew approve change_phone confirm_phone log_out end_sessions
    report_phone_lost suspend_phone reproof record_credential_reset end_access create_card
    record_kinship record_restriction record_death
"""
KEPT = frozenset(_KEPT.split())
"""The verbs that may be asked for under a key."""


@attrs.define
class Request:
    """A verb of the office's with its arguments; ``key`` is what it may be repeated under."""

    verb: str
    args: tuple[Any, ...]
    named: Mapping[str, Any]
    key: str = ""

    def ask(self, office: Office) -> Any:
        """What *office* answers to it."""
        return office.once(self.key, getattr(type(office), self.verb), *self.args, **self.named)


@attrs.define
class Process:
    """One process of the host's: its office and its way to the provider."""

    number: int
    office: Office
    sender: Sender


class Counting(Recorder):
    """Notes the conflicts, too, and how many each call has met."""

    world: "World"

    def commit(self, batch: Batch) -> None:
        """See ``Store.commit``."""
        try:
            super().commit(batch)
        except Conflict:
            self.world.saw("conflict met")
            raise


@attrs.define
class World:
    """Who is at work on what; ``seen`` counts every probe."""

    town: Town
    storage: Storage
    kind: type[Office] = Office
    floor: Floor = attrs.field(factory=Floor)
    tasks: list[Task] = attrs.field(factory=list[Task])
    processes: list[Process] = attrs.field(factory=list[Process])
    seen: Counter[str] = attrs.field(factory=Counter[str])
    violations: list[Violation] = attrs.field(factory=list[Violation])
    history: list[str] = attrs.field(factory=list[str])
    unheard: list["Request"] = attrs.field(factory=list["Request"])
    calls: int = 0
    refusal: str = ""
    quiet: bool = False

    def __attrs_post_init__(self) -> None:
        """Start the processes."""
        recorder = Counting(self.storage, self.town.evidence, self.town.now, self._call_at_work)
        recorder.world = self
        self.processes = [
            self._process(number, recorder) for number in range(self.town.plan.processes)
        ]

    def _process(self, number: int, recorder: Recorder) -> Process:
        def crashed() -> None:
            self._crash_others(number)

        apart = Fault.CLOCKS_APART in self.town.plan.faults
        off = dt.timedelta(milliseconds=(0, 900, -900)[number % 3] if apart else 0)
        clock = SkewedClock(self.town.now, off)
        storage = FaultyStorage(recorder, self.floor, crashed)
        sms = FaultySms(self.town.phones, self.floor, self.town.evidence, clock.now, crashed)
        office = self.town.office(storage, clock, self._pause, self.kind)
        return Process(number, office, sender(sms))

    def _call_at_work(self) -> int:
        return self.floor.at_work.call if self.floor.at_work else self.calls

    def _pause(self, seconds: float) -> None:
        del seconds
        self.saw("redone")
        self.floor.stop("pause")

    def saw(self, probe: str) -> None:
        """Count a probe."""
        self.seen[probe] += 1

    # -- Tasks ------------------------------------------------------------------------------------

    def begin(self, name: str, process: int, act: Callable[[], None]) -> None:
        """Begin a task, up to its first call of a port."""

        def body(_: object) -> None:
            try:
                act()
            except Crashed:
                self.saw("crashed")
            except Exception as error:  # noqa: BLE001 - whatever it is, nobody should see it
                self._surprised(name, error)

        task = Task(process, name, greenlet(body, parent=self.floor.hub))
        self.tasks.append(task)
        self._go_on(task, None)

    def _surprised(self, name: str, error: Exception) -> None:
        what = f"{type(error).__name__}: {error}"
        self.violations.append(Violation(invariant="I24", where=name, what=what))

    def resume(self, task: Task, dice: Dice) -> None:
        """Let *task* make the call it waits at, which may fail."""
        fault = None if self.quiet or not dice.once_in(_RARELY) else self._fault(task, dice)
        if fault:
            self.saw(f"fault {fault}")
            self.history.append(f"    {fault} at {task.name}'s {task.port}")
        self._go_on(task, fault)

    def _fault(self, task: Task, dice: Dice) -> Fault | None:
        possible = FAULTS_AT.get(task.port, OTHERWISE)
        fault = dice.pick(possible) if possible else None
        ends = fault in {Fault.CRASH_BEFORE, Fault.CRASH_AFTER}
        if fault not in self.town.plan.faults or (ends and dice.below(3)):
            return None
        return fault

    def _go_on(self, task: Task, fault: Fault | None) -> None:
        self.floor.go_on(task, fault)
        if task.thread.dead:
            self.tasks = [one for one in self.tasks if one is not task]

    def crash(self, process: int) -> None:
        """End every task of *process* where it waits."""
        for task in [one for one in self.tasks if one.process == process]:
            self.floor.crash(task)
        self.tasks = [one for one in self.tasks if one.process != process]

    def _crash_others(self, process: int) -> None:
        """The task at work ends its process: the others of it go first."""
        at_work = self.floor.at_work
        doomed = [one for one in self.tasks if one.process == process and one is not at_work]
        self.tasks = [one for one in self.tasks if one not in doomed]
        for task in doomed:
            task.process = -1
        self.doomed += doomed

    doomed: list[Task] = attrs.field(factory=list[Task])

    def bury(self) -> None:
        """End the tasks whose process has ended under another one."""
        for task in self.doomed:
            self.floor.crash(task)
        self.doomed.clear()

    # -- Calls ------------------------------------------------------------------------------------

    def call(self, verb: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T | None:
        """What *verb* answers; None if it refuses, or nobody knows.

        Every third that may be repeated is asked for under a key of its own.
        """
        request = Request(verb.__name__, args, kwargs)
        office = getattr(verb, "__self__", None)
        if request.verb not in KEPT or self.calls % 3 or not isinstance(office, Office):
            return self._ask(request, lambda: verb(*args, **kwargs))
        request.key = f"request-{self.calls:08}"
        return cast("T | None", self._ask(request, lambda: request.ask(office)))

    def ask_again(self, office: Office, *, otherwise: bool) -> None:
        """Repeat a request that was not heard, or was asked for twice; or misuse its key."""
        if not self.unheard:
            return
        request = self.unheard[0]
        account = request.args[0]
        if otherwise and isinstance(account, Account):
            nobodys = ApplicationId("none")
            other = Request("withdraw", (account, nobodys), {})
            self._ask(other, lambda: office.once(request.key, Office.withdraw, account, nobodys))
            return
        del self.unheard[0]
        self.saw("asked again")
        self._ask(request, lambda: request.ask(office))

    def _ask(self, request: "Request", ask: Callable[[], T]) -> T | None:
        name, told = request.verb, ""
        self.calls += 1
        number, task = self.calls, self.floor.at_work
        if task:
            task.call = number
        ended, self.refusal = Ended.CRASHED, ""
        try:
            answer = ask()
            ended = Ended.ANSWERED
            told = plain(answer) if request.key else ""
        except RuleBroken as refused:
            ended = Ended.REFUSED
            self.refusal = refused.rule.id
            self.saw(f"refused {refused.rule.id}")
        except Malformed:
            ended = Ended.REFUSED
            self.saw("refused malformed")
        except BeyondCalendar:
            ended = Ended.REFUSED
            self.saw("refused beyond-calendar")
        except Unavailable as why:
            ended = Ended.UNAVAILABLE
            self.saw("gave up" if "too many" in why.what else _short(why.what))
        except CommitUnknown:
            ended = Ended.UNKNOWN
            self.saw("told unknown")
        except Exception as error:  # noqa: BLE001 - the office raises nothing else
            self._surprised(name, error)
        else:
            self.saw(f"did {name}")
            return answer
        finally:
            call = Call(number=number, verb=name, ended=ended, key=request.key, told=told)
            self.town.evidence.calls.append(call)
            twice = ended is Ended.ANSWERED and number % 4 == 0
            if request.key and (twice or ended not in {Ended.ANSWERED, Ended.REFUSED}):
                self.unheard.append(request)
            self.history.append(f"    {name} {ended}")
        return None

    def rotate(self, process: int) -> None:
        """A process learns that another master key is current."""
        one = self.processes[process]
        now = "k2" if one.office.keys.current == "k1" else "k1"
        one.office = attrs.evolve(one.office, keys=keys(self.town.randomness, now))
        self.saw("changed the master key")


def _short(what: str) -> str:
    return "clock went back" if "SES-26" in what else "unavailable"
