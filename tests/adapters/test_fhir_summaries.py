"""What a FHIR bundle states for the emergency summary."""

import datetime as dt
import json
import zoneinfo
from typing import Any

import pytest

from emrcore import rules
from emrcore.adapters.fhir import read_statements
from emrcore.errors import Malformed
from emrcore.people import PatientId
from emrcore.records import EntryStanding, Part, Statement

MOSCOW = zoneinfo.ZoneInfo("Europe/Moscow")
AS_OF = dt.datetime(2020, 1, 14, tzinfo=dt.UTC)
IPS = "http://hl7.org/fhir/uv/ips/CodeSystem/absent-unknown-uv-ips"
OURS = {"reference": "Patient/p1"}
Json = dict[str, Any]


def concept(text: str | None = None, code: str = "1", system: str = "s") -> Json:
    found: Json = {"coding": [{"system": system, "code": code}]}
    return found | ({"text": text} if text else {})


def allergy(name: str = "a1", **changes: Any) -> Json:
    known = {
        "resourceType": "AllergyIntolerance",
        "id": name,
        "patient": OURS,
        "code": concept("Penicillin", "91936005", "http://snomed.info/sct"),
        "recordedDate": "2011-03-04",
    }
    return known | changes


def bundle(*resources: Json, patient: Json | None = None) -> str:
    people = {"resourceType": "Patient", "id": "p1", "birthDate": "1960-05-05"} | (patient or {})
    entries = [{"resource": one} for one in (people, *resources)]
    return json.dumps({"resourceType": "Bundle", "type": "collection", "entry": entries})


def read(*resources: Json, patient: Json | None = None) -> dict[Part, Statement]:
    text = bundle(*resources, patient=patient)
    found = read_statements(text, zone=MOSCOW, source="hospital", as_of=AS_OF)
    return {one.part: one for one in found.get(PatientId("p1"), ())}


def test_an_allergy_in_full() -> None:
    """FHIR-12, EMG-9: its name, code, day, how it stands, and who says so as of when."""
    statement = read(allergy(criticality="high"))[Part.ALLERGIES]
    (entry,) = statement.entries
    assert (statement.source, statement.as_of, statement.none_known) == ("hospital", AS_OF, False)
    assert (entry.id, entry.text) == ("AllergyIntolerance/a1", "Penicillin")
    assert (entry.code, entry.critical) == ("http://snomed.info/sct|91936005", True)
    assert (entry.recorded_on, entry.standing) == (dt.date(2011, 3, 4), EntryStanding.ACTIVE)


def test_what_a_bundle_is_silent_about_it_does_not_state() -> None:
    """FHIR-12, EMG-8: no statement is made of nothing, and none known of no silence."""
    assert list(read(allergy())) == [Part.ALLERGIES]
    assert read() == {}


@pytest.mark.parametrize(
    ("changes", "standing"),
    [
        ({"verificationStatus": concept(code="refuted")}, EntryStanding.REFUTED),
        ({"verificationStatus": concept(code="entered-in-error")}, EntryStanding.REFUTED),
        ({"clinicalStatus": concept(code="resolved")}, EntryStanding.SUPERSEDED),
        ({"clinicalStatus": concept(code="inactive")}, EntryStanding.SUPERSEDED),
        ({"clinicalStatus": concept(code="active")}, EntryStanding.ACTIVE),
        ({"verificationStatus": concept(code="unconfirmed")}, EntryStanding.ACTIVE),
    ],
)
def test_how_an_allergy_stands(changes: Json, standing: EntryStanding) -> None:
    """FHIR-12, EMG-9: what is refuted or over keeps its place; what is doubtful stands."""
    (entry,) = read(allergy(**changes))[Part.ALLERGIES].entries
    assert entry.standing is standing


def test_none_known_is_said_by_its_code() -> None:
    """FHIR-12, EMG-8: it yields to an allergy; that nothing is known is no statement."""
    none = allergy("n", code=concept(None, "no-known-allergies", IPS))
    assert read(none)[Part.ALLERGIES].none_known
    assert not read(none, allergy())[Part.ALLERGIES].none_known
    assert read(allergy("u", code=concept(None, "no-allergy-info", IPS))) == {}


def test_the_other_parts() -> None:
    """FHIR-12: illnesses, medication, blood group, vaccinations, and whom to call."""
    found = read(
        {"resourceType": "Condition", "id": "c", "subject": OURS, "code": concept("Diabetes")},
        {
            "resourceType": "MedicationStatement",
            "id": "m",
            "subject": OURS,
            "status": "active",
            "medicationCodeableConcept": concept("Insulin"),
        },
        {
            "resourceType": "MedicationRequest",
            "id": "r",
            "subject": OURS,
            "status": "stopped",
            "medicationCodeableConcept": concept("Aspirin"),
        },
        {
            "resourceType": "Observation",
            "id": "b",
            "subject": OURS,
            "status": "final",
            "code": concept(None, "882-1", "http://loinc.org"),
            "valueCodeableConcept": concept("0 Rh-"),
        },
        {"resourceType": "Observation", "id": "o", "subject": OURS, "code": concept("Height")},
        {
            "resourceType": "Immunization",
            "id": "i",
            "patient": OURS,
            "status": "completed",
            "vaccineCode": concept("Tetanus"),
        },
        patient={
            "contact": [
                {
                    "name": {"given": ["Vera"], "family": "Petrova"},
                    "telecom": [{"system": "phone", "value": "+7 916 123-45-67"}],
                },
                {"name": {"text": "Nobody"}},
            ]
        },
    )
    told = {part: [one.text for one in statement.active] for part, statement in found.items()}
    assert told == {
        Part.PROBLEMS: ["Diabetes"],
        Part.MEDICATION: ["Insulin"],
        Part.BLOOD_GROUP: ["0 Rh-"],
        Part.IMMUNISATIONS: ["Tetanus"],
        Part.CONTACTS: ["Vera Petrova +7 916 123-45-67"],
    }


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"code": concept()}, rules.FHIR_12),
        ({"modifierExtension": [{"url": "x"}]}, rules.FHIR_9),
        ({"patient": {"reference": "Patient/p2"}}, rules.FHIR_3),
        ({"recordedDate": "yesterday"}, rules.FHIR_4),
    ],
)
def test_nothing_is_missing_in_silence(changes: Json, rule: rules.Rule) -> None:
    """FHIR-12, FHIR-9: what cannot be read refuses the bundle, with its place."""
    with pytest.raises(Malformed) as error:
        read(allergy(), allergy("a2", **changes))
    (fault,) = error.value.faults
    assert fault.rule is rule
    assert fault.where.startswith("entry[2].resource")


def test_a_label_stays_on_the_entry() -> None:
    """FHIR-10, EMG-8: so that it can be withheld."""
    label = {"security": [{"system": "s", "code": "R"}]}
    (entry,) = read(allergy(meta=label))[Part.ALLERGIES].entries
    assert entry.labels == ("R",)


def test_an_allergy_without_a_day_is_not_lost() -> None:
    """FHIR-11, FHIR-12: a year is no day; the entry is there all the same."""
    (entry,) = read(allergy(recordedDate="2011"))[Part.ALLERGIES].entries
    assert entry.recorded_on is None
