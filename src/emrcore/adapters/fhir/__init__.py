"""FHIR R4: documents in, looks out, and a view as searches."""

from emrcore.adapters.fhir.audit_events import audit_event
from emrcore.adapters.fhir.bundle import read_bundle
from emrcore.adapters.fhir.imported import Imported, ImportedPatient, Related
from emrcore.adapters.fhir.mapping import (
    Form,
    Placing,
    Sections,
    read_sections,
    shipped_sections,
)
from emrcore.adapters.fhir.searching import Searched, searches

__all__ = [
    "Form",
    "Imported",
    "ImportedPatient",
    "Placing",
    "Related",
    "Searched",
    "Sections",
    "audit_event",
    "read_bundle",
    "read_sections",
    "searches",
    "shipped_sections",
]
