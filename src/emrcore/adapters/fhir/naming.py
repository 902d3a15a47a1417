"""How emrcore's own ids and words are called in FHIR: the systems of identifiers and codes."""

import hashlib
import json
import urllib.parse

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


def source_system(source: str) -> str:
    """The identifier system of the documents of *source*."""
    return _SOURCE + urllib.parse.quote(source, safe="")


def source_of(system: str) -> str | None:
    """The source whose identifier system *system* is, or None."""
    name = system.removeprefix(_SOURCE)
    return None if name == system else urllib.parse.unquote(name)


def name_of(kind: str, *parts: str) -> str:
    """The id of a resource, a UUID of version 8 (RFC 9562), the same in every export."""
    digest = hashlib.sha256(json.dumps([_SOURCE, kind, *parts]).encode()).hexdigest()
    return f"{digest[:8]}-{digest[8:12]}-8{digest[13:16]}-8{digest[17:20]}-{digest[20:32]}"


def address_of(name: str) -> str:
    """What refers to the resource of that id, in its bundle."""
    return f"urn:uuid:{name}"


def document_name(document: Document) -> str:
    """The id of the resource that *document* becomes."""
    return name_of("DocumentReference", document.source, document.id)
