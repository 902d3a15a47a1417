"""Resources that are documents of a card, if they are."""

import re
from collections.abc import Iterable

from emrcore import rules
from emrcore.adapters.fhir.elements import Element, canonical
from emrcore.adapters.fhir.mapping import Form, Placing, Sections
from emrcore.adapters.fhir.moments import first
from emrcore.adapters.fhir.references import (
    Reading,
    codings_at,
    find,
    has_own_rules,
    id_of,
    patient_of,
)
from emrcore.records import Document, DocumentId

_IN_A_COUNT = re.compile("[ -~]{1,80}")


def document(resource: Element, kind: str, reading: Reading) -> Document | str:
    """All of it is read before anything is decided, so that every fault is told."""
    form, sections = reading.sections.resources[kind], reading.sections
    patient = patient_of(resource.at("subject"), reading)
    withheld = _withheld(resource, form)
    codings = codings_at(resource, form.codes)
    placing = _placing(codings, form, sections)
    elsewhere = _elsewhere(resource, form, placing, reading) if placing else None
    occurred = first(resource, form.occurred, reading.zone)
    published = first(resource, form.published, reading.zone)
    labels, title, body = labels_of(resource, sections), _title(resource, form), _body(resource)
    code = _code_name(codings, sections)
    if withheld:
        return f"{kind} {withheld}"
    if placing is None or elsewhere:
        return " ".join(filter(None, (kind, code, elsewhere)))
    if published.at is None:
        return f"{kind} {code} without a publication date"
    return Document(
        id=DocumentId(f"{kind}/{id_of(resource)}"),
        source=reading.source,
        patient=patient,
        section=placing.section,
        kind=placing.kind,
        published_at=published.at,
        occurred_on=occurred.day,
        signed_on=published.day,
        labels=labels,
        title=title,
        body=body,
    )


def _withheld(resource: Element, form: Form) -> str | None:
    """Why the resource is no part of a card (FHIR-9), or None."""
    if resource.at("status").value is None:
        resource.at("status").fault("is missing", rules.FHIR_9)
    statuses = {name: resource.at(name).text() for name in form.taken}
    for name, status in statuses.items():
        if status is not None and status not in form.taken[name]:
            return _printable(status)
    return "with rules of its own" if has_own_rules(resource) else None


def _placing(codings: Iterable[tuple[str, str]], form: Form, sections: Sections) -> Placing | None:
    """The one section and kind that *codings* give, or None (FHIR-6)."""
    telling = [(system, code) for system, code in codings if code not in form.silent]
    placings = {sections.codes.get(system, {}).get(code) for system, code in telling}
    if not form.every:
        placings.discard(None)
    return placings.pop() if len(placings) == 1 else None


def _code_name(codings: list[tuple[str, str]], sections: Sections) -> str:
    """The codes of systems that have a name, else the first of the others."""
    systems = sections.systems
    known = [f"{systems[system]} {code}" for system, code in codings if system in systems]
    named = known or [f"{system} {code}".strip() for system, code in codings[:1] if code]
    return " + ".join(map(_printable, named)) or "without a code"


def _printable(text: str) -> str:
    return text if _IN_A_COUNT.fullmatch(text) else "of an unprintable name"


def _elsewhere(resource: Element, form: Form, placing: Placing, reading: Reading) -> str | None:
    """Where the resource was made, if that is not where *placing* asks for."""
    if not placing.encounters:
        return None
    references = [element.text() for element in resource.each(form.encounter)]
    found = [find(reference, "Encounter", reading) for reference in references]
    classes = {encounter and _encounter_class(encounter, reading.sections) for encounter in found}
    names = sorted(name for name in classes if name)
    if not names or len(names) < len(classes):
        return "without the class of its Encounter"
    if set(names) <= set(placing.encounters):
        return None
    return f"in {'an' if names[0][0] in 'aeiou' else 'a'} {' and '.join(names)} Encounter"


def _encounter_class(encounter: Element, sections: Sections) -> str | None:
    system, code = encounter.at("class.system").text(), encounter.at("class.code").text()
    return sections.encounters.get(system or "", {}).get(code or "")


def labels_of(resource: Element, sections: Sections) -> frozenset[str]:
    """The security labels that restrict something (FHIR-10); one without a code restricts too."""
    concepts = resource.each("securityLabel[]")
    marks = [mark for concept in concepts for mark in concept.each("coding[]") or [concept]]
    pairs = [
        (mark.at("system").text() or "", mark.at("code").text() or "unspecified")
        for mark in (*resource.each("meta.security[]"), *marks)
    ]
    return frozenset(
        code for system, code in pairs if code not in sections.unrestricted.get(system, ())
    )


def _title(resource: Element, form: Form) -> str:
    for concept in resource.each(form.title):
        for element in (concept.at("text"), *concept.each("coding[].display")):
            if text := element.text():
                return text
    return ""


def _body(resource: Element) -> bytes:
    try:
        return canonical(resource.value).encode()
    except UnicodeEncodeError:
        resource.fault("holds half a surrogate pair", rules.FHIR_1)
    except RecursionError:
        resource.fault("is nested too deep", rules.FHIR_1)
    return b""
