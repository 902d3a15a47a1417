"""FHIR R4: documents in and out, looks out, and a view as searches."""

from emrcore.adapters.fhir.audit_events import audit_event
from emrcore.adapters.fhir.bundle import read_bundle
from emrcore.adapters.fhir.discharges import discharge
from emrcore.adapters.fhir.exporting import export, write
from emrcore.adapters.fhir.imported import Imported, ImportedPatient, Related
from emrcore.adapters.fhir.mapping import (
    Form,
    Placing,
    Sections,
    read_sections,
    shipped_sections,
)
from emrcore.adapters.fhir.returning import read_export
from emrcore.adapters.fhir.searching import Searched, searches
from emrcore.adapters.fhir.summaries import read_statements

__all__ = [
    "Form",
    "Imported",
    "ImportedPatient",
    "Placing",
    "Related",
    "Searched",
    "Sections",
    "audit_event",
    "discharge",
    "export",
    "read_bundle",
    "read_export",
    "read_sections",
    "read_statements",
    "searches",
    "shipped_sections",
    "write",
]
