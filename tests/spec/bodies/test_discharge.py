"""Discharge summaries in one form, from hospitals that write them in three."""

import datetime as dt
import hashlib
import json
import zoneinfo
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emrcore.adapters import discharges, fhir
from emrcore.bodies import (
    Diagnosis,
    DischargeSummary,
    Finding,
    Layout,
    Provenance,
    Stay,
    read,
    read_discharge,
    write,
)
from emrcore.errors import Malformed

MOSCOW = zoneinfo.ZoneInfo("Europe/Moscow")
Json = dict[str, Any]

FLAT: Json = {
    "ib_number": "4711",  # not asked for
    "date_in": "28.12.2018",
    "date_out": "05.01.2019",
    "ds_main": "Pneumonia",
    "ds_main_mkb": "J18.9",
    "ds_other": "Hypertension",
    "studies": "29.12.2018 Chest X-ray: infiltrate on the right",
    "consults": "30.12.2018 Cardiologist: no objections",
    "treatment": "Ceftriaxone",
    "recom": "See the GP\nX-ray in a month",
}


def section(code: str, *entries: Json, text: tuple[str, ...] = ()) -> Json:
    return {"section": {"code": code, "entry": list(entries), "text": list(text)}}


NESTED: Json = {
    "clinicalDocument": {
        "templateId": "1.2.3",  # not asked for
        "encompassingEncounter": {
            "effectiveTime": {"low": "20181228", "high": "201901051200+0300"}
        },
        "component": [
            section("HOSPDIAG", {"code": "J18.9", "text": "Pneumonia"}, {"text": "Hypertension"}),
            section(
                "RES",
                {
                    "text": "Chest X-ray",
                    "effectiveTime": "20181229",
                    "value": "infiltrate on the right",
                },
            ),
            section(
                "CONS",
                {"text": "Cardiologist", "effectiveTime": "20181230", "value": "no objections"},
            ),
            section("DRUG", text=("Ceftriaxone",)),
            section("PLAN", text=("See the GP", "X-ray in a month")),
            section("SOCANAM", text=("left alone",)),
        ],
    }
}


def concept(text: str, code: str | None = None) -> Json:
    codings = [{"system": "http://hl7.org/fhir/sid/icd-10", "code": code}] if code else []
    return {"text": text} | ({"coding": codings} if codings else {})


def part(code: str, *references: str, lines: tuple[str, ...] = ()) -> Json:
    found: Json = {"code": {"coding": [{"system": "http://loinc.org", "code": code}]}}
    if references:
        found["entry"] = [{"reference": one} for one in references]
    if lines:
        items = "".join(f"<li>{line}</li>" for line in lines)
        found["text"] = {"status": "generated", "div": f"<div><ul>{items}</ul></div>"}
    return found


def resource(kind: str, name: str, **fields: Any) -> Json:
    return {"resource": {"resourceType": kind, "id": name} | fields}


FHIR: Json = {
    "resourceType": "Bundle",
    "type": "document",
    "entry": [
        resource(
            "Composition",
            "c",
            encounter={"reference": "Encounter/e"},
            section=[
                part("11535-2", "Condition/d1", "Condition/d2"),
                part("30954-2", "DiagnosticReport/x"),
                part("18841-7", "DiagnosticReport/k"),
                part("10183-2", "MedicationStatement/m"),
                part("18776-5", lines=("See the GP", "X-ray  in a month")),
                part("29299-5", lines=("left alone",)),
            ],
        ),
        resource(
            "Encounter",
            "e",
            period={"start": "2018-12-28T08:00:00+03:00", "end": "2019-01-04T22:00:00Z"},
        ),
        resource("Condition", "d1", code=concept("Pneumonia", "J18.9")),
        resource("Condition", "d2", code=concept("Hypertension")),
        resource(
            "DiagnosticReport",
            "x",
            code=concept("Chest X-ray"),
            effectiveDateTime="2018-12-29",
            conclusion="infiltrate on the right",
        ),
        resource(
            "DiagnosticReport",
            "k",
            code=concept("Cardiologist"),
            effectiveDateTime="2018-12-30",
            conclusion="no objections",
        ),
        resource("MedicationStatement", "m", medicationCodeableConcept=concept("Ceftriaxone")),
    ],
}

LAYOUTS = {
    "flat-json": (discharges.flat(), FLAT),
    "nested-json": (discharges.nested(), NESTED),
    "fhir-r4-composition": (fhir.discharge(zone=MOSCOW), FHIR),
}
EVERY = pytest.mark.parametrize(("layout", "data"), LAYOUTS.values(), ids=LAYOUTS)


def content(data: object) -> bytes:
    return json.dumps(data).encode()


def summary(layout: Layout, data: object) -> DischargeSummary:
    return read_discharge(content(data), layout, source="hospital-3")


def attempt(layout: Layout, data: object) -> DischargeSummary | Malformed:
    try:
        return summary(layout, data)
    except Malformed as refused:
        return refused


def faults(layout: Layout, data: object) -> list[str]:
    with pytest.raises(Malformed) as refused:
        summary(layout, data)
    return list(map(str, refused.value.faults))


@EVERY
def test_three_layouts_one_form(layout: Layout, data: Json) -> None:
    """DIS-2, DIS-3: the same stay, found equal in each, with where it comes from."""
    assert summary(layout, data) == DischargeSummary(
        stay=Stay(admitted_on=dt.date(2018, 12, 28), discharged_on=dt.date(2019, 1, 5)),
        diagnoses=(
            Diagnosis(text="Pneumonia", code="J18.9", main=True),
            Diagnosis(text="Hypertension"),
        ),
        studies=(
            Finding(
                name="Chest X-ray", on=dt.date(2018, 12, 29), conclusion="infiltrate on the right"
            ),
        ),
        consultations=(
            Finding(name="Cardiologist", on=dt.date(2018, 12, 30), conclusion="no objections"),
        ),
        treatment=("Ceftriaxone",),
        recommendations=("See the GP", "X-ray in a month"),
        provenance=Provenance(
            source="hospital-3",
            format=layout.format,
            sha256=hashlib.sha256(content(data)).hexdigest(),
        ),
    )


def without(data: Json, *names: str) -> Json:
    return {name: value for name, value in data.items() if name not in names}


@pytest.mark.parametrize("name", FLAT)
def test_a_flat_summary_without_a_part(name: str) -> None:
    """DIS-1: any field may be absent, and the others are kept."""
    found = summary(discharges.flat(), without(FLAT, name))
    whole = summary(discharges.flat(), FLAT)
    parts = ("stay", "diagnoses", "studies", "consultations", "treatment", "recommendations")
    assert sum(getattr(found, one) == getattr(whole, one) for one in parts) >= 5


@EVERY
def test_nothing_at_all_is_still_a_summary(layout: Layout, data: Json) -> None:
    """DIS-1: with its provenance, and no part."""
    empty: dict[str, Json] = {
        "flat-json": {},
        "nested-json": {"clinicalDocument": {}},
        "fhir-r4-composition": {
            "resourceType": "Bundle",
            "entry": [resource("Composition", "c")],
        },
    }
    assert data != empty[layout.format]
    found = summary(layout, empty[layout.format])
    assert found == DischargeSummary(provenance=found.provenance)
    assert found.provenance is not None


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("ECG", Finding(name="ECG")),
        ("ECG: sinus", Finding(name="ECG", conclusion="sinus")),
        ("01.02.2019 ECG", Finding(name="ECG", on=dt.date(2019, 2, 1))),
        ("31.02.2019 ECG: x", Finding(name="31.02.2019 ECG: x")),
        (": x", Finding(name=": x")),
    ],
)
def test_a_line_that_is_written_otherwise_is_kept(line: str, found: Finding) -> None:
    """DIS-1: as the name of the study, whole."""
    assert summary(discharges.flat(), {"studies": line}).studies == (found,)


def test_a_narrative_speaks_where_there_are_no_entries() -> None:
    """DIS-1: each block of it is a line, its white space made one."""
    data = {
        "resourceType": "Bundle",
        "entry": [resource("Composition", "c", section=[part("11535-2", lines=("A  b", "C"))])],
    }
    found = summary(fhir.discharge(zone=MOSCOW), data)
    assert found.diagnoses == (Diagnosis(text="A b", main=True), Diagnosis(text="C"))


# -- Faults ----------------------------------------------------------------------------------------


def test_every_fault_of_a_flat_summary() -> None:
    """DIS-4: in the vendor's names, and without what was written."""
    wrong = FLAT | {"date_in": "secret", "date_out": 7, "recom": ["secret"], "ds_main": None}
    assert faults(discharges.flat(), wrong) == [
        "date_in: is not a day, such as 28.12.2018 [DIS-4]",
        "date_out: is not a day, such as 28.12.2018 [DIS-4]",
        "ds_main: is not a text [DIS-4]",
        "recom: is not a text [DIS-4]",
    ]


def test_every_fault_of_a_nested_summary() -> None:
    """DIS-4: with the path down to the entry."""
    wrong = {
        "clinicalDocument": {
            "encompassingEncounter": {"effectiveTime": {"low": "2018-12-28"}},
            "component": [{}, section("RES", {"text": 7, "effectiveTime": "20190231"})],
        }
    }
    where = "clinicalDocument.component"
    assert faults(discharges.nested(), wrong) == [
        (
            "clinicalDocument.encompassingEncounter.effectiveTime.low: "
            "is not a time of HL7, such as 20181228 [DIS-4]"
        ),
        f"{where}[0].section: is missing [DIS-4]",
        f"{where}[1].section.entry[0].text: is not a text [DIS-4]",
        (
            f"{where}[1].section.entry[0].effectiveTime: "
            "is not a time of HL7, such as 20181228 [DIS-4]"
        ),
    ]


def test_every_fault_of_a_fhir_document() -> None:
    """DIS-4: in FHIR's paths, with FHIR's rules where they are broken."""
    wrong = {
        "resourceType": "Bundle",
        "entry": [
            resource(
                "Composition",
                "c",
                encounter={"reference": "Encounter/e"},
                section=[part("11535-2", "Condition/none")],
            ),
            resource("Encounter", "e", period={"start": "2019-01-05", "end": "2019-01-04"}),
        ],
    }
    assert faults(fhir.discharge(zone=MOSCOW), wrong) == [
        "entry[0].resource.section[0].entry[0].reference: names nothing in the bundle [DIS-4]",
        "entry[1].resource.period.end: is before the start [DIS-1]",
    ]


@pytest.mark.parametrize("data", [{"resourceType": "Patient"}, {"resourceType": "Bundle"}, FLAT])
def test_what_is_no_fhir_document(data: Json) -> None:
    """DIS-4: a Bundle must begin with a Composition."""
    assert "does not begin with a Composition" in faults(fhir.discharge(zone=MOSCOW), data)[-1]


@EVERY
def test_an_end_before_the_beginning(layout: Layout, data: Json) -> None:
    """DIS-1: a stay of a day is one, and one that ends the day before is refused."""
    assert data
    stay = summary(layout, stay_until(layout, "28.12.2018")).stay
    assert stay == Stay(admitted_on=dt.date(2018, 12, 28), discharged_on=dt.date(2018, 12, 28))
    assert "DIS-1" in faults(layout, stay_until(layout, "27.12.2018"))[0]


def stay_until(layout: Layout, end: str) -> Json:
    """A stay from 28 December 2018, in each layout."""
    written = "-".join(reversed(end.split(".")))
    if layout.format == "flat-json":
        return {"date_in": "28.12.2018", "date_out": end}
    if layout.format == "nested-json":
        span = {"low": "20181228", "high": written.replace("-", "")}
        return {"clinicalDocument": {"encompassingEncounter": {"effectiveTime": span}}}
    entries = [
        resource("Composition", "c", encounter={"reference": "Encounter/e"}),
        resource("Encounter", "e", period={"start": "2018-12-28", "end": written}),
    ]
    return {"resourceType": "Bundle", "entry": entries}


@EVERY
@pytest.mark.parametrize("raw", [b"", b"\xff", b"[]", b"7", b"{", b'{"a": 1, "a": 2}'])
def test_bytes_that_are_no_summary(layout: Layout, data: Json, raw: bytes) -> None:
    """DIS-4: one kind of error, whatever came."""
    assert data
    with pytest.raises(Malformed):
        read_discharge(raw, layout, source="hospital-3")


def place(at: Any, number: int) -> Any:
    """One of the keys or places of what is not empty."""
    keys: list[str] = list(at)
    chosen = number % len(keys)
    return keys[chosen] if isinstance(at, dict) else chosen


JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=5,
)


@given(
    layout=st.sampled_from(sorted(LAYOUTS)),
    path=st.lists(st.integers(0, 7), min_size=1, max_size=8),
    junk=JUNK,
)
def test_junk_anywhere_is_read_or_refused(layout: str, path: list[int], junk: object) -> None:
    """DIS-4: no other exception."""
    chosen, data = LAYOUTS[layout]
    changed = json.loads(content(data))
    at: Any = changed
    for number in path[:-1]:
        below = at[place(at, number)]
        if not isinstance(below, dict | list) or not below:
            break
        at = cast("Any", below)
    at[place(at, path[-1])] = junk
    found = attempt(chosen, changed)
    assert found.faults if isinstance(found, Malformed) else found.provenance


# -- The form itself -------------------------------------------------------------------------------


@EVERY
def test_the_form_is_written_and_read(layout: Layout, data: Json) -> None:
    """DIS-2: as a body of its own, equal when it is read back."""
    found = summary(layout, data)
    assert read(write(found), DischargeSummary) == found
