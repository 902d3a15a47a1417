"""Emergency reading: breaking the glass, its end, the report, the review, and what is unusual."""

import datetime as dt
import enum
import hashlib

import attrs

from emrcore import rules, sharing
from emrcore.access import Facts, Viewer
from emrcore.applications import Operator
from emrcore.errors import RuleBroken, StoreError
from emrcore.journal import Actor, ActorKind
from emrcore.office import places
from emrcore.office.circumstances import context
from emrcore.office.desk import Desk
from emrcore.office.keeping import SYSTEM, operator
from emrcore.office.notices import tell_card
from emrcore.office.readers import Staff
from emrcore.office.work import Work
from emrcore.people import PatientId, PersonId
from emrcore.ports import Shard
from emrcore.rulebook import Edition, EmergencyRule
from emrcore.sessions import NoticeKind
from emrcore.sharing import (
    AFTERMATH_STATES,
    GLASS_STATES,
    Aftermath,
    AwaitingReport,
    Breaks,
    Broken,
    Cause,
    Closed,
    Emergency,
    GlassBroken,
    GlassClosed,
    GlassId,
    ReportMissed,
    ReportOutcome,
    Reviewed,
    Stated,
    Verdict,
)
from emrcore.wire import Done, canonical, decode

_TICK = dt.timedelta.resolution


class WaitsFor(enum.StrEnum):
    """What an emergency reading waits for."""

    REPORT = "report"
    REVIEW = "review"


@attrs.frozen(kw_only=True)
class EmergencyTask:
    """An emergency reading that an officer should see: unusual, unreported or not reviewed.

    What it waits for is due before ``due_at``; ``overdue``: that has passed.
    """

    emergency: Emergency
    waits_for: WaitsFor
    due_at: dt.datetime
    overdue: bool


class Emergencies(Desk):
    """The verbs about emergency reading."""

    __slots__ = ()

    def break_glass(
        self,
        viewer: Viewer,
        patient: PatientId,
        *,
        cause: Cause,
        reason: str,
        shift: str,
        call: str | None = None,
        dispatched: bool | None = None,
    ) -> Broken:
        """Let the crew *viewer* read the card of *patient* for a time, for what it states.

        The patient is told (NTC-2), a report falls due (EMG-5), and what is unusual is put before
        an officer and stops nobody (EMG-7). *call* is the host's reference to the call the crew was
        sent to; *dispatched* is whether the host's dispatch knows of that, None if it cannot tell.

        Raises:
            RuleBroken: EMG-1 no crew or no reason, EMG-3 no organisation or shift, APP-5 there is
                no card.
        """
        stated = Stated(cause=cause, reason=reason, shift=shift, call=call, dispatched=dispatched)
        sharing.check_stated(stated, viewer=viewer, edition=self.edition(self.now()))
        breaks = _count(self, viewer, patient, shift)

        def verb(work: Work) -> Broken:
            facts = _facts(work, patient)
            edition = self.edition(work.now)
            event = sharing.break_glass(
                viewer,
                patient,
                id=GlassId(self.new_id()),
                stated=stated,
                unusual=sharing.unusual(
                    facts, viewer, stated, breaks=breaks, at=work.now, edition=edition
                ),
                at=work.now,
                edition=edition,
            )
            return _break(work, event)

        return self.do(Shard.of_patient(patient), verb)

    def close_glass(self, viewer: Viewer, patient: PatientId) -> bool:
        """End the crew's emergency reading before its time; False: it had ended already.

        Raises:
            RuleBroken: EMG-2, the crew has not broken the glass.
        """

        def verb(work: Work) -> bool:
            place = places.break_glass(patient, viewer.person)
            state = work.load(place, *GLASS_STATES)
            event = sharing.close_glass(state, viewer=viewer, at=work.now)
            if event:
                _close(work, state, event, _crew(viewer))
            return event is not None

        return self.do(Shard.of_patient(patient), verb)

    def report_emergency(
        self,
        viewer: Viewer,
        patient: PatientId,
        glass: GlassId,
        *,
        outcome: ReportOutcome,
        text: str,
    ) -> Aftermath:
        """Keep the crew's report; that it is late is noted, and it is taken all the same.

        Raises:
            RuleBroken: EMG-5, there is none to be made by *viewer*, or *text* is empty or too long.
        """

        def verb(work: Work) -> Aftermath:
            place = places.aftermath(patient, glass)
            state = work.load(place, *AFTERMATH_STATES)
            event = sharing.report(
                state,
                viewer=viewer,
                outcome=outcome,
                text=text,
                at=work.now,
                rule=_rule(self.edition(work.now)),
            )
            missed = _miss(work, state, patient, glass)
            before = state if missed is None else sharing.evolve_aftermath(_there(state), missed)
            after = sharing.evolve_aftermath(_there(before), event, text=text)
            work.put(place, after, due=work.now)
            work.note(event, _crew(viewer), patient)
            return after

        return self.do(Shard.of_patient(patient), verb)

    def review_emergency(
        self, patient: PatientId, glass: GlassId, *, verdict: Verdict, by: Operator
    ) -> Reviewed:
        """Keep the verdict of an officer who did not read; the patient sees it in the list.

        Raises:
            RuleBroken: EMG-6, there is none to be reviewed, or *by* is who read.
        """

        def verb(work: Work) -> Reviewed:
            place = places.aftermath(patient, glass)
            state = work.load(place, *AFTERMATH_STATES)
            event = sharing.review(state, by=by.person, verdict=verdict, at=work.now)
            missed = _miss(work, state, patient, glass)
            before = state if missed is None else sharing.evolve_aftermath(_there(state), missed)
            after = sharing.evolve_aftermath(_there(before), event)
            work.put(place, after)
            work.note(event, operator(by), patient)
            if not isinstance(after, Reviewed):
                raise TypeError("a verdict was just given")
            return after

        return self.do(Shard.of_patient(patient), verb)

    def read_report(self, patient: PatientId, glass: GlassId, *, by: Operator) -> Aftermath:
        """What has followed one emergency reading so far, with the words of the report.

        For the officer who reviews it; an entry says who saw them.

        Raises:
            RuleBroken: EMG-6, there is no such emergency reading, or *by* is who read.
        """

        def verb(work: Work) -> Aftermath:
            state = work.load(places.aftermath(patient, glass), *AFTERMATH_STATES)
            shown = sharing.show_report(state, by=by.person, at=work.now)
            work.note(shown, operator(by), patient)
            return _there(state)

        return self.do(Shard.of_patient(patient), verb)

    def emergency_queue(self, *, limit: int = 50) -> tuple[EmergencyTask, ...]:
        """What an officer should see: what is unusual first, then the earliest due.

        An emergency reading is in it at once if it is unusual, else once its report has come or is
        overdue; at most *limit* are looked at.
        """
        now = self.now()
        keys = self.storage.due("aftermath", now + _TICK, limit)
        stored = self.storage.load(*keys)
        states = [decode(stored[key].text, *AFTERMATH_STATES) for key in keys if key in stored]
        tasks = [task for state in states if (task := _task(state, now))]
        return tuple(sorted(tasks, key=lambda one: (not one.emergency.unusual, one.due_at)))

    def attend_emergencies(self, *, limit: int = 100) -> tuple[GlassClosed | ReportMissed, ...]:
        """Put on record what time has made: the end of a reading, a report that did not come.

        For a worker of the host's to call again and again; each is noted once.
        """
        now = self.now() + _TICK
        happened: list[GlassClosed | ReportMissed] = []
        for key in self.storage.due("break-glass", now, limit):
            happened += _expired(self, key.shard, key.id)
        for key in self.storage.due("report-alarm", now, limit):
            happened += _missed(self, PatientId(key.shard.id), GlassId(key.id))
        return tuple(happened)


def _break(work: Work, event: GlassBroken) -> Broken:
    """Keep what was broken and what must follow, journal it, and tell the patient."""
    patient, viewer = event.patient, event.viewer
    place = places.break_glass(patient, viewer.person)
    before = work.load(place, *GLASS_STATES)
    ended = sharing.supersede(before, at=work.now)
    if ended:
        work.note(ended, SYSTEM, patient)
    after = sharing.evolve(before, event)
    work.put(place, after, due=event.until)
    duty, alarm = places.aftermath(patient, event.id), places.report_alarm(patient, event.id)
    work.text(duty)
    work.text(alarm)
    work.put(
        duty, sharing.begin_aftermath(event), due=work.now if event.unusual else event.report_due
    )
    work.put_text(alarm, event.id, due=event.report_due)
    work.note(event, _crew(viewer), patient, context(Staff(viewer=viewer), patient))
    tell_card(work, patient, NoticeKind.EMERGENCY, event.id)
    if not isinstance(after, Broken):
        raise TypeError("the glass was just broken")
    return after


def _close(work: Work, state: Broken | Closed | None, event: GlassClosed, actor: Actor) -> None:
    work.put(places.break_glass(event.patient, event.viewer.person), sharing.evolve(state, event))
    work.note(event, actor, event.patient)


def _expired(desk: Desk, shard: Shard, person: str) -> tuple[GlassClosed, ...]:
    def verb(work: Work) -> tuple[GlassClosed, ...]:
        place = places.break_glass(PatientId(shard.id), PersonId(person))
        state = work.load(place, *GLASS_STATES)
        event = sharing.expire(state, at=work.now)
        if event is None:
            return ()
        _close(work, state, event, SYSTEM)
        return (event,)

    return desk.apart(shard, verb)


def _missed(desk: Desk, patient: PatientId, glass: GlassId) -> tuple[ReportMissed, ...]:
    def verb(work: Work) -> tuple[ReportMissed, ...]:
        place = places.aftermath(patient, glass)
        state = work.load(place, *AFTERMATH_STATES)
        event = _miss(work, state, patient, glass)
        if event is None:
            return ()
        work.put(place, sharing.evolve_aftermath(_there(state), event), due=event.due_at)
        return (event,)

    return desk.apart(Shard.of_patient(patient), verb)


def _miss(
    work: Work, state: Aftermath | None, patient: PatientId, glass: GlassId
) -> ReportMissed | None:
    """Note a report that did not come, and stop its alarm."""
    event = sharing.miss_report(state, at=work.now)
    if event:
        work.note(event, SYSTEM, patient)
    alarm = places.report_alarm(patient, glass)
    if work.text(alarm) is not None:
        work.put_text(alarm, glass)
    return event


def _count(desk: Desk, viewer: Viewer, patient: PatientId, shift: str) -> Breaks | None:
    """Count a break of the shift, and how many there were; one that is repeated counts once.

    In a commit of its own and before the other, since a shift is no part of a card: who is killed
    between the two has counted one too many, and never one too few. None: the store would not have
    it, which stops nobody (EMG-7).
    """
    names = canonical([viewer.organisation, shift])
    place = places.breaks(hashlib.sha256(names.encode()).hexdigest())
    request, shard = desk.request, Shard.of_patient(patient)

    def verb(work: Work) -> Breaks:
        _facts(work, patient)
        before = work.load(place, Breaks) or Breaks()
        if request and work.load(places.done(shard, request.key), Done):
            return before
        after = before.counted(work.now)
        work.put(place, after)
        return after

    try:
        return desk.apart(place.shard, verb)
    except StoreError:
        return None


def _facts(work: Work, patient: PatientId) -> Facts:
    facts = work.load(places.facts(patient), Facts)
    if facts is None:
        raise RuleBroken(rules.APP_5)
    return facts


def _rule(edition: Edition) -> EmergencyRule:
    if edition.emergency is None:
        raise RuleBroken(rules.EMG_5)
    return edition.emergency


def _there(state: Aftermath | None) -> Aftermath:
    if state is None:
        raise TypeError("what is not there was refused before")
    return state


def _task(state: Aftermath, now: dt.datetime) -> EmergencyTask | None:
    """*state* as a task; None: it was reviewed since it was found."""
    if isinstance(state, Reviewed):
        return None
    waits = WaitsFor.REPORT if isinstance(state, AwaitingReport) else WaitsFor.REVIEW
    return EmergencyTask(
        emergency=state.emergency,
        waits_for=waits,
        due_at=state.due_at,
        overdue=now >= state.due_at,
    )


def _crew(viewer: Viewer) -> Actor:
    return Actor(kind=ActorKind.STAFF, id=viewer.person, organisation=viewer.organisation)
