"""Reading FHIR R4 bundles: what becomes a person, a claim or a document, and what is only counted.

The twelve Synthea patients and the examples of the FHIR specification were written by others.
"""

import collections
import copy
import datetime as dt
import importlib.resources
import json
import pathlib
import zoneinfo
from collections.abc import Iterator
from typing import Any, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emrcore.adapters.fhir import Imported, Sections, read_bundle, read_sections, shipped_sections
from emrcore.errors import Malformed
from emrcore.people import PersonName, Sex
from emrcore.records import Document
from emrcore.rulebook import shipped

MOSCOW = zoneinfo.ZoneInfo("Europe/Moscow")
NEW_YORK = zoneinfo.ZoneInfo("America/New_York")
LOINC = "http://loinc.org"
SNOMED = "http://snomed.info/sct"
DICOM = "http://dicom.nema.org/resources/ontology/DCM"
ACT_CODE = "http://terminology.hl7.org/CodeSystem/v3-ActCode"
CONFIDENTIALITY = "http://terminology.hl7.org/CodeSystem/v3-Confidentiality"

SYNTHEA = importlib.resources.files("emrcore.testing") / "data" / "synthea"
PATIENTS = [f"patient-{number:02}" for number in range(1, 13)]
HL7 = pathlib.Path(__file__).parents[1] / "data" / "hl7-r4"

Resource = dict[str, Any]


def synthea(name: str) -> str:
    return (SYNTHEA / f"{name}.json").read_text("utf-8")


def read(text: str | bytes, zone: zoneinfo.ZoneInfo = MOSCOW) -> Imported:
    return read_bundle(text, zone=zone, source="clinic")


def bundle(*resources: Resource) -> str:
    entries = [{"resource": resource} for resource in resources]
    return json.dumps({"resourceType": "Bundle", "type": "collection", "entry": entries})


def patient(**changes: Any) -> Resource:
    return {"resourceType": "Patient", "id": "p", "birthDate": "2005-01-14"} | changes


def concept(code: str, system: str = LOINC, **more: Any) -> Resource:
    return {"coding": [{"system": system, "code": code}]} | more


def about(kind: str, **changes: Any) -> Resource:
    return {"resourceType": kind, "id": "x", "subject": {"reference": "Patient/p"}} | changes


def report(**changes: Any) -> Resource:
    return (
        about(
            "DiagnosticReport",
            status="final",
            code=concept("58410-2", text="Blood count"),
            effectiveDateTime="2019-03-01T09:00:00+03:00",
            issued="2019-03-02T10:00:00+03:00",
        )
        | changes
    )


def discharge(**changes: Any) -> Resource:
    return (
        about(
            "DocumentReference",
            status="current",
            docStatus="final",
            type=concept("18842-5"),
            date="2019-01-05T12:00:00+03:00",
            context={"period": {"start": "2018-12-28T08:00:00+03:00"}},
        )
        | changes
    )


def note(*references: str, code: str = "34117-2") -> Resource:
    encounters = [{"reference": reference} for reference in references]
    return discharge(type=concept(code), context={"encounter": encounters})


def encounter(code: str, *, id: str = "e", system: str = ACT_CODE) -> Resource:  # noqa: A002
    return about("Encounter", id=id) | {"class": {"system": system, "code": code}}


def procedure(**changes: Any) -> Resource:
    return about("Procedure", status="completed", code=concept("73761001", SNOMED)) | changes


def imaging(*modalities: str, **changes: Any) -> Resource:
    return (
        about(
            "ImagingStudy",
            status="available",
            started="2019-06-01T09:00:00+03:00",
            series=[{"modality": {"system": DICOM, "code": code}} for code in modalities],
        )
        | changes
    )


def imported(resource: Resource, *others: Resource, zone: zoneinfo.ZoneInfo = MOSCOW) -> Document:
    (document,) = read(bundle(patient(), resource, *others), zone).documents
    return document


def counted(resource: Resource, *others: Resource) -> str:
    """The one name under which *resource* was counted, nothing else having been."""
    found = read(bundle(patient(), resource, *others))
    assert not found.documents
    (name,) = found.unmapped.keys() - {"Encounter"}
    return name


def faults(text: str | bytes) -> list[str]:
    with pytest.raises(Malformed) as refused:
        read(text)
    return list(map(str, refused.value.faults))


def attempt(text: str | bytes) -> Imported | Malformed:
    try:
        return read(text)
    except Malformed as refused:
        return refused


# -- The Synthea patients ------------------------------------------------------------------------


@pytest.mark.parametrize("name", PATIENTS)
def test_every_resource_of_a_record_is_imported_or_counted(name: str) -> None:
    """FHIR-7: documents, persons, claims and counts together are the entries of the bundle."""
    found = read(synthea(name))
    taken = len(found.people) + len(found.documents) + len(found.related)
    assert taken + sum(found.unmapped.values()) == len(json.loads(synthea(name))["entry"])
    assert len(found.people) == 1


def all_documents() -> Iterator[Document]:
    for name in PATIENTS:
        yield from read(synthea(name)).documents


def test_the_documents_of_twelve_records_by_section_and_kind() -> None:
    """FHIR-6: the codes place 1064 of the 1587 documents, X-rays and ultrasound in hidden kinds."""
    assert collections.Counter((one.section, one.kind) for one in all_documents()) == {
        ("exam-protocols", "exam-protocol"): 631,
        ("lab-results", "lab-report"): 368,
        ("radiology", "ct"): 1,
        ("radiology", "mri"): 2,
        ("radiology", "mammography"): 1,
        ("radiology", "x-ray"): 48,
        ("radiology", "ultrasound"): 1,
        ("instrumental", "ecg"): 7,
        ("instrumental", "endoscopy"): 5,
    }


def test_the_documents_of_twelve_records_by_the_years_the_sections_begin() -> None:
    """FHIR-11: judged by the date that each section of the rulebook names."""
    sections = shipped("ru-moscow-2020").editions[0].sections
    bands: dict[str, list[int]] = {}
    for one in all_documents():
        basis = sections[one.section].basis
        assert basis is not None
        day = one.judged_by(basis.value)
        assert day is not None
        band = sum(day.year >= start for start in (2017, 2019, 2020))
        bands.setdefault(one.section, [0, 0, 0, 0])[band] += 1
    assert bands == {
        "exam-protocols": [440, 76, 45, 70],
        "lab-results": [194, 75, 8, 91],
        "radiology": [37, 7, 3, 6],
        "instrumental": [4, 5, 1, 2],
    }


def test_all_that_is_left_of_one_record() -> None:
    """FHIR-7: what was not imported of patient 03."""
    assert read(synthea("patient-03")).unmapped == {
        "DiagnosticReport LOINC 55757-9": 3,
        "DiagnosticReport LOINC 69737-5": 2,
        "DiagnosticReport LOINC 76499-3": 1,
        "DiagnosticReport LOINC 85354-9": 3,
        "DiagnosticReport LOINC 93025-5": 3,
        "DocumentReference LOINC 34117-2 in an emergency Encounter": 16,
        "DocumentReference LOINC 34117-2 in an inpatient Encounter": 13,
        "Encounter": 117,
        "Procedure SNOMED CT 1290459008": 1,
        "Procedure SNOMED CT 23426006": 3,
        "Procedure SNOMED CT 241046008": 2,
        "Procedure SNOMED CT 399208008": 1,
    }


def test_all_that_is_left_of_twelve_records() -> None:
    """FHIR-7: questionnaires, hospital notes and studies without an open kind are named."""
    left = collections.Counter[str]()
    for name in PATIENTS:
        left.update(read(synthea(name)).unmapped)
    assert left == {
        "DiagnosticReport LOINC 44249-1": 1,
        "DiagnosticReport LOINC 55405-5": 1,
        "DiagnosticReport LOINC 55757-9": 16,
        "DiagnosticReport LOINC 59453-1": 6,
        "DiagnosticReport LOINC 69737-5": 13,
        "DiagnosticReport LOINC 72109-2": 7,
        "DiagnosticReport LOINC 76499-3": 4,
        "DiagnosticReport LOINC 82666-9": 2,
        "DiagnosticReport LOINC 85354-9": 70,
        "DiagnosticReport LOINC 89206-7": 8,
        "DiagnosticReport LOINC 93025-5": 19,
        "DiagnosticReport LOINC X9999-0": 2,
        "DocumentReference LOINC 34117-2 in a home health Encounter": 2,
        "DocumentReference LOINC 34117-2 in an emergency Encounter": 97,
        "DocumentReference LOINC 34117-2 in an inpatient Encounter": 44,
        "Encounter": 774,
        "ImagingStudy DICOM OP": 45,
        "Procedure SNOMED CT 1290407002": 3,
        "Procedure SNOMED CT 1290459008": 2,
        "Procedure SNOMED CT 168594001": 3,
        "Procedure SNOMED CT 169230002": 9,
        "Procedure SNOMED CT 23426006": 18,
        "Procedure SNOMED CT 241046008": 33,
        "Procedure SNOMED CT 302761001": 2,
        "Procedure SNOMED CT 312681000": 1,
        "Procedure SNOMED CT 314971001": 45,
        "Procedure SNOMED CT 33367005": 3,
        "Procedure SNOMED CT 389153003": 45,
        "Procedure SNOMED CT 399208008": 11,
        "Procedure SNOMED CT 40701008": 1,
        "Procedure SNOMED CT 433236007": 1,
        "Procedure SNOMED CT 54550000": 5,
        "Procedure SNOMED CT 65677008": 2,
        "Procedure SNOMED CT 713021002": 1,
        "Procedure SNOMED CT 82808001 + SNOMED CT 60554003 + SNOMED CT 10563004"
        " + SNOMED CT 446573003": 1,
    }


def test_a_person_is_read_with_name_sex_birth_and_death() -> None:
    """FHIR-11: and the day of death is a local one, another in Honolulu than in Moscow."""
    (found,) = read(synthea("patient-01")).people
    assert {found.patient, found.person.id} == {"0a9b2592-ca2f-46ae-b8c6-3c82ab37df40"}
    assert found.person.born == dt.date(1946, 5, 25)
    assert found.person.sex is Sex.FEMALE
    assert found.person.name == PersonName(family="Gleichner", given="Anamaria")
    assert found.person.died == dt.date(2021, 3, 27)
    (earlier,) = read(synthea("patient-01"), zoneinfo.ZoneInfo("Pacific/Honolulu")).people
    assert earlier.person.died == dt.date(2021, 3, 26)


# -- The examples of the specification -----------------------------------------------------------

ONE_PERSON = [
    "Patient-animal",
    "Patient-ch-example",
    "Patient-example",
    "Patient-f001",
    "Patient-f201",
    "Patient-genetics-example1",
    "Patient-glossy",
    "Patient-infant-mom",
    "Patient-infant-twin-1",
    "Patient-infant-twin-2",
    "Patient-mom",
    "Patient-newborn",
    "Patient-pat3",
    "Patient-proband",
    "Patient-xcda",
    "Patient-xds",
]
REFUSED = {
    "Patient-dicom": "entry[0].resource.birthDate: is missing [FHIR-5]",
    "Patient-ihe-pcd": "entry[0].resource.birthDate: is missing [FHIR-5]",
    "Patient-infant-fetal": "entry[0].resource.birthDate: is missing [FHIR-5]",
    "Patient-pat1": "entry[0].resource.birthDate: is missing [FHIR-5]",
    "Patient-pat2": "entry[0].resource.birthDate: is missing [FHIR-5]",
    "Patient-pat4": "entry[0].resource.deceasedBoolean: says no day of death [FHIR-5]",
    "Bundle-xds": "entry[0].resource.id: is missing [FHIR-2]",
}
NO_PATIENT = "entry[0].resource.{}.reference: names no patient of the bundle [FHIR-3]"
OF_A_PATIENT = ["DiagnosticReport", "DocumentReference", "RelatedPerson"]


def example(name: str) -> str:
    text = (HL7 / f"{name}.json").read_text("utf-8")
    return text if name.startswith("Bundle") else bundle(json.loads(text))


@pytest.mark.parametrize("name", sorted(path.stem for path in HL7.glob("*.json")))
def test_an_example_of_the_specification_is_read_or_refused_with_its_place(name: str) -> None:
    """FHIR-1: each example alone; those about a patient lack that patient then."""
    kind = name.partition("-")[0]
    if name in ONE_PERSON:
        assert [len(read(example(name)).people), read(example(name)).unmapped] == [1, {}]
    elif kind == "Consent":
        assert read(example(name)) == Imported(
            people=(), documents=(), related=(), unmapped={"Consent": 1}
        )
    elif name == "Bundle-bundle-example":
        assert read(example(name)).unmapped == {"Medication": 1, "MedicationRequest": 1}
    elif kind in OF_A_PATIENT:
        place = "patient" if kind == "RelatedPerson" else "subject"
        assert faults(example(name)) == [NO_PATIENT.format(place)]
    else:
        assert faults(example(name)) == [REFUSED[name]]


def test_the_examples_together_are_refused_with_every_fault_in_order() -> None:
    """FHIR-1: 45 resources in one bundle, and each of the eight faults is told once."""
    names = sorted(path.stem for path in HL7.glob("*.json") if "Bundle" not in path.stem)
    resources = [json.loads((HL7 / f"{name}.json").read_text("utf-8")) for name in names]
    found = faults(bundle(*resources))
    assert [fault.partition(":")[0] for fault in found] == [
        f"entry[{names.index('DiagnosticReport-example-pgx')}].resource.subject.reference",
        f"entry[{names.index('DiagnosticReport-pap')}].resource.subject.reference",
        f"entry[{names.index('Patient-dicom')}].resource.birthDate",
        f"entry[{names.index('Patient-ihe-pcd')}].resource.birthDate",
        f"entry[{names.index('Patient-infant-fetal')}].resource.birthDate",
        f"entry[{names.index('Patient-pat1')}].resource.birthDate",
        f"entry[{names.index('Patient-pat2')}].resource.birthDate",
        f"entry[{names.index('Patient-pat4')}].resource.deceasedBoolean",
    ]


def test_the_examples_without_a_fault_are_read_together() -> None:
    """FHIR-7: nothing of what the specification shows is an open kind of document."""
    left_out = {*REFUSED, "DiagnosticReport-102", "DiagnosticReport-example-pgx"}
    left_out |= {"DiagnosticReport-pap", "Bundle-bundle-example"}
    names = sorted({path.stem for path in HL7.glob("*.json")} - left_out)
    resources = [json.loads((HL7 / f"{name}.json").read_text("utf-8")) for name in names]
    found = read(bundle(*resources))
    assert len(found.people) == len(ONE_PERSON)
    assert [claim.id for claim in found.related] == [
        "benedicte",
        "f001",
        "f002",
        "newborn-mom",
        "peter",
    ]
    assert found.documents == ()
    assert found.unmapped == {
        "Consent": 12,
        "DiagnosticReport SNOMED CT 429858000": 1,
        "DiagnosticReport SNOMED CT 45036003": 1,
        "DocumentReference preliminary": 1,
    }


# -- Dates ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("moment", "zone", "day"),
    [
        ("2018-12-31T20:59:59Z", MOSCOW, dt.date(2018, 12, 31)),
        ("2018-12-31T21:00:00Z", MOSCOW, dt.date(2019, 1, 1)),
        ("2019-01-01T00:00:00+03:00", MOSCOW, dt.date(2019, 1, 1)),
        ("2014-07-01T20:00:00.000001Z", MOSCOW, dt.date(2014, 7, 2)),
        ("2014-10-26T20:59:59Z", MOSCOW, dt.date(2014, 10, 26)),
        ("2019-07-02T03:59:59Z", NEW_YORK, dt.date(2019, 7, 1)),
        ("2019-07-02T04:00:00Z", NEW_YORK, dt.date(2019, 7, 2)),
        ("2019-12-02T04:59:59-00:00", NEW_YORK, dt.date(2019, 12, 1)),
        ("2016-12-31T23:59:60Z", NEW_YORK, dt.date(2016, 12, 31)),
        ("2016-12-31", NEW_YORK, dt.date(2016, 12, 31)),
    ],
)
def test_a_day_is_the_local_one_of_the_moment(
    moment: str, zone: zoneinfo.ZoneInfo, day: dt.date
) -> None:
    """FHIR-11: across midnight, summer time, a change of the law and a leap second."""
    assert imported(report(effectiveDateTime=moment), zone=zone).occurred_on == day


@pytest.mark.parametrize("partial", ["2012", "2012-03"])
def test_a_year_or_a_month_is_no_day(partial: str) -> None:
    """FHIR-11: the date is missing, and without a moment of publication nothing is imported."""
    assert imported(report(effectiveDateTime=partial)).occurred_on is None
    without = "DiagnosticReport LOINC 58410-2 without a publication date"
    assert counted(report(issued=partial)) == without
    assert counted(report(issued="2012-03-01")) == without
    assert counted(report(issued=None)) == without


def test_a_document_happens_at_its_start_and_is_signed_when_it_is_published() -> None:
    """FHIR-11: a stay from 2018 into 2019 is signed on the day of the summary."""
    found = imported(discharge())
    assert found.occurred_on == dt.date(2018, 12, 28)
    assert found.signed_on == dt.date(2019, 1, 5)
    assert found.published_at == dt.datetime(2019, 1, 5, 9, tzinfo=dt.UTC)
    assert found.published_at.tzinfo is dt.UTC
    assert (found.section, found.kind) == ("discharge-summaries", "discharge-summary")


def test_a_report_happens_when_it_takes_effect_and_is_signed_when_issued() -> None:
    """FHIR-11: a period of effect counts from its start."""
    period = {"start": "2018-12-29T09:00:00+03:00", "end": "2019-01-02T09:00:00+03:00"}
    found = imported(report(effectiveDateTime=None, effectivePeriod=period))
    assert found.occurred_on == dt.date(2018, 12, 29)
    assert found.signed_on == dt.date(2019, 3, 2)


def test_the_end_of_a_study_stands_for_the_date_of_its_conclusion() -> None:
    """FHIR-11: a Procedure ends with its period or at its moment, an ImagingStudy as it starts."""
    period = {"start": "2019-12-31T22:00:00+03:00", "end": "2020-01-01T01:00:00+03:00"}
    found = imported(procedure(performedPeriod=period))
    assert found.occurred_on == dt.date(2019, 12, 31)
    assert found.signed_on == dt.date(2020, 1, 1)
    at_once = imported(procedure(performedDateTime="2020-02-01T10:00:00+03:00"))
    assert at_once.occurred_on == at_once.signed_on == dt.date(2020, 2, 1)
    started = imported(imaging("CT"))
    assert started.occurred_on == started.signed_on == dt.date(2019, 6, 1)
    assert started.published_at == dt.datetime(2019, 6, 1, 6, tzinfo=dt.UTC)


def test_a_study_that_has_not_ended_is_not_published() -> None:
    """FHIR-11: the end is not guessed from the start."""
    period = {"start": "2019-12-31T22:00:00+03:00"}
    without = "Procedure SNOMED CT 73761001 without a publication date"
    assert counted(procedure(performedPeriod=period)) == without


# -- Sections ------------------------------------------------------------------------------------


def test_the_shipped_sections_and_kinds_are_those_of_the_rulebook() -> None:
    """FHIR-6: but for three kinds that it does not know and therefore hides."""
    sections = shipped("ru-moscow-2020").editions[0].sections
    placings = [one for codes in shipped_sections().codes.values() for one in codes.values()]
    assert {
        (one.section, one.kind)
        for one in placings
        if one.kind not in sections[one.section].kinds.value
    } == {("radiology", "x-ray"), ("radiology", "ultrasound"), ("radiology", "imaging-report")}


@pytest.mark.parametrize("code", ["18842-5", "34105-7", "11490-0", "28655-9"])
def test_four_codes_are_discharge_summaries(code: str) -> None:
    """FHIR-6: wherever they were written."""
    assert imported(discharge(type=concept(code))).section == "discharge-summaries"


@pytest.mark.parametrize("code", ["34117-2", "11506-3"])
def test_a_note_of_a_visit_is_an_exam_protocol_and_of_a_stay_is_not(code: str) -> None:
    """FHIR-6: the class of every Encounter must be ambulatory; a hospital note is no summary."""
    name = f"DocumentReference LOINC {code}"
    visit = note("Encounter/e", code=code)
    assert imported(visit, encounter("AMB")).section == "exam-protocols"
    assert counted(visit, encounter("IMP")) == f"{name} in an inpatient Encounter"
    assert counted(visit, encounter("HH")) == f"{name} in a home health Encounter"
    both = note("Encounter/e", "Encounter/f", code=code)
    stay = encounter("IMP", id="f")
    mixed = f"{name} in an ambulatory and inpatient Encounter"
    assert counted(both, encounter("AMB"), stay) == mixed


def test_a_note_without_a_class_of_its_encounter_is_not_placed() -> None:
    """FHIR-6: no Encounter, one outside of the bundle, or a class of another code system."""
    name = "DocumentReference LOINC 34117-2 without the class of its Encounter"
    assert counted(note()) == name
    assert counted(note("Encounter/e")) == name
    assert counted(note("Encounter/e", "Encounter/f"), encounter("AMB")) == name
    assert counted(note("Encounter/e"), encounter("AMB", system="http://example.org")) == name
    assert counted(note("Patient/p")) == name


def test_a_consult_note_is_an_exam_protocol_without_an_encounter() -> None:
    """FHIR-6: its code says enough."""
    assert imported(note(code="11488-4")).section == "exam-protocols"


def test_a_category_gives_no_section() -> None:
    """FHIR-6: blood pressure under the category LAB is no laboratory result."""
    lab = [concept("LAB", "http://terminology.hl7.org/CodeSystem/v2-0074")]
    pressure = report(category=lab, code=concept("85354-9"))
    assert counted(pressure) == "DiagnosticReport LOINC 85354-9"


def test_a_code_counts_in_its_own_system_only() -> None:
    """FHIR-6: a LOINC number under another system, or under none, is nothing."""
    other = "http://example.org/codes"
    assert counted(report(code=concept("58410-2", other))) == f"DiagnosticReport {other} 58410-2"
    bare = {"coding": [{"code": "58410-2"}]}
    assert counted(report(code=bare)) == "DiagnosticReport 58410-2"
    assert counted(report(code={"text": "CBC"})) == "DiagnosticReport without a code"
    assert counted(report(code=None)) == "DiagnosticReport without a code"
    odd = concept("анализ крови", other)
    assert counted(report(code=odd)) == "DiagnosticReport of an unprintable name"


def test_one_listed_code_among_translations_is_enough_and_two_must_agree() -> None:
    """FHIR-6: a concept with codes of two sections belongs to neither."""
    local, blood = concept("7", "http://example.org")["coding"], concept("58410-2")["coding"]
    assert imported(report(code={"coding": local + blood})).section == "lab-results"
    scope = concept("73761001", SNOMED)["coding"]
    named = "DiagnosticReport LOINC 58410-2 + SNOMED CT 73761001"
    assert counted(report(code={"coding": local + blood + scope})) == named


@pytest.mark.parametrize(
    ("modality", "kind"),
    [("CT", "ct"), ("MR", "mri"), ("MG", "mammography"), ("CR", "x-ray"), ("US", "ultrasound")],
)
def test_the_modality_gives_the_kind_of_an_imaging_study(modality: str, kind: str) -> None:
    """FHIR-6: reports and displays among the series say nothing."""
    found = imported(imaging(modality, "SR", modality))
    assert (found.section, found.kind) == ("radiology", kind)
    direct = imaging(modality=[{"system": DICOM, "code": modality}], series=None)
    assert imported(direct).kind == kind


def test_every_series_of_a_study_must_be_of_the_same_kind() -> None:
    """FHIR-6: positron emission is no computed tomography, and neither is a series unnamed."""
    assert counted(imaging("PT", "CT", "PT")) == "ImagingStudy DICOM PT + DICOM CT"
    assert counted(imaging("MR", "CT")) == "ImagingStudy DICOM MR + DICOM CT"
    assert counted(imaging("SR")) == "ImagingStudy DICOM SR"
    assert counted(imaging()) == "ImagingStudy without a code"
    study = imaging("CT")
    study["series"].append({})
    assert counted(study) == "ImagingStudy DICOM CT"


def test_another_table_of_codes_may_be_given() -> None:
    """FHIR-6: with an empty one nothing is a document."""
    nothing = Sections(resources={}, systems={}, encounters={}, unrestricted={}, codes={})
    found = read_bundle(bundle(patient(), report()), zone=MOSCOW, source="clinic", sections=nothing)
    assert found.unmapped == {"DiagnosticReport": 1}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[", "sections: "),
        ("", "sections: required field missing @ $.resources [FHIR-6]"),
        ("surprise = 1", "sections: extra fields found (surprise) @ $ [FHIR-6]"),
    ],
)
def test_a_table_of_codes_with_a_wrong_key_is_refused(text: str, told: str) -> None:
    """FHIR-6: with every fault of it."""
    with pytest.raises(Malformed) as refused:
        read_sections(text)
    assert any(str(fault).startswith(told) for fault in refused.value.faults)


# -- What is in force, and for whom --------------------------------------------------------------


@pytest.mark.parametrize(
    ("resource", "name"),
    [
        (discharge(status="superseded"), "DocumentReference superseded"),
        (discharge(status="entered-in-error"), "DocumentReference entered-in-error"),
        (discharge(docStatus="entered-in-error"), "DocumentReference entered-in-error"),
        (discharge(docStatus="preliminary"), "DocumentReference preliminary"),
        (report(status="cancelled"), "DiagnosticReport cancelled"),
        (report(status="partial"), "DiagnosticReport partial"),
        (procedure(status="not-done"), "Procedure not-done"),
        (imaging("CT", status="registered"), "ImagingStudy registered"),
        (report(modifierExtension=[{"url": "x"}]), "DiagnosticReport with rules of its own"),
        (report(implicitRules="http://example.org"), "DiagnosticReport with rules of its own"),
    ],
)
def test_what_is_not_in_force_is_counted_under_its_status(resource: Resource, name: str) -> None:
    """FHIR-9: withdrawn, superseded, unfinished, or not to be read without knowing more."""
    assert counted(resource) == name


def test_a_document_without_a_status_of_its_text_is_in_force() -> None:
    """FHIR-9: docStatus may be absent, status may not."""
    assert imported(discharge(docStatus=None)).section == "discharge-summaries"
    text = bundle(patient(), discharge(status=None))
    assert faults(text) == ["entry[1].resource.status: is missing [FHIR-9]"]


def test_a_security_label_above_normal_stays_on_the_document() -> None:
    """FHIR-10: so it hides the document; one that cannot be read hides it too."""
    very, normal = concept("V", CONFIDENTIALITY), concept("N", CONFIDENTIALITY)
    assert imported(discharge(securityLabel=[normal])).labels == frozenset()
    assert imported(discharge(securityLabel=[normal, very])).labels == {"V"}
    assert imported(discharge(securityLabel=[{"text": "keep out"}])).labels == {"unspecified"}
    assert imported(discharge(securityLabel=[concept("N", "urn:x")])).labels == {"N"}
    assert imported(report(meta={"security": very["coding"]})).labels == {"V"}


def test_a_consent_is_counted_and_opens_nothing() -> None:
    """FHIR-8: whatever it permits, the documents are the same."""
    consent = {"resourceType": "Consent", "id": "c", "provision": {"type": "permit"}}
    with_it = read(bundle(patient(), discharge(), consent))
    assert with_it.documents == read(bundle(patient(), discharge())).documents
    assert with_it.unmapped == {"Consent": 1}


def related(**changes: Any) -> Resource:
    return {
        "resourceType": "RelatedPerson",
        "id": "r",
        "patient": {"reference": "Patient/p"},
        "relationship": [concept("NMTH", "http://terminology.hl7.org/CodeSystem/v3-RoleCode")],
        "name": [{"family": "Everywoman", "given": ["Eve"]}],
        "birthDate": "1973-05-31",
    } | changes


def test_a_related_person_is_a_claim() -> None:
    """FHIR-8: it names a role, not a person, and has no standing at all."""
    (claim,) = read(bundle(patient(), related())).related
    assert (claim.id, claim.patient) == ("r", "p")
    assert claim.relationship == ("http://terminology.hl7.org/CodeSystem/v3-RoleCode|NMTH",)
    assert claim.name == PersonName(family="Everywoman", given="Eve")
    assert claim.born == dt.date(1973, 5, 31)
    (vague,) = read(bundle(patient(), related(birthDate="1973", relationship=None))).related
    assert (vague.born, vague.relationship) == (None, ())
    (wordy,) = read(bundle(patient(), related(relationship=[{"coding": [{}]}]))).related
    assert wordy.relationship == ()


def test_a_related_person_no_longer_active_is_counted() -> None:
    """FHIR-9: and so is one with rules of its own."""
    assert counted(related(active=False)) == "RelatedPerson no longer active"
    ruled = related(modifierExtension=[{"url": "x"}])
    assert counted(ruled) == "RelatedPerson with rules of its own"


# -- Persons and references ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (None, None),
        ([{"use": "old", "family": "Old", "given": ["A"]}], None),
        ([{"family": "Only"}], None),
        ([{"given": ["Only"]}], None),
        (
            [
                {"family": "First", "given": ["A"]},
                {"family": "Second", "given": ["A"]},
                {"use": "usual", "family": "Usual", "given": ["A"]},
                {"use": "official", "family": "Official", "given": ["Anna", None, "Maria"]},
            ],
            ("Official", "Anna Maria"),
        ),
        (
            [{"family": "First", "given": ["A"]}, {"family": "Second", "given": ["A"]}],
            ("First", "A"),
        ),
    ],
)
def test_the_official_name_is_taken(
    names: list[Resource] | None, expected: tuple[str, str] | None
) -> None:
    """An old name is nobody's, and all given names are the given part."""
    (found,) = read(bundle(patient(name=names))).people
    name = expected and PersonName(family=expected[0], given=expected[1])
    assert found.person.name == name


@pytest.mark.parametrize(
    ("gender", "sex"),
    [("male", Sex.MALE), ("female", Sex.FEMALE), ("other", None), ("unknown", None), (None, None)],
)
def test_a_gender_of_male_or_female_is_a_sex(gender: str | None, sex: Sex | None) -> None:
    """Nothing else is."""
    (found,) = read(bundle(patient(gender=gender))).people
    assert found.person.sex is sex


@pytest.mark.parametrize(
    ("url", "reference"),
    [
        (None, "Patient/p"),
        (None, "Patient/p/_history/3"),
        ("urn:uuid:0c3151bd-1cbf-4d64-b04d-cd9187a4c6e0",) * 2,
        ("urn:uuid:0c3151bd-1cbf-4d64-b04d-cd9187a4c6e0", "Patient/p"),
        ("https://example.org/fhir/Patient/p",) * 2,
        ("https://example.org/fhir/Patient/p", "Patient/p"),
    ],
)
def test_a_patient_is_named_by_type_and_id_or_by_the_full_url(
    url: str | None, reference: str
) -> None:
    """FHIR-3: relative, absolute and by UUID."""
    read_as = json.loads(bundle(patient(), report(subject={"reference": reference})))
    read_as["entry"][0]["fullUrl"] = url
    (document,) = read(json.dumps(read_as)).documents
    assert document.patient == "p"


@pytest.mark.parametrize(
    "subject",
    [
        None,
        {},
        {"identifier": {"value": "1"}},
        {"reference": "Patient/q"},
        {"reference": "DiagnosticReport/x"},
        {"reference": "https://elsewhere.example/Patient/p"},
        {"reference": "#p"},
        {"reference": "Group/p"},
    ],
)
def test_a_document_of_no_patient_of_the_bundle_is_refused(subject: Resource | None) -> None:
    """FHIR-3: an absolute reference to another server's patient p is not this one."""
    told = "entry[1].resource.subject.reference: names no patient of the bundle [FHIR-3]"
    assert faults(bundle(patient(), report(subject=subject))) == [told]


# -- Documents -----------------------------------------------------------------------------------


def test_a_document_is_named_by_the_source_the_type_and_the_id() -> None:
    """REC-3: FHIR's ids are unique within a type only."""
    found = read(bundle(patient(), report(), discharge()))
    assert [(one.source, one.id) for one in found.documents] == [
        ("clinic", "DiagnosticReport/x"),
        ("clinic", "DocumentReference/x"),
    ]


def test_the_title_is_the_text_of_the_code() -> None:
    """Else the display of a coding, else nothing; a study has it from its procedure."""
    shown = {"coding": [{"system": LOINC, "code": "58410-2", "display": "CBC panel"}]}
    assert imported(report()).title == "Blood count"
    assert imported(report(code=shown)).title == "CBC panel"
    assert imported(discharge()).title == ""
    assert imported(imaging("CT", procedureCode=[{}, {"text": "CT of chest"}])).title == (
        "CT of chest"
    )


def test_the_body_is_the_resource_as_canonical_json_with_its_digits() -> None:
    """A decimal of FHIR keeps its precision, and the order of keys does not matter."""
    text = bundle(patient(), report(extra={"b": [True, None, 1], "a": "ё"}))
    digits = "1.10, 1e400, -0.0, " + "9" * 5000
    (document,) = read(text.replace("null, 1]", f"null, {digits}]")).documents
    assert document.body.startswith(b'{"code":{"coding":[{"code":"58410-2",')
    written = f'"extra":{{"a":"ё","b":[true,null,{digits.replace(" ", "")}]}}'
    assert written.encode() in document.body


def test_a_bundle_without_entries_holds_nothing() -> None:
    """FHIR-1: text or bytes."""
    nothing = Imported(people=(), documents=(), related=(), unmapped={})
    assert read('{"resourceType": "Bundle"}') == read(b'{"resourceType": "Bundle"}') == nothing


# -- Faults --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "line 1 column 1: is not JSON [FHIR-1]"),
        ('{"resourceType": "Bundle",\n "entry": [}', "line 2 column 12: is not JSON [FHIR-1]"),
        (b"\xff\xfe{}", "bundle: is not UTF-8 [FHIR-1]"),
        (b'"\xed\xa0\x80"', "bundle: is not UTF-8 [FHIR-1]"),
        ('\ufeff{"resourceType": "Bundle"}', "line 1 column 1: is not JSON [FHIR-1]"),
        ('{"a": NaN}', "bundle: holds NaN or an infinity [FHIR-1]"),
        ('{"a": -Infinity}', "bundle: holds NaN or an infinity [FHIR-1]"),
        ('{"a": 1, "a": 2}', "bundle: names a key twice [FHIR-1]"),
        ("[" * 100_000, "bundle: is nested too deep [FHIR-1]"),
        ("[]", "bundle: is not an object [FHIR-1]"),
        ("null", "resourceType: is not Bundle [FHIR-1]"),
        (json.dumps(patient()), "resourceType: is not Bundle [FHIR-1]"),
        ('{"resourceType": "Bundle", "entry": {}}', "entry: is not a list [FHIR-1]"),
    ],
)
def test_what_is_no_bundle_is_refused(text: str | bytes, told: str) -> None:
    """FHIR-1: not JSON, not UTF-8, not a Bundle, or not one meaning."""
    assert faults(text) == [told]


def test_what_stands_in_the_place_of_an_object_is_told_first() -> None:
    """FHIR-1: before what it therefore lacks."""
    told = "entry[0]: is not an object [FHIR-1]"
    assert faults('{"resourceType": "Bundle", "entry": [3]}')[0] == told


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"resourceType": None}, "resourceType: is missing [FHIR-2]"),
        ({"resourceType": 7}, "resourceType: is not readable text [FHIR-1]"),
        ({"resourceType": "not a type"}, "resourceType: is malformed [FHIR-2]"),
        ({"id": None}, "id: is missing [FHIR-2]"),
        ({"id": "a/b"}, "id: is malformed [FHIR-2]"),
        ({"id": "a" * 65}, "id: is malformed [FHIR-2]"),
        ({"id": "\ud800"}, "id: is not readable text [FHIR-1]"),
        ({"id": ["a"]}, "id: is not readable text [FHIR-1]"),
    ],
)
def test_a_resource_without_type_or_id_is_refused(changes: Resource, told: str) -> None:
    """FHIR-2: whatever it is."""
    observation = {"resourceType": "Observation", "id": "o"} | changes
    assert faults(bundle(patient(), observation)) == [f"entry[1].resource.{told}"]


def test_an_entry_without_a_resource_is_refused() -> None:
    """FHIR-2: such as a deletion in a history."""
    assert faults('{"resourceType": "Bundle", "entry": [{}]}') == [
        "entry[0].resource.resourceType: is missing [FHIR-2]",
        "entry[0].resource.id: is missing [FHIR-2]",
    ]


def test_a_resource_that_comes_twice_is_refused() -> None:
    """FHIR-2: by its type and id or by its address; ids of two types may be equal."""
    told = "entry[1].resource.id: comes twice [FHIR-2]"
    assert faults(bundle(patient(), patient())) == [told]
    twice = json.loads(bundle(patient(), patient(id="q")))
    for entry in twice["entry"]:
        entry["fullUrl"] = "urn:uuid:0c3151bd-1cbf-4d64-b04d-cd9187a4c6e0"
    assert faults(json.dumps(twice)) == ["entry[1].fullUrl: comes twice [FHIR-2]"]


def test_an_address_that_disagrees_with_the_id_is_refused() -> None:
    """FHIR-2: a reference by it would find another patient than the one by id."""
    text = json.loads(bundle(patient()))
    text["entry"][0]["fullUrl"] = "https://example.org/Patient/q"
    told = "entry[0].fullUrl: disagrees with the type and the id [FHIR-2]"
    assert faults(json.dumps(text)) == [told]


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ("yesterday", "is not a date as FHIR writes it"),
        ("2019-3-1", "is not a date as FHIR writes it"),
        ("01.03.2019", "is not a date as FHIR writes it"),
        ("2019-03-01T09:00Z", "is not a date as FHIR writes it"),
        ("2019-03-01T09:00:00+15:00", "is not a date as FHIR writes it"),
        ("2019-03-01T09:00:00Z\n", "is not a date as FHIR writes it"),
        ("２０１９-03-01", "is not a date as FHIR writes it"),
        ("2019-03-01T09:00:00", "is a moment without a zone"),
        ("2019-03-01T09:00:00.5", "is a moment without a zone"),
        ("2019-02-29", "is not in the calendar"),
        ("2019-13-01T00:00:00Z", "is not in the calendar"),
        ("2019-03-01T24:00:00Z", "is not in the calendar"),
        ("0000-01-01", "is not in the calendar"),
        ("0001-01-01T00:00:00+14:00", "is not in the calendar"),
        ("9999-12-31T23:59:59Z", "is not in the calendar"),
    ],
)
def test_a_date_that_cannot_be_read_is_refused(written: str, told: str) -> None:
    """FHIR-4: a moment without a zone would fall on a day of chance."""
    place = "entry[1].resource.issued"
    assert faults(bundle(patient(), report(issued=written))) == [f"{place}: {told} [FHIR-4]"]


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"birthDate": None}, "birthDate: is missing [FHIR-5]"),
        ({"birthDate": "2005"}, "birthDate: is not a full day [FHIR-5]"),
        ({"birthDate": "2005-01"}, "birthDate: is not a full day [FHIR-5]"),
        ({"birthDate": "2005-01-32"}, "birthDate: is not in the calendar [FHIR-4]"),
        (
            {"birthDate": "2005-01-14T23:00:00Z"},
            "birthDate: is a moment and not a day [FHIR-4]",
        ),
        ({"deceasedBoolean": True}, "deceasedBoolean: says no day of death [FHIR-5]"),
        ({"deceasedBoolean": "false"}, "deceasedBoolean: says no day of death [FHIR-5]"),
        ({"deceasedDateTime": "2020"}, "deceasedDateTime: is not a full day [FHIR-5]"),
        ({"deceasedDateTime": "2005-01-13"}, "deceasedDateTime: is before the birth [PPL-6]"),
        ({"name": "Eve"}, "name: is not a list [FHIR-1]"),
        ({"name": [{"family": "E", "given": "Eve"}]}, "name[0].given: is not a list [FHIR-1]"),
        ({"name": [{"family": " "}]}, "name[0].family: is not readable text [FHIR-1]"),
        ({"gender": 1}, "gender: is not readable text [FHIR-1]"),
    ],
)
def test_a_patient_who_is_no_person_is_refused(changes: Resource, told: str) -> None:
    """FHIR-5: without a full birth date, or dead without a day."""
    assert faults(bundle(patient(**changes))) == [f"entry[0].resource.{told}"]


def test_a_patient_said_to_live_is_read() -> None:
    """FHIR-5: false is an answer; and one may die on the day of birth."""
    (found,) = read(bundle(patient(deceasedBoolean=False))).people
    assert found.person.died is None
    (brief,) = read(bundle(patient(deceasedDateTime="2005-01-14"))).people
    assert brief.person.died == brief.person.born


def test_a_patient_with_rules_of_its_own_is_refused() -> None:
    """FHIR-9: its documents would be nobody's."""
    text = bundle(patient(implicitRules="http://example.org"), report())
    assert faults(text) == ["entry[0].resource: has rules of its own [FHIR-9]"]


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"code": "CBC"}, ".code: is not an object [FHIR-1]"),
        ({"code": {"coding": {}}}, ".code.coding: is not a list [FHIR-1]"),
        ({"code": {"coding": ["58410-2"]}}, ".code.coding[0]: is not an object [FHIR-1]"),
        ({"issued": ["2019"]}, ".issued: is not readable text [FHIR-1]"),
        ({"status": {"value": "final"}}, ".status: is not readable text [FHIR-1]"),
        ({"subject": "Patient/p"}, ".subject: is not an object [FHIR-1]"),
        ({"conclusion": "\udc00"}, ": holds half a surrogate pair [FHIR-1]"),
        ({"\ud800": 1}, ": holds half a surrogate pair [FHIR-1]"),
        ({"code": concept("58410-2", text="a\0b")}, ".code.text: is not readable text [FHIR-1]"),
    ],
)
def test_an_element_of_the_wrong_shape_is_refused(changes: Resource, told: str) -> None:
    """FHIR-1: with the place where it stands."""
    assert faults(bundle(patient(), report(**changes)))[0] == f"entry[1].resource{told}"


@pytest.mark.parametrize("depth", [700, 5_000])
def test_a_body_nested_too_deep_to_write_again_is_refused(depth: int) -> None:
    """FHIR-1: which depth that is depends on the interpreter, the kind of answer does not."""
    flat = bundle(patient(), report(extra="deep"))
    found = attempt(flat.replace('"deep"', "[" * depth + "]" * depth))
    assert isinstance(found, Imported) or "is nested too deep [FHIR-1]" in str(found)


def test_every_fault_is_told_and_none_quotes_what_stands_there() -> None:
    """FHIR-1: the faults of three resources, in the order of the bundle; PPL-10 as everywhere."""
    text = bundle(
        patient(birthDate="secret", name=[{"family": 7}]),
        report(
            subject={"reference": "Patient/secret"},
            issued="secret",
            status=None,
            code=concept("58410-2", text=["secret"]),
            meta={"security": "secret"},
        ),
        related(id="secret secret", patient=None),
    )
    told = faults(text)
    assert [fault.partition(":")[0] for fault in told] == [
        "entry[0].resource.birthDate",
        "entry[0].resource.name[0].family",
        "entry[1].resource.subject.reference",
        "entry[1].resource.status",
        "entry[1].resource.issued",
        "entry[1].resource.meta.security",
        "entry[1].resource.code.text",
        "entry[2].resource.id",
        "entry[2].resource.patient.reference",
    ]
    assert "secret" not in "\n".join(told)


# -- Whatever comes ------------------------------------------------------------------------------


def some_of_each() -> Resource:
    """Patient 12 with two resources of every type, and a claim."""
    whole: Resource = json.loads(synthea("patient-12"))
    kept: dict[str, list[Resource]] = {}
    for entry in whole["entry"]:
        kept.setdefault(entry["resource"]["resourceType"], []).append(entry)
    entries = [entry for entries in kept.values() for entry in entries[:2]]
    claim = related(patient={"reference": entries[0]["fullUrl"]})
    return whole | {"entry": [*entries, {"resource": claim}]}


Path = tuple[str | int, ...]


def places(value: object, path: Path = ()) -> Iterator[Path]:
    if path:
        yield path
    if isinstance(value, dict):
        for key, item in cast("dict[str, object]", value).items():
            yield from places(item, (*path, key))
    if isinstance(value, list):
        for number, item in enumerate(cast("list[object]", value)):
            yield from places(item, (*path, number))


SAMPLE = some_of_each()
DROP = object()
DEEP: Any = json.loads("[" * 400 + "]" * 400)
JUNK = json.loads(r"""
    [null, true, false, 0, -1.5, 1e400, NaN, "", " ", "x", "\ud800", "\u0000", "2012", "2012-03",
     "2019-01-01", "2019-01-01T00:00:00", "9999-12-31T23:59:59Z", "0001-01-01T00:00:00+14:00",
     "Patient/p", "urn:uuid:x", "Bundle", "Patient", "RelatedPerson", "ImagingStudy",
     "entered-in-error", "34117-2", "http://loinc.org", [], [null], [[]], {}, {"reference": 1},
     {"coding": [{}]}, {"\ud800": "\ud800"}]
""")
CHANGES = st.tuples(st.sampled_from(list(places(SAMPLE))), st.sampled_from([DROP, DEEP, *JUNK]))


def change(whole: Resource, path: Path, junk: Any) -> None:
    """Put a copy of *junk* at *path*, unless an earlier change took the place away.

    The copy is whole: a later change may put something into it, and what two places shared would
    come to hold itself.
    """
    at: Any = whole
    try:
        for key in path[:-1]:
            at = at[key]
        if junk is DROP:
            del at[path[-1]]
        else:
            at[path[-1]] = json.loads(json.dumps(junk))
    except (KeyError, IndexError, TypeError):
        return


def test_no_two_changes_share_what_they_put_in() -> None:
    """FHIR-1: or a change of the one would change the other, and put it into itself."""
    whole: Resource = {"a": None, "b": None}
    junk: Resource = {"coding": [{}]}
    change(whole, ("a",), junk)
    change(whole, ("a", "coding", 0), junk)
    change(whole, ("b",), junk)
    assert whole == {"a": {"coding": [{"coding": [{}]}]}, "b": {"coding": [{}]}}


@settings(max_examples=400)
@given(st.lists(CHANGES, min_size=1, max_size=4))
def test_a_changed_bundle_is_imported_whole_or_refused(
    changes: list[tuple[Path, Any]],
) -> None:
    """FHIR-1, FHIR-7: no other exception, nothing lost, and no name told."""
    changed = copy.deepcopy(SAMPLE)
    for path, junk in changes:
        change(changed, path, junk)
    found = attempt(json.dumps(changed))
    if isinstance(found, Malformed):
        assert found.faults
        assert SAMPLE["entry"][0]["resource"]["name"][0]["family"] not in str(found)
        return
    taken = len(found.people) + len(found.documents) + len(found.related)
    assert taken + sum(found.unmapped.values()) == len(changed.get("entry") or [])
    assert {one.patient for one in found.documents} <= {one.patient for one in found.people}
    assert all(name.isascii() and name.isprintable() for name in found.unmapped)


@settings(max_examples=200)
@given(st.integers(0, 2000), st.integers(0, 40), st.binary(max_size=8))
def test_damaged_bytes_are_imported_or_refused(start: int, length: int, junk: bytes) -> None:
    """FHIR-1: no other exception."""
    whole = json.dumps(SAMPLE, ensure_ascii=False).encode()
    found = attempt(whole[:start] + junk + whole[start + length :])
    assert isinstance(found, Imported) or found.faults
