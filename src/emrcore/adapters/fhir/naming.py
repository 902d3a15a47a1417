"""How emrcore's own ids and words are called in FHIR: the systems of identifiers and codes."""

import json
import urllib.parse
import uuid

from emrcore.records import Document

PATIENT = "urn:emrcore:patient"
PERSON = "urn:emrcore:person"
SECTION = "urn:emrcore:section"
KIND = "urn:emrcore:kind"
LABEL = "urn:emrcore:label"
ACKNOWLEDGED = "urn:emrcore:acknowledged-at"
CONFIDENTIALITY = "http://terminology.hl7.org/CodeSystem/v3-Confidentiality"
RESTRICTED = ("R", "V")
"""Labels that HL7 has a code for."""

_SOURCE = "urn:emrcore:source:"
_NAMESPACE = uuid.uuid5(uuid.NAMESPACE_URL, "urn:emrcore:export")


def source_system(source: str) -> str:
    """The identifier system of the documents of *source*."""
    return _SOURCE + urllib.parse.quote(source, safe="")


def source_of(system: str) -> str | None:
    """The source whose identifier system *system* is, or None."""
    name = system.removeprefix(_SOURCE)
    return None if name == system else urllib.parse.unquote(name)


def name_of(kind: str, *parts: str) -> str:
    """The id of a resource: the same in every export, and telling nothing of *parts*."""
    return str(uuid.uuid5(_NAMESPACE, json.dumps([kind, *parts])))


def address_of(name: str) -> str:
    """What refers to the resource of that id, in its bundle."""
    return f"urn:uuid:{name}"


def document_name(document: Document) -> str:
    """The id of the resource that *document* becomes."""
    return name_of("DocumentReference", document.source, document.id)
