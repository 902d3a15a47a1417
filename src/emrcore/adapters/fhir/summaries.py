"""What a FHIR R4 bundle states for the emergency summary (FHIR-12).

Allergies, conditions, medication, blood groups and contacts become one statement for each part the
bundle speaks of. A resource that is withdrawn, refuted or over keeps its place and is not shown.
That none are known is said by the codes of the International Patient Summary, or in SNOMED CT; a
bundle that is silent about a part says nothing about it.
"""

import datetime as dt
import zoneinfo
from collections.abc import Iterator, Mapping, Sequence

import attrs

from emrcore import rules
from emrcore.adapters.fhir.documents import labels_of
from emrcore.adapters.fhir.elements import Element, parsed
from emrcore.adapters.fhir.mapping import shipped_sections
from emrcore.adapters.fhir.moments import first
from emrcore.adapters.fhir.references import (
    Reading,
    codings_at,
    has_own_rules,
    id_of,
    known_by,
    patient_of,
)
from emrcore.errors import Malformed
from emrcore.people import PatientId
from emrcore.records import EntryStanding, Part, Statement, SummaryEntry

_IPS = "http://hl7.org/fhir/uv/ips/CodeSystem/absent-unknown-uv-ips"
_SNOMED, _LOINC = "http://snomed.info/sct", "http://loinc.org"
_NONE_KNOWN = {
    (_IPS, "no-known-allergies"),
    (_IPS, "no-known-problems"),
    (_IPS, "no-known-medications"),
    (_IPS, "no-known-immunizations"),
    (_SNOMED, "716186003"),
}
_BLOOD_GROUPS = {(_LOINC, "882-1"), (_LOINC, "883-9"), (_LOINC, "10331-7")}
_REFUTED = {"refuted", "entered-in-error", "cancelled"}
_OVER = {"inactive", "resolved", "completed", "stopped", "not-taken", "not-done"}


@attrs.frozen(kw_only=True)
class _Kind:
    """Which part a resource speaks of, and where it says whose, what, since when and how it stands.

    Every one of ``stands`` is asked: by a code as such, or by the codes of a concept.
    """

    part: Part
    whose: str
    what: Sequence[str]
    since: Sequence[str]
    stands: Sequence[str]


_VERIFIED = ("clinicalStatus.coding[].code", "verificationStatus.coding[].code")
_KINDS = {
    "AllergyIntolerance": _Kind(
        part=Part.ALLERGIES,
        whose="patient",
        what=("code",),
        since=("recordedDate", "onsetDateTime"),
        stands=_VERIFIED,
    ),
    "Condition": _Kind(
        part=Part.PROBLEMS,
        whose="subject",
        what=("code",),
        since=("recordedDate", "onsetDateTime"),
        stands=_VERIFIED,
    ),
    "MedicationStatement": _Kind(
        part=Part.MEDICATION,
        whose="subject",
        what=("medicationCodeableConcept",),
        since=("dateAsserted", "effectiveDateTime"),
        stands=("status",),
    ),
    "MedicationRequest": _Kind(
        part=Part.MEDICATION,
        whose="subject",
        what=("medicationCodeableConcept",),
        since=("authoredOn",),
        stands=("status",),
    ),
    "Immunization": _Kind(
        part=Part.IMMUNISATIONS,
        whose="patient",
        what=("vaccineCode",),
        since=("occurrenceDateTime", "recorded"),
        stands=("status",),
    ),
    "Observation": _Kind(
        part=Part.BLOOD_GROUP,
        whose="subject",
        what=("valueCodeableConcept",),
        since=("effectiveDateTime", "issued"),
        stands=("status",),
    ),
}


def read_statements(
    text: str | bytes, *, zone: zoneinfo.ZoneInfo, source: str, as_of: dt.datetime
) -> Mapping[PatientId, tuple[Statement, ...]]:
    """What the bundle *text* of the system *source* states as of *as_of* (aware), by patient.

    Raises:
        Malformed: FHIR-1, with every fault and its place; an entry without a name is one, and so
            is a resource under rules of its own (FHIR-9): neither may be missing in silence.
    """
    bundle = Element(parsed(text), "", {})
    if bundle.at("resourceType").value != "Bundle" and not bundle.faults:
        bundle.at("resourceType").fault("is not Bundle", rules.FHIR_1)
    entries = [attrs.evolve(entry, faults={}) for entry in bundle.at("entry").items()]
    known, sections = known_by(entries), shipped_sections()
    reading = Reading(zone=zone, source=source, sections=sections, known=known)
    said = [one for entry in entries for one in _said(entry.at("resource"), reading)]
    if faults := [fault for read in (bundle, *entries) for fault in read.faults.values()]:
        raise Malformed("FHIR bundle", tuple(faults))
    return {
        patient: tuple(_statements(patient, said, source, as_of))
        for patient in dict.fromkeys(patient for patient, _, _ in said)
    }


_Said = tuple[PatientId, Part, SummaryEntry | None]
"""Of whom, in which part, which entry; None: that none are known."""


def _statements(
    patient: PatientId, said: Sequence[_Said], source: str, as_of: dt.datetime
) -> Iterator[Statement]:
    for part in Part:
        ours = [entry for whose, where, entry in said if (whose, where) == (patient, part)]
        entries = tuple(entry for entry in ours if entry)
        stands = any(entry.standing is EntryStanding.ACTIVE for entry in entries)
        if ours:
            yield Statement(
                part=part,
                source=source,
                as_of=as_of,
                entries=entries,
                none_known=None in ours and not stands,
            )


def _said(resource: Element, reading: Reading) -> Iterator[_Said]:
    name = resource.at("resourceType").text() or ""
    if name == "Patient":
        yield from _contacts(resource)
        return
    kind = _KINDS.get(name)
    about = set(codings_at(resource, ("code.coding[]",)))
    if kind is None or (kind.part is Part.BLOOD_GROUP and not about & _BLOOD_GROUPS):
        return
    if has_own_rules(resource):
        resource.fault("has rules of its own", rules.FHIR_9)
    patient = patient_of(resource.at(kind.whose), reading)
    codings = codings_at(resource, [f"{path}.coding[]" for path in kind.what])
    standing = _standing(resource, kind)
    if any(system == _IPS for system, _ in codings) or set(codings) & _NONE_KNOWN:
        if set(codings) & _NONE_KNOWN and standing is EntryStanding.ACTIVE:
            yield patient, kind.part, None
        return
    entry = SummaryEntry(
        id=f"{name}/{id_of(resource)}",
        text=_text(resource, kind),
        recorded_on=first(resource, kind.since, reading.zone).day,
        code=next(("|".join(pair) for pair in codings if all(pair)), None),
        critical=resource.at("criticality").text() == "high",
        standing=standing,
        labels=labels_of(resource, reading.sections),
    )
    yield patient, kind.part, entry


def _standing(resource: Element, kind: _Kind) -> EntryStanding:
    """Refuted before over before active: what says nothing of it stands, since it may be true."""
    codes = {element.text() for path in kind.stands for element in resource.each(path)}
    over = _OVER - {"completed"} if kind.part is Part.IMMUNISATIONS else _OVER
    if codes & _REFUTED:
        return EntryStanding.REFUTED
    return EntryStanding.SUPERSEDED if codes & over else EntryStanding.ACTIVE


def _text(resource: Element, kind: _Kind) -> str:
    for path in kind.what:
        concept = resource.at(path)
        for element in (concept.at("text"), *concept.each("coding[].display")):
            if text := element.text():
                return text
    reference = resource.at("medicationReference.display").text()
    if reference is None:
        resource.at(kind.what[0]).fault("has no name that can be read", rules.FHIR_12)
    return reference or ""


def _contacts(resource: Element) -> Iterator[_Said]:
    """Whom to call: a name, where there is one, and the telephone numbers."""
    for number, contact in enumerate(resource.each("contact[]")):
        name = contact.at("name")
        parts = [name.at("text")] if name.at("text").value else name.each("given[]")
        words = [text for part in parts if (text := part.text())]
        family = None if name.at("text").value else name.at("family").text()
        phones = [
            text
            for one in contact.each("telecom[]")
            if one.at("system").text() == "phone" and (text := one.at("value").text())
        ]
        said = " ".join([*words, *([family] if family else []), *phones])
        if phones:
            entry = SummaryEntry(id=f"contact/{number}", text=said, recorded_on=None)
            yield PatientId(id_of(resource)), Part.CONTACTS, entry
