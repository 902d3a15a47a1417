"""Reading a FHIR R4 bundle into persons, claims of kinship and documents.

A resource becomes one of these or is counted under a readable name (FHIR-7). Which code gives which
section and which elements are a document's dates stands in ``sections.toml``; what is not
written there is not guessed. A bundle with a fault is refused whole, and every fault is told with
its place, such as ``entry[3].resource.birthDate``, and without the value that stands there.
"""

import collections
import zoneinfo

import attrs

from emrcore import rules
from emrcore.adapters.fhir.documents import document
from emrcore.adapters.fhir.elements import Element, parsed
from emrcore.adapters.fhir.imported import Imported, ImportedPatient, Related
from emrcore.adapters.fhir.mapping import Sections, shipped_sections
from emrcore.adapters.fhir.persons import patient, related
from emrcore.adapters.fhir.references import Reading, known_by
from emrcore.errors import Malformed
from emrcore.records import Document

_Outcome = ImportedPatient | Related | Document | str | None


def read_bundle(
    text: str | bytes, *, zone: zoneinfo.ZoneInfo, source: str, sections: Sections | None = None
) -> Imported:
    """What the FHIR bundle *text* of the system *source* holds; its days are days of *zone*.

    Raises:
        Malformed: FHIR-1, with every fault (FHIR-2 to FHIR-5) and its place.
    """
    bundle = Element(parsed(text), "", {})
    if bundle.at("resourceType").value != "Bundle" and not bundle.faults:
        bundle.at("resourceType").fault("is not Bundle", rules.FHIR_1)
    entries = [attrs.evolve(entry, faults={}) for entry in bundle.at("entry").items()]
    reading = Reading(
        zone=zone, source=source, sections=sections or shipped_sections(), known=known_by(entries)
    )
    outcomes = [_outcome(entry.at("resource"), reading) for entry in entries]
    if faults := [fault for read in (bundle, *entries) for fault in read.faults.values()]:
        raise Malformed("FHIR bundle", tuple(faults))
    counts = collections.Counter(found for found in outcomes if isinstance(found, str))
    return Imported(
        people=tuple(found for found in outcomes if isinstance(found, ImportedPatient)),
        documents=tuple(found for found in outcomes if isinstance(found, Document)),
        related=tuple(found for found in outcomes if isinstance(found, Related)),
        unmapped=dict(sorted(counts.items())),
    )


def _outcome(resource: Element, reading: Reading) -> _Outcome:
    """What *resource* becomes, or the name it is counted under; with a fault, nothing of use."""
    match resource.at("resourceType").text():
        case "Patient":
            return patient(resource, reading)
        case "RelatedPerson":
            return related(resource, reading)
        case str(kind) if kind in reading.sections.resources:
            return document(resource, kind, reading)
        case kind:
            return kind
