"""A discharge summary as a FHIR R4 document: a Bundle that begins with a Composition.

The sections are found by their LOINC codes, and what they refer to in the same bundle. A section
without entries says what its narrative says.
"""

import datetime as dt
import html.parser
import zoneinfo
from collections.abc import Callable, Iterator
from typing import TypeVar

import attrs
import cattrs

from emrcore import rules
from emrcore.adapters.fhir.elements import Element, parsed
from emrcore.adapters.fhir.mapping import shipped_sections
from emrcore.adapters.fhir.moments import first
from emrcore.adapters.fhir.references import Reading, codings_at, find, known_by
from emrcore.bodies import Diagnosis, DischargeSummary, Finding, Layout, Stay
from emrcore.errors import Malformed

T = TypeVar("T")

_DIAGNOSES, _STUDIES, _CONSULTATIONS = "11535-2", "30954-2", "18841-7"
_TREATMENT, _RECOMMENDATIONS = ("10183-2", "8648-8"), ("18776-5", "8653-8")
_DATES = ("effectiveDateTime", "effectivePeriod.start", "issued", "recordedDate", "date")


def discharge(*, zone: zoneinfo.ZoneInfo) -> Layout:
    """The layout of a FHIR document, whose moments become days of *zone*."""
    converter = cattrs.Converter()
    converter.register_structure_hook(DischargeSummary, lambda data, _: _summary(data, zone))
    return Layout(format="fhir-r4-composition", converter=converter, parse=parsed)


def _summary(data: object, zone: zoneinfo.ZoneInfo) -> DischargeSummary:
    bundle = Element(data, "", {})
    if bundle.at("resourceType").value != "Bundle":
        bundle.at("resourceType").fault("is not Bundle", rules.FHIR_1)
    entries = [attrs.evolve(entry, faults=bundle.faults) for entry in bundle.at("entry").items()]
    reading = Reading(zone=zone, source="", sections=shipped_sections(), known=known_by(entries))
    begun = entries[0].at("resource") if entries else bundle.at("entry")
    if not entries or begun.at("resourceType").text() != "Composition":
        begun.fault("does not begin with a Composition", rules.DIS_4)
        raise Malformed("FHIR document", tuple(bundle.faults.values()))
    sections = _Sections(composition=begun, reading=reading)
    found = sections.summary()
    if bundle.faults:
        raise Malformed("FHIR document", tuple(bundle.faults.values()))
    return found


@attrs.frozen(kw_only=True)
class _Sections:
    """The sections of one Composition."""

    composition: Element
    reading: Reading

    def summary(self) -> DischargeSummary:
        diagnoses = self._each(self._diagnosis, _DIAGNOSES)
        main = next(iter(diagnoses), None)
        return DischargeSummary(
            stay=self._stay(),
            diagnoses=tuple(attrs.evolve(one, main=one is main) for one in diagnoses),
            studies=tuple(self._each(self._finding, _STUDIES)),
            consultations=tuple(self._each(self._finding, _CONSULTATIONS)),
            treatment=tuple(self._each(_name, *_TREATMENT)),
            recommendations=tuple(self._each(_name, *_RECOMMENDATIONS)),
        )

    def _stay(self) -> Stay | None:
        reference = self.composition.at("encounter.reference")
        encounter = find(reference.text(), "Encounter", self.reading)
        if encounter is None:
            return None
        since, until = (self._day(encounter, f"period.{end}") for end in ("start", "end"))
        if since and until and until < since:
            encounter.at("period.end").fault("is before the start", rules.DIS_1)
            return None
        return Stay(admitted_on=since, discharged_on=until) if since or until else None

    def _each(self, make: Callable[[Element | str], T], *codes: str) -> list[T]:
        return [make(one) for section in self._of(codes) for one in self._said(section)]

    def _of(self, codes: tuple[str, ...]) -> Iterator[Element]:
        for section in self.composition.at("section").items():
            if {code for _, code in codings_at(section, ["code.coding[]"])} & set(codes):
                yield section

    def _said(self, section: Element) -> Iterator[Element | str]:
        """The resources a section refers to; without any, the lines of its narrative."""
        references = [entry.at("reference") for entry in section.at("entry").items()]
        for reference in references:
            resource = self.reading.known.get(reference.text() or "")
            if resource is None:
                reference.fault("names nothing in the bundle", rules.DIS_4)
            else:
                yield resource
        if not references:
            yield from _lines(section.at("text.div").text() or "")

    def _diagnosis(self, one: Element | str) -> Diagnosis:
        codings = [] if isinstance(one, str) else codings_at(one, ["code.coding[]"])
        return Diagnosis(text=_name(one), code=codings[0][1] or None if codings else None)

    def _finding(self, one: Element | str) -> Finding:
        if isinstance(one, str):
            return Finding(name=one)
        said = one.at("conclusion").text() or one.at("valueString").text() or ""
        return Finding(name=_name(one), on=self._day(one, *_DATES), conclusion=said)

    def _day(self, resource: Element, *paths: str) -> dt.date | None:
        return first(resource, paths, self.reading.zone).day


def _name(one: Element | str) -> str:
    """What a resource is called: its concept in words, else its first display or code."""
    if isinstance(one, str):
        return one
    for path in ("code", "medicationCodeableConcept", "type"):
        if not isinstance(one.at(path).value, dict):
            continue
        concept = one.at(path)
        told = [
            concept.at("text"),
            *concept.each("coding[].display"),
            *concept.each("coding[].code"),
        ]
        for element in told:
            if text := element.text():
                return text
    return one.at("description").text() or one.at("resourceType").text() or ""


class _Narrative(html.parser.HTMLParser):
    """The text of XHTML, a line for each block."""

    def __init__(self) -> None:
        super().__init__()
        self.lines = [""]

    def handle_data(self, data: str) -> None:
        self.lines[-1] += data

    def handle_starttag(self, tag: str, attrs: object) -> None:
        del attrs
        if tag in {"p", "li", "div", "br", "tr", "td", "th", "h1", "h2", "h3"}:
            self.lines.append("")


def _lines(div: str) -> list[str]:
    narrative = _Narrative()
    narrative.feed(div)
    narrative.close()
    return [" ".join(line.split()) for line in narrative.lines if line.strip()]
