"""What a FHIR bundle is read into."""

import datetime as dt
from collections.abc import Mapping

import attrs

from emrcore.people import PatientId, Person, PersonName
from emrcore.records import Document


@attrs.frozen(kw_only=True)
class ImportedPatient:
    """*person* and the card about them; the FHIR ``Patient.id`` gives both ids."""

    patient: PatientId
    person: Person


@attrs.frozen(kw_only=True)
class Related:
    """Somebody whom the source calls related to *patient*: a claim, never a confirmed tie (FHIR-8).

    ``id`` is the RelatedPerson's, which names a role of a person and not the person; whether the
    role still holds is for whoever confirms it. ``relationship`` holds ``system|code`` texts, such
    as ``http://terminology.hl7.org/CodeSystem/v3-RoleCode|NMTH``.
    """

    id: str
    patient: PatientId
    relationship: tuple[str, ...]
    name: PersonName | None = attrs.field(default=None, repr=False)
    born: dt.date | None = attrs.field(default=None, repr=False)


@attrs.frozen(kw_only=True)
class Imported:
    """What a bundle holds, in its order, and what of it became nothing.

    ``unmapped`` counts every other resource by a name such as
    ``"DocumentReference LOINC 34117-2 in an inpatient Encounter"`` (FHIR-7).
    """

    people: tuple[ImportedPatient, ...]
    documents: tuple[Document, ...]
    related: tuple[Related, ...]
    unmapped: Mapping[str, int]
