"""Doctors and crews: from where, and what for."""

import attrs
import pytest

from emrcore import rules
from emrcore.access import Viewer
from emrcore.errors import RuleBroken
from emrcore.journal import gathered, looks, told
from emrcore.office import Staff
from emrcore.people import PersonId
from emrcore.ports import Shard
from emrcore.rulebook import PurposeOfUse, Role
from emrcore.rules import Rule
from emrcore.texts import Language
from world import MOSCOW, Town

DOCTOR = Viewer(person=PersonId("dr"), role=Role.DOCTOR, organisation="clinic-1")
CREW = Viewer(person=PersonId("crew-7"), role=Role.CREW, organisation="ambulance")


def looked(town: Town, reader: Staff) -> Rule | None:
    try:
        town.office.open_card(reader, town.own)
    except RuleBroken as refusal:
        return refusal.rule
    return None


@pytest.mark.parametrize(
    ("purpose", "rule"),
    [
        (None, rules.STF_1),
        (PurposeOfUse.TREATMENT, None),
        (PurposeOfUse.COORDINATION, None),
        (PurposeOfUse.OPERATIONS, rules.STF_1),
        (PurposeOfUse.PATIENT_REQUEST, rules.STF_1),
        (PurposeOfUse.EMERGENCY, rules.STF_1),
    ],
)
def test_a_doctor_says_what_for(
    town: Town, purpose: PurposeOfUse | None, rule: Rule | None
) -> None:
    """STF-1: a purpose that the rulebook gives doctors, or the refusal stands in the journal."""
    town.move_in()
    assert looked(town, Staff(viewer=DOCTOR, purpose=purpose)) is rule
    last = town.office.storage.links(Shard.of_patient(town.own))[-1]
    assert last.entry.context
    assert last.entry.context.purpose is purpose
    assert (f'"refused":"{rule.id}"' in last.entry.detail) if rule else True


def test_a_crew_looks_in_an_emergency_only(town: Town) -> None:
    """STF-1, EMG-2: broken glass is for the emergency and for no treatment besides."""
    town.move_in()
    town.break_glass(CREW, town.own)
    assert looked(town, Staff(viewer=CREW)) is None
    assert looked(town, Staff(viewer=CREW, purpose=PurposeOfUse.EMERGENCY)) is None
    assert looked(town, Staff(viewer=CREW, purpose=PurposeOfUse.TREATMENT)) is rules.STF_1


@pytest.mark.parametrize("organisation", [None, "", " "])
def test_staff_belong_somewhere(town: Town, organisation: str | None) -> None:
    """STF-2: without an organisation nobody looks as staff."""
    town.move_in()
    viewer = attrs.evolve(DOCTOR, organisation=organisation)
    reader = Staff(viewer=viewer, purpose=PurposeOfUse.TREATMENT)
    assert looked(town, reader) is rules.STF_2


def test_a_rulebook_that_leaves_purposes_open(town: Town) -> None:
    """STF-1: takes any of the list, and still asks for one."""
    book = town.office.rulebook
    editions = tuple(attrs.evolve(one, staff=None) for one in book.editions)
    office = attrs.evolve(town.office, rulebook=attrs.evolve(book, editions=editions))
    free = attrs.evolve(town, office=office)
    free.move_in()
    assert looked(free, Staff(viewer=DOCTOR, purpose=PurposeOfUse.OPERATIONS)) is None
    assert looked(free, Staff(viewer=DOCTOR)) is rules.STF_1


def test_the_patient_reads_who_of_the_staff_looked(town: Town) -> None:
    """STF-3, JRN-5, JRN-11: role, organisation and purpose, or a program, in both languages."""
    town.move_in()
    reader = Staff(viewer=DOCTOR, purpose=PurposeOfUse.COORDINATION)
    looked(town, reader)
    looked(town, attrs.evolve(reader, automated=True))
    town.break_glass(CREW, town.own)
    town.office.read_summary(Staff(viewer=CREW), town.own)
    town.office.close_glass(CREW, town.own)
    links = town.office.storage.links(Shard.of_patient(town.own))
    lines = gathered(looks(links), zone=MOSCOW)
    english = [told(line, Language.EN, zone=MOSCOW) for line in lines]
    assert english == [
        (
            "2020-01-14 10:00: a doctor or nurse (clinic-1) opened the card. "
            "Purpose: coordination of care."
        ),
        (
            "2020-01-14: a program of clinic-1 checked the card by itself, times: 1. "
            "Nobody was shown anything. Purpose: coordination of care."
        ),
        (
            "2020-01-14 10:00: a crew of the ambulance (ambulance) opened the card in an "
            "emergency. Cause: the patient was unconscious. Stated reason: unconscious. "
            "Purpose: emergency."
        ),
        (
            "2020-01-14 10:00: a crew of the ambulance (ambulance) read the emergency summary. "
            "Purpose: emergency."
        ),
        "2020-01-14 10:00: a crew of the ambulance (ambulance) ended the emergency reading.",
    ]
    russian = [told(line, Language.RU, zone=MOSCOW) for line in lines]
    assert russian[0].endswith(
        "карту открыли (врач или медсестра (clinic-1)). Цель: согласование лечения."
    )
    assert russian[3] == (
        "14.01.2020 10:00: прочитана экстренная сводка (бригада скорой помощи (ambulance)). "
        "Цель: неотложная помощь."
    )
