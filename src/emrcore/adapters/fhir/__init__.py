"""FHIR R4 in."""

from emrcore.adapters.fhir.bundle import read_bundle
from emrcore.adapters.fhir.imported import Imported, ImportedPatient, Related
from emrcore.adapters.fhir.mapping import (
    Form,
    Placing,
    Sections,
    read_sections,
    shipped_sections,
)

__all__ = [
    "Form",
    "Imported",
    "ImportedPatient",
    "Placing",
    "Related",
    "Sections",
    "read_bundle",
    "read_sections",
    "shipped_sections",
]
