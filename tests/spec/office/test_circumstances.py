"""Under which circumstances somebody looked, as the entry about it says."""

import attrs

from emrcore.access import Viewer
from emrcore.applications import Asked, Filed
from emrcore.journal import ActorKind, Context, Link, Outcome, PurposeOfUse, gathered, looks, told
from emrcore.office import Citizen, Staff
from emrcore.people import PatientId, PersonId
from emrcore.ports import Shard
from emrcore.rulebook import Check, Role
from emrcore.sessions import digest
from emrcore.texts import Language
from world import MOSCOW, Town

CREW = Viewer(person=PersonId("crew-7"), role=Role.CREW, organisation="ambulance")
DOCTOR = Viewer(person=PersonId("dr-1"), role=Role.DOCTOR, organisation="clinic-1")


def inside(town: Town, role: Role) -> Citizen:
    """The mother with a session and both grants, looking as *role* from her telephone."""
    town.move_in()
    asked = (
        Asked(patient=town.own, role=Role.SELF),
        Asked(patient=town.wards, role=Role.GUARDIAN),
    )
    filed = town.office.file(town.account, asked=asked, papers=town.papers)
    assert isinstance(filed, Filed)
    for check in Check:
        town.office.record_check(
            town.account.id, filed.id, check=check, passed=True, by=town.operator
        )
    for patient in (town.own, town.wards):
        town.office.grant(town.account.id, filed.id, patient, by=town.operator)
    token = town.enter()
    return Citizen(account=town.account, token=token, role=role, client="app-7")


def last(town: Town, patient: PatientId) -> Link:
    return town.office.storage.links(Shard.of_patient(patient))[-1]


def test_a_guardian_looks_for_the_child_by_the_grant(town: Town) -> None:
    """JRN-10: for whom, to what purpose, by which grant, in which session, from which client."""
    reader = inside(town, Role.GUARDIAN)
    town.office.open_card(reader, town.wards)
    session = reader.token.partition(".")[0]
    assert last(town, town.wards).entry.context == Context(
        on_behalf_of=town.child.id,
        purpose=PurposeOfUse.FAMILY_REQUEST,
        basis="account/a1/grant/card-of-child",
        outcome=Outcome.DONE,
        session=digest(session),
        client="app-7",
    )


def test_a_patient_looks_for_nobody_else(town: Town) -> None:
    """JRN-10: and neither the session nor its secret stands in the journal (JRN-4)."""
    reader = inside(town, Role.SELF)
    town.office.read_page(reader, town.own)
    link = last(town, town.own)
    assert link.entry.context
    assert link.entry.context.on_behalf_of is None
    assert link.entry.context.purpose is PurposeOfUse.PATIENT_REQUEST
    assert not any(part in repr(link) for part in reader.token.split("."))


def test_a_refusal_is_an_outcome(town: Town) -> None:
    """JRN-10: the rule that refused stands in the event."""
    reader = inside(town, Role.GUARDIAN)
    town.office.open_card(reader, town.own)
    context = last(town, town.own).entry.context
    assert context
    assert context.outcome is Outcome.REFUSED


def test_a_crew_looks_by_the_glass_it_broke(town: Town) -> None:
    """JRN-10: both its reason and its looks name the key of that."""
    town.move_in()
    town.break_glass(CREW, town.own)
    expected = Context(
        purpose=PurposeOfUse.EMERGENCY,
        basis="patient/card-of-mother/break-glass/crew-7",
        outcome=Outcome.DONE,
    )
    assert last(town, town.own).entry.context == expected
    town.office.open_card(Staff(viewer=CREW), town.own)
    assert last(town, town.own).entry.context == expected


def test_a_program_is_no_person(town: Town) -> None:
    """JRN-11: what it does for a doctor is told apart from the doctor's look."""
    town.move_in()
    staff = Staff(viewer=DOCTOR, purpose=PurposeOfUse.TREATMENT, client="screening")
    for _ in range(3):
        town.office.open_card(attrs.evolve(staff, automated=True), town.own)
    town.office.open_card(staff, town.own)
    links = town.office.storage.links(Shard.of_patient(town.own))
    assert [link.entry.actor.kind for link in links[1:]] == [*[ActorKind.SYSTEM] * 3, "staff"]
    programs, person = (
        told(line, Language.EN, zone=MOSCOW) for line in gathered(looks(links), zone=MOSCOW)
    )
    assert programs.startswith("2020-01-14: a program of clinic-1 checked the card by itself")
    assert person.startswith("2020-01-14 10:00: a doctor or nurse (clinic-1) opened the card.")
