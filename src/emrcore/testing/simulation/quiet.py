"""The quiet after a schedule: nothing fails any more, and everything must come to rest (I24)."""

import datetime as dt

from emrcore.access import Viewer
from emrcore.applications import Filed, Rejection, form, waiting
from emrcore.office import Citizen, Staff
from emrcore.people import PersonId
from emrcore.rulebook import PurposeOfUse, Role
from emrcore.sessions import NOTICE
from emrcore.testing.invariants import Violation
from emrcore.testing.simulation.plan import Dice
from emrcore.testing.simulation.town import CLERK, SECOND_CLERK, Resident
from emrcore.testing.simulation.world import World

_MOST_CALLS = 400
_MOST_ROUNDS = 40
_LEASE = dt.timedelta(seconds=61)
_LATER = dt.timedelta(hours=25)


def settle(world: World, choice: int) -> None:
    """End what is under way, send what waits, and let one of the people go on."""
    world.quiet = True
    world.bury()
    dice = Dice(choice)
    for task in list(world.tasks):
        for _ in range(_MOST_CALLS):
            if task.thread.dead:
                break
            world.resume(task, dice)
        else:
            _stuck(world, f"{task.name} does not end")
    if world.violations:
        return
    latest = max((one.at for one in world.town.evidence.commits), default=world.town.at)
    world.town.at = max(world.town.at, latest) + _LATER
    for _ in range(len(world.unheard)):
        world.ask_again(world.processes[0].office, otherwise=False)
    _drain(world)
    at = world.processes[0].office.now()
    if world.call(world.processes[0].office.attend_due, limit=1000) is not None:
        world.town.evidence.attended = at
    if not world.violations:
        _go_on(world, dice.pick(world.town.residents))
        _drain(world)
        world.town.evidence.settled = not world.violations


def _stuck(world: World, what: str) -> None:
    world.violations.append(Violation(invariant="I24", where="after the faults", what=what))


def _drain(world: World) -> None:
    """Dispatch until nothing is handed out any more."""
    process, evidence = world.processes[0], world.town.evidence
    for _ in range(_MOST_ROUNDS):
        before = len(evidence.leases)
        world.call(process.office.dispatch, process.sender, limit=1000)
        world.town.at += _LEASE
        if len(evidence.leases) == before:
            return
    _stuck(world, "the outbox never empties")


def _go_on(world: World, one: Resident) -> None:
    """Every entity accepts a legal next command: an account, an application, a card."""
    office, account = world.processes[0].office, one.account
    for known in world.call(office.find_applications, account.id) or ():
        filed, patient = form(known), next(iter(waiting(known)), None)
        if isinstance(known, Filed) and patient:
            why = Rejection.NOT_ENTITLED
            done = world.call(office.reject, account.id, filed.id, patient, why=why, by=CLERK)
        elif patient:
            done = world.call(office.withdraw, account, filed.id)
        else:
            continue
        if not done:
            _stuck(world, f"application {filed.id} accepts no decision")
    viewer = Viewer(person=PersonId("doctor"), role=Role.DOCTOR, organisation="clinic")
    doctor = Staff(viewer=viewer, purpose=PurposeOfUse.TREATMENT)
    if world.call(office.open_card, doctor, one.own) is None:
        _stuck(world, f"the card {one.own} does not open to a doctor")
    if world.call(office.find_factor, account.id):
        _enter(world, one)


def _enter(world: World, one: Resident) -> None:
    process, account = world.processes[0], one.account
    office, phones = process.office, world.town.phones
    rule = office.edition(world.town.at).application
    if rule is None or account.level not in rule.account_levels.value:
        return
    world.call(office.reproof, account, one.mobiles[0], by=CLERK, confirmed_by=SECOND_CLERK)
    world.call(office.begin_login, account, host_session="quiet")
    for _ in range(3):
        world.call(office.dispatch, process.sender, limit=1000)
        world.town.at += _LEASE
    code = (phones.codes(one.number) or ["000000"])[-1]
    entered = world.call(office.verify, account, code, host_session="quiet", acknowledged=NOTICE)
    if entered is None:
        _stuck(world, f"account {account.id} does not let its person in")
        return
    citizen = Citizen(account=account, token=entered.token)
    if world.call(office.find_sessions, citizen) is None:
        _stuck(world, f"account {account.id} has a session of no use")
