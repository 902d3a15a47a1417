"""What falls due: an operator's queue, a forecast, and what a worker does when the time comes."""

import datetime as dt
from collections.abc import Mapping

import attrs

from emrcore import applications
from emrcore.applications import (
    STATES,
    Application,
    ApplicationId,
    Decided,
    Event,
    NeedsKinship,
    OpenApplication,
    Pending,
)
from emrcore.office import places
from emrcore.office.desk import Desk
from emrcore.office.keeping import SYSTEM, cards, keep, load_open
from emrcore.office.work import Work
from emrcore.people import AccountId, PatientId
from emrcore.ports import Shard
from emrcore.rulebook import Check, Edition
from emrcore.wire import decode

_WHOLE = dt.timedelta(days=3650)
_AT_ONCE = 200
_TICK = dt.timedelta.resolution


@attrs.frozen(kw_only=True)
class Task:
    """An application that waits for an operator.

    ``due_at`` is by when the next of ``cards`` is to be decided; ``missed`` of them are late, and
    ``untied`` wait for their tie. ``missing`` are the checks that have not passed.
    """

    account: AccountId
    application: ApplicationId
    due_at: dt.datetime
    cards: tuple[PatientId, ...]
    missed: tuple[PatientId, ...]
    untied: tuple[PatientId, ...]
    missing: tuple[Check, ...]


@attrs.frozen(kw_only=True)
class Forecast:
    """How many applications fall due on each local day, and how many did before the first.

    Not ``complete``: there are more than were counted, all of them due later.
    """

    overdue: int
    by_day: Mapping[dt.date, int]
    complete: bool


class Agenda(Desk):
    """The verbs about what falls due."""

    __slots__ = ()

    def queue(self, *, limit: int = 50) -> tuple[Task, ...]:
        """What waits for an operator, the earliest due first, at most *limit*.

        Applications whose clocks all stand wait for somebody else and are not in it.
        """
        now = self.now()
        found = _due(self, now + _WHOLE, limit)
        return tuple(task for state in found if (task := _task(state, now, self.edition(now))))

    def forecast(self, *, days: int = 10, limit: int = 10_000) -> Forecast:
        """How many applications fall due on each of *days* local days, today first.

        Raises:
            ValueError: *days* or *limit* is less than 1.
        """
        if min(days, limit) < 1:
            raise ValueError("at least one day and one application")
        now = self.now()
        edition = self.edition(now)
        today = edition.local_day(now)
        by_day = {today + dt.timedelta(days=number): 0 for number in range(days)}
        # Due by the end of a day means due at the first moment of the next.
        before = edition.start_of(today + dt.timedelta(days=days)) + _TICK
        found = _due(self, before, limit + 1)
        overdue = 0
        for state in found[:limit]:
            due_at = applications.due_at(state)
            day = edition.local_day(due_at - _TICK) if due_at else today
            if day in by_day:
                by_day[day] += 1
            else:
                overdue += 1
        return Forecast(overdue=overdue, by_day=by_day, complete=len(found) <= limit)

    def attend_due(self, *, limit: int = 100) -> tuple[Event, ...]:
        """Do what the time has come for, with up to *limit* applications; what happened.

        For a worker of the host's to call again and again: a missed deadline is noted, once and
        with no other effect (APP-17), an unanswered question expires (APP-15), and a tie that is
        waited for is looked up once a day (APP-8).

        Raises:
            BeyondCalendar: a clock has to go on where the calendar is not known yet.
        """
        happened: list[Event] = []
        for key in self.storage.due("alarm", self.now() + _TICK, limit):
            happened += _attend(self, AccountId(key.shard.id), ApplicationId(key.id))
        return tuple(happened)

    def confirm_ties(self, account: AccountId, application: ApplicationId) -> Application:
        """Look up the ties that are waited for; the clocks of those confirmed go on (APP-8).

        For a host to call after ``record_kinship``; ``attend_due`` does the same on the next day.

        Raises:
            RuleBroken: APP-10, there is no such open application.
            BeyondCalendar: the deadline lies where the calendar is not known yet.
        """

        def verb(work: Work) -> Application:
            state = load_open(work, account, application)
            return keep(self, work, state, _ties(self, work, state), SYSTEM)

        return self.do(Shard.of_account(account), verb)


def _attend(desk: Desk, account: AccountId, application: ApplicationId) -> tuple[Event, ...]:
    def verb(work: Work) -> tuple[Event, ...]:
        state = work.load(places.application(account, application), *STATES)
        if state is None or isinstance(state, Decided):
            return ()
        missed = applications.note_missed(state, at=work.now)
        expired = applications.expire(state, at=work.now)
        events = (expired,) if expired else _ties(desk, work, state)
        keep(desk, work, state, events, SYSTEM)
        return (*missed, *events)

    return desk.apart(Shard.of_account(account), verb)


def _ties(desk: Desk, work: Work, state: OpenApplication) -> tuple[Event, ...]:
    waiting = applications.waiting(state)
    untied = [patient for patient, one in waiting.items() if isinstance(one, NeedsKinship)]
    return applications.confirm_ties(
        state,
        cards=cards(work, untied),
        at=work.now,
        edition=desk.edition(work.now),
        calendars=desk.calendars,
    )


def _due(desk: Desk, before: dt.datetime, limit: int) -> list[Application]:
    """The applications due before *before*, the earliest first, at most *limit*."""
    keys = desk.storage.due("application", before, limit)
    found: list[Application] = []
    for start in range(0, len(keys), _AT_ONCE):
        some = keys[start : start + _AT_ONCE]
        stored = desk.storage.load(*some)
        found += [decode(stored[key].text, *STATES) for key in some if key in stored]
    return found


def _task(state: Application, now: dt.datetime, edition: Edition) -> Task | None:
    """*state* as a task; None: it was decided since it was found."""
    due_at = applications.due_at(state)
    if due_at is None:
        return None
    filed, waiting = applications.form(state), applications.waiting(state)
    pending = {patient: one for patient, one in waiting.items() if isinstance(one, Pending)}
    return Task(
        account=filed.account,
        application=filed.id,
        due_at=due_at,
        cards=tuple(pending),
        missed=tuple(patient for patient, one in pending.items() if one.deadline.is_missed(now)),
        untied=tuple(patient for patient in waiting if patient not in pending),
        missing=applications.missing(filed, edition),
    )
