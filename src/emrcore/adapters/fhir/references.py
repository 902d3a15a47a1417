"""The resources of a bundle, and what they refer to."""

import re
import zoneinfo
from collections.abc import Iterable, Mapping

import attrs

from emrcore import rules
from emrcore.adapters.fhir.elements import Element
from emrcore.adapters.fhir.mapping import Sections
from emrcore.people import PatientId

_TYPE = re.compile("[A-Z][A-Za-z]{0,63}")
_ID = re.compile("[A-Za-z0-9.-]{1,64}")


@attrs.frozen(kw_only=True)
class Reading:
    """What every resource is read with; ``known`` are the resources by what refers to them."""

    zone: zoneinfo.ZoneInfo
    source: str
    sections: Sections
    known: Mapping[str, Element]


def known_by(entries: Iterable[Element]) -> dict[str, Element]:
    """The resources by all that may refer to them; a fault where two are called alike."""
    known: dict[str, Element] = {}
    for entry in entries:
        resource, url = entry.at("resource"), entry.at("fullUrl")
        kind, name = resource.at("resourceType"), resource.at("id")
        local = f"{_expected(kind, _TYPE)}/{_expected(name, _ID)}"
        address = url.text() or local
        if address.startswith("http") and not address.endswith(f"/{local}"):
            url.fault("disagrees with the type and the id", rules.FHIR_2)
        for key, told in {address: url, local: name}.items():
            if known.setdefault(key, resource) is not resource:
                told.fault("comes twice", rules.FHIR_2)
    return known


def _expected(element: Element, shape: re.Pattern[str]) -> str:
    text = element.text() or ""
    if not shape.fullmatch(text):
        element.fault("is missing" if element.value is None else "is malformed", rules.FHIR_2)
    return text


def id_of(resource: Element) -> str:
    """The id of a resource."""
    return resource.at("id").text() or ""


def find(reference: str | None, kind: str, reading: Reading) -> Element | None:
    """The resource of type *kind* that *reference* names: by type and id, or by its full URL."""
    found = reading.known.get((reference or "").partition("/_history/")[0])
    return found if found and found.at("resourceType").value == kind else None


def patient_of(referring: Element, reading: Reading) -> PatientId:
    """The patient of the bundle that *referring* names; a fault where it names none."""
    reference = referring.at("reference")
    patient = find(reference.text(), "Patient", reading)
    if patient is None:
        reference.fault("names no patient of the bundle", rules.FHIR_3)
        return PatientId("")
    return PatientId(id_of(patient))


def has_own_rules(resource: Element) -> bool:
    """Whether the resource says that it must not be read by somebody who does not know more."""
    return any(
        resource.at(name).value is not None for name in ("implicitRules", "modifierExtension")
    )


def codings_at(resource: Element, paths: Iterable[str]) -> list[tuple[str, str]]:
    """The codings at *paths*, each once, as system and code; what a coding lacks is empty."""
    codings = [coding for path in paths for coding in resource.each(path)]
    pairs = [(coding.at("system").text(), coding.at("code").text()) for coding in codings]
    return list(dict.fromkeys((system or "", code or "") for system, code in pairs))
