"""Emergency reading: stated before, ended on record, reported, reviewed, and watched."""

import datetime as dt

import attrs
import pytest

from emrcore import rules
from emrcore.access import Viewer
from emrcore.adapters.memory import MemoryStorage
from emrcore.applications import Operator, OperatorId
from emrcore.errors import RuleBroken, Unavailable
from emrcore.office import Office, Staff, WaitsFor
from emrcore.people import PatientId, Person, PersonId, Restriction
from emrcore.ports import Batch, Shard
from emrcore.rulebook import Role
from emrcore.rules import Rule
from emrcore.sharing import (
    AwaitingReport,
    AwaitingReview,
    Broken,
    Cause,
    GlassClosed,
    GlassEnd,
    GlassId,
    ReportGiven,
    ReportMissed,
    ReportOutcome,
    Unusual,
    Verdict,
)
from emrcore.wire import decode_any
from world import Town, actions

CREW = Viewer(person=PersonId("crew-7"), role=Role.CREW, organisation="ambulance")
OTHER = attrs.evolve(CREW, person=PersonId("crew-8"))
OFFICER = Operator(id=OperatorId("officer"), person=PersonId("officer"))


@pytest.fixture
def town(town: Town) -> Town:
    """The town with both cards."""
    town.move_in()
    return town


def refused(call: object) -> Rule:
    with pytest.raises(RuleBroken) as error:
        call()  # type: ignore[operator]
    return error.value.rule


def report(town: Town, glass: Broken, viewer: Viewer = CREW, text: str = "brought in") -> object:
    return town.office.report_emergency(
        viewer, glass.patient, glass.id, outcome=ReportOutcome.BROUGHT_TO_HOSPITAL, text=text
    )


def review(town: Town, glass: Broken, by: Operator = OFFICER) -> object:
    return town.office.review_emergency(glass.patient, glass.id, verdict=Verdict.JUSTIFIED, by=by)


def events(town: Town, kind: type[object]) -> list[object]:
    links = town.office.storage.links(Shard.of_patient(town.own))
    found = [decode_any(link.entry.detail) for link in links]
    return [event for event in found if isinstance(event, kind)]


# -- What is stated --------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["", " ", "x" * 101, "shift\n7", "\x1b[2J"])
def test_a_crew_names_shift_and_organisation(town: Town, name: str) -> None:
    """EMG-3 (T34): in one line each, of at most 100 characters; a call is named so, or not."""
    for changes in ({"shift": name}, {"call": name}):
        assert refused(lambda: town.break_glass(CREW, town.own, **changes)) is rules.EMG_3  # noqa: B023
    nowhere = attrs.evolve(CREW, organisation=name)
    assert refused(lambda: town.break_glass(nowhere, town.own)) is rules.EMG_3
    assert actions(town, Shard.of_patient(town.own)) == ["card-created.1"]


def test_what_was_stated_is_kept(town: Town) -> None:
    """EMG-3: cause, shift and call are in the state and in the journal (R75)."""
    glass = town.break_glass(
        CREW, town.own, cause=Cause.CHILD_ALONE, shift="x" * 100, call="call-103"
    )
    assert (glass.cause, glass.shift, glass.call) == (Cause.CHILD_ALONE, "x" * 100, "call-103")
    assert (
        '"cause":"child-alone"'
        in town.office.storage.links(Shard.of_patient(town.own))[-1].entry.detail
    )


# -- Its end ---------------------------------------------------------------------------------------


def test_the_crew_ends_it(town: Town) -> None:
    """EMG-4, EMG-2 (T70): from then on it reads nothing; its end stands in the journal (R75)."""
    town.break_glass(CREW, town.own)
    town.office.open_card(Staff(viewer=CREW), town.own)
    assert refused(lambda: town.office.close_glass(OTHER, town.own)) is rules.EMG_2
    assert town.office.close_glass(CREW, town.own)
    assert refused(lambda: town.office.open_card(Staff(viewer=CREW), town.own)) is rules.EMG_2
    assert not town.office.close_glass(CREW, town.own)
    (closed,) = events(town, GlassClosed)
    assert isinstance(closed, GlassClosed)
    assert (closed.why, closed.ended_at) == (GlassEnd.BY_CREW, town.clock.at)


def test_time_ends_it_on_record(town: Town) -> None:
    """EMG-4 (T70): a second before it nothing is noted, then once."""
    glass = town.break_glass(CREW, town.own)
    town.clock.at = glass.until - dt.timedelta(seconds=1)
    assert town.office.attend_emergencies() == ()
    town.clock.at = glass.until
    (closed,) = town.office.attend_emergencies()
    assert isinstance(closed, GlassClosed)
    assert (closed.why, closed.ended_at) == (GlassEnd.BY_TIME, glass.until)
    assert town.office.attend_emergencies() == ()
    assert not town.office.close_glass(CREW, town.own)


@pytest.mark.parametrize(("hours", "why"), [(1, GlassEnd.ANEW), (24, GlassEnd.BY_TIME)])
def test_breaking_anew_ends_the_one_before(town: Town, hours: int, why: GlassEnd) -> None:
    """EMG-4: and each of the two owes a report of its own (EMG-5)."""
    first = town.break_glass(CREW, town.own)
    town.clock.turn(hours=hours)
    second = town.break_glass(CREW, town.own)
    assert [event.why for event in events(town, GlassClosed) if isinstance(event, GlassClosed)] == [
        why
    ]
    for glass in (first, second):
        assert isinstance(town.office.read_report(town.own, glass.id, by=OFFICER), AwaitingReport)


# -- The report ------------------------------------------------------------------------------------


def test_the_crew_reports_once(town: Town) -> None:
    """EMG-5: the crew that read, in words of at most 2000 characters, and once."""
    glass = town.break_glass(CREW, town.own)
    assert refused(lambda: report(town, glass, OTHER)) is rules.EMG_5
    for text in ("", " \n", "x" * 2001):
        assert refused(lambda: report(town, glass, text=text)) is rules.EMG_5  # noqa: B023
    assert isinstance(report(town, glass, text="x" * 2000), AwaitingReview)
    assert refused(lambda: report(town, glass)) is rules.EMG_5
    unknown = attrs.evolve(glass, id=GlassId("none"))
    assert refused(lambda: report(town, unknown)) is rules.EMG_5


@pytest.mark.parametrize(("short", "late"), [(1, False), (0, True)])
def test_a_late_report_is_noted_and_taken(town: Town, short: int, late: bool) -> None:
    """EMG-5: at 72 hours it is late, a second before it is not; what was missed is noted once."""
    glass = town.break_glass(CREW, town.own)
    town.clock.at = glass.since + dt.timedelta(hours=72, seconds=-short)
    report(town, glass)
    (given,) = events(town, ReportGiven)
    assert isinstance(given, ReportGiven)
    assert given.late is late
    assert len(events(town, ReportMissed)) == late
    town.clock.turn(hours=1)
    assert not any(isinstance(one, ReportMissed) for one in town.office.attend_emergencies())


def test_a_missed_report_is_noted_by_the_worker(town: Town) -> None:
    """EMG-5: once, and the report is still taken."""
    glass = town.break_glass(CREW, town.own)
    town.clock.at = glass.since + dt.timedelta(hours=72)
    assert [type(one) for one in town.office.attend_emergencies()] == [GlassClosed, ReportMissed]
    assert town.office.attend_emergencies() == ()
    (task,) = town.office.emergency_queue()
    assert (task.waits_for, task.overdue) == (WaitsFor.REPORT, True)
    assert isinstance(report(town, glass), AwaitingReview)


def test_the_words_of_a_report_are_not_in_the_journal(town: Town) -> None:
    """JRN-4, EMG-5: the officer reads them in the state; the journal carries no medical content."""
    glass = town.break_glass(CREW, town.own)
    after = report(town, glass, text="anaphylaxis")
    assert isinstance(after, AwaitingReview)
    assert after.report.text == "anaphylaxis"
    assert "anaphylaxis" not in repr(after)
    links = town.office.storage.links(Shard.of_patient(town.own))
    assert "anaphylaxis" not in "".join(link.entry.detail for link in links)


# -- The review ------------------------------------------------------------------------------------


def test_who_was_shown_the_words_is_on_record(town: Town) -> None:
    """EMG-6, JRN-1: an officer, and not who read; where there is nothing, nobody."""
    glass = town.break_glass(CREW, town.own)
    report(town, glass)
    posing = Operator(id=OperatorId("op-9"), person=CREW.person)
    for id_, by in ((glass.id, posing), (GlassId("none"), OFFICER)):
        call = refused(lambda: town.office.read_report(town.own, id_, by=by))  # noqa: B023
        assert call is rules.EMG_6
    town.office.read_report(town.own, glass.id, by=OFFICER)
    last = town.office.storage.links(Shard.of_patient(town.own))[-1]
    assert (last.entry.action, last.entry.actor.id) == ("report-shown.1", "officer")


def test_who_read_does_not_review(town: Town) -> None:
    """EMG-6 (T72): four eyes; the verdict is given once, by somebody else (R75)."""
    glass = town.break_glass(CREW, town.own)
    report(town, glass)
    posing = Operator(id=OperatorId("op-9"), person=CREW.person)
    assert refused(lambda: review(town, glass, posing)) is rules.EMG_6
    review(town, glass)
    assert refused(lambda: review(town, glass)) is rules.EMG_6
    assert refused(lambda: report(town, glass)) is rules.EMG_5
    assert town.office.emergency_queue() == ()


@pytest.mark.parametrize(("short", "rule"), [(1, rules.EMG_6), (0, None)])
def test_a_review_waits_for_the_report_or_its_deadline(
    town: Town, short: int, rule: Rule | None
) -> None:
    """EMG-6: without a report not a second before its deadline, and from then on."""
    glass = town.break_glass(CREW, town.own)
    town.clock.at = glass.since + dt.timedelta(hours=72, seconds=-short)
    if rule:
        assert refused(lambda: review(town, glass)) is rule
    else:
        review(town, glass)
        assert len(events(town, ReportMissed)) == 1


# -- What is unusual -------------------------------------------------------------------------------


def unusual(town: Town, glass: Broken) -> tuple[Unusual, ...]:
    return town.office.read_report(glass.patient, glass.id, by=OFFICER).emergency.unusual


def test_the_fifth_in_an_hour_is_unusual_and_allowed(town: Town) -> None:
    """EMG-7 (T71): four in an hour are not; of twenty none is refused, sixteen are put forward."""
    broken = [town.break_glass(CREW, town.own) for _ in range(20)]
    many = [Unusual.MANY_IN_AN_HOUR in unusual(town, glass) for glass in broken]
    assert many == [False] * 4 + [True] * 16
    assert len(town.office.emergency_queue(limit=100)) == 16
    town.clock.turn(hours=1)
    assert Unusual.MANY_IN_AN_HOUR not in unusual(town, town.break_glass(CREW, town.own))


def test_the_twenty_first_of_a_shift_is_unusual(town: Town) -> None:
    """EMG-7: whoever of the shift it is, within a day; another shift begins at nothing."""
    town.clock.turn(days=1)
    for number in range(20):
        glass = town.break_glass((CREW, OTHER)[number % 2], town.own)
        assert unusual(town, glass) == ()
        town.clock.turn(minutes=61)
    assert unusual(town, town.break_glass(CREW, town.own)) == (Unusual.MANY_IN_A_SHIFT,)
    assert unusual(town, town.break_glass(CREW, town.own, shift="shift-2")) == ()
    elsewhere = attrs.evolve(CREW, organisation="elsewhere")
    assert unusual(town, town.break_glass(elsewhere, town.own)) == ()
    town.clock.turn(hours=24)
    assert unusual(town, town.break_glass(CREW, town.own)) == ()


@pytest.mark.parametrize(
    ("known", "found"), [(None, ()), (True, ()), (False, (Unusual.NOT_DISPATCHED,))]
)
def test_a_card_nobody_was_sent_to(town: Town, known: bool | None, found: object) -> None:
    """EMG-7: where the host's dispatch says so; where it cannot tell, nothing is made of it."""
    assert unusual(town, town.break_glass(CREW, town.own, call="c", dispatched=known)) == found


@pytest.mark.parametrize(
    ("person", "since", "found"),
    [
        (None, dt.date(2020, 1, 14), (Unusual.PROTECTED,)),
        (None, dt.date(2020, 1, 15), ()),
        (PersonId("father"), dt.date(2020, 1, 1), ()),
    ],
)
def test_a_card_that_everybody_is_barred_from(
    town: Town, person: PersonId | None, since: dt.date, found: object
) -> None:
    """EMG-7: as of who must not be found, while it lasts; a bar to one person is none."""
    bar = Restriction(
        ward=town.mother.id, person=person, since=since, until=None, authority="court", reason="x"
    )
    town.office.record_restriction(town.own, bar)
    assert unusual(town, town.break_glass(CREW, town.own)) == found


def test_the_own_card_and_the_family(town: Town) -> None:
    """EMG-7: curiosity begins at home."""
    mother = attrs.evolve(CREW, person=town.mother.id)
    assert unusual(town, town.break_glass(mother, town.own)) == (Unusual.OWN_CARD,)
    assert unusual(town, town.break_glass(mother, town.wards)) == (Unusual.FAMILY,)


def test_what_is_unusual_comes_first(town: Town) -> None:
    """EMG-7: at once, while the others are in the queue when their report has come."""
    plain = town.break_glass(CREW, town.own)
    odd = town.break_glass(OTHER, town.own, dispatched=False)
    assert [task.emergency.id for task in town.office.emergency_queue()] == [odd.id]
    report(town, plain)
    tasks = town.office.emergency_queue()
    assert [task.emergency.id for task in tasks] == [odd.id, plain.id]
    assert [task.waits_for for task in tasks] == [WaitsFor.REPORT, WaitsFor.REVIEW]


def test_a_repeated_request_counts_once(town: Town) -> None:
    """EMG-7, STO-8: whoever did not hear the answer breaks no second glass."""
    for _ in range(6):
        town.office.once(
            "k" * 16,
            Office.break_glass,
            CREW,
            town.own,
            cause=Cause.UNCONSCIOUS,
            reason="unconscious",
            shift="shift-1",
        )
    assert len(town.office.emergency_queue()) == 0
    assert unusual(town, town.break_glass(CREW, town.own)) == ()


class Uncountable(MemoryStorage):
    """A storage that keeps no counts of shifts."""

    def commit(self, batch: Batch) -> None:
        if batch.shard.kind == "shift":
            raise Unavailable("no counts today")
        super().commit(batch)


def test_what_cannot_be_counted_stops_nobody(town: Town) -> None:
    """EMG-7 (T71): the glass breaks all the same, and an officer is told why."""
    town = attrs.evolve(town, office=attrs.evolve(town.office, storage=Uncountable()))
    town.move_in()
    glass = town.break_glass(CREW, town.own)
    assert town.office.open_card(Staff(viewer=CREW), town.own).view.refusal is None
    assert unusual(town, glass) == (Unusual.NOT_COUNTED,)


def test_no_card_is_no_break(town: Town) -> None:
    """EMG-7, APP-5: what was refused is not counted."""
    nobody = PatientId("none")
    for _ in range(5):
        assert refused(lambda: town.break_glass(CREW, nobody)) is rules.APP_5
    assert unusual(town, town.break_glass(CREW, town.own)) == ()


def test_the_patient_reads_the_whole_story(town: Town) -> None:
    """JRN-5, EMG-4, EMG-6: the reason, the end and the verdict stand in the list (R75)."""
    glass = town.break_glass(CREW, town.own)
    town.office.read_summary(Staff(viewer=CREW), town.own)
    town.office.close_glass(CREW, town.own)
    report(town, glass)
    review(town, glass)
    assert actions(town, Shard.of_patient(town.own)) == [
        "card-created.1",
        "glass-broken.1",
        "summary-shown.1",
        "glass-closed.1",
        "report-given.1",
        "emergency-reviewed.1",
    ]
    assert town.office.verify_journal(Shard.of_patient(town.own)) == ()


def test_an_unrelated_person_is_no_family(town: Town) -> None:
    """EMG-7: a tie of somebody else to somebody else is of no effect."""
    stranger = Person(id=PersonId("stranger"), born=dt.date(1990, 1, 1))
    town.office.create_card(stranger, patient=PatientId("strange"), clinic="clinic-1")
    mother = attrs.evolve(CREW, person=town.mother.id)
    assert unusual(town, town.break_glass(mother, PatientId("strange"))) == ()
