"""What a view allows, exported as FHIR R4 and read back.

Two independent parties judge the Bundles: the official JSON schema, and the models of fhirclient
(SMART Health IT), which miss wrong codes but see what is not there.
"""

import base64
import copy
import datetime as dt
import gzip
import json
import pathlib
import zoneinfo
from collections.abc import Callable, Iterator
from typing import Any

import attrs
import fhirclient.models.bundle
import jsonschema_rs
import pytest
from fhirclient.models.fhirabstractbase import FHIRValidationError
from hypothesis import given, settings
from hypothesis import strategies as st

from emrcore import rules
from emrcore.access import Grant, View, Viewer, decide
from emrcore.adapters import fhir
from emrcore.errors import Malformed, RuleBroken
from emrcore.office import Citizen
from emrcore.people import (
    KinshipStatus,
    PatientId,
    Person,
    PersonId,
    PersonName,
    Sex,
)
from emrcore.records import Document, DocumentId, visible
from emrcore.rulebook import Role, shipped
from emrcore.testing import patients
from world import NOW, Cards, moscow, new_town

MOSCOW = zoneinfo.ZoneInfo("Europe/Moscow")
EDITION = shipped("ru-moscow-2020").editions[0]
CARDS = Cards(EDITION)
MOTHER = PersonId("mother")
FACTS = CARDS.facts(
    person=Person(
        id=PersonId("child"),
        born=dt.date(2010, 5, 5),
        sex=Sex.FEMALE,
        name=PersonName(family="Иванова", given="Анна", patronymic="Петровна"),
    )
)
MODEL: Callable[..., object] = fhirclient.models.bundle.Bundle  # has no types
SCHEMA = jsonschema_rs.validator_for(
    json.loads(
        gzip.decompress(
            (
                pathlib.Path(__file__).parents[1]
                / "data"
                / "fhir-r4-schema"
                / "fhir.schema.json.gz"
            ).read_bytes()
        )
    )
)


def open_view(**changes: Any) -> View:
    """The mother's view, who may see what is labelled, too."""
    view = CARDS.view(FACTS)
    labelled = [attrs.evolve(one, labels=frozenset({"R", "V", "ETH"})) for one in view.allowances]
    return attrs.evolve(view, allowances=tuple(labelled), **changes)


def resources(bundle: dict[str, Any], kind: str) -> list[dict[str, Any]]:
    found = [entry["resource"] for entry in bundle["entry"]]
    return [one for one in found if one["resourceType"] == kind]


def objections(bundle: dict[str, Any]) -> list[str]:
    """What the two validators have against *bundle*."""
    found = [f"schema: {error.message[:200]}" for error in SCHEMA.iter_errors(bundle)]
    try:
        MODEL(copy.deepcopy(bundle), strict=True)
    except FHIRValidationError as wrong:
        found.append(f"models: {wrong}")
    return found


# -- Documents of any make -------------------------------------------------------------------------

# Not here: white space of Unicode other than FHIR's own. The pattern of a string in R4 forbids it,
# which R5 mended; emrcore writes a title with a no-break space as it is.
TEXTS = st.text(
    st.characters(exclude_categories=("Cs", "Cc", "Z")) | st.sampled_from(" \t\n"),
    max_size=20,
)
NAMES = TEXTS.filter(str.strip)
DAYS = st.dates(dt.date(2019, 1, 1), dt.date(2020, 2, 3))
MOMENTS = st.integers(0, 398 * 86_400_000_000).map(
    lambda number: moscow(2019, 1, 1) + dt.timedelta(microseconds=number)
)
PLACES = [
    (name, kind)
    for name, rule in EDITION.sections.items()
    if rule.opened_on
    for kind in (*rule.kinds.value, None, "unknown-kind")
]


@st.composite
def documents(draw: st.DrawFn) -> Document:
    section, kind = draw(st.sampled_from(PLACES))
    return Document(
        id=DocumentId(draw(NAMES)),
        source=draw(NAMES),
        patient=PatientId("card"),
        section=section,
        kind=kind,
        published_at=draw(MOMENTS),
        occurred_on=draw(st.none() | DAYS),
        signed_on=draw(st.none() | DAYS),
        acknowledged_at=draw(st.none() | MOMENTS),
        labels=draw(st.frozensets(st.sampled_from(("R", "V", "ETH", "unspecified")))),
        title=draw(st.just("") | NAMES),
        body=draw(st.binary(max_size=200)),
    )


LISTS = st.lists(documents(), max_size=6, unique_by=lambda one: (one.source, one.id))


@settings(max_examples=150)
@given(LISTS)
def test_what_is_exported_comes_back_equal(some: list[Document]) -> None:
    """FHI-2, FHI-1, FHI-3: the visible documents, in their order, with labels, dates and bytes."""
    view = open_view()
    bundle = fhir.export(view, some, facts=FACTS)
    assert objections(bundle) == []
    found = fhir.read_export(json.dumps(bundle))
    assert list(found.documents) == visible(view, some)
    assert [one.patient for one in found.people] == [PatientId("card")]


@settings(max_examples=50)
@given(LISTS)
def test_streamed_is_the_same(some: list[Document]) -> None:
    """FHI-2: piece by piece, to the same Bundle."""
    view = open_view()
    whole = b"".join(fhir.write(view, iter(some), facts=FACTS))
    assert json.loads(whole) == fhir.export(view, some, facts=FACTS)


# -- What is in it ---------------------------------------------------------------------------------


def test_a_document_in_full() -> None:
    """FHI-2: the envelope in FHIR's elements, the body as bytes."""
    one = CARDS.document(
        kind="lab-report", title="Blood count", body=b"<xml/>", labels=frozenset({"R"})
    )
    bundle = fhir.export(open_view(), [one], facts=FACTS)
    (found,) = resources(bundle, "DocumentReference")
    assert found["masterIdentifier"] == {"system": "urn:emrcore:source:lab", "value": "d1"}
    assert found["type"] == {
        "coding": [
            {"system": "urn:emrcore:kind", "code": "lab-report"},
            {"system": "http://loinc.org", "code": "11502-2"},
        ]
    }
    assert found["category"][0]["coding"][0]["code"] == "lab-results"
    assert (found["status"], found["description"]) == ("current", "Blood count")
    assert found["date"] == "2019-01-02T07:00:00+00:00"
    assert found["context"] == {"period": {"start": "2019-01-01"}}
    assert base64.b64decode(found["content"][0]["attachment"]["data"]) == b"<xml/>"
    assert found["content"][0]["attachment"]["creation"] == "2019-01-02"


def test_labels_are_security_labels_of_document_and_bundle() -> None:
    """FHI-3: in HL7's system where it has the code, in emrcore's own otherwise."""
    some = [
        CARDS.document(labels=frozenset({"R"})),
        CARDS.document(id=DocumentId("d2"), labels=frozenset({"ETH"})),
    ]
    bundle = fhir.export(open_view(), some, facts=FACTS)
    one, two = (found["meta"]["security"] for found in resources(bundle, "DocumentReference"))
    assert one == [
        {"system": "http://terminology.hl7.org/CodeSystem/v3-Confidentiality", "code": "R"}
    ]
    assert two == [{"system": "urn:emrcore:label", "code": "ETH"}]
    assert bundle["meta"]["security"] == two + one


def test_another_system_reads_it_as_any_bundle() -> None:
    """FHI-2, FHIR-6, FHIR-10: by the LOINC code, with its labels, as a document of that bundle."""
    one = CARDS.document(kind="lab-report", labels=frozenset({"R"}))
    text = json.dumps(fhir.export(open_view(), [one], facts=FACTS))
    (found,) = fhir.read_bundle(text, zone=MOSCOW, source="portal").documents
    assert (found.section, found.kind) == ("lab-results", "lab-report")
    assert found.labels == {"R"}


def test_hidden_documents_are_not_in_it() -> None:
    """FHI-1: by label, by date, of a closed section, or of another card."""
    hidden = [
        CARDS.document(labels=frozenset({"R"})),
        CARDS.document(signed_on=dt.date(2018, 12, 31)),
        CARDS.document("prescriptions", kind="prescription"),
        CARDS.document(patient=PatientId("other")),
        CARDS.document(published_at=NOW + dt.timedelta(seconds=1)),
    ]
    bundle = fhir.export(CARDS.view(FACTS), hidden, facts=FACTS)
    assert not resources(bundle, "DocumentReference")
    assert "meta" not in bundle


def test_a_refused_card_is_not_exported() -> None:
    """FHI-1: the rule that refuses is told, and not even the patient is written."""
    view = CARDS.view(FACTS, person="stranger")
    for attempt in (
        lambda: fhir.export(view, [], facts=FACTS),
        lambda: list(fhir.write(view, [], facts=FACTS)),
    ):
        with pytest.raises(RuleBroken) as refused:
            attempt()
        assert refused.value.rule is rules.ACC_5


def test_facts_of_another_card_are_refused() -> None:
    """FHI-1: nobody's name goes out with somebody else's documents."""
    others = attrs.evolve(FACTS, patient=PatientId("other"))
    with pytest.raises(ValueError, match="another card"):
        fhir.export(CARDS.view(FACTS), [], facts=others)


def test_the_patient_and_the_viewers_rights() -> None:
    """FHI-4: the viewer's confirmed tie and grant, and nobody else's."""
    stranger = PersonId("father")
    facts = attrs.evolve(
        FACTS,
        kinships=(
            *FACTS.kinships,
            CARDS.tie(guardian=stranger),
            CARDS.tie(since=dt.date(2018, 1, 1), status=KinshipStatus.CLAIMED),
        ),
        grants=(*FACTS.grants, Grant(viewer=stranger, since=moscow(2020, 1, 22))),
    )
    bundle = fhir.export(CARDS.view(facts), [], facts=facts)
    assert objections(bundle) == []
    (patient,) = resources(bundle, "Patient")
    assert patient["name"] == [
        {"use": "official", "family": "Иванова", "given": ["Анна", "Петровна"]}
    ]
    assert (patient["gender"], patient["birthDate"]) == ("female", "2010-05-05")
    (related,) = resources(bundle, "RelatedPerson")
    assert related["identifier"][0]["value"] == "mother"
    assert related["period"] == {"start": "2019-11-01"}
    (consent,) = resources(bundle, "Consent")
    assert consent["provision"]["period"] == {"start": "2020-01-21T06:00:00+00:00"}
    assert consent["status"] == "active"
    assert "father" not in json.dumps(bundle)


@pytest.mark.parametrize(
    ("until", "status"),
    [(NOW, "inactive"), (NOW + dt.timedelta(microseconds=1), "active")],
)
def test_a_grant_that_has_ended(until: dt.datetime, status: str) -> None:
    """FHI-4: it is inactive from its end on; a second one lets the viewer in."""
    first = Grant(viewer=MOTHER, since=moscow(2020, 1, 20), until=until)
    facts = attrs.evolve(FACTS, grants=(first, *FACTS.grants))
    bundle = fhir.export(CARDS.view(facts), [], facts=facts)
    assert resources(bundle, "Consent")[0]["status"] == status


def test_a_tie_that_ends() -> None:
    """FHI-4: FHIR's period includes its last day, the library's does not."""
    facts = attrs.evolve(FACTS, kinships=(CARDS.tie(until=dt.date(2021, 1, 1)),))
    (related,) = resources(fhir.export(CARDS.view(facts), [], facts=facts), "RelatedPerson")
    assert related["period"] == {"start": "2019-11-01", "end": "2020-12-31"}


def test_a_person_who_died() -> None:
    """FHI-2: the day of death is read back; only a doctor's view allows to export then."""
    dead = attrs.evolve(FACTS.person, died=dt.date(2020, 1, 31))
    facts = attrs.evolve(FACTS, person=dead)
    view = CARDS.view(facts, person="dr", role=Role.DOCTOR)
    bundle = fhir.export(view, [], facts=facts)
    assert objections(bundle) == []
    assert fhir.read_export(json.dumps(bundle)).people[0].person.died == dt.date(2020, 1, 31)


def test_looks_are_audit_events() -> None:
    """FHI-4: those that ``who_looked`` tells the citizen, and of this card only."""
    town = new_town()
    town.grant_both()
    reader = Citizen(account=town.account, token=town.enter())
    view = town.office.open_card(reader, town.own).view
    looks = town.office.who_looked(reader, town.own)
    facts = town.office.find_facts(town.own, town.account.id)
    bundle = fhir.export(view, [], facts=facts, looks=looks, observer="portal")
    assert objections(bundle) == []
    assert len(resources(bundle, "AuditEvent")) == len(looks) > 0
    guardian = attrs.evolve(reader, role=Role.GUARDIAN)
    other = town.office.open_card(guardian, town.wards).view
    wards = town.office.find_facts(town.wards, town.account.id)
    assert not resources(fhir.export(other, [], facts=wards, looks=looks), "AuditEvent")


def test_the_same_export_twice_is_the_same() -> None:
    """FHI-2: ids are made of what they name, so that a repeated export replaces the first."""
    some = [CARDS.document(), CARDS.document(source="clinic")]
    bundle = fhir.export(CARDS.view(FACTS), some, facts=FACTS)
    assert bundle == fhir.export(CARDS.view(FACTS), some, facts=FACTS)
    names = [entry["fullUrl"] for entry in bundle["entry"]]
    assert len(set(names)) == len(names)


# -- What cannot be written or read ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"title": " "}, "documents[1].title: is no text of FHIR [FHI-5]"),
        ({"title": "a\x0cb"}, "documents[1].title: is no text of FHIR [FHI-5]"),
        ({"title": "\ud800"}, "documents[1].title: is no text of FHIR [FHI-5]"),
        ({"source": ""}, "documents[1].source: is no text of FHIR [FHI-5]"),
        ({"id": DocumentId("")}, "documents[1].id: is no text of FHIR [FHI-5]"),
        ({"labels": frozenset({"R "})}, "documents[1].labels: is no code of FHIR [FHI-5]"),
    ],
)
def test_what_fhir_cannot_write_is_refused(change: dict[str, Any], told: str) -> None:
    """FHI-5: with the number of the document among those given, and nothing is returned."""
    view = CARDS.view(FACTS)
    allowed = frozenset({"R "})
    view = attrs.evolve(
        view, allowances=tuple(attrs.evolve(one, labels=allowed) for one in view.allowances)
    )
    some = [CARDS.document(), CARDS.document(**change)]
    for attempt in (
        lambda: fhir.export(view, some, facts=FACTS),
        lambda: list(fhir.write(view, some, facts=FACTS)),
    ):
        with pytest.raises(Malformed) as refused:
            attempt()
        assert list(map(str, refused.value.faults)) == [told]


def exported() -> dict[str, Any]:
    return fhir.export(CARDS.view(FACTS), [CARDS.document(body=b"x")], facts=FACTS)


def reference(bundle: dict[str, Any]) -> dict[str, Any]:
    (found,) = resources(bundle, "DocumentReference")
    return found


@pytest.mark.parametrize(
    ("path", "value", "told"),
    [
        (("masterIdentifier", "system"), "urn:oid:1", "names no source [FHI-5]"),
        (("masterIdentifier", "value"), None, "is missing [FHI-5]"),
        (("status",), "superseded", "is not current [FHI-5]"),
        (("category",), [], "has no section [FHI-5]"),
        (("subject", "reference"), "Patient/x", "names no patient of the bundle [FHIR-3]"),
        (("date",), "2019-01-02", "is no moment [FHI-5]"),
        (("content",), [], "is not one attachment [FHI-5]"),
        (("content", 0, "attachment", "data"), "!", "is not base64 [FHI-5]"),
        (("content", 0, "attachment", "data"), "eXk=", "is not that of the bytes [FHI-5]"),
    ],
)
def test_what_emrcore_did_not_export_is_refused(
    path: tuple[str | int, ...], value: Any, told: str
) -> None:
    """FHI-5: with the place."""
    bundle = exported()
    at: Any = reference(bundle)
    for step in path[:-1]:
        at = at[step]
    at[path[-1]] = value
    with pytest.raises(Malformed) as refused:
        fhir.read_export(json.dumps(bundle))
    assert any(told in str(fault) for fault in refused.value.faults)


def test_every_fault_is_told() -> None:
    """FHI-5: of every resource, in the order of the bundle."""
    bundle = exported()
    del resources(bundle, "Patient")[0]["identifier"]
    del reference(bundle)["masterIdentifier"]
    with pytest.raises(Malformed) as refused:
        fhir.read_export(json.dumps(bundle))
    assert [fault.where for fault in refused.value.faults] == [
        "entry[0].resource.identifier",
        "entry[3].resource.masterIdentifier.system",
        "entry[3].resource.masterIdentifier.value",
    ]


# -- The validators can object ---------------------------------------------------------------------


def test_each_validator_sees_what_is_wrong() -> None:
    """FHI-2: a wrong code is seen by the one, a missing element by the other."""
    wrong = exported()
    reference(wrong)["status"] = "signed"
    assert [one.split(":")[0] for one in objections(wrong)] == ["schema"]
    lacking = exported()
    del reference(lacking)["content"]
    assert {one.split(":")[0] for one in objections(lacking)} >= {"models"}


# -- Records that others made ----------------------------------------------------------------------


def of_a_doctor(card: fhir.Imported) -> tuple[View, Any]:
    found = card.people[0]
    facts = Cards(EDITION).facts(patient=found.patient, person=found.person, kinships=(), grants=())
    viewer = Viewer(person=PersonId("dr"), role=Role.DOCTOR)
    return decide(facts, viewer, at=moscow(2026, 1, 1), edition=EDITION), facts


@pytest.mark.parametrize("name", sorted(patients.bundles()))
def test_a_synthetic_life_comes_back(name: str) -> None:
    """FHI-2: all of a Synthea patient's documents that a doctor sees, in two formats' judgement."""
    card = fhir.read_bundle(patients.bundles()[name], zone=MOSCOW, source=patients.SOURCE)
    view, facts = of_a_doctor(card)
    text = b"".join(fhir.write(view, card.documents, facts=facts))
    assert objections(json.loads(text)) == []
    assert list(fhir.read_export(text).documents) == visible(view, card.documents)


def test_a_large_card_is_streamed() -> None:
    """FHI-2: no document is drawn long before it is written."""
    drawn = 0

    def many() -> Iterator[Document]:
        nonlocal drawn
        for number in range(10_000):
            drawn += 1
            yield CARDS.document(id=DocumentId(f"d{number}"), body=bytes(1000))

    pieces = fhir.write(CARDS.view(FACTS), many(), facts=FACTS)
    written = sum(len(next(pieces)) for _ in range(100))
    assert drawn <= 200
    written += sum(map(len, pieces))
    assert drawn == 10_000
    assert written > 10_000 * 1000
