"""Reading back what emrcore exported: the same documents, under their sources and own ids."""

import base64
import binascii
import hashlib
import zoneinfo

import attrs

from emrcore import rules
from emrcore.adapters.fhir import naming
from emrcore.adapters.fhir.elements import Element, parsed
from emrcore.adapters.fhir.imported import Imported, ImportedPatient, Related
from emrcore.adapters.fhir.mapping import shipped_sections
from emrcore.adapters.fhir.moments import When, when
from emrcore.adapters.fhir.persons import patient, related
from emrcore.adapters.fhir.references import Reading, find, known_by
from emrcore.errors import Malformed
from emrcore.people import PatientId, PersonId
from emrcore.records import Document, DocumentId

_UTC = zoneinfo.ZoneInfo("UTC")


def read_export(text: str | bytes) -> Imported:
    """The persons, claims and documents of a Bundle that ``export`` made (FHI-2).

    Consents and AuditEvents are counted and open nothing (FHIR-8). A Bundle of anybody else is for
    ``read_bundle``: here its documents lack what only emrcore writes, and it is refused.

    Raises:
        Malformed: FHI-5, FHIR-1 to FHIR-5, with every fault and its place.
    """
    bundle = Element(parsed(text), "", {})
    if bundle.at("resourceType").value != "Bundle" and not bundle.faults:
        bundle.at("resourceType").fault("is not Bundle", rules.FHIR_1)
    entries = [attrs.evolve(entry, faults={}) for entry in bundle.at("entry").items()]
    reading = Reading(zone=_UTC, source="", sections=shipped_sections(), known=known_by(entries))
    people: list[ImportedPatient] = []
    documents: list[Document] = []
    claims: list[Related] = []
    counts: dict[str, int] = {}
    for resource in (entry.at("resource") for entry in entries):
        match resource.at("resourceType").text():
            case "Patient":
                people += _patient(resource, reading)
            case "RelatedPerson":
                claim = related(resource, reading)
                if isinstance(claim, Related):
                    whose = _whose(resource.at("patient"), reading)
                    claims.append(attrs.evolve(claim, patient=whose))
            case "DocumentReference":
                documents += _document(resource, reading)
            case kind:
                counts[kind or ""] = counts.get(kind or "", 0) + 1
    if faults := [fault for read in (bundle, *entries) for fault in read.faults.values()]:
        raise Malformed("FHIR export", tuple(faults))
    return Imported(
        people=tuple(people),
        documents=tuple(documents),
        related=tuple(claims),
        unmapped=dict(sorted(counts.items())),
    )


def _patient(resource: Element, reading: Reading) -> list[ImportedPatient]:
    found = patient(resource, reading)
    named, human = (_identified(resource, system) for system in (naming.PATIENT, naming.PERSON))
    if found is None:
        return []
    person = attrs.evolve(found.person, id=PersonId(human))
    return [ImportedPatient(patient=PatientId(named), person=person)]


def _identified(resource: Element, system: str) -> str:
    """The identifier of that *system*, or a fault."""
    for identifier in resource.at("identifier").items():
        if identifier.at("system").text() == system:
            return _needed(identifier.at("value"))
    resource.at("identifier").fault(f"has none of {system}", rules.FHI_5)
    return ""


def _needed(element: Element) -> str:
    text = element.text()
    if text is None:
        element.fault("is missing", rules.FHI_5)
    return text or ""


def _whose(referring: Element, reading: Reading) -> PatientId:
    found = find(referring.at("reference").text(), "Patient", reading)
    if found is None:
        referring.at("reference").fault("names no patient of the bundle", rules.FHIR_3)
        return PatientId("")
    return PatientId(_identified(found, naming.PATIENT))


def _document(resource: Element, reading: Reading) -> list[Document]:
    """All of it is read before anything is decided, so that every fault is told."""
    identifier = resource.at("masterIdentifier")
    source = naming.source_of(identifier.at("system").text() or "")
    if source is None:
        identifier.at("system").fault("names no source", rules.FHI_5)
    if resource.at("status").value != "current":
        resource.at("status").fault("is not current", rules.FHI_5)
    named, whose = _needed(identifier.at("value")), _whose(resource.at("subject"), reading)
    section = _coded(resource, "category[].coding[]", naming.SECTION)
    if section is None:
        resource.at("category").fault("has no section", rules.FHI_5)
    published = _at(resource.at("date"))
    if published.at is None:
        resource.at("date").fault("is no moment", rules.FHI_5)
    seen = [
        _at(one.at("valueInstant"))
        for one in resource.at("extension").items()
        if one.at("url").text() == naming.ACKNOWLEDGED
    ]
    labels = frozenset(_needed(one.at("code")) for one in resource.each("meta.security[]"))
    kind, title = _coded(resource, "type.coding[]", naming.KIND), resource.at("description").text()
    occurred, attached = _at(resource.at("context.period.start")), _attached(resource)
    if source is None or section is None or published.at is None or attached is None:
        return []
    signed = _at(attached.at("creation"))
    return [
        Document(
            id=DocumentId(named),
            source=source,
            patient=whose,
            section=section,
            kind=kind,
            published_at=published.at,
            occurred_on=occurred.day,
            signed_on=signed.day,
            acknowledged_at=seen[0].at if seen else None,
            labels=labels,
            title=title or "",
            body=_body(attached),
        )
    ]


def _at(element: Element) -> When:
    return when(element, _UTC)


def _coded(resource: Element, path: str, system: str) -> str | None:
    for coding in resource.each(path):
        if coding.at("system").text() == system:
            return coding.at("code").text()
    return None


def _attached(resource: Element) -> Element | None:
    found = [one.at("attachment") for one in resource.at("content").items()]
    if len(found) != 1:
        resource.at("content").fault("is not one attachment", rules.FHI_5)
        return None
    return found[0]


def _body(attached: Element) -> bytes:
    """The bytes, if they are those of the hash."""
    try:
        body = base64.b64decode(attached.at("data").text() or "", validate=True)
    except (binascii.Error, ValueError):
        attached.at("data").fault("is not base64", rules.FHI_5)
        return b""
    digest = hashlib.sha1(body, usedforsecurity=False).digest()
    if attached.at("hash").text() != base64.b64encode(digest).decode():
        attached.at("hash").fault("is not that of the bytes", rules.FHI_5)
    return body
