"""Persons, ties, grants and documents as FHIR R4 resources."""

import base64
import datetime as dt
import functools
import hashlib
import re
from collections.abc import Iterator
from typing import Any

from emrcore import rules
from emrcore.access import Facts, Grant, View
from emrcore.adapters.fhir.mapping import shipped_sections
from emrcore.adapters.fhir.naming import (
    ACKNOWLEDGED,
    CONFIDENTIALITY,
    KIND,
    LABEL,
    PATIENT,
    PERSON,
    RESTRICTED,
    SECTION,
    address_of,
    document_name,
    name_of,
    source_system,
)
from emrcore.errors import Fault
from emrcore.people import Kinship, PatientId, Person
from emrcore.records import Document

Json = dict[str, Any]

_HL7 = "http://terminology.hl7.org/CodeSystem"
_BARRED = r"\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff"
_CODE = re.compile(rf"[^\s{_BARRED}]+(\s[^\s{_BARRED}]+)*")
_STRING = re.compile(rf"(?=.*\S)[^{_BARRED}]+", re.DOTALL)


def patient_name(patient: PatientId) -> str:
    """The id of the Patient resource."""
    return name_of("Patient", patient)


def patient(facts: Facts) -> Json:
    """The human the card is about."""
    person = facts.person
    resource: Json = {
        "resourceType": "Patient",
        "id": patient_name(facts.patient),
        "identifier": [_identifier(PATIENT, facts.patient), _identifier(PERSON, person.id)],
        "birthDate": person.born.isoformat(),
    }
    if person.sex:
        resource["gender"] = person.sex.value
    if person.died:
        resource["deceasedDateTime"] = person.died.isoformat()
    return resource | _named(person)


def related(kinship: Kinship, facts: Facts) -> Json:
    """A confirmed tie of somebody to the patient."""
    period = {"start": kinship.since.isoformat()}
    if kinship.until:
        period["end"] = (kinship.until - dt.timedelta(days=1)).isoformat()
    return {
        "resourceType": "RelatedPerson",
        "id": name_of("RelatedPerson", kinship.guardian, facts.patient, period["start"]),
        "identifier": [_identifier(PERSON, kinship.guardian)],
        "patient": _to(patient_name(facts.patient)),
        "relationship": [{"coding": [_coding(f"{_HL7}/v3-RoleCode", "PRN")]}],
        "period": period,
    }


def consent(grant: Grant, view: View) -> Json:
    """A granted application, as the permission it is; it opens nothing where it is read."""
    period = {"start": _moment(grant.since)}
    if grant.until:
        period["end"] = _moment(grant.until)
    receiver = {
        "role": {"coding": [_coding(f"{_HL7}/v3-ParticipationType", "IRCP")]},
        "reference": {"identifier": _identifier(PERSON, grant.viewer)},
    }
    return {
        "resourceType": "Consent",
        "id": name_of("Consent", view.subject, grant.viewer, period["start"]),
        "status": "active" if grant.holds_at(view.at) else "inactive",
        "scope": {"coding": [_coding(f"{_HL7}/consentscope", "patient-privacy")]},
        "category": [{"coding": [_coding("http://loinc.org", "59284-0")]}],
        "patient": _to(patient_name(view.subject)),
        "dateTime": period["start"],
        "policy": [{"uri": f"urn:emrcore:edition:{view.edition.fingerprint}"}],
        "provision": {"type": "permit", "period": period, "actor": [receiver]},
    }


def document(one: Document, view: View) -> Json:
    """A document with its bytes; what it lacks is left out and never guessed."""
    resource: Json = {
        "resourceType": "DocumentReference",
        "id": document_name(one),
        "masterIdentifier": _identifier(source_system(one.source), one.id),
        "status": "current",
        "category": [{"coding": [_section(one.section, view)]}],
        "subject": _to(patient_name(one.patient)),
        "date": _moment(one.published_at),
        "content": [{"attachment": _attachment(one)}],
    }
    if codings := list(_codings(one)):
        resource["type"] = {"coding": codings}
    if one.labels:
        resource["meta"] = {"security": [label(code) for code in sorted(one.labels)]}
    if one.title:
        resource["description"] = one.title
    if one.occurred_on:
        resource["context"] = {"period": {"start": one.occurred_on.isoformat()}}
    if one.acknowledged_at:
        moment = _moment(one.acknowledged_at)
        resource["extension"] = [{"url": ACKNOWLEDGED, "valueInstant": moment}]
    return resource


def label(code: str) -> Json:
    """A label as a security label, in HL7's words where it has one (FHI-3)."""
    return _coding(CONFIDENTIALITY if code in RESTRICTED else LABEL, code)


def unwritable(one: Document, number: int) -> Iterator[Fault]:
    """What FHIR cannot write of the document of that *number* (FHI-5)."""
    codes = {"section": [one.section], "kind": [one.kind or "none"], "labels": one.labels}
    for name, values in codes.items():
        if not all(map(_CODE.fullmatch, values)):
            yield _fault(number, name, "is no code of FHIR")
    texts = {"id": one.id, "source": one.source, "title": one.title or "none"}
    for name, text in texts.items():
        if not _STRING.fullmatch(text):
            yield _fault(number, name, "is no text of FHIR")


def _fault(number: int, name: str, what: str) -> Fault:
    return Fault(f"documents[{number}].{name}", what, rules.FHI_5)


def _attachment(one: Document) -> Json:
    """The bytes, with the day of signing, which is when they were made."""
    digest = hashlib.sha1(one.body, usedforsecurity=False).digest()  # FHIR R4 asks for SHA-1
    found: Json = {
        "contentType": "application/octet-stream",
        "size": len(one.body),
        "hash": base64.b64encode(digest).decode(),
    }
    if one.body:
        found["data"] = base64.b64encode(one.body).decode()
    if one.signed_on:
        found["creation"] = one.signed_on.isoformat()
    return found


def _codings(one: Document) -> Iterator[Json]:
    """What kind of document it is: in emrcore's word, and in the first code listed for it."""
    if one.kind is not None:
        yield _coding(KIND, one.kind)
        if known := _known_codes().get((one.section, one.kind)):
            yield _coding(*known)


@functools.cache
def _known_codes() -> dict[tuple[str, str], tuple[str, str]]:
    found: dict[tuple[str, str], tuple[str, str]] = {}
    for system, codes in shipped_sections().codes.items():
        for code, placing in codes.items():
            if not placing.encounters:
                found.setdefault((placing.section, placing.kind), (system, code))
    return found


def _section(name: str, view: View) -> Json:
    return _coding(SECTION, name) | {"display": view.edition.sections[name].title["en"]}


def _named(person: Person) -> Json:
    name = person.name
    if name is None:
        return {}
    given = [part for part in (name.given, name.patronymic) if part]
    return {"name": [{"use": "official", "family": name.family, "given": given}]}


def _identifier(system: str, value: str) -> Json:
    return {"system": system, "value": value}


def _coding(system: str, code: str) -> Json:
    return {"system": system, "code": code}


def _to(name: str) -> Json:
    return {"reference": address_of(name)}


def _moment(at: dt.datetime) -> str:
    return at.astimezone(dt.UTC).isoformat()
